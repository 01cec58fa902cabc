/* operations.c: what a committed transaction leaves behind beside money: its record, ids that are remembered,
 * holds that begin, change and end.
 */
#include <string.h>

#include "ledger/record.h"
#include "ledger/state.h"

static struct slice operation_note(const struct transfer_message *transfer, const struct operation *operation)
{
    return (struct slice){message_text(transfer, operation->note), operation->note_length};
}

bool operation_asks_for_hold(const struct shard *shard, const struct transfer_message *transfer,
                             const struct operation *operation, const struct hold *hold)
{
    const struct leg *leg = &transfer_legs(transfer)[operation->leg];
    uint8_t scale = shard->assets.rows[hold->asset].tag.scale;
    struct decimal held = decimal_normalize((struct decimal){hold->amount, scale});
    struct decimal asked = decimal_normalize((struct decimal){leg->mantissa, leg->digits});
    return operation->type == TRANSFER_HOLD && operation->terms == hold->terms &&
           held.mantissa == asked.mantissa && held.digits == asked.digits &&
           slice_equal(name_text(transfer, &leg->from), hold_from(hold)) &&
           slice_equal(name_text(transfer, &leg->to), hold_to(hold)) &&
           slice_equal(operation_note(transfer, operation), hold_note(hold));
}

/* The rest of a hold that a capture releases. */
static amount_t operation_releases(const struct transfer_message *transfer, const struct operation *operation)
{
    if (operation->type != TRANSFER_CAPTURE || (operation->flags & OPERATION_KEEP) != 0)
        return 0;
    return operation->amount - transfer_legs(transfer)[operation->leg].amount;
}

static void operation_record(const struct transfer_message *transfer, const struct operation *operation,
                             bool continues, struct stamp stamp, struct buffer *records)
{
    bool keep = (operation->flags & OPERATION_KEEP) != 0;
    const struct record_parts parts = {
        .id = name_text(transfer, &operation->id),
        .note = operation_note(transfer, operation),
        .reference = name_text(transfer, &operation->reference),
        .terms = {operation_releases(transfer, operation), operation->ttl, operation->terms},
        .leg_count = operation->leg_count,
        .type = operation->type,
        .flags = (uint8_t)((keep ? RECORD_KEEP : 0) | (continues ? RECORD_CONTINUES : 0))};
    struct record_leg *legs = record_transfer(records, &parts, stamp);
    for (unsigned i = 0; i < operation->leg_count; i++) {
        const struct leg *leg = &transfer_legs(transfer)[operation->leg + i];
        legs[i] = (struct record_leg){leg->amount, leg->from_number, leg->to_number};
    }
}

void operations_record(const struct transfer_message *transfer, struct stamp first, struct buffer *records)
{
    unsigned left = 0;
    for (unsigned o = 0; o < transfer->operation_count; o++)
        left += operation_numbers(&transfer->operations[o]) > 0;
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        const struct operation *operation = &transfer->operations[o];
        unsigned numbers = operation_numbers(operation);
        if (numbers == 0)
            continue;
        operation_record(transfer, operation, --left > 0, first, records);
        first.number += numbers;
        first.time += numbers;
    }
}

/* One side of a leg, as it is to be remembered: an account of this shard, or its id. */
static struct remembered_party party_of(const struct shard *shard, const struct transfer_message *transfer,
                                        const struct name *name, const struct visit *visit, int16_t touch)
{
    struct remembered_party party = {.id = name_text(transfer, name)};
    struct contention *contention;
    if (visit != NULL)
        party.account = touch != TOUCH_NONE ? visit->touches[touch].account : NULL;
    else if (!name->world && name->shard == shard->config.index)
        party.account = shard_find(shard, transfer, name, &contention);
    return party;
}

uint16_t leg_asset(const struct shard *shard, const struct leg *leg, const struct account *from,
                   const struct account *to)
{
    if (from != NULL)
        return from->asset;
    if (to != NULL)
        return to->asset;
    const struct asset *asset = assets_find(&shard->assets, leg->asset.code, leg->asset.length);
    assert(asset != NULL);
    return (uint16_t)(asset - shard->assets.rows);
}

