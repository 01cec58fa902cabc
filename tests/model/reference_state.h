/* reference_state.h: what the reference is made of, for its own files. See reference.h.
 *
 * Every command is executed on a copy of the books. When its reply is an error the copy is thrown away, else
 * it becomes the books: so a command may do its parts one after another and stop anywhere.
 */
#ifndef BURSAR_TESTS_MODEL_REFERENCE_STATE_H
#define BURSAR_TESTS_MODEL_REFERENCE_STATE_H

#include "tests/model/reference.h"

#define REFERENCE_ACCOUNTS_MAX 64
#define REFERENCE_ASSETS_MAX   16
#define REFERENCE_SECOND       UINT64_C(1000000000) /* nanoseconds */

struct reference_asset {
    const char *code;
    unsigned scale;
    bool defined; /* by a client */
};

struct reference_account {
    const char *id;
    unsigned asset; /* its place among the assets */
    bool world;     /* an asset's @world: no limits of any kind */
    bool unlimited;
    bool has_ceiling;
    bool frozen;
    bool closed;
    amount_t overdraft; /* smallest units */
    amount_t ceiling;
    struct total debits; /* of a bounded account each stays within AMOUNT_TOTAL_MAX, with what is held */
    struct total credits;
    struct total held_out;
    struct total held_in;
    struct stamp opened;
    sequence_t last; /* the newest number that changed it */
};

enum reference_state {
    STATE_POSTED, /* transfers of all kinds */
    STATE_REVERSED,
    STATE_HELD, /* holds */
    STATE_CAPTURED,
    STATE_VOIDED,
    STATE_EXPIRED,
    STATE_DONE /* EXTEND and VOID */
};

/** What was done under one id. */
struct reference_deed {
    struct call *call; /* the command; its legs are what was posted, held, released. Owned by the reference */
    struct stamp stamp; /* of its first leg */
    enum reference_state state;
    amount_t remaining; /* of a hold: what is still held */
    uint64_t deadline;  /* of a hold: when it expires; 0: never */
};

struct books {
    struct words *words; /* the reference's */
    unsigned asset_count;
    struct reference_asset assets[REFERENCE_ASSETS_MAX];
    unsigned account_count;
    struct reference_account accounts[REFERENCE_ACCOUNTS_MAX];
    struct reference_deed *deeds;
    size_t deed_count;
    size_t deed_room;
    size_t
        deeds_before; /* those older than the command that is being executed: only these can be referred to */
    sequence_t last;  /* the newest number */
    uint64_t clock;   /* the time of the next */
};

/** A leg while it is looked at. */
struct trial {
    struct books *books;
    const struct call *call;
    unsigned leg;
    struct reference_account *from; /* set by reference_sides */
    struct reference_account *to;
    amount_t amount; /* set by reference_amount */
    struct buffer *reply;
};

struct reference {
    struct words words;
    struct books now;
    struct books tried;
};

/** The account with this id; NULL when there is none. */
struct reference_account *reference_find(const struct books *books, const char *id);

/** The asset with this code; NULL when there is none. */
struct reference_asset *reference_asset(const struct books *books, const char *code);

/** What was done with this id before the command that is being executed; NULL when nothing was. */
struct reference_deed *reference_deed(const struct books *books, const char *id);

/** Adds what a command does, its stamp and state to be filled in. */
struct reference_deed *reference_deed_add(struct books *books, const struct call *call);

/** The next number and its time. */
struct stamp reference_number(struct books *books);

/** Defines an asset, with its @world. */
void reference_asset_add(struct books *books, const char *code, unsigned scale);

/** Sums, a difference that is not below zero, and a comparison: whether a is less than b. */
struct total reference_plus(struct total sum, amount_t value);
struct total reference_minus(struct total sum, amount_t value);
struct total reference_sum(struct total a, struct total b);
bool reference_less(struct total a, struct total b);

/** Whether the account's totals have a bound: not where it is unlimited on both sides. */
bool reference_bounded(const struct reference_account *account);

/** Finds the accounts of a leg; a bare "@world" is that of the other's asset. NULL: there is none. */
void reference_find_sides(struct trial *trial);

/** The checks of a leg, which answer what is wrong. In this order: that its accounts are two, exist, and take
 * part; their assets; its amount, as it is written. */
bool reference_sides(struct trial *trial);
bool reference_not_frozen(const struct trial *trial);
bool reference_amount(struct trial *trial, struct decimal written);

/** Then what `from` and `to` can bear: totals, conditions, overdraft and ceiling. */
bool reference_totals(const struct trial *trial);
bool reference_conditions(const struct trial *trial);
bool reference_overdraft(const struct trial *trial);
bool reference_ceiling(const struct trial *trial);

/** All of them, for a leg whose amount the client wrote. */
bool reference_leg(struct trial *trial);

/** Moves the amount, and returns the number that it took. */
struct stamp reference_post(const struct trial *trial);

/** Whether the id was used before: then answers what it answered then, or IDREUSED. */
bool reference_answered(const struct books *books, const struct call *call, struct buffer *reply);

/** Answers a number: ":7". */
void reference_answer(struct buffer *reply, sequence_t number);

/** Execute the commands they are named for. */
void reference_define(struct books *books, const struct call *call, struct buffer *reply);
void reference_open(struct books *books, const struct call *call, struct buffer *reply);
void reference_limit(struct books *books, const struct call *call, struct buffer *reply);
void reference_set_state(struct books *books, const struct call *call, struct buffer *reply);
void reference_transfer(struct books *books, const struct call *call, struct buffer *reply);
void reference_sweep(struct books *books, const struct call *call, struct buffer *reply);
void reference_reverse(struct books *books, const struct call *call, struct buffer *reply);
void reference_hold(struct books *books, const struct call *call, struct buffer *reply);
void reference_capture(struct books *books, const struct call *call, struct buffer *reply);
void reference_extend(struct books *books, const struct call *call, struct buffer *reply);
void reference_void(struct books *books, const struct call *call, struct buffer *reply);
void reference_clock(struct books *books, const struct call *call, struct buffer *reply);
void reference_expire(struct books *books, const struct call *call, struct buffer *reply);
void reference_multi(struct books *books, const struct call *call, struct buffer *reply);

/** Executes a command that has an id, and so may be part of a MULTI. */
void reference_do(struct books *books, const struct call *call, struct buffer *reply);

/** Answers a call that only looks. */
void reference_look(const struct books *books, const struct call *call, struct buffer *reply);

#endif
