/* account.h: one account: its money, its limits, and what is open on it.
 *
 * An account is two cache lines: what a transfer reads and writes, and its id. What only few accounts have at
 * a time, limits and undecided transactions, is in a struct account_extra that comes and goes.
 */
#ifndef BURSAR_LEDGER_ACCOUNT_H
#define BURSAR_LEDGER_ACCOUNT_H

#include <assert.h>

#include "ledger/line.h"
#include "ledger/message.h"

/** What undecided transactions may still do to an account: the sums over all that are prepared on its shard.
 */
struct open_legs {
    balance_t low;    /* if those that lower the balance commit and no other does: at most 0 */
    balance_t high;   /* if those that raise it commit and no other does: at least 0 */
    balance_t trough; /* the lowest points that their legs reach on the way, added up: at most low */
    balance_t peak;   /* the highest points, added up: at least high */
    amount_t debits;  /* all their debits; what the account's total would grow by */
    amount_t credits; /* all their credits */
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
    struct open_legs open;
    amount_t overdraft; /* how far the balance may go below zero, smallest units */
    amount_t ceiling;   /* how high the balance may go, when the account has one */
    uint32_t next_free; /* in accounts.c's free list */
};

#define ACCOUNT_UNLIMITED   1 /* no limit on its debt */
#define ACCOUNT_HAS_CEILING 2

struct account {
    amount_t debits; /* all ever posted, smallest units; at most AMOUNT_TOTAL_MAX */
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

/** Credits less debits. */
static inline balance_t account_balance(const struct account *account)
{
    return (balance_t)account->credits - (balance_t)account->debits;
}

#endif
