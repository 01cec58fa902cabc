/* transaction.c: composing a transaction, and finding its way. See compose.h. */
#include <assert.h>
#include <string.h>

#include "ledger/asset.h"
#include "ledger/draft.h"

/* What a command asked for beyond its legs, note and reference, as bytes to be hashed. */
#define TERMS_MAX (OPERATION_CONDITIONS_MAX * (IDENT_MAX + 32) + 64)

struct terms {
    uint8_t bytes[TERMS_MAX];
    size_t length;
};

static void terms_add(struct terms *terms, const void *bytes, size_t length)
{
    assert(length <= TERMS_MAX - terms->length);
    memcpy(terms->bytes + terms->length, bytes, length);
    terms->length += length;
}

static void terms_add_decimal(struct terms *terms, struct decimal value)
{
    value = decimal_normalize(value);
    terms_add(terms, &value.mantissa, sizeof value.mantissa);
    terms_add(terms, &value.digits, sizeof value.digits);
}

static void terms_add_condition(struct terms *terms, const struct condition_text *condition)
{
    const uint8_t head[] = {(uint8_t)condition->account.length, (uint8_t)condition->relation,
                            condition->negative};
    terms_add(terms, head, sizeof head);
    terms_add(terms, condition->account.text, condition->account.length);
    terms_add_decimal(terms, condition->level);
}

/* The hash of the terms; 0 where there are none. It is kept in the journal: it does not depend on the seed.
 */
static uint64_t terms_hash(const struct operation_text *text)
{
    struct terms terms;
    terms.length = 0;
    if (text->type != TRANSFER_BALANCE) {
        for (unsigned i = 0; i < text->condition_count; i++)
            terms_add_condition(&terms, &text->conditions[i]);
    }
    if (text->amount_given)
        terms_add_decimal(&terms, text->legs[0].amount);
    if (text->keep)
        terms_add(&terms, "K", 1);
    if (text->ttl != 0)
        terms_add(&terms, &text->ttl, sizeof text->ttl);
    return terms.length > 0 ? ident_hash((const char *)terms.bytes, terms.length, 0) | 1 : 0;
}

/* How many legs, conditions and bytes of text a transaction has. */
struct extent {
    unsigned legs;
    unsigned conditions;
    size_t text;
};

static struct extent extent_of(unsigned count, const struct operation_text *texts)
{
    struct extent extent = {0};
    for (unsigned i = 0; i < count; i++) {
        unsigned legs = operation_text_legs(&texts[i]);
        extent.legs += legs;
        extent.conditions += texts[i].condition_count + (texts[i].type == TRANSFER_BALANCE ? 1 : 0);
        extent.text += (2 + 2 * (size_t)legs + texts[i].condition_count) * IDENT_MAX + texts[i].note.length;
    }
    assert(extent.legs <= LEGS_MAX && extent.conditions <= CONDITIONS_MAX);
    extent.text += extent.conditions * (size_t)IDENT_MAX;
    return extent;
}

/* The text of a name; compose_route does the rest. */
static void draft_place(struct draft *draft, struct name *name, struct slice text)
{
    draft_text(draft, &name->offset, text.text, text.length);
    name->length = (uint8_t)text.length;
}

static void draft_legs(struct draft *draft, struct transfer_message *transfer, struct operation *operation,
                       const struct operation_text *text)
{
    operation->leg = transfer->leg_count;
    operation->leg_count = (uint8_t)operation_text_legs(text);
    struct leg *legs = &transfer_legs(transfer)[operation->leg];
    transfer->leg_count = (uint8_t)(transfer->leg_count + operation->leg_count);
    bool named = text->leg_count > 0 && text->legs[0].to.length > 0;
    if (!named && text->reference.length > 0) { /* the accounts will be found */
        draft_room(draft, &legs[0].from.offset, IDENT_MAX);
        draft_room(draft, &legs[0].to.offset, IDENT_MAX);
    }
    for (unsigned i = 0; i < text->leg_count; i++) {
        legs[i].mantissa = text->legs[i].amount.mantissa;
        legs[i].digits = text->legs[i].amount.digits;
        if (!named)
            continue;
        draft_place(draft, &legs[i].from, text->legs[i].from);
        draft_place(draft, &legs[i].to, text->legs[i].to);
        legs[i].from.world = text->type == TRANSFER_DEPOSIT;
        legs[i].to.world = text->type == TRANSFER_WITHDRAW;
    }
}

