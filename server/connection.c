/* connection.c: reading, writing and closing sockets. */
#include "server/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/reply.h"
#include "server/dispatch.h"
#include "server/log.h"
#include "server/memory.h"
#include "server/server.h"

/* One read: a few hundred requests, what a turn works on at a time. */
#define READ_SIZE 65536

/* Buffers of an idle connection above this size are released, so that many of them cost little. */
#define KEEP_MAX 16384

/* How long a client that was told goodbye has to read it before the socket is closed under it. */
#define LINGER_US 2000000

/* Reads of a client's last bytes before its connection is closed at a stop. */
#define DISCARD_READS 64

/* A ticket: which connection, which use of its slot, which of its requests. */
#define TICKET_INDEX_BITS      24
#define TICKET_GENERATION_BITS 24
#define TICKET_NAME_BITS       16

/** Answers up to `end` in the stream of answers may leave once `seen` is durable. */
struct mark {
    sequence_t seen;
    uint64_t end;
    uint32_t answered; /* how many answers that makes, as struct kept counts them */
};

static void connection_on_readable(evutil_socket_t fd, short what, void *context);
static void connection_on_writable(evutil_socket_t fd, short what, void *context);

static struct connection *roster_take(struct worker *worker)
{
    struct roster *roster = &worker->roster;
    struct connection *connection = roster->free;
    if (connection) {
        roster->free = connection->next;
        return connection;
    }
    if (roster->count == roster->capacity) {
        uint32_t capacity = roster->capacity ? roster->capacity * 2 : 64;
        struct connection **slots = memory_zeroed(capacity, sizeof(struct connection *));
        for (uint32_t i = 0; i < roster->count; i++) {
            slots[i] = roster->slots[i];
        }
        free(roster->slots);
        roster->slots = slots;
        roster->capacity = capacity;
    }
    assert(roster->count < (1U << TICKET_INDEX_BITS));
    connection = memory_zeroed(1, sizeof *connection);
    connection->index = roster->count;
    roster->slots[roster->count++] = connection;
    return connection;
}

void connection_open(struct worker *worker, int fd)
{
    struct connection *connection = roster_take(worker);
    *connection = (struct connection){
        .worker = worker,
        .fd = fd,
        .index = connection->index,
        .generation = connection->generation,
        .input_needed = 1,
        .session = {.id = atomic_fetch_add(&worker->server->client_ids, 1) + 1,
                    .connected_us = worker->now_us,
                    .version = 2},
        .active_us = worker->now_us,
        .command = COMMAND_COUNT,
        .reading = true,
    };
    event_assign(&connection->readable, worker->base, fd, EV_READ | EV_PERSIST, connection_on_readable,
                 connection);
    event_assign(&connection->writable, worker->base, fd, EV_WRITE | EV_PERSIST, connection_on_writable,
                 connection);
    event_add(&connection->readable, NULL);
    worker->roster.live++;
    counter_add(&worker->counters.connections_received, 1);
    counter_add(&worker->counters.connections, 1);
}

void connection_close(struct connection *connection)
{
    struct worker *worker = connection->worker;
    assert(connection->fd >= 0 && !connection->dirty);
    dispatch_release(connection);
    event_del(&connection->readable);
    event_del(&connection->writable);
    close(connection->fd);
    connection->fd = -1;
    connection->generation = (connection->generation + 1) & ((1U << TICKET_GENERATION_BITS) - 1);
    buffer_free(&connection->input);
    buffer_free(&connection->held.bytes);
    buffer_free(&connection->output);
    buffer_free(&connection->marks);
    buffer_free(&connection->kept.requests);
    flight_free(&connection->flights);
    multi_reset(&connection->multi);
    connection->next = worker->roster.free;
    worker->roster.free = connection;
    worker->roster.live--;
    counter_set(&worker->counters.connections, worker->roster.live);
    atomic_fetch_sub(&worker->server->clients, 1);
}

static uint64_t ticket_of(const struct connection *connection, uint16_t name)
{
    return (uint64_t)connection->index << (TICKET_GENERATION_BITS + TICKET_NAME_BITS) |
           (uint64_t)connection->generation << TICKET_NAME_BITS | name;
}

