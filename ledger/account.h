/* account.h: one account: its money, its limits, and what is open on it.
 *
 * An account is two cache lines: what a transfer reads and writes, and its id. What only few accounts have at
 * a time, limits, money held and undecided transactions, is in a struct account_extra that comes and goes.
 *
 * Three quantities have limits. Its *balance*, credits less debits, is what people see. What it can *pay* is
 * bounded by the balance less what is held out of it, what it can *take* by the balance and what is held in
 * for it: so that capturing or voiding a hold never breaks a limit.
 */
#ifndef BURSAR_LEDGER_ACCOUNT_H
#define BURSAR_LEDGER_ACCOUNT_H

#include <assert.h>

#include "ledger/line.h"
#include "ledger/message.h"

/** What one transaction does to an account here. */
struct effect {
    amount_t debits; /* what is posted */
    amount_t credits;
    balance_t held_out; /* what is held more, or less */
    balance_t held_in;
    balance_t trough;   /* the lowest that balance less held_out was on the way: at most 0 */
    balance_t peak;     /* the highest that balance and held_in was: at least 0 */
    balance_t out_peak; /* the most that debits and held_out grew on the way: at least 0 */
    balance_t in_peak;  /* the same of credits and held_in */
};

/** What undecided transactions may still do to an account: sums over all that are prepared on its shard. Low:
 * if those that lower it commit and no other does, at most 0; high: the reverse, at least 0. */
struct open_effects {
    balance_t low; /* of the balance */
    balance_t high;
    balance_t pay_high; /* of the balance less what is held out */
    balance_t take_low; /* of the balance and what is held in */
    balance_t trough;   /* the lowest points of what it can pay, added up: at most its low */
    balance_t peak;     /* the highest points of what it takes, added up: at least its high */
    balance_t out_low;  /* of debits and what is held out, which have a limit of their own */
    balance_t out_peak;
    balance_t in_low; /* of credits and what is held in */
    balance_t in_peak;
};

/** What is open on a thing: an account, or a name (claims.h). */
struct contention {
    struct line line;        /* messages that wait for it */
    struct account *account; /* whose extra this is in; NULL: it is a claim's */
    uint32_t writers;        /* transactions prepared here that will change it if they commit */
    uint32_t readers;        /* transactions prepared here whose answer depends on it staying as it is */
};

/** The contention that a line belongs to: its first member. */
static inline struct contention *contention_of(struct line *line)
{
    return (struct contention *)(void *)line;
}

struct account_extra {
    struct contention contention; /* first: a contention with an account is its extra */
    struct open_effects open;
    amount_t overdraft; /* how far the balance may go below zero, smallest units */
    amount_t ceiling;   /* how high the balance may go, when the account has one */
    balance_t held_out; /* by open holds; below zero where a hold's end was heard of before its beginning */
    balance_t held_in;
    struct stripe *stripe; /* of an account without any limit: where its money is; else NULL */
    uint32_t next_free;    /* in accounts.c's free list */
};

#define ACCOUNT_UNLIMITED   1 /* no limit on its debt */
#define ACCOUNT_HAS_CEILING 2
#define ACCOUNT_IS_FROZEN   4
#define ACCOUNT_IS_CLOSED   8
#define ACCOUNT_MOVING      16 /* it is being spread over the shards, or gathered */

struct account {
    amount_t debits; /* all ever posted, smallest units; at most AMOUNT_TOTAL_MAX. 0 where it has a stripe */
    amount_t credits;
    struct stamp opened;
    sequence_t last; /* newest number that changed it; 0: none */
    uint32_t extra;  /* accounts_extra; 0: no limits but the default, nothing open */
    uint16_t asset;  /* its place in the asset table */
    uint8_t flags;
    uint8_t id_length;
    char id[IDENT_MAX];
};
static_assert(sizeof(struct account) == 128, "an account is two cache lines");

/** Credits less debits, of an account without a stripe. */
static inline balance_t account_balance(const struct account *account)
{
    return (balance_t)account->credits - (balance_t)account->debits;
}

/** Whether the account has no limit of any kind, on its totals neither: order can't matter to it. */
static inline bool account_is_boundless(const struct account *account)
{
    return (account->flags & (ACCOUNT_UNLIMITED | ACCOUNT_HAS_CEILING)) == ACCOUNT_UNLIMITED;
}

static inline enum account_state account_state(const struct account *account)
{
    if ((account->flags & ACCOUNT_IS_CLOSED) != 0)
        return ACCOUNT_CLOSED;
    return (account->flags & ACCOUNT_IS_FROZEN) != 0 ? ACCOUNT_FROZEN : ACCOUNT_OPEN;
}

/** What an effect does in the end to the balance, to what can be paid of it, and to what it takes. */
static inline balance_t effect_balance(const struct effect *effect)
{
    return (balance_t)effect->credits - (balance_t)effect->debits;
}

static inline balance_t effect_pay(const struct effect *effect)
{
    return effect_balance(effect) - effect->held_out;
}

static inline balance_t effect_take(const struct effect *effect)
{
    return effect_balance(effect) + effect->held_in;
}

/** Adds one step to an effect: what it posts and holds, all at once. */
void effect_add(struct effect *effect, amount_t debits, amount_t credits, balance_t held_out,
                balance_t held_in);

/** Counts an effect among the open ones, or no longer. */
void open_effects_add(struct open_effects *open, const struct effect *effect);
void open_effects_remove(struct open_effects *open, const struct effect *effect);

#endif