static void operation_remember(struct shard *shard, const struct transfer_message *transfer,
                               const struct operation *operation, const struct visit *visit,
                               struct stamp stamp)
{
    struct remembered_leg legs[LEGS_MAX];
    for (unsigned i = 0; i < operation->leg_count; i++) {
        unsigned at = operation->leg + i;
        const struct leg *leg = &transfer_legs(transfer)[at];
        int16_t from = TOUCH_NONE;
        int16_t to = TOUCH_NONE;
        if (visit != NULL) {
            from = visit->from[at];
            to = visit->to[at];
        }
        legs[i].amount = leg->amount;
        legs[i].from = party_of(shard, transfer, &leg->from, visit, from);
        legs[i].to = party_of(shard, transfer, &leg->to, visit, to);
        legs[i].asset = leg_asset(shard, leg, legs[i].from.account, legs[i].to.account);
    }
    const struct remembered_parts parts = {.id = name_text(transfer, &operation->id),
                                           .note = operation_note(transfer, operation),
                                           .reference = name_text(transfer, &operation->reference),
                                           .hash = operation->id.hash,
                                           .terms = operation->terms,
                                           .stamp = stamp,
                                           .type = operation->type,
                                           .leg_count = operation->leg_count};
    struct remembered_entry *entry = remembered_add(&shard->remembered, &parts, legs);
    if ((stamp.number & SEQUENCE_PROVISIONAL) != 0)
        shard_unsealed(shard, &entry->stamp);
}

/* A new hold. */
static void operation_hold(struct shard *shard, const struct transfer_message *transfer,
                           const struct operation *operation, struct stamp stamp)
{
    const struct leg *leg = &transfer_legs(transfer)[operation->leg];
    const struct hold_parts parts = {.id = name_text(transfer, &operation->id),
                                     .from = name_text(transfer, &leg->from),
                                     .to = name_text(transfer, &leg->to),
                                     .note = operation_note(transfer, operation),
                                     .hash = operation->id.hash,
                                     .amount = leg->amount,
                                     .ttl = operation->ttl,
                                     .terms = operation->terms,
                                     .asset = leg_asset(shard, leg, NULL, NULL)};
    struct hold *hold = holds_add(&shard->holds, &parts, stamp);
    if ((stamp.number & SEQUENCE_PROVISIONAL) != 0)
        shard_unsealed(shard, &hold->stamp);
    shard_undated(shard, hold);
}

static void hold_finish(struct shard *shard, struct hold *hold, enum hold_state state, struct stamp stamp)
{
    holds_end(&shard->holds, hold, state);
    hold->ended = stamp;
    if ((stamp.number & SEQUENCE_PROVISIONAL) != 0)
        shard_unsealed(shard, &hold->ended);
}

/* What a command does to what it refers to. */
static void operation_refer(struct shard *shard, const struct transfer_message *transfer,
                            const struct operation *operation, struct stamp stamp)
{
    struct slice id = name_text(transfer, &operation->reference);
    if (operation->type == TRANSFER_REVERSE) {
        struct remembered_entry *entry =
            remembered_find(&shard->remembered, id.text, id.length, operation->reference.hash);
        if (entry != NULL)
            entry->flags |= REMEMBERED_REVERSED;
        return;
    }
    struct hold *hold = holds_find(&shard->holds, id.text, id.length, operation->reference.hash);
    assert(hold != NULL && hold->state == HOLD_OPEN);
    amount_t amount = transfer_legs(transfer)[operation->leg].amount;
    switch ((enum transfer_type)operation->type) {
    case TRANSFER_EXTEND:
        holds_undate(&shard->holds, hold);
        hold->ttl = operation->ttl;
        hold->dated = stamp;
        shard_undated(shard, hold);
        return;
    case TRANSFER_CAPTURE:
        hold->remaining -= amount;
        if ((operation->flags & OPERATION_KEEP) == 0 || hold->remaining == 0)
            hold_finish(shard, hold, HOLD_CAPTURED, stamp);
        return;
    case TRANSFER_VOID: hold_finish(shard, hold, HOLD_VOIDED, stamp); return;
    case TRANSFER_EXPIRE: hold_finish(shard, hold, HOLD_EXPIRED, stamp); return;
    default: break;
    }
    assert(false && "a command of this type refers to nothing");
}

void operations_commit(struct shard *shard, struct transfer_message *transfer, const struct visit *visit,
                       struct stamp first)
{
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        struct operation *operation = &transfer->operations[o];
        unsigned numbers = operation_numbers(operation);
        if (numbers == 0)
            continue;
        operation->number = first.number;
        if (operation->reference.length > 0 && operation->reference.shard == shard->config.index)
            operation_refer(shard, transfer, operation, first);
        if (operation->id.length > 0 && operation->id.shard == shard->config.index) {
            shard_forget(shard, FORGOTTEN_FOR_EACH);
            if (operation->type == TRANSFER_HOLD)
                operation_hold(shard, transfer, operation, first);
            else
                operation_remember(shard, transfer, operation, visit, first);
        }
        first.number += numbers;
        first.time += numbers;
    }
}
