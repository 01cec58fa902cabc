/* index.c: see index.h. */
#include "ledger/index.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define SEGMENT_SLOTS_MIN 16

/* A segment is full at 7 of 8 slots: linear probing then looks at 5 slots, two thirds of a cache line, for a
 * hit on average, and at 2 when it has just grown. */
static bool segment_full(const struct index_segment *segment)
{
    return (uint64_t)segment->used * 8 >= ((uint64_t)segment->mask + 1) * 7;
}

static void segment_put(struct index_segment *segment, struct index_slot slot)
{
    uint32_t position = slot.tag & segment->mask;
    while (segment->slots[position].value != 0)
        position = (position + 1) & segment->mask;
    segment->slots[position] = slot;
    segment->used++;
}

static void segment_grow(struct index *index, struct index_segment *segment)
{
    struct index_segment old = *segment;
    uint32_t count = old.slots == NULL ? SEGMENT_SLOTS_MIN : (old.mask + 1) * 2;
    assert(count != 0);
    size_t size = count * sizeof(struct index_slot);
    segment->slots = memset(pool_take(&index->pool, size), 0, size);
    segment->mask = count - 1;
    segment->used = 0;
    if (old.slots == NULL)
        return;
    for (uint32_t i = 0; i <= old.mask; i++) {
        if (old.slots[i].value != 0)
            segment_put(segment, old.slots[i]);
    }
    pool_give(&index->pool, old.slots, size / 2);
}

void index_insert(struct index *index, uint64_t hash, uint32_t value)
{
    assert(value != INDEX_NONE);
    struct index_segment *segment = &index->segments[index_segment_of(hash)];
    if (segment->slots == NULL || segment_full(segment))
        segment_grow(index, segment);
    segment_put(segment, (struct index_slot){(uint32_t)hash, value + 1});
}

void index_free(struct index *index)
{
    for (uint32_t i = 0; i < INDEX_SEGMENTS; i++) {
        const struct index_segment *segment = &index->segments[i];
        if (segment->slots != NULL)
            pool_give(&index->pool, segment->slots, (segment->mask + 1) * sizeof(struct index_slot));
    }
    pool_free(&index->pool);
    memset(index, 0, sizeof *index);
}
