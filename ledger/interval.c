/* interval.c: see interval.h. */
#include "ledger/interval.h"

/* What accounts without an extra have. */
static const struct account_extra plain;

static enum certainty judge(bool at_bad_end, bool at_good_end)
{
    if (at_bad_end)
        return CERTAIN_YES;
    return at_good_end ? UNDECIDED : CERTAIN_NO;
}

/* a + b, or the end of what fits where it is beyond. The ends of an interval can be: a hold may end here
 * before it is heard to begin. */
static balance_t plus(balance_t a, balance_t b)
{
    const balance_t most = (balance_t)(~(amount_t)0 >> 1);
    balance_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? -most : most) : sum;
}

/* The sums were within the limit when they were reserved, so only `own` and `amount` can go beyond it. */
static bool sum_fits(balance_t posted, balance_t own, amount_t amount)
{
    balance_t sum;
    return amount <= AMOUNT_TOTAL_MAX && !__builtin_add_overflow(posted, own, &sum) &&
           !__builtin_add_overflow(sum, (balance_t)amount, &sum) && sum <= (balance_t)AMOUNT_TOTAL_MAX;
}

enum certainty interval_fits(const struct account *account, const struct account_extra *extra,
                             const struct effect *own, bool credits, amount_t amount)
{
    if (extra == NULL)
        extra = &plain;
    balance_t posted =
        credits ? (balance_t)account->credits + extra->held_in : (balance_t)account->debits + extra->held_out;
    balance_t grown =
        credits ? (balance_t)own->credits + own->held_in : (balance_t)own->debits + own->held_out;
    balance_t worst = posted + (credits ? extra->open.in_peak : extra->open.out_peak);
    balance_t best = posted + (credits ? extra->open.in_low : extra->open.out_low);
    return judge(sum_fits(worst, grown, amount), sum_fits(best, grown, amount));
}

enum certainty interval_can_pay(const struct account *account, const struct account_extra *extra,
                                const struct effect *own, amount_t amount)
{
    if ((account->flags & ACCOUNT_UNLIMITED) != 0)
        return CERTAIN_YES;
    balance_t after = account_balance(account) + effect_pay(own) - (balance_t)amount;
    if (extra == NULL)
        return judge(after >= 0, after >= 0);
    after = plus(after, -extra->held_out);
    balance_t floor = -(balance_t)extra->overdraft;
    return judge(plus(after, extra->open.trough) >= floor, plus(after, extra->open.pay_high) >= floor);
}

enum certainty interval_can_take(const struct account *account, const struct account_extra *extra,
                                 const struct effect *own, amount_t amount)
{
    if ((account->flags & ACCOUNT_HAS_CEILING) == 0)
        return CERTAIN_YES;
    assert(extra != NULL);
    balance_t after = plus(account_balance(account) + effect_take(own), extra->held_in);
    balance_t ceiling = (balance_t)extra->ceiling;
    after = plus(after, (balance_t)amount);
    return judge(plus(after, extra->open.peak) <= ceiling, plus(after, extra->open.take_low) <= ceiling);
}

balance_t interval_available(const struct account *account, const struct account_extra *extra,
                             const struct effect *own)
{
    balance_t balance = account_balance(account) + effect_pay(own);
    if (extra == NULL)
        return balance;
    return plus(plus(plus(balance, -extra->held_out), extra->open.pay_high), (balance_t)extra->overdraft);
}

amount_t interval_sweep(const struct account *account, const struct account_extra *extra,
                        const struct effect *own)
{
    if (extra == NULL)
        extra = &plain;
    /* With the overdraft it can be more than fits a balance. */
    balance_t net = account_balance(account) + effect_pay(own) - extra->held_out;
    if (net >= 0)
        return (amount_t)net + extra->overdraft;
    amount_t below = (amount_t)-net;
    return extra->overdraft > below ? extra->overdraft - below : 0;
}

balance_t interval_room(const struct account *account, const struct account_extra *extra,
                        const struct effect *own)
{
    assert(extra != NULL);
    balance_t taken = plus(account_balance(account) + effect_take(own), extra->held_in);
    /* Of an account that is deep in debt it can be more than fits a balance. */
    return plus((balance_t)extra->ceiling, -plus(taken, extra->open.take_low));
}

enum certainty interval_compare(const struct account *account, const struct account_extra *extra,
                                const struct effect *own, enum relation relation, balance_t level)
{
    balance_t balance = account_balance(account) + effect_balance(own);
    balance_t low = extra != NULL ? plus(balance, extra->open.low) : balance;
    balance_t high = extra != NULL ? plus(balance, extra->open.high) : balance;
    switch (relation) {
    case RELATION_AT_LEAST: return judge(low >= level, high >= level);
    case RELATION_AT_MOST: return judge(high <= level, low <= level);
    case RELATION_EXACTLY: return judge(low == level && high == level, low <= level && high >= level);
    case RELATION_ANY: break;
    }
    return judge(low == high, true);
}
