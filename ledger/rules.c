/* rules.c: see rules.h. The checks of conditions and references are in terms.c. */
#include "ledger/rules.h"

#include <assert.h>
#include <string.h>

#include "ledger/interval.h"
#include "ledger/rules_state.h"
#include "ledger/state.h"

/* One side of a leg, as far as this shard knows it. */
struct side {
    bool here;
    bool to;
    const struct name *name;
    struct touch *touch;               /* NULL: not here, or an @world that does not exist */
    const struct account_extra *extra; /* of the touched account; NULL: none */
    const struct asset *asset; /* NULL: the account does not exist, or is the @world of whatever asset */
};

static bool name_equal(const void *message, const struct name *a, const struct name *b)
{
    return a->hash == b->hash && a->length == b->length &&
           memcmp(message_text(message, a->offset), message_text(message, b->offset), a->length) == 0;
}

static uint32_t rank_of(const struct checking *checking, enum check check, unsigned condition)
{
    return 1 + (checking->leg * CHECKS + check) * (OPERATION_CONDITIONS_MAX + 1) + condition;
}

enum verdict checking_refuse(const struct checking *checking, enum check check, struct rejection rejection)
{
    struct rejection *known = &checking->transfer->rejection;
    rejection.rank = rank_of(checking, check, rejection.condition);
    rejection.leg = (uint8_t)checking->leg;
    if (known->code == REJECTION_NONE || rejection.rank < known->rank)
        *known = rejection;
    return VERDICT_REFUSE;
}

enum verdict checking_undecided(const struct checking *checking, enum check check, unsigned condition)
{
    const struct rejection *known = &checking->transfer->rejection;
    return known->code == REJECTION_NONE || rank_of(checking, check, condition) < known->rank
               ? VERDICT_WAIT
               : VERDICT_REFUSE;
}

const struct asset *checking_asset(const struct checking *checking, const struct touch *touch)
{
    const struct asset *rows = checking->shard->assets.rows;
    if (touch->stripe != NULL)
        return &rows[touch->stripe->asset];
    return touch->account != NULL ? &rows[touch->account->asset] : NULL;
}

static struct side side_find(const struct checking *checking, const struct name *name, int16_t touch, bool to)
{
    struct side side = {.name = name, .to = to};
    if (name->world)
        side.here = name->shard == checking->shard->config.index;
    if (touch == TOUCH_NONE)
        return side;
    side.here = true;
    side.touch = &checking->visit->touches[touch];
    side.asset = checking_asset(checking, side.touch);
    if (side.touch->account != NULL && side.touch->account->extra != 0)
        side.extra = accounts_extra(&checking->shard->accounts, side.touch->account);
    return side;
}

/* Finds the asset of an @world side, whose other side, unless it is an @world too, is here as well. "@world"
 * alone is that of the other side's asset; "@world/CODE" usually is, which saves the search. */
