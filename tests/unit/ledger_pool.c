/* ledger_pool.c: memory that is given back is used again; the roll, a table of accounts that grows; and what
 * is fetched ahead changes nothing.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/pool.h"
#include "ledger/roll.h"
#include "tests/unit/ledger_house.h"

/* What no class holds comes from malloc, and can go back in any order or with the pool. */
Test(pool, gives_large_blocks_back_in_any_order)
{
    const size_t size = ((size_t)64 << POOL_CLASSES) + 1;
    for (unsigned first = 0; first < 3; first++) {
        struct pool pool = {0};
        char *blocks[3];
        for (unsigned i = 0; i < 3; i++) {
            blocks[i] = pool_take(&pool, size);
            cr_assert_eq((uintptr_t)blocks[i] % 64, 0);
            memset(blocks[i], (int)i + 1, size);
        }
        pool_give(&pool, blocks[first], size);
        for (unsigned i = 0; i < 3; i++)
            cr_expect(i == first || (blocks[i][0] == (char)(i + 1) && blocks[i][size - 1] == (char)(i + 1)));
        pool_give(&pool, blocks[(first + 1) % 3], size);
        pool_free(&pool);
        cr_expect_null(pool.large);
    }
}

Test(pool, carves_blocks_that_do_not_overlap_from_as_many_pages_as_it_needs)
{
    enum { BLOCKS = 5 };
    const size_t size = (size_t)1 << 20; /* a page has room for one */
    struct pool pool = {0};
    char *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = pool_take(&pool, size);
        memset(blocks[i], (int)i + 1, size);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        cr_expect(blocks[i][0] == (char)(i + 1) && blocks[i][size - 1] == (char)(i + 1));
    pool_free(&pool);
}

Test(roll, finds_every_account_however_many_there_are)
{
    enum { COUNT = 5000 };
    static struct account accounts[COUNT];
    struct roll roll = {0};
    cr_expect_null(roll_find(&roll, 1));
    for (unsigned i = 0; i < COUNT; i++)
        roll_add(&roll, 1 + 3 * i, i % SHARDS_MAX, &accounts[i]);
    roll_reserve(&roll, 10); /* it has as much */
    for (unsigned i = 0; i < COUNT; i++) {
        const struct roll_entry *entry = roll_find(&roll, 1 + 3 * i);
        cr_assert(entry != NULL && entry->account == &accounts[i] && entry->shard == i % SHARDS_MAX);
        cr_assert_null(roll_find(&roll, 2 + 3 * i));
    }
    roll_free(&roll);
    cr_expect_null(roll_find(&roll, 1));
}

/* A worker fetches for every message that waits, in both stages, whatever it is. */
Test(pool, is_fetched_ahead_for_any_message_without_effect)
{
    struct house *house = house_build();
    const char *const a = house_name(house, 'a', 0);
    const char *const b = house_name(house, 'b', 1);
    house_open(house, 1, a);
    house_settle(house);
    static const struct slice names[] = {{"@world/USD", 10}, {"nobody", 6}};
    for (unsigned kind = 0; kind < 4; kind++) {
        const struct slice account = {a, strlen(a)};
        const struct leg_text leg = {account, {b, strlen(b)}, {1, 0}};
        const struct operation_text operation = {
            .type = TRANSFER_TRANSFER, .id = {"t", 1}, .legs = &leg, .leg_count = 1};
        switch (kind) {
        case 0: compose_open(&house->draft, &house->sender, account, (struct slice){"USD", 3}); break;
        case 1: compose_read(&house->draft, &house->sender, 2, names); break;
        case 2: compose_transaction(&house->draft, &house->sender, 1, &operation, false); break;
        default: compose_survey(&house->draft, &house->sender); break;
        }
        const struct message *message =
            (const struct message *)(const void *)(house->draft.bytes + house->draft.start);
        for (unsigned i = 0; i < house->count; i++) {
            shard_prefetch(house->shards[i], message, 0);
            shard_prefetch(house->shards[i], message, 1);
        }
        house_submit(house, 10 + kind);
        house_settle(house);
    }
    cr_expect_str_eq(house_answer(house, 10), "1");
    cr_expect_str_eq(house_answer(house, 12), "NOACCOUNT b0 does not exist");
    house_free(house);
    shard_free(NULL);
}
