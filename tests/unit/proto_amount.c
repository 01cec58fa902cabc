/* proto_amount.c: exact money, judged by arithmetic on texts, with most weight on the edges of 64 and 128
 * bits. */
#include "proto/amount.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "tests/unit/proto_decimal_text.h"
#include "tests/unit/proto_dice.h"

#define ROUNDS 4000

/* What a formatting function wrote, NUL-terminated, for comparison. */
struct written {
    char text[AMOUNT_TEXT_MAX + 1];
};

#define WRITTEN(format_call, out_)              \
    do {                                        \
        size_t written_ = (format_call);        \
        cr_assert(written_ <= AMOUNT_TEXT_MAX); \
        (out_).text[written_] = '\0';           \
    } while (0)

static amount_t power_of_two(unsigned power)
{
    return (amount_t)1 << power;
}

static amount_t random_amount(struct dice *dice)
{
    amount_t bits = (amount_t)dice_next(dice) << 64 | dice_next(dice);
    amount_t amount = bits >> dice_below(dice, 128);
    return dice_below(dice, 8) == 0 ? ~amount : amount;
}

/* An amount as a text, by adding up its bits. */
static struct number number_of_amount(amount_t amount)
{
    struct number number = number_of("0");
    for (int bit = 127; bit >= 0; bit--) {
        number = number_add(number, number);
        if (amount >> bit & 1)
            number = number_add(number, number_of("1"));
    }
    return number;
}

