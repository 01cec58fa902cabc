/* record.c: see record.h. */
#include "ledger/record.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct record) == 32, "a record's head is two units");
static_assert(sizeof(struct record_terms) % MESSAGE_ALIGN == 0, "what follows stays aligned");

static size_t rounded(size_t size)
{
    return (size + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
}

/* Appends a record of `body` fixed bytes and `text` bytes of text, the rest of the last unit zeroed. */
static struct record *record_add(struct buffer *records, const struct record *head, size_t body, size_t text)
{
    size_t size = rounded(sizeof *head + body + text);
    char *bytes = buffer_reserve(records, size);
    memset(bytes + size - MESSAGE_ALIGN, 0, MESSAGE_ALIGN);
    records->end += size;
    struct record *record = (struct record *)(void *)bytes;
    *record = *head;
    record->size = (uint32_t)size;
    return record;
}

struct record_leg *record_transfer(struct buffer *records, const struct record_parts *parts,
                                   struct stamp stamp)
{
    const struct record_terms *terms = &parts->terms;
    bool has_terms = terms->released != 0 || terms->ttl != 0 || terms->terms != 0;
    const struct record head = {.kind = RECORD_TRANSFER,
                                .type = parts->type,
                                .leg_count = parts->leg_count,
                                .flags = (uint8_t)(parts->flags | (has_terms ? RECORD_HAS_TERMS : 0)),
                                .reference_length = (uint8_t)parts->reference.length,
                                .id_length = (uint16_t)parts->id.length,
                                .note_length = (uint16_t)parts->note.length,
                                .stamp = stamp};
    size_t legs_size = parts->leg_count * sizeof(struct record_leg);
    struct record *record = record_add(records, &head, legs_size + (has_terms ? sizeof *terms : 0),
                                       parts->id.length + parts->note.length + parts->reference.length);
    struct record_leg *legs = (struct record_leg *)(void *)(record + 1);
    memset(legs, 0, legs_size);
    char *text = (char *)&legs[parts->leg_count];
    if (has_terms) {
        memcpy(text, terms, sizeof *terms);
        text += sizeof *terms;
    }
    const struct slice *const texts[] = {&parts->id, &parts->note, &parts->reference};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i]->length > 0)
            memcpy(text, texts[i]->text, texts[i]->length);
        text += texts[i]->length;
    }
    return legs;
}

void record_open(struct buffer *records, const char *id, size_t length, const struct record_options *options,
                 struct stamp stamp)
{
    const struct record head = {
        .kind = RECORD_OPEN, .leg_count = 1, .id_length = (uint16_t)length, .stamp = stamp};
    struct record *record = record_add(records, &head, sizeof *options, length);
    struct record_options *body = (struct record_options *)(void *)(record + 1);
    *body = *options;
    memcpy(body + 1, id, length);
}

void record_define(struct buffer *records, const struct asset_tag *asset, struct stamp stamp)
{
    const struct record head = {.kind = RECORD_DEFINE, .leg_count = 1, .stamp = stamp};
    struct record *record = record_add(records, &head, sizeof *asset, 0);
    *(struct asset_tag *)(void *)(record + 1) = *asset;
}

void record_changed(struct buffer *records, enum change_type type, const struct record_change *change,
                    struct stamp stamp)
{
    const struct record head = {.kind = RECORD_CHANGE, .type = (uint8_t)type, .leg_count = 1, .stamp = stamp};
    struct record *record = record_add(records, &head, sizeof *change, 0);
    *(struct record_change *)(void *)(record + 1) = *change;
}

void record_seal(struct record *record, struct stamp first)
{
    assert((record->stamp.number & SEQUENCE_PROVISIONAL) != 0);
    stamp_seal(&record->stamp, first);
    if (record->kind == RECORD_CHANGE)
        sequence_seal(&((struct record_change *)(void *)(record + 1))->account, first);
    if (record->kind != RECORD_TRANSFER)
        return;
    struct record_leg *legs = (struct record_leg *)(void *)(record + 1);
    for (unsigned i = 0; i < record->leg_count; i++) {
        sequence_seal(&legs[i].from, first);
        sequence_seal(&legs[i].to, first);
    }
}
