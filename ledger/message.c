/* message.c: see message.h. */
#include "ledger/message.h"

#include <assert.h>

static_assert(sizeof(struct message) == 16, "a head is one unit");
static_assert(sizeof(struct leg) % MESSAGE_ALIGN == 0, "legs keep what follows them aligned");
static_assert(sizeof(struct operation) % MESSAGE_ALIGN == 0, "operations keep what follows them aligned");
static_assert(sizeof(struct condition) % MESSAGE_ALIGN == 0, "conditions hold 128-bit amounts");
static_assert(sizeof(struct transfer_message) % MESSAGE_ALIGN == 0, "operations hold 128-bit amounts");
static_assert(sizeof(struct read_message) % MESSAGE_ALIGN == 0, "views hold 128-bit amounts");
static_assert(sizeof(struct lookup_answer) % MESSAGE_ALIGN == 0, "legs hold 128-bit amounts");
static_assert(2 * OPERATIONS_MAX + 2 * LEGS_MAX + CONDITIONS_MAX <= MESSAGE_KEYS_MAX, "all keys have room");

const struct operation *transfer_operation(const struct transfer_message *transfer, unsigned leg)
{
    const struct operation *operation = transfer->operations;
    while (leg >= operation->leg + 0U + operation->leg_count)
        operation++;
    assert(operation < transfer->operations + transfer->operation_count);
    return operation;
}

/* Ids of transfers and of accounts are different names: their keys must not meet. */
#define TRANSFER_KEY UINT64_C(0x9e3779b97f4a7c15)

static void key_add(uint64_t *keys, size_t *count, const struct name *name, uint64_t space)
{
    if (name->length > 0 && !name->world && !name->striped)
        keys[(*count)++] = name->hash ^ space;
}

static size_t transfer_keys(const struct transfer_message *message, uint64_t *keys)
{
    size_t count = 0;
    for (unsigned i = 0; i < message->operation_count; i++) {
        key_add(keys, &count, &message->operations[i].id, TRANSFER_KEY);
        key_add(keys, &count, &message->operations[i].reference, TRANSFER_KEY);
    }
    for (unsigned i = 0; i < message->leg_count; i++) {
        key_add(keys, &count, &transfer_legs(message)[i].from, 0);
        key_add(keys, &count, &transfer_legs(message)[i].to, 0);
    }
    for (unsigned i = 0; i < message->condition_count; i++)
        key_add(keys, &count, &transfer_conditions(message)[i].account, 0);
    return count;
}

static size_t read_keys(const struct read_message *message, uint64_t *keys)
{
    size_t count = 0;
    for (uint32_t i = 0; i < message->view_count; i++)
        key_add(keys, &count, &message->views[i].account, 0);
    return count;
}

size_t message_keys(const struct message *message, uint64_t *keys)
{
    const void *body = message;
    switch ((enum message_kind)message->kind) {
    case MESSAGE_TRANSFER: return transfer_keys(body, keys);
    case MESSAGE_OPEN: keys[0] = ((const struct open_message *)body)->account.hash; return 1;
    case MESSAGE_CHANGE: keys[0] = ((const struct change_message *)body)->account.hash; return 1;
    case MESSAGE_READ: return read_keys(body, keys);
    case MESSAGE_LOOKUP: keys[0] = ((const struct lookup_message *)body)->id.hash ^ TRANSFER_KEY; return 1;
    case MESSAGE_DEFINE:
    case MESSAGE_SURVEY:
    case MESSAGE_PAGE:
    case MESSAGE_CLOCK:
    case MESSAGE_STRIPE:
    case MESSAGE_DECISION:
    case MESSAGE_OUTCOME: return 0;
    }
    return 0;
}

