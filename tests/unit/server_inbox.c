/* server_inbox.c: batches arrive whole, once, in order; and no sleeper is forgotten. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>

#include "server/inbox.h"

static bool send_number(struct inbox *inbox, unsigned sender, struct buffer *batch, uint64_t number)
{
    if (batch->end == 0) {
        buffer_append(batch, &number, sizeof number);
    }
    return inbox_send(inbox, sender, batch);
}

static uint64_t batch_number(const struct buffer *batch)
{
    uint64_t number = 0;
    cr_assert_eq(buffer_length(batch), sizeof number);
    memcpy(&number, batch->bytes + batch->start, sizeof number);
    return number;
}

Test(inbox, a_full_lane_takes_no_more_and_loses_nothing)
{
    struct inbox inbox;
    struct buffer batch = {0};
    struct buffer received;
    cr_assert(inbox_open(&inbox, 2));
    for (uint64_t i = 0; i < LANE_SLOTS; i++) {
        cr_assert(send_number(&inbox, 1, &batch, i));
        cr_assert_eq(batch.end, 0);
    }
    cr_assert(!send_number(&inbox, 1, &batch, LANE_SLOTS));
    cr_assert_eq(batch_number(&batch), LANE_SLOTS, "the batch stays with its sender");
    cr_assert(!inbox_receive(&inbox, 0, &received), "the other lane is empty");
    cr_assert(inbox_receive(&inbox, 1, &received));
    cr_assert_eq(batch_number(&received), 0);
    inbox_return(&inbox, 1, &received);
    cr_assert(send_number(&inbox, 1, &batch, LANE_SLOTS));
    for (uint64_t i = 1; i <= LANE_SLOTS; i++) {
        cr_assert(inbox_receive(&inbox, 1, &received));
        cr_assert_eq(batch_number(&received), i);
        inbox_return(&inbox, 1, &received);
    }
    cr_assert(!inbox_receive(&inbox, 1, &received));
    buffer_free(&batch);
    inbox_close(&inbox);
}

Test(inbox, memory_comes_back_to_its_sender)
{
    struct inbox inbox;
    struct buffer batch = {0};
    struct buffer received;
    cr_assert(inbox_open(&inbox, 1));
    cr_assert(send_number(&inbox, 0, &batch, 1));
    cr_assert_null(batch.bytes);
    cr_assert(inbox_receive(&inbox, 0, &received));
    char *memory = received.bytes;
    inbox_return(&inbox, 0, &received);
    cr_assert(send_number(&inbox, 0, &batch, 2));
    cr_assert_eq(batch.bytes, memory, "the next send hands the used memory out again");
    cr_assert_eq(batch.end, 0);
    buffer_free(&batch);
    inbox_close(&inbox);
}

static bool woken(const struct inbox *inbox)
{
    struct pollfd wake = {.fd = inbox->wakefd, .events = POLLIN};
    return poll(&wake, 1, 0) == 1;
}

Test(inbox, only_a_sleeper_is_woken)
{
    struct inbox inbox;
    struct buffer batch = {0};
    struct buffer received;
    cr_assert(inbox_open(&inbox, 1));
    cr_assert(send_number(&inbox, 0, &batch, 1));
    cr_assert(!woken(&inbox), "it is awake");
    cr_assert(!inbox_sleep(&inbox), "a batch is there: it must not sleep");
    cr_assert(inbox_receive(&inbox, 0, &received));
    inbox_return(&inbox, 0, &received);
    cr_assert(inbox_sleep(&inbox));
    cr_assert(send_number(&inbox, 0, &batch, 2));
    cr_assert(woken(&inbox));
    buffer_free(&batch);
    inbox_close(&inbox);
}

enum { BATCHES = 50000, SENDERS = 2 };

struct sending {
    struct inbox *inbox;
    unsigned sender;
};

static void *sending_run(void *context)
{
    struct sending *sending = context;
    struct buffer batch = {0};
    for (uint64_t i = 0; i < BATCHES; i++) {
        while (!send_number(sending->inbox, sending->sender, &batch, i)) {
            sched_yield();
        }
    }
    buffer_free(&batch);
    return NULL;
}

/** Sleeps as a worker does: only where the inbox says so, and until it is woken. */
static void receiver_wait(struct inbox *inbox)
{
    if (inbox_sleep(inbox)) {
        struct pollfd wake = {.fd = inbox->wakefd, .events = POLLIN};
        cr_assert_eq(poll(&wake, 1, 10000), 1, "slept through a batch");
        eventfd_t count = 0;
        eventfd_read(inbox->wakefd, &count);
    }
    inbox_awake(inbox);
}

Test(inbox, nothing_is_lost_doubled_or_slept_through_between_threads)
{
    struct inbox inbox;
    struct sending sendings[SENDERS];
    pthread_t threads[SENDERS];
    uint64_t next[SENDERS] = {0};
    cr_assert(inbox_open(&inbox, SENDERS));
    for (unsigned i = 0; i < SENDERS; i++) {
        sendings[i] = (struct sending){&inbox, i};
        pthread_create(&threads[i], NULL, sending_run, &sendings[i]);
    }
    while (next[0] + next[1] < (uint64_t)SENDERS * BATCHES) {
        receiver_wait(&inbox);
        for (unsigned i = 0; i < SENDERS; i++) {
            struct buffer received;
            while (inbox_receive(&inbox, i, &received)) {
                cr_assert_eq(batch_number(&received), next[i]);
                next[i]++;
                inbox_return(&inbox, i, &received);
            }
        }
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    inbox_close(&inbox);
}
