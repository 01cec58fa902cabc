/* transfer.c: a transaction on one of its shards. Checked and reserved on all but the highest, decided on
 * that one. What it leaves behind beside money is in operations.c.
 */
#include <string.h>

#include "ledger/record.h"
#include "ledger/rejection.h"
#include "ledger/rules.h"
#include "ledger/state.h"

static bool someone_waits(const struct contention *contention)
{
    return contention != NULL && contention->line.first != NULL;
}

/* Whether a message that came earlier waits for something that this one touches too. */
static bool must_queue(const struct visit *visit)
{
    for (uint32_t i = 0; i < visit->id_count; i++) {
        if (someone_waits(visit->ids[i].contention))
            return true;
    }
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        if (someone_waits(visit->touches[i].contention))
            return true;
    }
    return false;
}

/* The contention of a touched account, or of the name of one that does not exist; NULL: of an @world or of a
 * stripe that is away from home, where nothing has to wait. */
static struct contention *touch_contention(struct shard *shard, const struct transfer_message *transfer,
                                           const struct touch *touch)
{
    if (touch->account != NULL)
        return shard_contention(shard, touch->account);
    return touch->stripe != NULL ? NULL : shard_claim(shard, CLAIM_ACCOUNT, transfer, touch->name);
}

static struct contention *id_contention(struct shard *shard, const struct transfer_message *transfer,
                                        const struct id_touch *id)
{
    return shard_claim(shard, CLAIM_TRANSFER, transfer, id_touch_name(transfer, id));
}

static bool wait_for_all(struct shard *shard, const struct transfer_message *transfer)
{
    const struct visit *visit = &shard->visit;
    for (uint32_t i = 0; i < visit->id_count; i++)
        shard_wait(shard, id_contention(shard, transfer, &visit->ids[i]));
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        struct contention *contention = touch_contention(shard, transfer, &visit->touches[i]);
        if (contention != NULL)
            shard_wait(shard, contention);
    }
    return false;
}

/* Whether an undecided answer depends on something that the transaction would change. */
static bool is_read(const struct visit *visit)
{
    for (uint32_t i = 0; i < visit->id_count; i++) {
        const struct contention *contention = visit->ids[i].contention;
        if (contention != NULL && contention->readers > 0)
            return true;
    }
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        const struct touch *touch = &visit->touches[i];
        if (touch->writes && touch->contention != NULL && touch->contention->readers > 0)
            return true;
    }
    return false;
}

/* Whether an undecided transaction makes, or changes, something with one of these ids. */
static bool is_claimed(const struct visit *visit)
{
    for (uint32_t i = 0; i < visit->id_count; i++) {
        const struct contention *contention = visit->ids[i].contention;
        if (contention != NULL && contention->writers > 0)
            return true;
    }
    return false;
}

void transfer_restart(struct shard *shard, struct transfer_message *transfer, bool find,
                      struct outbox *outbox)
{
    shard_free_all(shard, &transfer->head, &transfer->route, outbox);
    transfer->rejection = (struct rejection){0};
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        struct operation *operation = &transfer->operations[o];
        unsigned forget = OPERATION_LATE | (find ? OPERATION_FOUND | OPERATION_MISSING : 0U);
        operation->flags = (uint8_t)(operation->flags & ~forget);
        operation->number = 0; /* of a retry: told again by its id's shard, as it may be provisional */
        for (unsigned i = 0; i < operation->leg_count && operation->reference.length == 0; i++) {
            struct leg *leg = &transfer_legs(transfer)[operation->leg + i];
            leg->settled = false;
            leg->asset = (struct asset_tag){0};
        }
        for (unsigned i = 0; i < operation->condition_count; i++) {
            struct condition *condition = &transfer_conditions(transfer)[operation->condition + i];
            condition->asset = (struct asset_tag){0};
            condition->credits = condition->debits = (struct total){0};
        }
    }
    struct sender sender = shard_sender(shard, &transfer->head);
    compose_route(transfer, &sender);
    shard_send(shard, &transfer->head, &transfer->route, outbox);
}

