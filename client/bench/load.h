/* load.h: one thread of load: its connections, each kept full of requests.
 *
 * Closed loop: a connection has `depth` requests in flight and sends another for each answer. The clock is
 * read once for what is sent together and once for what comes together, so a latency is that of the batch a
 * request was in.
 */
#ifndef BURSAR_CLIENT_BENCH_LOAD_H
#define BURSAR_CLIENT_BENCH_LOAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/bench/histogram.h"
#include "client/bench/plan.h"

enum load_phase { LOAD_WARMUP, LOAD_MEASURE, LOAD_STOP };

/** What all threads and the reporter share. */
struct load_shared {
    const struct plan *plan;
    _Atomic int phase;      /* enum load_phase */
    _Atomic uint64_t begun; /* transfers begun: their numbers */
};

struct load {
    struct load_shared *shared; /* borrowed */
    unsigned index;
    unsigned connections;
    pthread_t thread;
    _Atomic uint64_t done; /* accepted, since the start; read by the reporter */
    _Atomic uint64_t rejected;
    _Atomic uint64_t recent;   /* the longest latency since the reporter last took it, nanoseconds */
    struct histogram measured; /* latencies in nanoseconds; read when the thread has ended */
    uint64_t measured_done;
    uint64_t measured_rejected;
    char rejection[256]; /* the first, for people */
    char error[256];     /* why it ended early; empty when it did not */
};

/** Nanoseconds of the monotonic clock. */
uint64_t load_clock(void);

/** The thread: connects, and runs until the phase is LOAD_STOP and all is answered, or all transfers are
 * done. */
void *load_run(void *context);

#endif
