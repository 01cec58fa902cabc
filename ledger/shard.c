/* shard.c: a shard takes messages; each kind has a file of its own. See shard.h, and state.h for what it is
 * made of. */
#include "ledger/shard.h"

#include <assert.h>
#include <stdlib.h>

#include "ledger/record.h"
#include "ledger/state.h"

struct shard *shard_create(const struct shard_config *config)
{
    assert(config->count >= 1 && config->count <= SHARDS_MAX && config->index < config->count);
    struct shard *shard = pool_table(64, sizeof *shard);
    shard->config = *config;
    assets_init(&shard->assets);
    remembered_init(&shard->remembered, &shard->assets, config->seed, config->id_memory);
    return shard;
}

void shard_free(struct shard *shard)
{
    if (shard == NULL)
        return;
    for (uint32_t slot = 0; slot < shard->slot_count; slot++) {
        struct prepared *prepared = shard->slots[slot];
        if (prepared == NULL)
            continue;
        if (prepared->message != NULL)
            pool_give(&shard->pool, prepared->message, prepared->message->size);
        pool_give(&shard->pool, prepared, prepared->size);
    }
    for (uint32_t i = 0; i < shard->discarded.count; i++)
        free(shard->discarded.places[i]);
    accounts_free(&shard->accounts);
    stripes_free(&shard->stripes);
    holds_free(&shard->holds);
    remembered_free(&shard->remembered);
    buffer_free(&shard->draft);
    free((void *)shard->slots);
    free(shard->free_slots);
    free((void *)shard->unsealed_numbers.places);
    free((void *)shard->unsealed_stamps.places);
    free((void *)shard->undated.places);
    free((void *)shard->discarded.places);
    pool_free(&shard->pool);
    free(shard);
}

/* Hands a request to its handler. False: it must wait for the things in shard->waits. */
static bool request_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    shard->wait_count = 0;
    switch ((enum message_kind)message->kind) {
    case MESSAGE_TRANSFER: return transfer_take(shard, message, again, outbox);
    case MESSAGE_OPEN: return open_take(shard, message, again, outbox);
    case MESSAGE_CHANGE: return change_take(shard, message, again, outbox);
    case MESSAGE_READ: return read_take(shard, message, again, outbox);
    case MESSAGE_LOOKUP: return lookup_take(shard, message, again, outbox);
    case MESSAGE_DEFINE: define_take(shard, message, outbox); return true;
    case MESSAGE_SURVEY: survey_take(shard, message, outbox); return true;
    case MESSAGE_PAGE: page_take(shard, message, outbox); return true;
    case MESSAGE_STRIPE: stripe_take(shard, message, outbox); return true;
    case MESSAGE_CLOCK:
    case MESSAGE_DECISION:
    case MESSAGE_OUTCOME: break;
    }
    assert(false && "a request is of a kind that shards take");
    return true;
}

/* Takes a request for the first time; parks it if it must wait. */
static void request_start(struct shard *shard, struct message *message, struct outbox *outbox)
{
    if (request_take(shard, message, false, outbox))
        return;
    assert(shard->wait_count > 0);
    struct line *lines[WAITS_MAX];
    for (uint32_t i = 0; i < shard->wait_count; i++)
        lines[i] = &shard->waits[i]->line;
    line_park(&shard->pool, message, lines, shard->wait_count);
    shard->count.parked++;
}

/* Tries a parked request again. */
static void request_retry(struct shard *shard, struct parked *parked, struct outbox *outbox)
{
    if (!request_take(shard, parked->message, true, outbox))
        return;
    line_leave(parked, &shard->ready);
    for (uint32_t i = 0; i < parked->place_count; i++)
        shard_release(shard, contention_of(parked->places[i].line));
    shard->count.parked--;
    parked_free(&shard->pool, parked);
}

/* A request that concerns the whole ledger comes to a shard with nothing undecided and nobody waiting. */
static bool gate_lets(const struct shard *shard, const struct message *message)
{
    if (shard->gate.held)
        return false;
    return !message_is_whole(message) || (shard->count.prepared == 0 && shard->count.parked == 0);
}

static void request_admit(struct shard *shard, struct message *message, struct outbox *outbox)
{
    if (shard->gate.queue.first == NULL && gate_lets(shard, message)) {
        request_start(shard, message, outbox);
        return;
    }
    struct parked *parked = line_park(&shard->pool, message, NULL, 0);
    parked_push(&shard->gate.queue, parked);
}

