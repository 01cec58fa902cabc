/* terms.c: the checks of a command that are not about its legs: its id, what it refers to, its conditions.
 * See rules.h.
 */
#include "ledger/interval.h"
#include "ledger/rules_state.h"
#include "ledger/state.h"

static enum verdict refuse_plainly(const struct checking *checking, enum check check,
                                   enum rejection_code code)
{
    return checking_refuse(checking, check, (struct rejection){.code = (uint8_t)code});
}

/* Takes over what earlier commands of the same transaction leave of the same hold. */
static void hold_follow(const struct visit *visit, struct id_touch *id)
{
    for (const struct id_touch *before = visit->ids; before < id; before++) {
        if (before->reference && before->hold == id->hold) {
            id->left = before->left;
            id->state = before->state;
        }
    }
}

/* What the command leaves of the hold. */
static void hold_apply(const struct checking *checking, struct id_touch *id)
{
    const struct operation *operation = checking->operation;
    if (operation->type == TRANSFER_EXTEND)
        return;
    if (operation->type == TRANSFER_CAPTURE) {
        bool keep = (operation->flags & OPERATION_KEEP) != 0;
        id->left -= keep ? transfer_legs(checking->transfer)[checking->leg].amount : id->left;
        if (id->left == 0)
            id->state = HOLD_CAPTURED;
        return;
    }
    id->left = 0;
    id->state = operation->type == TRANSFER_VOID ? HOLD_VOIDED : HOLD_EXPIRED;
}

/* Whether a command does the same to its accounts although its hold has less left than when it was found. */
static bool is_certain(const struct checking *checking, amount_t left)
{
    const struct operation *operation = checking->operation;
    const struct leg *leg = &transfer_legs(checking->transfer)[checking->leg];
    if (operation->type == TRANSFER_EXTEND)
        return true;
    return operation->type == TRANSFER_CAPTURE && (operation->flags & OPERATION_KEEP) != 0 &&
           (operation->flags & OPERATION_ALL) == 0 && leg->amount > 0 && leg->amount <= left;
}

/* A hold has less left than when it was found. The shards visited before have reserved as much as it could
 * be, so it is only said how much it is; but where later commands have counted on it, it is found anew. */
static void hold_dwindled(const struct checking *checking, amount_t left)
{
    struct transfer_message *transfer = checking->transfer;
    struct operation *operation = checking->operation;
    if (transfer->several) {
        checking->visit->unfound |= !is_certain(checking, left);
        return;
    }
    operation->amount = left;
    if (operation->type == TRANSFER_VOID || operation->type == TRANSFER_EXPIRE ||
        (operation->flags & OPERATION_ALL) != 0)
        transfer_legs(transfer)[checking->leg].amount = left;
    if (transfer->rejection.code == REJECTION_LEFT)
        transfer->rejection.have = (balance_t)left;
}

/* Whether an open hold is the one that was found: its id may be another's since. */
static bool is_found(const struct checking *checking, const struct id_touch *id)
{
    const struct operation *operation = checking->operation;
    const struct leg *leg = &transfer_legs(checking->transfer)[checking->leg];
    const struct transfer_message *transfer = checking->transfer;
    return (operation->flags & OPERATION_FOUND) != 0 && operation->amount >= id->left &&
           slice_equal(name_text(transfer, &leg->from), hold_from(id->hold)) &&
           slice_equal(name_text(transfer, &leg->to), hold_to(id->hold));
}

/* A hold that lives here. */
static enum verdict check_hold(const struct checking *checking, struct id_touch *id)
{
    static const enum rejection_code ended[] = {[HOLD_CAPTURED] = REJECTION_CAPTURED,
                                                [HOLD_VOIDED] = REJECTION_VOIDED,
                                                [HOLD_EXPIRED] = REJECTION_EXPIRED};
    const struct operation *operation = checking->operation;
    if (id->hold == NULL)
        return refuse_plainly(checking, CHECK_REFERENCE, REJECTION_NOHOLD);
    hold_follow(checking->visit, id);
    if (id->state != HOLD_OPEN)
        return refuse_plainly(checking, CHECK_REFERENCE, ended[id->state]);
    if (operation->type == TRANSFER_EXPIRE && hold_deadline(id->hold) > checking->transfer->now)
        return refuse_plainly(checking, CHECK_REFERENCE,
                              REJECTION_NOHOLD); /* extended since; nobody hears it */
    if (!is_found(checking, id))
        checking->visit->unfound = true;
    else if (operation->amount != id->left)
        hold_dwindled(checking, id->left);
    return VERDICT_PASS;
}

