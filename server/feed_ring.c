/* feed_ring.c: see feed_ring.h. */
#include "server/feed_ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/memory.h"

static struct feed_place *place_at(const struct feed_ring *ring, uint64_t place)
{
    return &ring->places[place % FEED_RING_RECORDS];
}

void feed_ring_add(struct feed_ring *ring, const struct record *record)
{
    assert(ring->next == 0 || ring->next == record->stamp.number);
    if (!ring->bytes) {
        ring->bytes = memory_zeroed(FEED_RING_BYTES, 1);
        ring->places = memory_zeroed(FEED_RING_RECORDS, sizeof *ring->places);
    }
    /* A record lies in one piece: where it would pass the end of the memory it begins at its start. */
    if (ring->position % FEED_RING_BYTES + record->size > FEED_RING_BYTES) {
        ring->position += FEED_RING_BYTES - ring->position % FEED_RING_BYTES;
    }
    while (ring->first < ring->end &&
           (ring->end - ring->first == FEED_RING_RECORDS ||
            place_at(ring, ring->first)->position + FEED_RING_BYTES < ring->position + record->size)) {
        ring->first++;
    }
    *place_at(ring, ring->end++) = (struct feed_place){record->stamp.number, ring->position};
    memcpy(ring->bytes + ring->position % FEED_RING_BYTES, record, record->size);
    ring->position += record->size;
    ring->next = record->stamp.number + record->leg_count;
}

bool feed_ring_find(const struct feed_ring *ring, sequence_t number, uint64_t *place)
{
    if (ring->first == ring->end || number >= ring->next || number < place_at(ring, ring->first)->number) {
        return false;
    }
    uint64_t first = ring->first; /* at or before the one that is looked for */
    uint64_t end = ring->end;     /* behind it */
    while (end - first > 1) {
        uint64_t middle = first + (end - first) / 2;
        if (place_at(ring, middle)->number <= number) {
            first = middle;
        } else {
            end = middle;
        }
    }
    *place = first;
    return true;
}

const struct record *feed_ring_at(const struct feed_ring *ring, uint64_t place)
{
    assert(place >= ring->first && place < ring->end);
    return (const struct record *)(const void *)(ring->bytes +
                                                 place_at(ring, place)->position % FEED_RING_BYTES);
}

void feed_ring_clear(struct feed_ring *ring)
{
    ring->first = ring->end;
    ring->next = 0;
}

void feed_ring_free(struct feed_ring *ring)
{
    free(ring->bytes);
    free(ring->places);
    *ring = (struct feed_ring){0};
}
