/* lookup.c: a look at a transfer or a hold, on the shard that owns its id. */
#include <string.h>

#include "ledger/state.h"

/* An answer being written: texts follow its legs. */
struct writing {
    struct lookup_answer *answer;
    uint32_t end;
};

static uint32_t text_put(struct writing *writing, struct slice text)
{
    uint32_t offset = writing->end;
    if (text.length > 0)
        memcpy((char *)writing->answer + offset, text.text, text.length);
    writing->end += (uint32_t)text.length;
    return offset;
}

static void leg_put(struct writing *writing, unsigned i, amount_t amount, const struct asset_tag *asset,
                    struct slice from, struct slice to)
{
    writing->answer->legs[i] = (struct lookup_leg){.amount = amount,
                                                   .asset = *asset,
                                                   .from = text_put(writing, from),
                                                   .to = text_put(writing, to),
                                                   .from_length = (uint8_t)from.length,
                                                   .to_length = (uint8_t)to.length};
}

/* An answer with room for `legs` legs and `text` bytes. */
static struct writing answer_begin(struct shard *shard, const struct message *message, unsigned legs,
                                   size_t text, struct outbox *outbox)
{
    size_t fixed = sizeof(struct lookup_answer) + legs * sizeof(struct lookup_leg);
    struct lookup_answer *answer = outbox_add(outbox, message->origin, fixed + text);
    answer->head.kind = MESSAGE_LOOKUP;
    answer->head.answered = 1;
    answer->head.origin = message->origin;
    answer->head.ticket = message->ticket;
    answer->seen = shard->horizon;
    answer->leg_count = (uint16_t)legs;
    return (struct writing){answer, (uint32_t)fixed};
}

static void note_put(struct writing *writing, struct slice note)
{
    writing->answer->note = text_put(writing, note);
    writing->answer->note_length = (uint16_t)note.length;
}

static void answer_transfer(struct shard *shard, const struct message *message,
                            const struct remembered_entry *entry, struct outbox *outbox)
{
    struct remembered_leg legs[LEGS_MAX];
    size_t text = 2 * (size_t)entry->leg_count * IDENT_MAX + entry->note_length;
    struct writing writing = answer_begin(shard, message, entry->leg_count, text, outbox);
    writing.answer->found = true;
    writing.answer->stamp = entry->stamp;
    writing.answer->type = entry->type;
    writing.answer->reversed = (entry->flags & REMEMBERED_REVERSED) != 0;
    remembered_legs(entry, legs);
    for (unsigned i = 0; i < entry->leg_count; i++)
        leg_put(&writing, i, legs[i].amount, &shard->assets.rows[legs[i].asset].tag, legs[i].from.id,
                legs[i].to.id);
    note_put(&writing, remembered_note(entry));
}

static void answer_hold(struct shard *shard, const struct message *message, const struct hold *hold,
                        struct outbox *outbox)
{
    size_t text = 2 * (size_t)IDENT_MAX + hold->note_length;
    struct writing writing = answer_begin(shard, message, 1, text, outbox);
    struct lookup_answer *answer = writing.answer;
    answer->found = true;
    answer->stamp = hold->stamp;
    answer->type = TRANSFER_HOLD;
    answer->state = hold->state;
    answer->remaining = hold->remaining;
    answer->dated = hold->dated;
    answer->ttl = hold->ttl;
    leg_put(&writing, 0, hold->amount, &shard->assets.rows[hold->asset].tag, hold_from(hold), hold_to(hold));
    note_put(&writing, hold_note(hold));
}

bool lookup_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    const struct lookup_message *lookup = (const struct lookup_message *)(const void *)message;
    const struct name *name = &lookup->id;
    const char *id = message_text(lookup, name->offset);
    struct claim *claim = claims_find(&shard->claims, CLAIM_TRANSFER, id, name);
    if (claim != NULL &&
        (claim->contention.writers > 0 || (!again && claim->contention.line.first != NULL))) {
        shard_wait(shard, &claim->contention);
        return false;
    }
    const struct hold *hold = holds_find(&shard->holds, id, name->length, name->hash);
    const struct remembered_entry *entry = remembered_find(&shard->remembered, id, name->length, name->hash);
    if (hold != NULL)
        answer_hold(shard, message, hold, outbox);
    else if (entry != NULL)
        answer_transfer(shard, message, entry, outbox);
    else
        answer_begin(shard, message, 0, 0, outbox);
    return true;
}