/* Ends a transaction that will not happen: frees what the shards before this one hold for it, and answers. */
static void transfer_reject(struct shard *shard, const struct transfer_message *transfer,
                            struct outbox *outbox)
{
    char text[REJECTION_TEXT_MAX];
    shard_free_all(shard, &transfer->head, &transfer->route, outbox);
    if (transfer->head.internal)
        return;
    size_t length = rejection_write(transfer, text);
    shard_answer_rejected(shard, &transfer->head, transfer->route.seen, text, length, outbox);
}

/* Tells the origin of a transaction that is done, or had been before. */
static void transfer_answer(struct shard *shard, struct transfer_message *transfer, struct outbox *outbox)
{
    if (transfer->head.internal)
        return;
    if (!transfer->several) {
        shard_answer_number(shard, &transfer->head, transfer->route.seen, transfer->operations[0].number,
                            outbox);
        return;
    }
    if (shard->horizon > transfer->route.seen)
        transfer->route.seen = shard->horizon;
    transfer->head.answered = 1;
    outbox_copy(outbox, transfer->head.origin, &transfer->head);
}

/* An id that was used before, for the same: a retry, which hears what it was told the first time. */
static sequence_t retry_number(const struct shard *shard, const struct transfer_message *transfer,
                               const struct id_touch *id)
{
    const struct operation *operation = &transfer->operations[id->operation];
    if (id->hold != NULL)
        return operation_asks_for_hold(shard, transfer, operation, id->hold) ? id->hold->stamp.number : 0;
    return remembered_matches(&shard->remembered, id->entry, transfer, operation) ? id->entry->stamp.number
                                                                                  : 0;
}

/* Whether what was found to be a retry is none any more: its id was forgotten meanwhile. */
static bool is_forgotten(const struct transfer_message *transfer, const struct id_touch *id)
{
    return transfer->operations[id->operation].retry && !id->reference && id->hold == NULL &&
           id->entry == NULL;
}

/* Deals with ids that were used before. True: the transaction ends here, or begins anew without what is done
 * already. An id that was used for something else is reported in its place (terms.c), or at once where
 * nothing is reported before it. */
static bool ids_answer(struct shard *shard, struct transfer_message *transfer, struct outbox *outbox)
{
    struct visit *visit = &shard->visit;
    bool retry = false;
    for (uint32_t i = 0; i < visit->id_count; i++) {
        const struct id_touch *id = &visit->ids[i];
        if (is_forgotten(transfer, id)) {
            transfer->operations[id->operation].retry = false;
            transfer_restart(shard, transfer, true, outbox);
            return true;
        }
        if (id->reference || (id->hold == NULL && id->entry == NULL))
            continue;
        struct operation *operation = &transfer->operations[id->operation];
        sequence_t number = retry_number(shard, transfer, id);
        if (number != 0) {
            retry |= !operation->retry;
            operation->retry = true;
            operation->number = number;
        } else if (!transfer->several) {
            transfer->rejection = (struct rejection){.rank = 1, .code = REJECTION_IDREUSED};
            transfer_reject(shard, transfer, outbox);
            return true;
        }
    }
    if (!retry)
        return false;
    if (transfer->several) {
        transfer_restart(shard, transfer, false, outbox);
        return true;
    }
    shard_free_all(shard, &transfer->head, &transfer->route, outbox);
    transfer_answer(shard, transfer, outbox);
    return true;
}

/* The numbers of the accounts that are here, for the record. */
static void fill_numbers(const struct visit *visit, struct transfer_message *transfer)
{
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        const struct operation *operation = &transfer->operations[o];
        for (unsigned i = operation->leg; !operation->retry && i < operation->leg + 0U + operation->leg_count;
             i++) {
            struct leg *leg = &transfer_legs(transfer)[i];
            const struct touch *from = visit->from[i] != TOUCH_NONE ? &visit->touches[visit->from[i]] : NULL;
            const struct touch *to = visit->to[i] != TOUCH_NONE ? &visit->touches[visit->to[i]] : NULL;
            if (from != NULL)
                leg->from_number =
                    from->account != NULL ? from->account->opened.number : from->stripe->number;
            if (to != NULL)
                leg->to_number = to->account != NULL ? to->account->opened.number : to->stripe->number;
        }
    }
}

