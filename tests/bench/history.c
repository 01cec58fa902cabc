/* history.c: how long an account's history takes to read from a snapshot of many transfers, and from the
 * journal behind it. Run by hand: bench_history [ACCOUNTS [TRANSFERS [TAIL]]], in a directory on the disk to
 * be measured, where it makes bench-history/ anew. TAIL is how many of the transfers the snapshot does not
 * have yet.
 */
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ledger/asset.h"
#include "proto/commands.h"
#include "server/archive.h"
#include "server/history.h"
#include "tests/bench/bench.h"

#define DIR      "bench-history"
#define SEGMENT  67108864
#define TURN     10000 /* transfers in a batch of the journal */
#define FOLD     50    /* batches between two commits of the snapshot */
#define WANTED   1000  /* entries a question asks for */
#define ROUNDS   20    /* accounts that each question is asked about */
#define ID_BYTES 36

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/** The ledger being made. */
struct making {
    struct archive *archive;
    struct journal journal;
    struct buffer records; /* of the turn */
    struct stamp last;
};

static void account_id(char *id, uint64_t i)
{
    (void)snprintf(id, IDENT_MAX + 1, "account:%028" PRIu64, i);
}

static void opens_make(struct making *making, uint64_t from, uint64_t count)
{
    const struct record_options options = {.asset = asset_tag_of((struct slice){"USD", 3}, 2),
                                           .unlimited = true};
    for (uint64_t i = from; i < from + count; i++) {
        char id[IDENT_MAX + 1];
        account_id(id, i);
        making->last = (struct stamp){making->last.number + 1, making->last.time + 1};
        record_open(&making->records, id, ID_BYTES, &options, making->last);
    }
}

static void transfers_make(struct making *making, uint64_t accounts, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        char id[IDENT_MAX + 1];
        making->last = (struct stamp){making->last.number + 1, making->last.time + 1000};
        (void)snprintf(id, sizeof id, "transfer:%027" PRIu64, making->last.number);
        uint64_t from = dice() % accounts;
        uint64_t to = (from + 1 + dice() % (accounts - 1)) % accounts;
        const struct record_parts parts = {.id = {id, ID_BYTES}, .leg_count = 1, .type = TRANSFER_TRANSFER};
        *record_transfer(&making->records, &parts, making->last) =
            (struct record_leg){.amount = 1 + dice() % 1000, .from = 1 + from, .to = 1 + to};
    }
}

/** Writes the turn's records to the journal and, with `fold`, to the snapshot. */
static void turn_end(struct making *making, bool fold, bool commit)
{
    char error[JOURNAL_ERROR_MAX] = "";
    uint64_t segments;
    uint64_t bytes;
    for (size_t at = making->records.start; at < making->records.end;) {
        const struct record *record = (const struct record *)(const void *)(making->records.bytes + at);
        if (!journal_has_room(&making->journal, record)) {
            expect(journal_append(&making->journal, false, error) == APPEND_OK, error);
        }
        journal_add(&making->journal, record);
        if (fold) {
            expect(archive_fold(making->archive, record, error), error);
        }
        at += record->size;
    }
    expect(journal_append(&making->journal, false, error) == APPEND_OK, error);
    buffer_consume(&making->records, buffer_length(&making->records));
    if (commit) {
        expect(archive_commit(making->archive, error), error);
        expect(journal_trim(DIR, archive_ledger(making->archive), archive_stamp(making->archive).number,
                            SEGMENT, &segments, &bytes, error),
               error);
    }
}

