/* transfer.c: a transfer on one of its shards. Checked and reserved on all but the highest, decided on that
 * one. */
#include <string.h>

#include "ledger/record.h"
#include "ledger/rejection.h"
#include "ledger/state.h"

static bool id_is_here(const struct shard *shard, const struct transfer_message *transfer)
{
    return transfer->id.shard == shard->config.index;
}

static bool someone_waits(const struct contention *contention)
{
    return contention != NULL && contention->line.first != NULL;
}

/* Whether a message that came earlier waits for something that this one touches too. */
static bool must_queue(const struct visit *visit, const struct contention *id)
{
    if (someone_waits(id))
        return true;
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        if (someone_waits(visit->touches[i].contention))
            return true;
    }
    return false;
}

/* The contention of a touched account, or of the name of one that does not exist. */
static struct contention *touch_contention(struct shard *shard, const struct transfer_message *transfer,
                                           const struct touch *touch)
{
    return touch->account != NULL ? shard_contention(shard, touch->account)
                                  : shard_claim(shard, CLAIM_ACCOUNT, transfer, touch->name);
}

static bool wait_for_all(struct shard *shard, const struct transfer_message *transfer)
{
    if (id_is_here(shard, transfer))
        shard_wait(shard, shard_claim(shard, CLAIM_TRANSFER, transfer, &transfer->id));
    for (uint32_t i = 0; i < shard->visit.touch_count; i++)
        shard_wait(shard, touch_contention(shard, transfer, &shard->visit.touches[i]));
    return false;
}

/* Whether an undecided answer depends on something that the transfer would change. */
static bool is_read(const struct visit *visit, const struct contention *id)
{
    if (id != NULL && id->readers > 0)
        return true;
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        const struct contention *contention = visit->touches[i].contention;
        if (contention != NULL && contention->readers > 0)
            return true;
    }
    return false;
}

/* Ends a transfer that will not happen: frees what the shards before this one hold for it, and answers. */
static void transfer_reject(struct shard *shard, const struct transfer_message *transfer,
                            struct outbox *outbox)
{
    char text[REJECTION_TEXT_MAX];
    size_t length = rejection_write(transfer, text);
    shard_decide(shard, &transfer->head, &transfer->route, false, (struct stamp){0}, 0, outbox);
    shard_answer_rejected(shard, &transfer->head, transfer->route.seen, text, length, outbox);
}

/* An id that was used before: a retry hears what it was told the first time; anything else is refused.
 * Nothing is reported before this, so the transfer ends here even if it has further to go. */
static void id_answer(struct shard *shard, struct transfer_message *transfer,
                      const struct remembered_entry *entry, struct outbox *outbox)
{
    if (!remembered_matches(&shard->remembered, entry, transfer)) {
        transfer->rejection = (struct rejection){.rank = RANK_ID, .code = REJECTION_IDREUSED};
        transfer_reject(shard, transfer, outbox);
        return;
    }
    shard_decide(shard, &transfer->head, &transfer->route, false, (struct stamp){0}, 0, outbox);
    shard_answer_number(shard, &transfer->head, transfer->route.seen, entry->stamp.number, outbox);
}

/* The numbers of the accounts that live here, for the record. */
static void fill_numbers(const struct visit *visit, struct transfer_message *transfer)
{
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        if (visit->from[i] != TOUCH_NONE)
            transfer->legs[i].from_number = visit->touches[visit->from[i]].account->opened.number;
        if (visit->to[i] != TOUCH_NONE)
            transfer->legs[i].to_number = visit->touches[visit->to[i]].account->opened.number;
    }
}

/* Keeps the id of a transfer that is decided here, with the accounts that live here. */
static void id_remember(struct shard *shard, const struct transfer_message *transfer, struct stamp stamp)
{
    const struct visit *visit = &shard->visit;
    const struct account *parties[2 * LEGS_MAX];
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        int16_t from = visit->from[i];
        int16_t to = visit->to[i];
        parties[2 * (size_t)i] = from != TOUCH_NONE ? visit->touches[from].account : NULL;
        parties[2 * (size_t)i + 1] = to != TOUCH_NONE ? visit->touches[to].account : NULL;
    }
    struct remembered_entry *entry = remembered_add(&shard->remembered, transfer, parties, stamp);
    shard_unsealed(shard, &entry->stamp);
}

static void transfer_record(struct buffer *records, const struct transfer_message *transfer,
                            struct stamp stamp)
{
    const struct record_parts parts = {
        .id = {message_text(transfer, transfer->id.offset), transfer->id.length},
        .note = {message_text(transfer, transfer->note), transfer->note_length},
        .leg_count = transfer->leg_count,
        .type = transfer->type};
    struct record_leg *legs = record_transfer(records, &parts, stamp);
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        const struct leg *leg = &transfer->legs[i];
        legs[i].from = leg->from_number;
        legs[i].to = leg->to_number;
        bool fits = decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale,
                                      &legs[i].amount);
        assert(fits);
    }
}

/* Everything here and everything reserved on the shards before holds: the transfer happens now. */
static void transfer_commit(struct shard *shard, struct transfer_message *transfer, struct outbox *outbox)
{
    const struct visit *visit = &shard->visit;
    struct stamp stamp = {.number = shard_number(shard, transfer->leg_count)};
    fill_numbers(visit, transfer);
    transfer_record(&outbox->records, transfer, stamp);
    shard->count.commits++;

    for (uint32_t i = 0; i < visit->touch_count; i++) {
        const struct touch *touch = &visit->touches[i];
        shard_post(shard, touch->account, touch->debits, touch->credits, stamp.number + touch->last_leg);
    }
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        if (visit->from_world[i] != NULL)
            shard_post_world(shard, visit->from_world[i], visit->amounts[i], 0, stamp.number + i);
        if (visit->to_world[i] != NULL)
            shard_post_world(shard, visit->to_world[i], 0, visit->amounts[i], stamp.number + i);
    }
    uint64_t id_elsewhere = 0;
    if (id_is_here(shard, transfer)) {
        id_remember(shard, transfer, stamp);
    } else
        id_elsewhere = UINT64_C(1) << transfer->id.shard;
    shard_decide(shard, &transfer->head, &transfer->route, true, stamp, id_elsewhere, outbox);
    shard_answer_number(shard, &transfer->head, transfer->route.seen, stamp.number, outbox);
}

