/* remembered.c: see remembered.h. */
#include "ledger/remembered.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/pool.h"

/* A reference is 32 bits: a chunk and a place in it in units of MESSAGE_ALIGN, so 64 GiB of entries in all.
 */
#define CHUNK_SIZE   ((size_t)1 << 20)
#define CHUNK_PLACES (CHUNK_SIZE / MESSAGE_ALIGN)

static struct remembered_entry *entry_at(const struct remembered *remembered, uint32_t reference)
{
    char *chunk = remembered->chunks[reference / CHUNK_PLACES];
    return (struct remembered_entry *)(void *)(chunk + (reference % CHUNK_PLACES) * MESSAGE_ALIGN);
}

static char *entry_text(const struct remembered_entry *entry)
{
    return (char *)(uintptr_t)&entry->legs[entry->leg_count];
}

struct remembered_entry *remembered_find(const struct remembered *remembered, const char *id, size_t length,
                                         uint64_t hash)
{
    struct index_walk walk = index_search(&remembered->index, hash);
    for (uint32_t reference; (reference = index_next(&walk)) != INDEX_NONE;) {
        struct remembered_entry *entry = entry_at(remembered, reference);
        if (entry->id_length == length && memcmp(entry_text(entry), id, length) == 0)
            return entry;
    }
    return NULL;
}

static bool text_matches(const char **text, size_t length, const struct transfer_message *message,
                         uint32_t offset, size_t wanted)
{
    const char *here = *text;
    *text += length;
    return length == wanted && memcmp(here, message_text(message, offset), length) == 0;
}

/* Two amounts are the same number when their normal forms are: the request's may have fewer digits. */
static bool amount_matches(const struct remembered_leg *entry, const struct leg *leg)
{
    struct decimal made = decimal_normalize((struct decimal){entry->amount, entry->asset.scale});
    struct decimal asked = decimal_normalize((struct decimal){leg->mantissa, leg->digits});
    return made.mantissa == asked.mantissa && made.digits == asked.digits;
}

bool remembered_matches(const struct remembered_entry *entry, const struct transfer_message *message)
{
    if (entry->type != message->type || entry->leg_count != message->leg_count)
        return false;
    const char *text = entry_text(entry) + entry->id_length;
    for (unsigned i = 0; i < entry->leg_count; i++) {
        const struct remembered_leg *made = &entry->legs[i];
        const struct leg *asked = &message->legs[i];
        if (!amount_matches(made, asked) ||
            !text_matches(&text, made->from_length, message, asked->from.offset, asked->from.length) ||
            !text_matches(&text, made->to_length, message, asked->to.offset, asked->to.length))
            return false;
    }
    return text_matches(&text, entry->note_length, message, message->note, message->note_length);
}

/* Room for `size` bytes at the end, in a new chunk when the newest is full. */
static uint32_t entry_reserve(struct remembered *remembered, size_t size)
{
    assert(size <= CHUNK_SIZE);
    if (remembered->chunk_count == 0 || CHUNK_SIZE - remembered->chunk_used < size) {
        uint32_t count = remembered->chunk_count;
        if ((count & (count - 1)) == 0) {
            char **grown = pool_table(64, (count == 0 ? 1 : (size_t)count * 2) * sizeof(char *));
            if (count > 0)
                memcpy((void *)grown, (void *)remembered->chunks, count * sizeof(char *));
            free((void *)remembered->chunks);
            remembered->chunks = grown;
        }
        remembered->chunks[remembered->chunk_count++] = pool_table(MESSAGE_ALIGN, CHUNK_SIZE);
        remembered->chunk_used = 0;
    }
    uint64_t reference =
        (remembered->chunk_count - 1) * (uint64_t)CHUNK_PLACES + remembered->chunk_used / MESSAGE_ALIGN;
    assert(reference < INDEX_NONE);
    remembered->chunk_used += (uint32_t)size;
    return (uint32_t)reference;
}

static size_t entry_size(const struct transfer_message *message)
{
    size_t size = sizeof(struct remembered_entry) + message->leg_count * sizeof(struct remembered_leg) +
                  message->id.length + message->note_length;
    for (unsigned i = 0; i < message->leg_count; i++)
        size += (size_t)message->legs[i].from.length + message->legs[i].to.length;
    return (size + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
}

static char *text_put(char *out, const struct transfer_message *message, uint32_t offset, size_t length)
{
    memcpy(out, message_text(message, offset), length);
    return out + length;
}

struct remembered_entry *remembered_add(struct remembered *remembered, const struct transfer_message *message,
                                        struct stamp stamp)
{
    size_t size = entry_size(message);
    uint32_t reference = entry_reserve(remembered, size);
    struct remembered_entry *entry = entry_at(remembered, reference);
    *entry = (struct remembered_entry){.stamp = stamp,
                                       .size = (uint32_t)size,
                                       .leg_count = message->leg_count,
                                       .note_length = message->note_length,
                                       .id_length = message->id.length,
                                       .type = message->type};
    char *text = text_put(entry_text(entry), message, message->id.offset, message->id.length);
    for (unsigned i = 0; i < message->leg_count; i++) {
        const struct leg *leg = &message->legs[i];
        struct remembered_leg *made = &entry->legs[i];
        *made = (struct remembered_leg){
            .asset = leg->asset, .from_length = leg->from.length, .to_length = leg->to.length};
        bool fits =
            decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale, &made->amount);
        assert(fits);
        text = text_put(text, message, leg->from.offset, leg->from.length);
        text = text_put(text, message, leg->to.offset, leg->to.length);
    }
    text_put(text, message, message->note, message->note_length);
    index_insert(&remembered->index, message->id.hash, reference);
    remembered->count++;
    return entry;
}

size_t remembered_answer_size(const struct remembered_entry *entry)
{
    size_t text = entry->size - sizeof *entry - entry->leg_count * sizeof(struct remembered_leg);
    return sizeof(struct lookup_answer) + entry->leg_count * sizeof(struct lookup_leg) + text;
}

void remembered_answer(const struct remembered_entry *entry, struct lookup_answer *answer)
{
    answer->found = true;
    answer->stamp = entry->stamp;
    answer->type = entry->type;
    answer->leg_count = entry->leg_count;
    answer->note_length = entry->note_length;

    char *text = (char *)&answer->legs[entry->leg_count];
    memcpy(text, entry_text(entry), remembered_answer_size(entry) - (size_t)(text - (char *)answer));
    uint32_t offset = (uint32_t)(text - (char *)answer) + entry->id_length;
    for (unsigned i = 0; i < entry->leg_count; i++) {
        const struct remembered_leg *made = &entry->legs[i];
        answer->legs[i] = (struct lookup_leg){.amount = made->amount,
                                              .asset = made->asset,
                                              .from = offset,
                                              .to = offset + made->from_length,
                                              .from_length = made->from_length,
                                              .to_length = made->to_length};
        offset += (uint32_t)made->from_length + made->to_length;
    }
    answer->note = offset;
}

void remembered_prefetch(const struct remembered *remembered, uint64_t hash, int stage)
{
    /* A new id is the rule, and its slot says all: there is no second stage worth its cost. */
    if (stage == 0)
        index_prefetch(&remembered->index, hash);
}

void remembered_free(struct remembered *remembered)
{
    for (uint32_t i = 0; i < remembered->chunk_count; i++)
        free(remembered->chunks[i]);
    free((void *)remembered->chunks);
    index_free(&remembered->index);
    *remembered = (struct remembered){0};
}
