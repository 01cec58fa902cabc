/* reenact.c: see reenact.h. */
#include "tests/model/reenact.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/render.h"

static const char *words_slice(struct words *words, struct slice text)
{
    return words_keep(words, text.text, text.length);
}

static struct call call_of_define(struct words *words, const struct record *record)
{
    const struct asset_tag *tag = record_asset(record);
    struct call call = call_plain(CALL_ASSET, words_keep(words, tag->code, tag->length));
    call.scale = tag->scale;
    return call;
}

static struct call call_of_open(struct words *words, const struct record *record)
{
    const struct record_options *options = record_options(record);
    struct call call = call_open(words_slice(words, record_id(record)),
                                 words_keep(words, options->asset.code, options->asset.length));
    call.unlimited = options->unlimited;
    call.has_ceiling = options->has_ceiling;
    call.overdraft = (struct decimal){options->overdraft, options->asset.scale};
    call.ceiling = (struct decimal){options->ceiling, options->asset.scale};
    return call;
}

static struct call call_of_change(const struct reference *reference, struct words *words,
                                  const struct record *record)
{
    static const enum call_kind kinds[] = {[CHANGE_LIMIT] = CALL_LIMIT,
                                           [CHANGE_FREEZE] = CALL_FREEZE,
                                           [CHANGE_THAW] = CALL_THAW,
                                           [CHANGE_CLOSE] = CALL_CLOSE};
    const struct record_change *change = record_change(record);
    const char *asset;
    const char *account = reference_account(reference, change->account, &asset);
    struct call call = call_plain(kinds[record->type], words_printf(words, "%s", account));
    if (record->type != CHANGE_LIMIT)
        return call;
    uint8_t scale = (uint8_t)reference_scale(reference, asset);
    call.unlimited = change->unlimited;
    call.has_overdraft = !change->unlimited;
    call.overdraft = (struct decimal){change->overdraft, scale};
    call.has_ceiling = change->has_ceiling;
    call.no_ceiling = !change->has_ceiling;
    call.ceiling = (struct decimal){change->ceiling, scale};
    return call;
}

static const enum call_kind kinds[] = {[TRANSFER_TRANSFER] = CALL_TRANSFER, [TRANSFER_DEPOSIT] = CALL_DEPOSIT,
                                       [TRANSFER_WITHDRAW] = CALL_WITHDRAW, [TRANSFER_SWEEP] = CALL_SWEEP,
                                       [TRANSFER_CAPTURE] = CALL_CAPTURE,   [TRANSFER_REVERSE] = CALL_REVERSE,
                                       [TRANSFER_HOLD] = CALL_HOLD,         [TRANSFER_EXTEND] = CALL_EXTEND,
                                       [TRANSFER_VOID] = CALL_VOID,         [TRANSFER_EXPIRE] = CALL_EXPIRE};

static struct call_leg leg_of(const struct reference *reference, struct words *words,
                              const struct record *record, const struct record_leg *made)
{
    const char *asset = NULL;
    struct call_leg leg = {0};
    if (made->from != 0)
        leg.from = reference_account(reference, made->from, &asset);
    if (made->to != 0)
        leg.to = reference_account(reference, made->to, &asset);
    leg.amount = (struct decimal){made->amount, (uint8_t)reference_scale(reference, asset)};
    bool plain = record->type == TRANSFER_DEPOSIT || record->type == TRANSFER_WITHDRAW;
    const char *world = plain ? "@world" : words_printf(words, "@world/%s", asset);
    if (made->from == 0)
        leg.from = world;
    if (made->to == 0)
        leg.to = world;
    return leg;
}

/* The hash of what a call asks for beyond its legs. */
static uint64_t call_terms(const struct call *call)
{
    const struct sender sender = {.shards = 1};
    struct buffer message = {0};
    (void)render_request(call, &sender, &message);
    const struct transfer_message *transfer = (const struct transfer_message *)(const void *)message.bytes;
    uint64_t terms = transfer->operations[0].terms;
    buffer_free(&message);
    return terms;
}

