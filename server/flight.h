/* flight.h: the requests of one connection that are not answered yet, in the order in which they came.
 *
 * Answers may come back in any order, but leave in request order: an answer that is first goes straight to
 * the output, others wait here as compactly as they can. And a request that touches an account or a transfer
 * id with one still in flight may not start: flight_admits tells. Two requests for one and the same shard
 * never wait for each other, since lanes and the shard keep their order. An inquiry to a service, which tells
 * of everything before it, is in flight alone.
 */
#ifndef BURSAR_SERVER_FLIGHT_H
#define BURSAR_SERVER_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/message.h"
#include "proto/buffer.h"
#include "proto/resp.h"
#include "server/keyset.h"

/** Requests in flight on one connection: enough for the deepest pipelines to fill a turn of every worker. A
 *  power of two, and less than 65536, so that 16 bits tell them apart. */
#define FLIGHT_MAX 4096

/** Keys in flight on one connection: what bounds the memory of many large requests. */
#define FLIGHT_KEYS_MAX 16384

/** Bytes of a text that a request may keep for the rendering of its answer: an id, a pattern. */
#define FLIGHT_ASIDE_MAX 255

enum flight_state {
    FLIGHT_OPEN,   /* no answer yet */
    FLIGHT_NUMBER, /* answered: an integer */
    FLIGHT_TEXT    /* answered: reply bytes in `stored` */
};

/** One request. */
struct flight {
    union {
        int64_t number; /* NUMBER */
        struct {
            uint32_t offset; /* TEXT: in stored.bytes */
            uint32_t length;
        } text;
    };
    sequence_t seen;     /* answered: what must be durable before the client hears of it */
    uint32_t started_us; /* when it was parsed: microseconds of the monotonic clock, wrapping */
    uint32_t aside;      /* place of its keys, and after them its text, in the stream of asides */
    uint16_t key_count;
    uint8_t aside_length; /* bytes of its text */
    uint8_t state;        /* enum flight_state */
    uint8_t command;      /* enum command_id: how its answer is rendered */
    uint8_t version;      /* of the protocol its answer is rendered in */
};

/** A zeroed one is empty and owns no memory. */
struct flights {
    struct flight *slots; /* owned ring; capacity is a power of two, or 0 */
    uint32_t capacity;
    uint32_t head;         /* requests ever retired */
    uint32_t tail;         /* requests ever begun */
    struct buffer asides;  /* keys and texts, in request order */
    uint32_t asides_begun; /* place of asides' first byte in the stream */
    struct buffer stored;  /* reply bytes of answers that wait, in the order of their coming */
    size_t stored_live;    /* bytes of stored that are still wanted */
    struct keyset keys;    /* of everything in flight, where there is more than one shard */
    uint64_t view;         /* that everything in flight was composed with: else keys would not compare */
    uint64_t members;      /* the one shard that everything in flight goes to, as a member bit; 0: several */
    bool restarts;         /* something in flight may begin anew on another shard */
    bool alone;            /* nothing may start beside the request in flight */
    bool holds;            /* only captures, voids and extensions may start beside those in flight */
};

/** What a request brings along. */
struct flight_plan {
    const struct message *message; /* composed; read only during the call */
    struct slice text;             /* kept for the answer's rendering: at most FLIGHT_ASIDE_MAX bytes */
    uint64_t view; /* which accounts were taken for spread: stripes.changes when it was composed */
    uint32_t started_us;
    uint8_t command;
    uint8_t version;
    bool lone; /* there is one shard only: nothing ever waits, no keys are kept */
};

/** Requests in flight. */
static inline uint32_t flight_count(const struct flights *flights)
{
    return flights->tail - flights->head;
}

/** Whether a composed request may start now, beside what is in flight. Where nothing is, always. */
bool flight_admits(const struct flights *flights, const struct flight_plan *plan);

/** The 16 bits that will name the next request that begins: they go into its ticket. */
static inline uint16_t flight_next(const struct flights *flights)
{
    return (uint16_t)flights->tail;
}

/** Begins a request that flight_admits; fewer than FLIGHT_MAX may be in flight. */
void flight_begin(struct flights *flights, const struct flight_plan *plan);

/** Begins a request that asks the workers, not their shards; fewer than FLIGHT_MAX may be in flight. */
void flight_begin_errand(struct flights *flights, uint8_t version, uint32_t started_us);

/** Adds an answer that needs no shard, behind those in flight, of which there must be one. */
void flight_store_reply(struct flights *flights, const struct buffer *reply, uint32_t started_us);

/** The request that the ticket's 16 bits name; it is in flight and open. */
struct flight *flight_find(struct flights *flights, uint16_t name);

/** The oldest request in flight; NULL: there is none. */
const struct flight *flight_oldest(const struct flights *flights);

/** Whether it is the oldest: then its answer may go straight to the output, and flight_retire follows. */
bool flight_is_first(const struct flights *flights, const struct flight *flight);

/** The text it was begun with. */
struct slice flight_text(const struct flights *flights, const struct flight *flight);

/** Keeps the reply bytes of an answer whose turn has not come. */
void flight_store_text(struct flights *flights, struct flight *flight, const struct buffer *reply);

/** Removes the oldest request, whose answer went out. */
void flight_retire(struct flights *flights);

/** The oldest request when it has been answered; else NULL. Its text is at stored.bytes + text.offset. */
const struct flight *flight_ready(const struct flights *flights);

/** Releases everything. */
void flight_free(struct flights *flights);

#endif
