/* keyset.c: linear probing, with entries moved back on removal so that no tombstones pile up.
 * After: D. Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R.
 */
#include "server/keyset.h"

#include <assert.h>
#include <stdlib.h>

#include "server/memory.h"

#define CAPACITY_MIN 64

/* Keys are hashes already, but worker counts may have taken their low bits: spread them once more. */
static uint32_t key_home(const struct keyset *set, uint64_t key)
{
    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (set->capacity - 1);
}

/** Where `key` is, or the free entry where it would go. There is always one: the set is at most half full. */
static uint32_t key_find(const struct keyset *set, uint64_t key)
{
    uint32_t i = key_home(set, key);
    while (set->entries[i].count != 0 && set->entries[i].key != key) {
        i = (i + 1) & (set->capacity - 1);
    }
    return i;
}

static void keyset_grow(struct keyset *set)
{
    struct keyset old = *set;
    set->capacity = old.capacity ? old.capacity * 2 : CAPACITY_MIN;
    set->entries = memory_zeroed(set->capacity, sizeof *set->entries);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].count != 0) {
            set->entries[key_find(set, old.entries[i].key)] = old.entries[i];
        }
    }
    free(old.entries);
}

void keyset_add(struct keyset *set, uint64_t key)
{
    if (set->used * 2 >= set->capacity) {
        keyset_grow(set);
    }
    struct keyset_entry *entry = &set->entries[key_find(set, key)];
    set->used += entry->count == 0;
    entry->key = key;
    entry->count++;
}

void keyset_remove(struct keyset *set, uint64_t key)
{
    assert(set->used > 0);
    uint32_t hole = key_find(set, key);
    assert(set->entries[hole].count > 0);
    if (--set->entries[hole].count > 0) {
        return;
    }
    set->used--;
    uint32_t mask = set->capacity - 1;
    for (uint32_t i = (hole + 1) & mask; set->entries[i].count != 0; i = (i + 1) & mask) {
        uint32_t home = key_home(set, set->entries[i].key);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            set->entries[hole] = set->entries[i];
            set->entries[i].count = 0;
            hole = i;
        }
    }
}

bool keyset_has(const struct keyset *set, uint64_t key)
{
    return set->used != 0 && set->entries[key_find(set, key)].count != 0;
}

void keyset_free(struct keyset *set)
{
    free(set->entries);
    *set = (struct keyset){0};
}
