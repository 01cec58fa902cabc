/* limits.c: what an account's limits are, and what setting them does to where its money is. */
#include <string.h>

#include "ledger/record.h"
#include "ledger/state.h"

bool option_amount(struct shard *shard, const struct message *message, const char *option,
                   struct decimal written, const struct asset_tag *asset, amount_t *out,
                   struct outbox *outbox)
{
    char digits[AMOUNT_TEXT_MAX];
    int length = (int)decimal_format(written, digits);
    if (written.digits > asset->scale) {
        shard_refuse(shard, message, outbox, REJECTION_AMOUNT, "%s %.*s has %u fraction digits, %.*s has %u",
                     option, length, digits, written.digits, (int)asset->length, asset->code, asset->scale);
        return false;
    }
    if (!decimal_to_amount(written, asset->scale, out) || *out > AMOUNT_TOTAL_MAX) {
        shard_refuse(shard, message, outbox, REJECTION_AMOUNT,
                     "%s %.*s is more than an account can hold, 2^126 - 1 of the smallest unit of %.*s",
                     option, length, digits, (int)asset->length, asset->code);
        return false;
    }
    return true;
}

struct record_options account_options(const struct shard *shard, const struct account *account)
{
    struct record_options options = {.asset = shard->assets.rows[account->asset].tag,
                                     .unlimited = (account->flags & ACCOUNT_UNLIMITED) != 0,
                                     .has_ceiling = (account->flags & ACCOUNT_HAS_CEILING) != 0};
    if (account->extra != 0) {
        const struct account_extra *extra = accounts_extra(&shard->accounts, account);
        options.overdraft = extra->overdraft;
        options.ceiling = extra->ceiling;
    }
    return options;
}

struct stripe_sums account_sums(const struct shard *shard, const struct account *account)
{
    struct stripe_sums sums = {.debits = {.low = account->debits}, .credits = {.low = account->credits}};
    if (account->extra == 0)
        return sums;
    const struct account_extra *extra = accounts_extra(&shard->accounts, account);
    if (extra->stripe != NULL)
        return extra->stripe->sums;
    sums.held_out.low = (amount_t)extra->held_out; /* nothing is open where this is asked */
    sums.held_in.low = (amount_t)extra->held_in;
    return sums;
}

/* The account's money moves to a stripe. */
static void stripe_make(struct shard *shard, struct account *account)
{
    struct account_extra *extra = accounts_extra_get(&shard->accounts, account);
    uint64_t hash = ident_hash(account->id, account->id_length, shard->config.seed);
    struct stripe_sums sums = account_sums(shard, account);
    extra->stripe = stripes_add(&shard->stripes, account->id, account->id_length, hash);
    extra->stripe->sums = sums;
    extra->stripe->account = account;
    extra->stripe->asset = account->asset;
    account->debits = account->credits = 0;
    extra->held_out = extra->held_in = 0;
}

/* And back; the caller has seen that its totals fit. */
static void stripe_unmake(struct shard *shard, struct account *account)
{
    struct account_extra *extra = accounts_extra(&shard->accounts, account);
    struct stripe *stripe = extra->stripe;
    assert(!stripe->spread);
    account->debits = stripe->sums.debits.low;
    account->credits = stripe->sums.credits.low;
    extra->held_out = (balance_t)stripe->sums.held_out.low;
    extra->held_in = (balance_t)stripe->sums.held_in.low;
    extra->stripe = NULL;
    stripes_remove(&shard->stripes, stripe);
    shard_discard(shard, stripe);
}

void account_limit(struct shard *shard, struct account *account, const struct record_options *options)
{
    bool was_boundless = account_is_boundless(account);
    account->flags = (uint8_t)((account->flags & ~(ACCOUNT_UNLIMITED | ACCOUNT_HAS_CEILING)) |
                               (options->unlimited ? ACCOUNT_UNLIMITED : 0) |
                               (options->has_ceiling ? ACCOUNT_HAS_CEILING : 0));
    if (options->has_ceiling || options->overdraft > 0 || account->extra != 0) {
        struct account_extra *extra = accounts_extra_get(&shard->accounts, account);
        extra->overdraft = options->overdraft;
        extra->ceiling = options->ceiling;
    }
    if (account_is_boundless(account) && !was_boundless)
        stripe_make(shard, account);
    if (was_boundless && !account_is_boundless(account))
        stripe_unmake(shard, account);
    accounts_extra_drop(&shard->accounts, account);
}
