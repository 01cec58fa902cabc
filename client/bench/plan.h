/* plan.h: what a run of the load generator is to do, and the requests it sends. */
#ifndef BURSAR_CLIENT_BENCH_PLAN_H
#define BURSAR_CLIENT_BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/link.h"
#include "proto/ident.h"

#define PLAN_PREFIX_MAX 32

/** Whether one account is the payee of every transfer, and what its limits are. */
enum plan_hot {
    PLAN_UNIFORM,   /* no: payees are picked at random */
    PLAN_UNLIMITED, /* it has no limit of any kind: every shard has a stripe of it */
    PLAN_LIMITED    /* it has a ceiling, though it is never reached: it lives on one shard */
};

struct plan {
    struct place place;
    uint64_t accounts;  /* at least 2 */
    uint64_t transfers; /* so many, or, when it is 0, for so many seconds */
    uint64_t seed;
    uint64_t nonce;     /* makes the ids of this run unlike those of any other */
    const char *prefix; /* of account names; at most PLAN_PREFIX_MAX bytes */
    const char *asset;
    unsigned connections; /* at least 1 and at least `threads` */
    unsigned depth;       /* requests in flight on each */
    unsigned threads;
    unsigned seconds;
    unsigned warmup; /* seconds not counted, first */
    enum plan_hot hot;
    bool setup;      /* open the accounts and put money in */
    bool same_shard; /* from, to and id share a hash tag, so each transfer is of one shard */
    bool json;
};

/** The name of account `number`, in `out` of IDENT_MAX bytes; returns its length. With same_shard, accounts
 * come in groups of ten that share a tag. */
unsigned plan_account(const struct plan *plan, uint64_t number, char *out);

/** The name of the hot account. */
unsigned plan_hot_account(const struct plan *plan, char *out);

/** A generator of random numbers below `below`: xorshift64* (S. Vigna, ACM TOMS 42(4), 2016). */
uint64_t plan_roll(uint64_t *state, uint64_t below);

/** Appends transfer `number` of this run: 1 to 9 of the asset from a random account to another, or to the hot
 * one. */
void plan_transfer(const struct plan *plan, uint64_t *dice, uint64_t number, struct buffer *out);

#endif
