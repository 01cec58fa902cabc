/* histogram.c: see histogram.h. */
#include "client/bench/histogram.h"

#include <math.h>

/* Power 0 holds the values below SUBBUCKETS one by one; power p those of SUBBUCKETS << (p - 1) and up, in
 * steps of 1 << (p - 1). */
static unsigned power_of(uint64_t value)
{
    unsigned bits = value == 0 ? 0 : 64U - (unsigned)__builtin_clzll(value);
    return bits <= HISTOGRAM_SUBBITS ? 0 : bits - HISTOGRAM_SUBBITS;
}

static uint32_t subbucket_of(uint64_t value, unsigned power)
{
    return (uint32_t)(power == 0 ? value : (value >> (power - 1)) & (HISTOGRAM_SUBBUCKETS - 1));
}

static uint64_t bucket_top(unsigned power, uint32_t subbucket)
{
    if (power == 0)
        return subbucket;
    return ((HISTOGRAM_SUBBUCKETS + (uint64_t)subbucket + 1) << (power - 1)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times)
{
    if (value > HISTOGRAM_MAX)
        value = HISTOGRAM_MAX;
    unsigned power = power_of(value);
    histogram->counts[power][subbucket_of(value, power)] += times;
    histogram->total += times;
    if (times > 0 && value > histogram->largest)
        histogram->largest = value;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    for (unsigned power = 0; power < HISTOGRAM_POWERS; power++) {
        for (uint32_t i = 0; i < HISTOGRAM_SUBBUCKETS; i++)
            histogram->counts[power][i] += other->counts[power][i];
    }
    histogram->total += other->total;
    if (other->largest > histogram->largest)
        histogram->largest = other->largest;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)ceil((double)histogram->total * percent / 100);
    uint64_t seen = 0;
    for (unsigned power = 0; power < HISTOGRAM_POWERS; power++) {
        for (uint32_t i = 0; i < HISTOGRAM_SUBBUCKETS; i++) {
            seen += histogram->counts[power][i];
            if (seen >= wanted && seen > 0) {
                uint64_t top = bucket_top(power, i);
                return top < histogram->largest ? top : histogram->largest;
            }
        }
    }
    return 0;
}
