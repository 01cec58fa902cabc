/* histogram.h: latencies, counted so that any percentile can be told to three digits.
 *
 * Log-linear buckets, as in G. Tene's HdrHistogram: within each power of two SUBBUCKETS equal steps, so every
 * value is known to less than one part in a thousand. Debian has no C library for it.
 */
#ifndef BURSAR_CLIENT_BENCH_HISTOGRAM_H
#define BURSAR_CLIENT_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUBBITS    10
#define HISTOGRAM_SUBBUCKETS (1U << HISTOGRAM_SUBBITS)
#define HISTOGRAM_POWERS     32 /* values up to 2^41: half an hour of nanoseconds */
#define HISTOGRAM_MAX        ((UINT64_C(1) << (HISTOGRAM_SUBBITS + HISTOGRAM_POWERS - 1)) - 1)

/** A zeroed histogram is empty. */
struct histogram {
    uint64_t counts[HISTOGRAM_POWERS][HISTOGRAM_SUBBUCKETS];
    uint64_t total;
    uint64_t largest; /* exactly */
};

/** Counts `value` `times` times. Values above HISTOGRAM_MAX count as that. */
void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times);

/** Adds all that `other` counted. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/** The value that `percent` (0 to 100) of those counted do not exceed: the top of its bucket, and never more
 * than the largest. 0 when empty. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

#endif
