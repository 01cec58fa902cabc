/* outbox.h: what a shard's steps leave behind for its owner to deliver: messages and commit records.
 *
 * One buffer of messages for each worker: those that are `answered`, and outcomes, are for its connections;
 * the others for its shard. They must be delivered in the order in which they lie there, and none before
 * shard_seal.
 */
#ifndef BURSAR_LEDGER_OUTBOX_H
#define BURSAR_LEDGER_OUTBOX_H

#include <string.h>

#include "ledger/message.h"
#include "proto/buffer.h"

struct outbox {
    struct buffer to[SHARDS_MAX]; /* messages to each worker, one after another */
    struct buffer records;        /* commit records (record.h), in the order of their numbers */
};

/** Appends a zeroed message of `size` bytes (rounded up to MESSAGE_ALIGN) for `worker`, its size set. It may
 * be written until the next call. */
static inline void *outbox_add(struct outbox *outbox, unsigned worker, size_t size)
{
    size = (size + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
    struct buffer *buffer = &outbox->to[worker];
    struct message *message = (struct message *)(void *)buffer_reserve(buffer, size);
    memset(message, 0, size);
    message->size = (uint32_t)size;
    buffer->end += size;
    return message;
}

/** Appends a copy of `message` for `worker`. */
static inline void outbox_copy(struct outbox *outbox, unsigned worker, const struct message *message)
{
    buffer_append(&outbox->to[worker], message, message->size);
}

#endif
