/* inbox.h: how one worker hears from the others: a lane from each sender, carrying whole batches of messages.
 *
 * A lane has one producer and one consumer, so it needs no lock, and no sender can stall another. A batch is
 * a struct buffer whose memory changes hands; the receiver sends emptied buffers back on a second lane, so
 * that a busy pair of workers allocates nothing. A receiver that sleeps is woken through an eventfd; one that
 * is awake looks by itself and costs the sender no system call.
 */
#ifndef BURSAR_SERVER_INBOX_H
#define BURSAR_SERVER_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/buffer.h"

/** Batches that one lane holds; a power of two. A sender makes at most one a turn, so this many turns fit
 *  while the receiver is busy with one of its own. */
#define LANE_SLOTS 32

/** A one-way queue of batches between two threads. Each end writes its own cache line. */
struct lane {
    _Alignas(64) _Atomic uint32_t tail; /* the producer's: batches ever pushed */
    _Alignas(64) _Atomic uint32_t head; /* the consumer's: batches ever popped */
    _Alignas(64) struct buffer slots[LANE_SLOTS];
};

/** Both lanes between a sender and this inbox's worker. */
struct inbox_pair {
    struct lane full;  /* batches on their way */
    struct lane empty; /* their memory on its way back */
};

/** One worker's inbox. Its flag has a cache line of its own: the worker writes it every turn, senders read
 * it. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct inbox {
    struct inbox_pair *pairs; /* one for each sender; owned */
    unsigned senders;
    int wakefd; /* an eventfd: readable when a batch arrived while the worker slept */
    _Alignas(64) _Atomic bool sleeping;
};

/** Opens an inbox for `senders` workers. The receiver watches `wakefd`, edge triggered: it is never read.
 *  False, with errno set, when there is no file descriptor. */
bool inbox_open(struct inbox *inbox, unsigned senders);

/** Releases everything in it. No thread may use it any more. */
void inbox_close(struct inbox *inbox);

/** Sends what is in `batch` (not empty, nothing of it consumed), which is empty afterwards and owns other
 *  memory or none. False, changing nothing, when the lane is full: try again later. Worker `sender`'s thread.
 */
bool inbox_send(struct inbox *inbox, unsigned sender, struct buffer *batch);

/** Sends what is in `batch` and waits for room as long as it takes, unless `*ended` becomes true: then it is
 * dropped. `batch` is empty afterwards and owns nothing. Not for workers, who must never wait. */
void inbox_deliver(struct inbox *inbox, unsigned sender, struct buffer *batch, const _Atomic bool *ended);

/** Takes the oldest batch from `sender`: `batch` owns its memory. False when there is none. Receiver's
 * thread.
 */
bool inbox_receive(struct inbox *inbox, unsigned sender, struct buffer *batch);

/** Gives the memory of a batch received from `sender` back to it. Receiver's thread. */
void inbox_return(struct inbox *inbox, unsigned sender, struct buffer *batch);

/** Announces that the receiver is about to sleep until `wakefd` is readable. False when a batch is already
 *  there: then it must not. Receiver's thread. */
bool inbox_sleep(struct inbox *inbox);

/** Ends what inbox_sleep announced. Receiver's thread. */
void inbox_awake(struct inbox *inbox);

/** Wakes the receiver whether it sleeps or not. Any thread. */
void inbox_wake(struct inbox *inbox);

#endif
