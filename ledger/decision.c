/* decision.c: what was prepared here is decided: it happens now, or it never did. */
#include <assert.h>

#include "ledger/state.h"

/* What the leg does whose amount was not known when it was reserved. */
static struct step late_step(enum late late, const struct decided_leg *leg)
{
    switch (late) {
    case LATE_SWEPT: return (struct step){.credits = leg->amount};
    case LATE_CAPTURED_OUT: return (struct step){.debits = leg->amount, .released_out = leg->released};
    case LATE_CAPTURED_IN: return (struct step){.credits = leg->amount, .released_in = leg->released};
    case LATE_RELEASED_OUT: return (struct step){.released_out = leg->released};
    case LATE_RELEASED_IN: return (struct step){.released_in = leg->released};
    case LATE_NONE: break;
    }
    assert(false && "it is late");
    return (struct step){0};
}

/* Posts what was reserved, or, where the amount was not known then, what it is now. */
static void reservation_post(struct shard *shard, const struct reservation *reservation,
                             const struct decision_message *decision)
{
    sequence_t number = decision->stamp.number + reservation->last;
    struct touch touch = {.stripe = reservation->stripe};
    if (reservation->late != LATE_NONE) {
        assert(decision->head.size >= sizeof *decision + sizeof(struct decided_leg));
        const struct step step =
            late_step(reservation->late, (const struct decided_leg *)(const void *)decision->told);
        touch_step(&touch, &step, reservation->last);
    } else if (reservation->stripe != NULL)
        touch.sums = reservation->sums;
    else
        touch.effect = reservation->effect;
    if (reservation->stripe != NULL)
        shard_post_stripe(shard, reservation->stripe, &touch.sums, number);
    else
        shard_post(shard, reservation->contention->account, &touch.effect, number);
}

/* Ends one reservation: what it reserved is free again, and posted if the transaction happened. */
static void reservation_end(struct shard *shard, const struct reservation *reservation,
                            const struct decision_message *decision)
{
    struct contention *contention = reservation->contention;
    bool money = reservation->stripe != NULL || (contention != NULL && contention->account != NULL);
    if (reservation->reader) {
        assert(contention != NULL && contention->readers > 0);
        contention->readers--;
        return;
    }
    if (contention != NULL) {
        assert(contention->writers > 0);
        contention->writers--;
        if (contention->account != NULL && reservation->stripe == NULL)
            open_effects_remove(&accounts_extra(&shard->accounts, contention->account)->open,
                                &reservation->effect);
    }
    if (decision->commit && money)
        reservation_post(shard, reservation, decision);
}

/* What the commit needs beyond the reservations. */
static void message_commit(struct shard *shard, struct message *message,
                           const struct decision_message *decision)
{
    void *body = message;
    if (message->kind == MESSAGE_DEFINE) {
        define_commit(shard, &((const struct define_message *)body)->asset);
        return;
    }
    if (message->kind == MESSAGE_STRIPE) {
        struct stripe_message *stripe = body;
        stripe_told(stripe, decision);
        stripe_commit(shard, stripe);
        return;
    }
    struct transfer_message *transfer = body;
    const struct decided_leg *told = (const struct decided_leg *)(const void *)decision->told;
    assert(decision->head.size >= sizeof *decision + transfer->leg_count * sizeof *told);
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        struct leg *leg = &transfer_legs(transfer)[i];
        leg->amount = told[i].amount;
        leg->asset = told[i].asset;
    }
    operations_commit(shard, transfer, NULL, decision->stamp);
}

void decision_take(struct shard *shard, const struct message *message)
{
    const struct decision_message *decision = (const struct decision_message *)(const void *)message;
    struct prepared *prepared = shard_unprepare(shard, decision->slot);
    if (decision->seen > shard->horizon)
        shard->horizon = decision->seen;

    for (uint32_t i = 0; i < prepared->reservation_count; i++) {
        const struct reservation *reservation = &prepared->reservations[i];
        reservation_end(shard, reservation, decision);
        if (reservation->contention == NULL)
            continue;
        /* Whoever waits is only queued here, and tried when all of this is done. A thing that is held twice
         * goes with its last reservation. */
        line_wake(&reservation->contention->line, &shard->ready);
        shard_release(shard, reservation->contention);
    }
    if (prepared->message != NULL) {
        if (decision->commit)
            message_commit(shard, prepared->message, decision);
        pool_give(&shard->pool, prepared->message, prepared->message->size);
    }
    if (prepared->gate)
        shard->gate.held = false;
    pool_give(&shard->pool, prepared, prepared->size);
}
