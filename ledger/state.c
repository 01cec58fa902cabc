/* state.c: what the handlers of a shard's messages share. See state.h. */
#include "ledger/state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/rejection.h"

sequence_t shard_number(struct shard *shard, uint32_t count)
{
    sequence_t first = SEQUENCE_PROVISIONAL + shard->used;
    shard->used += count;
    shard->horizon = first + count - 1;
    return first;
}

static void unsealed_add(struct unsealed *unsealed, void *place)
{
    if (unsealed->count == unsealed->capacity) {
        uint32_t capacity = unsealed->capacity == 0 ? 1024 : unsealed->capacity * 2;
        void **grown = pool_table(64, capacity * sizeof(void *));
        if (unsealed->count > 0)
            memcpy((void *)grown, (void *)unsealed->places, unsealed->count * sizeof(void *));
        free((void *)unsealed->places);
        unsealed->places = grown;
        unsealed->capacity = capacity;
    }
    unsealed->places[unsealed->count++] = place;
}

void shard_advance(struct shard *shard, sequence_t *kept, sequence_t number)
{
    if (number <= *kept)
        return;
    if ((number & SEQUENCE_PROVISIONAL) != 0 && (*kept & SEQUENCE_PROVISIONAL) == 0)
        unsealed_add(&shard->unsealed_numbers, kept);
    *kept = number;
}

void shard_unsealed(struct shard *shard, struct stamp *kept)
{
    unsealed_add(&shard->unsealed_stamps, kept);
}

void shard_discard(struct shard *shard, void *memory)
{
    unsealed_add(&shard->discarded, memory);
}

void shard_undated(struct shard *shard, struct hold *hold)
{
    if ((hold->dated.number & SEQUENCE_PROVISIONAL) == 0) {
        holds_date(&shard->holds, hold);
        return;
    }
    unsealed_add(&shard->unsealed_stamps, &hold->dated);
    unsealed_add(&shard->undated, hold);
}

void shard_forget(struct shard *shard, unsigned count)
{
    remembered_forget(&shard->remembered, shard->outdated, count);
    for (unsigned i = 0; i < count && holds_forget(&shard->holds, shard->outdated); i++)
        continue;
}

void shard_wait(struct shard *shard, struct contention *contention)
{
    for (uint32_t i = 0; i < shard->wait_count; i++) {
        if (shard->waits[i] == contention)
            return;
    }
    assert(shard->wait_count < WAITS_MAX);
    shard->waits[shard->wait_count++] = contention;
}

struct contention *shard_contention(struct shard *shard, struct account *account)
{
    return &accounts_extra_get(&shard->accounts, account)->contention;
}

struct contention *shard_claim(struct shard *shard, enum claim_space space, const void *message,
                               const struct name *name)
{
    const char *text = message_text(message, name->offset);
    return &claims_get(&shard->claims, &shard->pool, space, text, name)->contention;
}

struct account *shard_find(const struct shard *shard, const void *message, const struct name *name,
                           struct contention **contention)
{
    const char *text = message_text(message, name->offset);
    struct account *account = accounts_find(&shard->accounts, text, name->length, name->hash);
    *contention = NULL;
    if (account != NULL) {
        if (account->extra != 0)
            *contention = &accounts_extra(&shard->accounts, account)->contention;
    } else {
        struct claim *claim = claims_find(&shard->claims, CLAIM_ACCOUNT, text, name);
        if (claim != NULL)
            *contention = &claim->contention;
    }
    return account;
}

void shard_release(struct shard *shard, struct contention *contention)
{
    if (contention->account != NULL)
        accounts_extra_drop(&shard->accounts, contention->account);
    else
        claims_drop(&shard->claims, &shard->pool, (struct claim *)(void *)contention);
}

bool shard_decides(const struct shard *shard, const struct route *route)
{
    return members_last(route->members) == shard->config.index;
}

struct prepared *shard_prepare(struct shard *shard, uint32_t count)
{
    size_t size = sizeof(struct prepared) + count * sizeof(struct reservation);
    struct prepared *prepared = pool_take(&shard->pool, size);
    *prepared = (struct prepared){.size = (uint32_t)size, .reservation_count = count};
    return prepared;
}

struct sender shard_sender(const struct shard *shard, const struct message *message)
{
    struct sender sender = {
        .seed = shard->config.seed, .stripes = &shard->stripes, .shards = shard->config.count};
    if (message != NULL) {
        sender.ticket = message->ticket;
        sender.origin = message->origin;
    }
    return sender;
}

void shard_send(struct shard *shard, const struct message *message, struct route *route,
                struct outbox *outbox)
{
    unsigned first = members_first(route->members);
    if (first != shard->config.index) {
        if (shard->horizon > route->seen)
            route->seen = shard->horizon;
        outbox_copy(outbox, first, message);
        return;
    }
    struct parked *parked = line_park(&shard->pool, message, NULL, 0);
    parked_push(&shard->gate.queue, parked);
}

static void slots_grow(struct shard *shard)
{
    uint32_t count = shard->slot_count == 0 ? 256 : shard->slot_count * 2;
    struct prepared **slots = pool_table(64, count * sizeof(void *));
    uint32_t *free_slots = pool_table(64, count * sizeof *free_slots);
    if (shard->slot_count > 0)
        memcpy((void *)slots, (void *)shard->slots, shard->slot_count * sizeof(void *));
    free((void *)shard->slots);
    free(shard->free_slots);
    for (uint32_t slot = count; slot-- > shard->slot_count;)
        free_slots[shard->free_count++] = slot;
    shard->slots = slots;
    shard->free_slots = free_slots;
    shard->slot_count = count;
}

