/* decision.c: what was prepared here is decided: it happens now, or it never did. */
#include <assert.h>
#include <string.h>

#include "ledger/state.h"

static void hold_end_account(struct shard *shard, const struct hold *hold)
{
    struct account *account = hold->contention->account;
    struct account_extra *extra = accounts_extra(&shard->accounts, account);
    balance_t delta = (balance_t)hold->credits - (balance_t)hold->debits;
    extra->open.debits -= hold->debits;
    extra->open.credits -= hold->credits;
    extra->open.trough -= hold->trough;
    extra->open.peak -= hold->peak;
    if (delta < 0)
        extra->open.low -= delta;
    else
        extra->open.high -= delta;
}

/* Ends one hold: what it reserved is free again, and posted if the transaction happened. */
static void hold_end(struct shard *shard, const struct hold *hold, const struct decision_message *decision)
{
    sequence_t number = decision->stamp.number + hold->last_leg;
    if (hold->contention == NULL) {
        if (decision->commit)
            shard_post_world(shard, hold->world, hold->debits, hold->credits, number);
        return;
    }
    struct contention *contention = hold->contention;
    if (hold->reader) {
        assert(contention->readers > 0);
        contention->readers--;
    } else {
        assert(contention->writers > 0);
        contention->writers--;
        if (contention->account != NULL) {
            hold_end_account(shard, hold);
            if (decision->commit)
                shard_post(shard, contention->account, hold->debits, hold->credits, number);
        }
    }
}

static const struct account *party_find(const struct shard *shard, const struct transfer_message *transfer,
                                        const struct name *name)
{
    struct contention *contention;
    bool here = !name->world && name->shard == shard->config.index;
    return here ? shard_find(shard, transfer, name, &contention) : NULL;
}

/* What the commit needs beyond the holds: the id of a transfer is remembered, an asset is defined. */
static void message_commit(struct shard *shard, struct message *message,
                           const struct decision_message *decision)
{
    if (message->kind == MESSAGE_DEFINE) {
        define_commit(shard, &((const struct define_message *)(const void *)message)->asset);
        return;
    }
    struct transfer_message *transfer = (struct transfer_message *)(void *)message;
    assert(decision->head.size >= sizeof *decision + transfer->leg_count * sizeof(struct asset_tag));
    const struct account *parties[2 * LEGS_MAX];
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        struct leg *leg = &transfer->legs[i];
        leg->asset = decision->assets[i];
        parties[2 * (size_t)i] = party_find(shard, transfer, &leg->from);
        parties[2 * (size_t)i + 1] = party_find(shard, transfer, &leg->to);
    }
    remembered_add(&shard->remembered, transfer, parties, decision->stamp);
}

void decision_take(struct shard *shard, const struct message *message)
{
    const struct decision_message *decision = (const struct decision_message *)(const void *)message;
    struct prepared *prepared = shard_unprepare(shard, decision->slot);
    if (decision->seen > shard->horizon)
        shard->horizon = decision->seen;

    for (uint32_t i = 0; i < prepared->hold_count; i++) {
        const struct hold *hold = &prepared->holds[i];
        hold_end(shard, hold, decision);
        if (hold->contention == NULL)
            continue;
        /* Whoever waits is only queued here, and tried when all of this is done. A thing that is held twice
         * goes with its last hold. */
        line_wake(&hold->contention->line, &shard->ready);
        shard_release(shard, hold->contention);
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
