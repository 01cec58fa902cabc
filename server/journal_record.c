/* journal_record.c: packing and unpacking. */
#include "server/journal_record.h"

#include <assert.h>
#include <string.h>

#include "proto/ident.h"

/* The first byte: kind in the low half, a transfer's type in the high half. */
#define TYPE_SHIFT 4
#define KIND_MASK  15

/* Flags of an opening. */
#define OPEN_UNLIMITED   1
#define OPEN_HAS_CEILING 2

/* Seven bits a byte. */
#define NUMBER_BYTES_MAX 10
#define AMOUNT_BYTES_MAX 19

static_assert(1 + NUMBER_BYTES_MAX + 1 + IDENT_MAX + 1 + 2 + NOTE_MAX +
                      LEGS_MAX * (2 * NUMBER_BYTES_MAX + AMOUNT_BYTES_MAX) <=
                  JOURNAL_RECORD_MAX,
              "the largest transfer fits");

static uint8_t *number_put(uint8_t *out, uint64_t number)
{
    while (number >= 128) {
        *out++ = (uint8_t)(number | 128);
        number >>= 7;
    }
    *out++ = (uint8_t)number;
    return out;
}

static uint8_t *amount_put(uint8_t *out, amount_t amount)
{
    while (amount > UINT64_MAX) {
        *out++ = (uint8_t)(amount | 128);
        amount >>= 7;
    }
    return number_put(out, (uint64_t)amount);
}

static uint8_t *text_put(uint8_t *out, const char *text, size_t length)
{
    memcpy(out, text, length);
    return out + length;
}

static uint8_t *asset_put(uint8_t *out, const struct asset_tag *asset)
{
    *out++ = asset->length;
    out = text_put(out, asset->code, asset->length);
    *out++ = asset->scale;
    return out;
}

static uint8_t *open_pack(const struct record *record, uint8_t *out)
{
    const struct record_options *options = (const struct record_options *)(const void *)(record + 1);
    *out++ = (uint8_t)record->id_length;
    out = text_put(out, (const char *)(options + 1), record->id_length);
    out = asset_put(out, &options->asset);
    *out++ =
        (uint8_t)((options->unlimited ? OPEN_UNLIMITED : 0) | (options->has_ceiling ? OPEN_HAS_CEILING : 0));
    out = amount_put(out, options->overdraft);
    return amount_put(out, options->ceiling);
}

static uint8_t *transfer_pack(const struct record *record, uint8_t *out)
{
    const struct record_leg *legs = (const struct record_leg *)(const void *)(record + 1);
    const char *text = (const char *)(legs + record->leg_count);
    *out++ = (uint8_t)record->id_length;
    out = text_put(out, text, record->id_length);
    out = number_put(out, record->note_length);
    out = text_put(out, text + record->id_length, record->note_length);
    *out++ = (uint8_t)record->leg_count;
    for (unsigned i = 0; i < record->leg_count; i++) {
        out = number_put(out, legs[i].from);
        out = number_put(out, legs[i].to);
        out = amount_put(out, legs[i].amount);
    }
    return out;
}

uint8_t *journal_record_pack(const struct record *record, struct stamp before, uint8_t *out)
{
    assert(record->stamp.number == before.number + 1 && record->stamp.time > before.time);
    *out++ = (uint8_t)(record->kind | record->type << TYPE_SHIFT);
    out = number_put(out, record->stamp.time - before.time);
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return open_pack(record, out);
    case RECORD_DEFINE: return asset_put(out, (const struct asset_tag *)(const void *)(record + 1));
    case RECORD_TRANSFER: return transfer_pack(record, out);
    case RECORD_CHANGE: break;
    }
    assert(false && "a record is of a known kind");
    return out;
}

/** Bytes being read; `at` is NULL once something was wrong. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static amount_t amount_take(struct cursor *cursor)
{
    amount_t amount = 0;
    for (unsigned shift = 0; cursor->at && cursor->at < cursor->end && shift < 128; shift += 7) {
        uint8_t byte = *cursor->at++;
        if (shift == 126 && (byte & 127) > 3) {
            break; /* more than 128 bits */
        }
        amount |= (amount_t)(byte & 127) << shift;
        if (byte < 128) {
            return amount;
        }
    }
    cursor->at = NULL;
    return 0;
}

static uint64_t number_take(struct cursor *cursor)
{
    if (cursor->at && cursor->at < cursor->end && *cursor->at < 128) {
        return *cursor->at++;
    }
    amount_t number = amount_take(cursor);
    if (number > UINT64_MAX) {
        cursor->at = NULL;
    }
    return (uint64_t)number;
}

