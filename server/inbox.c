/* inbox.c: single-producer, single-consumer rings in C11 atomics.
 *
 * The producer publishes a slot by storing `tail`, the consumer hands it back by storing `head`; each reads
 * the other's counter with acquire. Nothing else is shared, and a race detector understands all of it.
 */
#include "server/inbox.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/memory.h"

/** Buffers above this size are released after use: one big answer must not stay for ever. */
#define BATCH_KEEP_MAX 1048576

/* How long who may wait does so before it tries a full lane again. */
#define LANE_FULL_MS 1

static bool lane_push(struct lane *lane, const struct buffer *batch)
{
    uint32_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&lane->head, memory_order_acquire) == LANE_SLOTS) {
        return false;
    }
    lane->slots[tail % LANE_SLOTS] = *batch;
    atomic_store(&lane->tail, tail + 1);
    return true;
}

static bool lane_pop(struct lane *lane, struct buffer *batch)
{
    uint32_t head = atomic_load_explicit(&lane->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&lane->tail, memory_order_acquire)) {
        return false;
    }
    *batch = lane->slots[head % LANE_SLOTS];
    atomic_store_explicit(&lane->head, head + 1, memory_order_release);
    return true;
}

static void lane_clear(struct lane *lane)
{
    struct buffer batch;
    while (lane_pop(lane, &batch)) {
        buffer_free(&batch);
    }
}

bool inbox_open(struct inbox *inbox, unsigned senders)
{
    *inbox = (struct inbox){.senders = senders};
    inbox->wakefd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (inbox->wakefd < 0) {
        return false;
    }
    inbox->pairs = memory_zeroed(senders, sizeof *inbox->pairs);
    return true;
}

void inbox_close(struct inbox *inbox)
{
    for (unsigned sender = 0; sender < inbox->senders; sender++) {
        lane_clear(&inbox->pairs[sender].full);
        lane_clear(&inbox->pairs[sender].empty);
    }
    free(inbox->pairs);
    close(inbox->wakefd);
    *inbox = (struct inbox){.wakefd = -1};
}

bool inbox_send(struct inbox *inbox, unsigned sender, struct buffer *batch)
{
    assert(batch->start == 0 && batch->end > 0);
    struct inbox_pair *pair = &inbox->pairs[sender];
    if (!lane_push(&pair->full, batch)) {
        return false;
    }
    if (!lane_pop(&pair->empty, batch)) {
        *batch = (struct buffer){0};
    }
    /* The receiver sets `sleeping` and then looks at the lanes; we fill a lane and then look at `sleeping`.
     * All four are sequentially consistent, so one of us sees the other. The exchange makes it one write a
     * sleep. */
    if (atomic_load(&inbox->sleeping) && atomic_exchange(&inbox->sleeping, false)) {
        inbox_wake(inbox);
    }
    return true;
}

void inbox_deliver(struct inbox *inbox, unsigned sender, struct buffer *batch, const _Atomic bool *ended)
{
    while (!atomic_load(ended) && !inbox_send(inbox, sender, batch)) {
        poll(NULL, 0, LANE_FULL_MS);
    }
    buffer_free(batch);
}

bool inbox_receive(struct inbox *inbox, unsigned sender, struct buffer *batch)
{
    return lane_pop(&inbox->pairs[sender].full, batch);
}

void inbox_return(struct inbox *inbox, unsigned sender, struct buffer *batch)
{
    batch->start = 0;
    batch->end = 0;
    if (batch->capacity > BATCH_KEEP_MAX || !lane_push(&inbox->pairs[sender].empty, batch)) {
        buffer_free(batch);
    }
}

static bool inbox_is_empty(struct inbox *inbox)
{
    for (unsigned sender = 0; sender < inbox->senders; sender++) {
        struct lane *lane = &inbox->pairs[sender].full;
        if (atomic_load(&lane->tail) != atomic_load_explicit(&lane->head, memory_order_relaxed)) {
            return false;
        }
    }
    return true;
}

bool inbox_sleep(struct inbox *inbox)
{
    atomic_store(&inbox->sleeping, true);
    if (inbox_is_empty(inbox)) {
        return true;
    }
    inbox_awake(inbox);
    return false;
}

void inbox_awake(struct inbox *inbox)
{
    atomic_store_explicit(&inbox->sleeping, false, memory_order_relaxed);
}

void inbox_wake(struct inbox *inbox)
{
    eventfd_write(inbox->wakefd, 1);
}
