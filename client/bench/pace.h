/* pace.h: when requests are due, where a run has a rate.
 *
 * Request n of a run is due n / rate seconds after its start, and belongs to connection n modulo their
 * number: so each connection has its own offset, and all are spaced evenly. When it can't be sent then, it
 * stays due, and its latency runs from when it was due: a server that stalls is charged for everything that
 * would have been sent meanwhile, and not only for what was (G. Tene's "coordinated omission").
 */
#ifndef BURSAR_CLIENT_BENCH_PACE_H
#define BURSAR_CLIENT_BENCH_PACE_H

#include <stdint.h>

struct pace {
    uint64_t rate; /* requests a second, of all connections; 0: closed loop, nothing is ever due */
    uint64_t connections;
    uint64_t start_ns;
};

/** When a connection's request `round`, counted from 0, is due: nanoseconds of the monotonic clock. */
static inline uint64_t pace_due(const struct pace *pace, uint64_t connection, uint64_t round)
{
    uint64_t number = connection + round * pace->connections;
    return pace->start_ns + number / pace->rate * UINT64_C(1000000000) +
           number % pace->rate * UINT64_C(1000000000) / pace->rate;
}

#endif