static void touch_post(struct shard *shard, const struct touch *touch, sequence_t first)
{
    if (!touch->writes)
        return;
    if (touch->stripe != NULL)
        shard_post_stripe(shard, touch->stripe, &touch->sums, first + touch->last);
    else
        shard_post(shard, touch->account, &touch->effect, first + touch->last);
}

/* Whether a command takes of a hold: its accounts may have reserved more than it comes to. */
static bool takes_of_hold(const struct operation *operation)
{
    return operation->type == TRANSFER_CAPTURE || operation->type == TRANSFER_VOID ||
           operation->type == TRANSFER_EXPIRE;
}

/* How much less is held of what a transaction's first command refers to. */
static amount_t hold_released(const struct transfer_message *transfer)
{
    const struct operation *operation = &transfer->operations[0];
    if (!takes_of_hold(operation))
        return 0;
    if (operation->type == TRANSFER_CAPTURE && (operation->flags & OPERATION_KEEP) == 0)
        return operation->amount;
    return transfer_legs(transfer)[0].amount;
}

/* The members that need to hear what became of the legs: those that keep an id, or what is referred to, or
 * wait for an amount. */
static uint64_t members_told(const struct transfer_message *transfer)
{
    uint64_t members = 0;
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        const struct operation *operation = &transfer->operations[o];
        if (operation->id.length > 0)
            members |= UINT64_C(1) << operation->id.shard;
        if (operation->reference.length > 0)
            members |= UINT64_C(1) << operation->reference.shard;
        const struct leg *leg = &transfer_legs(transfer)[operation->leg];
        bool held = !transfer->several && takes_of_hold(operation);
        if ((operation->flags & OPERATION_LATE) != 0 || held)
            members |= UINT64_C(1) << leg->to.shard;
        if (held)
            members |= UINT64_C(1) << leg->from.shard;
    }
    return members;
}

void transfer_decide(struct shard *shard, const struct transfer_message *transfer, struct stamp first,
                     struct outbox *outbox)
{
    struct decided_leg legs[LEGS_MAX];
    struct decided decided = {.commit = true, .stamp = first, .told = legs};
    uint64_t before = transfer->route.members & ((UINT64_C(1) << shard->config.index) - 1);
    decided.told_to = before != 0 ? members_told(transfer) & before : 0;
    if (decided.told_to != 0) {
        for (unsigned i = 0; i < transfer->leg_count; i++)
            legs[i] = (struct decided_leg){.amount = transfer_legs(transfer)[i].amount,
                                           .asset = transfer_legs(transfer)[i].asset};
        legs[0].released = hold_released(transfer);
        decided.told_size = transfer->leg_count * sizeof legs[0];
    }
    shard_decide(shard, &transfer->head, &transfer->route, &decided, outbox);
}

/* Everything here and everything reserved on the shards before holds: the transaction happens now. */
static void transfer_commit(struct shard *shard, struct transfer_message *transfer, struct outbox *outbox)
{
    struct visit *visit = &shard->visit;
    uint32_t numbers = 0;
    for (unsigned o = 0; o < transfer->operation_count; o++)
        numbers += operation_numbers(&transfer->operations[o]);
    if (numbers == 0) { /* all of it was done before, or only looked */
        shard_free_all(shard, &transfer->head, &transfer->route, outbox);
        transfer_answer(shard, transfer, outbox);
        return;
    }
    struct stamp first = {.number = shard_number(shard, numbers)};
    shard->count.commits++;
    fill_numbers(visit, transfer);
    for (uint32_t i = 0; i < visit->touch_count; i++)
        touch_post(shard, &visit->touches[i], first.number);
    operations_commit(shard, transfer, visit, first);
    operations_record(transfer, first, &outbox->records);
    transfer_decide(shard, transfer, first, outbox);
    transfer_answer(shard, transfer, outbox);
}

/* Reserves what the transaction does to a touched account, and keeps it as it is if the answer depends on it.
 * Returns how many reservations that took. */