/* A transfer to be reversed whose id lives here. */
static enum verdict check_reversed(const struct checking *checking, const struct id_touch *id)
{
    const struct remembered_entry *entry = id->entry;
    if (entry == NULL || !transfer_moves(entry->type))
        return refuse_plainly(checking, CHECK_REFERENCE, REJECTION_NOTRANSFER);
    if ((entry->flags & REMEMBERED_REVERSED) != 0)
        return refuse_plainly(checking, CHECK_REFERENCE, REJECTION_REVERSED);
    if ((checking->operation->flags & OPERATION_FOUND) == 0)
        checking->visit->unfound = true;
    return VERDICT_PASS;
}

/* How much a capture takes, of what its hold has left. */
static enum verdict check_left(const struct checking *checking)
{
    const struct operation *operation = checking->operation;
    struct leg *leg = &transfer_legs(checking->transfer)[checking->leg];
    if (operation->type != TRANSFER_CAPTURE || operation->amount == 0 ||
        (operation->flags & OPERATION_ALL) != 0)
        return VERDICT_PASS; /* found as it is, or ended, or missing: its own shard says so */
    amount_t asked;
    if (leg->mantissa == 0 ||
        !decimal_to_amount((struct decimal){leg->mantissa, leg->digits}, leg->asset.scale, &asked))
        return checking_refuse(checking, CHECK_LEFT,
                               (struct rejection){.code = REJECTION_AMOUNT, .asset = leg->asset});
    if (asked <= operation->amount)
        return VERDICT_PASS;
    return checking_refuse(checking, CHECK_LEFT,
                           (struct rejection){.code = REJECTION_LEFT,
                                              .have = (balance_t)operation->amount,
                                              .need = asked,
                                              .asset = leg->asset});
}

enum verdict checking_ids(const struct checking *checking)
{
    unsigned place = (unsigned)(checking->operation - checking->transfer->operations);
    enum verdict verdict = VERDICT_PASS;
    struct id_touch *held = NULL;
    for (uint32_t i = 0; i < checking->visit->id_count && verdict == VERDICT_PASS; i++) {
        struct id_touch *id = &checking->visit->ids[i];
        if (id->operation != place)
            continue;
        if (!id->reference) {
            if (id->hold != NULL || id->entry != NULL)
                verdict = refuse_plainly(checking, CHECK_ID, REJECTION_IDREUSED);
        } else if (checking->operation->type == TRANSFER_REVERSE) {
            verdict = check_reversed(checking, id);
        } else {
            verdict = check_hold(checking, id);
            held = id;
        }
    }
    if (verdict == VERDICT_PASS)
        verdict = check_left(checking);
    if (verdict == VERDICT_PASS && held != NULL)
        hold_apply(checking, held);
    return verdict;
}

/* Where a condition is under way: which one, and what it is on. */
struct judging {
    const struct checking *checking;
    struct condition *condition;
    unsigned index; /* among its command's, from 1 */
    const struct touch *touch;
};

static enum verdict condition_refuse(const struct judging *judging, enum rejection_code code)
{
    return checking_refuse(judging->checking, CHECK_CONDITION,
                           (struct rejection){.code = (uint8_t)code,
                                              .condition = (uint8_t)judging->index,
                                              .asset = judging->condition->asset});
}

/* Adds what this shard has of the account's money, as it stands before the command. */
static void condition_add(const struct judging *judging)
{
    struct condition *condition = judging->condition;
    const struct touch *touch = judging->touch;
    if (touch->stripe != NULL) {
        total_merge(&condition->debits, touch->stripe->sums.debits);
        total_merge(&condition->credits, touch->stripe->sums.credits);
        total_merge(&condition->debits, touch->sums.debits);
        total_merge(&condition->credits, touch->sums.credits);
        return;
    }
    total_add(&condition->debits, touch->account->debits);
    total_add(&condition->credits, touch->account->credits);
    total_add(&condition->debits, touch->effect.debits);
    total_add(&condition->credits, touch->effect.credits);
}

