/* serial.c: one command after another, the ledger answers exactly as the plain reference does, to the byte,
 * on any number of shards.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/reference.h"
#include "tests/model/rounds.h"
#include "tests/model/script.h"

#define ROUNDS 40
#define CALLS  300

static const unsigned shard_counts[] = {1, 2, 3, 8, 16};
#define COUNTS (sizeof shard_counts / sizeof shard_counts[0])

static void fail_at(uint64_t seed, unsigned shards, const struct script *script, size_t place,
                    const char *heard, const char *expected)
{
    struct buffer listing = {0};
    script_write(script, place, &listing);
    buffer_append(&listing, "", 1);
    cr_assert_fail(
        "BURSAR_SEED=%llu: on %u shards call %zu was answered\n  %s\nand the reference says\n  %s%s",
        (unsigned long long)seed, shards, place, heard, expected, listing.bytes);
}

static void run_round(uint64_t seed)
{
    struct script script;
    script_make_whole(&script, seed, CALLS);
    struct reference *reference = reference_create();
    struct cluster *clusters[COUNTS];
    for (size_t i = 0; i < COUNTS; i++)
        clusters[i] =
            cluster_create(&(struct cluster_config){.shards = shard_counts[i], .seed = seed, .batch_max = 1});

    struct buffer expected = {0};
    for (size_t place = 0; place < script.count; place++) {
        reference_call(reference, &script.calls[place], &expected);
        for (size_t i = 0; i < COUNTS; i++) {
            const char *heard = cluster_call(clusters[i], &script.calls[place]);
            if (strcmp(heard, expected.bytes) != 0)
                fail_at(seed, shard_counts[i], &script, place, heard, expected.bytes);
        }
    }
    for (size_t i = 0; i < COUNTS; i++)
        cluster_free(clusters[i]);
    buffer_free(&expected);
    reference_free(reference);
    script_free(&script);
}

Test(serial, answers_as_the_reference_does_on_any_number_of_shards)
{
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned round = 0; round < rounds; round++)
        run_round(rounds_seed(round));
}

/* A chain of the longest kind: each account passes on what the one before it passed on. */
Test(serial, spends_in_later_legs_what_earlier_ones_brought_in)
{
    struct words words = {0};
    struct reference *reference = reference_create();
    struct cluster *cluster =
        cluster_create(&(struct cluster_config){.shards = 5, .seed = rounds_seed(0), .batch_max = 1});
    struct call chain = {.kind = CALL_TRANSFER, .name = "chain", .note = "", .leg_count = LEGS_MAX};
    for (unsigned i = 0; i < LEGS_MAX; i++)
        chain.legs[i] = (struct call_leg){words_printf(&words, "link%u", i % 40),
                                          words_printf(&words, "link%u", (i + 1) % 40), call_amount("7")};
    struct buffer expected = {0};
    struct call calls[43];
    for (unsigned i = 0; i < 40; i++)
        calls[i] = call_open(words_printf(&words, "link%u", i), "USD");
    calls[40] = call_deposit("d", "link0", "7.00");
    calls[41] = chain;
    calls[42] = call_plain(CALL_LOOKUP, "chain");
    for (unsigned i = 0; i < 43; i++) {
        reference_call(reference, &calls[i], &expected);
        cr_expect_str_eq(cluster_call(cluster, &calls[i]), expected.bytes);
    }
    reference_call(reference, &chain, &expected);
    cr_expect_str_eq(expected.bytes, ":42");
    buffer_free(&expected);
    cluster_free(cluster);
    reference_free(reference);
    words_free(&words);
}
