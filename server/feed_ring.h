/* feed_ring.h: the commit records read last, so that followers who are close behind cost no reading.
 *
 * Records have consecutive numbers; the oldest go when there is no room for a new one.
 */
#ifndef BURSAR_SERVER_FEED_RING_H
#define BURSAR_SERVER_FEED_RING_H

#include <stdbool.h>

#include "ledger/record.h"

/** Bytes of records that a ring keeps: seconds of a busy ledger. */
#define FEED_RING_BYTES 16777216

/** Records that it keeps at most; a power of two. */
#define FEED_RING_RECORDS 131072

/** Where a record is. */
struct feed_place {
    sequence_t number; /* its first */
    uint64_t position; /* in the stream of all bytes ever added */
};

/** A ring; it owns no memory until the first record. */
struct feed_ring {
    char *bytes;               /* owned; position p of the stream is at p % FEED_RING_BYTES */
    struct feed_place *places; /* owned; place n is at n % FEED_RING_RECORDS */
    uint64_t first;            /* places ever dropped */
    uint64_t end;              /* places ever added */
    uint64_t position;         /* where the stream ends */
    sequence_t next;           /* the number that follows the newest record's; 0: there was none yet */
};

/** Adds a record, whose number follows those before. */
void feed_ring_add(struct feed_ring *ring, const struct record *record);

/** The place of the record that has `number` as one of its numbers. False: it is not here. */
bool feed_ring_find(const struct feed_ring *ring, sequence_t number, uint64_t *place);

/** The record at a place, which is below ring->end and was found since the last feed_ring_add. */
const struct record *feed_ring_at(const struct feed_ring *ring, uint64_t place);

/** Forgets all records. The next one may have any number. */
void feed_ring_clear(struct feed_ring *ring);

/** Releases everything. */
void feed_ring_free(struct feed_ring *ring);

#endif
