/* change.c: a change of an account's limits or of its state, all on its own shard, while nothing is undecided
 * on it. */
#include "ledger/record.h"
#include "ledger/state.h"

static struct decimal decimal_of(amount_t mantissa, uint8_t digits)
{
    return (struct decimal){mantissa, digits};
}

/* The limits that the account is to have: those given, and else those it has. False: one was refused. */
static bool limits_asked(struct shard *shard, const struct change_message *change,
                         const struct account *account, struct record_options *limits, struct outbox *outbox)
{
    const struct asset_tag *asset = &limits->asset;
    *limits = account_options(shard, account);
    if (change->unlimited || change->overdraft_given) {
        limits->unlimited = change->unlimited;
        limits->overdraft = 0;
    }
    if (change->overdraft_given && !option_amount(shard, &change->head, "overdraft",
                                                  decimal_of(change->overdraft, change->overdraft_digits),
                                                  asset, &limits->overdraft, outbox))
        return false;
    if (change->no_ceiling || change->ceiling_given) {
        limits->has_ceiling = change->ceiling_given;
        limits->ceiling = 0;
    }
    return !change->ceiling_given ||
           option_amount(shard, &change->head, "ceiling", decimal_of(change->ceiling, change->ceiling_digits),
                         asset, &limits->ceiling, outbox);
}

static bool total_fits(struct total total)
{
    return total.high == 0 && total.low <= AMOUNT_TOTAL_MAX;
}

/* Whether limits can be kept on what the account has been debited and credited. */
static bool limits_fit(struct shard *shard, const struct change_message *change,
                       const struct account *account, const struct record_options *limits,
                       struct outbox *outbox)
{
    if (limits->unlimited && !limits->has_ceiling)
        return true;
    struct stripe_sums sums = account_sums(shard, account);
    total_wrap(&sums.debits, sums.held_out);
    total_wrap(&sums.credits, sums.held_in);
    if (total_fits(sums.debits) && total_fits(sums.credits))
        return true;
    shard_refuse(shard, &change->head, outbox, REJECTION_OVERFLOW,
                 "the totals of %.*s are above 2^126 - 1; it can only be unlimited", (int)account->id_length,
                 account->id);
    return false;
}

static bool limits_equal(const struct record_options *a, const struct record_options *b)
{
    return a->unlimited == b->unlimited && a->has_ceiling == b->has_ceiling && a->overdraft == b->overdraft &&
           a->ceiling == b->ceiling;
}

static void change_record(struct shard *shard, struct account *account, enum change_type type,
                          const struct record_options *limits, struct outbox *outbox)
{
    const struct record_change change = {.overdraft = limits->overdraft,
                                         .ceiling = limits->ceiling,
                                         .account = account->opened.number,
                                         .unlimited = limits->unlimited,
                                         .has_ceiling = limits->has_ceiling};
    struct stamp stamp = {.number = shard_number(shard, 1)};
    shard->count.commits++;
    shard_advance(shard, &account->last, stamp.number);
    record_changed(&outbox->records, type, &change, stamp);
}

static void change_limits(struct shard *shard, const struct change_message *change, struct account *account,
                          struct outbox *outbox)
{
    struct record_options limits;
    struct record_options has = account_options(shard, account);
    if (!limits_asked(shard, change, account, &limits, outbox) ||
        !limits_fit(shard, change, account, &limits, outbox))
        return;
    if (!limits_equal(&limits, &has)) {
        account_limit(shard, account, &limits);
        change_record(shard, account, CHANGE_LIMIT, &limits, outbox);
    }
    shard_answer_ok(shard, &change->head, change->route.seen, outbox);
}

/* Sums of one account fit 128 bits where they are shown: what is beyond is no balance to close. */
static int sum_write(struct total total, const struct asset_tag *asset, char *out)
{
    return (int)total_format(total, asset->scale, out);
}

