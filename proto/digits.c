/* digits.c: two digits a step from a table of pairs, which halves the divisions, and the length known
 * beforehand, so that digits are written where they belong and never moved.
 */
#include "proto/digits.h"

#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

const uint64_t powers_of_ten[DIGITS_MAX] = {1,
                                            10,
                                            100,
                                            1000,
                                            10000,
                                            100000,
                                            1000000,
                                            10000000,
                                            100000000,
                                            1000000000,
                                            10000000000,
                                            100000000000,
                                            1000000000000,
                                            10000000000000,
                                            100000000000000,
                                            1000000000000000,
                                            10000000000000000,
                                            100000000000000000,
                                            1000000000000000000,
                                            10000000000000000000U};

unsigned digits_count(uint64_t value)
{
    /* 1233 / 4096 is log10(2), closely enough for 64 bits. */
    unsigned bits = 64U - (unsigned)__builtin_clzll(value | 1);
    unsigned guess = bits * 1233 >> 12;
    return guess + (value >= powers_of_ten[guess] || guess == 0);
}

size_t digits_format(uint64_t value, char *out)
{
    unsigned count = digits_count(value);
    digits_format_padded(value, count, out);
    return count;
}

void digits_format_padded(uint64_t value, unsigned width, char *out)
{
    unsigned left = width;
    while (left >= 2) {
        left -= 2;
        memcpy(out + left, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (left == 1)
        out[0] = (char)('0' + value % 10);
}
