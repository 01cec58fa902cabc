/* digits.h: from integers to decimal digits, quickly. Every number that leaves the server passes here. */
#ifndef BURSAR_PROTO_DIGITS_H
#define BURSAR_PROTO_DIGITS_H

#include <stddef.h>
#include <stdint.h>

/** The most digits a 64-bit integer has. */
#define DIGITS_MAX 20

/** All powers of ten that fit 64 bits, by exponent. */
extern const uint64_t powers_of_ten[DIGITS_MAX];

/** The number of digits of `value`; 1 for zero. */
unsigned digits_count(uint64_t value);

/** Writes `value` in decimal, without leading zeros ("0" for zero), to `out`, which has DIGITS_MAX bytes.
 *  Returns the number of bytes; no NUL is added. */
size_t digits_format(uint64_t value, char *out);

/** Writes the lowest `width` digits of `value`, leading zeros included, to `out`, which has `width` bytes. */
void digits_format_padded(uint64_t value, unsigned width, char *out);

#endif
