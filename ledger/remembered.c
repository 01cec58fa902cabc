/* remembered.c: see remembered.h. */
#include "ledger/remembered.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/pool.h"

/* A reference is 32 bits: a chunk, and a place in it in units of 8 bytes, so 32 GiB of entries in all. */
#define PLACE_SIZE   8
#define CHUNK_SIZE   POOL_PAGE
#define CHUNK_PLACES (CHUNK_SIZE / PLACE_SIZE)

/* The most that an entry can take: all of its parts at their longest. */
#define LEG_SIZE_MAX (1 + sizeof(amount_t) + sizeof(uint16_t) + 2 * (size_t)(1 + IDENT_MAX))
#define ENTRY_SIZE_MAX \
    (sizeof(struct remembered_entry) + IDENT_MAX + LEGS_MAX * LEG_SIZE_MAX + NOTE_MAX + PLACE_SIZE)
static_assert(ENTRY_SIZE_MAX <= UINT16_MAX, "an entry's size fits its field");
static_assert(sizeof(struct remembered_entry) == 24, "an entry's head is what remembered.h says");

/* One leg, unpacked. */
struct remembered_leg {
    amount_t amount;
    const struct asset_tag *asset;
    struct slice from;
    struct slice to;
};

void remembered_init(struct remembered *remembered, const struct assets *assets)
{
    remembered->assets = assets;
}

static struct remembered_entry *entry_at(const struct remembered *remembered, uint32_t reference)
{
    char *chunk = remembered->chunks[reference / CHUNK_PLACES];
    return (struct remembered_entry *)(void *)(chunk + (reference % CHUNK_PLACES) * PLACE_SIZE);
}

struct remembered_entry *remembered_find(const struct remembered *remembered, const char *id, size_t length,
                                         uint64_t hash)
{
    struct index_walk walk = index_search(&remembered->index, hash);
    for (uint32_t reference; (reference = index_next(&walk)) != INDEX_NONE;) {
        struct remembered_entry *entry = entry_at(remembered, reference);
        if (entry->id_length == length && memcmp(entry->bytes, id, length) == 0)
            return entry;
    }
    return NULL;
}

static const uint8_t *name_unpack(const uint8_t *at, struct slice *name)
{
    uint8_t length = *at++;
    if (length > 0) {
        *name = (struct slice){(const char *)at, length};
        return at + length;
    }
    const void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    const struct account *account = pointer;
    *name = (struct slice){account->id, account->id_length};
    return at + sizeof pointer;
}

static const uint8_t *leg_unpack(const struct remembered *remembered, const uint8_t *at,
                                 struct remembered_leg *leg)
{
    uint8_t length = *at++;
    leg->amount = 0;
    memcpy(&leg->amount, at, length);
    at += length;
    uint16_t asset;
    memcpy(&asset, at, sizeof asset);
    leg->asset = &remembered->assets->rows[asset].tag;
    at = name_unpack(at + sizeof asset, &leg->from);
    return name_unpack(at, &leg->to);
}

static bool text_matches(struct slice text, const struct transfer_message *message, uint32_t offset,
                         size_t length)
{
    return text.length == length && memcmp(text.text, message_text(message, offset), length) == 0;
}

/* Two amounts are the same number when their normal forms are: the request's may have fewer digits. */
static bool amount_matches(const struct remembered_leg *made, const struct leg *asked)
{
    struct decimal a = decimal_normalize((struct decimal){made->amount, made->asset->scale});
    struct decimal b = decimal_normalize((struct decimal){asked->mantissa, asked->digits});
    return a.mantissa == b.mantissa && a.digits == b.digits;
}

bool remembered_matches(const struct remembered *remembered, const struct remembered_entry *entry,
                        const struct transfer_message *message)
{
    if (entry->type != message->type || entry->leg_count != message->leg_count)
        return false;
    const uint8_t *at = entry->bytes + entry->id_length;
    for (unsigned i = 0; i < entry->leg_count; i++) {
        struct remembered_leg made;
        at = leg_unpack(remembered, at, &made);
        const struct leg *asked = &message->legs[i];
        if (!amount_matches(&made, asked) ||
            !text_matches(made.from, message, asked->from.offset, asked->from.length) ||
            !text_matches(made.to, message, asked->to.offset, asked->to.length))
            return false;
    }
    struct slice note = {(const char *)at, entry->note_length};
    return text_matches(note, message, message->note, message->note_length);
}

/* The start of a new chunk's worth of entries. */
static void chunk_add(struct remembered *remembered)
{
    uint32_t count = remembered->chunk_count;
    if ((count & (count - 1)) == 0) {
        char **grown = pool_table(64, (count == 0 ? 1 : (size_t)count * 2) * sizeof(char *));
        if (count > 0)
            memcpy((void *)grown, (void *)remembered->chunks, count * sizeof(char *));
        free((void *)remembered->chunks);
        remembered->chunks = grown;
    }
    remembered->chunks[remembered->chunk_count++] = pool_page();
    remembered->chunk_used = 0;
}

