/* rules.c: see rules.h. */
#include "ledger/rules.h"

#include <string.h>

#include "ledger/interval.h"
#include "ledger/state.h"

/** The checks of one leg, in order. */
enum check {
    CHECK_SAME,
    CHECK_FROM_EXISTS,
    CHECK_TO_EXISTS,
    CHECK_ASSET,
    CHECK_AMOUNT,
    CHECK_DEBITS_FIT,
    CHECK_CREDITS_FIT,
    CHECK_CAN_PAY,
    CHECK_CAN_TAKE,
    CHECKS
};

/** One side of a leg, as far as this shard knows it. */
struct side {
    bool here;
    const struct name *name;
    struct touch *touch;               /* NULL: an @world, or not here */
    const struct account_extra *extra; /* of the touched account; NULL: none */
    struct asset *asset; /* NULL: the account does not exist, or is the @world of whatever asset */
};

/** A check under way. */
struct checking {
    struct shard *shard;
    struct transfer_message *transfer;
    struct visit *visit;
    unsigned leg;
};

static bool name_equal(const void *message, const struct name *a, const struct name *b)
{
    return a->hash == b->hash && a->length == b->length &&
           memcmp(message_text(message, a->offset), message_text(message, b->offset), a->length) == 0;
}

static int16_t visit_touch(struct visit *visit, const struct shard *shard,
                           const struct transfer_message *transfer, const struct name *name)
{
    if (name->world || name->shard != shard->config.index)
        return TOUCH_NONE;
    for (uint32_t i = 0; i < visit->touch_count; i++) {
        if (name_equal(transfer, visit->touches[i].name, name))
            return (int16_t)i;
    }
    struct touch *touch = &visit->touches[visit->touch_count];
    *touch = (struct touch){.name = name};
    touch->account = shard_find(shard, transfer, name, &touch->contention);
    return (int16_t)visit->touch_count++;
}

void visit_make(struct visit *visit, const struct shard *shard, const struct transfer_message *transfer)
{
    visit->touch_count = 0;
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        visit->from[i] = visit_touch(visit, shard, transfer, &transfer->legs[i].from);
        visit->to[i] = visit_touch(visit, shard, transfer, &transfer->legs[i].to);
        visit->from_world[i] = NULL;
        visit->to_world[i] = NULL;
    }
}

/* Notes what is wrong, unless something that is reported before it is known already. */
static enum verdict refuse(const struct checking *checking, enum check check, struct rejection rejection)
{
    struct rejection *known = &checking->transfer->rejection;
    rejection.rank = RANK_ID + 1 + checking->leg * CHECKS + check;
    rejection.leg = (uint8_t)checking->leg;
    if (known->code == REJECTION_NONE || rejection.rank < known->rank)
        *known = rejection;
    return VERDICT_REFUSE;
}

/* An uncertain check must wait, unless its answer would not be reported. */
static enum verdict undecided(const struct checking *checking, enum check check)
{
    const struct rejection *known = &checking->transfer->rejection;
    uint32_t rank = RANK_ID + 1 + checking->leg * CHECKS + check;
    return known->code == REJECTION_NONE || rank < known->rank ? VERDICT_WAIT : VERDICT_REFUSE;
}

static struct asset *account_asset(const struct checking *checking, const struct touch *touch)
{
    return &checking->shard->assets.rows[touch->account->asset];
}

static struct side side_find(const struct checking *checking, const struct name *name, int16_t touch)
{
    struct side side = {.name = name};
    if (name->world)
        side.here = name->shard == checking->shard->config.index;
    if (touch == TOUCH_NONE)
        return side;
    side.here = true;
    side.touch = &checking->visit->touches[touch];
    if (side.touch->account == NULL)
        return side;
    side.asset = account_asset(checking, side.touch);
    if (side.touch->account->extra != 0)
        side.extra = accounts_extra(&checking->shard->accounts, side.touch->account);
    return side;
}

/* Finds the asset of an @world side, whose other side, unless it is an @world too, is here as well. "@world"
 * alone is that of the other side's asset; "@world/CODE" usually is, which saves the search. */