static void side_find_world(const struct checking *checking, struct side *side, const struct side *other)
{
    const char *text = message_text(checking->transfer, side->name->offset);
    size_t length = side->name->length;
    const struct asset *likely = other->asset;
    const size_t prefix = sizeof WORLD_ID; /* with a '/' in the place of its NUL */
    bool fits = likely != NULL &&
                (length < prefix || (length == prefix + likely->tag.length &&
                                     memcmp(text + prefix, likely->tag.code, likely->tag.length) == 0));
    side->asset = fits ? likely : assets_world(&checking->shard->assets, text, length);
    if (side->asset == NULL)
        return;
    struct asset *asset = &checking->shard->assets.rows[side->asset - checking->shard->assets.rows];
    side->touch = &checking->visit->touches[visit_world(checking->visit, &asset->world)];
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

static bool side_has_flag(const struct side *side, uint8_t flag)
{
    return side->touch != NULL && side->touch->account != NULL && (side->touch->account->flags & flag) != 0;
}

static enum verdict check_state(const struct checking *checking, const struct side *side, uint8_t flag)
{
    bool closed = flag == ACCOUNT_IS_CLOSED;
    if (!side_has_flag(side, flag))
        return VERDICT_PASS;
    enum check from = closed ? CHECK_FROM_CLOSED : CHECK_FROM_FROZEN;
    enum check to = closed ? CHECK_TO_CLOSED : CHECK_TO_FROZEN;
    return checking_refuse(
        checking, side->to ? to : from,
        (struct rejection){.code = closed ? REJECTION_CLOSED : REJECTION_FROZEN, .to_side = side->to});
}

/* The leg is within one asset: that of the first side that was seen, here or on an earlier shard. */
static enum verdict check_asset(const struct checking *checking, struct leg *leg, const struct side *side)
{
    if (!side->here || side->asset == NULL)
        return VERDICT_PASS;
    if (leg->asset.length == 0)
        leg->asset = side->asset->tag;
    if (asset_tag_equal(&leg->asset, &side->asset->tag))
        return VERDICT_PASS;
    return checking_refuse(
        checking, CHECK_ASSET,
        (struct rejection){
            .code = REJECTION_ASSET, .to_side = side->to, .asset = side->asset->tag, .other = leg->asset});
}

/* Turns the amount as it was written into smallest units. A sweep's is a bound, and need not be given. */
static enum verdict check_amount(const struct checking *checking, struct leg *leg, amount_t *amount)
{
    struct decimal written = {leg->mantissa, leg->digits};
    if (leg->mantissa != 0 && decimal_to_amount(written, leg->asset.scale, amount))
        return VERDICT_PASS;
    return checking_refuse(checking, CHECK_AMOUNT,
                           (struct rejection){.code = REJECTION_AMOUNT, .asset = leg->asset});
}

/* Whether an account's total of debits (or credits, of the to side) can grow by the leg's amount. */
static enum verdict check_fits(const struct checking *checking, const struct side *side, amount_t amount)
{
    if (side->touch == NULL || side->touch->stripe != NULL)
        return VERDICT_PASS; /* nothing bounds a stripe's totals */
    const struct touch *touch = side->touch;
    enum certainty fits = interval_fits(touch->account, side->extra, &touch->effect, side->to, amount);
    enum check check = side->to ? CHECK_CREDITS_FIT : CHECK_DEBITS_FIT;
    if (fits == CERTAIN_YES)
        return VERDICT_PASS;
    if (fits == UNDECIDED)
        return checking_undecided(checking, check, 0);
    assert(side->asset != NULL);
    return checking_refuse(
        checking, check,
        (struct rejection){.code = REJECTION_OVERFLOW, .to_side = side->to, .asset = side->asset->tag});
}

static bool side_is_open(const struct side *side)
{
    return side->extra != NULL && side->extra->contention.writers > 0;
}

static enum verdict check_can_pay(const struct checking *checking, const struct side *side, amount_t amount)
{
    if (side->touch == NULL || side->touch->stripe != NULL)
        return VERDICT_PASS;
    const struct touch *touch = side->touch;
    enum certainty can = interval_can_pay(touch->account, side->extra, &touch->effect, amount);
    if (can == CERTAIN_YES)
        return VERDICT_PASS;
    if (can == UNDECIDED)
        return checking_undecided(checking, CHECK_CAN_PAY, 0);
    assert(side->asset != NULL);
    return checking_refuse(
        checking, CHECK_CAN_PAY,
        (struct rejection){.code = REJECTION_INSUFFICIENT,
                           .bound = side_is_open(side),
                           .have = interval_available(touch->account, side->extra, &touch->effect),
                           .need = amount,
                           .asset = side->asset->tag});
}

static enum verdict check_can_take(const struct checking *checking, const struct side *side, amount_t amount)
{
    if (side->touch == NULL || side->touch->stripe != NULL)
        return VERDICT_PASS;
    const struct touch *touch = side->touch;
    enum certainty can = interval_can_take(touch->account, side->extra, &touch->effect, amount);
    if (can == CERTAIN_YES)
        return VERDICT_PASS;
    if (can == UNDECIDED)
        return checking_undecided(checking, CHECK_CAN_TAKE, 0);
    assert(side->asset != NULL);
    return checking_refuse(
        checking, CHECK_CAN_TAKE,
        (struct rejection){.code = REJECTION_CEILING,
                           .to_side = true,
                           .bound = side_is_open(side),
                           .have = interval_room(touch->account, side->extra, &touch->effect),
                           .need = amount,
                           .asset = side->asset->tag});
}

/* A sweep where the money comes from: what is available is exact, or it waits. */
static enum verdict check_sweep_from(const struct checking *checking, struct leg *leg,
                                     const struct side *from)
{
    amount_t most = 0;
    bool bounded = (checking->operation->flags & OPERATION_ALL) == 0;
    if (bounded) {
        enum verdict verdict = check_amount(checking, leg, &most);
        if (verdict != VERDICT_PASS)
            return verdict;
    }
    struct touch *touch = from->touch;
    struct rejection nothing = {.code = REJECTION_INSUFFICIENT, .asset = leg->asset};
    if (touch->stripe != NULL || (touch->account->flags & ACCOUNT_UNLIMITED) != 0) {
        nothing.unlimited = true;
        return checking_refuse(checking, CHECK_CAN_PAY, nothing);
    }
    if (side_is_open(from))
        return checking_undecided(checking, CHECK_DEBITS_FIT, 0);
    touch->reads = true; /* it is all there is only for as long as nothing changes */
    leg->amount = interval_sweep(touch->account, from->extra, &touch->effect);
    if (leg->amount == 0) {
        nothing.have = interval_available(touch->account, from->extra, &touch->effect);
        return checking_refuse(checking, CHECK_CAN_PAY, nothing);
    }
    if (bounded && most < leg->amount)
        leg->amount = most;
    leg->settled = true;
    return VERDICT_PASS;
}

/* A sweep where the money goes to, visited before where it comes from: nothing may change there until it is
 * known how much it is, and how much it may be goes along. */
static enum verdict check_sweep_to(const struct checking *checking, struct leg *leg, const struct side *to)
{
    struct operation *operation = checking->operation;
    struct touch *touch = to->touch;
    assert(touch != NULL); /* one of the two accounts is here */
    if ((operation->flags & OPERATION_ALL) == 0) {
        amount_t most;
        enum verdict verdict = check_amount(checking, leg, &most);
        if (verdict != VERDICT_PASS)
            return verdict;
    }
    if (touch->contention != NULL && (touch->contention->writers > 0 || touch->contention->readers > 0))
        return checking_undecided(checking, CHECK_CREDITS_FIT, 0);
    operation->flags |= OPERATION_LATE;
    operation->amount = AMOUNT_TOTAL_MAX;
    operation->room = AMOUNT_TOTAL_MAX;
    if (touch->stripe == NULL) {
        operation->room -= touch->account->credits + (to->extra != NULL ? (amount_t)to->extra->held_in : 0);
        if ((touch->account->flags & ACCOUNT_HAS_CEILING) != 0) /* below zero where it was lowered */
            operation->amount = (amount_t)interval_room(touch->account, to->extra, &touch->effect);
        balance_t most = (balance_t)operation->amount;
        if (most > (balance_t)operation->room)
            most = (balance_t)operation->room;
        touch_step(touch, &(struct step){.credits = most > 0 ? (amount_t)most : 0}, checking->number);
    } else
        touch_step(touch, &(struct step){0}, checking->number);
    touch->reads = true;
    touch->late = LATE_SWEPT;
    return VERDICT_PASS;
}

/* Whether where the money goes to can take what is swept there, by what its shard told. */
static enum verdict check_sweep_room(const struct checking *checking, const struct leg *leg)
{
    balance_t room = (balance_t)checking->operation->amount;
    if (leg->amount > checking->operation->room)
        return checking_refuse(
            checking, CHECK_CREDITS_FIT,
            (struct rejection){.code = REJECTION_OVERFLOW, .to_side = true, .asset = leg->asset});
    if (room >= 0 && leg->amount <= (amount_t)room)
        return VERDICT_PASS;
    return checking_refuse(checking, CHECK_CAN_TAKE,
                           (struct rejection){.code = REJECTION_CEILING,
                                              .to_side = true,
                                              .have = room,
                                              .need = leg->amount,
                                              .asset = leg->asset});
}

/* Finds out how much a sweep moves, where that is known. */
static enum verdict check_sweep(const struct checking *checking, struct leg *leg, const struct side *from,
                                const struct side *to)
{
    if (!from->here)
        return leg->settled ? VERDICT_PASS : check_sweep_to(checking, leg, to);
    enum verdict verdict = check_sweep_from(checking, leg, from);
    if (verdict == VERDICT_PASS)
        verdict = check_fits(checking, from, leg->amount);
    if (verdict == VERDICT_PASS && (checking->operation->flags & OPERATION_LATE) != 0)
        verdict = check_sweep_room(checking, leg);
    return verdict;
}

/* Whether the hold's shard is yet to be visited, which may find less left of it than there was: by then,
 * others may have captured a part. What was found is the most that it can be. Where later commands depend on
 * how much it is, it is found anew instead (terms.c). */
static bool is_late(const struct checking *checking)
{
    return !checking->transfer->several &&
           checking->operation->reference.shard > checking->shard->config.index;
}

static void leg_is_late(const struct side *from, const struct side *to, enum late out, enum late in)
{
    if (from->touch != NULL)
        from->touch->late = (uint8_t)out;
    if (to->touch != NULL)
        to->touch->late = (uint8_t)in;
}

/* What the leg does to the accounts that are here, for the checks of later legs and for posting. */
static void leg_apply(const struct checking *checking, const struct leg *leg, const struct side *from,
                      const struct side *to)
{
    amount_t amount = leg->amount;
    struct step out = {0};
    struct step in = {0};
    switch ((enum transfer_type)checking->operation->type) {
    case TRANSFER_HOLD:
        out.held_out = amount;
        in.held_in = amount;
        break;
    case TRANSFER_CAPTURE: {
        bool keep = (checking->operation->flags & OPERATION_KEEP) != 0;
        out.debits = amount;
        in.credits = amount;
        out.released_out = in.released_in = keep ? amount : checking->operation->amount;
        if (is_late(checking))
            leg_is_late(from, to, LATE_CAPTURED_OUT, LATE_CAPTURED_IN);
        break;
    }
    case TRANSFER_EXTEND: return;
    case TRANSFER_VOID:
    case TRANSFER_EXPIRE:
        out.released_out = in.released_in = amount;
        if (is_late(checking))
            leg_is_late(from, to, LATE_RELEASED_OUT, LATE_RELEASED_IN);
        break;
    default:
        out.debits = amount;
        in.credits = amount;
        break;
    }
    if (from->touch != NULL)
        touch_step(from->touch, &out, checking->number);
    if (to->touch != NULL)
        touch_step(to->touch, &in, checking->number);
}

/* A leg that follows from a hold: its money is set aside, so all that can be wrong is the accounts' state. */
static enum verdict check_held_leg(const struct checking *checking, struct leg *leg, const struct side *from,
                                   const struct side *to)
{
    enum verdict verdict = VERDICT_PASS;
    /* More than an account with limits can hold was found when it had none: it is not so any more. */
    bool bounded = (from->touch != NULL && from->touch->stripe == NULL) ||
                   (to->touch != NULL && to->touch->stripe == NULL);
    if (bounded && checking->operation->amount > AMOUNT_TOTAL_MAX) {
        checking->visit->unfound = true;
        return VERDICT_PASS;
    }
    if (checking->operation->type == TRANSFER_CAPTURE) {
        verdict = check_state(checking, from, ACCOUNT_IS_FROZEN);
        if (verdict == VERDICT_PASS)
            verdict = check_state(checking, to, ACCOUNT_IS_FROZEN);
    }
    if (verdict == VERDICT_PASS)
        leg_apply(checking, leg, from, to);
    return verdict;
}

/* The checks of a leg up to its amount. */
static enum verdict check_parties(const struct checking *checking, struct leg *leg, const struct side *from,
                                  const struct side *to)
{
    if (side_same(checking->transfer, leg))
        return checking_refuse(checking, CHECK_SAME,
                               (struct rejection){.code = REJECTION_SAMEACCOUNT,
                                                  .to_side = checking->operation->type == TRANSFER_DEPOSIT});
    if (from->here && !side_exists(from))
        return checking_refuse(checking, CHECK_FROM_EXISTS, (struct rejection){.code = REJECTION_NOACCOUNT});
    if (to->here && !side_exists(to))
        return checking_refuse(checking, CHECK_TO_EXISTS,
                               (struct rejection){.code = REJECTION_NOACCOUNT, .to_side = true});
    enum verdict verdict = check_state(checking, from, ACCOUNT_IS_CLOSED);
    if (verdict == VERDICT_PASS)
        verdict = check_state(checking, to, ACCOUNT_IS_CLOSED);
    if (verdict == VERDICT_PASS)
        verdict = check_state(checking, from, ACCOUNT_IS_FROZEN);
    if (verdict == VERDICT_PASS)
        verdict = check_state(checking, to, ACCOUNT_IS_FROZEN);
    if (verdict == VERDICT_PASS)
        verdict = check_asset(checking, leg, from);
    if (verdict == VERDICT_PASS)
        verdict = check_asset(checking, leg, to);
    return verdict;
}

/* The checks of a leg's amount and what they lead to. */
static enum verdict check_money(const struct checking *checking, struct leg *leg, const struct side *from,
                                const struct side *to)
{
    bool sweep = checking->operation->type == TRANSFER_SWEEP;
    enum verdict verdict = VERDICT_PASS;
    if (sweep)
        verdict = check_sweep(checking, leg, from, to);
    else if (!leg->settled)
        verdict = check_amount(checking, leg, &leg->amount);
    if (verdict != VERDICT_PASS)
        return verdict;
    if (sweep && !leg->settled)
        return checking_conditions(checking);
    leg->settled = true;
    verdict = check_fits(checking, from, leg->amount);
    if (verdict == VERDICT_PASS)
        verdict = check_fits(checking, to, leg->amount);
    if (verdict == VERDICT_PASS)
        verdict = checking_conditions(checking);
    if (verdict == VERDICT_PASS)
        verdict = check_can_pay(checking, from, leg->amount);
    if (verdict == VERDICT_PASS)
        verdict = check_can_take(checking, to, leg->amount);
    if (verdict == VERDICT_PASS)
        leg_apply(checking, leg, from, to);
    return verdict;
}

static enum verdict check_leg(const struct checking *checking)
{
    const struct operation *operation = checking->operation;
    struct leg *leg = &transfer_legs(checking->transfer)[checking->leg];
    if (checking->leg == operation->leg) {
        enum verdict verdict = checking_ids(checking);
        if (verdict != VERDICT_PASS)
            return verdict;
    }
    if (leg->from.length == 0) /* a look, or what it refers to is missing */
        return checking_conditions(checking);
    struct side from = side_find(checking, &leg->from, checking->visit->from[checking->leg], false);
    struct side to = side_find(checking, &leg->to, checking->visit->to[checking->leg], true);
    if (!from.here && !to.here)
        return checking_conditions(checking);
    if (leg->from.world)
        side_find_world(checking, &from, &to);
    if (leg->to.world)
        side_find_world(checking, &to, &from);
    if (operation->reference.length > 0 && operation->type != TRANSFER_REVERSE)
        return check_held_leg(checking, leg, &from, &to);
    enum verdict verdict = check_parties(checking, leg, &from, &to);
    return verdict == VERDICT_PASS ? check_money(checking, leg, &from, &to) : verdict;
}

enum verdict rules_check(struct shard *shard, struct transfer_message *transfer, struct visit *visit)
{
    struct checking checking = {.shard = shard, .transfer = transfer, .visit = visit};
    for (unsigned o = 0; o < transfer->operation_count; o++) {
        checking.operation = &transfer->operations[o];
        if (checking.operation->retry)
            continue;
        for (unsigned i = 0; i < checking.operation->leg_count; i++) {
            checking.leg = checking.operation->leg + i;
            /* Nothing of a leg after the one already known to fail is reported before it. */
            if (transfer->rejection.code != REJECTION_NONE && checking.leg > transfer->rejection.leg)
                return VERDICT_REFUSE;
            enum verdict verdict = check_leg(&checking);
            if (verdict != VERDICT_PASS)
                return verdict;
            checking.number += checking.operation->type != TRANSFER_BALANCE;
        }
    }
    return transfer->rejection.code != REJECTION_NONE ? VERDICT_REFUSE : VERDICT_PASS;
}
