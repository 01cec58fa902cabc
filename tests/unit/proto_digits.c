/* proto_digits.c: integers as digits, judged by printf at every change of length. */
#include "proto/digits.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/proto_dice.h"

static void check(uint64_t value, uint64_t seed)
{
    char expected[DIGITS_MAX + 1];
    char written[DIGITS_MAX + 1];
    int length = snprintf(expected, sizeof expected, "%" PRIu64, value);
    size_t count = digits_format(value, written);
    cr_assert_eq(count, (size_t)length, "%s, seed %lu", expected, seed);
    cr_assert_eq(digits_count(value), (unsigned)length, "%s, seed %lu", expected, seed);
    cr_assert_arr_eq(written, expected, count, "%s, seed %lu", expected, seed);
}

Test(digits, are_those_of_printf_at_every_length)
{
    struct dice dice = dice_begin();
    check(0, 0);
    check(UINT64_MAX, 0);
    for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
        check(power * 10 - 1, 0);
        check(power * 10, 0);
    }
    for (int round = 0; round < 100000; round++)
        check(dice_next(&dice) >> dice_below(&dice, 64), dice.seed);
}

Test(digits, are_padded_with_zeros_to_a_width_and_cut_to_the_lowest)
{
    char out[6] = "xxxxx";
    digits_format_padded(42, 5, out);
    cr_expect_str_eq(out, "00042");
    digits_format_padded(1234567, 4, out);
    cr_expect_str_eq(out, "45672");
    digits_format_padded(7, 0, out);
    cr_expect_str_eq(out, "45672");
}
