/* bench.h: what the benchmarks of storage share: a clock, a die that always falls the same way, and an end
 * with words. */
#ifndef BURSAR_BENCH_BENCH_H
#define BURSAR_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/** Seconds of a clock. */
static inline double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/** The next random number: xorshift64* (S. Vigna, ACM TOMS 42(4), 2016). */
static inline uint64_t dice(void)
{
    static uint64_t state = 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

/** Ends the benchmark unless `good`. */
static inline void expect(bool good, const char *error)
{
    if (!good) {
        (void)fprintf(stderr, "%s\n", error);
        exit(EXIT_FAILURE);
    }
}

#endif
