/* flight.c: a ring of requests, a stream of their keys, and a heap of early answers. */
#include "server/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/inquiry.h"
#include "server/memory.h"

#define CAPACITY_MIN 16

/* Answers are packed together again once this much of `stored` is no longer wanted. */
#define STORED_SLACK 65536

static struct flight *flight_slot(const struct flights *flights, uint32_t place)
{
    return &flights->slots[place & (flights->capacity - 1)];
}

static bool members_single(uint64_t members)
{
    return (members & (members - 1)) == 0;
}

/** The members of a composed request: its route follows its head. An inquiry concerns no shard. */
static uint64_t plan_members(const struct flight_plan *plan)
{
    if (message_is_inquiry(plan->message)) {
        return 0;
    }
    return ((const struct define_message *)(const void *)plan->message)->route.members;
}

/** Whether a request may be sent from its shard to another, or begin anew: then one that follows to the same
 * shard could pass it, and only their keys keep them in order. A look at an account that turns out to be
 * spread does so too, but its key stays in flight, and whoever is composed after the account was spread waits
 * (view). */
static bool message_may_restart(const struct message *message)
{
    if (message->kind == MESSAGE_READ) {
        return true;
    }
    if (message->kind != MESSAGE_TRANSFER) {
        return false;
    }
    const struct transfer_message *transfer = (const struct transfer_message *)(const void *)message;
    bool spread = transfer->several;
    for (unsigned i = 0; i < transfer->leg_count && !spread; i++) {
        const struct leg *leg = &transfer_legs(transfer)[i];
        spread = leg->from.striped || leg->to.striped;
    }
    return spread || transfer->condition_count > 0;
}

/** Whether a request is about holds alone, without looking at money: what it does to their accounts commutes
 * with what others like it do, which never fail for money. Which accounts these are is not known before the
 * holds are found, so nothing else may be in flight beside it. */
static bool message_is_about_holds(const struct message *message)
{
    if (message->kind != MESSAGE_TRANSFER) {
        return false;
    }
    const struct transfer_message *transfer = (const struct transfer_message *)(const void *)message;
    for (unsigned i = 0; i < transfer->operation_count; i++) {
        uint8_t type = transfer->operations[i].type;
        if (type != TRANSFER_CAPTURE && type != TRANSFER_VOID && type != TRANSFER_EXTEND) {
            return false;
        }
    }
    return true;
}

bool flight_admits(const struct flights *flights, const struct flight_plan *plan)
{
    if (flight_count(flights) == 0) {
        return true;
    }
    if (flights->alone || message_is_inquiry(plan->message)) {
        return false;
    }
    if (plan->lone) {
        return true;
    }
    if (flights->view != plan->view) {
        return false;
    }
    uint64_t members = plan_members(plan);
    bool holds = message_is_about_holds(plan->message);
    if (flights->holds != holds || (!holds && message_is_alone(plan->message))) {
        return false;
    }
    if (members_single(members) && members == flights->members && !holds &&
        !message_may_restart(plan->message) && !flights->restarts) {
        return true;
    }
    uint64_t keys[MESSAGE_KEYS_MAX];
    size_t count = message_keys(plan->message, keys);
    if (flights->keys.used + count > FLIGHT_KEYS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (keyset_has(&flights->keys, keys[i])) {
            return false;
        }
    }
    return true;
}

static void flights_grow(struct flights *flights)
{
    uint32_t capacity = flights->capacity ? flights->capacity * 2 : CAPACITY_MIN;
    struct flight *slots = memory_zeroed(capacity, sizeof *slots);
    for (uint32_t i = flights->head; i != flights->tail; i++) {
        slots[i & (capacity - 1)] = *flight_slot(flights, i);
    }
    free(flights->slots);
    flights->slots = slots;
    flights->capacity = capacity;
}

static struct flight *flights_push(struct flights *flights)
{
    assert(flight_count(flights) < FLIGHT_MAX);
    if (flight_count(flights) == flights->capacity) {
        flights_grow(flights);
    }
    struct flight *flight = flight_slot(flights, flights->tail++);
    *flight = (struct flight){0};
    return flight;
}

/** Keeps a request's keys, and its text padded so that the next keys stay aligned. */
static void aside_keep(struct flights *flights, struct flight *flight, const struct flight_plan *plan)
{
    flight->aside = flights->asides_begun + (uint32_t)buffer_length(&flights->asides);
    if (!plan->lone && !message_is_inquiry(plan->message)) {
        size_t room = MESSAGE_KEYS_MAX * sizeof(uint64_t);
        uint64_t *keys = (uint64_t *)(void *)buffer_reserve(&flights->asides, room);
        flight->key_count = (uint16_t)message_keys(plan->message, keys);
        flights->asides.end += flight->key_count * sizeof *keys;
        for (uint16_t i = 0; i < flight->key_count; i++) {
            keyset_add(&flights->keys, keys[i]);
        }
    }
    if (plan->text.length > 0) {
        static const char padding[sizeof(uint64_t)];
        assert(plan->text.length <= FLIGHT_ASIDE_MAX);
        flight->aside_length = (uint8_t)plan->text.length;
        buffer_append(&flights->asides, plan->text.text, plan->text.length);
        buffer_append(&flights->asides, padding, -plan->text.length % sizeof padding);
    }
}

