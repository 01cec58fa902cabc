/* journal_record.c: packing and unpacking. */
#include "server/journal_record.h"

#include <assert.h>
#include <string.h>

#include "proto/ident.h"

/* The first byte: kind in the low half, type in the high half. */
#define TYPE_SHIFT 4
#define KIND_MASK  15

/* Kinds in the file. The first three are as old as the journal; what they can't tell, the others can. */
enum file_kind { FILE_OPEN = 1, FILE_DEFINE, FILE_PLAIN, FILE_TRANSFER, FILE_CHANGE };

/* Flags of an opening, and of a change of limits. */
#define LIMITS_UNLIMITED   1
#define LIMITS_HAS_CEILING 2

/* Seven bits a byte. */
#define NUMBER_BYTES_MAX 10
#define AMOUNT_BYTES_MAX 19

/* What a transfer takes beside its legs, and each leg. */
#define HEAD_BYTES_MAX                                                                            \
    (1 + NUMBER_BYTES_MAX + 1 + 1 + IDENT_MAX + 2 + NOTE_MAX + 1 + IDENT_MAX + AMOUNT_BYTES_MAX + \
     NUMBER_BYTES_MAX + sizeof(uint64_t) + 1)
#define LEG_BYTES_MAX (2 * NUMBER_BYTES_MAX + AMOUNT_BYTES_MAX)

static_assert(HEAD_BYTES_MAX + (size_t)LEGS_MAX * LEG_BYTES_MAX <= JOURNAL_RECORD_MAX,
              "the largest transfer fits");
static_assert(LEGS_MAX * (HEAD_BYTES_MAX + LEG_BYTES_MAX) <= JOURNAL_RUN_MAX,
              "a transaction of as many commands as it can have legs fits");

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

static uint8_t *short_text_put(uint8_t *out, struct slice text)
{
    *out++ = (uint8_t)text.length;
    return text_put(out, text.text, text.length);
}

static uint8_t *limits_put(uint8_t *out, bool unlimited, bool has_ceiling, amount_t overdraft,
                           amount_t ceiling)
{
    *out++ = (uint8_t)((unlimited ? LIMITS_UNLIMITED : 0) | (has_ceiling ? LIMITS_HAS_CEILING : 0));
    out = amount_put(out, overdraft);
    return amount_put(out, ceiling);
}

static uint8_t *open_pack(const struct record *record, uint8_t *out)
{
    const struct record_options *options = record_options(record);
    out = short_text_put(out, record_id(record));
    out = asset_put(out, &options->asset);
    return limits_put(out, options->unlimited, options->has_ceiling, options->overdraft, options->ceiling);
}

static uint8_t *change_pack(const struct record *record, uint8_t *out)
{
    const struct record_change *change = record_change(record);
    out = number_put(out, change->account);
    if (record->type != CHANGE_LIMIT) {
        return out;
    }
    return limits_put(out, change->unlimited, change->has_ceiling, change->overdraft, change->ceiling);
}

/** Whether a transfer is one of those that the journal has known from the start. */
static bool is_plain(const struct record *record)
{
    return record->type <= TRANSFER_WITHDRAW && record->flags == 0 && record->reference_length == 0;
}

static uint8_t *terms_put(uint8_t *out, struct record_terms terms)
{
    out = amount_put(out, terms.released);
    out = number_put(out, terms.ttl);
    return text_put(out, (const char *)&terms.terms, sizeof terms.terms);
}

static uint8_t *transfer_pack(const struct record *record, uint8_t *out)
{
    const struct record_leg *legs = record_legs(record);
    bool plain = is_plain(record);
    struct slice note = record_note(record);
    if (!plain) {
        *out++ = record->flags;
    }
    out = short_text_put(out, record_id(record));
    out = number_put(out, note.length);
    out = text_put(out, note.text, note.length);
    if (!plain) {
        out = short_text_put(out, record_reference(record));
    }
    if ((record->flags & RECORD_HAS_TERMS) != 0) {
        out = terms_put(out, record_terms(record));
    }
    *out++ = (uint8_t)record->leg_count;
    for (unsigned i = 0; i < record->leg_count; i++) {
        out = number_put(out, legs[i].from);
        out = number_put(out, legs[i].to);
        out = amount_put(out, legs[i].amount);
    }
    return out;
}

