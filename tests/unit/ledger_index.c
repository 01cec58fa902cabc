/* ledger_index.c: the index finds what was put in, however it had to grow, and nothing else. */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/index.h"
#include "tests/unit/proto_dice.h"

static bool finds(const struct index *index, uint64_t hash, uint32_t value)
{
    struct index_walk walk = index_search(index, hash);
    for (uint32_t found; (found = index_next(&walk)) != INDEX_NONE;) {
        if (found == value)
            return true;
    }
    return false;
}

static unsigned count_under(const struct index *index, uint64_t hash)
{
    unsigned count = 0;
    struct index_walk walk = index_search(index, hash);
    while (index_next(&walk) != INDEX_NONE)
        count++;
    return count;
}

Test(index, is_empty_at_first)
{
    static struct index index;
    cr_assert_eq(count_under(&index, 12345), 0);
    index_free(&index);
}

Test(index, finds_each_of_many_after_growing)
{
    static struct index index;
    static uint64_t hashes[200000];
    struct dice dice = dice_begin();
    for (uint32_t i = 0; i < 200000; i++) {
        hashes[i] = dice_next(&dice);
        index_insert(&index, hashes[i], i);
    }
    for (uint32_t i = 0; i < 200000; i++)
        cr_assert(finds(&index, hashes[i], i), "value %u is lost; BURSAR_SEED=%lu", i, dice.seed);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t other = dice_next(&dice) ^ 1;
        unsigned found = count_under(&index, other);
        cr_assert_leq(found, 1, "%u values under a hash that was never used; BURSAR_SEED=%lu", found,
                      dice.seed);
    }
    index_free(&index);
}

Test(index, offers_every_value_whose_tag_is_the_same)
{
    static struct index index;
    uint64_t hash = UINT64_C(0x1234567800000005);
    for (uint32_t i = 0; i < 100; i++)
        index_insert(&index, hash, i);
    /* Neighbours that belong before, among and after them. */
    for (uint32_t i = 0; i < 50; i++)
        index_insert(&index, hash - 3 + i % 7, 1000 + i);
    for (uint32_t i = 0; i < 100; i++)
        cr_assert(finds(&index, hash, i), "value %u", i);
    index_free(&index);
}

Test(index, keeps_its_order_when_a_segment_wraps_around)
{
    static struct index index;
    /* All belong at the last slots of one segment, so that runs continue at its first. */
    for (uint32_t i = 0; i < 9; i++)
        index_insert(&index, UINT64_C(0xfffffffe) + (i % 2), i);
    for (uint32_t i = 0; i < 9; i++)
        cr_assert(finds(&index, UINT64_C(0xfffffffe) + (i % 2), i), "value %u", i);
    cr_assert_eq(count_under(&index, UINT64_C(0xfffffffe)), 5);
    cr_assert_eq(count_under(&index, 0), 0);
    index_free(&index);
}

/* Few tags in few segments, so that runs are long, wrap around, and hold equal tags. */
static uint64_t crowded_hash(uint32_t value)
{
    return (uint64_t)(value % 3) << 62 | ((value * 2654435761U) >> 8 & 0x1f) |
           (value % 5 == 0 ? 0xffffffe0 : 0);
}

Test(index, is_a_plain_set_whatever_is_inserted_and_removed)
{
    enum { VALUES = 600 };
    static struct index index;
    static bool there[VALUES];
    struct dice dice = dice_begin();
    for (unsigned step = 0; step < 60000; step++) {
        /* It fills up, empties, and fills up again. */
        uint32_t value = dice_below(&dice, VALUES);
        bool grow = dice_below(&dice, 8) < (step / 4000 % 2 == 0 ? 6U : 2U);
        if (there[value] == grow)
            continue;
        if (grow)
            index_insert(&index, crowded_hash(value), value);
        else
            index_remove(&index, crowded_hash(value), value);
        there[value] = grow;
        if (step % 100 != 0)
            continue;
        for (uint32_t i = 0; i < VALUES; i++)
            cr_assert_eq(finds(&index, crowded_hash(i), i), there[i], "value %u; BURSAR_SEED=%lu", i,
                         dice.seed);
    }
    index_free(&index);
}

Test(index, can_be_emptied_and_is_as_good_as_new)
{
    static struct index index;
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 5000; i++)
            index_insert(&index, i * UINT64_C(0x9e3779b97f4a7c15), i);
        for (uint32_t i = 0; i < 5000; i++)
            index_remove(&index, i * UINT64_C(0x9e3779b97f4a7c15), i);
        for (unsigned i = 0; i < INDEX_SEGMENTS; i++) {
            cr_assert_eq(index.segments[i].used, 0);
            cr_assert_leq(index.segments[i].mask, 31, "it did not grow for what is gone");
        }
    }
    cr_assert_eq(count_under(&index, 0), 0);
    index_free(&index);
}
