/* sight.h: one text form for what the looking commands see, so that two ledgers' sights can be compared as
 * strings. Every function appends to `out`, which is not NUL-terminated by it.
 */
#ifndef BURSAR_TESTS_MODEL_SIGHT_H
#define BURSAR_TESTS_MODEL_SIGHT_H

#include "tests/model/call.h"

/** All there is to see of one account. */
struct sight {
    const char *state;
    const char *asset;
    unsigned scale;
    bool unlimited;
    bool has_ceiling;
    amount_t overdraft;
    amount_t ceiling;
    struct total debits;
    struct total credits;
    struct total held_out;
    struct total held_in;
    struct stamp opened;
    sequence_t last;
};

/** One of BALANCES: "12.34 "; NULL, an account that does not exist: "nil ". */
void sight_balance(const struct sight *sight, struct buffer *out);

/** ACCOUNT: every field by its name; NULL: "nil ". */
void sight_account(const struct sight *sight, struct buffer *out);

/** One of ACCOUNTS, and whether there are more after the last. */
void sight_listed(sequence_t number, const char *id, size_t length, struct buffer *out);
void sight_more(bool more, struct buffer *out);

/** LOOKUP: nothing; or the head, each leg with its amount, the note, the state, and of a hold what is left of
 * it and its deadline (0: none). */
void sight_nothing(struct buffer *out);
void sight_head(enum call_kind kind, struct stamp stamp, struct buffer *out);
void sight_leg(const char *from, size_t from_length, const char *to, size_t to_length, struct buffer *out);
void sight_amount(amount_t amount, const char *asset, unsigned scale, struct buffer *out);
void sight_note(const char *note, size_t length, struct buffer *out);
void sight_state(const char *state, struct buffer *out);
void sight_hold(amount_t remaining, unsigned scale, uint64_t deadline, struct buffer *out);

/** TRIAL, ASSETS, DBSIZE (`kind`): the head, one asset, and the end; each shows what its kind tells. */
void sight_totals_of(enum call_kind kind, sequence_t number, struct buffer *out);
void sight_totals(enum call_kind kind, const char *asset, unsigned scale, struct total debits,
                  struct total credits, uint64_t accounts, struct buffer *out);
void sight_count(enum call_kind kind, uint64_t accounts, struct buffer *out);

#endif
