/* roll.c: see roll.h. */
#include "ledger/roll.h"

#include <stdlib.h>

#include "ledger/pool.h"

#define CAPACITY_MIN 1024

/* The entry of `number`, or the free one where it belongs. */
static struct roll_entry *roll_place(const struct roll *roll, sequence_t number)
{
    struct roll_entry *end = roll->entries + roll->capacity;
    struct roll_entry *entry = roll_home(roll, number);
    while (entry->number != 0 && entry->number != number) {
        entry++;
        if (entry == end)
            entry = roll->entries;
    }
    return entry;
}

const struct roll_entry *roll_find(const struct roll *roll, sequence_t number)
{
    if (roll->capacity == 0)
        return NULL;
    const struct roll_entry *entry = roll_place(roll, number);
    return entry->number != 0 ? entry : NULL;
}

void roll_reserve(struct roll *roll, uint64_t count)
{
    struct roll grown = {.capacity = roll->capacity == 0 ? CAPACITY_MIN : roll->capacity,
                         .count = roll->count};
    while (grown.capacity < 2 * count)
        grown.capacity *= 2;
    if (grown.capacity == roll->capacity)
        return;
    grown.entries = pool_table(64, grown.capacity * sizeof *grown.entries);
    for (uint64_t i = 0; i < roll->capacity; i++) {
        if (roll->entries[i].number != 0)
            *roll_place(&grown, roll->entries[i].number) = roll->entries[i];
    }
    free(roll->entries);
    *roll = grown;
}

void roll_add(struct roll *roll, sequence_t number, unsigned shard, struct account *account)
{
    roll_reserve(roll, roll->count + 1);
    struct roll_entry *entry = roll_place(roll, number);
    assert(number != 0 && entry->number == 0);
    *entry =
        (struct roll_entry){.number = number & ROLL_NUMBER_MAX, .shard = (uint8_t)shard, .account = account};
    assert(entry->number == number);
    roll->count++;
}

void roll_free(struct roll *roll)
{
    free(roll->entries);
    *roll = (struct roll){0};
}
