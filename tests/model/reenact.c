/* reenact.c: see reenact.h. */
#include "tests/model/reenact.h"

#include <stdio.h>
#include <string.h>

static struct call call_of_define(struct words *words, const struct record *record)
{
    const struct asset_tag *tag = (const struct asset_tag *)(const void *)(record + 1);
    struct call call = call_plain(CALL_ASSET, words_keep(words, tag->code, tag->length));
    call.scale = tag->scale;
    return call;
}

static struct call call_of_open(struct words *words, const struct record *record)
{
    const struct record_options *options = (const struct record_options *)(const void *)(record + 1);
    struct call call = call_open(words_keep(words, (const char *)(options + 1), record->id_length),
                                 words_keep(words, options->asset.code, options->asset.length));
    call.unlimited = options->unlimited;
    call.has_ceiling = options->has_ceiling;
    call.overdraft = (struct decimal){options->overdraft, options->asset.scale};
    call.ceiling = (struct decimal){options->ceiling, options->asset.scale};
    return call;
}

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
    const char *world =
        record->type == TRANSFER_TRANSFER ? words_printf(words, "@world/%s", asset) : "@world";
    if (made->from == 0)
        leg.from = world;
    if (made->to == 0)
        leg.to = world;
    return leg;
}

static struct call call_of_transfer(const struct reference *reference, struct words *words,
                                    const struct record *record)
{
    static const enum call_kind kinds[] = {[TRANSFER_TRANSFER] = CALL_TRANSFER,
                                           [TRANSFER_DEPOSIT] = CALL_DEPOSIT,
                                           [TRANSFER_WITHDRAW] = CALL_WITHDRAW};
    const struct record_leg *legs = (const struct record_leg *)(const void *)(record + 1);
    const char *text = (const char *)&legs[record->leg_count];
    struct call call = {.kind = kinds[record->type],
                        .name = words_keep(words, text, record->id_length),
                        .note = words_keep(words, text + record->id_length, record->note_length),
                        .leg_count = record->leg_count};
    for (unsigned i = 0; i < record->leg_count; i++)
        call.legs[i] = leg_of(reference, words, record, &legs[i]);
    return call;
}

static struct call call_of(const struct reference *reference, struct words *words,
                           const struct record *record)
{
    if (record->kind == RECORD_DEFINE)
        return call_of_define(words, record);
    if (record->kind == RECORD_OPEN)
        return call_of_open(words, record);
    return call_of_transfer(reference, words, record);
}

bool reenact_record(struct reference *reference, struct words *words, const struct record *record,
                    struct buffer *complaint)
{
    struct call call = call_of(reference, words, record);
    struct buffer reply = {0};
    reference_set_clock(reference, record->stamp.time);
    reference_call(reference, &call, &reply);

    char expected[32] = "+OK";
    if (call.kind != CALL_ASSET)
        (void)snprintf(expected, sizeof expected, ":%llu", (unsigned long long)record->stamp.number);
    bool right = strcmp(reply.bytes, expected) == 0 &&
                 reference_last(reference) == record->stamp.number + record->leg_count - 1;
    if (!right) {
        buffer_printf(complaint, "record %llu can't be at its place in the log: ",
                      (unsigned long long)record->stamp.number);
        call_write(&call, complaint);
        buffer_printf(complaint, "\n  the reference answers %s", reply.bytes);
        buffer_append(complaint, "", 1);
    }
    buffer_free(&reply);
    return right;
}

bool reenact_records(struct reference *reference, struct words *words, const struct buffer *records,
                     struct buffer *complaint)
{
    for (size_t at = records->start; at < records->end;) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        if (!reenact_record(reference, words, record, complaint))
            return false;
        at += record->size;
    }
    return true;
}