Test(amount, is_parsed_only_from_digits_with_at_most_one_point_between_them)
{
    static const struct {
        const char *text;
        uint64_t mantissa;
        enum decimal_status status;
        unsigned digits;
    } cases[] = {
        {"0", 0, DECIMAL_OK, 0},
        {"5", 5, DECIMAL_OK, 0},
        {"12.34", 1234, DECIMAL_OK, 2},
        {"5.00", 500, DECIMAL_OK, 2},
        {"0.01", 1, DECIMAL_OK, 2},
        {"007.50", 750, DECIMAL_OK, 2},
        {"18446744073709551615", UINT64_MAX, DECIMAL_OK, 0},
        {"0.00000000000000000000000000000000000001", 1, DECIMAL_OK, 38},
        {"0.000000000000000000000000000000000000001", 0, DECIMAL_TOO_LARGE, 0},
        {"340282366920938463463374607431768211456", 0, DECIMAL_TOO_LARGE, 0},
        {"34028236692093846346337460743176821145.6", 0, DECIMAL_TOO_LARGE, 0},
        {"999999999999999999999999999999999999999", 0, DECIMAL_TOO_LARGE, 0},
        {"", 0, DECIMAL_MALFORMED, 0},
        {".", 0, DECIMAL_MALFORMED, 0},
        {".5", 0, DECIMAL_MALFORMED, 0},
        {"5.", 0, DECIMAL_MALFORMED, 0},
        {"1.2.3", 0, DECIMAL_MALFORMED, 0},
        {"1..2", 0, DECIMAL_MALFORMED, 0},
        {"-1", 0, DECIMAL_MALFORMED, 0},
        {"+1", 0, DECIMAL_MALFORMED, 0},
        {"1e3", 0, DECIMAL_MALFORMED, 0},
        {"0x10", 0, DECIMAL_MALFORMED, 0},
        {" 1", 0, DECIMAL_MALFORMED, 0},
        {"1 ", 0, DECIMAL_MALFORMED, 0},
        {"1,5", 0, DECIMAL_MALFORMED, 0},
        {"12/", 0, DECIMAL_MALFORMED, 0},
        {"12:", 0, DECIMAL_MALFORMED, 0},
        {"999999999999999999999999999999999999999x", 0, DECIMAL_MALFORMED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal decimal = {77, 7};
        enum decimal_status status = decimal_parse(cases[i].text, strlen(cases[i].text), &decimal);
        cr_expect_eq(status, cases[i].status, "'%s'", cases[i].text);
        amount_t mantissa = status == DECIMAL_OK ? cases[i].mantissa : 77;
        unsigned digits = status == DECIMAL_OK ? cases[i].digits : 7;
        cr_expect(decimal.mantissa == mantissa && decimal.digits == digits, "'%s'", cases[i].text);
    }
}

Test(amount, is_refused_when_its_text_is_longer_than_any_number_needs)
{
    char text[DECIMAL_TEXT_MAX + 1];
    memset(text, '0', sizeof text);
    struct decimal decimal = {0};
    cr_expect_eq(decimal_parse(text, DECIMAL_TEXT_MAX, &decimal), DECIMAL_OK);
    cr_expect_eq(decimal_parse(text, DECIMAL_TEXT_MAX + 1, &decimal), DECIMAL_TOO_LARGE);
    text[5] = 'x';
    cr_expect_eq(decimal_parse(text, DECIMAL_TEXT_MAX + 1, &decimal), DECIMAL_MALFORMED);
}

Test(amount, is_read_and_written_exactly_around_every_power_of_two)
{
    for (unsigned power = 0; power < 128; power++) {
        for (int offset = -1; offset <= 1; offset++) {
            amount_t amount = power_of_two(power);
            struct number number = number_power_of_two(power);
            if (offset < 0) {
                amount--;
                number = number_subtract(number, number_of("1"));
            } else if (offset > 0) {
                amount++;
                number = number_add(number, number_of("1"));
            }
            struct decimal decimal = {0};
            cr_assert_eq(decimal_parse(number.text, strlen(number.text), &decimal), DECIMAL_OK);
            cr_assert(decimal.mantissa == amount && decimal.digits == 0, "2^%u %+d", power, offset);
            struct written written;
            for (unsigned scale = 0; scale <= AMOUNT_SCALE_MAX; scale++) {
                char expected[NUMBER_TEXT_MAX];
                WRITTEN(amount_format(amount, scale, written.text), written);
                cr_assert_str_eq(written.text, number_scaled(number, scale, false, expected));
            }
        }
    }
}

Test(amount, that_was_parsed_is_written_as_it_was)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < ROUNDS; round++) {
        char digits[64];
        unsigned length = 1 + dice_below(&dice, 42);
        for (unsigned i = 0; i < length; i++)
            digits[i] = (char)('0' + (dice_below(&dice, 3) == 0 ? 0 : dice_below(&dice, 10)));
        if (dice_below(&dice, 4) == 0)
            length = (unsigned)strlen(strcpy(digits, AMOUNT_LARGEST)) - dice_below(&dice, 2);
        digits[length] = '\0';
        unsigned fraction = dice_below(&dice, length);
        char text[NUMBER_TEXT_MAX];
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(length - fraction), digits,
                       fraction > 0 ? "." : "", digits + length - fraction);
        bool fits = fraction <= DECIMAL_DIGITS_MAX &&
                    number_compare(number_of(digits), number_of(AMOUNT_LARGEST)) <= 0;
        struct decimal decimal = {0};
        enum decimal_status status = decimal_parse(text, strlen(text), &decimal);
        cr_assert_eq(status, fits ? DECIMAL_OK : DECIMAL_TOO_LARGE, "'%s', seed %lu", text, dice.seed);
        if (!fits)
            continue;
        struct written written;
        char expected[NUMBER_TEXT_MAX];
        WRITTEN(decimal_format(decimal, written.text), written);
        cr_assert_str_eq(written.text, number_scaled(number_of(digits), fraction, false, expected),
                         "seed %lu", dice.seed);
    }
}

Test(amount, is_a_decimal_times_ten_to_the_scale_or_nothing)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < ROUNDS; round++) {
        struct decimal decimal = {random_amount(&dice), (uint8_t)dice_below(&dice, AMOUNT_SCALE_MAX + 4)};
        unsigned scale = dice_below(&dice, AMOUNT_SCALE_MAX + 1);
        amount_t amount = 77;
        bool converted = decimal_to_amount(decimal, scale, &amount);
        if (decimal.digits > scale) {
            cr_assert(!converted && amount == 77, "seed %lu", dice.seed);
            continue;
        }
        struct number expected = number_shift(number_of_amount(decimal.mantissa), scale - decimal.digits);
        bool fits = number_compare(expected, number_of(AMOUNT_LARGEST)) <= 0;
        cr_assert_eq(converted, fits, "%s, seed %lu", expected.text, dice.seed);
        if (!fits) {
            cr_assert(amount == 77, "seed %lu", dice.seed);
            continue;
        }
        cr_assert_str_eq(number_of_amount(amount).text, expected.text, "seed %lu", dice.seed);
    }
}

Test(amount, refuses_more_digits_than_the_asset_has_even_zeros)
{
    amount_t amount = 77;
    cr_expect(!decimal_to_amount((struct decimal){5000, 3}, 2, &amount));
    cr_expect(amount == 77);
    cr_expect(decimal_to_amount((struct decimal){500, 2}, 2, &amount));
    cr_expect(amount == 500);
}

