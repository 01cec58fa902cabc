/* put.h: bytes of requests, written where they belong; each returns what is behind them. On the path of every
 * request. */
#ifndef BURSAR_CLIENT_BENCH_PUT_H
#define BURSAR_CLIENT_BENCH_PUT_H

#include <stdint.h>
#include <string.h>

#include "proto/digits.h"

static inline char *put_text(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    return at + length;
}

/** `value` with leading zeros: names of one length keep the server's work the same for all. */
static inline char *put_digits(char *at, uint64_t value, unsigned digits)
{
    digits_format_padded(value, digits, at);
    return at + digits;
}

/** `value` as it is written, without leading zeros. */
static inline char *put_number(char *at, uint64_t value)
{
    return at + digits_format(value, at);
}

/** The lowest 6 * `letters` bits of `value`: base 64 of the id alphabet. */
static inline char *put_letters(char *at, uint64_t value, unsigned letters)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.";
    for (unsigned i = 0; i < letters; i++, value >>= 6)
        at[i] = alphabet[value & 63];
    return at + letters;
}

#endif
