/* worker.c: a worker's turn. */
#include "server/worker.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/connection.h"
#include "server/dispatch.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/server.h"

#define NS_PER_SECOND 1000000000U

/* How far ahead of the running message memory is fetched: far enough for it to arrive, near enough for it to
 * still be there. */
#define PREFETCH_SLOTS   32
#define PREFETCH_TARGETS 16

/* How often a shard is told the time: for the ids it may forget, and at most, when holds expire. */
#define SHARD_CLOCK_NS     NS_PER_SECOND
#define SHARD_CLOCK_MIN_NS 1000000U

/* How often a draining worker looks whether the others are done. */
#define DRAIN_TICK_US 5000

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void worker_look_at_clock(struct worker *worker)
{
    worker->now_us = clock_ns(CLOCK_MONOTONIC) / 1000;
}

void worker_begin_turn(struct worker *worker)
{
    if (!worker->looked) {
        worker->looked = true;
        worker_look_at_clock(worker);
    }
}

/** Being woken is all: the turn looks at everything anyway. The inbox's event is edge triggered, so that its
 * eventfd is never read. */
static void worker_on_wakeup(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
}

static void worker_on_handover(evutil_socket_t pipe, short what, void *context)
{
    (void)what;
    struct worker *worker = context;
    int fd = -1;
    worker_begin_turn(worker);
    while (read(pipe, &fd, sizeof fd) == (ssize_t)sizeof fd) {
        connection_open(worker, fd);
    }
}

static void worker_on_tick(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct worker *worker = context;
    worker_look_at_clock(worker);
    for (uint32_t i = 0; i < worker->roster.count; i++) {
        if (worker->roster.slots[i]->fd >= 0) {
            connection_check_time(worker->roster.slots[i]);
        }
    }
    if (worker->index == 0) {
        rates_look(worker->server, worker->now_us);
    }
}

/** A place in a run of messages, moved ahead of the one being run. */
struct ahead {
    const char *at;
    const char *end;
    int stage;
};

static void ahead_fetch(struct ahead *ahead, const struct shard *shard)
{
    if (ahead->at < ahead->end) {
        const struct message *message = (const struct message *)(const void *)ahead->at;
        shard_prefetch(shard, message, ahead->stage);
        ahead->at += message->size;
    }
}

/** Whether a message is for this worker's connections; else it is for its shard. */
static bool message_is_answer(const struct message *message)
{
    return message->answered || message->kind == MESSAGE_OUTCOME;
}

/** Runs a batch of messages: through the shard, or to the connections that wait for them. */
static void worker_run_batch(struct worker *worker, struct buffer *batch)
{
    char *at = batch->bytes + batch->start;
    char *end = batch->bytes + batch->end;
    struct ahead slots = {at, end, 0};
    struct ahead targets = {at, end, 1};
    for (int i = 0; i < PREFETCH_SLOTS; i++) {
        ahead_fetch(&slots, worker->shard);
    }
    for (int i = 0; i < PREFETCH_TARGETS; i++) {
        ahead_fetch(&targets, worker->shard);
    }
    while (at < end) {
        struct message *message = (struct message *)(void *)at;
        at += message->size;
        ahead_fetch(&slots, worker->shard);
        ahead_fetch(&targets, worker->shard);
        if (message_is_answer(message)) {
            dispatch_answer(worker, message);
        } else {
            shard_step(worker->shard, message, &worker->outbox);
        }
    }
}

/** Receives errands, runs what connections asked of the own shard, then what other workers sent. */
static void worker_run(struct worker *worker)
{
    errand_receive(worker);
    if (buffer_length(&worker->run) > 0) {
        worker_run_batch(worker, &worker->run);
        buffer_consume(&worker->run, buffer_length(&worker->run));
    }
    for (unsigned sender = 0; sender < worker->inbox.senders; sender++) {
        struct buffer batch;
        while (inbox_receive(&worker->inbox, sender, &batch)) {
            worker_run_batch(worker, &batch);
            inbox_return(&worker->inbox, sender, &batch);
        }
    }
}

