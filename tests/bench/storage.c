/* storage.c: how fast the journal packs and reads records, the snapshot takes and gives them back, and a
 * replay rebuilds the shards. Run by hand: bench_storage [ACCOUNTS [TRANSFERS]], in a directory on the disk
 * to be measured, where it makes bench-ledger/ anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger/asset.h"
#include "ledger/replay.h"
#include "server/archive.h"
#include "server/journal_record.h"
#include "tests/bench/bench.h"

#define DIR        "bench-ledger"
#define FOLD       500000 /* transfers between two commits */
#define REMEMBERED 36     /* bytes of an id */

static void tell(const char *what, uint64_t count, double seconds)
{
    printf("%-52s %8.0f ns, %10.0f a second\n", what, seconds * 1e9 / (double)count, (double)count / seconds);
}

static void opens_make(struct buffer *records, uint64_t accounts, struct stamp *last)
{
    const struct record_options options = {.asset = asset_tag_of((struct slice){"USD", 3}, 2),
                                           .unlimited = true};
    for (uint64_t i = 0; i < accounts; i++) {
        char id[IDENT_MAX];
        int length = snprintf(id, sizeof id, "account:%028" PRIu64, i);
        *last = (struct stamp){last->number + 1, last->time + 1};
        record_open(records, id, (size_t)length, &options, *last);
    }
}

static void transfers_make(struct buffer *records, uint64_t accounts, uint64_t transfers, struct stamp *last)
{
    for (uint64_t i = 0; i < transfers; i++) {
        char id[IDENT_MAX];
        (void)snprintf(id, sizeof id, "transfer:%027" PRIu64, last->number);
        *last = (struct stamp){last->number + 1, last->time + 1000};
        uint64_t from = dice() % accounts;
        uint64_t to = (from + 1 + dice() % (accounts - 1)) % accounts;
        const struct record_parts parts = {.id = {id, REMEMBERED}, .leg_count = 1, .type = TRANSFER_TRANSFER};
        *record_transfer(records, &parts, *last) =
            (struct record_leg){.amount = 1 + dice() % 1000, .from = 1 + from, .to = 1 + to};
    }
}

static void bench_packing(const struct buffer *records, struct stamp before)
{
    uint8_t *packed = malloc(buffer_length(records));
    uint8_t *end = packed;
    uint64_t count = 0;
    struct stamp last = before;
    double begun = clock_s(CLOCK_MONOTONIC);
    for (size_t at = 0; at < buffer_length(records);) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        end = journal_record_pack(record, last, end);
        last = record->stamp;
        at += record->size;
        count++;
    }
    tell("journal: pack a transfer", count, clock_s(CLOCK_MONOTONIC) - begun);
    printf("%-52s %8.1f bytes\n", "journal: a packed transfer", (double)(end - packed) / (double)count);
    struct buffer unpacked = {0};
    (void)buffer_reserve(&unpacked, buffer_length(records));
    last = before;
    begun = clock_s(CLOCK_MONOTONIC);
    for (const uint8_t *at = packed; at < end;) {
        at = journal_record_unpack(at, end, &last, &unpacked);
    }
    tell("journal: unpack a transfer", count, clock_s(CLOCK_MONOTONIC) - begun);
    buffer_free(&unpacked);
    free(packed);
}

/** Folds and commits every so often. Returns the seconds that took. */
static double fold_all(struct archive *archive, const struct buffer *records)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    const char *slots = records->bytes;
    const char *rows = records->bytes;
    const char *end = records->bytes + buffer_length(records);
    uint64_t count = 0;
    double begun = clock_s(CLOCK_MONOTONIC);
    for (const char *at = records->bytes; at < end; count++) {
        const struct record *record = (const struct record *)(const void *)at;
        for (; slots < end && slots < at + 2048;
             slots += ((const struct record *)(const void *)slots)->size) {
            archive_prefetch(archive, (const struct record *)(const void *)slots, 0);
        }
        for (; rows < end && rows < at + 1024; rows += ((const struct record *)(const void *)rows)->size) {
            archive_prefetch(archive, (const struct record *)(const void *)rows, 1);
        }
        expect(archive_fold(archive, record, error), error);
        at += record->size;
        if (count % FOLD == FOLD - 1) {
            expect(archive_commit(archive, error), error);
        }
    }
    expect(archive_commit(archive, error), error);
    return clock_s(CLOCK_MONOTONIC) - begun;
}

