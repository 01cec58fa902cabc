/* commitlog.c: the log's thread. */
#include "server/commitlog.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "server/log.h"
#include "server/memory.h"

bool commitlog_open(struct commitlog *log, enum durability durability, unsigned workers, unsigned followers,
                    uint64_t sync_interval_us)
{
    memset(log, 0, sizeof *log);
    log->durability = durability;
    log->workers = workers;
    log->followers = followers;
    log->sync_interval_us = sync_interval_us;
    if (durability == DURABILITY_NONE) {
        atomic_store(&log->durable, UINT64_MAX);
        return true;
    }
    log->unsent = memory_zeroed(workers, sizeof *log->unsent);
    log->lanes = memory_zeroed(workers, sizeof *log->lanes);
    log->waiters = memory_zeroed(workers + followers, sizeof *log->waiters);
    return inbox_open(&log->inbox, workers);
}

void commitlog_watch(struct commitlog *log, unsigned index, int wakefd)
{
    if (log->durability != DURABILITY_NONE) {
        log->waiters[index].wakefd = wakefd;
    }
}

void commitlog_append(struct commitlog *log, unsigned index, struct buffer *records)
{
    if (log->durability == DURABILITY_NONE) {
        buffer_consume(records, buffer_length(records));
        return;
    }
    struct buffer *unsent = &log->unsent[index];
    if (buffer_length(unsent) == 0 && inbox_send(&log->inbox, index, records)) {
        return;
    }
    buffer_append(unsent, records->bytes + records->start, buffer_length(records));
    buffer_consume(records, buffer_length(records));
}

bool commitlog_lags(struct commitlog *log, unsigned index)
{
    if (log->durability == DURABILITY_NONE || buffer_length(&log->unsent[index]) == 0) {
        return false;
    }
    return !inbox_send(&log->inbox, index, &log->unsent[index]);
}

/* The waiter stores `wanted` and then looks at `durable`; the log stores `durable` and then looks at
 * `wanted`. All four are sequentially consistent, so one of them sees the other. */
bool commitlog_sleep(struct commitlog *log, unsigned index, sequence_t seen)
{
    atomic_store(&log->waiters[index].wanted, seen + 1);
    if (atomic_load(&log->durable) <= seen) {
        return true;
    }
    commitlog_awake(log, index);
    return false;
}

void commitlog_awake(struct commitlog *log, unsigned index)
{
    atomic_store_explicit(&log->waiters[index].wanted, 0, memory_order_relaxed);
}

/** Makes `number` the newest durable one and wakes who waits for it. */
static void log_publish(struct commitlog *log, sequence_t number)
{
    atomic_store(&log->durable, number);
    for (unsigned i = 0; i < log->workers + log->followers; i++) {
        struct log_waiter *waiter = &log->waiters[i];
        sequence_t wanted = atomic_load(&waiter->wanted);
        if (wanted != 0 && wanted <= number && atomic_exchange(&waiter->wanted, 0) != 0) {
            eventfd_write(waiter->wakefd, 1);
        }
    }
}

/** The first record of a worker that is not in the journal's batch yet; NULL: none has come. */
static const struct record *lane_first(struct commitlog *log, unsigned index)
{
    struct buffer *lane = &log->lanes[index];
    if (buffer_length(lane) == 0) {
        if (lane->capacity > 0) {
            inbox_return(&log->inbox, index, lane);
            *lane = (struct buffer){0};
        }
        if (!inbox_receive(&log->inbox, index, lane)) {
            return NULL;
        }
    }
    return (const struct record *)(const void *)(lane->bytes + lane->start);
}

/** Adds a worker's records to the batch for as long as their numbers follow. All records of a transaction
 * were made in one turn, so they lie one behind the other and go into one batch. Returns the number that
 * follows then. */
static sequence_t lane_gather(struct commitlog *log, unsigned index, sequence_t next)
{
    const struct record *record = lane_first(log, index);
    while (record && record->stamp.number == next && journal_has_room(&log->journal, record)) {
        journal_add(&log->journal, record);
        next += record->leg_count;
        buffer_consume(&log->lanes[index], record->size);
        assert(!log->journal.continues || buffer_length(&log->lanes[index]) > 0);
        record = lane_first(log, index);
    }
    return next;
}

/** Fills the journal's batch with what has come, in the order of numbers. Numbers are claimed before they
 * come here, so a gap is filled soon, by the worker that claimed it. Returns whether there is anything. */
