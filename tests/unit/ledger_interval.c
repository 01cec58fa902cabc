/* ledger_interval.c: an interval says yes when every outcome of the open transactions allows, no when none
 * does. */
#include <criterion/criterion.h>

#include "ledger/interval.h"

/* Open transactions of one leg each: what they would do to the balance. */
#define OPEN_MAX 3

static struct account_extra extra_of(const int *deltas, unsigned count, int overdraft, int ceiling)
{
    struct account_extra extra = {.overdraft = (amount_t)overdraft, .ceiling = (amount_t)ceiling};
    for (unsigned i = 0; i < count; i++) {
        extra.contention.writers++;
        if (deltas[i] < 0) {
            extra.open.low += deltas[i];
            extra.open.trough += deltas[i];
            extra.open.debits += (amount_t)(unsigned)-deltas[i];
        } else {
            extra.open.high += deltas[i];
            extra.open.peak += deltas[i];
            extra.open.credits += (amount_t)(unsigned)deltas[i];
        }
    }
    return extra;
}

/* The truth by trying: in every subset of the open transactions that may have committed before the check. */
static enum certainty try_all(int balance, const int *deltas, unsigned count, int change, int low, int high)
{
    bool some = false;
    bool all = true;
    for (unsigned subset = 0; subset < 1U << count; subset++) {
        int after = balance + change;
        for (unsigned i = 0; i < count; i++)
            after += (subset >> i & 1) != 0 ? deltas[i] : 0;
        bool allowed = after >= low && after <= high;
        some |= allowed;
        all &= allowed;
    }
    return all ? CERTAIN_YES : some ? UNDECIDED : CERTAIN_NO;
}

static struct account account_of(int balance, bool has_ceiling)
{
    struct account account = {.flags = has_ceiling ? ACCOUNT_HAS_CEILING : 0};
    if (balance < 0)
        account.debits = (amount_t)-balance;
    else
        account.credits = (amount_t)balance;
    return account;
}

#define FAR 1000 /* beyond all the small numbers tried */

Test(interval, agrees_with_every_outcome_of_the_open_transactions)
{
    unsigned tried = 0;
    int deltas[OPEN_MAX];
    for (int code = 0; code < 7 * 7 * 7; code++) {
        deltas[0] = code % 7 - 3;
        deltas[1] = code / 7 % 7 - 3;
        deltas[2] = code / 49 - 3;
        for (int balance = -2; balance <= 6; balance++) {
            for (int amount = 1; amount <= 5; amount++) {
                for (int limit = 0; limit <= 4; limit += 2) {
                    struct account account = account_of(balance, true);
                    struct account_extra extra = extra_of(deltas, OPEN_MAX, limit, limit);
                    enum certainty pay = try_all(balance, deltas, OPEN_MAX, -amount, -limit, FAR);
                    enum certainty take = try_all(balance, deltas, OPEN_MAX, amount, -FAR, limit);
                    cr_assert_eq(interval_can_pay(&account, &extra, 0, (amount_t)amount), pay);
                    cr_assert_eq(interval_can_take(&account, &extra, 0, (amount_t)amount), take);
                    tried++;
                }
            }
        }
    }
    cr_assert_gt(tried, 40000);
}

Test(interval, counts_how_low_an_open_transaction_goes_on_the_way)
{
    /* It pays 18 and gets 12 back: net -6, but 18 must be there. */
    struct account account = account_of(20, false);
    struct account_extra extra = {.contention = {.writers = 1},
                                  .open = {.low = -6, .trough = -18, .debits = 18, .credits = 12}};
    cr_assert_eq(interval_can_pay(&account, &extra, 0, 2), CERTAIN_YES);
    cr_assert_eq(interval_can_pay(&account, &extra, 0, 3), UNDECIDED);
    cr_assert_eq(interval_can_pay(&account, &extra, 0, 20), UNDECIDED);
    cr_assert_eq(interval_can_pay(&account, &extra, 0, 21), CERTAIN_NO);
}

Test(interval, lets_an_unlimited_account_pay_anything)
{
    struct account account = {.flags = ACCOUNT_UNLIMITED};
    cr_assert_eq(interval_can_pay(&account, NULL, 0, AMOUNT_TOTAL_MAX), CERTAIN_YES);
}

Test(interval, counts_earlier_legs_of_the_same_transfer)
{
    struct account account = account_of(5, false);
    cr_assert_eq(interval_can_pay(&account, NULL, 3, 8), CERTAIN_YES);
    cr_assert_eq(interval_can_pay(&account, NULL, -3, 3), CERTAIN_NO);
    cr_assert(interval_available(&account, NULL, -3) == 2);
}

Test(interval, keeps_totals_within_127_bits)
{
    const amount_t max = AMOUNT_TOTAL_MAX;
    const struct {
        amount_t posted, open, own, amount;
        enum certainty fits;
    } cases[] = {
        {0, 0, 0, max, CERTAIN_YES},         {0, 0, 0, max + 1, CERTAIN_NO}, {0, 0, 1, max, CERTAIN_NO},
        {max - 1, 0, 0, 1, CERTAIN_YES},     {max, 0, 0, 1, CERTAIN_NO},     {max - 5, 5, 0, 1, UNDECIDED},
        {max - 5, 4, 0, 1, CERTAIN_YES},     {max - 5, 5, 0, 6, CERTAIN_NO}, {0, 0, max, max, CERTAIN_NO},
        {0, 0, 0, ~(amount_t)0, CERTAIN_NO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(interval_fits(cases[i].posted, cases[i].open, cases[i].own, cases[i].amount),
                     cases[i].fits, "case %zu", i);
}
