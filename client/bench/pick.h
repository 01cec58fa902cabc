/* pick.h: which accounts a request is about. */
#ifndef BURSAR_CLIENT_BENCH_PICK_H
#define BURSAR_CLIENT_BENCH_PICK_H

#include "client/bench/plan.h"
#include "client/bench/zipf.h"

struct pick {
    uint64_t accounts;
    uint64_t
        stride; /* from the account of one rank to that of the next; has no divisor in common with accounts */
    struct zipf zipf; /* where skewed */
    int same_share;   /* as plan's same_shard_share */
    bool skewed;
};

/** Prepares the choice that the plan asks for. */
void pick_prepare(struct pick *pick, const struct plan *plan);

/** Whether the accounts of the next request are to share a tag. */
bool pick_together(const struct pick *pick, uint64_t *dice);

/** An account. */
uint64_t pick_account(const struct pick *pick, uint64_t *dice);

/** An account other than `from`: of the same group if `together`, and, if not, where names have tags, of
 * another. */
uint64_t pick_other(const struct pick *pick, uint64_t *dice, uint64_t from, bool together);

/** Any account of the group of `account`, itself perhaps. */
uint64_t pick_near(const struct pick *pick, uint64_t *dice, uint64_t account);

#endif
