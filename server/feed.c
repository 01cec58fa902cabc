/* feed.c: the service's loop. */
#include "server/feed.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "server/feed_render.h"
#include "server/feed_source.h"
#include "server/log.h"
#include "server/server.h"

/* Bytes of records after which a page ends before its count is reached: at most a few MiB of reply. */
#define PAGE_BYTES 262144

/* Followers get what processor time the workers leave, before the snapshot does. */
#define NICENESS 5

/* How long after the last question what is kept in memory for followers is given up. */
#define IDLE_MS 60000

/** A follower that waits for its answer. */
struct follower {
    struct message head; /* of its inquiry */
    sequence_t seen;     /* what must be durable before it is answered */
    sequence_t from;
    unsigned count;
    int version;          /* of the protocol */
    uint64_t deadline_ms; /* monotonic clock: when it is told that there is nothing; UINT64_MAX: never */
    bool answered;
};

struct feed {
    struct service *service;
    struct feed_source source;
    struct buffer followers; /* struct follower, in the order of their coming */
    struct buffer records;   /* the page being answered */
    struct buffer reply;
    bool open;          /* the source is */
    uint64_t now_ms;    /* monotonic clock */
    uint64_t last_ms;   /* when somebody asked last */
    sequence_t durable; /* as of the start of the pass */
    sequence_t reach;   /* what the source can tell now */
    sequence_t wanted;  /* the lowest number that somebody waits for; none: UINT64_MAX */
    uint64_t wake_ms;   /* the first deadline */
    bool behind;        /* somebody waits for what is durable and not read yet */
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct follower *follower_at(const struct feed *feed, size_t place)
{
    return (struct follower *)(void *)(feed->followers.bytes + feed->followers.start) + place;
}

static size_t follower_count(const struct feed *feed)
{
    return buffer_length(&feed->followers) / sizeof(struct follower);
}

/** Has the follower that asked under a ticket wait no longer, if it still does. */
static void follower_release(const struct feed *feed, const struct inquiry *inquiry)
{
    for (size_t i = 0; i < follower_count(feed); i++) {
        struct follower *follower = follower_at(feed, i);
        if (follower->head.ticket == inquiry->head.ticket && follower->head.origin == inquiry->head.origin) {
            follower->deadline_ms = 0;
        }
    }
}

static void follower_add(struct feed *feed, const struct inquiry *inquiry)
{
    struct follower follower = {.head = inquiry->head,
                                .seen = inquiry->seen,
                                .from = inquiry->from.value,
                                .count = inquiry->count,
                                .version = inquiry->version,
                                .deadline_ms = UINT64_MAX};
    if (!inquiry->waits) {
        follower.deadline_ms = 0;
    } else if (inquiry->wait_ms > 0) {
        follower.deadline_ms = feed->now_ms + inquiry->wait_ms;
    }
    buffer_append(&feed->followers, &follower, sizeof follower);
}

/** Takes in what has come. */
static void followers_take(struct feed *feed)
{
    struct buffer *waiting = &feed->service->waiting;
    service_receive(feed->service);
    feed->now_ms = clock_ms();
    while (buffer_length(waiting) > 0) {
        const struct inquiry *inquiry =
            (const struct inquiry *)(const void *)(waiting->bytes + waiting->start);
        feed->last_ms = feed->now_ms;
        if (inquiry->releases) {
            follower_release(feed, inquiry);
        } else {
            follower_add(feed, inquiry);
        }
        buffer_consume(waiting, inquiry->head.size);
    }
}

/** Sends what is in feed->reply. */
static void follower_answer(struct feed *feed, struct follower *follower, sequence_t seen)
{
    service_answer(feed->service, &follower->head, &feed->reply, seen);
    buffer_consume(&feed->reply, buffer_length(&feed->reply));
    follower->answered = true;
}

static void follower_refuse(struct feed *feed, struct follower *follower, const char *code, const char *error)
{
    struct reply reply = {.out = &feed->reply, .version = follower->version};
    buffer_consume(&feed->reply, buffer_length(&feed->reply));
    reply_error(&reply, code, error, strlen(error));
    follower_answer(feed, follower, feed->reach);
}

static void follower_answer_nothing(struct feed *feed, struct follower *follower)
{
    struct reply reply = {.out = &feed->reply, .version = follower->version};
    reply_nil(&reply);
    follower_answer(feed, follower, feed->durable);
}

/** Counts the records of a page. */
static size_t page_count(const struct buffer *records)
{
    size_t count = 0;
    for (const char *at = records->bytes + records->start; at < records->bytes + records->end; count++) {
        at += ((const struct record *)(const void *)at)->size;
    }
    return count;
}

/** Renders feed->records. False, with `error`, when an account has no name. */
static bool page_render(struct feed *feed, int version, char *error)
{
    struct reply reply = {.out = &feed->reply, .version = version};
    const struct buffer *records = &feed->records;
    reply_array(&reply, page_count(records));
    for (const char *at = records->bytes + records->start; at < records->bytes + records->end;) {
        const struct record *record = (const struct record *)(const void *)at;
        if (!feed_render(&reply, record, &feed->source.names, error)) {
            return false;
        }
        at += record->size;
    }
    return true;
}

/** Answers with the records from a number that can be read. */
static void follower_answer_page(struct feed *feed, struct follower *follower)
{
    char error[JOURNAL_ERROR_MAX];
    buffer_consume(&feed->records, buffer_length(&feed->records));
    enum feed_found found =
        feed_source_read(&feed->source, follower->from, follower->count, PAGE_BYTES, &feed->records, error);
    if (found == FEED_GONE) {
        follower_refuse(feed, follower, "GONE", error);
    } else if (found == FEED_FOUND && page_render(feed, follower->version, error)) {
        follower_answer(feed, follower, feed->durable);
    } else {
        log_write(LOG_WARN, "a follower from number %lu can't be answered: %s", follower->from, error);
        follower_refuse(feed, follower, "ERR", error);
    }
}

/** Answers a follower if it can be, and notes what it waits for otherwise. */
static void follower_look(struct feed *feed, struct follower *follower)
{
    sequence_t from = follower->from;
    if (follower->seen <= feed->durable && from <= feed->reach) {
        follower_answer_page(feed, follower);
    } else if (follower->seen <= feed->durable && from <= feed->durable) {
        feed->behind = true;
    } else if (follower->seen <= feed->durable && follower->deadline_ms <= feed->now_ms) {
        follower_answer_nothing(feed, follower);
    } else {
        sequence_t wanted = follower->seen > feed->durable ? follower->seen : from;
        if (wanted < feed->wanted) {
            feed->wanted = wanted;
        }
        if (follower->deadline_ms < feed->wake_ms && follower->seen <= feed->durable) {
            feed->wake_ms = follower->deadline_ms;
        }
    }
}

/** Answers whom it can, and keeps the others. */
static void followers_look(struct feed *feed)
{
    size_t count = follower_count(feed);
    size_t kept = 0;
    feed->durable = commitlog_durable(&feed->service->server->log);
    feed->reach = count > 0 ? feed_source_reach(&feed->source) : 0;
    feed->wanted = UINT64_MAX;
    feed->wake_ms = UINT64_MAX;
    feed->behind = false;
    for (size_t i = 0; i < count; i++) {
        struct follower *follower = follower_at(feed, i);
        if (service_draining(feed->service)) {
            follower->deadline_ms = 0;
        }
        follower_look(feed, follower);
        if (!follower->answered) {
            *follower_at(feed, kept++) = *follower;
        }
    }
    feed->followers.end = feed->followers.start + kept * sizeof(struct follower);
}

/** Answers everybody who waits for what can't be read. */
static void followers_refuse(struct feed *feed, const char *error)
{
    log_write(LOG_WARN, "followers can't be answered: %s", error);
    for (size_t i = 0; i < follower_count(feed); i++) {
        follower_refuse(feed, follower_at(feed, i), "ERR", error);
    }
    buffer_consume(&feed->followers, buffer_length(&feed->followers));
}

/** Opens what followers are answered from, if anybody follows. False, with `error`, when it can't be. */
static bool feed_open(struct feed *feed, char *error)
{
    struct server *server = feed->service->server;
    if (!feed->open && follower_count(feed) > 0) {
        feed->open =
            feed_source_open(&feed->source, server->config.dir, archive_ledger(server->archiver.archive),
                             &server->archiver.counters.number, error);
        return feed->open;
    }
    return true;
}

static void feed_close(struct feed *feed)
{
    if (feed->open) {
        feed_source_close(&feed->source);
    }
    buffer_free(&feed->records);
    buffer_free(&feed->reply);
    feed->open = false;
}

/** Sleeps until there may be something to do. */
static void feed_rest(struct feed *feed)
{
    uint64_t wake_ms = feed->wake_ms;
    if (feed->open && follower_count(feed) == 0) {
        wake_ms = feed->last_ms + IDLE_MS;
        if (wake_ms <= feed->now_ms) {
            feed_close(feed);
            wake_ms = UINT64_MAX;
        }
    }
    int timeout_ms = -1;
    if (wake_ms != UINT64_MAX) {
        uint64_t left_ms = wake_ms > feed->now_ms ? wake_ms - feed->now_ms : 0;
        timeout_ms = left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
    }
    service_rest(feed->service, feed->wanted - 1, timeout_ms);
}

/** One pass: answers whom it can, and either reads on or sleeps. */
static void feed_turn(struct feed *feed)
{
    char error[JOURNAL_ERROR_MAX];
    followers_take(feed);
    if (!feed_open(feed, error)) {
        followers_refuse(feed, error);
    }
    followers_look(feed);
    if (!feed->behind) {
        feed_rest(feed);
    } else if (!feed_source_advance(&feed->source, feed->durable, error)) {
        followers_refuse(feed, error);
    }
}

void *feed_thread(void *context)
{
    struct feed feed = {.service = context};
    pthread_setname_np(pthread_self(), "feed");
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    while (!service_stopping(feed.service)) {
        feed_turn(&feed);
    }
    feed_close(&feed);
    buffer_free(&feed.followers);
    return NULL;
}
