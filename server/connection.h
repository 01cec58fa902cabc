/* connection.h: one client's socket: bytes in, bytes out, and the bounds on what it may make the server hold.
 *
 * Raw events and own buffers: a connection is read once a turn, into the worker's buffer unless it has a
 * backlog, and written once a turn. Write events are asked for only while the socket's buffer is full.
 */
#ifndef BURSAR_SERVER_CONNECTION_H
#define BURSAR_SERVER_CONNECTION_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger/message.h"
#include "proto/buffer.h"
#include "server/flight.h"
#include "server/multi.h"
#include "server/session.h"
#include "server/slowlog.h"

struct worker;

/** Unread answers above which no further request of the connection is taken. */
#define CONNECTION_OUTPUT_PAUSE 1048576

/** Unread answers above which the connection is closed. */
#define CONNECTION_OUTPUT_MAX 67108864

/** A composed request that must wait for others of its connection. */
struct held {
    struct buffer bytes; /* the message, then the text for its answer's rendering; empty: nothing is held */
    uint64_t view;       /* as in its flight_plan */
    uint8_t command;
    uint8_t text_length;
};

struct connection {
    struct worker *worker;
    int fd; /* -1: closed, waiting to be used again */
    uint32_t index;
    uint32_t generation; /* how often the slot was used: answers for an earlier use are dropped */
    struct event readable;
    struct event writable;
    struct session session;
    struct kept kept;   /* what its requests asked, until their answers leave */
    uint64_t active_us; /* monotonic clock: when it last sent something */
    uint8_t command;    /* enum command_id of its newest request; COMMAND_COUNT: none that is known */
    bool on_errand;     /* its newest request is an errand: no other is taken before it is answered */

    struct buffer input;    /* backlog: bytes read and not yet parsed */
    size_t input_needed;    /* bytes of backlog worth another try */
    uint64_t unfinished_us; /* since when a request is half there; 0: none is */
    struct held held;
    struct flights flights;
    struct multi multi;

    struct buffer output;   /* answers not yet written */
    uint64_t output_begun;  /* place of output's first byte in the stream of answers */
    uint64_t output_free;   /* place up to which answers may leave */
    uint64_t output_marked; /* place of the last mark */
    struct buffer marks;    /* what output waits for: a queue of struct mark (connection.c) */
    sequence_t output_seen; /* what the answers since the last mark depend on */

    struct connection *next;  /* in the dirty list, or in the free list */
    uint64_t linger_until_us; /* 0, or when a connection that was told goodbye is closed */
    bool dirty;               /* in the worker's list of connections to settle */
    bool waiting;             /* in the worker's list of those whose output waits for the log */
    bool reading;             /* the read event is on */
    bool writing;             /* the write event is on: the socket's buffer is full */
    bool hung_up;             /* the client will send no more */
    bool ended;               /* no more requests are taken; closes when all is answered */
    bool broken;              /* closes at the end of the turn */
};

/** Takes over an accepted, nonblocking socket. */
void connection_open(struct worker *worker, int fd);

/** The connection that a ticket names; NULL when it was closed since. */
struct connection *connection_find(struct worker *worker, uint64_t ticket);

/** The ticket of the connection's next request: it comes back with the answer. */
uint64_t connection_ticket(const struct connection *connection);

/** The ticket of its oldest request in flight. */
uint64_t connection_ticket_oldest(const struct connection *connection);

/** Whether another request may be taken now. */
bool connection_accepts(const struct connection *connection);

/** Notes that there is something to settle at the end of the turn. */
void connection_touch(struct connection *connection);

/** Settles what the turn left: writes answers, takes requests that had to wait, closes. */
void connection_settle(struct connection *connection);

/** Ends what has waited too long. Once a second. */
void connection_check_time(struct connection *connection);

/** Takes no more requests, as the server stops. */
void connection_drain(struct connection *connection);

/** Closes at once. */
void connection_close(struct connection *connection);

#endif