void flight_begin(struct flights *flights, const struct flight_plan *plan)
{
    uint64_t members = plan_members(plan);
    bool same = flight_count(flights) == 0 || flights->members == members;
    flights->members = same && members_single(members) ? members : 0;
    flights->view = plan->view;
    flights->restarts |= !plan->lone && message_may_restart(plan->message);
    flights->holds = !plan->lone && message_is_about_holds(plan->message);
    flights->alone = message_is_inquiry(plan->message) ||
                     (!plan->lone && !flights->holds && message_is_alone(plan->message));
    struct flight *flight = flights_push(flights);
    flight->started_us = plan->started_us;
    flight->command = plan->command;
    flight->version = plan->version;
    aside_keep(flights, flight, plan);
}

void flight_begin_errand(struct flights *flights, uint8_t version, uint32_t started_us)
{
    struct flight *flight = flights_push(flights);
    flight->started_us = started_us;
    flight->version = version;
    flight->aside = flights->asides_begun + (uint32_t)buffer_length(&flights->asides);
}

void flight_store_reply(struct flights *flights, const struct buffer *reply, uint32_t started_us)
{
    assert(flight_count(flights) > 0);
    struct flight *flight = flights_push(flights);
    flight->started_us = started_us;
    flight->aside = flights->asides_begun + (uint32_t)buffer_length(&flights->asides);
    flight_store_text(flights, flight, reply);
}

struct flight *flight_find(struct flights *flights, uint16_t name)
{
    uint16_t distance = (uint16_t)(name - (uint16_t)flights->head);
    assert(distance < flight_count(flights));
    struct flight *flight = flight_slot(flights, flights->head + distance);
    assert(flight->state == FLIGHT_OPEN);
    return flight;
}

const struct flight *flight_oldest(const struct flights *flights)
{
    return flight_count(flights) > 0 ? flight_slot(flights, flights->head) : NULL;
}

bool flight_is_first(const struct flights *flights, const struct flight *flight)
{
    return flight == flight_slot(flights, flights->head);
}

struct slice flight_text(const struct flights *flights, const struct flight *flight)
{
    if (flight->aside_length == 0) {
        return (struct slice){"", 0};
    }
    size_t offset = flight->aside - flights->asides_begun + flight->key_count * sizeof(uint64_t);
    return (struct slice){flights->asides.bytes + flights->asides.start + offset, flight->aside_length};
}

/** Copies the answers still wanted to a fresh buffer, so that `stored` stays in proportion to them. */
static void stored_pack(struct flights *flights)
{
    struct buffer packed = {0};
    for (uint32_t i = flights->head; i != flights->tail; i++) {
        struct flight *flight = flight_slot(flights, i);
        if (flight->state == FLIGHT_TEXT) {
            uint32_t offset = (uint32_t)buffer_length(&packed);
            buffer_append(&packed, flights->stored.bytes + flight->text.offset, flight->text.length);
            flight->text.offset = offset;
        }
    }
    buffer_free(&flights->stored);
    flights->stored = packed;
}

void flight_store_text(struct flights *flights, struct flight *flight, const struct buffer *reply)
{
    if (flights->stored_live == 0) {
        buffer_consume(&flights->stored, buffer_length(&flights->stored));
    } else if (buffer_length(&flights->stored) > 2 * flights->stored_live + STORED_SLACK) {
        stored_pack(flights);
    }
    size_t length = buffer_length(reply);
    flight->state = FLIGHT_TEXT;
    flight->text.offset = (uint32_t)buffer_length(&flights->stored);
    flight->text.length = (uint32_t)length;
    buffer_append(&flights->stored, reply->bytes + reply->start, length);
    flights->stored_live += length;
}

void flight_retire(struct flights *flights)
{
    assert(flight_count(flights) > 0);
    struct flight *flight = flight_slot(flights, flights->head++);
    if (flight->state == FLIGHT_TEXT) {
        flights->stored_live -= flight->text.length;
    }
    size_t keys_size = flight->key_count * sizeof(uint64_t);
    const uint64_t *keys = (const uint64_t *)(const void *)(flights->asides.bytes + flights->asides.start);
    for (uint16_t i = 0; i < flight->key_count; i++) {
        keyset_remove(&flights->keys, keys[i]);
    }
    size_t text_size = (flight->aside_length + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
    buffer_consume(&flights->asides, keys_size + text_size);
    flights->asides_begun += (uint32_t)(keys_size + text_size);
    if (flight_count(flights) == 0) {
        flights->alone = false;
        flights->restarts = false;
        flights->holds = false;
    }
}

const struct flight *flight_ready(const struct flights *flights)
{
    const struct flight *first = flight_oldest(flights);
    return first && first->state != FLIGHT_OPEN ? first : NULL;
}

void flight_free(struct flights *flights)
{
    free(flights->slots);
    buffer_free(&flights->asides);
    buffer_free(&flights->stored);
    keyset_free(&flights->keys);
    *flights = (struct flights){0};
}
