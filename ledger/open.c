/* open.c: the opening of an account, all on its own shard. */
#include <stdarg.h>
#include <stdio.h>

#include "ledger/record.h"
#include "ledger/rejection.h"
#include "ledger/state.h"

__attribute__((format(printf, 5, 6))) static void reject(struct shard *shard, const struct open_message *open,
                                                         struct outbox *outbox, enum rejection_code code,
                                                         const char *format, ...)
{
    char text[REJECTION_TEXT_MAX];
    int length = snprintf(text, sizeof text, "%s ", rejection_code_name(code));
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    assert(length > 0 && (size_t)length < sizeof text);
    shard_answer_rejected(shard, &open->head, open->route.seen, text, (size_t)length, outbox);
}

/* Turns an option's amount into smallest units. Rejects it and returns false when it does not fit the asset.
 */
static bool option_amount(struct shard *shard, const struct open_message *open, const char *option,
                          struct decimal written, const struct asset_tag *asset, amount_t *out,
                          struct outbox *outbox)
{
    char digits[AMOUNT_TEXT_MAX];
    int length = (int)decimal_format(written, digits);
    if (written.digits > asset->scale) {
        reject(shard, open, outbox, REJECTION_AMOUNT, "%s %.*s has %u fraction digits, %.*s has %u", option,
               length, digits, written.digits, (int)asset->length, asset->code, asset->scale);
        return false;
    }
    if (!decimal_to_amount(written, asset->scale, out) || *out > AMOUNT_TOTAL_MAX) {
        reject(shard, open, outbox, REJECTION_AMOUNT,
               "%s %.*s is more than an account can hold, 2^127 - 1 of the smallest unit of %.*s", option,
               length, digits, (int)asset->length, asset->code);
        return false;
    }
    return true;
}

static struct record_options account_options(const struct shard *shard, const struct account *account)
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

static bool options_equal(const struct record_options *a, const struct record_options *b)
{
    return asset_tag_equal(&a->asset, &b->asset) && a->unlimited == b->unlimited &&
           a->has_ceiling == b->has_ceiling && a->overdraft == b->overdraft && a->ceiling == b->ceiling;
}

/* Opening an account again is safe with the same options, and refused with others, which the sentence tells.
 */
static void answer_again(struct shard *shard, const struct open_message *open, const struct account *account,
                         const struct record_options *asked, struct outbox *outbox)
{
    struct record_options has = account_options(shard, account);
    if (options_equal(&has, asked)) {
        shard_answer_number(shard, &open->head, open->route.seen, account->opened.number, outbox);
        return;
    }
    char overdraft[AMOUNT_TEXT_MAX];
    char ceiling[AMOUNT_TEXT_MAX];
    int overdraft_length = (int)amount_format(has.overdraft, has.asset.scale, overdraft);
    int ceiling_length = (int)amount_format(has.ceiling, has.asset.scale, ceiling);
    reject(shard, open, outbox, REJECTION_EXISTS,
           "%.*s is open with other options: asset %.*s, %s%.*s, %s%.*s", (int)open->account.length,
           message_text(open, open->account.offset), (int)has.asset.length, has.asset.code,
           has.unlimited ? "unlimited" : "overdraft ", has.unlimited ? 0 : overdraft_length, overdraft,
           has.has_ceiling ? "ceiling " : "no ceiling", has.has_ceiling ? ceiling_length : 0, ceiling);
}

void account_limit(struct shard *shard, struct account *account, const struct record_options *options)
{
    if (options->unlimited)
        account->flags |= ACCOUNT_UNLIMITED;
    if (options->has_ceiling)
        account->flags |= ACCOUNT_HAS_CEILING;
    if (options->has_ceiling || options->overdraft > 0) {
        struct account_extra *extra = accounts_extra_get(&shard->accounts, account);
        extra->overdraft = options->overdraft;
        extra->ceiling = options->ceiling;
    }
}

/* `claim` is what is open on the account's name so far, or NULL. */
static void account_open(struct shard *shard, const struct open_message *open, struct contention *claim,
                         struct asset *asset, const struct record_options *options, struct outbox *outbox)
{
    const char *id = message_text(open, open->account.offset);
    struct account *account = accounts_add(&shard->accounts, id, open->account.length, open->account.hash);
    account->asset = (uint16_t)(asset - shard->assets.rows);
    account_limit(shard, account, options);
    if (claim != NULL) { /* whoever waits for the name waits for the account from now on */
        line_move(&claim->line, &shard_contention(shard, account)->line);
        shard_release(shard, claim);
    }
    account->opened.number = shard_number(shard, 1);
    shard_unsealed(shard, &account->opened);
    asset->accounts++;
    shard->count.commits++;
    record_open(&outbox->records, id, open->account.length, options, account->opened);
    shard_answer_number(shard, &open->head, open->route.seen, account->opened.number, outbox);
}

bool open_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    const struct open_message *open = (const struct open_message *)(const void *)message;
    struct contention *contention;
    struct account *account = shard_find(shard, open, &open->account, &contention);

    bool queue = contention != NULL && contention->line.first != NULL;
    if ((!again && queue) || (account == NULL && contention != NULL && contention->readers > 0)) {
        shard_wait(shard, contention);
        return false;
    }
    struct asset *asset = assets_find(&shard->assets, open->asset.code, open->asset.length);
    if (asset == NULL) {
        reject(shard, open, outbox, REJECTION_ASSET, "%.*s is not an asset; ASSET %.*s scale defines it",
               (int)open->asset.length, open->asset.code, (int)open->asset.length, open->asset.code);
        return true;
    }
    struct record_options options = {
        .asset = asset->tag, .unlimited = open->unlimited, .has_ceiling = open->has_ceiling};
    if (!option_amount(shard, open, "overdraft", (struct decimal){open->overdraft, open->overdraft_digits},
                       &asset->tag, &options.overdraft, outbox) ||
        !option_amount(shard, open, "ceiling", (struct decimal){open->ceiling, open->ceiling_digits},
                       &asset->tag, &options.ceiling, outbox))
        return true;
    if (account != NULL)
        answer_again(shard, open, account, &options, outbox);
    else
        account_open(shard, open, contention, asset, &options, outbox);
    return true;
}
