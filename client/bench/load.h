/* load.h: one thread of load: its connections, and what they all are to do.
 *
 * Closed loop: a connection has `depth` requests in flight and sends another for each answer. Open loop: it
 * sends what is due (pace.h), as long as fewer than `depth` are in flight. The clock is read once for what is
 * sent together and once for what comes together, so a latency is that of the batch a request was in; in an
 * open loop it runs from when the request was due.
 */
#ifndef BURSAR_CLIENT_BENCH_LOAD_H
#define BURSAR_CLIENT_BENCH_LOAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/bench/mix.h"
#include "client/bench/pace.h"
#include "client/bench/tally.h"

enum load_phase { LOAD_WARMUP, LOAD_MEASURE, LOAD_STOP };

/** What all threads and the reporter share. */
struct load_shared {
    const struct plan *plan;
    const struct mix *mix;
    struct pace pace;        /* set before the second meeting */
    pthread_barrier_t ready; /* all threads and the reporter meet here twice: connected, and off */
    _Atomic int phase;       /* enum load_phase */
    _Atomic uint64_t begun;  /* requests begun: their numbers */
};

struct load {
    struct load_shared *shared; /* borrowed */
    unsigned index;
    unsigned first_connection; /* its connections are these of all, numbered from 0 */
    unsigned connections;
    pthread_t thread;
    struct tally tally; /* what was measured, and the second that passes */
    _Atomic bool ended; /* the thread is at its end */
    uint64_t answers;   /* since the start, warm-up and all; read when the thread has ended */
    uint64_t cpu_ns;    /* processor time it took, likewise */
    uint64_t behind;    /* requests that were due and not sent at the end, likewise */
    uint64_t behind_ns; /* how long the oldest of them had been due */
    char error[256];    /* why it ended early; empty when it did not */
};

/** Nanoseconds of the monotonic clock. */
uint64_t load_clock(void);

/** The thread: connects, meets the others, and runs until the phase is LOAD_STOP and all is answered, or all
 * requests are done. */
void *load_run(void *context);

#endif