static enum file_kind file_kind_of(const struct record *record)
{
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return FILE_OPEN;
    case RECORD_DEFINE: return FILE_DEFINE;
    case RECORD_TRANSFER: return is_plain(record) ? FILE_PLAIN : FILE_TRANSFER;
    case RECORD_CHANGE: return FILE_CHANGE;
    }
    assert(false && "a record is of a known kind");
    return FILE_PLAIN;
}

uint8_t *journal_record_pack(const struct record *record, struct stamp before, uint8_t *out)
{
    enum file_kind kind = file_kind_of(record);
    assert(record->stamp.number == before.number + 1 && record->stamp.time > before.time);
    assert(record->kind == RECORD_TRANSFER || record->flags == 0);
    *out++ = (uint8_t)(kind | (unsigned)record->type << TYPE_SHIFT);
    out = number_put(out, record->stamp.time - before.time);
    switch (kind) {
    case FILE_OPEN: return open_pack(record, out);
    case FILE_DEFINE: return asset_put(out, record_asset(record));
    case FILE_PLAIN:
    case FILE_TRANSFER: return transfer_pack(record, out);
    case FILE_CHANGE: return change_pack(record, out);
    }
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
        if ((shift == 126 && (byte & 127) > 3) || (shift > 0 && byte == 0)) {
            break; /* more than 128 bits, or more bytes than it needs */
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

/** Limits: of an opening, or a change to them. */
struct limits {
    amount_t overdraft;
    amount_t ceiling;
    bool unlimited;
    bool has_ceiling;
};

static struct limits limits_take(struct cursor *cursor)
{
    uint8_t flags = byte_take(cursor);
    struct limits limits = {.unlimited = (flags & LIMITS_UNLIMITED) != 0,
                            .has_ceiling = (flags & LIMITS_HAS_CEILING) != 0};
    limits.overdraft = amount_take(cursor);
    limits.ceiling = amount_take(cursor);
    if (flags > (LIMITS_UNLIMITED | LIMITS_HAS_CEILING) || limits.overdraft > AMOUNT_TOTAL_MAX ||
        limits.ceiling > AMOUNT_TOTAL_MAX) {
        cursor->at = NULL;
    }
    return limits;
}

static void open_unpack(struct cursor *cursor, struct stamp stamp, struct buffer *records)
{
    struct slice id = id_take(cursor);
    struct asset_tag asset = asset_take(cursor);
    struct limits limits = limits_take(cursor);
    const struct record_options options = {.overdraft = limits.overdraft,
                                           .ceiling = limits.ceiling,
                                           .asset = asset,
                                           .unlimited = limits.unlimited,
                                           .has_ceiling = limits.has_ceiling};
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

static void change_unpack(struct cursor *cursor, uint8_t type, struct stamp stamp, struct buffer *records)
{
    sequence_t account = number_take(cursor);
    struct limits limits = {0};
    if (type == CHANGE_LIMIT) {
        limits = limits_take(cursor);
    }
    if (type > CHANGE_CLOSE || account == 0) {
        cursor->at = NULL;
    }
    const struct record_change change = {.overdraft = limits.overdraft,
                                         .ceiling = limits.ceiling,
                                         .account = account,
                                         .unlimited = limits.unlimited,
                                         .has_ceiling = limits.has_ceiling};
    if (cursor->at) {
        record_changed(records, (enum change_type)type, &change, stamp);
    }
}

/** Whether a transfer of this type is about an earlier hold or transfer. */
static bool type_has_reference(uint8_t type)
{
    return type == TRANSFER_CAPTURE || type == TRANSFER_REVERSE || type == TRANSFER_EXTEND ||
           type == TRANSFER_VOID || type == TRANSFER_EXPIRE;
}

/** Whether a transfer has what its type has, and nothing else. */
static bool parts_fit(const struct record_parts *parts)
{
    uint8_t type = parts->type;
    bool lives = type == TRANSFER_HOLD || type == TRANSFER_EXTEND;
    bool several = type <= TRANSFER_WITHDRAW || type == TRANSFER_REVERSE;
    return type <= TRANSFER_EXPIRE && (parts->id.length == 0) == (type == TRANSFER_EXPIRE) &&
           (parts->reference.length > 0) == type_has_reference(type) &&
           ((parts->flags & RECORD_KEEP) == 0 || type == TRANSFER_CAPTURE) &&
           (parts->terms.released == 0 || type == TRANSFER_CAPTURE) && (parts->terms.ttl == 0 || lives) &&
           (parts->leg_count == 1 || (several && parts->leg_count > 1 && parts->leg_count <= LEGS_MAX)) &&
           parts->note.length <= NOTE_MAX;
}

/** An id, or none where there may be none. */
static struct slice optional_id_take(struct cursor *cursor)
{
    if (cursor->at && cursor->at < cursor->end && *cursor->at == 0) {
        cursor->at++;
        return (struct slice){"", 0};
    }
    return id_take(cursor);
}

static struct record_terms terms_take(struct cursor *cursor)
{
    struct record_terms terms = {.released = amount_take(cursor), .ttl = number_take(cursor)};
    struct slice hash = text_take(cursor, sizeof terms.terms);
    if (hash.length == sizeof terms.terms) {
        memcpy(&terms.terms, hash.text, sizeof terms.terms);
    }
    if (terms.released == 0 && terms.ttl == 0 && terms.terms == 0) {
        cursor->at = NULL; /* then it would have none */
    }
    return terms;
}

static void legs_take(struct cursor *cursor, struct record_leg *legs, unsigned count, bool of_nothing)
{
    for (unsigned i = 0; i < count; i++) {
        legs[i].from = number_take(cursor);
        legs[i].to = number_take(cursor);
        legs[i].amount = amount_take(cursor);
        if (legs[i].from == legs[i].to || (legs[i].amount == 0) != of_nothing) {
            cursor->at = NULL;
        }
    }
}

/** Returns the number of legs. */
static unsigned transfer_unpack(struct cursor *cursor, bool plain, uint8_t type, struct stamp stamp,
                                struct buffer *records)
{
    struct record_parts parts = {.type = type};
    uint8_t flags = plain ? 0 : byte_take(cursor);
    parts.id = plain ? id_take(cursor) : optional_id_take(cursor);
    parts.note = text_take(cursor, number_take(cursor));
    parts.reference = plain ? (struct slice){"", 0} : optional_id_take(cursor);
    if ((flags & RECORD_HAS_TERMS) != 0) {
        parts.terms = terms_take(cursor);
    }
    parts.leg_count = byte_take(cursor);
    parts.flags = flags & (RECORD_KEEP | RECORD_CONTINUES);
    bool could_be_plain = type <= TRANSFER_WITHDRAW && flags == 0; /* has no reference: parts_fit */
    if (!cursor->at || flags > (RECORD_KEEP | RECORD_CONTINUES | RECORD_HAS_TERMS) || !parts_fit(&parts) ||
        plain != could_be_plain) {
        cursor->at = NULL;
        return 0;
    }
    struct record_leg *legs = record_transfer(records, &parts, stamp);
    legs_take(cursor, legs, parts.leg_count, type == TRANSFER_EXTEND);
    return parts.leg_count;
}

const uint8_t *journal_record_unpack(const uint8_t *at, const uint8_t *end, struct stamp *before,
                                     struct buffer *records)
{
    struct cursor cursor = {at, end};
    size_t begun = buffer_length(records);
    uint8_t head = byte_take(&cursor);
    uint8_t kind = head & KIND_MASK;
    uint8_t type = head >> TYPE_SHIFT;
    uint64_t later = number_take(&cursor);
    struct stamp stamp = {before->number + 1, before->time + later};
    unsigned numbers = 1;
    if (!cursor.at || later == 0 || stamp.time < later ||
        ((kind == FILE_OPEN || kind == FILE_DEFINE) && type != 0)) {
        return NULL;
    }
    switch (kind) {
    case FILE_PLAIN:
    case FILE_TRANSFER: numbers = transfer_unpack(&cursor, kind == FILE_PLAIN, type, stamp, records); break;
    case FILE_OPEN: open_unpack(&cursor, stamp, records); break;
    case FILE_DEFINE: define_unpack(&cursor, stamp, records); break;
    case FILE_CHANGE: change_unpack(&cursor, type, stamp, records); break;
    default: return NULL;
    }
    if (!cursor.at || stamp.time > UINT64_MAX - numbers) {
        records->end = records->start + begun;
        return NULL;
    }
    *before = (struct stamp){stamp.number + numbers - 1, stamp.time + numbers - 1};
    return cursor.at;
}
