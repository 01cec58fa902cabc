/* ledger_interval.c: an interval says yes when every outcome of the open transactions allows, no when none
 * does. */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/interval.h"

/* Open transactions of one leg each: what they would do to the balance. */
#define OPEN_MAX 3

/* What one leg does. */
static struct effect effect_of(int delta)
{
    struct effect effect = {0};
    effect_add(&effect, delta < 0 ? (amount_t)-delta : 0, delta > 0 ? (amount_t)delta : 0, 0, 0);
    return effect;
}

static const struct effect none;

static struct account_extra extra_of(const int *deltas, unsigned count, int overdraft, int ceiling)
{
    struct account_extra extra = {.overdraft = (amount_t)overdraft, .ceiling = (amount_t)ceiling};
    for (unsigned i = 0; i < count; i++) {
        struct effect effect = effect_of(deltas[i]);
        extra.contention.writers++;
        open_effects_add(&extra.open, &effect);
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
                    cr_assert_eq(interval_can_pay(&account, &extra, &none, (amount_t)amount), pay);
                    cr_assert_eq(interval_can_take(&account, &extra, &none, (amount_t)amount), take);
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
    struct account_extra extra = {.contention = {.writers = 1}};
    struct effect effect = effect_of(-18);
    effect_add(&effect, 0, 12, 0, 0);
    open_effects_add(&extra.open, &effect);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 2), CERTAIN_YES);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 3), UNDECIDED);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 20), UNDECIDED);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 21), CERTAIN_NO);
}

Test(interval, forgets_what_it_added_when_it_is_taken_away)
{
    struct open_effects open = {0};
    const struct open_effects nothing = {0};
    struct effect effect = {0};
    effect_add(&effect, 7, 0, 5, 0);
    effect_add(&effect, 0, 3, -5, 2);
    open_effects_add(&open, &effect);
    cr_assert_neq(memcmp(&open, &nothing, sizeof open), 0);
    open_effects_remove(&open, &effect);
    cr_assert_eq(memcmp(&open, &nothing, sizeof open), 0);
}

Test(interval, counts_what_is_held_against_both_limits)
{
    struct account account = account_of(20, true);
    struct account_extra extra = {.ceiling = 30, .held_out = 15, .held_in = 6};
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 5), CERTAIN_YES);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 6), CERTAIN_NO);
    cr_assert_eq(interval_can_take(&account, &extra, &none, 4), CERTAIN_YES);
    cr_assert_eq(interval_can_take(&account, &extra, &none, 5), CERTAIN_NO);
    cr_assert(interval_available(&account, &extra, &none) == 5);
    cr_assert(interval_room(&account, &extra, &none) == 4);
}

Test(interval, never_makes_room_for_others_before_a_capture_is_decided)
{
    /* Of 15 held out, 10 are captured and 5 released: 5 more can be paid, once that is sure. */
    struct account account = account_of(20, false);
    struct account_extra extra = {.contention = {.writers = 1}, .held_out = 15};
    struct effect capture = {0};
    effect_add(&capture, 10, 0, -15, 0);
    open_effects_add(&extra.open, &capture);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 5), CERTAIN_YES);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 6), UNDECIDED);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 10), UNDECIDED);
    cr_assert_eq(interval_can_pay(&account, &extra, &none, 11), CERTAIN_NO);
}

Test(interval, compares_a_balance_whatever_becomes_of_open_transactions)
{
    struct account account = account_of(10, false);
    const int deltas[] = {-3, 4};
    struct account_extra extra = extra_of(deltas, 2, 0, 0);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_AT_LEAST, 7), CERTAIN_YES);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_AT_LEAST, 8), UNDECIDED);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_AT_LEAST, 15), CERTAIN_NO);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_AT_MOST, 14), CERTAIN_YES);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_AT_MOST, 6), CERTAIN_NO);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_EXACTLY, 10), UNDECIDED);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_EXACTLY, 15), CERTAIN_NO);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_EXACTLY, 7), UNDECIDED);
    cr_assert_eq(interval_compare(&account, &extra, &none, RELATION_EXACTLY, 14), UNDECIDED);
    cr_assert_eq(interval_compare(&account, NULL, &none, RELATION_EXACTLY, 10), CERTAIN_YES);
}

Test(interval, lets_an_unlimited_account_pay_anything)
{
    struct account account = {.flags = ACCOUNT_UNLIMITED};
    cr_assert_eq(interval_can_pay(&account, NULL, &none, AMOUNT_TOTAL_MAX), CERTAIN_YES);
}

Test(interval, counts_earlier_legs_of_the_same_transfer)
{
    struct account account = account_of(5, false);
    struct effect brought = effect_of(3);
    struct effect taken = effect_of(-3);
    cr_assert_eq(interval_can_pay(&account, NULL, &brought, 8), CERTAIN_YES);
    cr_assert_eq(interval_can_pay(&account, NULL, &taken, 3), CERTAIN_NO);
    cr_assert(interval_available(&account, NULL, &taken) == 2);
}

