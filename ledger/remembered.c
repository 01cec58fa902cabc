/* remembered.c: see remembered.h. */
#include "ledger/remembered.h"

#include <assert.h>
#include <string.h>

#include "ledger/pool.h"

/* A reference is 32 bits: a chunk, and a place in it in units of 8 bytes. */
#define PLACE_SIZE   8
#define CHUNK_SIZE   POOL_PAGE
#define CHUNK_PLACES (CHUNK_SIZE / PLACE_SIZE)
static_assert((uint64_t)REMEMBERED_CHUNKS_MAX * CHUNK_PLACES <= (uint64_t)UINT32_MAX + 1,
              "a reference fits 32 bits");

/* The most that an entry can take: all of its parts at their longest. */
#define LEG_SIZE_MAX   (1 + sizeof(amount_t) + sizeof(uint16_t) + 2 * (size_t)(1 + IDENT_MAX))
#define TERMS_SIZE_MAX (sizeof(uint64_t) + 1 + IDENT_MAX)
#define ENTRY_SIZE_MAX                                                                                   \
    (sizeof(struct remembered_entry) + IDENT_MAX + LEGS_MAX * LEG_SIZE_MAX + NOTE_MAX + TERMS_SIZE_MAX + \
     PLACE_SIZE)
static_assert(ENTRY_SIZE_MAX <= UINT16_MAX, "an entry's size fits its field");
static_assert(sizeof(struct remembered_entry) == 24, "an entry's head is what remembered.h says");

/* Bytes of a pointer that are kept: addresses of processes have 47 or 48 bits unless they ask for more, on
 * x86-64 and on arm64. */
#define POINTER_SIZE 6
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the bytes kept are the lower ones");

/* Where memory is short, so many bytes are forgotten for each that is added: a chunk is empty before the next
 * is needed. */
#define EARLY_FACTOR 2

void remembered_init(struct remembered *remembered, const struct assets *assets, uint64_t seed,
                     uint64_t memory)
{
    uint64_t chunks = memory / CHUNK_SIZE;
    remembered->assets = assets;
    remembered->seed = seed;
    remembered->chunk_max = REMEMBERED_CHUNKS_MAX - 1;
    if (memory != 0 && chunks < remembered->chunk_max)
        remembered->chunk_max = chunks < 3 ? 3 : (uint32_t)chunks;
}

static struct remembered_entry *entry_at(const struct remembered *remembered, uint32_t reference)
{
    char *chunk = remembered->chunks[reference / CHUNK_PLACES];
    return (struct remembered_entry *)(void *)(chunk + (reference % CHUNK_PLACES) * PLACE_SIZE);
}

struct remembered_entry *remembered_find(const struct remembered *remembered, const char *id, size_t length,
                                         uint64_t hash)
{
    struct remembered_entry *newest = NULL;
    struct index_walk walk = index_search(&remembered->index, hash);
    for (uint32_t reference; (reference = index_next(&walk)) != INDEX_NONE;) {
        struct remembered_entry *entry = entry_at(remembered, reference);
        if (entry->id_length == length && memcmp(entry->bytes, id, length) == 0 &&
            (newest == NULL || entry->stamp.number > newest->stamp.number))
            newest = entry;
    }
    return newest;
}

static const uint8_t *party_unpack(const uint8_t *at, struct remembered_party *party)
{
    uint8_t length = *at++;
    party->account = NULL;
    if (length > 0) {
        party->id = (struct slice){(const char *)at, length};
        return at + length;
    }
    uintptr_t pointer = 0;
    memcpy(&pointer, at, POINTER_SIZE);
    party->account = (const struct account *)pointer;
    party->id = (struct slice){party->account->id, party->account->id_length};
    return at + POINTER_SIZE;
}

