/* visit.c: see visit.h. */
#include "ledger/visit.h"

#include <string.h>

#include "ledger/state.h"

static bool is_here(const struct shard *shard, const struct name *name)
{
    return name->shard == shard->config.index;
}

static int16_t touch_find(const struct visit *visit, const struct transfer_message *transfer,
                          const struct name *name)
{
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        const struct name *other = visit->touches[i].name;
        if (other != NULL && other->hash == name->hash && other->length == name->length &&
            memcmp(message_text(transfer, other->offset), message_text(transfer, name->offset),
                   name->length) == 0)
            return (int16_t)i;
    }
    return TOUCH_NONE;
}

static struct touch *touch_add(struct visit *visit)
{
    struct touch *touch = &visit->touches[visit->touch_count++];
    memset(touch, 0, sizeof *touch);
    return touch;
}

/* The touch of an account on this shard. A stripe of one that is taken for spread may be here; if neither the
 * account nor a stripe is, it is not spread any more. */
static int16_t visit_touch(struct visit *visit, const struct shard *shard,
                           const struct transfer_message *transfer, const struct name *name)
{
    if (name->length == 0 || name->world || !is_here(shard, name))
        return TOUCH_NONE;
    int16_t found = touch_find(visit, transfer, name);
    if (found != TOUCH_NONE)
        return found;
    struct touch *touch = touch_add(visit);
    touch->name = name;
    touch->account = shard_find(shard, transfer, name, &touch->contention);
    if (touch->account != NULL && account_is_boundless(touch->account))
        touch->stripe = accounts_extra(&shard->accounts, touch->account)->stripe;
    if (touch->account == NULL && name->striped) {
        const char *text = message_text(transfer, name->offset);
        touch->stripe = stripes_find(&shard->stripes, text, name->length, name->hash);
        visit->stale |= touch->stripe == NULL;
    }
    return (int16_t)(visit->touch_count - 1);
}

/* A condition on an account that is spread looks at the stripe of every shard. */
static int16_t visit_condition(struct visit *visit, const struct shard *shard,
                               const struct transfer_message *transfer, const struct condition *condition)
{
    const struct name *name = &condition->account;
    if (name->world) {
        struct asset *asset =
            assets_world(&shard->assets, message_text(transfer, name->offset), name->length);
        if (asset == NULL)
            return TOUCH_NONE;
        return visit_world(visit, &asset->world);
    }
    if (is_here(shard, name)) {
        int16_t touch = visit_touch(visit, shard, transfer, name);
        const struct stripe *stripe = touch != TOUCH_NONE ? visit->touches[touch].stripe : NULL;
        visit->stale |= stripe != NULL && stripe->spread && !name->striped;
        return touch;
    }
    if (!name->striped)
        return TOUCH_NONE;
    int16_t found = touch_find(visit, transfer, name);
    if (found != TOUCH_NONE)
        return found;
    const char *text = message_text(transfer, name->offset);
    struct stripe *stripe = stripes_find(&shard->stripes, text, name->length, name->hash);
    if (stripe == NULL) /* gathered since: its own shard has all there is */
        return TOUCH_NONE;
    struct touch *touch = touch_add(visit);
    touch->name = name;
    touch->stripe = stripe;
    return (int16_t)(visit->touch_count - 1);
}

static void visit_id(struct visit *visit, const struct shard *shard, const struct transfer_message *transfer,
                     unsigned operation, bool reference)
{
    struct id_touch *id = &visit->ids[visit->id_count];
    *id = (struct id_touch){.operation = (uint8_t)operation, .reference = reference};
    const struct name *name = id_touch_name(transfer, id);
    if (name->length == 0 || !is_here(shard, name))
        return;
    const char *text = message_text(transfer, name->offset);
    struct claim *claim = claims_find(&shard->claims, CLAIM_TRANSFER, text, name);
    id->contention = claim != NULL ? &claim->contention : NULL;
    id->hold = holds_find(&shard->holds, text, name->length, name->hash);
    if (id->hold == NULL)
        id->entry = remembered_find(&shard->remembered, text, name->length, name->hash);
    if (id->hold != NULL) {
        id->left = id->hold->remaining;
        id->state = id->hold->state;
    }
    visit->id_count++;
}

const struct name *id_touch_name(const struct transfer_message *transfer, const struct id_touch *id)
{
    const struct operation *operation = &transfer->operations[id->operation];
    return id->reference ? &operation->reference : &operation->id;
}

void visit_make(struct visit *visit, const struct shard *shard, const struct transfer_message *transfer)
{
    visit->touch_count = 0;
    visit->id_count = 0;
    visit->stale = false;
    visit->unfound = false;
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        const struct operation *operation = &transfer->operations[o];
        visit_id(visit, shard, transfer, o, false);
        if (operation->retry)
            continue;
        visit_id(visit, shard, transfer, o, true);
        for (unsigned i = operation->leg; i < operation->leg + (unsigned)operation->leg_count; i++) {
            const struct leg *leg = &transfer_legs(transfer)[i];
            visit->from[i] = visit_touch(visit, shard, transfer, &leg->from);
            visit->to[i] = visit_touch(visit, shard, transfer, &leg->to);
        }
        for (unsigned i = 0; i < operation->condition_count; i++) {
            unsigned place = operation->condition + i;
            visit->conditions[place] =
                visit_condition(visit, shard, transfer, &transfer_conditions(transfer)[place]);
        }
    }
}

int16_t visit_world(struct visit *visit, struct stripe *stripe)
{
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        if (visit->touches[i].stripe == stripe)
            return (int16_t)i;
    }
    touch_add(visit)->stripe = stripe;
    return (int16_t)(visit->touch_count - 1);
}

/* Adds `more` and takes away `less`. */
static void held_change(struct total *held, amount_t more, amount_t less)
{
    total_wrap(held, (struct total){.low = more});
    total_wrap(held, (struct total){.low = -less, .high = less > 0 ? UINT64_MAX : 0});
}

void touch_step(struct touch *touch, const struct step *step, unsigned last)
{
    touch->writes = true;
    touch->last = (uint8_t)last;
    if (touch->stripe == NULL) {
        effect_add(&touch->effect, step->debits, step->credits,
                   (balance_t)step->held_out - (balance_t)step->released_out,
                   (balance_t)step->held_in - (balance_t)step->released_in);
        return;
    }
    total_add(&touch->sums.debits, step->debits);
    total_add(&touch->sums.credits, step->credits);
    held_change(&touch->sums.held_out, step->held_out, step->released_out);
    held_change(&touch->sums.held_in, step->held_in, step->released_in);
}