static void bench_folding(const struct buffer *opens, uint64_t accounts, const struct buffer *records,
                          uint64_t transfers)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    struct stat before;
    struct stat after;
    expect(archive_create(DIR, (struct ledger_id){{1, 2}}, error), error);
    struct archive *archive = archive_open(DIR, false, error);
    expect(archive != NULL && archive_load(archive, NULL, 0, error), error);
    tell("snapshot: fold an opening", accounts, fold_all(archive, opens));
    stat(DIR "/ledger.db", &before);
    tell("snapshot: fold a transfer", transfers, fold_all(archive, records));
    archive_close(archive);
    stat(DIR "/ledger.db", &after);
    printf("%-52s %8.1f bytes\n", "snapshot: a transfer",
           (double)(after.st_size - before.st_size) / (double)transfers);
}

static bool load_asset(void *context, const struct archive_asset *asset, char *error)
{
    return replay_asset(context, &asset->tag, asset->defined, asset->world_debits, asset->world_credits,
                        asset->world_last, error);
}

static bool load_account(void *context, const struct record *open, const struct archive_account *account,
                         char *error)
{
    const struct replay_standing standing = {.debits = account->debits,
                                             .credits = account->credits,
                                             .last = account->last,
                                             .state = account->state};
    return replay_account(context, open, &standing, error);
}

static bool load_transfer(void *context, const struct record *transfer, char *error)
{
    return replay_remember(context, transfer, error);
}

static void bench_loading(uint64_t accounts, uint64_t transfers)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    double seconds[2];
    for (int with_transfers = 0; with_transfers <= 1; with_transfers++) {
        struct shard *shard = shard_create(&(struct shard_config){.count = 1});
        struct replay *replay = replay_create(&shard, 1, 0);
        const struct archive_visitor visitor = {.context = replay,
                                                .asset = load_asset,
                                                .account = load_account,
                                                .transfer = with_transfers ? load_transfer : NULL};
        struct archive *archive = archive_open(DIR, true, error);
        double begun = clock_s(CLOCK_MONOTONIC);
        expect(archive != NULL, error);
        replay_reserve(replay, archive_accounts(archive));
        expect(archive_load(archive, &visitor, 0, error), error);
        seconds[with_transfers] = clock_s(CLOCK_MONOTONIC) - begun;
        archive_close(archive);
        replay_free(replay);
        shard_free(shard);
    }
    tell("recovery: load an account from the snapshot", accounts, seconds[0]);
    tell("recovery: load a transfer's id from the snapshot", transfers, seconds[1] - seconds[0]);
}

static void bench_replaying(const struct buffer *opens, uint64_t accounts, const struct buffer *records,
                            uint64_t transfers)
{
    char error[REPLAY_ERROR_MAX] = "";
    struct shard *shard = shard_create(&(struct shard_config){.count = 1});
    struct replay *replay = replay_create(&shard, 1, 0);
    double begun = clock_s(CLOCK_MONOTONIC);
    expect(replay_records(replay, opens->bytes, buffer_length(opens), error), error);
    tell("recovery: replay an opening", accounts, clock_s(CLOCK_MONOTONIC) - begun);
    begun = clock_s(CLOCK_MONOTONIC);
    expect(replay_records(replay, records->bytes, buffer_length(records), error), error);
    tell("recovery: replay a transfer", transfers, clock_s(CLOCK_MONOTONIC) - begun);
    replay_free(replay);
    shard_free(shard);
}

int main(int argc, char **argv)
{
    uint64_t accounts = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t transfers = argc > 2 ? strtoull(argv[2], NULL, 10) : 5000000;
    struct buffer opens = {0};
    struct buffer records = {0};
    struct stamp last = {0, 1};
    if (accounts < 2 || transfers < 1) {
        (void)fprintf(stderr, "usage: bench_storage [ACCOUNTS [TRANSFERS]], at least 2 and 1\n");
        return 2;
    }
    (void)mkdir(DIR, 0750);
    opens_make(&opens, accounts, &last);
    struct stamp opened = last;
    transfers_make(&records, accounts, transfers, &last);
    printf("%" PRIu64 " accounts, %" PRIu64 " transfers between them at random, ids of %d bytes\n", accounts,
           transfers, REMEMBERED);
    bench_packing(&records, opened);
    bench_replaying(&opens, accounts, &records, transfers);
    bench_folding(&opens, accounts, &records, transfers);
    bench_loading(accounts, transfers);
    buffer_free(&opens);
    buffer_free(&records);
    return EXIT_SUCCESS;
}