/** Tells the shard the time, when it may have to do something about it. */
static void worker_tell_time(struct worker *worker)
{
    uint64_t now = clock_ns(CLOCK_REALTIME);
    uint64_t since = now - worker->shard_told_ns; /* wraps, and so is large, where the clock was set back */
    bool due = shard_next_deadline(worker->shard) <= now && since >= SHARD_CLOCK_MIN_NS;
    if (worker->draining || (!due && since < SHARD_CLOCK_NS)) {
        return;
    }
    struct clock_message clock = {.head = {.size = sizeof clock, .kind = MESSAGE_CLOCK, .internal = true},
                                  .now = now};
    worker->shard_told_ns = now;
    if (due) {
        (void)sequence_pass(&worker->server->sequence, now); /* a hold expires at its deadline or later */
    }
    shard_step(worker->shard, &clock.head, &worker->outbox);
}

/** Has the worker woken when the next hold expires. The clock may be set meanwhile: then the tick, a second
 * later at most, has the shard told. */
static void worker_set_alarm(struct worker *worker)
{
    uint64_t deadline = shard_next_deadline(worker->shard);
    uint64_t now = clock_ns(CLOCK_REALTIME);
    if (deadline == UINT64_MAX || deadline > now + SHARD_CLOCK_NS) {
        return; /* the tick comes first */
    }
    uint64_t wait = deadline > now + SHARD_CLOCK_MIN_NS ? deadline - now : SHARD_CLOCK_MIN_NS;
    struct timeval delay = {.tv_sec = (time_t)(wait / NS_PER_SECOND),
                            .tv_usec = (suseconds_t)(wait % NS_PER_SECOND / 1000 + 1)};
    event_add(worker->alarm, &delay);
}

/** Gives the turn's records and messages their real numbers. */
static void worker_seal(struct worker *worker)
{
    struct server *server = worker->server;
    uint64_t count = shard_numbers_used(worker->shard);
    struct stamp first = sequence_claim(&server->sequence, count, clock_ns(CLOCK_REALTIME));
    shard_seal(worker->shard, &worker->outbox, first);
    if (count > 0) {
        commitlog_append(&server->log, worker->index, &worker->outbox.records);
    }
}

/** Sends one batch to each other worker that something is for. A full lane keeps its batch for the next turn.
 */
static void worker_send(struct worker *worker)
{
    struct server *server = worker->server;
    for (unsigned to = 0; to < worker->sender.shards; to++) {
        struct buffer *batch = &worker->outbox.to[to];
        if (to == worker->index || buffer_length(batch) == 0) {
            continue;
        }
        if (inbox_send(&server->workers[to].inbox, worker->index, batch)) {
            counter_add(&worker->counters.batches_sent, 1);
        } else {
            worker->more = true;
        }
    }
    if (buffer_length(&worker->surveys) > 0 &&
        !inbox_send(&server->archiver.inbox, worker->index, &worker->surveys)) {
        worker->more = true;
    }
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        if (buffer_length(&worker->inquiries[i]) > 0 &&
            !inbox_send(&server->services[i].inbox, worker->index, &worker->inquiries[i])) {
            worker->more = true;
        }
    }
}

/** Takes what the own shard says to the own connections. A shard never sends to itself. */
static void worker_deliver(struct worker *worker)
{
    struct buffer *own = &worker->outbox.to[worker->index];
    while (buffer_length(own) > 0) {
        const struct message *message = (const struct message *)(const void *)(own->bytes + own->start);
        assert(message_is_answer(message));
        dispatch_answer(worker, message);
        buffer_consume(own, message->size);
    }
}

/** Looks how far the log is. When it has moved on, those who wait for it are settled again. */
static void worker_look_at_log(struct worker *worker)
{
    sequence_t durable = commitlog_durable(&worker->server->log);
    if (durable == worker->durable) {
        return;
    }
    worker->durable = durable;
    struct buffer *waiting = &worker->waiting;
    for (; buffer_length(waiting) > 0; buffer_consume(waiting, sizeof(uint64_t))) {
        uint64_t ticket;
        memcpy(&ticket, waiting->bytes + waiting->start, sizeof ticket);
        struct connection *connection = connection_find(worker, ticket);
        if (connection) {
            connection->waiting = false;
            connection_touch(connection);
        }
    }
}

