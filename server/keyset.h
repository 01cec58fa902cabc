/* keyset.h: which accounts and transfer ids the unfinished requests of one connection touch.
 *
 * A counted set of 64-bit keys (message_keys), exact, so that two requests wait for each other only when they
 * must. It owns no memory until the first key is added.
 */
#ifndef BURSAR_SERVER_KEYSET_H
#define BURSAR_SERVER_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyset_entry {
    uint64_t key;
    uint64_t count; /* how often it was added; 0: the entry is free */
};

/** A zeroed one is empty. */
struct keyset {
    struct keyset_entry *entries; /* owned; open addressing, linear probing */
    uint32_t capacity;            /* a power of two, or 0 */
    uint32_t used;                /* entries with a count */
};

/** Adds a key once more. */
void keyset_add(struct keyset *set, uint64_t key);

/** Takes back one keyset_add of a key that is in the set. */
void keyset_remove(struct keyset *set, uint64_t key);

/** Whether a key is in the set. */
bool keyset_has(const struct keyset *set, uint64_t key);

/** Releases the memory; the set is empty and usable again. */
void keyset_free(struct keyset *set);

#endif