/* Whether an account may be closed; else says why not. */
static bool is_empty(struct shard *shard, const struct change_message *change, const struct account *account,
                     struct outbox *outbox)
{
    const struct stripe_sums sums = account_sums(shard, account);
    const struct asset_tag *asset = &shard->assets.rows[account->asset].tag;
    const struct total nothing = {0};
    char text[2][AMOUNT_TEXT_MAX];
    if (!total_equal(sums.debits, sums.credits)) {
        int length = (int)total_difference_format(sums.credits, sums.debits, asset->scale, text[0]);
        shard_refuse(shard, &change->head, outbox, REJECTION_NOTEMPTY,
                     "%.*s has a balance of %.*s %.*s; only an empty account can be closed",
                     (int)account->id_length, account->id, length, text[0], (int)asset->length, asset->code);
        return false;
    }
    if (total_equal(sums.held_out, nothing) && total_equal(sums.held_in, nothing))
        return true;
    int out_length = sum_write(sums.held_out, asset, text[0]);
    int in_length = sum_write(sums.held_in, asset, text[1]);
    shard_refuse(shard, &change->head, outbox, REJECTION_NOTEMPTY,
                 "%.*s has %.*s %.*s held out and %.*s %.*s held in; capture or void first",
                 (int)account->id_length, account->id, out_length, text[0], (int)asset->length, asset->code,
                 in_length, text[1], (int)asset->length, asset->code);
    return false;
}

/* Sets the flags of a state, unless the account has them. */
static void change_state(struct shard *shard, const struct change_message *change, struct account *account,
                         uint8_t flags, struct outbox *outbox)
{
    const uint8_t states = ACCOUNT_IS_FROZEN | ACCOUNT_IS_CLOSED;
    if ((account->flags & states) != flags) {
        account->flags = (uint8_t)((account->flags & ~states) | flags);
        change_record(shard, account, (enum change_type)change->type, &(struct record_options){0}, outbox);
    }
    shard_answer_ok(shard, &change->head, change->route.seen, outbox);
}

static void change_apply(struct shard *shard, const struct change_message *change, struct account *account,
                         struct outbox *outbox)
{
    enum change_type type = (enum change_type)change->type;
    if (account_state(account) == ACCOUNT_CLOSED) {
        if (type == CHANGE_CLOSE)
            shard_answer_ok(shard, &change->head, change->route.seen, outbox);
        else
            shard_refuse(shard, &change->head, outbox, REJECTION_CLOSED, "%.*s is closed",
                         (int)account->id_length, account->id);
        return;
    }
    switch (type) {
    case CHANGE_LIMIT: change_limits(shard, change, account, outbox); return;
    case CHANGE_FREEZE: change_state(shard, change, account, ACCOUNT_IS_FROZEN, outbox); return;
    case CHANGE_THAW: change_state(shard, change, account, 0, outbox); return;
    case CHANGE_CLOSE:
        if (is_empty(shard, change, account, outbox))
            change_state(shard, change, account, ACCOUNT_IS_CLOSED, outbox);
        return;
    }
}

/* Whether the account is spread, or on its way to or from there. */
static bool is_spread(const struct shard *shard, const struct account *account)
{
    if ((account->flags & ACCOUNT_MOVING) != 0)
        return true;
    const struct account_extra *extra =
        account->extra != 0 ? accounts_extra(&shard->accounts, account) : NULL;
    return extra != NULL && extra->stripe != NULL && extra->stripe->spread;
}

bool change_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    const struct change_message *change = (const struct change_message *)(const void *)message;
    struct contention *contention;
    struct account *account = shard_find(shard, change, &change->account, &contention);
    bool open = contention != NULL && account != NULL && (contention->writers > 0 || contention->readers > 0);
    if (open || (!again && contention != NULL && contention->line.first != NULL)) {
        shard_wait(shard, contention);
        return false;
    }
    if (account == NULL) {
        shard_refuse(shard, message, outbox, REJECTION_NOACCOUNT, "%.*s does not exist",
                     (int)change->account.length, message_text(change, change->account.offset));
        return true;
    }
    if (is_spread(shard, account)) {
        stripe_gather(shard, account, message, outbox);
        return true;
    }
    change_apply(shard, change, account, outbox);
    stripe_consider(shard, account, outbox);
    return true;
}