Test(amount, normalizes_equal_decimals_to_equal_fields)
{
    static const struct {
        struct decimal value, expected;
    } cases[] = {
        {{500, 2}, {5, 0}},   {{50, 1}, {5, 0}},     {{5, 0}, {5, 0}},     {{0, 5}, {0, 0}},
        {{500, 0}, {500, 0}}, {{1050, 3}, {105, 2}}, {{1000, 2}, {10, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal result = decimal_normalize(cases[i].value);
        cr_expect(result.mantissa == cases[i].expected.mantissa && result.digits == cases[i].expected.digits,
                  "case %zu", i);
    }
    amount_t wide = (amount_t)10000000000000000000U * 10000000000000000000U;
    struct decimal result = decimal_normalize((struct decimal){wide * 3, 38});
    cr_expect(result.mantissa == 3 && result.digits == 0);
    result = decimal_normalize((struct decimal){wide * 3, 5});
    cr_expect(result.mantissa == wide * 3 / 100000 && result.digits == 0);
}

Test(amount, writes_balances_with_their_sign_down_to_the_lowest)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < ROUNDS; round++) {
        amount_t magnitude = random_amount(&dice) & AMOUNT_TOTAL_MAX;
        if (round == 0)
            magnitude = AMOUNT_TOTAL_MAX;
        bool negative = magnitude != 0 && dice_below(&dice, 2) == 0;
        unsigned scale = dice_below(&dice, AMOUNT_SCALE_MAX + 1);
        balance_t balance = negative ? -(balance_t)magnitude : (balance_t)magnitude;
        struct written written;
        char expected[NUMBER_TEXT_MAX];
        WRITTEN(balance_format(balance, scale, written.text), written);
        cr_assert_str_eq(written.text, number_scaled(number_of_amount(magnitude), scale, negative, expected),
                         "seed %lu", dice.seed);
    }
    struct written written;
    WRITTEN(balance_format(-(balance_t)(~(amount_t)0 >> 1) - 1, 2, written.text), written);
    cr_expect_str_eq(written.text, "-1701411834604692317316873037158841057.28");
}

Test(total, of_many_amounts_is_exact_past_128_bits)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < 200; round++) {
        struct total sums[2] = {{0, 0}, {0, 0}};
        struct number numbers[2] = {number_of("0"), number_of("0")};
        for (int i = 0; i < 40; i++) {
            amount_t amount = random_amount(&dice);
            int side = (int)dice_below(&dice, 2);
            total_add(&sums[side], amount);
            numbers[side] = number_add(numbers[side], number_of_amount(amount));
        }
        unsigned scale = dice_below(&dice, AMOUNT_SCALE_MAX + 1);
        struct written written;
        char expected[NUMBER_TEXT_MAX];
        WRITTEN(total_difference_format(sums[0], sums[1], scale, written.text), written);
        bool negative = number_compare(numbers[0], numbers[1]) < 0;
        struct number difference =
            negative ? number_subtract(numbers[1], numbers[0]) : number_subtract(numbers[0], numbers[1]);
        cr_assert_str_eq(written.text, number_scaled(difference, scale, negative, expected), "seed %lu",
                         dice.seed);
        total_merge(&sums[0], sums[1]);
        WRITTEN(total_format(sums[0], scale, written.text), written);
        cr_assert_str_eq(written.text,
                         number_scaled(number_add(numbers[0], numbers[1]), scale, false, expected),
                         "seed %lu", dice.seed);
    }
}

Test(total, is_written_in_full_at_its_largest)
{
    struct written written;
    WRITTEN(total_format((struct total){~(amount_t)0, UINT64_MAX}, 18, written.text), written);
    cr_expect_str_eq(written.text, "6277101735386680763835789423207666416102.355444464034512895");
    WRITTEN(total_difference_format((struct total){0, 0}, (struct total){~(amount_t)0, UINT64_MAX}, 18,
                                    written.text),
            written);
    cr_expect_str_eq(written.text, "-6277101735386680763835789423207666416102.355444464034512895");
    WRITTEN(total_difference_format((struct total){0, 1}, (struct total){1, 0}, 0, written.text), written);
    cr_expect_str_eq(written.text, AMOUNT_LARGEST);
}

Test(total, ends_the_process_rather_than_overflow, .signal = SIGABRT)
{
    struct total sum = {~(amount_t)0, UINT64_MAX};
    total_add(&sum, 1);
}
