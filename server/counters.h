/* counters.h: what one worker counts. Written by that worker alone, read by any thread, exact but not all of
 * one moment. Plain adds: a counter has one writer, so no atomic read-modify-write is needed.
 */
#ifndef BURSAR_SERVER_COUNTERS_H
#define BURSAR_SERVER_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/** Times are counted by powers of two: bucket b holds those of 2^(b-1) to 2^b - 1 microseconds, bucket 0
 * those below one. The last bucket begins at 18 minutes. */
#define LATENCY_BUCKETS 32

typedef _Atomic uint64_t counter_t;

struct counters {
    counter_t connections_received; /* ever accepted */
    counter_t connections;          /* open now */
    counter_t requests;             /* ever read, errors included */
    counter_t errors;               /* of them answered with an error before they reached a shard */
    counter_t bytes_in;
    counter_t bytes_out;
    counter_t turns;                    /* of the worker's loop */
    counter_t batches_sent;             /* to other workers */
    counter_t latency[LATENCY_BUCKETS]; /* requests to shards, from their reading to their answer's writing */
    counter_t accounts;                 /* the shard's own counts (shard.h), as of the end of the last turn */
    counter_t remembered;
    counter_t forgotten_early;
    counter_t holds;
    counter_t prepared;
    counter_t parked;
    counter_t steps;
    counter_t commits;
    counter_t rejections;
};

static inline uint64_t counter_read(const counter_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void counter_set(counter_t *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

static inline void counter_add(counter_t *counter, uint64_t more)
{
    counter_set(counter, counter_read(counter) + more);
}

/** Counts one request that took `us` microseconds. */
static inline void counters_latency(struct counters *counters, uint32_t us)
{
    unsigned bucket = us ? 32U - (unsigned)__builtin_clz(us) : 0;
    counter_add(&counters->latency[bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1], 1);
}

#endif