static void draft_condition(struct draft *draft, struct transfer_message *transfer,
                            const struct condition_text *text)
{
    struct condition *condition = &transfer_conditions(transfer)[transfer->condition_count++];
    condition->mantissa = text->level.mantissa;
    condition->digits = text->level.digits;
    condition->negative = text->negative;
    condition->relation = (uint8_t)text->relation;
    draft_place(draft, &condition->account, text->account);
}

static void draft_conditions(struct draft *draft, struct transfer_message *transfer,
                             struct operation *operation, const struct operation_text *text)
{
    operation->condition = transfer->condition_count;
    for (unsigned i = 0; i < text->condition_count; i++)
        draft_condition(draft, transfer, &text->conditions[i]);
    if (text->type == TRANSFER_BALANCE)
        draft_condition(draft, transfer,
                        &(struct condition_text){.account = text->legs[0].from, .relation = RELATION_ANY});
    operation->condition_count = (uint8_t)(transfer->condition_count - operation->condition);
}

static void draft_operation(struct draft *draft, struct transfer_message *transfer,
                            const struct operation_text *text)
{
    struct operation *operation = &transfer->operations[transfer->operation_count++];
    operation->type = (uint8_t)text->type;
    operation->terms = terms_hash(text);
    operation->ttl = text->ttl;
    bool all = !text->amount_given && (text->type == TRANSFER_CAPTURE || text->type == TRANSFER_SWEEP);
    operation->flags = (uint8_t)((text->keep ? OPERATION_KEEP : 0) | (all ? OPERATION_ALL : 0));
    if (text->id.length > 0)
        draft_place(draft, &operation->id, text->id);
    if (text->reference.length > 0)
        draft_place(draft, &operation->reference, text->reference);
    draft_text(draft, &operation->note, text->note.text, text->note.length);
    operation->note_length = (uint16_t)text->note.length;
    draft_legs(draft, transfer, operation, text);
    draft_conditions(draft, transfer, operation, text);
}

/* The most shards that a transaction of this extent may ever visit. */
static unsigned members_most(const struct extent *extent, unsigned count, const struct sender *sender)
{
    unsigned names = 2 * extent->legs + 2 * count;
    return names < sender->shards && extent->conditions == 0 ? names : sender->shards;
}

struct transfer_message *compose_transaction(struct buffer *out, const struct sender *sender, unsigned count,
                                             const struct operation_text *texts, bool several)
{
    assert(count >= 1 && count <= OPERATIONS_MAX && (several || count == 1));
    struct extent extent = extent_of(count, texts);
    size_t legs = sizeof(struct transfer_message) + count * sizeof(struct operation);
    size_t conditions = legs + extent.legs * sizeof(struct leg);
    size_t fixed = conditions + extent.conditions * sizeof(struct condition);
    struct draft draft = draft_start(out, sender, MESSAGE_TRANSFER, fixed, extent.text);
    struct transfer_message *transfer = (struct transfer_message *)(void *)draft.message;
    transfer->legs = (uint32_t)legs;
    transfer->conditions = (uint32_t)conditions;
    transfer->several = several;
    for (unsigned i = 0; i < count; i++)
        draft_operation(&draft, transfer, &texts[i]);
    draft_end(&draft, out, &transfer->route, 1, members_most(&extent, count, sender));
    compose_route(transfer, sender);
    return transfer;
}

struct transfer_message *compose_transfer(struct buffer *out, const struct sender *sender, struct slice id,
                                          unsigned leg_count, const struct leg_text *legs, struct slice note)
{
    const struct operation_text text = {
        .type = TRANSFER_TRANSFER, .id = id, .note = note, .legs = legs, .leg_count = leg_count};
    return compose_transaction(out, sender, 1, &text, false);
}

