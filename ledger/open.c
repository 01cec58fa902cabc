/* open.c: the opening of an account, all on its own shard. */
#include "ledger/record.h"
#include "ledger/state.h"

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
    if (account_state(account) == ACCOUNT_CLOSED) {
        shard_refuse(shard, &open->head, outbox, REJECTION_CLOSED,
                     "%.*s is closed, and its id is never used again", (int)account->id_length, account->id);
        return;
    }
    struct record_options has = account_options(shard, account);
    if (options_equal(&has, asked)) {
        shard_answer_number(shard, &open->head, open->route.seen, account->opened.number, outbox);
        return;
    }
    char overdraft[AMOUNT_TEXT_MAX];
    char ceiling[AMOUNT_TEXT_MAX];
    int overdraft_length = (int)amount_format(has.overdraft, has.asset.scale, overdraft);
    int ceiling_length = (int)amount_format(has.ceiling, has.asset.scale, ceiling);
    shard_refuse(shard, &open->head, outbox, REJECTION_EXISTS,
                 "%.*s is open with other options: asset %.*s, %s%.*s, %s%.*s", (int)open->account.length,
                 message_text(open, open->account.offset), (int)has.asset.length, has.asset.code,
                 has.unlimited ? "unlimited" : "overdraft ", has.unlimited ? 0 : overdraft_length, overdraft,
                 has.has_ceiling ? "ceiling " : "no ceiling", has.has_ceiling ? ceiling_length : 0, ceiling);
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
    stripe_consider(shard, account, outbox);
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
        shard_refuse(shard, &open->head, outbox, REJECTION_ASSET,
                     "%.*s is not an asset; ASSET %.*s scale defines it", (int)open->asset.length,
                     open->asset.code, (int)open->asset.length, open->asset.code);
        return true;
    }
    struct record_options options = {
        .asset = asset->tag, .unlimited = open->unlimited, .has_ceiling = open->has_ceiling};
    if (!option_amount(shard, &open->head, "overdraft",
                       (struct decimal){open->overdraft, open->overdraft_digits}, &asset->tag,
                       &options.overdraft, outbox) ||
        !option_amount(shard, &open->head, "ceiling", (struct decimal){open->ceiling, open->ceiling_digits},
                       &asset->tag, &options.ceiling, outbox))
        return true;
    if (account != NULL)
        answer_again(shard, open, account, &options, outbox);
    else
        account_open(shard, open, contention, asset, &options, outbox);
    return true;
}
