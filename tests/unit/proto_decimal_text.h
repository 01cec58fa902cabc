/* proto_decimal_text.h: numbers as texts of digits, added, compared and shifted the way children do it on
 * paper. Slow and with nothing in common with proto/amount.c, which is judged by it.
 */
#ifndef BURSAR_TESTS_UNIT_PROTO_DECIMAL_TEXT_H
#define BURSAR_TESTS_UNIT_PROTO_DECIMAL_TEXT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_TEXT_MAX 160

/* 2^128 - 1. */
#define AMOUNT_LARGEST "340282366920938463463374607431768211455"

/** A natural number: digits without leading zeros, "0" for zero, NUL-terminated. */
struct number {
    char text[NUMBER_TEXT_MAX];
};

static inline struct number number_of(const char *digits)
{
    struct number number;
    while (digits[0] == '0' && digits[1] != '\0')
        digits++;
    assert(strlen(digits) < NUMBER_TEXT_MAX);
    (void)snprintf(number.text, sizeof number.text, "%s", digits);
    return number;
}

/** Below zero, zero, above zero, as `a` is less than, equal to, more than `b`. */
static inline int number_compare(struct number a, struct number b)
{
    size_t a_length = strlen(a.text);
    size_t b_length = strlen(b.text);
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return strcmp(a.text, b.text);
}

/* The digit of `number` with the weight 10^place. */
static inline int number_digit(const struct number *number, size_t place)
{
    size_t length = strlen(number->text);
    return place < length ? number->text[length - 1 - place] - '0' : 0;
}

/* a + sign * b, digit by digit; a >= b when sign is -1. */
static inline struct number number_combine(struct number a, struct number b, int sign)
{
    char digits[NUMBER_TEXT_MAX];
    int carry = 0;
    digits[NUMBER_TEXT_MAX - 1] = '\0';
    for (size_t place = 0; place < NUMBER_TEXT_MAX - 1; place++) {
        int sum = number_digit(&a, place) + sign * number_digit(&b, place) + carry;
        carry = sum < 0 ? -1 : sum / 10;
        digits[NUMBER_TEXT_MAX - 2 - place] = (char)('0' + (sum + 10) % 10);
    }
    assert(carry == 0);
    return number_of(digits);
}

static inline struct number number_add(struct number a, struct number b)
{
    return number_combine(a, b, 1);
}

/** a - b; a is at least b. */
static inline struct number number_subtract(struct number a, struct number b)
{
    return number_combine(a, b, -1);
}

/** number * 10^places. */
static inline struct number number_shift(struct number number, unsigned places)
{
    size_t length = strlen(number.text);
    assert(length + places < NUMBER_TEXT_MAX);
    memset(number.text + length, '0', places);
    number.text[length + places] = '\0';
    return number_of(number.text);
}

/** 2^power. */
static inline struct number number_power_of_two(unsigned power)
{
    struct number number = number_of("1");
    for (unsigned i = 0; i < power; i++)
        number = number_add(number, number);
    return number;
}

/** Writes `number` with a point before its last `scale` digits, and a '-' before it when `negative`. */
static inline const char *number_scaled(struct number number, unsigned scale, bool negative,
                                        char out[NUMBER_TEXT_MAX])
{
    char padded[2 * NUMBER_TEXT_MAX];
    size_t length = strlen(number.text);
    size_t zeros = length > scale ? 0 : scale + 1 - length;
    memset(padded, '0', zeros);
    memcpy(padded + zeros, number.text, length + 1);
    int whole = (int)(zeros + length - scale);
    (void)snprintf(out, NUMBER_TEXT_MAX, "%s%.*s%s%s", negative ? "-" : "", whole, padded,
                   scale > 0 ? "." : "", padded + whole);
    return out;
}

#endif