Test(interval, keeps_totals_within_127_bits)
{
    const amount_t max = AMOUNT_TOTAL_MAX;
    const struct {
        amount_t posted, held, open, own, amount;
        enum certainty fits;
    } cases[] = {
        {0, 0, 0, 0, max, CERTAIN_YES},     {0, 0, 0, 0, max + 1, CERTAIN_NO},
        {0, 0, 0, 1, max, CERTAIN_NO},      {max - 1, 0, 0, 0, 1, CERTAIN_YES},
        {max, 0, 0, 0, 1, CERTAIN_NO},      {max - 5, 0, 5, 0, 1, UNDECIDED},
        {max - 5, 0, 4, 0, 1, CERTAIN_YES}, {max - 5, 0, 5, 0, 6, CERTAIN_NO},
        {0, 0, 0, max, max, CERTAIN_NO},    {0, 0, 0, 0, ~(amount_t)0, CERTAIN_NO},
        {max - 5, 5, 0, 0, 1, CERTAIN_NO},  {max - 5, 4, 0, 0, 1, CERTAIN_YES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int credits = 0; credits < 2; credits++) {
            struct account account = {.flags = ACCOUNT_UNLIMITED | ACCOUNT_HAS_CEILING};
            struct account_extra extra = {0};
            struct effect open = {0};
            struct effect own = {0};
            *(credits ? &account.credits : &account.debits) = cases[i].posted;
            *(credits ? &extra.held_in : &extra.held_out) = (balance_t)cases[i].held;
            effect_add(&open, credits ? 0 : cases[i].open, credits ? cases[i].open : 0, 0, 0);
            effect_add(&own, credits ? 0 : cases[i].own, credits ? cases[i].own : 0, 0, 0);
            open_effects_add(&extra.open, &open);
            cr_assert_eq(interval_fits(&account, &extra, &own, credits != 0, cases[i].amount), cases[i].fits,
                         "case %zu", i);
        }
    }
}

Test(interval, counts_that_what_is_held_may_be_released)
{
    /* All but 5 is used up, of debits by posting and holding, of credits as well; 3 held may be released. */
    struct account account = {.debits = AMOUNT_TOTAL_MAX - 10, .credits = AMOUNT_TOTAL_MAX - 10};
    struct account_extra extra = {.contention = {.writers = 1}, .held_out = 5, .held_in = 5};
    struct effect out = {0};
    struct effect in = {0};
    effect_add(&out, 0, 0, -3, 0);
    effect_add(&in, 0, 0, 0, -3);
    for (int credits = 0; credits < 2; credits++) {
        extra.open = (struct open_effects){0};
        open_effects_add(&extra.open, credits == 0 ? &out : &in);
        cr_assert_eq(interval_fits(&account, &extra, &none, credits == 1, 5), CERTAIN_YES);
        cr_assert_eq(interval_fits(&account, &extra, &none, credits == 1, 6), UNDECIDED);
        cr_assert_eq(interval_fits(&account, &extra, &none, credits == 1, 8), UNDECIDED);
        cr_assert_eq(interval_fits(&account, &extra, &none, credits == 1, 9), CERTAIN_NO);
        cr_assert_eq(interval_fits(&account, &extra, &none, credits == 0, 6), CERTAIN_NO);
    }
}

Test(interval, finds_room_that_is_more_than_any_balance)
{
    struct account account = {.flags = ACCOUNT_UNLIMITED | ACCOUNT_HAS_CEILING, .debits = AMOUNT_TOTAL_MAX};
    struct account_extra extra = {.ceiling = AMOUNT_TOTAL_MAX};
    cr_assert(interval_room(&account, &extra, &none) == 2 * (balance_t)AMOUNT_TOTAL_MAX);
    cr_assert_eq(interval_can_take(&account, &extra, &none, AMOUNT_TOTAL_MAX), CERTAIN_YES);
}

Test(interval, sweeps_all_that_is_available_and_no_more)
{
    struct account account = account_of(20, false);
    struct account_extra extra = {.overdraft = 30, .held_out = 15};
    cr_assert(interval_sweep(&account, &extra, &none) == 35);
    extra.held_out = 45;
    cr_assert(interval_sweep(&account, &extra, &none) == 5);
    extra.held_out = 51;
    cr_assert(interval_sweep(&account, &extra, &none) == 0);
    cr_assert(interval_sweep(&account, NULL, &none) == 20);
    account = account_of(0, false);
    account.credits = AMOUNT_TOTAL_MAX;
    extra = (struct account_extra){.overdraft = AMOUNT_TOTAL_MAX};
    cr_assert(interval_sweep(&account, &extra, &none) == 2 * AMOUNT_TOTAL_MAX);
}

Test(interval, counts_what_earlier_legs_of_the_same_transaction_hold)
{
    struct account account = {.debits = AMOUNT_TOTAL_MAX - 10, .credits = AMOUNT_TOTAL_MAX - 10};
    struct effect own = {0};
    effect_add(&own, 1, 2, 3, 4);
    cr_assert_eq(interval_fits(&account, NULL, &own, false, 6), CERTAIN_YES);
    cr_assert_eq(interval_fits(&account, NULL, &own, false, 7), CERTAIN_NO);
    cr_assert_eq(interval_fits(&account, NULL, &own, true, 4), CERTAIN_YES);
    cr_assert_eq(interval_fits(&account, NULL, &own, true, 5), CERTAIN_NO);
}