static void ledger_make(struct making *making, uint64_t accounts, uint64_t transfers, uint64_t tail)
{
    char error[JOURNAL_ERROR_MAX] = "";
    const struct ledger_id ledger = {{1, 2}};
    const struct journal_place start = {.segment = 1, .offset = JOURNAL_ALIGN};
    expect(nftw(DIR, entry_remove, 8, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT, "can't remove " DIR);
    expect(mkdir(DIR, 0700) == 0, "can't make " DIR);
    expect(archive_create(DIR, ledger, error), error);
    making->archive = archive_open(DIR, false, error);
    expect(making->archive != NULL && archive_load(making->archive, NULL, 0, error), error);
    expect(journal_create(DIR, ledger, SEGMENT, error), error);
    expect(journal_acquire(&making->journal, DIR, ledger, &start, SEGMENT, error), error);
    for (uint64_t done = 0; done < accounts; done += TURN) {
        opens_make(making, done, accounts - done < TURN ? accounts - done : TURN);
        turn_end(making, true, false);
    }
    uint64_t turns = transfers / TURN;
    uint64_t folded = turns - tail / TURN;
    for (uint64_t turn = 0; turn < turns; turn++) {
        transfers_make(making, accounts, TURN);
        turn_end(making, turn < folded, turn < folded && (turn % FOLD == FOLD - 1 || turn + 1 == folded));
    }
}

/** What is asked. */
struct shape {
    const char *name;
    uint8_t command;
    bool reverse;
    unsigned from; /* percent of all numbers; 0: not given */
    unsigned to;
};

/** Asks about several accounts, which were not asked about before, and tells how long that took. */
static void bench_shape(struct history *history, const struct shape *shape, uint64_t accounts,
                        struct stamp last)
{
    double longest = 0;
    double sum = 0;
    double cpu = 0;
    uint64_t bytes = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char id[IDENT_MAX + 1];
        struct buffer draft = {0};
        const struct sender sender = {.shards = 1};
        if (shape->command == COMMAND_LOOKUP) {
            uint64_t number = 1 + accounts + dice() % (last.number - accounts);
            (void)snprintf(id, sizeof id, "%s:%027" PRIu64, shape->from > 0 ? "nothing:" : "transfer",
                           number);
        } else {
            account_id(id, dice() % accounts);
        }
        struct inquiry *inquiry =
            inquiry_compose(&draft, &sender, SERVICE_HISTORY, (struct slice){id, ID_BYTES});
        inquiry->command = shape->command;
        inquiry->version = 3;
        inquiry->count = WANTED;
        inquiry->reverse = shape->reverse;
        inquiry->seen = last.number;
        inquiry->from =
            (struct inquiry_place){.given = shape->from > 0, .value = last.number / 100 * shape->from};
        inquiry->to = (struct inquiry_place){.given = shape->to > 0, .value = last.number / 100 * shape->to};
        struct question question = {.inquiry = inquiry};
        double begun = clock_s(CLOCK_MONOTONIC);
        double begun_cpu = clock_s(CLOCK_THREAD_CPUTIME_ID);
        history_answer(history, &question, 1, last.number, UINT64_MAX);
        double took = clock_s(CLOCK_MONOTONIC) - begun;
        cpu += clock_s(CLOCK_THREAD_CPUTIME_ID) - begun_cpu;
        expect(question.reply.bytes[question.reply.start] != '-', question.reply.bytes);
        longest = took > longest ? took : longest;
        sum += took;
        bytes += buffer_length(&question.reply);
        buffer_free(&question.reply);
        buffer_free(&draft);
    }
    printf("%-36s %8.2f ms on average, %8.2f at most, %6.2f of a processor, %7" PRIu64 " bytes\n",
           shape->name, sum * 1e3 / ROUNDS, longest * 1e3, cpu * 1e3 / ROUNDS, bytes / ROUNDS);
}

int main(int argc, char **argv)
{
    static const struct shape shapes[] = {
        {"1,000 entries, newest first", COMMAND_HISTORY, true, 0, 0},
        {"1,000 entries, oldest first", COMMAND_HISTORY, false, 0, 0},
        {"1,000 entries, from the middle on", COMMAND_HISTORY, false, 45, 0},
        {"1,000 entries, from the middle back", COMMAND_HISTORY, true, 0, 55},
        {"a balance in the middle", COMMAND_BALANCE, false, 0, 50},
        {"a balance now", COMMAND_BALANCE, false, 0, 100},
        {"a transfer by its id", COMMAND_LOOKUP, false, 0, 0},
        {"an id that nothing has", COMMAND_LOOKUP, false, 1, 0},
    };
    uint64_t accounts = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    uint64_t transfers = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
    uint64_t tail = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    struct making making = {.last = {0, 1000}};
    double begun = clock_s(CLOCK_MONOTONIC);
    ledger_make(&making, accounts, transfers, tail);
    printf("%" PRIu64 " accounts, %" PRIu64 " transfers, %" PRIu64
           " of them not in the snapshot, made in %.0f s\n",
           accounts, transfers, tail, clock_s(CLOCK_MONOTONIC) - begun);
    struct history *history = history_new(DIR, archive_ledger(making.archive));
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        bench_shape(history, &shapes[i], accounts, making.last);
    }
    history_free(history);
    journal_close(&making.journal);
    archive_close(making.archive);
    return 0;
}
