/* plan.h: what a run of the load generator is to do, and the names of its accounts. */
#ifndef BURSAR_CLIENT_BENCH_PLAN_H
#define BURSAR_CLIENT_BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/link.h"
#include "proto/ident.h"

#define PLAN_PREFIX_MAX   32
#define PLAN_REQUESTS_MAX (UINT64_C(1) << 42) /* what the number in an id has room for: ten days of 5 M/s */
#define PLAN_AMOUNT_MAX   1000000000          /* whole units of the asset */
#define PLAN_LEGS_MAX     128                 /* as the protocol allows */
#define PLAN_GROUP        10                  /* accounts that share a tag, where names have tags */
#define PLAN_ANY_SHARD    (-1)                /* instead of a percentage: names have no tags */

/** Whether one account is the payee of every transfer, and what its limits are. */
enum plan_hot {
    PLAN_UNIFORM,   /* no: payees are picked at random */
    PLAN_UNLIMITED, /* it has no limit of any kind: every shard has a stripe of it */
    PLAN_LIMITED    /* it has a ceiling, though it is never reached: it lives on one shard */
};

struct plan {
    struct place place;
    uint64_t accounts; /* at least 2 */
    uint64_t requests; /* so many, or, when it is 0, for so many seconds */
    uint64_t rate;     /* open loop: requests a second over all connections; 0: closed loop */
    uint64_t seed;
    uint64_t nonce;           /* makes the ids of this run unlike those of any other */
    uint64_t amount_low;      /* whole units of the asset; the lowest */
    uint64_t amount_high;     /* and the highest */
    double skew;              /* zipf's exponent for the choice of accounts; 0: all alike */
    const char *prefix;       /* of account names; at most PLAN_PREFIX_MAX bytes */
    const char *asset;        /* of the accounts */
    const char *mix_path;     /* what to send; NULL: transfers, as the options below say */
    const char *csv_path;     /* where a row for each second goes; NULL: nowhere */
    const char *picture_path; /* where the picture goes; NULL: nowhere */
    unsigned connections;     /* at least 1 and at least `threads` */
    unsigned depth;           /* requests in flight on each */
    unsigned threads;
    unsigned seconds;
    unsigned warmup;      /* seconds not counted, first */
    unsigned legs;        /* of each transfer */
    unsigned holds;       /* percent of transfers that are a HOLD, and a CAPTURE or a VOID of it */
    unsigned reads;       /* percent of operations that are a BALANCE */
    int same_shard_share; /* percent of pairs that share a hash tag, the others have two; PLAN_ANY_SHARD: no
                             tags */
    enum plan_hot hot;
    bool setup; /* open the accounts and put money in */
    bool check; /* ask for the trial balance at the end */
    bool json;
};

/** The name of account `number`, in `out` of IDENT_MAX bytes; returns its length, the same for all. Where
 * names have tags, accounts come in groups of PLAN_GROUP that share one. */
unsigned plan_account(const struct plan *plan, uint64_t number, char *out);

/** The name of the hot account. */
unsigned plan_hot_account(const struct plan *plan, char *out);

/** Writes the hash tag of an account, braces and all: PLAN_TAG_SIZE bytes. Returns what is behind it. */
#define PLAN_TAG_SIZE 11
char *plan_tag(uint64_t account, char *at);

/** A generator of random numbers below `below`: xorshift64* (S. Vigna, ACM TOMS 42(4), 2016). */
static inline uint64_t plan_roll(uint64_t *state, uint64_t below)
{
    __extension__ typedef unsigned __int128 product_t;
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint64_t)(((product_t)(*state * UINT64_C(2685821657736338717)) * below) >> 64);
}

#endif
