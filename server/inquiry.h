/* inquiry.h: what a worker asks a service, and what it hears.
 *
 * Some questions no shard can answer, since they are about what is no longer in memory: a service (service.h)
 * reads the disk for them. An inquiry is composed, held back and ordered like a message to a shard, but goes
 * to the service's inbox and comes back as a finished reply. The ledger knows nothing of it: its kind is none
 * of enum message_kind.
 */
#ifndef BURSAR_SERVER_INQUIRY_H
#define BURSAR_SERVER_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/compose.h"
#include "ledger/message.h"
#include "proto/buffer.h"
#include "proto/resp.h"

/** The kind of inquiries and of their answers. */
#define MESSAGE_INQUIRY 128

/** The services, each a thread. */
enum service_index {
    SERVICE_HISTORY, /* HISTORY, BALANCE ... AT, LOOKUP of what no shard remembers */
    SERVICE_FEED,    /* FEED */
    SERVICE_COUNT
};

/** A place in the log as a client names it; all zero: it named none. */
struct inquiry_place {
    uint64_t value; /* a number, or nanoseconds since the epoch */
    bool given;
    bool is_time;
    uint8_t spare[6];
};

struct inquiry {
    struct message head; /* of kind MESSAGE_INQUIRY, not answered */
    sequence_t seen; /* the answer must know of everything up to this number; set when the inquiry starts */
    struct inquiry_place from;
    struct inquiry_place to;
    uint64_t wait_ms; /* FEED: how long to wait for something to tell; 0: for ever */
    uint32_t count;   /* entries or records wanted at most */
    uint8_t service;  /* enum service_index */
    uint8_t command;  /* enum command_id */
    uint8_t version;  /* of the protocol in which to reply */
    uint8_t text_length;
    bool reverse;  /* newest first */
    bool waits;    /* FEED: wait, if there is nothing to tell yet */
    bool releases; /* it is no question: whoever asked under this ticket is to wait no longer */
    uint8_t spare[5];
    char text[]; /* an account's id, or a transfer's */
};

/** The answer. */
struct inquiry_answer {
    struct message head; /* of kind MESSAGE_INQUIRY, answered */
    sequence_t seen;     /* the newest number that the reply depends on: it is durable */
    uint32_t length;
    uint32_t spare;
    char reply[]; /* bytes in the protocol's form */
};

static inline bool message_is_inquiry(const struct message *message)
{
    return message->kind == MESSAGE_INQUIRY;
}

static inline struct slice inquiry_text(const struct inquiry *inquiry)
{
    return (struct slice){inquiry->text, inquiry->text_length};
}

/** Appends an inquiry about `text` (at most 255 bytes) to `draft`; everything that is not the head's or the
 * text's is zero and the caller's to fill in. Good until the next append. */
struct inquiry *inquiry_compose(struct buffer *draft, const struct sender *sender, enum service_index service,
                                struct slice text);

/** Appends the answer to the inquiry with this head to `batch`: these reply bytes, which depend on number
 * `seen`. */
void inquiry_answer(struct buffer *batch, const struct message *asked, const struct buffer *reply,
                    sequence_t seen);

#endif