uint64_t connection_ticket(const struct connection *connection)
{
    return ticket_of(connection, flight_next(&connection->flights));
}

uint64_t connection_ticket_oldest(const struct connection *connection)
{
    return ticket_of(connection, (uint16_t)connection->flights.head);
}

struct connection *connection_find(struct worker *worker, uint64_t ticket)
{
    uint32_t index = (uint32_t)(ticket >> (TICKET_GENERATION_BITS + TICKET_NAME_BITS));
    uint32_t generation = (uint32_t)(ticket >> TICKET_NAME_BITS) & ((1U << TICKET_GENERATION_BITS) - 1);
    assert(index < worker->roster.count);
    struct connection *connection = worker->roster.slots[index];
    return connection->fd >= 0 && connection->generation == generation ? connection : NULL;
}

bool connection_accepts(const struct connection *connection)
{
    return !connection->ended && !connection->broken && !connection->on_errand &&
           buffer_length(&connection->held.bytes) == 0 && flight_count(&connection->flights) < FLIGHT_MAX &&
           buffer_length(&connection->output) + connection->flights.stored_live < CONNECTION_OUTPUT_PAUSE;
}

void connection_touch(struct connection *connection)
{
    if (!connection->dirty) {
        connection->dirty = true;
        connection->next = connection->worker->dirty;
        connection->worker->dirty = connection;
    }
}

/** One read into `input`. False when there was nothing to take. */
static bool connection_receive(struct connection *connection, struct buffer *input)
{
    char *room = buffer_reserve(input, READ_SIZE);
    ssize_t length = recv(connection->fd, room, READ_SIZE, 0);
    if (length > 0) {
        input->end += (size_t)length;
        connection->active_us = connection->worker->now_us;
        counter_add(&connection->worker->counters.bytes_in, (uint64_t)length);
        return true;
    }
    if (length == 0) {
        connection->hung_up = true;
        dispatch_release(connection);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection->broken = true;
    }
    return false;
}

static void connection_on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct connection *connection = context;
    struct buffer *shared = &connection->worker->input;
    bool backlog = buffer_length(&connection->input) > 0;
    worker_begin_turn(connection->worker);
    struct buffer *input = backlog ? &connection->input : shared;
    connection_touch(connection);
    if (connection_receive(connection, input)) {
        dispatch_input(connection, input);
    }
    if (!backlog) {
        buffer_append(&connection->input, shared->bytes + shared->start, buffer_length(shared));
        buffer_consume(shared, buffer_length(shared));
    }
}

static void connection_on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct connection *connection = context;
    event_del(&connection->writable);
    connection->writing = false;
    connection_touch(connection);
}

/** How many bytes of output may leave: those whose numbers are durable. */
static size_t output_releasable(struct connection *connection)
{
    sequence_t durable = connection->worker->durable;
    uint64_t end = connection->output_begun + buffer_length(&connection->output);
    struct buffer *marks = &connection->marks;
    if (connection->output_seen > durable || (buffer_length(marks) > 0 && connection->output_marked < end)) {
        struct mark mark = {connection->output_seen, end, connection->kept.answered};
        buffer_append(marks, &mark, sizeof mark);
        connection->output_marked = end;
    } else if (buffer_length(marks) == 0) {
        connection->output_free = end;
        slowlog_release(connection, connection->kept.answered);
    }
    connection->output_seen = 0;
    while (buffer_length(marks) > 0) {
        const struct mark *mark = (const struct mark *)(const void *)(marks->bytes + marks->start);
        if (mark->seen > durable) {
            break;
        }
        connection->output_free = mark->end;
        slowlog_release(connection, mark->answered);
        buffer_consume(marks, sizeof *mark);
    }
    return (size_t)(connection->output_free - connection->output_begun);
}