static uint8_t *bytes_put(uint8_t *at, const void *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static uint8_t *name_pack(uint8_t *at, const struct transfer_message *message, const struct name *name,
                          const struct account *account)
{
    *at++ = account != NULL ? 0 : name->length;
    if (account != NULL)
        return bytes_put(at, (const void *)&account, sizeof(void *));
    return bytes_put(at, message_text(message, name->offset), name->length);
}

static uint16_t leg_asset(const struct remembered *remembered, const struct leg *leg,
                          const struct account *const *parties)
{
    if (parties[0] != NULL)
        return parties[0]->asset;
    if (parties[1] != NULL)
        return parties[1]->asset;
    const struct asset *asset = assets_find(remembered->assets, leg->asset.code, leg->asset.length);
    assert(asset != NULL);
    return (uint16_t)(asset - remembered->assets->rows);
}

static uint8_t *leg_pack(const struct remembered *remembered, uint8_t *at,
                         const struct transfer_message *message, const struct leg *leg,
                         const struct account *const *parties)
{
    amount_t amount;
    bool fits = decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale, &amount);
    assert(fits);
    uint8_t length = 1;
    while (length < sizeof amount && amount >> (8 * length) != 0)
        length++;
    *at++ = length;
    at = bytes_put(at, &amount, length);
    uint16_t asset = leg_asset(remembered, leg, parties);
    at = bytes_put(at, &asset, sizeof asset);
    at = name_pack(at, message, &leg->from, parties[0]);
    return name_pack(at, message, &leg->to, parties[1]);
}

/* The most that this transfer's entry can take. */
static size_t entry_room(const struct transfer_message *message)
{
    return sizeof(struct remembered_entry) + message->id.length + message->leg_count * LEG_SIZE_MAX +
           message->note_length + PLACE_SIZE;
}

struct remembered_entry *remembered_add(struct remembered *remembered, const struct transfer_message *message,
                                        const struct account *const *parties, struct stamp stamp)
{
    if (remembered->chunk_count == 0 || CHUNK_SIZE - remembered->chunk_used < entry_room(message))
        chunk_add(remembered);
    uint64_t reference =
        (remembered->chunk_count - 1) * (uint64_t)CHUNK_PLACES + remembered->chunk_used / PLACE_SIZE;
    assert(reference < INDEX_NONE);
    struct remembered_entry *entry = entry_at(remembered, (uint32_t)reference);

    uint8_t *at = bytes_put(entry->bytes, message_text(message, message->id.offset), message->id.length);
    for (unsigned i = 0; i < message->leg_count; i++)
        at = leg_pack(remembered, at, message, &message->legs[i], &parties[2 * (size_t)i]);
    at = bytes_put(at, message_text(message, message->note), message->note_length);
    size_t size = ((size_t)(at - (uint8_t *)entry) + PLACE_SIZE - 1) & ~(size_t)(PLACE_SIZE - 1);
    *entry = (struct remembered_entry){.stamp = stamp,
                                       .size = (uint16_t)size,
                                       .note_length = message->note_length,
                                       .leg_count = (uint8_t)message->leg_count,
                                       .id_length = message->id.length,
                                       .type = message->type};
    remembered->chunk_used += (uint32_t)size;
    index_insert(&remembered->index, message->id.hash, (uint32_t)reference);
    remembered->count++;
    return entry;
}

size_t remembered_answer_size(const struct remembered_entry *entry)
{
    return sizeof(struct lookup_answer) +
           entry->leg_count * (sizeof(struct lookup_leg) + 2 * (size_t)IDENT_MAX) + entry->note_length;
}

static uint32_t text_put(struct lookup_answer *answer, uint32_t *end, struct slice text)
{
    uint32_t offset = *end;
    memcpy((char *)answer + offset, text.text, text.length);
    *end += (uint32_t)text.length;
    return offset;
}

void remembered_answer(const struct remembered *remembered, const struct remembered_entry *entry,
                       struct lookup_answer *answer)
{
    answer->found = true;
    answer->stamp = entry->stamp;
    answer->type = entry->type;
    answer->leg_count = entry->leg_count;
    answer->note_length = entry->note_length;

    uint32_t end = (uint32_t)(sizeof *answer + entry->leg_count * sizeof answer->legs[0]);
    const uint8_t *at = entry->bytes + entry->id_length;
    for (unsigned i = 0; i < entry->leg_count; i++) {
        struct remembered_leg made;
        at = leg_unpack(remembered, at, &made);
        answer->legs[i] = (struct lookup_leg){.amount = made.amount,
                                              .asset = *made.asset,
                                              .from = text_put(answer, &end, made.from),
                                              .to = text_put(answer, &end, made.to),
                                              .from_length = (uint8_t)made.from.length,
                                              .to_length = (uint8_t)made.to.length};
    }
    answer->note = text_put(answer, &end, (struct slice){(const char *)at, entry->note_length});
}

void remembered_prefetch(const struct remembered *remembered, uint64_t hash)
{
    index_prefetch(&remembered->index, hash);
}

void remembered_free(struct remembered *remembered)
{
    for (uint32_t i = 0; i < remembered->chunk_count; i++)
        pool_page_free(remembered->chunks[i]);
    free((void *)remembered->chunks);
    index_free(&remembered->index);
    memset(remembered, 0, sizeof *remembered);
}
