/* index.h: from the hash of an id to where the thing of that name is kept.
 *
 * Open addressing with linear probing over 8-byte slots: a tag (32 bits of the hash) and a value, which is
 * 32 bits of the owner's. Tags rarely collide but may: the owner compares the ids of what a walk offers. The
 * entries of a run are kept in the order of where they belong ("Robin Hood hashing", P. Celis, 1986), so a
 * search that finds nothing ends as early as one that does: most searches are for ids that are new.
 *
 * The table is cut into SEGMENTS by other bits of the hash, and each segment grows alone, so that no insert
 * ever moves more than a thousandth of the table: at 10 million entries, some 10,000 slots, a fraction of a
 * millisecond.
 */
#ifndef BURSAR_LEDGER_INDEX_H
#define BURSAR_LEDGER_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/pool.h"

#define INDEX_SEGMENT_BITS 10
#define INDEX_SEGMENTS     (1U << INDEX_SEGMENT_BITS)
#define INDEX_NONE         UINT32_MAX /* no value: walks end with it, and it can't be inserted */

struct index_slot {
    uint32_t tag;
    uint32_t value; /* the owner's value + 1; 0: empty */
};

struct index_segment {
    struct index_slot *slots; /* NULL until the first insert */
    uint32_t mask;            /* slots - 1, a power of two less one */
    uint32_t used;
};

/** A zeroed struct index is an empty one. */
struct index {
    struct pool pool; /* of the segments' slots */
    struct index_segment segments[INDEX_SEGMENTS];
};

/** A search in progress. */
struct index_walk {
    const struct index_slot *slots;
    uint32_t mask;
    uint32_t position;
    uint32_t tag;
};

/** The segment of a hash: its top bits, which neither the tag nor the choice of a shard uses. */
static inline uint32_t index_segment_of(uint64_t hash)
{
    return (uint32_t)(hash >> (64 - INDEX_SEGMENT_BITS));
}

/** Starts a search for `hash`; index_next yields the values that may be it. */
static inline struct index_walk index_search(const struct index *index, uint64_t hash)
{
    const struct index_segment *segment = &index->segments[index_segment_of(hash)];
    uint32_t tag = (uint32_t)hash;
    return (struct index_walk){segment->slots, segment->mask, tag & segment->mask, tag};
}

/** The next value whose tag is the one searched for; INDEX_NONE when there is none left. */
static inline uint32_t index_next(struct index_walk *walk)
{
    if (walk->slots == NULL)
        return INDEX_NONE;
    for (;;) {
        struct index_slot slot = walk->slots[walk->position];
        uint32_t distance = (walk->position - walk->tag) & walk->mask;
        if (slot.value == 0 || ((walk->position - slot.tag) & walk->mask) < distance)
            return INDEX_NONE;
        walk->position = (walk->position + 1) & walk->mask;
        if (slot.tag == walk->tag)
            return slot.value - 1;
    }
}

/** Asks the processor for the slots that a search for `hash` reads: often they lie on two cache lines. Always
 * inline: gcc 12 takes a function that only prefetches for one without effect, and drops the call. */
__attribute__((always_inline)) static inline void index_prefetch(const struct index *index, uint64_t hash)
{
    const struct index_segment *segment = &index->segments[index_segment_of(hash)];
    if (segment->slots == NULL)
        return;
    const struct index_slot *first = &segment->slots[(uint32_t)hash & segment->mask];
    __builtin_prefetch(first);
    __builtin_prefetch(first + 4);
}

/** Adds `value` (not INDEX_NONE) under `hash`. That it is not there yet is the caller's business. */
void index_insert(struct index *index, uint64_t hash, uint32_t value);

/** Removes `value`, which is there under `hash`. */
void index_remove(struct index *index, uint64_t hash, uint32_t value);

/** Releases all memory; the index is empty afterwards. */
void index_free(struct index *index);

#endif
