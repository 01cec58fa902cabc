/* amount.h: exact money. Amounts are 128-bit integers of an asset's smallest unit; a float never appears.
 *
 * On the wire an amount is a decimal number of the asset ("12.34" for USD). How many digits an asset has is
 * known only where its accounts live, so a parsed number travels as a decimal (mantissa and fraction digits)
 * and becomes an amount_t when it meets its asset.
 */
#ifndef BURSAR_PROTO_AMOUNT_H
#define BURSAR_PROTO_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Money: smallest units of some asset. */
__extension__ typedef unsigned __int128 amount_t;

/** Credits less debits: smallest units of some asset, may be below zero. */
__extension__ typedef __int128 balance_t;

/** The most that the debits and what is held out, or the credits and what is held in, of one account may add
 * up to: 2^126 - 1 smallest units. Below it every balance fits a balance_t, and so do the sums of what
 * undecided transactions may post and release. */
#define AMOUNT_TOTAL_MAX ((((amount_t)1) << 126) - 1)

/** The largest scale (fraction digits) an asset may have. */
#define AMOUNT_SCALE_MAX 18

/** The most fraction digits a decimal may be written with: what a 128-bit number has after its first digit.
 */
#define DECIMAL_DIGITS_MAX 38

/** The longest text of a decimal that decimal_parse accepts: 39 digits fit 128 bits, a point, 38 of fraction.
 */
#define DECIMAL_TEXT_MAX 80

/** Room for any formatted amount, balance or total, with its sign and point. Not NUL-terminated. */
#define AMOUNT_TEXT_MAX 72

/** A non-negative decimal number as it was written: mantissa / 10^digits. */
struct decimal {
    amount_t mantissa;
    uint8_t digits; /* fraction digits as written: 2 for "5.00", 0 for "5" */
};

/** Why a text is not a decimal. */
enum decimal_status {
    DECIMAL_OK,
    DECIMAL_MALFORMED, /* empty, a sign, an exponent, two points, no digit on a side of the point, a stray
                          byte */
    DECIMAL_TOO_LARGE  /* well formed, but its digits without the point do not fit 128 bits, or there are too
                          many */
};

/** A sum of amounts of many accounts: 192 bits, so that no number of accounts can overflow it. */
struct total {
    amount_t low;
    uint64_t high; /* multiples of 2^128 */
};

/** Parses `length` bytes at `text`: digits, or digits '.' digits. Leading zeros are allowed.
 *  `out` is written only on DECIMAL_OK. */
enum decimal_status decimal_parse(const char *text, size_t length, struct decimal *out);

/** The same number with trailing zeros of the fraction removed: 5.00 and 5.0 become 5. Two decimals are the
 *  same number exactly when their normalized forms are equal field by field. */
struct decimal decimal_normalize(struct decimal value);

/** Converts to smallest units of an asset with `scale` fraction digits (0 to AMOUNT_SCALE_MAX).
 *  False, writing nothing, when `value` was written with more fraction digits than `scale` (trailing zeros
 *  count: 5.000 has too many for scale 2) or the result does not fit 128 bits. */
bool decimal_to_amount(struct decimal value, unsigned scale, amount_t *out);

/** Writes `value` as it was written (5.00 stays 5.00) to `out`, which has AMOUNT_TEXT_MAX bytes.
 *  Returns the number of bytes; no NUL is added. */
size_t decimal_format(struct decimal value, char *out);

/** Writes `value` with exactly `scale` fraction digits (none and no point for scale 0) to `out`, which has
 *  AMOUNT_TEXT_MAX bytes. Returns the number of bytes; no NUL is added. */
size_t amount_format(amount_t value, unsigned scale, char *out);

/** The same for a balance: a leading '-' when it is below zero. */
size_t balance_format(balance_t value, unsigned scale, char *out);

/** Adds `value` to `*sum`. */
void total_add(struct total *sum, amount_t value);

/** Adds `value` to `*sum`. Asserts that 192 bits suffice. */
void total_merge(struct total *sum, struct total value);

/** Adds `value` to `*sum` modulo 2^192: for sums whose parts may be below zero, in two's complement, while
 * the whole is not. */
void total_wrap(struct total *sum, struct total value);

/** Below 0, 0, or above 0: a is less than b, equal, greater. */
int total_compare(struct total a, struct total b);

/** Whether two totals are the same. */
static inline bool total_equal(struct total a, struct total b)
{
    return a.low == b.low && a.high == b.high;
}

/** The same as amount_format, for a total. */
size_t total_format(struct total value, unsigned scale, char *out);

/** Writes plus - minus with its sign, as balance_format does. */
size_t total_difference_format(struct total plus, struct total minus, unsigned scale, char *out);

#endif