/* Where a message notes the slot of one of its members. */
static uint32_t *slot_of(struct message *message, const struct route *route, unsigned member)
{
    uint64_t below = route->members & ((UINT64_C(1) << member) - 1);
    uint32_t *slots = (uint32_t *)(void *)((char *)message + route->slots);
    return &slots[__builtin_popcountll(below)];
}

void shard_pass_on(struct shard *shard, struct message *message, struct route *route,
                   struct prepared *prepared, struct outbox *outbox)
{
    if (shard->free_count == 0)
        slots_grow(shard);
    uint32_t slot = shard->free_slots[--shard->free_count];
    shard->slots[slot] = prepared;
    shard->count.prepared++;
    if (prepared->gate)
        shard->gate.held = true;
    *slot_of(message, route, shard->config.index) = slot;
    if (shard->horizon > route->seen)
        route->seen = shard->horizon;
    outbox_copy(outbox, members_next(route->members, shard->config.index), message);
}

struct prepared *shard_unprepare(struct shard *shard, uint32_t slot)
{
    assert(slot < shard->slot_count && shard->slots[slot] != NULL);
    struct prepared *prepared = shard->slots[slot];
    shard->slots[slot] = NULL;
    shard->free_slots[shard->free_count++] = slot;
    shard->count.prepared--;
    return prepared;
}

void shard_decide(struct shard *shard, const struct message *message, const struct route *route,
                  const struct decided *decided, struct outbox *outbox)
{
    uint64_t before = route->members & ((UINT64_C(1) << shard->config.index) - 1);
    for (; before != 0; before &= before - 1) {
        unsigned member = members_first(before);
        size_t told = (decided->told_to >> member & 1) != 0 ? decided->told_size : 0;
        struct decision_message *decision =
            outbox_add(outbox, member, sizeof(struct decision_message) + told);
        decision->head.kind = MESSAGE_DECISION;
        decision->seen = shard->horizon;
        decision->slot = *slot_of((struct message *)(uintptr_t)message, route, member);
        decision->commit = decided->commit;
        decision->stamp = decided->stamp;
        if (told > 0)
            memcpy(decision->told, decided->told, told);
    }
}

void shard_free_all(struct shard *shard, const struct message *message, const struct route *route,
                    struct outbox *outbox)
{
    shard_decide(shard, message, route, &(struct decided){0}, outbox);
}

void account_post(struct shard *shard, struct account *account, amount_t debits, amount_t credits,
                  sequence_t number)
{
    account->debits += debits;
    account->credits += credits;
    assert(account->debits <= AMOUNT_TOTAL_MAX && account->credits <= AMOUNT_TOTAL_MAX);
    shard_advance(shard, &account->last, number);
    struct asset *asset = &shard->assets.rows[account->asset];
    total_add(&asset->debits, debits);
    total_add(&asset->credits, credits);
}

void shard_post(struct shard *shard, struct account *account, const struct effect *effect, sequence_t number)
{
    account_post(shard, account, effect->debits, effect->credits, number);
    if (effect->held_out != 0 || effect->held_in != 0) {
        struct account_extra *extra = accounts_extra_get(&shard->accounts, account);
        extra->held_out += effect->held_out;
        extra->held_in += effect->held_in;
    }
}

void shard_post_stripe(struct shard *shard, struct stripe *stripe, const struct stripe_sums *sums,
                       sequence_t number)
{
    sequence_t last = stripe->sums.last;
    stripe_sums_add(&stripe->sums, sums);
    stripe->sums.last = last;
    shard_advance(shard, stripe->account != NULL ? &stripe->account->last : &stripe->sums.last, number);
    struct asset *asset = &shard->assets.rows[stripe->asset];
    total_merge(&asset->debits, sums->debits);
    total_merge(&asset->credits, sums->credits);
}

static struct outcome_message *outcome_add(struct shard *shard, const struct message *message,
                                           sequence_t seen, size_t text, struct outbox *outbox)
{
    struct outcome_message *outcome =
        outbox_add(outbox, message->origin, sizeof(struct outcome_message) + text);
    outcome->head.kind = MESSAGE_OUTCOME;
    outcome->head.answered = 1;
    outcome->head.origin = message->origin;
    outcome->head.ticket = message->ticket;
    outcome->seen = shard->horizon > seen ? shard->horizon : seen;
    return outcome;
}

void shard_answer_ok(struct shard *shard, const struct message *message, sequence_t seen,
                     struct outbox *outbox)
{
    outcome_add(shard, message, seen, 0, outbox)->status = OUTCOME_OK;
}

void shard_answer_number(struct shard *shard, const struct message *message, sequence_t seen,
                         sequence_t number, struct outbox *outbox)
{
    struct outcome_message *outcome = outcome_add(shard, message, seen, 0, outbox);
    outcome->status = OUTCOME_NUMBER;
    outcome->number = number;
}

void shard_answer_rejected(struct shard *shard, const struct message *message, sequence_t seen,
                           const char *text, size_t length, struct outbox *outbox)
{
    struct outcome_message *outcome = outcome_add(shard, message, seen, length, outbox);
    outcome->status = OUTCOME_REJECTED;
    outcome->text_length = (uint16_t)length;
    memcpy(outcome->text, text, length);
    shard->count.rejections++;
}

void shard_refuse(struct shard *shard, const struct message *message, struct outbox *outbox,
                  enum rejection_code code, const char *format, ...)
{
    char text[REJECTION_TEXT_MAX];
    int length = snprintf(text, sizeof text, "%s ", rejection_code_name(code));
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    assert(length > 0 && (size_t)length < sizeof text);
    shard_answer_rejected(shard, message, 0, text, (size_t)length, outbox);
}
