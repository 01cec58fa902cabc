/* recovery.c: load, replay, check. */
#include "server/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ledger/replay.h"
#include "server/directory.h"
#include "server/log.h"

/* A long start says every so often how far it is. */
#define PROGRESS_US    2000000
#define PROGRESS_CHECK 65536 /* rows between two looks at the clock */

struct loading {
    struct replay *replay;
    struct recovered *recovered;
    uint64_t rows;
    uint64_t told_us;
};

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Whether it is time for a line in the log. */
static bool progress_due(struct loading *loading)
{
    uint64_t now_us = clock_us();
    if (now_us - loading->told_us < PROGRESS_US) {
        return false;
    }
    loading->told_us = now_us;
    return true;
}

/** Chooses the ledger that a directory without a snapshot is of: the one its journal is of, when that is
 * there from its first number, so that the snapshot can be made again; else a new one. */
static bool ledger_choose(const char *dir, uint64_t segment_size, struct ledger_id *ledger, char *error)
{
    if (journal_exists(dir)) {
        struct journal_reader reader = {0};
        if (!journal_reader_open(&reader, dir, (struct ledger_id){0}, 0, error)) {
            return false;
        }
        *ledger = reader.ledger;
        /* Who made it may have died before its name was certain; the snapshot's will be. */
        bool good = directory_sync(reader.path, error);
        journal_reader_close(&reader);
        if (!good) {
            return false;
        }
        log_write(LOG_WARN, "'%s' has a journal and no ledger.db, which is made again from it", dir);
        return true;
    }
    if (getrandom(ledger, sizeof *ledger, 0) != sizeof *ledger) {
        snprintf(error, RECOVERY_ERROR_MAX, "the system gives no random bytes: %s", strerror(errno));
        return false;
    }
    log_write(LOG_INFO, "making a new ledger in '%s'", dir);
    return journal_create(dir, *ledger, segment_size, error);
}

bool recovery_create(const char *dir, uint64_t segment_size, char *error)
{
    struct ledger_id ledger;
    return directory_has(dir, "ledger.db") ||
           (ledger_choose(dir, segment_size, &ledger, error) && archive_create(dir, ledger, error));
}

static bool load_asset(void *context, const struct archive_asset *asset, char *error)
{
    struct loading *loading = context;
    return replay_asset(loading->replay, &asset->tag, asset->defined, asset->world_debits,
                        asset->world_credits, asset->world_last, error);
}

static bool load_account(void *context, const struct record *open, const struct archive_account *account,
                         char *error)
{
    struct loading *loading = context;
    loading->recovered->accounts++;
    if (++loading->rows % PROGRESS_CHECK == 0 && progress_due(loading)) {
        log_write(LOG_INFO, "loading: %lu accounts", loading->recovered->accounts);
    }
    const struct replay_standing standing = {.debits = account->debits,
                                             .credits = account->credits,
                                             .last = account->last,
                                             .state = account->state};
    return replay_account(loading->replay, open, &standing, error);
}

static bool load_hold(void *context, const struct record *hold, const struct archive_hold *state, char *error)
{
    struct loading *loading = context;
    const struct replay_held held = {.remaining = state->remaining,
                                     .deadline = state->deadline,
                                     .ended = state->ended,
                                     .state = state->state};
    loading->recovered->transfers++;
    return replay_hold(loading->replay, hold, &held, error);
}

static bool load_transfer(void *context, const struct record *transfer, char *error)
{
    struct loading *loading = context;
    loading->recovered->transfers++;
    if (++loading->rows % PROGRESS_CHECK == 0 && progress_due(loading)) {
        log_write(LOG_INFO, "loading: %lu accounts, %lu transfers", loading->recovered->accounts,
                  loading->recovered->transfers);
    }
    return replay_remember(loading->replay, transfer, error);
}

/** Replays the journal after the snapshot, to its end. */
static bool journal_replay(const char *dir, struct loading *loading, char *error)
{
    struct recovered *recovered = loading->recovered;
    struct journal_reader reader = {0};
    struct buffer records = {0};
    struct ledger_id ledger = archive_ledger(recovered->archive);
    if (!journal_reader_open(&reader, dir, ledger, archive_stamp(recovered->archive).number, error)) {
        return false;
    }
    enum journal_read result;
    bool good = true;
    while ((result = journal_read_last(&reader, &records, error)) == JOURNAL_BATCH && good) {
        size_t size = buffer_length(&records);
        recovered->records_size += size;
        good = replay_records(loading->replay, records.bytes + records.start, size, error);
        buffer_consume(&records, size);
        if (progress_due(loading)) {
            log_write(LOG_INFO, "replaying the journal: at number %lu", reader.place.last.number);
        }
    }
    recovered->place = reader.place;
    recovered->torn = reader.torn;
    buffer_free(&records);
    journal_reader_close(&reader);
    return good && result != JOURNAL_DAMAGED;
}

bool recovery_run(const char *dir, bool readonly, struct shard *const *shards, unsigned count, uint64_t seed,
                  uint64_t since_ns, struct recovered *recovered, char *error)
{
    *recovered = (struct recovered){.archive = archive_open(dir, readonly, error)};
    if (!recovered->archive) {
        return false;
    }
    struct loading loading = {
        .replay = replay_create(shards, count, seed), .recovered = recovered, .told_us = clock_us()};
    replay_reserve(loading.replay, archive_accounts(recovered->archive));
    const struct archive_visitor visitor = {.context = &loading,
                                            .asset = load_asset,
                                            .account = load_account,
                                            .hold = load_hold,
                                            .transfer = load_transfer};
    bool good = archive_load(recovered->archive, &visitor, since_ns, error) &&
                journal_replay(dir, &loading, error) && replay_finish(loading.replay, error);
    replay_free(loading.replay);
    if (!good) {
        archive_close(recovered->archive);
        recovered->archive = NULL;
    }
    return good;
}
