/* archiver.c: surveys, folds, snapshots. */
#include "server/archiver.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ledger/compose.h"
#include "server/log.h"
#include "server/server.h"

/* Records folded in one transaction at most: what bounds the database's write-ahead log when the archiver has
 * fallen far behind. */
#define FOLD_MAX 1000000

/* How far ahead of the record being folded memory is fetched. */
#define AHEAD_SLOTS 16
#define AHEAD_ROWS  8

/* The archiver gets what processor time the workers leave: a transfer waits for nothing that it does. */
#define NICENESS 10

static uint64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Ends the process: the snapshot can't be kept, and the log with it would grow for ever. */
__attribute__((noreturn)) static void archiver_fail(const char *error)
{
    log_write(LOG_ERROR, "the snapshot can't be brought forward: %s", error);
    _exit(EXIT_FAILURE);
}

/** Sends one message to a worker. Gives up when the workers have ended. */
static void worker_tell(struct archiver *archiver, unsigned index, const void *message, size_t size)
{
    struct server *server = archiver->server;
    struct buffer batch = {0};
    buffer_append(&batch, message, size);
    inbox_deliver(&server->workers[index].inbox, (unsigned)server->config.workers, &batch,
                  &archiver->stopping);
}

/** Asks all shards for their totals. The answer comes to the inbox, through worker 0. */
static void survey_ask(struct archiver *archiver)
{
    const struct sender sender = {.ticket = ARCHIVER_TICKET,
                                  .seed = archiver->server->seed,
                                  .shards = (unsigned)archiver->server->config.workers};
    struct buffer draft = {0};
    const struct survey_message *survey = compose_survey(&draft, &sender);
    worker_tell(archiver, 0, survey, survey->head.size);
    buffer_free(&draft);
    archiver->asked = true;
}

/** Waits for something in the inbox, for the log to pass `seen`, or for `timeout_ms` (-1: for ever). */
static void archiver_rest(struct archiver *archiver, sequence_t seen, int timeout_ms)
{
    struct commitlog *log = &archiver->server->log;
    struct pollfd wake = {.fd = archiver->inbox.wakefd, .events = POLLIN};
    if (commitlog_sleep(log, log->workers, seen) && inbox_sleep(&archiver->inbox)) {
        poll(&wake, 1, timeout_ms);
    }
    eventfd_t count;
    (void)eventfd_read(archiver->inbox.wakefd, &count);
    commitlog_awake(log, log->workers);
    inbox_awake(&archiver->inbox);
}

/** Makes what was folded durable and gives up the journal's segments before it. */
static void archiver_commit(struct archiver *archiver)
{
    char error[ARCHIVE_ERROR_MAX];
    uint64_t segments;
    uint64_t bytes;
    const struct config *config = &archiver->server->config;
    if (!archive_commit(archiver->archive, error)) {
        archiver_fail(error);
    }
    counter_set(&archiver->counters.number, archiver->folded);
    counter_set(&archiver->counters.time, clock_us(CLOCK_REALTIME) / 1000000);
    if (!journal_trim(config->dir, archive_ledger(archiver->archive), archiver->folded,
                      (uint64_t)config->segment_size * 1024, &segments, &bytes, error)) {
        archiver_fail(error);
    }
    counter_set(&archiver->counters.segments, segments);
    counter_set(&archiver->counters.bytes, bytes);
}

/** A place among the records, some way ahead of the one being folded. */
struct ahead {
    const char *at;
    const char *end;
    int stage;
};

static void ahead_fetch(struct ahead *ahead, const struct archive *archive, unsigned count)
{
    for (; count > 0 && ahead->at < ahead->end; count--) {
        const struct record *record = (const struct record *)(const void *)ahead->at;
        archive_prefetch(archive, record, ahead->stage);
        ahead->at += record->size;
    }
}