static void connection_write(struct connection *connection)
{
    size_t length = output_releasable(connection);
    while (length > 0 && !connection->writing) {
        const struct buffer *output = &connection->output;
        ssize_t sent = send(connection->fd, output->bytes + output->start, length, MSG_NOSIGNAL);
        if (sent >= 0) {
            buffer_consume(&connection->output, (size_t)sent);
            connection->output_begun += (uint64_t)sent;
            counter_add(&connection->worker->counters.bytes_out, (uint64_t)sent);
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            event_add(&connection->writable, NULL);
            connection->writing = true;
        } else if (errno != EINTR) {
            connection->broken = true;
            return;
        }
    }
}

/** Reads only while the backlog has room for it. */
static void connection_pace_reading(struct connection *connection)
{
    bool want = !connection->hung_up && !connection->worker->draining &&
                buffer_length(&connection->input) < RESP_REQUEST_MAX;
    if (want == connection->reading) {
        return;
    }
    connection->reading = want;
    if (want) {
        event_add(&connection->readable, NULL);
    } else {
        event_del(&connection->readable);
    }
}

static void connection_shrink(struct connection *connection)
{
    struct buffer *buffers[] = {&connection->input, &connection->output, &connection->marks,
                                &connection->kept.requests};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        if (buffer_length(buffers[i]) == 0 && buffers[i]->capacity > KEEP_MAX) {
            buffer_free(buffers[i]);
        }
    }
}

/** Whether everything that was asked has been answered and written. */
static bool connection_is_done(const struct connection *connection)
{
    return connection->ended && flight_count(&connection->flights) == 0 &&
           buffer_length(&connection->held.bytes) == 0 && buffer_length(&connection->output) == 0;
}

/** Throws away what a client still sent as the server stops: closing over it would reset the connection and
 * could take our last answer with it. Bounded, since a client may never end. */
static void connection_discard(struct connection *connection)
{
    struct buffer *waste = &connection->worker->input;
    for (int reads = 0; reads < DISCARD_READS && connection_receive(connection, waste); reads++) {
        buffer_consume(waste, buffer_length(waste));
    }
}

/** Says goodbye. Closing while the client still sends would reset the connection and could take our last
 * answer with it: so what it sends is thrown away for a moment first. */
static void connection_finish(struct connection *connection)
{
    if (connection->worker->draining) {
        connection_discard(connection);
        connection->broken = true;
    } else if (connection->hung_up) {
        connection->broken = true;
    } else if (connection->linger_until_us == 0) {
        shutdown(connection->fd, SHUT_WR);
        connection->linger_until_us = connection->worker->now_us + LINGER_US;
    }
}

/** Has the connection settled again when the log has moved on, if its output waits for that. */
static void connection_await_log(struct connection *connection)
{
    if (buffer_length(&connection->marks) > 0 && !connection->waiting) {
        uint64_t ticket = connection_ticket(connection);
        connection->waiting = true;
        buffer_append(&connection->worker->waiting, &ticket, sizeof ticket);
    }
}

void connection_settle(struct connection *connection)
{
    if (!connection->broken) {
        connection_write(connection);
        connection_await_log(connection);
        dispatch_resume(connection);
    }
    size_t unread = buffer_length(&connection->output) + connection->flights.stored_live;
    if (unread > CONNECTION_OUTPUT_MAX) {
        log_write(LOG_WARN, "client %lu closed: it has %zu bytes of answers unread, at most %d are kept",
                  connection->session.id, unread, CONNECTION_OUTPUT_MAX);
        connection->broken = true;
    }
    if (connection_is_done(connection)) {
        connection_finish(connection);
    }
    if (connection->broken) {
        if (connection->dirty) {
            connection->worker->more = true; /* closes when it is settled again */
            return;
        }
        connection_close(connection);
        return;
    }
    connection_pace_reading(connection);
    connection_shrink(connection);
}

void connection_check_time(struct connection *connection)
{
    uint64_t now_us = connection->worker->now_us;
    int64_t timeout = connection->worker->server->config.timeout;
    if (connection->linger_until_us != 0 && now_us > connection->linger_until_us) {
        connection->broken = true;
        connection_touch(connection);
    }
    if (connection->unfinished_us != 0 && now_us - connection->unfinished_us > (uint64_t)timeout * 1000000) {
        dispatch_timeout(connection);
    }
}

void connection_drain(struct connection *connection)
{
    connection->ended = true;
    connection_touch(connection);
}