static bool log_gather(struct commitlog *log, sequence_t *next)
{
    sequence_t begun = *next;
    for (sequence_t before = begun - 1; before != *next;) {
        before = *next;
        for (unsigned i = 0; i < log->workers; i++) {
            *next = lane_gather(log, i, *next);
        }
    }
    return *next != begun;
}

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Ends the process where the log can't go on. No thread gets to say anything after that. */
static void log_check(enum append_result result, const char *error)
{
    if (result == APPEND_OK) {
        return;
    }
    log_write(LOG_ERROR,
              "%s. What is not acknowledged may or may not be in the journal; nothing more is acknowledged",
              error);
    _exit(EXIT_FAILURE);
}

static void log_count_sync(struct commitlog *log, uint64_t begun_us)
{
    struct log_counters *counters = &log->counters;
    uint64_t took = clock_us() - begun_us;
    counter_add(&counters->syncs, 1);
    counter_add(&counters->sync_us, took);
    counter_set(&counters->sync_us_last, took);
    if (took > counter_read(&counters->sync_us_max)) {
        counter_set(&counters->sync_us_max, took);
    }
}

/** Writes the batch, of which `newest` is the last number, and publishes it. */
static void log_commit(struct commitlog *log, sequence_t newest)
{
    char error[JOURNAL_ERROR_MAX];
    bool sync = log->durability == DURABILITY_SYNC;
    uint64_t begun_us = clock_us();
    uint64_t size = buffer_length(&log->journal.batch);
    log_check(journal_append(&log->journal, sync, error), error);
    if (sync) {
        log_count_sync(log, begun_us);
    }
    counter_add(&log->counters.batches, 1);
    counter_add(&log->counters.bytes, size + (JOURNAL_ALIGN - size % JOURNAL_ALIGN) % JOURNAL_ALIGN);
    counter_set(&log->counters.newest, newest);
    log_publish(log, newest);
}

static void log_sync(struct commitlog *log)
{
    char error[JOURNAL_ERROR_MAX];
    uint64_t begun_us = clock_us();
    log_check(journal_sync(&log->journal, error), error);
    log_count_sync(log, begun_us);
}

/** Sleeps until something comes; at most until the next fdatasync is due. */
static void log_rest(struct commitlog *log, uint64_t sync_due_us)
{
    if (inbox_sleep(&log->inbox)) {
        struct pollfd wake = {.fd = log->inbox.wakefd, .events = POLLIN};
        int timeout_ms = -1;
        if (log->journal.unsynced) {
            uint64_t now_us = clock_us();
            timeout_ms = sync_due_us > now_us ? (int)((sync_due_us - now_us + 999) / 1000) : 0;
        }
        poll(&wake, 1, timeout_ms);
        eventfd_t count;
        (void)eventfd_read(log->inbox.wakefd, &count);
    }
    inbox_awake(&log->inbox);
}

static void *commitlog_thread(void *context)
{
    struct commitlog *log = context;
    pthread_setname_np(pthread_self(), "journal");
    sequence_t next = atomic_load(&log->durable) + 1;
    uint64_t sync_due_us = 0;
    for (;;) {
        bool stopping = atomic_load(&log->stopping);
        bool any = log_gather(log, &next);
        if (any) {
            bool first = !log->journal.unsynced;
            log_commit(log, next - 1);
            if (first) {
                sync_due_us = clock_us() + log->sync_interval_us;
            }
        }
        if (log->journal.unsynced && clock_us() >= sync_due_us) {
            log_sync(log);
        }
        if (!any && stopping) {
            return NULL;
        }
        if (!any) {
            log_rest(log, sync_due_us);
        }
    }
}

bool commitlog_start(struct commitlog *log, sequence_t newest)
{
    atomic_store(&log->durable, newest);
    counter_set(&log->counters.newest, newest);
    errno = pthread_create(&log->thread, NULL, commitlog_thread, log);
    log->started = errno == 0;
    return log->started;
}

void commitlog_stop(struct commitlog *log)
{
    if (!log->started) {
        return;
    }
    char error[JOURNAL_ERROR_MAX];
    atomic_store(&log->stopping, true);
    inbox_wake(&log->inbox);
    pthread_join(log->thread, NULL);
    log->started = false;
    log_check(journal_append(&log->journal, true, error), error);
    journal_close(&log->journal);
}

void commitlog_close(struct commitlog *log)
{
    if (log->durability == DURABILITY_NONE) {
        return;
    }
    for (unsigned i = 0; i < log->workers; i++) {
        buffer_free(&log->unsent[i]);
        buffer_free(&log->lanes[i]);
    }
    inbox_close(&log->inbox);
    free(log->unsent);
    free(log->lanes);
    free(log->waiters);
}
