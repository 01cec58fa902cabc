/* sequence.h: the one counter of the whole ledger: which number comes next, and at what time.
 *
 * Every commit record has a number and a time, and both grow together. Workers claim them once for a whole
 * batch, so the counter is touched thousands of times a second, not millions. Number and time move in one
 * 16-byte compare-exchange: two counters could disagree about who came first.
 */
#ifndef BURSAR_SERVER_SEQUENCE_H
#define BURSAR_SERVER_SEQUENCE_H

#include <stdint.h>

#include "ledger/message.h"

/** The last number claimed and its time. On a cache line of its own, since every worker writes it. */
struct sequence {
    _Alignas(64) _Atomic struct stamp last;
};

/** Starts behind `last`, the newest number of an earlier run and its time; zero: there was none. */
void sequence_init(struct sequence *sequence, struct stamp last);

/** The newest number claimed. Any thread. */
sequence_t sequence_newest(const struct sequence *sequence);

/** No time claimed from now on is before `now_ns` (nanoseconds since the epoch): whoever acts upon a time
 * passes it first, since the system's clock may be set back before the act has its own. Returns the newest
 * number claimed, and a time that is not before `now_ns`: everything claimed later is after it. Any thread.
 */
struct stamp sequence_pass(struct sequence *sequence, uint64_t now_ns);

/** Claims `count` consecutive numbers and as many strictly increasing times, and returns the first of both:
 *  number + i and time + i are the caller's for i below `count`. Numbers start at 1. The time is `now_ns`
 *  (nanoseconds since the epoch), or just after the last one claimed where the clock stands behind it.
 *  With count 0 nothing is claimed: returns what the next claim would get. Any thread. */
struct stamp sequence_claim(struct sequence *sequence, uint64_t count, uint64_t now_ns);

#endif
