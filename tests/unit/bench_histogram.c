/* bench_histogram.c: percentiles against the sorted truth. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "client/bench/histogram.h"
#include "tests/unit/proto_dice.h"

#define VALUES 20000

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(histogram, tells_every_percentile_to_three_digits)
{
    static struct histogram histogram;
    static uint64_t values[VALUES];
    struct dice dice = dice_begin();
    for (unsigned i = 0; i < VALUES; i++) {
        values[i] = dice_next(&dice) >> (24 + dice_below(&dice, 40)); /* every magnitude */
        histogram_add(&histogram, values[i], 1);
    }
    qsort(values, VALUES, sizeof values[0], compare);
    const unsigned tenths[] = {1, 10, 250, 500, 900, 990, 999, 1000};
    for (size_t i = 0; i < sizeof tenths / sizeof tenths[0]; i++) {
        uint64_t truth = values[(VALUES * tenths[i] + 999) / 1000 - 1];
        uint64_t told = histogram_percentile(&histogram, tenths[i] / 10.0);
        cr_assert_geq(told, truth, "BURSAR_SEED=%lu", dice.seed);
        cr_assert_leq(told, truth + truth / 1000 + 1, "BURSAR_SEED=%lu", dice.seed);
    }
}

Test(histogram, counts_a_value_many_times_and_merges)
{
    static struct histogram one;
    static struct histogram two;
    cr_assert_eq(histogram_percentile(&one, 50), 0, "empty");
    histogram_add(&one, 100, 99);
    histogram_add(&two, 5000, 1);
    histogram_merge(&one, &two);
    cr_assert_eq(one.total, 100);
    cr_assert_eq(histogram_percentile(&one, 99), 100);
    cr_assert_eq(histogram_percentile(&one, 100), 5000, "the largest is exact");
}

Test(histogram, counts_what_is_beyond_its_range_as_the_end_of_it)
{
    static struct histogram histogram;
    histogram_add(&histogram, UINT64_MAX, 1);
    cr_assert_eq(histogram_percentile(&histogram, 50), HISTOGRAM_MAX);
}