/* Does all that has become possible: first what waited longest inside, then who waits outside. */
static void shard_settle(struct shard *shard, struct outbox *outbox)
{
    for (;;) {
        struct parked *parked = parked_pop(&shard->ready);
        if (parked != NULL) {
            request_retry(shard, parked, outbox);
            continue;
        }
        parked = shard->gate.queue.first;
        if (parked == NULL || !gate_lets(shard, parked->message))
            return;
        parked_pop(&shard->gate.queue);
        request_start(shard, parked->message, outbox);
        parked_free(&shard->pool, parked);
    }
}

void shard_step(struct shard *shard, struct message *message, struct outbox *outbox)
{
    shard->count.steps++;
    if (message->kind == MESSAGE_DECISION)
        decision_take(shard, message);
    else if (message->kind == MESSAGE_CLOCK)
        clock_take(shard, message, outbox);
    else
        request_admit(shard, message, outbox);
    if (shard->ready.first != NULL || shard->gate.queue.first != NULL)
        shard_settle(shard, outbox);
}

static void name_prefetch(const struct shard *shard, const struct name *name, int stage)
{
    if (name->shard == shard->config.index && !name->world)
        accounts_prefetch(&shard->accounts, name->hash, stage);
}

void shard_prefetch(const struct shard *shard, const struct message *message, int stage)
{
    const void *body = message;
    if (message->kind == MESSAGE_TRANSFER) {
        const struct transfer_message *transfer = body;
        const struct name *id = &transfer->operations[0].id;
        if (stage == 0 && id->shard == shard->config.index)
            remembered_prefetch(&shard->remembered, id->hash);
        for (unsigned i = 0; i < transfer->leg_count; i++) {
            const struct leg *leg = &transfer_legs(transfer)[i];
            name_prefetch(shard, &leg->from, stage);
            name_prefetch(shard, &leg->to, stage);
        }
    } else if (message->kind == MESSAGE_OPEN) {
        name_prefetch(shard, &((const struct open_message *)body)->account, stage);
    } else if (message->kind == MESSAGE_READ) {
        const struct read_message *read = body;
        for (uint32_t i = 0; i < read->view_count; i++)
            name_prefetch(shard, &read->views[i].account, stage);
    }
}

uint64_t shard_numbers_used(const struct shard *shard)
{
    return shard->used;
}

void shard_seal(struct shard *shard, struct outbox *outbox, struct stamp first)
{
    for (uint32_t i = 0; i < shard->unsealed_numbers.count; i++)
        sequence_seal(shard->unsealed_numbers.places[i], first);
    for (uint32_t i = 0; i < shard->unsealed_stamps.count; i++)
        stamp_seal(shard->unsealed_stamps.places[i], first);
    for (uint32_t i = 0; i < shard->undated.count; i++)
        holds_date(&shard->holds, shard->undated.places[i]);
    for (uint32_t i = 0; i < shard->discarded.count; i++)
        free(shard->discarded.places[i]);
    sequence_seal(&shard->horizon, first);
    shard->unsealed_numbers.count = 0;
    shard->unsealed_stamps.count = 0;
    shard->undated.count = 0;
    shard->discarded.count = 0;
    shard->used = 0;

    struct buffer *records = &outbox->records;
    for (size_t at = records->start; at < records->end;) {
        struct record *record = (struct record *)(void *)(records->bytes + at);
        record_seal(record, first);
        at += record->size;
    }
    for (unsigned i = 0; i < shard->config.count; i++) {
        struct buffer *to = &outbox->to[i];
        for (size_t at = to->start; at < to->end;) {
            struct message *message = (struct message *)(void *)(to->bytes + at);
            message_seal(message, first);
            at += message->size;
        }
    }
}

uint64_t shard_next_deadline(const struct shard *shard)
{
    return holds_next_deadline(&shard->holds);
}

const struct stripes *shard_stripes(const struct shard *shard)
{
    return &shard->stripes;
}

struct shard_numbers shard_count(const struct shard *shard)
{
    struct shard_numbers count = shard->count;
    count.accounts = shard->accounts.count;
    count.remembered = shard->remembered.count + shard->holds.count - shard->holds.free_count;
    count.forgotten_early = shard->remembered.early;
    count.holds = shard->holds.open;
    return count;
}