static void side_find_world(const struct checking *checking, struct side *side, const struct side *other)
{
    const char *text = message_text(checking->transfer, side->name->offset);
    size_t length = side->name->length;
    struct asset *likely = other->asset;
    const size_t prefix = sizeof WORLD_ID; /* with a '/' in the place of its NUL */
    bool fits = likely != NULL &&
                (length < prefix || (length == prefix + likely->tag.length &&
                                     memcmp(text + prefix, likely->tag.code, likely->tag.length) == 0));
    side->asset = fits ? likely : assets_world(&checking->shard->assets, text, length);
}

/* Whether both sides are one account: "@world" alone is that of the other side, whatever that is. */
static bool side_same(const void *message, const struct leg *leg)
{
    bool any_world = leg->from.length < sizeof WORLD_ID || leg->to.length < sizeof WORLD_ID;
    return (leg->from.world && leg->to.world && any_world) || name_equal(message, &leg->from, &leg->to);
}

/* Whether the account of a side that is here exists. The @world of no asset in particular always does. */
static bool side_exists(const struct side *side)
{
    return side->asset != NULL || (side->name->world && side->name->length < sizeof WORLD_ID);
}

/* The leg is within one asset: that of the first side that was seen, here or on an earlier shard. */
static enum verdict check_asset(const struct checking *checking, struct leg *leg, const struct side *side,
                                bool to_side)
{
    if (!side->here || side->asset == NULL)
        return VERDICT_PASS;
    if (leg->asset.length == 0)
        leg->asset = side->asset->tag;
    if (asset_tag_equal(&leg->asset, &side->asset->tag))
        return VERDICT_PASS;
    return refuse(
        checking, CHECK_ASSET,
        (struct rejection){
            .code = REJECTION_ASSET, .to_side = to_side, .asset = side->asset->tag, .other = leg->asset});
}

static enum verdict check_amount(const struct checking *checking, const struct leg *leg)
{
    struct decimal written = {leg->mantissa, leg->digits};
    if (leg->mantissa != 0 &&
        decimal_to_amount(written, leg->asset.scale, &checking->visit->amounts[checking->leg]))
        return VERDICT_PASS;
    return refuse(checking, CHECK_AMOUNT, (struct rejection){.code = REJECTION_AMOUNT, .asset = leg->asset});
}

/* Whether an account's total of debits (or credits, of the to side) can grow by the leg's amount. */
static enum verdict check_fits(const struct checking *checking, const struct side *side, bool to_side)
{
    if (side->touch == NULL)
        return VERDICT_PASS; /* an @world's totals have no limit */
    const struct touch *touch = side->touch;
    amount_t amount = checking->visit->amounts[checking->leg];
    amount_t open = 0;
    if (side->extra != NULL)
        open = to_side ? side->extra->open.credits : side->extra->open.debits;
    enum certainty fits = to_side ? interval_fits(touch->account->credits, open, touch->credits, amount)
                                  : interval_fits(touch->account->debits, open, touch->debits, amount);
    enum check check = to_side ? CHECK_CREDITS_FIT : CHECK_DEBITS_FIT;
    if (fits == CERTAIN_YES)
        return VERDICT_PASS;
    if (fits == UNDECIDED)
        return undecided(checking, check);
    return refuse(
        checking, check,
        (struct rejection){.code = REJECTION_OVERFLOW, .to_side = to_side, .asset = side->asset->tag});
}

static bool side_is_open(const struct side *side)
{
    return side->extra != NULL && side->extra->contention.writers > 0;
}

static enum verdict check_can_pay(const struct checking *checking, const struct side *side)
{
    if (side->touch == NULL)
        return VERDICT_PASS;
    const struct touch *touch = side->touch;
    amount_t amount = checking->visit->amounts[checking->leg];
    enum certainty can = interval_can_pay(touch->account, side->extra, touch->delta, amount);
    if (can == CERTAIN_YES)
        return VERDICT_PASS;
    if (can == UNDECIDED)
        return undecided(checking, CHECK_CAN_PAY);
    return refuse(checking, CHECK_CAN_PAY,
                  (struct rejection){.code = REJECTION_INSUFFICIENT,
                                     .bound = side_is_open(side),
                                     .have = interval_available(touch->account, side->extra, touch->delta),
                                     .need = amount,
                                     .asset = side->asset->tag});
}

