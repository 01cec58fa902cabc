/* proto_ident.c: which texts are ids and asset codes, and where ids are kept. */
#include "proto/ident.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/proto_dice.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

Test(ident, has_bytes_of_its_alphabet_only_wherever_they_stand)
{
    for (int byte = 0; byte < 256; byte++) {
        bool letter = byte != 0 && strchr(letters, byte) != NULL;
        bool in_ident = letter || (byte != 0 && strchr("_.:@/{}-", byte) != NULL);
        bool in_asset_code = letter || (byte != 0 && strchr("_.-", byte) != NULL);
        for (size_t place = 0; place < 3; place++) {
            char text[] = "aaa";
            text[place] = (char)byte;
            cr_expect_eq(ident_valid(text, 3), in_ident, "byte %d at %zu", byte, place);
            cr_expect_eq(ident_asset_code_valid(text, 3), in_asset_code, "byte %d at %zu", byte, place);
        }
    }
}

Test(ident, has_at_least_one_byte_and_no_more_than_its_bound)
{
    char text[IDENT_MAX + 1];
    memset(text, 'a', sizeof text);
    for (size_t length = 0; length <= IDENT_MAX + 1; length++) {
        cr_expect_eq(ident_valid(text, length), length >= 1 && length <= IDENT_MAX, "%zu bytes", length);
        cr_expect_eq(ident_asset_code_valid(text, length), length >= 1 && length <= ASSET_CODE_MAX,
                     "%zu bytes", length);
    }
}

static unsigned shard_of(const char *text, uint64_t seed, unsigned shards)
{
    size_t length = strlen(text);
    return ident_shard(text, length, ident_hash(text, length, seed), seed, shards);
}

Test(ident, is_hashed_by_every_byte_its_length_and_the_seed)
{
    struct dice dice = dice_begin();
    for (size_t length = 1; length <= IDENT_MAX; length++) {
        char text[IDENT_MAX + 1] = {0};
        for (size_t i = 0; i < length; i++)
            text[i] = letters[dice_below(&dice, sizeof letters - 1)];
        uint64_t hash = ident_hash(text, length, 1);
        cr_expect_eq(ident_hash(text, length, 1), hash);
        cr_expect_neq(ident_hash(text, length, 2), hash, "%s, seed %lu", text, dice.seed);
        cr_expect_neq(ident_hash(text, length - 1, 1), hash, "%s, seed %lu", text, dice.seed);
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)(text[i] ^ 1);
            cr_expect_neq(ident_hash(text, length, 1), hash, "%s, seed %lu", text, dice.seed);
            text[i] = (char)(text[i] ^ 1);
        }
    }
}

Test(ident, is_spread_evenly_over_any_number_of_shards)
{
    enum { IDS = 64 * 1000 };
    for (unsigned shards = 1; shards <= IDENT_SHARDS_MAX; shards++) {
        unsigned counts[IDENT_SHARDS_MAX] = {0};
        for (unsigned i = 0; i < IDS; i++) {
            char text[32];
            (void)snprintf(text, sizeof text, "account:%u", i);
            unsigned shard = shard_of(text, 7, shards);
            cr_assert_lt(shard, shards);
            counts[shard]++;
        }
        for (unsigned shard = 0; shard < shards; shard++) {
            unsigned fair = IDS / shards;
            cr_expect(counts[shard] > fair * 4 / 5 && counts[shard] < fair * 6 / 5, "shard %u of %u has %u",
                      shard, shards, counts[shard]);
        }
    }
}

Test(ident, is_placed_by_its_hash_tag_alone_when_it_has_one)
{
    static const struct {
        const char *text;
        const char *tag; /* what it is placed by */
    } cases[] = {
        {"{shop7}:till", "shop7"}, {"safe:{shop7}", "shop7"}, {"a{shop7}b{shop8}c", "shop7"},
        {"{}shop7", "{}shop7"},    {"{shop7", "{shop7"},      {"}shop7{", "}shop7{"},
        {"}{shop7}", "shop7"},     {"{{shop7}", "{shop7"},    {"{}{shop7}", "{}{shop7}"},
        {"shop7", "shop7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            uint64_t hash = ident_hash(cases[i].tag, strlen(cases[i].tag), seed);
            unsigned expected = ident_shard("x", 1, hash, seed, 61);
            cr_expect_eq(shard_of(cases[i].text, seed, 61), expected, "%s", cases[i].text);
        }
    }
}

Test(ident, leaves_the_bits_of_its_hash_that_tables_use_out_of_the_choice_of_a_shard)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < 1000; round++) {
        uint64_t hash = dice_next(&dice);
        uint64_t others = dice_next(&dice) & 0xffc00000ffffffffU;
        cr_assert_eq(ident_shard("x", 1, hash, 0, 64), ident_shard("x", 1, hash ^ others, 0, 64), "seed %lu",
                     dice.seed);
    }
}

Test(ident, is_never_placed_among_no_shards, .signal = SIGABRT)
{
    (void)ident_shard("x", 1, 0, 0, 0);
}
