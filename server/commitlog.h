/* commitlog.h: where commit records go, and how far they are safe.
 *
 * Workers append each batch of records under the numbers they claimed for it, and let a reply out only when
 * everything it depends on is durable. Which promise that is, is the log's choice: with DURABILITY_NONE
 * records are dropped and everything counts as durable at once.
 */
#ifndef BURSAR_SERVER_COMMITLOG_H
#define BURSAR_SERVER_COMMITLOG_H

#include <stdatomic.h>
#include <stdint.h>

#include "ledger/message.h"
#include "proto/buffer.h"

enum durability { DURABILITY_NONE };

struct commitlog {
    _Atomic sequence_t durable; /* this record and all before it are safe */
};

/** Opens a log that keeps the promise of `durability`. */
void commitlog_open(struct commitlog *log, enum durability durability);

/** Takes the records numbered `first` to first + count - 1, in order, out of `records`, which is empty
 *  afterwards. Any thread; numbers may come out of order between threads. */
void commitlog_append(struct commitlog *log, sequence_t first, uint64_t count, struct buffer *records);

/** The newest number that is safe together with all before it. Never goes back. Any thread. */
static inline sequence_t commitlog_durable(const struct commitlog *log)
{
    return atomic_load_explicit(&log->durable, memory_order_acquire);
}

#endif