static enum verdict check_can_take(const struct checking *checking, const struct side *side)
{
    if (side->touch == NULL)
        return VERDICT_PASS;
    const struct touch *touch = side->touch;
    amount_t amount = checking->visit->amounts[checking->leg];
    enum certainty can = interval_can_take(touch->account, side->extra, touch->delta, amount);
    if (can == CERTAIN_YES)
        return VERDICT_PASS;
    if (can == UNDECIDED)
        return undecided(checking, CHECK_CAN_TAKE);
    return refuse(checking, CHECK_CAN_TAKE,
                  (struct rejection){.code = REJECTION_CEILING,
                                     .to_side = true,
                                     .bound = side_is_open(side),
                                     .have = interval_room(touch->account, side->extra, touch->delta),
                                     .need = amount,
                                     .asset = side->asset->tag});
}

/* What the leg does to the accounts that are here, for the checks of later legs and for posting. */
static void leg_apply(const struct checking *checking, const struct side *from, const struct side *to)
{
    struct visit *visit = checking->visit;
    amount_t amount = visit->amounts[checking->leg];
    if (from->touch != NULL) {
        from->touch->debits += amount;
        from->touch->delta -= (balance_t)amount;
        if (from->touch->delta < from->touch->trough)
            from->touch->trough = from->touch->delta;
        from->touch->last_leg = (uint8_t)checking->leg;
    } else if (from->here)
        visit->from_world[checking->leg] = from->asset != NULL ? from->asset : to->asset;
    if (to->touch != NULL) {
        to->touch->credits += amount;
        to->touch->delta += (balance_t)amount;
        if (to->touch->delta > to->touch->peak)
            to->touch->peak = to->touch->delta;
        to->touch->last_leg = (uint8_t)checking->leg;
    } else if (to->here)
        visit->to_world[checking->leg] = to->asset != NULL ? to->asset : from->asset;
}

static enum verdict check_leg(const struct checking *checking)
{
    struct leg *leg = &checking->transfer->legs[checking->leg];
    struct side from = side_find(checking, &leg->from, checking->visit->from[checking->leg]);
    struct side to = side_find(checking, &leg->to, checking->visit->to[checking->leg]);
    if (!from.here && !to.here)
        return VERDICT_PASS;
    if (leg->from.world)
        side_find_world(checking, &from, &to);
    if (leg->to.world)
        side_find_world(checking, &to, &from);

    if (side_same(checking->transfer, leg))
        return refuse(checking, CHECK_SAME,
                      (struct rejection){.code = REJECTION_SAMEACCOUNT,
                                         .to_side = checking->transfer->type == TRANSFER_DEPOSIT});
    if (from.here && !side_exists(&from))
        return refuse(checking, CHECK_FROM_EXISTS, (struct rejection){.code = REJECTION_NOACCOUNT});
    if (to.here && !side_exists(&to))
        return refuse(checking, CHECK_TO_EXISTS,
                      (struct rejection){.code = REJECTION_NOACCOUNT, .to_side = true});

    enum verdict verdict = check_asset(checking, leg, &from, false);
    if (verdict == VERDICT_PASS)
        verdict = check_asset(checking, leg, &to, true);
    if (verdict == VERDICT_PASS)
        verdict = check_amount(checking, leg);
    if (verdict == VERDICT_PASS)
        verdict = check_fits(checking, &from, false);
    if (verdict == VERDICT_PASS)
        verdict = check_fits(checking, &to, true);
    if (verdict == VERDICT_PASS)
        verdict = check_can_pay(checking, &from);
    if (verdict == VERDICT_PASS)
        verdict = check_can_take(checking, &to);
    if (verdict == VERDICT_PASS)
        leg_apply(checking, &from, &to);
    return verdict;
}

enum verdict rules_check(struct shard *shard, struct transfer_message *transfer, struct visit *visit)
{
    struct checking checking = {.shard = shard, .transfer = transfer, .visit = visit};
    bool doomed = transfer->rejection.code != REJECTION_NONE;
    /* Nothing of a leg after the one already known to fail is reported before it. */
    unsigned legs = doomed ? transfer->rejection.leg + 1U : transfer->leg_count;
    for (checking.leg = 0; checking.leg < legs; checking.leg++) {
        enum verdict verdict = check_leg(&checking);
        if (verdict != VERDICT_PASS)
            return verdict;
    }
    return doomed ? VERDICT_REFUSE : VERDICT_PASS;
}
