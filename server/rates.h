/* rates.h: how much is going on: what the workers' counters grew by in the last second, for INFO.
 */
#ifndef BURSAR_SERVER_RATES_H
#define BURSAR_SERVER_RATES_H

#include <stddef.h>

#include "server/counters.h"

struct server;

/** Values for a second each. Written by the first worker's thread, read by any. */
struct rates {
    counter_t commands;  /* requests read */
    counter_t bytes_in;  /* of clients */
    counter_t bytes_out; /* to clients */
    uint64_t looked_us;  /* monotonic clock: when the counters were looked at; 0: not yet */
    uint64_t totals[3];  /* what they were then, in the order above */
};

/** The sum of one counter over all workers; `offset` is its place in struct counters. Any thread. */
uint64_t rates_total(const struct server *server, size_t offset);

/** Looks at the counters, once a second; `now_us` is the monotonic clock's. The first worker's thread. */
void rates_look(struct server *server, uint64_t now_us);

#endif