static const uint8_t *leg_unpack(const uint8_t *at, struct remembered_leg *leg)
{
    uint8_t length = *at++;
    leg->amount = 0;
    memcpy(&leg->amount, at, length);
    at += length;
    memcpy(&leg->asset, at, sizeof leg->asset);
    at = party_unpack(at + sizeof leg->asset, &leg->from);
    return party_unpack(at, &leg->to);
}

/* The first byte of an entry's legs. */
static const uint8_t *legs_begin(const struct remembered_entry *entry)
{
    return entry->bytes + entry->id_length;
}

struct slice remembered_id(const struct remembered_entry *entry)
{
    return (struct slice){(const char *)entry->bytes, entry->id_length};
}

void remembered_legs(const struct remembered_entry *entry, struct remembered_leg *legs)
{
    const uint8_t *at = legs_begin(entry);
    for (unsigned i = 0; i < entry->leg_count; i++)
        at = leg_unpack(at, &legs[i]);
}

static const uint8_t *legs_end(const struct remembered_entry *entry)
{
    struct remembered_leg leg;
    const uint8_t *at = legs_begin(entry);
    for (unsigned i = 0; i < entry->leg_count; i++)
        at = leg_unpack(at, &leg);
    return at;
}

struct slice remembered_note(const struct remembered_entry *entry)
{
    return (struct slice){(const char *)legs_end(entry), entry->note_length};
}

static bool text_matches(struct slice text, const struct transfer_message *message, uint32_t offset,
                         size_t length)
{
    return text.length == length && memcmp(text.text, message_text(message, offset), length) == 0;
}

/* Two amounts are the same number when their normal forms are: the request's may have fewer digits. */
static bool amount_matches(const struct remembered *remembered, const struct remembered_leg *made,
                           const struct leg *asked)
{
    uint8_t scale = remembered->assets->rows[made->asset].tag.scale;
    struct decimal a = decimal_normalize((struct decimal){made->amount, scale});
    struct decimal b = decimal_normalize((struct decimal){asked->mantissa, asked->digits});
    return a.mantissa == b.mantissa && a.digits == b.digits;
}

static bool legs_match(const struct remembered *remembered, const struct remembered_entry *entry,
                       const struct transfer_message *message, const struct operation *operation)
{
    const uint8_t *at = legs_begin(entry);
    for (unsigned i = 0; i < entry->leg_count; i++) {
        struct remembered_leg made;
        at = leg_unpack(at, &made);
        const struct leg *asked = &transfer_legs(message)[operation->leg + i];
        if ((entry->type != TRANSFER_SWEEP && !amount_matches(remembered, &made, asked)) ||
            !text_matches(made.from.id, message, asked->from.offset, asked->from.length) ||
            !text_matches(made.to.id, message, asked->to.offset, asked->to.length))
            return false;
    }
    return true;
}

bool remembered_matches(const struct remembered *remembered, const struct remembered_entry *entry,
                        const struct transfer_message *message, const struct operation *operation)
{
    if (entry->type != operation->type)
        return false;
    /* What has a reference takes its legs from there. */
    if (operation->reference.length == 0 &&
        (entry->leg_count != operation->leg_count || !legs_match(remembered, entry, message, operation)))
        return false;
    const uint8_t *at = legs_end(entry);
    struct slice note = {(const char *)at, entry->note_length};
    if (!text_matches(note, message, operation->note, operation->note_length))
        return false;
    if ((entry->flags & REMEMBERED_HAS_TERMS) == 0)
        return operation->terms == 0 && operation->reference.length == 0;
    uint64_t terms;
    at += entry->note_length;
    memcpy(&terms, at, sizeof terms);
    at += sizeof terms;
    struct slice reference = {(const char *)at + 1, *at};
    return terms == operation->terms &&
           text_matches(reference, message, operation->reference.offset, operation->reference.length);
}