/* A call, or a part of one, with the record's id and terms. */
static const struct call *call_find(const struct call *calls, size_t count, const struct call *made,
                                    uint64_t terms)
{
    for (size_t i = 0; i < count; i++) {
        const struct call *call = &calls[i];
        const struct call *found = NULL;
        if (call->kind == CALL_MULTI)
            found = call_find(call->parts, call->part_count, made, terms);
        else if (call->kind == made->kind && strcmp(call->name, made->name) == 0 && call_terms(call) == terms)
            found = call;
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* What the record has only a hash of. */
static void terms_restore(const struct script *script, struct call *call, uint64_t terms)
{
    const struct call *asked = call_find(script->calls, script->count, call, terms);
    assert(asked != NULL);
    memcpy(call->conditions, asked->conditions, sizeof call->conditions);
    call->condition_count = asked->condition_count;
    call->has_amount = asked->has_amount;
    call->amount = asked->amount;
    call->keep = asked->keep;
}

static struct call call_of_transfer(const struct reference *reference, struct words *words,
                                    const struct script *script, const struct record *record)
{
    struct record_terms terms = record_terms(record);
    struct slice reference_id = record_reference(record);
    struct call call = {
        .kind = kinds[record->type], .name = words_slice(words, record_id(record)), .seconds = terms.ttl};
    if (record->type == TRANSFER_EXPIRE) {
        call.name = words_slice(words, reference_id);
        return call;
    }
    if (reference_id.length > 0)
        call.target = words_slice(words, reference_id);
    else {
        call.leg_count = record->leg_count;
        for (unsigned i = 0; i < record->leg_count; i++)
            call.legs[i] = leg_of(reference, words, record, &record_legs(record)[i]);
        if (record->type != TRANSFER_SWEEP)
            call.note = words_slice(words, record_note(record));
    }
    if (terms.terms != 0)
        terms_restore(script, &call, terms.terms);
    return call;
}

static struct call call_of(const struct reference *reference, struct words *words,
                           const struct script *script, const struct record *record)
{
    switch ((enum record_kind)record->kind) {
    case RECORD_DEFINE: return call_of_define(words, record);
    case RECORD_OPEN: return call_of_open(words, record);
    case RECORD_CHANGE: return call_of_change(reference, words, record);
    case RECORD_TRANSFER: break;
    }
    return call_of_transfer(reference, words, script, record);
}

/* What the reference should answer to the commands of a transaction. */
static void expect(const struct record *record, struct buffer *out)
{
    if (record->kind == RECORD_DEFINE || record->kind == RECORD_CHANGE)
        buffer_printf(out, "+OK");
    else
        buffer_printf(out, ":%llu", (unsigned long long)record->stamp.number);
}

static const struct record *record_next(const struct record *record)
{
    return (const struct record *)(const void *)((const char *)record + record->size);
}

const struct record *reenact_transaction(struct reference *reference, struct words *words,
                                         const struct script *script, const struct record *record,
                                         struct buffer *complaint)
{
    struct call parts[OPERATIONS_MAX];
    unsigned count = 0;
    struct buffer reply = {0};
    struct buffer expected = {0};
    const struct record *last = record;
    bool several = (record->flags & RECORD_CONTINUES) != 0;
    buffer_printf(&expected, several ? "[" : "");
    for (;; last = record_next(last)) {
        parts[count++] = call_of(reference, words, script, last);
        expect(last, &expected);
        if ((last->flags & RECORD_CONTINUES) == 0)
            break;
        buffer_printf(&expected, ", ");
    }
    buffer_printf(&expected, several ? "]" : "");
    buffer_append(&expected, "", 1);
    struct call call = several ? call_multi(parts, count) : parts[0];
    reference_set_clock(reference, record->stamp.time);
    reference_call(reference, &call, &reply);

    bool right = strcmp(reply.bytes, expected.bytes) == 0 &&
                 reference_last(reference) == last->stamp.number + last->leg_count - 1;
    if (!right) {
        buffer_printf(complaint, "record %llu can't be at its place in the log: ",
                      (unsigned long long)record->stamp.number);
        call_write(&call, complaint);
        buffer_printf(complaint, "\n  the reference answers %s", reply.bytes);
        buffer_append(complaint, "", 1);
    }
    buffer_free(&reply);
    buffer_free(&expected);
    return right ? record_next(last) : NULL;
}

bool reenact_records(struct reference *reference, struct words *words, const struct script *script,
                     const struct buffer *records, struct buffer *complaint)
{
    const struct record *record = (const struct record *)(const void *)(records->bytes + records->start);
    const char *end = records->bytes + records->end;
    while (record != NULL && (const char *)record < end)
        record = reenact_transaction(reference, words, script, record, complaint);
    return record != NULL;
}
