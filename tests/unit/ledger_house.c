/* ledger_house.c: see ledger_house.h. */
#include "tests/unit/ledger_house.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 42

struct house *house_build(void)
{
    return house_build_with(HOUSE_SHARDS, 0);
}

struct house *house_build_with(unsigned shards, uint64_t id_window_ns)
{
    struct house *house = calloc(1, sizeof *house);
    assert(house != NULL && shards <= HOUSE_SHARDS_MAX);
    house->count = shards;
    house->sender = (struct sender){.seed = SEED, .shards = shards};
    house->next = 1;
    for (unsigned i = 0; i < shards; i++)
        house->shards[i] = shard_create(
            &(struct shard_config){.index = i, .count = shards, .seed = SEED, .id_window_ns = id_window_ns});
    return house;
}

void house_free(struct house *house)
{
    for (unsigned i = 0; i < house->count; i++) {
        shard_free(house->shards[i]);
        buffer_free(&house->out[i].records);
        for (unsigned to = 0; to < SHARDS_MAX; to++)
            buffer_free(&house->out[i].to[to]);
    }
    buffer_free(&house->draft);
    free(house);
}

void house_close(struct house *house)
{
    house_settle(house);
    struct shard_numbers count = house_count(house);
    cr_assert_eq(count.prepared, 0, "%lu still prepared", count.prepared);
    cr_assert_eq(count.parked, 0, "%lu still parked", count.parked);
    house_free(house);
}

const char *house_name(struct house *house, char letter, unsigned shard)
{
    char *name = house->names[letter - 'a'];
    for (unsigned i = 0;; i++) {
        size_t length = (size_t)snprintf(name, sizeof house->names[0], "%c%u", letter, i);
        if (ident_shard(name, length, ident_hash(name, length, SEED), SEED, house->count) == shard)
            return name;
    }
}

static void step(struct house *house, unsigned shard, struct message *message)
{
    shard_step(house->shards[shard], message, &house->out[shard]);
    if (house->batching)
        return;
    uint64_t used = shard_numbers_used(house->shards[shard]);
    shard_seal(house->shards[shard], &house->out[shard], (struct stamp){house->next, 1000 + house->next});
    house->next += used;
    house->records += buffer_length(&house->out[shard].records);
    house->out[shard].records.end = house->out[shard].records.start;
}

void house_submit(struct house *house, uint64_t ticket)
{
    /* The route follows the head of every request. */
    struct define_message *request =
        (struct define_message *)(void *)(house->draft.bytes + house->draft.start);
    request->head.ticket = ticket;
    step(house, members_first(request->route.members), &request->head);
    house->draft.end = house->draft.start;
}

void house_open(struct house *house, uint64_t ticket, const char *account)
{
    compose_open(&house->draft, &house->sender, slice_of(account), slice_of("USD"));
    house_submit(house, ticket);
}

void house_transfer(struct house *house, uint64_t ticket, const char *id, const char *from, const char *to,
                    uint64_t cents)
{
    const struct leg_text leg = {slice_of(from), slice_of(to), {cents, 2}};
    compose_transfer(&house->draft, &house->sender, slice_of(id), 1, &leg, slice_of(""));
    house_submit(house, ticket);
}

void house_deposit(struct house *house, uint64_t ticket, const char *id, const char *account, uint64_t cents)
{
    compose_world_transfer(&house->draft, &house->sender, TRANSFER_DEPOSIT, slice_of(id), slice_of(account),
                           (struct decimal){cents, 2}, slice_of(""));
    house_submit(house, ticket);
}

void house_balances(struct house *house, uint64_t ticket, const char *one, const char *two)
{
    const struct slice accounts[] = {slice_of(one), slice_of(two)};
    compose_read(&house->draft, &house->sender, 2, accounts);
    house_submit(house, ticket);
}

void house_operation(struct house *house, uint64_t ticket, const struct operation_text *text)
{
    compose_transaction(&house->draft, &house->sender, 1, text, false);
    house_submit(house, ticket);
}