/* Releases the oldest chunk when all of it is forgotten and a later one is in use. */
static void chunk_give_up(struct remembered *remembered)
{
    if (remembered->oldest_at < remembered->used[remembered->oldest] || remembered->chunk_count == 1)
        return;
    if (remembered->spare == NULL)
        remembered->spare = remembered->chunks[remembered->oldest];
    else
        pool_page_free(remembered->chunks[remembered->oldest]);
    remembered->oldest = (remembered->oldest + 1) % REMEMBERED_CHUNKS_MAX;
    remembered->oldest_at = 0;
    remembered->chunk_count--;
}

static uint32_t oldest_reference(const struct remembered *remembered)
{
    return (uint32_t)(remembered->oldest * CHUNK_PLACES + remembered->oldest_at / PLACE_SIZE);
}

/* Hashes the id of the oldest entry, and has its place in the index on its way by the time it is forgotten.
 */
static void oldest_expect(struct remembered *remembered)
{
    const struct remembered_entry *entry = entry_at(remembered, oldest_reference(remembered));
    remembered->oldest_hash = ident_hash((const char *)entry->bytes, entry->id_length, remembered->seed);
    index_prefetch(&remembered->index, remembered->oldest_hash);
}

/* Forgets the oldest entry. */
static void oldest_drop(struct remembered *remembered)
{
    uint32_t reference = oldest_reference(remembered);
    index_remove(&remembered->index, remembered->oldest_hash, reference);
    remembered->oldest_at += entry_at(remembered, reference)->size;
    remembered->count--;
    chunk_give_up(remembered);
    if (remembered->count > 0)
        oldest_expect(remembered);
}

/* The oldest entry, if its number and time are real; else NULL. */
static const struct remembered_entry *oldest_find(const struct remembered *remembered)
{
    if (remembered->count == 0)
        return NULL;
    const char *at = remembered->chunks[remembered->oldest] + remembered->oldest_at;
    const struct remembered_entry *entry = (const struct remembered_entry *)(const void *)at;
    return (entry->stamp.number & SEQUENCE_PROVISIONAL) == 0 ? entry : NULL;
}

void remembered_forget(struct remembered *remembered, uint64_t time, unsigned count)
{
    const struct remembered_entry *oldest;
    while (count-- > 0 && (oldest = oldest_find(remembered)) != NULL && oldest->stamp.time < time)
        oldest_drop(remembered);
}

/* Makes room for the chunk after the newest, while that is filled. */
static void forget_early(struct remembered *remembered, size_t size)
{
    const struct remembered_entry *oldest;
    for (size_t freed = 0; remembered->chunk_count >= remembered->chunk_max && freed < EARLY_FACTOR * size &&
                           (oldest = oldest_find(remembered)) != NULL;) {
        freed += oldest->size;
        oldest_drop(remembered);
        remembered->early++;
    }
}

/* The chunk that the next entry goes to, with room for `size` bytes. */
static uint32_t chunk_for(struct remembered *remembered, size_t size)
{
    uint32_t newest = (remembered->oldest + remembered->chunk_count - 1) % REMEMBERED_CHUNKS_MAX;
    if (remembered->chunk_count > 0 && CHUNK_SIZE - remembered->used[newest] >= size)
        return newest;
    newest = (remembered->oldest + remembered->chunk_count) % REMEMBERED_CHUNKS_MAX;
    assert(remembered->chunk_count < REMEMBERED_CHUNKS_MAX);
    remembered->chunks[newest] = remembered->spare != NULL ? remembered->spare : pool_page();
    remembered->spare = NULL;
    remembered->used[newest] = 0;
    if (remembered->chunk_count++ > 0)
        chunk_give_up(remembered);
    return newest;
}

static uint8_t *bytes_put(uint8_t *at, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(at, bytes, length);
    return at + length;
}

static uint8_t *party_pack(uint8_t *at, const struct remembered_party *party)
{
    if (party->account == NULL) {
        *at++ = (uint8_t)party->id.length;
        return bytes_put(at, party->id.text, party->id.length);
    }
    uintptr_t pointer = (uintptr_t)party->account;
    assert(pointer >> (8 * POINTER_SIZE) == 0);
    *at++ = 0;
    memcpy(at, &pointer, POINTER_SIZE);
    return at + POINTER_SIZE;
}

