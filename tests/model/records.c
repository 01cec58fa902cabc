/* records.c: the records alone are the ledger: who reads them from the first knows all that clients were
 * told.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/replay.h"
#include "tests/model/rounds.h"
#include "tests/model/script.h"

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

static void run_round(uint64_t seed)
{
    struct script script;
    script_make(&script, seed, CALLS);
    struct cluster *cluster = cluster_create(&(struct cluster_config){
        .shards = 1 + (unsigned)(seed % 5), .seed = seed, .batch_max = 4, .clock_jumps = true});
    for (size_t i = 0; i < script.count; i++)
        cluster_submit(cluster, &script.calls[i]);
    while (cluster_step(cluster))
        continue;

    struct reference *rebuilt = reference_create();
    struct words words = {0};
    struct buffer complaint = {0};
    if (!replay_records(rebuilt, &words, cluster_records(cluster), &complaint))
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
        if (!call_moves_money(&script.calls[i]))
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
        run_round(rounds_seed(round));
}
