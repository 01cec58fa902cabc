/* pick.c: see pick.h.
 *
 * Ranks of a skewed choice are spread over the accounts: the busiest are neighbours neither in the server's
 * memory nor in a group.
 */
#include "client/bench/pick.h"

#define TRIES_MAX 16 /* of a skewed choice that must not be this or that, before it is made evenly */

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void pick_prepare(struct pick *pick, const struct plan *plan)
{
    *pick = (struct pick){.accounts = plan->accounts,
                          .same_share = plan->same_shard_share,
                          .skewed = plan->skew > 0,
                          /* Near the golden section: neighbouring ranks lie far apart. */
                          .stride = plan->accounts * 618 / 1000 + 1};
    while (divisor(pick->stride, pick->accounts) != 1)
        pick->stride++;
    if (pick->skewed)
        zipf_prepare(&pick->zipf, plan->accounts, plan->skew);
}

bool pick_together(const struct pick *pick, uint64_t *dice)
{
    return pick->same_share == 100 ||
           (pick->same_share > 0 && plan_roll(dice, 100) < (uint64_t)pick->same_share);
}

uint64_t pick_account(const struct pick *pick, uint64_t *dice)
{
    if (pick->skewed)
        return zipf_roll(&pick->zipf, dice) * pick->stride % pick->accounts;
    return plan_roll(dice, pick->accounts);
}

/* The first account of the group, and how many it has: the last may have fewer. */
static uint64_t group_of(const struct pick *pick, uint64_t account, uint64_t *count)
{
    uint64_t first = account / PLAN_GROUP * PLAN_GROUP;
    *count = first + PLAN_GROUP > pick->accounts ? pick->accounts - first : PLAN_GROUP;
    return first;
}

uint64_t pick_near(const struct pick *pick, uint64_t *dice, uint64_t account)
{
    uint64_t count;
    uint64_t first = group_of(pick, account, &count);
    return first + plan_roll(dice, count);
}

uint64_t pick_other(const struct pick *pick, uint64_t *dice, uint64_t from, bool together)
{
    uint64_t first = from; /* those from `first` on, `count` of them, are not to be it */
    uint64_t count = 1;
    if (together) {
        first = group_of(pick, from, &count);
        if (count > 1)
            return first + (from - first + 1 + plan_roll(dice, count - 1)) % count;
        first = from; /* alone in the last group */
    } else if (pick->same_share != PLAN_ANY_SHARD) {
        first = group_of(pick, from, &count);
    }
    for (unsigned i = 0; pick->skewed && i < TRIES_MAX; i++) {
        uint64_t account = pick_account(pick, dice);
        if (account < first || account >= first + count)
            return account;
    }
    return (first + count + plan_roll(dice, pick->accounts - count)) % pick->accounts;
}
