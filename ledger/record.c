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

void record_transfer(struct buffer *records, const struct transfer_message *message, struct stamp stamp)
{
    const struct record head = {.kind = RECORD_TRANSFER,
                                .type = message->type,
                                .leg_count = message->leg_count,
                                .id_length = message->id.length,
                                .note_length = message->note_length,
                                .stamp = stamp};
    size_t legs_size = message->leg_count * sizeof(struct record_leg);
    struct record *record =
        record_add(records, &head, legs_size, (size_t)message->id.length + message->note_length);

    struct record_leg *legs = (struct record_leg *)(void *)(record + 1);
    for (unsigned i = 0; i < message->leg_count; i++) {
        const struct leg *leg = &message->legs[i];
        legs[i] = (struct record_leg){.from = leg->from_number, .to = leg->to_number};
        bool fits = decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale,
                                      &legs[i].amount);
        assert(fits);
    }
    char *text = (char *)&legs[message->leg_count];
    memcpy(text, message_text(message, message->id.offset), message->id.length);
    memcpy(text + message->id.length, message_text(message, message->note), message->note_length);
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