void house_exec(struct house *house, uint64_t ticket, unsigned count, const struct operation_text *texts)
{
    compose_transaction(&house->draft, &house->sender, count, texts, true);
    house_submit(house, ticket);
}

void house_change(struct house *house, uint64_t ticket, const char *account, enum change_type type)
{
    compose_change(&house->draft, &house->sender, slice_of(account), type);
    house_submit(house, ticket);
}

void house_limit(struct house *house, uint64_t ticket, const char *account, bool unlimited)
{
    struct change_message *change =
        compose_change(&house->draft, &house->sender, slice_of(account), CHANGE_LIMIT);
    change->unlimited = change->no_ceiling = unlimited;
    change->overdraft_given = !unlimited;
    house_submit(house, ticket);
}

void house_hold(struct house *house, uint64_t ticket, const char *id, const char *from, const char *to,
                uint64_t cents, uint64_t ttl)
{
    const struct leg_text leg = {slice_of(from), slice_of(to), {cents, 2}};
    house_operation(house, ticket,
                    &(struct operation_text){
                        .type = TRANSFER_HOLD, .id = slice_of(id), .legs = &leg, .leg_count = 1, .ttl = ttl});
}

void house_capture(struct house *house, uint64_t ticket, const char *id, const char *hold, uint64_t cents,
                   bool keep)
{
    const struct leg_text leg = {.amount = {cents, 2}};
    house_operation(house, ticket,
                    &(struct operation_text){.type = TRANSFER_CAPTURE,
                                             .id = slice_of(id),
                                             .reference = slice_of(hold),
                                             .legs = &leg,
                                             .leg_count = 1,
                                             .amount_given = cents > 0,
                                             .keep = keep});
}

void house_void(struct house *house, uint64_t ticket, const char *id, const char *hold)
{
    house_operation(
        house, ticket,
        &(struct operation_text){.type = TRANSFER_VOID, .id = slice_of(id), .reference = slice_of(hold)});
}

void house_lookup(struct house *house, uint64_t ticket, const char *id)
{
    compose_lookup(&house->draft, &house->sender, slice_of(id));
    house_submit(house, ticket);
}

void house_client_of(struct house *house, unsigned shard)
{
    house->sender.stripes = shard_stripes(house->shards[shard]);
}

void house_clock(struct house *house, unsigned shard, uint64_t now)
{
    struct clock_message clock = {.head = {.size = sizeof clock, .kind = MESSAGE_CLOCK}, .now = now};
    step(house, shard, &clock.head);
}

/* Cuts the first message out of a buffer that is an answer to `ticket`, or with ticket 0 that is for a shard,
 * into memory the caller frees. */
static struct message *cut(struct buffer *buffer, uint64_t ticket)
{
    for (size_t at = buffer->start; at < buffer->end;) {
        struct message *message = (struct message *)(void *)(buffer->bytes + at);
        size_t size = message->size;
        if (ticket == 0 ? !message->answered : message->answered && message->ticket == ticket) {
            struct message *copy = aligned_alloc(MESSAGE_ALIGN, size);
            assert(copy != NULL);
            memcpy(copy, message, size);
            memmove(buffer->bytes + at, buffer->bytes + at + size, buffer->end - at - size);
            buffer->end -= size;
            return copy;
        }
        at += size;
    }
    return NULL;
}

int house_deliver(struct house *house, unsigned from, unsigned to)
{
    struct message *message = cut(&house->out[from].to[to], 0);
    if (message == NULL)
        return -1;
    int kind = message->kind;
    step(house, to, message);
    free(message);
    return kind;
}

void house_settle(struct house *house)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < house->count * house->count; i++)
            again |= house_deliver(house, i / house->count, i % house->count) >= 0;
    }
}

static size_t write_views(const struct read_message *read, char *out, size_t size)
{
    size_t length = 0;
    for (uint32_t i = 0; i < read->view_count; i++) {
        const struct view *view = &read->views[i];
        char balance[AMOUNT_TEXT_MAX];
        size_t digits = total_difference_format(view->credits, view->debits, view->asset.scale, balance);
        length += (size_t)snprintf(out + length, size - length, "%s%.*s", i > 0 ? " " : "",
                                   view->exists ? (int)digits : 3, view->exists ? balance : "nil");
    }
    return length;
}

