/* worker.h: one thread that owns one shard and its share of the connections.
 *
 * A worker lives in turns: read every socket that is ready, run what came for its shard, claim sequence
 * numbers once for all of it, send one batch to each other worker, and write once to each connection. Nothing
 * of a turn leaves before its numbers are claimed. Nobody else touches its shard or its connections.
 */
#ifndef BURSAR_SERVER_WORKER_H
#define BURSAR_SERVER_WORKER_H

#include <event2/event.h>
#include <pthread.h>

#include "ledger/compose.h"
#include "ledger/outbox.h"
#include "ledger/shard.h"
#include "server/counters.h"
#include "server/inbox.h"
#include "server/inquiry.h"
#include "server/slowlog.h"

struct connection;
struct server;

/** The connections of one worker. */
struct roster {
    struct connection **slots; /* owned, and what they point to; a connection's index never changes */
    uint32_t count;            /* slots ever used */
    uint32_t capacity;
    uint32_t live;           /* connections that are open */
    struct connection *free; /* closed ones, to be used again */
};

/* A few exist, so their padding does not matter. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct worker {
    struct inbox inbox;
    struct server *server;
    unsigned index;
    pthread_t thread;
    struct event_base *base;
    struct event *wakeup;   /* the inbox has something, or the server stops */
    struct event *handover; /* the acceptor sends a connection */
    struct event *tick;     /* once a second: what has waited too long? */
    struct event *alarm;    /* a hold expires */
    int handover_read;      /* pipe of accepted sockets, each an int */
    int handover_write;     /* the acceptor's end */

    struct shard *shard;
    struct buffer run;                      /* messages for the own shard, to be run this turn */
    struct outbox outbox;                   /* what the turn leaves for others and for the log */
    struct buffer surveys;                  /* and for the archiver, */
    struct buffer inquiries[SERVICE_COUNT]; /* and for each service */
    struct sender sender;                   /* how requests are composed here; its ticket changes with each */
    struct roster roster;
    struct slowlog slowlog;
    _Atomic(struct errand *) errands; /* those that wait here, the newest first: any worker's thread adds */
    struct connection *dirty;         /* connections to settle at the end of the turn */
    struct buffer waiting;            /* tickets of connections whose output waits for the log */
    sequence_t durable;               /* how far the log was safe at the end of the turn's work */
    bool more;                        /* there is work that no event will announce */
    bool draining;                    /* the server stops: no more requests are read */
    bool drained;                     /* and no connection is left */

    struct buffer input;    /* what a connection without a backlog reads into */
    struct buffer draft;    /* the message being composed */
    struct buffer rendered; /* an answer whose turn has not come */
    struct request request; /* the request being read */
    uint64_t shard_told_ns; /* the time that the shard was told last, since the epoch */
    bool forgets_early;     /* the log was told of that */
    uint64_t now_us;        /* monotonic clock, read once before and once after the turn's work */
    bool looked;            /* it was read since the turn began */
    uint64_t ids_made;      /* transfer ids given out for '*' */
    struct counters counters;
};

/** Prepares worker `index`; its thread does not run yet. False, with errno set, when the system refuses. */
bool worker_open(struct worker *worker, struct server *server, unsigned index);

/** Starts its thread. False, with errno set, when the system refuses. */
bool worker_start(struct worker *worker);

/** Waits for its thread to end: after server's phase left SERVER_RUNNING. */
void worker_join(struct worker *worker);

/** Releases everything; no worker's thread may run any more. */
void worker_close(struct worker *worker);

/** Brings now_us up to date. Worker's thread. */
void worker_look_at_clock(struct worker *worker);

/** Brings now_us up to date unless that was done since the turn began: what is about to be read did not wait
 * while the worker slept. Worker's thread. */
void worker_begin_turn(struct worker *worker);

#endif