static uint32_t touch_reserve(struct shard *shard, const struct transfer_message *transfer,
                              const struct touch *touch, struct reservation *reservation)
{
    struct contention *contention = touch_contention(shard, transfer, touch);
    uint32_t count = 0;
    if (touch->writes) {
        reservation[count] = (struct reservation){
            .contention = contention, .stripe = touch->stripe, .last = touch->last, .late = touch->late};
        if (touch->stripe != NULL)
            reservation[count].sums = touch->sums;
        else
            reservation[count].effect = touch->effect;
        if (contention != NULL) {
            contention->writers++;
            if (touch->stripe == NULL)
                open_effects_add(&accounts_extra(&shard->accounts, touch->account)->open, &touch->effect);
        }
        count++;
    }
    if ((touch->reads || !touch->writes) && contention != NULL) {
        reservation[count++] = (struct reservation){.contention = contention, .reader = true};
        contention->readers++;
    }
    return count;
}

/* Reserves all that the transaction does here, so that it can commit whatever else happens meanwhile. */
static struct prepared *transfer_reserve(struct shard *shard, struct transfer_message *transfer)
{
    const struct visit *visit = &shard->visit;
    struct prepared *prepared = shard_prepare(shard, 2 * visit->touch_count + visit->id_count);
    struct reservation *reservation = prepared->reservations;

    fill_numbers(visit, transfer);
    for (uint32_t i = 0; i < visit->touch_count; i++)
        reservation += touch_reserve(shard, transfer, &visit->touches[i], reservation);
    for (uint32_t i = 0; i < visit->id_count; i++) {
        struct contention *claim = id_contention(shard, transfer, &visit->ids[i]);
        claim->writers++;
        *reservation++ = (struct reservation){.contention = claim};
    }
    prepared->reservation_count = (uint32_t)(reservation - prepared->reservations);
    if (visit->id_count > 0) {
        prepared->message = pool_take(&shard->pool, transfer->head.size);
        memcpy(prepared->message, transfer, transfer->head.size);
    }
    return prepared;
}

/* A doomed transaction reserves nothing, but its answer is true at the moment it is decided only if what was
 * found here stays as it is until then: it holds all of it as a reader. */
static struct prepared *transfer_hold(struct shard *shard, const struct transfer_message *transfer)
{
    const struct visit *visit = &shard->visit;
    struct prepared *prepared = shard_prepare(shard, visit->touch_count + visit->id_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        struct contention *contention = touch_contention(shard, transfer, &visit->touches[i]);
        if (contention != NULL)
            prepared->reservations[count++] = (struct reservation){.contention = contention, .reader = true};
    }
    for (uint32_t i = 0; i < visit->id_count; i++)
        prepared->reservations[count++] = (struct reservation){
            .contention = id_contention(shard, transfer, &visit->ids[i]), .reader = true};
    for (uint32_t i = 0; i < count; i++)
        prepared->reservations[i].contention->readers++;
    prepared->reservation_count = count;
    return prepared;
}

bool transfer_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    struct transfer_message *transfer = (struct transfer_message *)(void *)message;
    struct visit *visit = &shard->visit;
    if (transfer->finding)
        return find_take(shard, transfer, again, outbox);
    if (plain_take(shard, transfer, outbox))
        return true;

    visit_make(visit, shard, transfer);
    if (visit->stale) {
        transfer_restart(shard, transfer, false, outbox);
        return true;
    }
    if (!again && must_queue(visit))
        return wait_for_all(shard, transfer);
    if (is_claimed(visit))
        return wait_for_all(shard, transfer);
    if (ids_answer(shard, transfer, outbox))
        return true;

    enum verdict verdict = rules_check(shard, transfer, visit);
    if (visit->unfound) {
        transfer_restart(shard, transfer, true, outbox);
        return true;
    }
    if (verdict == VERDICT_WAIT || (verdict == VERDICT_PASS && is_read(visit)))
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
    prepared->gate = transfer->whole;
    shard_pass_on(shard, message, &transfer->route, prepared, outbox);
    return true;
}
