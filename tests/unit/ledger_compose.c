/* ledger_compose.c: where a request goes, and that its parts lie within it. */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/compose.h"

#define SEED 9

static unsigned shard_of(const char *text, unsigned shards)
{
    return ident_shard(text, strlen(text), ident_hash(text, strlen(text), SEED), SEED, shards);
}

static struct leg_text leg_of(const char *from, const char *to)
{
    return (struct leg_text){slice_of(from), slice_of(to), {100, 2}};
}

Test(compose, sends_a_transfer_to_the_shards_of_its_id_and_accounts)
{
    struct buffer out = {0};
    for (unsigned shards = 1; shards <= SHARDS_MAX; shards++) {
        const struct sender sender = {.seed = SEED, .shards = shards};
        const struct leg_text legs[] = {leg_of("alice", "bob"), leg_of("bob", "carol")};
        const struct transfer_message *transfer =
            compose_transfer(&out, &sender, slice_of("t1"), 2, legs, slice_of("note"));
        uint64_t members = UINT64_C(1) << shard_of("t1", shards) | UINT64_C(1) << shard_of("alice", shards) |
                           UINT64_C(1) << shard_of("bob", shards) | UINT64_C(1) << shard_of("carol", shards);
        cr_assert_eq(transfer->route.members, members);
        cr_assert_eq(transfer->head.size % MESSAGE_ALIGN, 0);
        size_t slots = (unsigned)__builtin_popcountll(members) - 1;
        cr_assert_leq(transfer->route.slots + slots * sizeof(uint32_t), transfer->head.size);
        cr_assert_arr_eq(message_text(transfer, transfer_legs(transfer)[1].to.offset), "carol", 5);
        cr_assert_arr_eq(message_text(transfer, transfer->operations[0].note), "note", 4);
        out.start = out.end = 0;
    }
    buffer_free(&out);
}

Test(compose, keeps_together_what_shares_a_hash_tag)
{
    struct buffer out = {0};
    const struct sender sender = {.seed = SEED, .shards = 64};
    const struct leg_text leg = leg_of("{shop7}:till", "{shop7}:safe");
    const struct transfer_message *transfer =
        compose_transfer(&out, &sender, slice_of("order:{shop7}:1"), 1, &leg, slice_of(""));
    cr_assert_eq(__builtin_popcountll(transfer->route.members), 1);
    buffer_free(&out);
}

Test(compose, executes_a_world_side_where_the_other_account_lives)
{
    struct buffer out = {0};
    const struct sender sender = {.seed = SEED, .shards = 64};
    const struct transfer_message *deposit =
        compose_world_transfer(&out, &sender, TRANSFER_DEPOSIT, slice_of("d"), slice_of("alice"),
                               (struct decimal){1, 0}, slice_of(""));
    cr_assert(transfer_legs(deposit)[0].from.world);
    cr_assert_eq(transfer_legs(deposit)[0].from.shard, shard_of("alice", 64));
    cr_assert_eq(deposit->route.members, UINT64_C(1) << shard_of("alice", 64) | UINT64_C(1)
                                                                                    << shard_of("d", 64));
    const struct leg_text worlds = leg_of("@world/USD", "@world/EUR");
    const struct transfer_message *both =
        compose_transfer(&out, &sender, slice_of("w"), 1, &worlds, slice_of(""));
    cr_assert_eq(both->route.members, UINT64_C(1) << shard_of("w", 64));
    buffer_free(&out);
}

Test(compose, asks_all_shards_about_a_world_account)
{
    struct buffer out = {0};
    const struct sender sender = {.seed = SEED, .shards = 5};
    const struct slice accounts[] = {slice_of("alice"), slice_of("@world/USD")};
    const struct read_message *one = compose_read(&out, &sender, 1, accounts);
    cr_assert(!one->whole);
    cr_assert_eq(__builtin_popcountll(one->route.members), 1);
    const struct read_message *both = compose_read(&out, &sender, 2, accounts);
    cr_assert(both->whole);
    cr_assert_eq(both->route.members, 31);
    cr_assert(message_is_whole(&both->head));
    buffer_free(&out);
}

Test(compose, gives_equal_keys_to_equal_names_only)
{
    struct buffer out = {0};
    uint64_t keys[MESSAGE_KEYS_MAX];
    const struct sender sender = {.seed = SEED, .shards = 3};
    const struct leg_text leg = leg_of("alice", "@world/USD");
    const struct transfer_message *transfer =
        compose_transfer(&out, &sender, slice_of("alice"), 1, &leg, slice_of(""));
    cr_assert_eq(message_keys(&transfer->head, keys), 2, "an id and one account; @world has no key");
    cr_assert_neq(keys[0], keys[1], "a transfer's id is another name than an account's");
    uint64_t account = keys[1];
    const struct open_message *open = compose_open(&out, &sender, slice_of("alice"), slice_of("USD"));
    cr_assert_eq(message_keys(&open->head, keys), 1);
    cr_assert_eq(keys[0], account);
    buffer_free(&out);
}
