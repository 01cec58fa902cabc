/* amount.c: the arithmetic of exact money. Nearly all amounts fit 64 bits, so each function has a short way
 * for those and takes the division of wide numbers only beyond.
 */
#include "proto/amount.h"

#include <assert.h>
#include <string.h>

#include "proto/digits.h"

/* The largest power of ten that fits 64 bits: wide numbers are cut into chunks of so many digits. */
#define CHUNK_DIGITS 19
#define CHUNK        10000000000000000000U

/* Digits of the widest number there is: 192 bits. */
#define WIDE_DIGITS_MAX 58

static_assert(WIDE_DIGITS_MAX + 2 <= AMOUNT_TEXT_MAX, "the widest total fits with its sign and point");
static_assert(1 + DECIMAL_DIGITS_MAX + 1 <= AMOUNT_TEXT_MAX,
              "the smallest decimal fits with its zero and point");
static_assert(AMOUNT_SCALE_MAX < CHUNK_DIGITS, "a power of ten for any scale fits 64 bits");

/* Finds the point and checks that `text` is digits, or digits '.' digits. Returns where the point is,
 * `length` when there is none, SIZE_MAX when the text is something else. */
static size_t point_find(const char *text, size_t length)
{
    size_t point = length;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)(text[i] - '0') <= 9)
            continue;
        if (text[i] != '.' || point != length)
            return SIZE_MAX;
        point = i;
    }
    if (point == 0 || point + 1 == length)
        return SIZE_MAX;
    return point;
}

/* Appends `length` digits to `*mantissa`. False when the number outgrows 128 bits. */
static bool mantissa_append(amount_t *mantissa, const char *digits, size_t length)
{
    while (length > 0) {
        size_t taken = length < AMOUNT_SCALE_MAX ? length : AMOUNT_SCALE_MAX;
        uint64_t chunk = 0;
        for (size_t i = 0; i < taken; i++)
            chunk = chunk * 10 + (uint64_t)(digits[i] - '0');
        if (*mantissa == 0)
            *mantissa = chunk;
        else if (__builtin_mul_overflow(*mantissa, (amount_t)powers_of_ten[taken], mantissa) ||
                 __builtin_add_overflow(*mantissa, (amount_t)chunk, mantissa))
            return false;
        digits += taken;
        length -= taken;
    }
    return true;
}

enum decimal_status decimal_parse(const char *text, size_t length, struct decimal *out)
{
    size_t point = point_find(text, length);
    if (point == SIZE_MAX)
        return DECIMAL_MALFORMED;
    size_t fraction = point == length ? 0 : length - point - 1;
    if (length > DECIMAL_TEXT_MAX || fraction > DECIMAL_DIGITS_MAX)
        return DECIMAL_TOO_LARGE;
    amount_t mantissa = 0;
    if (!mantissa_append(&mantissa, text, point) ||
        !mantissa_append(&mantissa, text + length - fraction, fraction))
        return DECIMAL_TOO_LARGE;
    out->mantissa = mantissa;
    out->digits = (uint8_t)fraction;
    return DECIMAL_OK;
}

struct decimal decimal_normalize(struct decimal value)
{
    if (value.mantissa == 0)
        return (struct decimal){0, 0};
    while (value.digits > 0 && value.mantissa >> 64 != 0 && value.mantissa % 10 == 0) {
        value.mantissa /= 10;
        value.digits--;
    }
    if (value.mantissa >> 64 != 0)
        return value;
    uint64_t narrow = (uint64_t)value.mantissa;
    while (value.digits > 0 && narrow % 10 == 0) {
        narrow /= 10;
        value.digits--;
    }
    value.mantissa = narrow;
    return value;
}

bool decimal_to_amount(struct decimal value, unsigned scale, amount_t *out)
{
    assert(scale <= AMOUNT_SCALE_MAX);
    if (value.digits > scale)
        return false;
    amount_t power = powers_of_ten[scale - value.digits];
    amount_t amount = 0;
    if (__builtin_mul_overflow(value.mantissa, power, &amount))
        return false;
    *out = amount;
    return true;
}

/* Divides `*value` by CHUNK and returns the remainder: schoolbook division, 64 bits a step. */
static uint64_t chunk_take(struct total *value)
{
    uint64_t limbs[3] = {value->high, (uint64_t)(value->low >> 64), (uint64_t)value->low};
    uint64_t rest = 0;
    for (int i = 0; i < 3; i++) {
        amount_t dividend = (amount_t)rest << 64 | limbs[i];
        limbs[i] = (uint64_t)(dividend / CHUNK);
        rest = (uint64_t)(dividend % CHUNK);
    }
    value->high = limbs[0];
    value->low = (amount_t)limbs[1] << 64 | limbs[2];
    return rest;
}

