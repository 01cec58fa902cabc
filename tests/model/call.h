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
    CALL_DBSIZE
};

struct call_leg {
    const char *from;
    const char *to;
    struct decimal amount;
};

/** One command. Fields that its kind does not use are zero. */
struct call {
    enum call_kind kind;
    unsigned scale;           /* ASSET */
    const char *name;         /* the transfer's id; OPEN, ACCOUNT: the account; ASSET: the code */
    const char *asset;        /* OPEN */
    const char *note;         /* of a transfer; never NULL there */
    struct decimal overdraft; /* OPEN */
    struct decimal ceiling;
    struct call_leg legs[LEGS_MAX]; /* of a transfer */
    sequence_t after;               /* ACCOUNTS: those opened after this number, */
    unsigned count;                 /* at most so many */
    unsigned account_count;
    const char *accounts[CALL_ACCOUNTS_MAX]; /* BALANCES */
    unsigned leg_count;                      /* 1 for DEPOSIT and WITHDRAW, one side of which is "@world" */
    bool unlimited;                          /* OPEN */
    bool has_ceiling;
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

/** A call that only has a kind, or a kind and a name. */
struct call call_plain(enum call_kind kind, const char *name);

/** Whether the call is a TRANSFER, DEPOSIT or WITHDRAW. */
bool call_moves_money(const struct call *call);

/** Appends the command as a person would type it, for reports of failures. Not NUL-terminated. */
void call_write(const struct call *call, struct buffer *out);

#endif
