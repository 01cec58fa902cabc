/* record.c: see record.h. */
#include "ledger/record.h"

#include <assert.h>
#include <string.h>

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

struct record_leg *record_transfer_begin(struct buffer *records, uint8_t type, uint16_t leg_count,
                                         struct slice id, struct slice note, struct stamp stamp)
{
    const struct record head = {.kind = RECORD_TRANSFER,
                                .type = type,
                                .leg_count = leg_count,
                                .id_length = (uint16_t)id.length,
                                .note_length = (uint16_t)note.length,
                                .stamp = stamp};
    size_t legs_size = leg_count * sizeof(struct record_leg);
    struct record *record = record_add(records, &head, legs_size, id.length + note.length);
    struct record_leg *legs = (struct record_leg *)(void *)(record + 1);
    memset(legs, 0, legs_size);
    char *text = (char *)&legs[leg_count];
    memcpy(text, id.text, id.length);
    memcpy(text + id.length, note.text, note.length);
    return legs;
}

void record_transfer(struct buffer *records, const struct transfer_message *message, struct stamp stamp)
{
    struct slice id = {message_text(message, message->id.offset), message->id.length};
    struct slice note = {message_text(message, message->note), message->note_length};
    struct record_leg *legs =
        record_transfer_begin(records, message->type, message->leg_count, id, note, stamp);
    for (unsigned i = 0; i < message->leg_count; i++) {
        const struct leg *leg = &message->legs[i];
        legs[i].from = leg->from_number;
        legs[i].to = leg->to_number;
        bool fits = decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale,
                                      &legs[i].amount);
        assert(fits);
    }
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

void record_seal(struct record *record, struct stamp first)
{
    assert((record->stamp.number & SEQUENCE_PROVISIONAL) != 0);
    stamp_seal(&record->stamp, first);
    if (record->kind != RECORD_TRANSFER)
        return;
    struct record_leg *legs = (struct record_leg *)(void *)(record + 1);
    for (unsigned i = 0; i < record->leg_count; i++) {
        sequence_seal(&legs[i].from, first);
        sequence_seal(&legs[i].to, first);
    }
}