static uint8_t byte_take(struct cursor *cursor)
{
    if (!cursor->at || cursor->at == cursor->end) {
        cursor->at = NULL;
        return 0;
    }
    return *cursor->at++;
}

/** `length` bytes of text, or an empty one when they are not there. */
static struct slice text_take(struct cursor *cursor, uint64_t length)
{
    if (!cursor->at || (uint64_t)(cursor->end - cursor->at) < length) {
        cursor->at = NULL;
        return (struct slice){"", 0};
    }
    struct slice text = {(const char *)cursor->at, length};
    cursor->at += length;
    return text;
}

static struct slice id_take(struct cursor *cursor)
{
    struct slice id = text_take(cursor, byte_take(cursor));
    if (!ident_valid(id.text, id.length)) {
        cursor->at = NULL;
    }
    return id;
}

static struct asset_tag asset_take(struct cursor *cursor)
{
    struct slice code = text_take(cursor, byte_take(cursor));
    uint8_t scale = byte_take(cursor);
    struct asset_tag asset = {.length = (uint8_t)code.length, .scale = scale};
    if (!cursor->at || !ident_asset_code_valid(code.text, code.length) || scale > AMOUNT_SCALE_MAX) {
        cursor->at = NULL;
        return (struct asset_tag){0};
    }
    memcpy(asset.code, code.text, code.length);
    return asset;
}

static void open_unpack(struct cursor *cursor, struct stamp stamp, struct buffer *records)
{
    struct slice id = id_take(cursor);
    struct record_options options = {.asset = asset_take(cursor)};
    uint8_t flags = byte_take(cursor);
    options.unlimited = (flags & OPEN_UNLIMITED) != 0;
    options.has_ceiling = (flags & OPEN_HAS_CEILING) != 0;
    options.overdraft = amount_take(cursor);
    options.ceiling = amount_take(cursor);
    bool plain = flags <= (OPEN_UNLIMITED | OPEN_HAS_CEILING) && options.overdraft <= AMOUNT_TOTAL_MAX &&
                 options.ceiling <= AMOUNT_TOTAL_MAX;
    if (!plain) {
        cursor->at = NULL;
    }
    if (cursor->at) {
        record_open(records, id.text, id.length, &options, stamp);
    }
}

static void define_unpack(struct cursor *cursor, struct stamp stamp, struct buffer *records)
{
    struct asset_tag asset = asset_take(cursor);
    if (cursor->at) {
        record_define(records, &asset, stamp);
    }
}

/** Returns the number of legs. */
static unsigned transfer_unpack(struct cursor *cursor, uint8_t type, struct stamp stamp,
                                struct buffer *records)
{
    struct slice id = id_take(cursor);
    uint64_t note_length = number_take(cursor);
    struct slice note = text_take(cursor, note_length);
    uint8_t leg_count = byte_take(cursor);
    if (!cursor->at || type > TRANSFER_WITHDRAW || note_length > NOTE_MAX || leg_count == 0 ||
        leg_count > LEGS_MAX) {
        cursor->at = NULL;
        return 0;
    }
    const struct record_parts parts = {.id = id, .note = note, .leg_count = leg_count, .type = type};
    struct record_leg *legs = record_transfer(records, &parts, stamp);
    for (unsigned i = 0; i < leg_count; i++) {
        legs[i].from = number_take(cursor);
        legs[i].to = number_take(cursor);
        legs[i].amount = amount_take(cursor);
        if (legs[i].from == legs[i].to || legs[i].amount == 0) {
            cursor->at = NULL;
        }
    }
    return leg_count;
}

const uint8_t *journal_record_unpack(const uint8_t *at, const uint8_t *end, struct stamp *before,
                                     struct buffer *records)
{
    struct cursor cursor = {at, end};
    size_t begun = buffer_length(records);
    uint8_t head = byte_take(&cursor);
    uint64_t later = number_take(&cursor);
    struct stamp stamp = {before->number + 1, before->time + later};
    unsigned numbers = 1;
    if (!cursor.at || later == 0 || stamp.time < later) {
        return NULL;
    }
    switch (head & KIND_MASK) {
    case RECORD_TRANSFER: numbers = transfer_unpack(&cursor, head >> TYPE_SHIFT, stamp, records); break;
    case RECORD_OPEN: open_unpack(&cursor, stamp, records); break;
    case RECORD_DEFINE: define_unpack(&cursor, stamp, records); break;
    default: return NULL;
    }
    if (!cursor.at || ((head & KIND_MASK) != RECORD_TRANSFER && head >> TYPE_SHIFT != 0)) {
        records->end = records->start + begun;
        return NULL;
    }
    *before = (struct stamp){stamp.number + numbers - 1, stamp.time + numbers - 1};
    return cursor.at;
}
