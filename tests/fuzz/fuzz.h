/* fuzz.h: what all fuzzers have in common. Each is one function that libFuzzer calls with bytes of its
 * choice, again and again in one process; what must hold is checked, and what does not hold ends the process.
 */
#ifndef BURSAR_TESTS_FUZZ_FUZZ_H
#define BURSAR_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** Ends the process, so that libFuzzer keeps the input, where something that must hold does not. */
static inline void check(int holds)
{
    if (!holds)
        abort();
}

/** A copy of exactly `size` bytes, so that the sanitizer sees whoever reads beyond them. The caller frees it.
 */
static inline char *copy_of(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    check(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/** What libFuzzer calls. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