static void worker_settle(struct worker *worker)
{
    struct connection *connection = worker->dirty;
    worker->dirty = NULL;
    while (connection) {
        struct connection *next = connection->next;
        connection->dirty = false;
        connection_settle(connection);
        connection = next;
    }
}

static void worker_publish(struct worker *worker)
{
    struct counters *counters = &worker->counters;
    struct shard_numbers numbers = shard_count(worker->shard);
    counter_add(&counters->turns, 1);
    counter_set(&counters->accounts, numbers.accounts);
    counter_set(&counters->remembered, numbers.remembered);
    counter_set(&counters->forgotten_early, numbers.forgotten_early);
    counter_set(&counters->holds, numbers.holds);
    counter_set(&counters->prepared, numbers.prepared);
    counter_set(&counters->parked, numbers.parked);
    counter_set(&counters->steps, numbers.steps);
    counter_set(&counters->commits, numbers.commits);
    counter_set(&counters->rejections, numbers.rejections);
    if (numbers.forgotten_early > 0 && !worker->forgets_early) {
        worker->forgets_early = true;
        log_write(LOG_WARN,
                  "worker %u: more ids than its share of %ld MiB holds; the oldest are forgotten before %ld "
                  "seconds, and a retry that late would be executed again",
                  worker->index, (long)worker->server->config.id_memory,
                  (long)worker->server->config.id_window);
    }
}

/** The server stops: no more requests, and every connection closes once it has its answers. */
static void worker_begin_drain(struct worker *worker)
{
    struct timeval tick = {.tv_usec = DRAIN_TICK_US};
    worker->draining = true;
    worker_on_handover(worker->handover_read, EV_READ, worker);
    for (uint32_t i = 0; i < worker->roster.count; i++) {
        if (worker->roster.slots[i]->fd >= 0) {
            connection_drain(worker->roster.slots[i]);
        }
    }
    event_add(worker->tick, &tick);
}

/** Whether the worker may end: every worker's connections have what they are owed, or time is up. */
static bool worker_may_end(struct worker *worker)
{
    struct server *server = worker->server;
    if (!worker->drained && worker->roster.live == 0) {
        worker->drained = true;
        atomic_fetch_sub(&server->undrained, 1);
    }
    return atomic_load(&server->undrained) == 0 || worker->now_us > atomic_load(&server->drain_until_us);
}

/** Waits for events, without sleeping where there is work already, and reads what is ready. All that is read
 * is run in this turn; only what the rest of the turn leaves calls for another at once. */
static void worker_listen(struct worker *worker)
{
    struct commitlog *log = &worker->server->log;
    bool waits = commitlog_lags(log, worker->index) || buffer_length(&worker->waiting) > 0;
    bool sleep = !worker->more && (!waits || commitlog_sleep(log, worker->index, worker->durable)) &&
                 inbox_sleep(&worker->inbox);
    if (sleep) {
        worker_set_alarm(worker);
    }
    worker->looked = false;
    event_base_loop(worker->base, EVLOOP_ONCE | (sleep ? 0 : EVLOOP_NONBLOCK));
    worker_begin_turn(worker);
    inbox_awake(&worker->inbox);
    if (waits) {
        commitlog_awake(log, worker->index);
    }
    worker->more = false;
}

static void *worker_thread(void *context)
{
    struct worker *worker = context;
    char name[16]; /* as long as a thread's may be */
    snprintf(name, sizeof name, "worker-%u", worker->index);
    pthread_setname_np(pthread_self(), name);
    for (;;) {
        worker_listen(worker);
        worker_tell_time(worker);
        worker_run(worker);
        worker_seal(worker);
        worker_send(worker);
        worker_look_at_clock(worker);
        worker_deliver(worker);
        worker_look_at_log(worker);
        worker_settle(worker);
        worker_publish(worker);
        if (atomic_load(&worker->server->phase) == SERVER_RUNNING) {
            continue;
        }
        if (!worker->draining) {
            worker_begin_drain(worker);
            worker->more = true;
        } else if (worker_may_end(worker)) {
            return NULL;
        }
    }
}

