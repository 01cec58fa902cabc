/* ledger_stripes.c: the stripes of a shard, against a plain list. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/stripes.h"
#include "tests/unit/proto_dice.h"

#define IDS 200

static struct stripes stripes;
static struct stripe *plain[IDS]; /* NULL: there is none */

static struct slice id_of(unsigned i, char text[8])
{
    return (struct slice){text, (size_t)snprintf(text, 8, "u%u", i)};
}

/* Ids share hashes, so that only their text tells them apart. */
static uint64_t hash_of(unsigned i)
{
    return (uint64_t)(i % 20) << 58 | i % 7;
}

static void check(uint64_t seed)
{
    uint32_t spread = 0;
    for (unsigned i = 0; i < IDS; i++) {
        char text[8];
        struct slice id = id_of(i, text);
        cr_assert_eq(stripes_find(&stripes, id.text, id.length, hash_of(i)), plain[i], "BURSAR_SEED=%lu",
                     seed);
        bool is_spread = plain[i] != NULL && plain[i]->spread;
        cr_assert_eq(stripes_spread(&stripes, id, hash_of(i)), is_spread, "BURSAR_SEED=%lu", seed);
        spread += is_spread;
    }
    cr_assert_eq(stripes.spread_count, spread);
}

Test(stripes, are_those_that_were_added_and_not_removed)
{
    struct dice dice = dice_begin();
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = dice_below(&dice, IDS);
        char text[8];
        struct slice id = id_of(i, text);
        if (plain[i] == NULL) {
            plain[i] = stripes_add(&stripes, id.text, id.length, hash_of(i));
            cr_assert_eq(plain[i]->id_length, id.length);
            cr_assert_arr_eq(plain[i]->id, id.text, id.length);
            cr_assert_not(plain[i]->spread);
        } else if (dice_below(&dice, 3) > 0) {
            stripes_mark(&stripes, plain[i], dice_below(&dice, 2) == 0);
        } else {
            stripes_remove(&stripes, plain[i]);
            free(plain[i]);
            plain[i] = NULL;
        }
        if (step % 200 == 0)
            check(dice.seed);
    }
    check(dice.seed);
    cr_assert_leq(stripes.capacity, 256, "places are used again");
    stripes_free(&stripes);
}

Test(stripes, are_empty_at_first_and_after_the_end)
{
    const struct slice id = {"u", 1};
    cr_assert_null(stripes_find(&stripes, "u", 1, 5));
    cr_assert_not(stripes_spread(&stripes, id, 5));
    stripes_mark(&stripes, stripes_add(&stripes, "u", 1, 5), true);
    cr_assert(stripes_spread(&stripes, id, 5));
    stripes_free(&stripes);
    cr_assert_null(stripes_find(&stripes, "u", 1, 5));
    cr_assert_not(stripes_spread(&stripes, id, 5));
}

Test(stripes, add_up_what_is_held_on_one_and_released_on_another)
{
    /* 7 held on the first, 5 of them released on the second: there it is -5, in two's complement. */
    struct stripe_sums sums = {.debits = {.low = 10}, .held_out = {.low = 7}, .last = 12};
    const struct stripe_sums other = {.debits = {.low = ~(amount_t)0},
                                      .credits = {.low = 3},
                                      .held_out = {.low = -(amount_t)5, .high = UINT64_MAX},
                                      .held_in = {.low = 4},
                                      .last = 9};
    stripe_sums_add(&sums, &other);
    cr_assert(sums.debits.low == 9 && sums.debits.high == 1);
    cr_assert(sums.credits.low == 3 && sums.credits.high == 0);
    cr_assert(sums.held_out.low == 2 && sums.held_out.high == 0);
    cr_assert(sums.held_in.low == 4 && sums.held_in.high == 0);
    cr_assert_eq(sums.last, 12);
    const struct stripe_sums newer = {.last = 13};
    stripe_sums_add(&sums, &newer);
    cr_assert_eq(sums.last, 13);
}