/** Folds what was read, as far as `number`. Returns how many records that were. */
static uint64_t archiver_fold(struct archiver *archiver, sequence_t number)
{
    char error[ARCHIVE_ERROR_MAX];
    struct buffer *unfolded = &archiver->unfolded;
    struct ahead slots = {unfolded->bytes + unfolded->start, unfolded->bytes + unfolded->end, 0};
    struct ahead rows = {slots.at, slots.end, 1};
    uint64_t count = 0;
    ahead_fetch(&slots, archiver->archive, AHEAD_SLOTS);
    ahead_fetch(&rows, archiver->archive, AHEAD_ROWS);
    while (buffer_length(unfolded) > 0) {
        const struct record *record =
            (const struct record *)(const void *)(unfolded->bytes + unfolded->start);
        if (record->stamp.number > number) {
            break;
        }
        ahead_fetch(&slots, archiver->archive, 1);
        ahead_fetch(&rows, archiver->archive, 1);
        if (!archive_fold(archiver->archive, record, error)) {
            archiver_fail(error);
        }
        archiver->folded = record->stamp.number + record->leg_count - 1U;
        buffer_consume(unfolded, record->size);
        count++;
    }
    return count;
}

/** Brings the archive to `number`, which is durable. */
static void archiver_advance(struct archiver *archiver, sequence_t number)
{
    char error[JOURNAL_ERROR_MAX];
    uint64_t count = archiver_fold(archiver, number);
    while (archiver->folded < number) {
        sequence_t durable = commitlog_durable(&archiver->server->log);
        enum journal_read result = journal_read_next(&archiver->reader, durable, &archiver->unfolded, error);
        if (result == JOURNAL_DAMAGED) {
            archiver_fail(error);
        }
        assert(result == JOURNAL_BATCH); /* what is durable is there */
        count += archiver_fold(archiver, number);
        if (count >= FOLD_MAX) {
            archiver_commit(archiver);
            count = 0;
        }
    }
    archiver_commit(archiver);
}

/** Compares the archive's totals with the shards' at the same number. */
static void totals_check(const struct archiver *archiver, const struct survey_message *survey)
{
    for (uint32_t i = 0; i < survey->row_count; i++) {
        const struct survey_row *row = &survey->rows[i];
        const struct asset_tag *tag = &row->asset;
        struct archive_totals totals = archive_totals(archiver->archive, tag);
        if (total_equal(totals.debits, row->debits) && total_equal(totals.credits, row->credits) &&
            totals.accounts == row->accounts) {
            continue;
        }
        char text[4][AMOUNT_TEXT_MAX];
        int lengths[4] = {(int)total_format(row->debits, tag->scale, text[0]),
                          (int)total_format(row->credits, tag->scale, text[1]),
                          (int)total_format(totals.debits, tag->scale, text[2]),
                          (int)total_format(totals.credits, tag->scale, text[3])};
        log_write(LOG_ERROR,
                  "at number %lu the ledger and its log disagree about %.*s: the shards have %lu accounts, "
                  "debits %.*s, "
                  "credits %.*s; the log adds up to %lu accounts, debits %.*s, credits %.*s. The server "
                  "stops; keep "
                  "its directory for examination",
                  survey->number, (int)tag->length, tag->code, row->accounts, lengths[0], text[0], lengths[1],
                  text[1], totals.accounts, lengths[2], text[2], lengths[3], text[3]);
        _exit(EXIT_FAILURE);
    }
}