/* Bytes of it, without the zeros before its first digit: at least 1. */
static uint8_t amount_length(amount_t amount)
{
    uint64_t high = (uint64_t)(amount >> 64);
    unsigned zeros =
        high != 0 ? (unsigned)__builtin_clzll(high) : 64 + (unsigned)__builtin_clzll((uint64_t)amount | 1);
    return (uint8_t)(sizeof amount - zeros / 8);
}

static uint8_t *leg_pack(uint8_t *at, const struct remembered_leg *leg)
{
    /* All of the amount is written, and what follows overwrites the zeros: a copy of a known size is cheap.
     */
    uint8_t length = amount_length(leg->amount);
    *at++ = length;
    memcpy(at, &leg->amount, sizeof leg->amount);
    at += length;
    memcpy(at, &leg->asset, sizeof leg->asset);
    at += sizeof leg->asset;
    at = party_pack(at, &leg->from);
    return party_pack(at, &leg->to);
}

/* The most that a transfer's entry can take. */
static size_t entry_room(const struct remembered_parts *parts)
{
    return sizeof(struct remembered_entry) + parts->id.length + parts->leg_count * LEG_SIZE_MAX +
           parts->note.length + TERMS_SIZE_MAX + PLACE_SIZE;
}

struct remembered_entry *remembered_add(struct remembered *remembered, const struct remembered_parts *parts,
                                        const struct remembered_leg *legs)
{
    uint32_t chunk = chunk_for(remembered, entry_room(parts));
    uint32_t reference = (uint32_t)(chunk * CHUNK_PLACES + remembered->used[chunk] / PLACE_SIZE);
    assert(reference != INDEX_NONE);
    struct remembered_entry *entry = entry_at(remembered, reference);

    uint8_t *at = bytes_put(entry->bytes, parts->id.text, parts->id.length);
    for (unsigned i = 0; i < parts->leg_count; i++)
        at = leg_pack(at, &legs[i]);
    at = bytes_put(at, parts->note.text, parts->note.length);
    bool has_terms = parts->terms != 0 || parts->reference.length > 0;
    if (has_terms) {
        at = bytes_put(at, &parts->terms, sizeof parts->terms);
        *at++ = (uint8_t)parts->reference.length;
        at = bytes_put(at, parts->reference.text, parts->reference.length);
    }
    size_t size = ((size_t)(at - (uint8_t *)entry) + PLACE_SIZE - 1) & ~(size_t)(PLACE_SIZE - 1);
    *entry = (struct remembered_entry){.stamp = parts->stamp,
                                       .size = (uint16_t)size,
                                       .note_length = (uint16_t)parts->note.length,
                                       .leg_count = parts->leg_count,
                                       .id_length = (uint8_t)parts->id.length,
                                       .type = parts->type,
                                       .flags = has_terms ? REMEMBERED_HAS_TERMS : 0};
    remembered->used[chunk] += (uint32_t)size;
    index_insert(&remembered->index, parts->hash, reference);
    if (remembered->count++ == 0)
        oldest_expect(remembered);
    forget_early(remembered, size);
    return entry;
}

void remembered_prefetch(const struct remembered *remembered, uint64_t hash)
{
    index_prefetch(&remembered->index, hash);
}

void remembered_free(struct remembered *remembered)
{
    for (uint32_t i = 0; i < remembered->chunk_count; i++)
        pool_page_free(remembered->chunks[(remembered->oldest + i) % REMEMBERED_CHUNKS_MAX]);
    if (remembered->spare != NULL)
        pool_page_free(remembered->spare);
    index_free(&remembered->index);
    memset(remembered, 0, sizeof *remembered);
}
