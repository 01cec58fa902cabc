/* clock.c: a shard is told the time: holds expire, and old ids are forgotten, a few at a time.
 *
 * Most ids are forgotten as others come: see shard_forget.
 *
 * An expiry is a transaction as any other, begun by the hold's shard: a capture that is decided first wins.
 */
#include <string.h>

#include "ledger/state.h"

/* What one clock message does at most, so that nothing else waits long. */
#define EXPIRIES_MAX  256
#define FORGOTTEN_MAX 1024

static void expiry_begin(struct shard *shard, const struct hold *hold, struct outbox *outbox)
{
    struct sender sender = shard_sender(shard, NULL);
    const struct operation_text text = {.type = TRANSFER_EXPIRE, .reference = hold_id(hold)};
    buffer_consume(&shard->draft, buffer_length(&shard->draft));
    struct transfer_message *expiry = compose_transaction(&shard->draft, &sender, 1, &text, false);
    expiry->head.internal = true;
    expiry->now = shard->now;
    shard_send(shard, &expiry->head, &expiry->route, outbox);
}

void clock_take(struct shard *shard, const struct message *message, struct outbox *outbox)
{
    const struct clock_message *clock = (const struct clock_message *)(const void *)message;
    uint64_t window = shard->config.id_window_ns;
    if (clock->now > shard->now)
        shard->now = clock->now;
    const struct hold *hold;
    for (int i = 0; i < EXPIRIES_MAX && (hold = holds_pop_due(&shard->holds, shard->now)) != NULL; i++)
        expiry_begin(shard, hold, outbox);
    if (window == 0 || shard->now < window)
        return;
    shard->outdated = shard->now - window;
    shard_forget(shard, FORGOTTEN_MAX);
}
