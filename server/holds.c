/* holds.c: see holds.h. */
#include "server/holds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/memory.h"

#define ROWS_MIN 64

/** The slot of an id, or the free one where it belongs. */
static uint32_t slot_find(const struct holds *holds, struct slice id, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & holds->slot_mask;
    for (; holds->slots[at] != 0; at = (at + 1) & holds->slot_mask) {
        const struct open_hold *row = &holds->rows[holds->slots[at] - 1];
        if (row->hash == hash && row->id_length == id.length && memcmp(row->id, id.text, id.length) == 0) {
            break;
        }
    }
    return at;
}

static struct slice id_of(const struct open_hold *hold)
{
    return (struct slice){hold->id, hold->id_length};
}

struct open_hold *holds_find(const struct holds *holds, struct slice id)
{
    if (holds->count == 0) {
        return NULL;
    }
    uint32_t place = holds->slots[slot_find(holds, id, ident_hash(id.text, id.length, 0))];
    return place != 0 ? &holds->rows[place - 1] : NULL;
}

static void holds_grow(struct holds *holds)
{
    struct holds old = *holds;
    assert(old.capacity <= UINT32_MAX / 8);
    holds->capacity = old.capacity == 0 ? ROWS_MIN : old.capacity * 2;
    holds->rows = memory_zeroed(holds->capacity, sizeof *holds->rows);
    holds->slot_mask = holds->capacity * 2 - 1;
    holds->slots = memory_zeroed((size_t)holds->slot_mask + 1, sizeof *holds->slots);
    if (old.count > 0) {
        memcpy(holds->rows, old.rows, old.count * sizeof *holds->rows);
    }
    for (uint32_t place = 0; place < holds->count; place++) {
        const struct open_hold *row = &holds->rows[place];
        holds->slots[slot_find(holds, id_of(row), row->hash)] = place + 1;
    }
    free(old.rows);
    free(old.slots);
}

struct open_hold *holds_add(struct holds *holds, struct slice id)
{
    assert(id.length <= IDENT_MAX && holds_find(holds, id) == NULL);
    if (holds->count == holds->capacity) {
        holds_grow(holds);
    }
    struct open_hold *hold = &holds->rows[holds->count++];
    *hold = (struct open_hold){.hash = ident_hash(id.text, id.length, 0), .id_length = (uint8_t)id.length};
    memcpy(hold->id, id.text, id.length);
    uint32_t at = (uint32_t)hold->hash & holds->slot_mask;
    while (holds->slots[at] != 0) {
        at = (at + 1) & holds->slot_mask;
    }
    holds->slots[at] = holds->count;
    return hold;
}

/** Frees a slot and moves those behind it that would not be found any more. */
static void slot_free(struct holds *holds, uint32_t gap)
{
    holds->slots[gap] = 0;
    for (uint32_t at = (gap + 1) & holds->slot_mask; holds->slots[at] != 0;
         at = (at + 1) & holds->slot_mask) {
        uint32_t home = (uint32_t)holds->rows[holds->slots[at] - 1].hash & holds->slot_mask;
        if (((at - home) & holds->slot_mask) >= ((at - gap) & holds->slot_mask)) {
            holds->slots[gap] = holds->slots[at];
            holds->slots[at] = 0;
            gap = at;
        }
    }
}

void holds_remove(struct holds *holds, struct open_hold *hold)
{
    uint32_t place = (uint32_t)(hold - holds->rows) + 1;
    slot_free(holds, slot_find(holds, id_of(hold), hold->hash));
    struct open_hold *last = &holds->rows[holds->count - 1];
    if (hold != last) {
        holds->slots[slot_find(holds, id_of(last), last->hash)] = place;
        *hold = *last;
    }
    holds->count--;
}

void holds_free(struct holds *holds)
{
    free(holds->rows);
    free(holds->slots);
    *holds = (struct holds){0};
}
