/* find.c: what a command refers to, a hold or a transfer, is found on the shard of its id: then it is known
 * which accounts, and so which shards, the transaction concerns.
 *
 * Nothing is reserved meanwhile. A hold's accounts never change; what is left of it may, so the transaction
 * comes back to this shard on its way, which sees whether what was found still holds, and has it found anew
 * if not (terms.c).
 */
#include <stdio.h>
#include <string.h>

#include "ledger/state.h"

static bool is_sought_here(const struct shard *shard, const struct operation *operation)
{
    return !operation->retry && operation->reference.length > 0 &&
           operation->reference.shard == shard->config.index &&
           (operation->flags & (OPERATION_FOUND | OPERATION_MISSING)) == 0;
}

/* Whether something that it refers to is undecided, or others wait for it. Leaves what to wait for. */
static bool must_wait(struct shard *shard, const struct transfer_message *transfer, bool again)
{
    bool wait = false;
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        const struct operation *operation = &transfer->operations[o];
        if (!is_sought_here(shard, operation))
            continue;
        const struct claim *claim =
            claims_find(&shard->claims, CLAIM_TRANSFER, message_text(transfer, operation->reference.offset),
                        &operation->reference);
        wait |= claim != NULL &&
                (claim->contention.writers > 0 || (!again && claim->contention.line.first != NULL));
    }
    for (unsigned o = 0; wait && o < transfer->operation_count; o++) {
        const struct operation *operation = &transfer->operations[o];
        if (is_sought_here(shard, operation))
            shard_wait(shard, shard_claim(shard, CLAIM_TRANSFER, transfer, &operation->reference));
    }
    return wait;
}

/* What earlier commands of the transaction leave of a hold. */
static amount_t hold_left(const struct transfer_message *transfer, const struct operation *operation,
                          const struct hold *hold)
{
    amount_t left = hold->remaining;
    for (const struct operation *before = transfer->operations; before < operation && left > 0; before++) {
        if (before->retry || before->reference.length == 0 || before->type == TRANSFER_EXTEND ||
            !slice_equal(name_text(transfer, &before->reference), hold_id(hold)))
            continue;
        bool keep = before->type == TRANSFER_CAPTURE && (before->flags & OPERATION_KEEP) != 0;
        left -= keep ? transfer_legs(transfer)[before->leg].amount : left;
    }
    return left;
}

/* How much a command moves, or releases, of what is left of a hold. 0: what it asks for is wrong. */
static amount_t hold_amount(const struct operation *operation, const struct leg *leg, amount_t left)
{
    amount_t amount = 0;
    if (operation->type == TRANSFER_EXTEND)
        return 0;
    if (operation->type != TRANSFER_CAPTURE || (operation->flags & OPERATION_ALL) != 0)
        return left;
    if (!decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale, &amount) ||
        amount > left)
        return 0;
    return amount;
}

static void hold_found(struct shard *shard, struct transfer_message *transfer, struct operation *operation,
                       const struct hold *hold)
{
    struct sender sender = shard_sender(shard, &transfer->head);
    struct leg *leg = &transfer_legs(transfer)[operation->leg];
    operation->flags |= OPERATION_FOUND;
    operation->amount = hold_left(transfer, operation, hold);
    leg->from.length = leg->to.length = 0;
    if (operation->amount == 0)
        return; /* it ended, which is all there is to say */
    leg->asset = shard->assets.rows[hold->asset].tag;
    leg->amount = hold_amount(operation, leg, operation->amount);
    leg->settled = true;
    compose_name(transfer, &leg->from, hold_from(hold), &sender);
    compose_name(transfer, &leg->to, hold_to(hold), &sender);
}

static void find_hold(struct shard *shard, struct transfer_message *transfer, struct operation *operation)
{
    struct slice id = name_text(transfer, &operation->reference);
    const struct hold *hold = holds_find(&shard->holds, id.text, id.length, operation->reference.hash);
    if (hold != NULL)
        hold_found(shard, transfer, operation, hold);
    else
        operation->flags |= OPERATION_MISSING;
}

/* A reversal is composed anew, with the legs of what it reverses, the last first and each the other way.
 * Returns it, in the shard's scratch. */
static struct transfer_message *reversal_compose(struct shard *shard, const struct transfer_message *transfer,
                                                 const struct remembered_entry *entry)
{
    const struct operation *operation = &transfer->operations[0];
    struct remembered_leg made[LEGS_MAX];
    struct leg_text legs[LEGS_MAX];
    char world[sizeof WORLD_ID + ASSET_CODE_MAX + 1];
    remembered_legs(entry, made);
    for (unsigned i = 0; i < entry->leg_count; i++) {
        const struct remembered_leg *leg = &made[entry->leg_count - 1U - i];
        const struct asset_tag *asset = &shard->assets.rows[leg->asset].tag;
        legs[i] = (struct leg_text){leg->to.id, leg->from.id, {leg->amount, asset->scale}};
        /* A deposit's or withdrawal's other side is kept as "@world" alone. */
        struct slice *sides[] = {&legs[i].from, &legs[i].to};
        for (int k = 0; k < 2; k++) {
            if (slice_equal(*sides[k], (struct slice){WORLD_ID, sizeof WORLD_ID - 1})) {
                int length = snprintf(world, sizeof world, WORLD_ID "/%.*s", (int)asset->length, asset->code);
                *sides[k] = (struct slice){world, (size_t)length};
            }
        }
    }
    const struct operation_text text = {.type = TRANSFER_REVERSE,
                                        .id = name_text(transfer, &operation->id),
                                        .reference = name_text(transfer, &operation->reference),
                                        .legs = legs,
                                        .leg_count = entry->leg_count};
    struct sender sender = shard_sender(shard, &transfer->head);
    buffer_consume(&shard->draft, buffer_length(&shard->draft));
    struct transfer_message *reversal = compose_transaction(&shard->draft, &sender, 1, &text, false);
    reversal->operations[0].flags |= OPERATION_FOUND;
    reversal->route.seen = transfer->route.seen;
    compose_route(reversal, &sender);
    return reversal;
}

/* Returns the message to go on with. */
static struct transfer_message *find_transfer(struct shard *shard, struct transfer_message *transfer)
{
    struct operation *operation = &transfer->operations[0];
    struct slice id = name_text(transfer, &operation->reference);
    const struct remembered_entry *entry =
        remembered_find(&shard->remembered, id.text, id.length, operation->reference.hash);
    if (entry == NULL || !transfer_moves(entry->type)) {
        operation->flags |= OPERATION_MISSING;
        return transfer;
    }
    if ((entry->flags & REMEMBERED_REVERSED) != 0) {
        operation->flags |= OPERATION_FOUND;
        return transfer;
    }
    return reversal_compose(shard, transfer, entry);
}

bool find_take(struct shard *shard, struct transfer_message *transfer, bool again, struct outbox *outbox)
{
    if (must_wait(shard, transfer, again))
        return false;
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        struct operation *operation = &transfer->operations[o];
        if (!is_sought_here(shard, operation))
            continue;
        if (operation->type == TRANSFER_REVERSE)
            transfer = find_transfer(shard, transfer);
        else
            find_hold(shard, transfer, operation);
    }
    struct sender sender = shard_sender(shard, &transfer->head);
    compose_route(transfer, &sender);
    shard_send(shard, &transfer->head, &transfer->route, outbox);
    return true;
}
