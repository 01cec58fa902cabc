/* plan.c: see plan.h. */
#include "client/bench/plan.h"

#include <string.h>

#include "client/bench/put.h"

#define NUMBER_DIGITS 9

char *plan_tag(uint64_t account, char *at)
{
    *at++ = '{';
    at = put_digits(at, account / PLAN_GROUP, NUMBER_DIGITS);
    *at++ = '}';
    return at;
}

unsigned plan_account(const struct plan *plan, uint64_t number, char *out)
{
    char *at = put_text(out, plan->prefix, strlen(plan->prefix));
    if (plan->same_shard_share != PLAN_ANY_SHARD)
        at = plan_tag(number, at);
    return (unsigned)(put_digits(at, number, NUMBER_DIGITS) - out);
}

unsigned plan_hot_account(const struct plan *plan, char *out)
{
    return (unsigned)(put_text(put_text(out, plan->prefix, strlen(plan->prefix)), "hot", 3) - out);
}
