/* call.h: one command of a client, as the model tests pass it about: plain values, names as C strings.
 *
 * The same call is given to the ledger (cluster.h) and to the plainest possible ledger (reference.h), and the
 * texts of their replies are compared. Names belong to a struct words and live as long as it does.
 */
#ifndef BURSAR_TESTS_MODEL_CALL_H
#define BURSAR_TESTS_MODEL_CALL_H

#include <stdbool.h>

#include "ledger/message.h"
#include "proto/amount.h"
#include "proto/buffer.h"

/** Accounts that one BALANCES of a test may name. */
#define CALL_ACCOUNTS_MAX 8

/** Conditions that one TRANSFER may have. */
#define CALL_CONDITIONS_MAX 16

enum call_kind {
    CALL_ASSET,
    CALL_ASSETS,
    CALL_OPEN,
    CALL_BALANCES,
    CALL_ACCOUNT,
    CALL_ACCOUNTS,
    CALL_TRANSFER,
    CALL_DEPOSIT,
    CALL_WITHDRAW,
    CALL_LOOKUP,
    CALL_TRIAL,
    CALL_DBSIZE,
    CALL_LIMIT,
    CALL_FREEZE,
    CALL_THAW,
    CALL_CLOSE,
    CALL_SWEEP,
    CALL_HOLD,
    CALL_CAPTURE,
    CALL_EXTEND,
    CALL_VOID,
    CALL_REVERSE,
    CALL_MULTI, /* MULTI, its parts and EXEC, as one */
    CALL_CLOCK, /* no command: it is `time` now, and whatever is due expires */
    CALL_EXPIRE /* no command: one hold expires, as a record of the log says */
};

struct call_leg {
    const char *from;
    const char *to;
    struct decimal amount;
};

enum call_relation { CALL_AT_LEAST, CALL_AT_MOST, CALL_EXACTLY };

/** IF account GE|LE|EQ amount. */
struct call_condition {
    const char *account;
    enum call_relation relation;
    bool negative; /* the amount has a minus sign */
    struct decimal amount;
};

/** One command. Fields that its kind does not use are zero. */
struct call {
    enum call_kind kind;
    unsigned scale;   /* ASSET */
    const char *name; /* the command's id; OPEN, ACCOUNT, LIMIT, FREEZE, THAW, CLOSE: the account; ASSET: the
                         code; EXPIRE: the hold */
    const char *target;       /* CAPTURE, EXTEND, VOID: the hold; REVERSE: the transfer */
    const char *asset;        /* OPEN */
    const char *note;         /* of TRANSFER, DEPOSIT, WITHDRAW and HOLD; never NULL there */
    struct decimal overdraft; /* OPEN, LIMIT */
    struct decimal ceiling;
    struct decimal amount;          /* CAPTURE; SWEEP: MAX */
    struct call_leg legs[LEGS_MAX]; /* of TRANSFER, DEPOSIT, WITHDRAW and HOLD; SWEEP: from and to */
    struct call_condition conditions[CALL_CONDITIONS_MAX]; /* TRANSFER */
    const struct call *parts; /* MULTI; not owned. BALANCES of one account: BALANCE */
    uint64_t time;            /* CLOCK: nanoseconds since the epoch */
    uint64_t seconds;         /* HOLD: TTL, 0: none; EXTEND */
    sequence_t after;         /* ACCOUNTS: those opened after this number, */
    unsigned count;           /* at most so many */
    unsigned account_count;
    const char *accounts[CALL_ACCOUNTS_MAX]; /* BALANCES */
    unsigned leg_count; /* 1 for DEPOSIT and WITHDRAW, one side of which is "@world", for HOLD and
                           SWEEP; 0 for all others but TRANSFER */
    unsigned condition_count;
    unsigned part_count;
    bool unlimited; /* OPEN, LIMIT */
    bool has_ceiling;
    bool has_overdraft; /* LIMIT: OVERDRAFT is given */
    bool no_ceiling;    /* LIMIT: NOCEILING is given */
    bool has_amount;    /* CAPTURE, SWEEP: `amount` is given */
    bool keep;          /* CAPTURE */
};

/** Strings that live until words_free. A zeroed struct words is empty. */
struct words {
    struct word *newest;
};

/** A NUL-terminated copy of `length` bytes. */
const char *words_keep(struct words *words, const char *text, size_t length);

/** A formatted string, as printf. */
__attribute__((format(printf, 2, 3))) const char *words_printf(struct words *words, const char *format, ...);

void words_free(struct words *words);

/** The decimal that `text` is. It must be one. */
struct decimal call_amount(const char *text);

/** The calls that tests make by hand. */
struct call call_open(const char *account, const char *asset);
struct call call_transfer(const char *id, const char *from, const char *to, const char *amount);
struct call call_deposit(const char *id, const char *account, const char *amount);
struct call call_withdraw(const char *id, const char *account, const char *amount);
struct call call_balance(const char *account);

struct call call_hold(const char *id, const char *from, const char *to, const char *amount, uint64_t seconds);
struct call call_extend(const char *id, const char *hold, uint64_t seconds);
struct call call_multi(const struct call *parts, unsigned count);
struct call call_clock(uint64_t time);

/** `amount` NULL: the whole rest. */
struct call call_capture(const char *id, const char *hold, const char *amount);

/** `max` NULL: none. */
struct call call_sweep(const char *id, const char *from, const char *to, const char *max);

/** VOID, REVERSE: an id, and that of what is undone. */
struct call call_undo(enum call_kind kind, const char *id, const char *target);

/** Adds a condition to a TRANSFER; the amount may begin with a minus sign. */
void call_add_condition(struct call *call, const char *account, enum call_relation relation,
                        const char *amount);

/** A call that only has a kind, or a kind and a name. */
struct call call_plain(enum call_kind kind, const char *name);

/** Whether the call is a TRANSFER, DEPOSIT or WITHDRAW. */
bool call_moves_money(const struct call *call);

/** Whether the call has an id of its own that is remembered: it can be retried, and LOOKUP shows it. */
bool call_has_id(const struct call *call);

/** The command's name in capitals. CALL_BALANCES: of one account, BALANCE. */
const char *call_word(const struct call *call);

/** The call that a person types, words apart by single spaces; MULTI's parts by "; " after "MULTI". The text
 * must be right; ACCOUNTS and quotes are not understood. A MULTI's parts are `parts`, which has room for
 * them. */
struct call call_read(struct words *words, const char *text, struct call *parts);

/** Appends the command as a person would type it, for reports of failures. Not NUL-terminated. */
void call_write(const struct call *call, struct buffer *out);

#endif
