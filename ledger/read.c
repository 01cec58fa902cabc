/* read.c: a look at accounts, all at one moment.
 *
 * On every shard but the last the accounts looked at are held, so that nothing changes them until the look is
 * over: without that, a transfer that follows the reader from shard to shard could show its money in two
 * places.
 */
#include "ledger/state.h"

static bool is_here(const struct shard *shard, const struct view *view)
{
    return !view->account.world && view->account.shard == shard->config.index;
}

/* Whether the answer must wait: for an undecided transfer, or behind others. Leaves what to wait for. */
static bool must_wait(struct shard *shard, const struct read_message *read, bool again)
{
    bool wait = false;
    for (uint32_t i = 0; i < read->view_count; i++) {
        if (!is_here(shard, &read->views[i]))
            continue;
        struct contention *contention;
        shard_find(shard, read, &read->views[i].account, &contention);
        if (contention != NULL && (contention->writers > 0 || (!again && contention->line.first != NULL)))
            wait = true;
    }
    return wait;
}

static struct contention *view_contention(struct shard *shard, const struct read_message *read,
                                          const struct view *view)
{
    struct contention *contention;
    struct account *account = shard_find(shard, read, &view->account, &contention);
    return account != NULL ? shard_contention(shard, account)
                           : shard_claim(shard, CLAIM_ACCOUNT, read, &view->account);
}

static void view_fill(const struct shard *shard, const struct read_message *read, struct view *view)
{
    struct contention *contention;
    const struct account *account = shard_find(shard, read, &view->account, &contention);
    view->exists = account != NULL;
    if (account == NULL)
        return;
    view->asset = shard->assets.rows[account->asset].tag;
    view->unlimited = (account->flags & ACCOUNT_UNLIMITED) != 0;
    view->has_ceiling = (account->flags & ACCOUNT_HAS_CEILING) != 0;
    view->debits = (struct total){.low = account->debits};
    view->credits = (struct total){.low = account->credits};
    view->opened = account->opened;
    view->last = account->last;
    if (account->extra != 0) {
        const struct account_extra *extra = accounts_extra(&shard->accounts, account);
        view->overdraft = extra->overdraft;
        view->ceiling = extra->ceiling;
    }
}

/* Adds this shard's stripe of an @world account. */
static void view_add_world(struct shard *shard, const struct read_message *read, struct view *view)
{
    const struct asset *asset =
        assets_world(&shard->assets, message_text(read, view->account.offset), view->account.length);
    view->exists = asset != NULL;
    if (asset == NULL)
        return;
    view->asset = asset->tag;
    view->unlimited = true;
    total_merge(&view->debits, asset->world.debits);
    total_merge(&view->credits, asset->world.credits);
    if (asset->world.last > view->last)
        view->last = asset->world.last;
}

/* Holds what was looked at here until the reader is done elsewhere: the whole shard, or each account. */
static struct prepared *read_hold(struct shard *shard, const struct read_message *read)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < read->view_count && !read->whole; i++)
        count += is_here(shard, &read->views[i]) ? 1 : 0;
    struct prepared *prepared = shard_prepare(shard, count);
    prepared->gate = read->whole;
    struct hold *hold = prepared->holds;
    for (uint32_t i = 0; i < read->view_count && !read->whole; i++) {
        if (!is_here(shard, &read->views[i]))
            continue;
        *hold = (struct hold){.contention = view_contention(shard, read, &read->views[i]), .reader = true};
        hold->contention->readers++;
        hold++;
    }
    return prepared;
}

bool read_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    struct read_message *read = (struct read_message *)(void *)message;
    if (!read->whole && must_wait(shard, read, again)) {
        for (uint32_t i = 0; i < read->view_count; i++) {
            if (is_here(shard, &read->views[i]))
                shard_wait(shard, view_contention(shard, read, &read->views[i]));
        }
        return false;
    }
    for (uint32_t i = 0; i < read->view_count; i++) {
        if (read->views[i].account.world)
            view_add_world(shard, read, &read->views[i]);
        else if (is_here(shard, &read->views[i]))
            view_fill(shard, read, &read->views[i]);
    }
    if (!shard_decides(shard, &read->route)) {
        shard_pass_on(shard, message, &read->route, read_hold(shard, read), outbox);
        return true;
    }
    shard_decide(shard, message, &read->route, false, (struct stamp){0}, 0, outbox);
    if (shard->horizon > read->route.seen)
        read->route.seen = shard->horizon;
    message->answered = 1;
    outbox_copy(outbox, message->origin, message);
    return true;
}