/** Takes the snapshot that an answered survey stands for, and tells who asked. */
static void snapshot_take(struct archiver *archiver, const struct survey_message *survey)
{
    uint64_t begun_us = clock_us(CLOCK_MONOTONIC);
    struct commitlog *log = &archiver->server->log;
    for (sequence_t durable; (durable = commitlog_durable(log)) < survey->number;) {
        archiver_rest(archiver, durable, -1);
    }
    if (survey->number >= archiver->folded) {
        archiver_advance(archiver, survey->number);
        totals_check(archiver, survey);
    }
    counter_add(&archiver->counters.taken, 1);
    counter_set(&archiver->counters.last_us, clock_us(CLOCK_MONOTONIC) - begun_us);
    if (survey->head.ticket == ARCHIVER_TICKET) {
        archiver->asked = false;
        return;
    }
    const struct outcome_message done = {.head = {.size = sizeof done,
                                                  .kind = MESSAGE_OUTCOME,
                                                  .answered = 1,
                                                  .origin = survey->head.origin,
                                                  .ticket = survey->head.ticket},
                                         .seen = survey->number,
                                         .status = OUTCOME_OK};
    worker_tell(archiver, survey->head.origin, &done, sizeof done);
}

/** Takes the snapshots that were asked for. */
static void surveys_take(struct archiver *archiver)
{
    for (unsigned sender = 0; sender < archiver->inbox.senders; sender++) {
        struct buffer batch;
        while (inbox_receive(&archiver->inbox, sender, &batch)) {
            while (buffer_length(&batch) > 0) {
                const struct survey_message *survey =
                    (const struct survey_message *)(const void *)(batch.bytes + batch.start);
                snapshot_take(archiver, survey);
                buffer_consume(&batch, survey->head.size);
            }
            inbox_return(&archiver->inbox, sender, &batch);
        }
    }
}

static void *archiver_thread(void *context)
{
    struct archiver *archiver = context;
    pthread_setname_np(pthread_self(), "archiver");
    struct commitlog *log = &archiver->server->log;
    uint64_t interval_us = (uint64_t)archiver->server->config.snapshot_interval * 1000000;
    uint64_t due_us = clock_us(CLOCK_MONOTONIC) + interval_us;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    archiver_commit(archiver); /* nothing new yet: gets the journal's next segments ready */
    while (!atomic_load(&archiver->stopping)) {
        surveys_take(archiver);
        uint64_t now_us = clock_us(CLOCK_MONOTONIC);
        if (now_us >= due_us) {
            due_us = now_us + interval_us;
            if (!archiver->asked && commitlog_durable(log) > archiver->folded) {
                survey_ask(archiver);
            }
        }
        archiver_rest(archiver, UINT64_MAX - 1, (int)((due_us - now_us + 999) / 1000));
    }
    archiver_advance(archiver, commitlog_durable(log));
    return NULL;
}

bool archiver_open(struct archiver *archiver, struct server *server)
{
    archiver->server = server;
    if (!inbox_open(&archiver->inbox, (unsigned)server->config.workers)) {
        return false;
    }
    commitlog_watch(&server->log, server->log.workers, archiver->inbox.wakefd);
    return true;
}

bool archiver_start(struct archiver *archiver, char *error)
{
    struct stamp stamp = archive_stamp(archiver->archive);
    archiver->folded = stamp.number;
    counter_set(&archiver->counters.number, stamp.number);
    counter_set(&archiver->counters.time, clock_us(CLOCK_REALTIME) / 1000000);
    if (!journal_reader_open(&archiver->reader, archiver->server->config.dir,
                             archive_ledger(archiver->archive), stamp.number, error)) {
        return false;
    }
    int status = pthread_create(&archiver->thread, NULL, archiver_thread, archiver);
    archiver->started = status == 0;
    if (!archiver->started) {
        (void)snprintf(error, JOURNAL_ERROR_MAX, "can't start the archiver's thread: %s", strerror(status));
    }
    return archiver->started;
}

void archiver_stop(struct archiver *archiver)
{
    if (!archiver->started) {
        return;
    }
    atomic_store(&archiver->stopping, true);
    inbox_wake(&archiver->inbox);
    pthread_join(archiver->thread, NULL);
    archiver->started = false;
}

void archiver_close(struct archiver *archiver)
{
    archive_close(archiver->archive);
    journal_reader_close(&archiver->reader);
    buffer_free(&archiver->unfolded);
    inbox_close(&archiver->inbox);
}
