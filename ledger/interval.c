/* interval.c: see interval.h. */
#include "ledger/interval.h"

static enum certainty judge(bool at_bad_end, bool at_good_end)
{
    if (at_bad_end)
        return CERTAIN_YES;
    return at_good_end ? UNDECIDED : CERTAIN_NO;
}

enum certainty interval_fits(amount_t posted, amount_t open, amount_t own, amount_t amount)
{
    /* posted + open was within the limit when it was reserved; nothing below can wrap. */
    assert(posted + open <= AMOUNT_TOTAL_MAX);
    if (own > AMOUNT_TOTAL_MAX || amount > AMOUNT_TOTAL_MAX - own)
        return CERTAIN_NO;
    amount_t more = own + amount;
    return judge(posted + open <= AMOUNT_TOTAL_MAX - more, posted <= AMOUNT_TOTAL_MAX - more);
}

enum certainty interval_can_pay(const struct account *account, const struct account_extra *extra,
                                balance_t delta, amount_t amount)
{
    if ((account->flags & ACCOUNT_UNLIMITED) != 0)
        return CERTAIN_YES;
    balance_t after = account_balance(account) + delta - (balance_t)amount;
    if (extra == NULL)
        return judge(after >= 0, after >= 0);
    balance_t floor = -(balance_t)extra->overdraft;
    return judge(after + extra->open.trough >= floor, after + extra->open.high >= floor);
}

enum certainty interval_can_take(const struct account *account, const struct account_extra *extra,
                                 balance_t delta, amount_t amount)
{
    if ((account->flags & ACCOUNT_HAS_CEILING) == 0)
        return CERTAIN_YES;
    assert(extra != NULL);
    balance_t after = account_balance(account) + delta + (balance_t)amount;
    balance_t ceiling = (balance_t)extra->ceiling;
    return judge(after + extra->open.peak <= ceiling, after + extra->open.low <= ceiling);
}

balance_t interval_available(const struct account *account, const struct account_extra *extra,
                             balance_t delta)
{
    balance_t balance = account_balance(account) + delta;
    return extra == NULL ? balance : balance + extra->open.high + (balance_t)extra->overdraft;
}

balance_t interval_room(const struct account *account, const struct account_extra *extra, balance_t delta)
{
    assert(extra != NULL);
    return (balance_t)extra->ceiling - (account_balance(account) + delta + extra->open.low);
}
