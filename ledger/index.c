/* index.c: see index.h. */
#include "ledger/index.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define SEGMENT_SLOTS_MIN 16

/* A segment is full at 3 of 4 slots: a search then looks at 3 slots on average, and at 2 when it has just
 * grown. */
static bool segment_full(const struct index_segment *segment)
{
    return (uint64_t)segment->used * 4 >= ((uint64_t)segment->mask + 1) * 3;
}

/* Whoever is further from where it belongs has the slot; the other moves on. */
static void segment_put(struct index_segment *segment, struct index_slot slot)
{
    uint32_t position = slot.tag & segment->mask;
    while (segment->slots[position].value != 0) {
        struct index_slot there = segment->slots[position];
        if (((position - there.tag) & segment->mask) < ((position - slot.tag) & segment->mask)) {
            segment->slots[position] = slot;
            slot = there;
        }
        position = (position + 1) & segment->mask;
    }
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

void index_remove(struct index *index, uint64_t hash, uint32_t value)
{
    struct index_segment *segment = &index->segments[index_segment_of(hash)];
    uint32_t hole = (uint32_t)hash & segment->mask;
    while (segment->slots[hole].tag != (uint32_t)hash || segment->slots[hole].value != value + 1) {
        assert(segment->slots[hole].value != 0);
        hole = (hole + 1) & segment->mask;
    }
    /* Those behind it that are not where they belong move one nearer to it. */
    for (;;) {
        uint32_t next = (hole + 1) & segment->mask;
        struct index_slot slot = segment->slots[next];
        if (slot.value == 0 || (slot.tag & segment->mask) == next)
            break;
        segment->slots[hole] = slot;
        hole = next;
    }
    segment->slots[hole] = (struct index_slot){0};
    segment->used--;
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