static uint32_t count_worlds(const struct visit *visit, unsigned leg_count)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < leg_count; i++)
        count += (uint32_t)(visit->from_world[i] != NULL) + (uint32_t)(visit->to_world[i] != NULL);
    return count;
}

static void hold_account(struct shard *shard, const struct touch *touch, struct hold *hold)
{
    struct account_extra *extra = accounts_extra_get(&shard->accounts, touch->account);
    extra->contention.writers++;
    extra->open.debits += touch->debits;
    extra->open.credits += touch->credits;
    extra->open.trough += touch->trough;
    extra->open.peak += touch->peak;
    if (touch->delta < 0)
        extra->open.low += touch->delta;
    else
        extra->open.high += touch->delta;
    *hold = (struct hold){.contention = &extra->contention,
                          .debits = touch->debits,
                          .credits = touch->credits,
                          .trough = touch->trough,
                          .peak = touch->peak,
                          .last_leg = touch->last_leg};
}

/* Reserves all that the transfer does here, so that it can commit whatever else happens meanwhile. */
static struct prepared *transfer_reserve(struct shard *shard, struct transfer_message *transfer)
{
    const struct visit *visit = &shard->visit;
    bool id_here = id_is_here(shard, transfer);
    uint32_t count = visit->touch_count + count_worlds(visit, transfer->leg_count) + (id_here ? 1 : 0);
    struct prepared *prepared = shard_prepare(shard, count);
    struct hold *hold = prepared->holds;

    fill_numbers(visit, transfer);
    for (uint32_t i = 0; i < visit->touch_count; i++)
        hold_account(shard, &visit->touches[i], hold++);
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        if (visit->from_world[i] != NULL)
            *hold++ = (struct hold){
                .world = visit->from_world[i], .debits = visit->amounts[i], .last_leg = (uint8_t)i};
        if (visit->to_world[i] != NULL)
            *hold++ = (struct hold){
                .world = visit->to_world[i], .credits = visit->amounts[i], .last_leg = (uint8_t)i};
    }
    if (id_here) {
        struct contention *claim = shard_claim(shard, CLAIM_TRANSFER, transfer, &transfer->id);
        claim->writers++;
        *hold++ = (struct hold){.contention = claim};
        prepared->message = pool_take(&shard->pool, transfer->head.size);
        memcpy(prepared->message, transfer, transfer->head.size);
    }
    return prepared;
}

/* A doomed transfer reserves nothing, but its answer is true at the moment it is decided only if what was
 * found here stays as it is until then: it holds all of it as a reader. */
static struct prepared *transfer_hold(struct shard *shard, const struct transfer_message *transfer)
{
    const struct visit *visit = &shard->visit;
    bool id_here = id_is_here(shard, transfer);
    struct prepared *prepared = shard_prepare(shard, visit->touch_count + (id_here ? 1 : 0));
    struct hold *hold = prepared->holds;
    for (uint32_t i = 0; i < visit->touch_count; i++)
        *hold++ = (struct hold){.contention = touch_contention(shard, transfer, &visit->touches[i]),
                                .reader = true};
    if (id_here)
        *hold++ = (struct hold){.contention = shard_claim(shard, CLAIM_TRANSFER, transfer, &transfer->id),
                                .reader = true};
    for (uint32_t i = 0; i < prepared->hold_count; i++)
        prepared->holds[i].contention->readers++;
    return prepared;
}

bool transfer_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    struct transfer_message *transfer = (struct transfer_message *)(void *)message;
    struct visit *visit = &shard->visit;
    struct contention *id = NULL;
    const struct remembered_entry *entry = NULL;

    visit_make(visit, shard, transfer);
    if (id_is_here(shard, transfer)) {
        const char *text = message_text(transfer, transfer->id.offset);
        struct claim *claim = claims_find(&shard->claims, CLAIM_TRANSFER, text, &transfer->id);
        id = claim != NULL ? &claim->contention : NULL;
        entry = remembered_find(&shard->remembered, text, transfer->id.length, transfer->id.hash);
    }
    if (!again && must_queue(visit, id))
        return wait_for_all(shard, transfer);
    if (entry != NULL) {
        id_answer(shard, transfer, entry, outbox);
        return true;
    }
    if (id != NULL && id->writers > 0)
        return wait_for_all(shard, transfer);

    enum verdict verdict = rules_check(shard, transfer, visit);
    if (verdict == VERDICT_WAIT || (verdict == VERDICT_PASS && is_read(visit, id)))
        return wait_for_all(shard, transfer);

    if (shard_decides(shard, &transfer->route)) {
        if (verdict == VERDICT_PASS)
            transfer_commit(shard, transfer, outbox);
        else
            transfer_reject(shard, transfer, outbox);
        return true;
    }
    struct prepared *prepared =
        verdict == VERDICT_PASS ? transfer_reserve(shard, transfer) : transfer_hold(shard, transfer);
    shard_pass_on(shard, message, &transfer->route, prepared, outbox);
    return true;
}