/* Writes the digits of `value`, without leading zeros, to `out`, which has WIDE_DIGITS_MAX bytes. */
static size_t wide_format(struct total value, char *out)
{
    uint64_t chunks[4]; /* lowest first; 192 bits are 58 digits, so the fourth is the last */
    unsigned count = 0;
    while (value.high != 0 || value.low >> 64 != 0)
        chunks[count++] = chunk_take(&value);
    size_t length = digits_format((uint64_t)value.low, out);
    while (count > 0) {
        digits_format_padded(chunks[--count], CHUNK_DIGITS, out + length);
        length += CHUNK_DIGITS;
    }
    return length;
}

/* Writes `digits` with a point before the last `scale` of them, adding zeros where they are too few. */
static size_t point_place(const char *digits, size_t count, unsigned scale, char *out)
{
    if (scale == 0) {
        memcpy(out, digits, count);
        return count;
    }
    if (count > scale) {
        size_t whole = count - scale;
        memcpy(out, digits, whole);
        out[whole] = '.';
        memcpy(out + whole + 1, digits + whole, scale);
        return count + 1;
    }
    memset(out, '0', 2 + scale - count);
    out[1] = '.';
    memcpy(out + 2 + scale - count, digits, count);
    return 2 + scale;
}

/* The same for a number of 64 bits: its digits, with zeros enough to have one before the point, then the
 * point. */
static size_t narrow_format(uint64_t value, unsigned scale, char *out)
{
    unsigned count = digits_count(value);
    unsigned width = count > scale ? count : scale + 1;
    digits_format_padded(value, width, out);
    if (scale == 0)
        return width;
    unsigned whole = width - scale;
    memmove(out + whole + 1, out + whole, scale);
    out[whole] = '.';
    return width + 1;
}

static size_t scaled_format(struct total value, unsigned scale, char *out)
{
    if (value.high == 0 && value.low >> 64 == 0)
        return narrow_format((uint64_t)value.low, scale, out);
    char digits[WIDE_DIGITS_MAX + DIGITS_MAX];
    return point_place(digits, wide_format(value, digits), scale, out);
}

size_t decimal_format(struct decimal value, char *out)
{
    assert(value.digits <= DECIMAL_DIGITS_MAX);
    return scaled_format((struct total){value.mantissa, 0}, value.digits, out);
}

size_t amount_format(amount_t value, unsigned scale, char *out)
{
    return total_format((struct total){value, 0}, scale, out);
}

size_t balance_format(balance_t value, unsigned scale, char *out)
{
    if (value >= 0)
        return amount_format((amount_t)value, scale, out);
    out[0] = '-';
    return 1 + amount_format(-(amount_t)value, scale, out + 1);
}

void total_add(struct total *sum, amount_t value)
{
    total_merge(sum, (struct total){value, 0});
}

void total_merge(struct total *sum, struct total value)
{
    uint64_t carry = __builtin_add_overflow(sum->low, value.low, &sum->low);
    bool full = __builtin_add_overflow(sum->high, value.high, &sum->high);
    bool fuller = __builtin_add_overflow(sum->high, carry, &sum->high);
    assert(!full && !fuller);
}

void total_wrap(struct total *sum, struct total value)
{
    uint64_t carry = __builtin_add_overflow(sum->low, value.low, &sum->low);
    sum->high += value.high + carry;
}

int total_compare(struct total a, struct total b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

size_t total_format(struct total value, unsigned scale, char *out)
{
    assert(scale <= AMOUNT_SCALE_MAX);
    return scaled_format(value, scale, out);
}

/* greater - less; greater is at least less. */
static struct total total_subtract(struct total greater, struct total less)
{
    uint64_t borrow = greater.low < less.low;
    return (struct total){greater.low - less.low, greater.high - less.high - borrow};
}

size_t total_difference_format(struct total plus, struct total minus, unsigned scale, char *out)
{
    if (total_compare(plus, minus) >= 0)
        return total_format(total_subtract(plus, minus), scale, out);
    out[0] = '-';
    return 1 + total_format(total_subtract(minus, plus), scale, out + 1);
}
