/* records.c: the records alone are the ledger: who reads them from the first knows all that clients were
 * told.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/reenact.h"
#include "tests/model/rounds.h"
#include "tests/model/script.h"
#include "tests/unit/proto_dice.h"

#define ROUNDS 100
#define CALLS  250

static void check_same(uint64_t seed, struct cluster *cluster, struct reference *rebuilt,
                       const struct call *call)
{
    struct buffer expected = {0};
    reference_call(rebuilt, call, &expected);
    const char *heard = cluster_call(cluster, call);
    cr_assert(strcmp(heard, expected.bytes) == 0,
              "BURSAR_SEED=%llu: the ledger says\n  %s\nand its records say\n  %s", (unsigned long long)seed,
              heard, expected.bytes);
    buffer_free(&expected);
}

/* Runs a script all at once; with `kills`, kills the cluster so often on the way, starts it on other numbers
 * of shards, and asks again for what was not answered, as clients do. */
static struct cluster *run_script(uint64_t seed, const struct script *script, unsigned kills)
{
    struct dice dice = dice_of(seed);
    struct cluster *cluster = cluster_create(&(struct cluster_config){
        .shards = 1 + (unsigned)(seed % 5), .seed = seed, .batch_max = 4, .clock_jumps = true});
    size_t *tickets = calloc(script->count, sizeof *tickets);
    cr_assert_not_null(tickets);
    for (size_t i = 0; i < script->count; i++)
        tickets[i] = cluster_submit(cluster, &script->calls[i]);
    for (; kills > 0; kills--) {
        for (unsigned steps = dice_below(&dice, 400); steps > 0 && cluster_step(cluster); steps--)
            continue;
        cluster_restart(cluster, 1 + dice_below(&dice, 8));
        for (size_t i = 0; i < script->count; i++) {
            if (cluster_answer(cluster, tickets[i])->text == NULL)
                tickets[i] = cluster_submit(cluster, &script->calls[i]);
        }
    }
    while (cluster_step(cluster))
        continue;
    free(tickets);
    return cluster;
}

static void run_round(uint64_t seed, unsigned kills)
{
    struct script script;
    script_make_whole(&script, seed, CALLS);
    struct cluster *cluster = run_script(seed, &script, kills);

    struct reference *rebuilt = reference_create();
    struct words words = {0};
    struct buffer complaint = {0};
    if (!reenact_records(rebuilt, &words, &script, cluster_records(cluster), &complaint))
        cr_assert_fail("BURSAR_SEED=%llu: %s", (unsigned long long)seed, complaint.bytes);

    const struct call assets = call_plain(CALL_ASSETS, NULL);
    const struct call trial = call_plain(CALL_TRIAL, NULL);
    const struct call list = {.kind = CALL_ACCOUNTS, .count = PAGE_MAX};
    check_same(seed, cluster, rebuilt, &assets);
    check_same(seed, cluster, rebuilt, &trial);
    check_same(seed, cluster, rebuilt, &list);
    for (unsigned i = 0; i < SCRIPT_ACCOUNTS; i++) {
        const struct call account = call_plain(CALL_ACCOUNT, script_accounts[i]);
        check_same(seed, cluster, rebuilt, &account);
    }
    for (size_t i = 0; i < script.count; i++) {
        if (!call_has_id(&script.calls[i]))
            continue;
        const struct call lookup = call_plain(CALL_LOOKUP, script.calls[i].name);
        check_same(seed, cluster, rebuilt, &lookup);
    }
    reference_free(rebuilt);
    words_free(&words);
    cluster_free(cluster);
    script_free(&script);
}

Test(records, rebuild_the_ledger)
{
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned round = 0; round < rounds; round++)
        run_round(rounds_seed(round), 0);
}

Test(records, rebuild_the_shards_on_any_number_of_them_after_a_kill_at_any_moment)
{
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned round = 0; round < rounds; round++)
        run_round(rounds_seed(round), 3);
}

/* One command after another and a kill after every few: nobody can tell from the answers. */
Test(records, make_a_restart_invisible)
{
    unsigned rounds = rounds_of(ROUNDS / 2);
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t seed = rounds_seed(round);
        struct dice dice = dice_of(seed);
        struct script script;
        struct buffer expected = {0};
        script_make_whole(&script, seed, CALLS);
        struct reference *reference = reference_create();
        struct cluster *cluster =
            cluster_create(&(struct cluster_config){.shards = 2, .seed = seed, .batch_max = 1});
        for (size_t i = 0; i < script.count; i++) {
            if (dice_below(&dice, 20) == 0)
                cluster_restart(cluster, 1 + dice_below(&dice, 16));
            reference_call(reference, &script.calls[i], &expected);
            const char *heard = cluster_call(cluster, &script.calls[i]);
            cr_assert(strcmp(heard, expected.bytes) == 0,
                      "BURSAR_SEED=%llu: call %zu was answered\n  %s\nand the reference says\n  %s",
                      (unsigned long long)seed, i, heard, expected.bytes);
        }
        buffer_free(&expected);
        cluster_free(cluster);
        reference_free(reference);
        script_free(&script);
    }
}