/* Compares what was added up. */
static enum verdict condition_compare(const struct judging *judging)
{
    const struct condition *condition = judging->condition;
    amount_t level;
    if (condition->relation == RELATION_ANY)
        return VERDICT_PASS;
    if (!decimal_to_amount((struct decimal){condition->mantissa, condition->digits}, condition->asset.scale,
                           &level))
        return condition_refuse(judging, REJECTION_AMOUNT);
    struct total have = condition->credits;
    struct total need = condition->debits;
    total_add(condition->negative ? &have : &need, level);
    int order = total_compare(have, need);
    bool holds = condition->relation == RELATION_AT_LEAST  ? order >= 0
                 : condition->relation == RELATION_AT_MOST ? order <= 0
                                                           : order == 0;
    return holds ? VERDICT_PASS : condition_refuse(judging, REJECTION_CONDITION);
}

/* Whether a condition on an account with open transactions holds whatever becomes of them. */
static bool condition_certain(const struct judging *judging)
{
    const struct condition *condition = judging->condition;
    const struct account *account = judging->touch->account;
    amount_t level;
    if (judging->touch->stripe != NULL ||
        !decimal_to_amount((struct decimal){condition->mantissa, condition->digits}, condition->asset.scale,
                           &level) ||
        level > AMOUNT_TOTAL_MAX)
        return false;
    const struct account_extra *extra = accounts_extra(&judging->checking->shard->accounts, account);
    return interval_compare(account, extra, &judging->touch->effect, (enum relation)condition->relation,
                            condition->negative ? -(balance_t)level : (balance_t)level) == CERTAIN_YES;
}

static bool touch_is_open(const struct touch *touch)
{
    return touch->contention != NULL && touch->contention->writers > 0;
}

/* A condition on an account of this shard. */
static enum verdict condition_check(const struct judging *judging)
{
    struct condition *condition = judging->condition;
    const struct asset *asset = checking_asset(judging->checking, judging->touch);
    if (asset == NULL)
        return condition_refuse(judging, REJECTION_NOACCOUNT);
    condition->asset = asset->tag;
    condition->debits = condition->credits = (struct total){0};
    condition_add(judging);
    if (!touch_is_open(judging->touch))
        return condition_compare(judging);
    /* It fails only when nothing is open: so the sentence can say what there is. */
    if (condition_certain(judging))
        return VERDICT_PASS;
    return checking_undecided(judging->checking, CHECK_CONDITION, judging->index);
}

/* A condition on an account that every shard has a stripe of: the last shard judges. */
static enum verdict condition_check_spread(const struct judging *judging)
{
    const struct checking *checking = judging->checking;
    if (judging->touch != NULL) {
        const struct asset *asset = checking_asset(checking, judging->touch);
        if (asset != NULL) {
            judging->condition->asset = asset->tag;
            condition_add(judging);
        }
    }
    if (!shard_decides(checking->shard, &checking->transfer->route))
        return VERDICT_PASS;
    if (judging->condition->asset.length == 0)
        return condition_refuse(judging, REJECTION_NOACCOUNT);
    return condition_compare(judging);
}

enum verdict checking_conditions(const struct checking *checking)
{
    const struct operation *operation = checking->operation;
    if (checking->leg != operation->leg)
        return VERDICT_PASS;
    enum verdict verdict = VERDICT_PASS;
    for (unsigned i = 0; i < operation->condition_count && verdict == VERDICT_PASS; i++) {
        unsigned place = operation->condition + i;
        struct condition *condition = &transfer_conditions(checking->transfer)[place];
        int16_t at = checking->visit->conditions[place];
        struct touch *touch = at != TOUCH_NONE ? &checking->visit->touches[at] : NULL;
        const struct judging judging = {checking, condition, i + 1, touch};
        if (touch != NULL)
            touch->reads = true;
        if (condition->account.world || condition->account.striped)
            verdict = condition_check_spread(&judging);
        else if (touch != NULL)
            verdict = condition_check(&judging);
    }
    return verdict;
}