/* An EXEC: each command's number, or the balance it saw. */
static void write_several(const struct transfer_message *transfer, char *out, size_t size)
{
    size_t length = 0;
    for (unsigned i = 0; i < transfer->operation_count; i++) {
        const struct operation *operation = &transfer->operations[i];
        const struct condition *seen = &transfer_conditions(transfer)[operation->condition];
        char text[AMOUNT_TEXT_MAX];
        int digits = operation->type == TRANSFER_BALANCE
                         ? (int)total_difference_format(seen->credits, seen->debits, seen->asset.scale, text)
                         : snprintf(text, sizeof text, "%" PRIu64, operation->number);
        length += (size_t)snprintf(out + length, size - length, "%s%.*s", i == 0 ? "[" : ", ", digits, text);
    }
    (void)snprintf(out + length, size - length, "]");
}

static void write_lookup(const struct lookup_answer *answer, char *out, size_t size)
{
    static const char *const ended[] = {"", "captured", "voided", "expired"};
    char digits[AMOUNT_TEXT_MAX];
    if (!answer->found)
        (void)snprintf(out, size, "nothing");
    else if (answer->type != TRANSFER_HOLD)
        (void)snprintf(out, size, answer->reversed ? "reversed" : "posted");
    else if (answer->state != HOLD_OPEN)
        (void)snprintf(out, size, "%s", ended[answer->state]);
    else
        (void)snprintf(out, size, "held %.*s",
                       (int)amount_format(answer->remaining, answer->legs[0].asset.scale, digits), digits);
}

const char *house_answer(struct house *house, uint64_t ticket)
{
    struct message *message = NULL;
    for (unsigned from = 0; from < house->count && message == NULL; from++)
        message = cut(&house->out[from].to[house->sender.origin], ticket);
    house->text[0] = '\0';
    if (message == NULL)
        return house->text;
    char *out = house->text;
    size_t size = sizeof house->text;
    const struct outcome_message *outcome = (const struct outcome_message *)(const void *)message;
    if (message->kind == MESSAGE_READ)
        write_views((const struct read_message *)(const void *)message, out, size);
    else if (message->kind == MESSAGE_SURVEY)
        (void)snprintf(out, size, "survey %" PRIu64,
                       ((const struct survey_message *)(const void *)message)->number);
    else if (message->kind == MESSAGE_TRANSFER)
        write_several((const struct transfer_message *)(const void *)message, out, size);
    else if (message->kind == MESSAGE_LOOKUP)
        write_lookup((const struct lookup_answer *)(const void *)message, out, size);
    else if (outcome->status == OUTCOME_REJECTED)
        (void)snprintf(out, size, "%.*s", outcome->text_length, outcome->text);
    else if (outcome->status == OUTCOME_NUMBER)
        (void)snprintf(out, size, "%" PRIu64, outcome->number);
    else
        (void)snprintf(out, size, "OK");
    free(message);
    return house->text;
}

sequence_t house_last(struct house *house, const char *account)
{
    const uint64_t ticket = UINT64_MAX;
    const struct slice id = slice_of(account);
    struct message *message = NULL;
    compose_read(&house->draft, &house->sender, 1, &id);
    house_submit(house, ticket);
    house_settle(house);
    for (unsigned from = 0; from < house->count && message == NULL; from++)
        message = cut(&house->out[from].to[house->sender.origin], ticket);
    assert(message != NULL && message->kind == MESSAGE_READ);
    sequence_t last = ((const struct read_message *)(const void *)message)->views[0].last;
    free(message);
    return last;
}

struct shard_numbers house_count(const struct house *house)
{
    struct shard_numbers sum = {0};
    for (unsigned i = 0; i < house->count; i++) {
        struct shard_numbers count = shard_count(house->shards[i]);
        sum.accounts += count.accounts;
        sum.remembered += count.remembered;
        sum.prepared += count.prepared;
        sum.parked += count.parked;
        sum.commits += count.commits;
        sum.holds += count.holds;
    }
    return sum;
}