static bool events_open(struct worker *worker)
{
    struct timeval second = {.tv_sec = 1};
    worker->base = loop_new();
    if (!worker->base) {
        return false;
    }
    worker->wakeup =
        event_new(worker->base, worker->inbox.wakefd, EV_READ | EV_PERSIST | EV_ET, worker_on_wakeup, worker);
    worker->handover =
        event_new(worker->base, worker->handover_read, EV_READ | EV_PERSIST, worker_on_handover, worker);
    worker->tick = event_new(worker->base, -1, EV_PERSIST, worker_on_tick, worker);
    worker->alarm = event_new(worker->base, -1, 0, worker_on_wakeup, worker);
    event_add(worker->wakeup, NULL);
    event_add(worker->handover, NULL);
    event_add(worker->tick, &second);
    return true;
}

bool worker_open(struct worker *worker, struct server *server, unsigned index)
{
    unsigned count = (unsigned)server->config.workers;
    int ends[2];
    *worker = (struct worker){
        .server = server,
        .index = index,
        .sender = {.seed = server->seed, .shards = count, .origin = (uint8_t)index},
        .slowlog = {.capacity = (uint32_t)server->config.slowlog_max_len,
                    .slower_us =
                        server->config.slowlog_max_len > 0 ? server->config.slowlog_slower_than : -1},
    };
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return false;
    }
    worker->handover_read = ends[0];
    worker->handover_write = ends[1];
    if (!inbox_open(&worker->inbox, count + 1 + SERVICE_COUNT) || !events_open(worker)) {
        return false;
    }
    commitlog_watch(&server->log, index, worker->inbox.wakefd);
    struct shard_config config = {
        .index = index,
        .count = count,
        .seed = server->seed,
        .id_window_ns = (uint64_t)server->config.id_window * NS_PER_SECOND,
        .id_memory = ((uint64_t)server->config.id_memory << 20) / count,
    };
    worker->shard = shard_create(&config);
    worker->sender.stripes = shard_stripes(worker->shard);
    worker_look_at_clock(worker);
    return true;
}

bool worker_start(struct worker *worker)
{
    errno = pthread_create(&worker->thread, NULL, worker_thread, worker);
    return errno == 0;
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

/** Closes what draining left open and releases the slots. */
static void roster_close(struct worker *worker)
{
    struct roster *roster = &worker->roster;
    if (roster->live > 0) {
        log_write(LOG_WARN, "worker %u: %u clients did not read their answers in time", worker->index,
                  roster->live);
    }
    for (uint32_t i = 0; i < roster->count; i++) {
        if (roster->slots[i]->fd >= 0) {
            roster->slots[i]->dirty = false;
            connection_close(roster->slots[i]);
        }
    }
    for (uint32_t i = 0; i < roster->count; i++) {
        free(roster->slots[i]);
    }
    free(roster->slots);
}

void worker_close(struct worker *worker)
{
    roster_close(worker);
    errand_discard(worker);
    slowlog_close(&worker->slowlog);
    event_free(worker->wakeup);
    event_free(worker->handover);
    event_free(worker->tick);
    event_free(worker->alarm);
    event_base_free(worker->base);
    close(worker->handover_read);
    close(worker->handover_write);
    inbox_close(&worker->inbox);
    shard_free(worker->shard);
    for (unsigned to = 0; to < SHARDS_MAX; to++) {
        buffer_free(&worker->outbox.to[to]);
    }
    buffer_free(&worker->outbox.records);
    buffer_free(&worker->surveys);
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        buffer_free(&worker->inquiries[i]);
    }
    buffer_free(&worker->waiting);
    buffer_free(&worker->run);
    buffer_free(&worker->input);
    buffer_free(&worker->draft);
    buffer_free(&worker->rendered);
}