bool message_is_whole(const struct message *message)
{
    const void *body = message;
    switch ((enum message_kind)message->kind) {
    case MESSAGE_DEFINE:
    case MESSAGE_SURVEY:
    case MESSAGE_PAGE:
    case MESSAGE_STRIPE: return true;
    case MESSAGE_READ: return ((const struct read_message *)body)->whole;
    case MESSAGE_TRANSFER: {
        const struct transfer_message *transfer = body;
        return transfer->whole && !transfer->finding;
    }
    case MESSAGE_OPEN:
    case MESSAGE_CHANGE:
    case MESSAGE_LOOKUP:
    case MESSAGE_CLOCK:
    case MESSAGE_DECISION:
    case MESSAGE_OUTCOME: return false;
    }
    return false;
}

bool message_is_alone(const struct message *message)
{
    if (message->kind == MESSAGE_CHANGE)
        return true;
    if (message->kind == MESSAGE_TRANSFER &&
        ((const struct transfer_message *)(const void *)message)->finding)
        return true;
    return message_is_whole(message);
}

static void transfer_seal(struct transfer_message *message, struct stamp first)
{
    sequence_seal(&message->route.seen, first);
    for (unsigned i = 0; i < message->leg_count; i++) {
        sequence_seal(&transfer_legs(message)[i].from_number, first);
        sequence_seal(&transfer_legs(message)[i].to_number, first);
    }
    for (unsigned i = 0; i < message->operation_count; i++)
        sequence_seal(&message->operations[i].number, first);
}

static void stripe_seal(struct stripe_message *message, struct stamp first)
{
    sequence_seal(&message->route.seen, first);
    sequence_seal(&message->number, first);
    sequence_seal(&message->sums.last, first);
}

static void read_seal(struct read_message *message, struct stamp first)
{
    sequence_seal(&message->route.seen, first);
    for (uint32_t i = 0; i < message->view_count; i++) {
        stamp_seal(&message->views[i].opened, first);
        sequence_seal(&message->views[i].last, first);
    }
}

/* The decider left the number that the next record would have; the totals are those before it. */
static void survey_seal(struct survey_message *message, struct stamp first)
{
    sequence_seal(&message->route.seen, first);
    if ((message->number & SEQUENCE_PROVISIONAL) != 0) {
        sequence_seal(&message->number, first);
        message->number--;
    }
}

static void page_seal(struct page_message *message, struct stamp first)
{
    sequence_seal(&message->route.seen, first);
    for (uint32_t i = 0; i < message->entry_count; i++)
        sequence_seal(&message->entries[i].number, first);
}

void message_seal(struct message *message, struct stamp first)
{
    void *body = message;
    switch ((enum message_kind)message->kind) {
    case MESSAGE_TRANSFER: transfer_seal(body, first); return;
    case MESSAGE_OPEN: sequence_seal(&((struct open_message *)body)->route.seen, first); return;
    case MESSAGE_CHANGE: sequence_seal(&((struct change_message *)body)->route.seen, first); return;
    case MESSAGE_DEFINE: sequence_seal(&((struct define_message *)body)->route.seen, first); return;
    case MESSAGE_READ: read_seal(body, first); return;
    case MESSAGE_SURVEY: survey_seal(body, first); return;
    case MESSAGE_PAGE: page_seal(body, first); return;
    case MESSAGE_STRIPE: stripe_seal(body, first); return;
    case MESSAGE_CLOCK: return;
    case MESSAGE_LOOKUP:
        if (message->answered) {
            sequence_seal(&((struct lookup_answer *)body)->seen, first);
            stamp_seal(&((struct lookup_answer *)body)->stamp, first);
            stamp_seal(&((struct lookup_answer *)body)->dated, first);
        }
        return;
    case MESSAGE_DECISION:
        sequence_seal(&((struct decision_message *)body)->seen, first);
        stamp_seal(&((struct decision_message *)body)->stamp, first);
        return;
    case MESSAGE_OUTCOME:
        sequence_seal(&((struct outcome_message *)body)->seen, first);
        sequence_seal(&((struct outcome_message *)body)->number, first);
        return;
    }
}