struct transfer_message *compose_world_transfer(struct buffer *out, const struct sender *sender,
                                                enum transfer_type type, struct slice id,
                                                struct slice account, struct decimal amount,
                                                struct slice note)
{
    const struct slice world = {WORLD_ID, sizeof WORLD_ID - 1};
    const struct leg_text leg = {.from = type == TRANSFER_DEPOSIT ? world : account,
                                 .to = type == TRANSFER_DEPOSIT ? account : world,
                                 .amount = amount};
    const struct operation_text text = {.type = type, .id = id, .note = note, .legs = &leg, .leg_count = 1};
    return compose_transaction(out, sender, 1, &text, false);
}

void compose_name(struct transfer_message *transfer, struct name *name, struct slice text,
                  const struct sender *sender)
{
    assert(text.length <= IDENT_MAX);
    memcpy((char *)transfer + name->offset, text.text, text.length);
    name_set(name, (struct slice){message_text(transfer, name->offset), text.length}, sender);
}

/* Whether a side of a leg can be executed wherever the other one is. */
static bool name_is_anywhere(const struct name *name)
{
    return name->world || name->striped;
}

/* Where a name is, as far as the sender knows. That a side is a deposit's @world stays so. */
static uint64_t name_place(const struct transfer_message *transfer, struct name *name,
                           const struct sender *sender)
{
    bool world = name->world;
    name_set(name, (struct slice){message_text(transfer, name->offset), name->length}, sender);
    name->world |= world;
    return UINT64_C(1) << name->shard;
}

/* A side that can be executed anywhere is executed where the leg's other account lives; if that can too, with
 * the operation's id, or what it refers to. */
static uint64_t leg_place(const struct transfer_message *transfer, const struct operation *operation,
                          struct leg *leg, const struct sender *sender)
{
    if (leg->from.length == 0 || leg->to.length == 0)
        return 0;
    name_place(transfer, &leg->from, sender);
    name_place(transfer, &leg->to, sender);
    const struct name *own = operation->id.length > 0 ? &operation->id : &operation->reference;
    if (name_is_anywhere(&leg->from))
        leg->from.shard = name_is_anywhere(&leg->to) ? own->shard : leg->to.shard;
    if (name_is_anywhere(&leg->to))
        leg->to.shard = leg->from.shard;
    return UINT64_C(1) << leg->from.shard | UINT64_C(1) << leg->to.shard;
}

static uint64_t operation_place(struct transfer_message *transfer, struct operation *operation,
                                const struct sender *sender)
{
    uint64_t members = 0;
    if (operation->id.length > 0)
        members |= name_place(transfer, &operation->id, sender);
    if (operation->reference.length > 0)
        members |= name_place(transfer, &operation->reference, sender);
    for (unsigned i = 0; i < operation->leg_count; i++)
        members |= leg_place(transfer, operation, &transfer_legs(transfer)[operation->leg + i], sender);
    for (unsigned i = 0; i < operation->condition_count; i++) {
        struct condition *condition = &transfer_conditions(transfer)[operation->condition + i];
        members |= name_place(transfer, &condition->account, sender);
        transfer->whole |= name_is_anywhere(&condition->account);
    }
    return members;
}

void compose_route(struct transfer_message *transfer, const struct sender *sender)
{
    const struct operation *unfound = NULL;
    uint64_t members = 0;
    transfer->whole = false;
    for (unsigned i = 0; i < transfer->operation_count; i++) {
        struct operation *operation = &transfer->operations[i];
        if (operation->retry) { /* its shard tells the number */
            members |= name_place(transfer, &operation->id, sender);
            continue;
        }
        members |= operation_place(transfer, operation, sender);
        if (unfound == NULL && operation->reference.length > 0 &&
            (operation->flags & (OPERATION_FOUND | OPERATION_MISSING)) == 0)
            unfound = operation;
    }
    if (transfer->whole)
        members = members_all(sender->shards);
    transfer->finding = unfound != NULL;
    if (unfound != NULL)
        members = UINT64_C(1) << unfound->reference.shard;
    transfer->route.members = members;
}
