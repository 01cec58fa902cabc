/* read.c: a look at accounts, all at one moment.
 *
 * On every shard but the last the accounts looked at are held, so that nothing changes them until the look is
 * over: without that, a transfer that follows the reader from shard to shard could show its money in two
 * places.
 */
#include "ledger/record.h"
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

static void view_add_sums(struct view *view, const struct stripe_sums *sums)
{
    total_merge(&view->debits, sums->debits);
    total_merge(&view->credits, sums->credits);
    total_wrap(&view->held_out, sums->held_out);
    total_wrap(&view->held_in, sums->held_in);
    if (sums->last > view->last)
        view->last = sums->last;
}

static void view_fill(const struct shard *shard, struct view *view, const struct account *account)
{
    const struct record_options options = account_options(shard, account);
    const struct stripe_sums sums = account_sums(shard, account);
    view->exists = true;
    view->asset = options.asset;
    view->unlimited = options.unlimited;
    view->has_ceiling = options.has_ceiling;
    view->overdraft = options.overdraft;
    view->ceiling = options.ceiling;
    view->state = (uint8_t)account_state(account);
    view->opened = account->opened;
    view_add_sums(view, &sums);
    if (account->last > view->last)
        view->last = account->last;
}

/* Adds this shard's stripe of an @world account. */
static void view_add_world(struct shard *shard, const struct read_message *read, struct view *view)
{
    const struct asset *asset =
        assets_world(&shard->assets, message_text(read, view->account.offset), view->account.length);
    if (asset == NULL)
        return;
    view->exists = true;
    view->asset = asset->tag;
    view->unlimited = true;
    view_add_sums(view, &asset->world.sums);
}

/* Adds what this shard has of an account: all of it, or a stripe. */
static void view_add(struct shard *shard, const struct read_message *read, struct view *view)
{
    const struct name *name = &view->account;
    if (name->world) {
        view_add_world(shard, read, view);
        return;
    }
    const char *id = message_text(read, name->offset);
    if (is_here(shard, view)) {
        const struct account *account = accounts_find(&shard->accounts, id, name->length, name->hash);
        if (account != NULL)
            view_fill(shard, view, account);
    } else if (read->whole) {
        const struct stripe *stripe = stripes_find(&shard->stripes, id, name->length, name->hash);
        if (stripe != NULL)
            view_add_sums(view, &stripe->sums);
    }
}

/* Whether an account that is looked at turned out to be spread: then the look needs all shards at one moment.
 */
static bool is_spread(const struct shard *shard, const struct read_message *read)
{
    for (uint32_t i = 0; i < read->view_count && !read->whole; i++) {
        const struct name *name = &read->views[i].account;
        struct slice id = {message_text(read, name->offset), name->length};
        if (is_here(shard, &read->views[i]) && stripes_spread(&shard->stripes, id, name->hash))
            return true;
    }
    return false;
}

static void read_restart(struct shard *shard, struct read_message *read, struct outbox *outbox)
{
    shard_free_all(shard, &read->head, &read->route, outbox);
    for (uint32_t i = 0; i < read->view_count; i++) {
        struct name account = read->views[i].account;
        read->views[i] = (struct view){.account = account};
    }
    read->whole = true;
    read->route.members = ~UINT64_C(0) >> (SHARDS_MAX - shard->config.count);
    shard_send(shard, &read->head, &read->route, outbox);
}

/* Holds what was looked at here until the reader is done elsewhere: the whole shard, or each account. */
static struct prepared *read_hold(struct shard *shard, const struct read_message *read)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < read->view_count && !read->whole; i++)
        count += is_here(shard, &read->views[i]) ? 1 : 0;
    struct prepared *prepared = shard_prepare(shard, count);
    prepared->gate = read->whole;
    struct reservation *reservation = prepared->reservations;
    for (uint32_t i = 0; i < read->view_count && !read->whole; i++) {
        if (!is_here(shard, &read->views[i]))
            continue;
        *reservation =
            (struct reservation){.contention = view_contention(shard, read, &read->views[i]), .reader = true};
        reservation->contention->readers++;
        reservation++;
    }
    return prepared;
}

bool read_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox)
{
    struct read_message *read = (struct read_message *)(void *)message;
    if (is_spread(shard, read)) {
        read_restart(shard, read, outbox);
        return true;
    }
    if (!read->whole && must_wait(shard, read, again)) {
        for (uint32_t i = 0; i < read->view_count; i++) {
            if (is_here(shard, &read->views[i]))
                shard_wait(shard, view_contention(shard, read, &read->views[i]));
        }
        return false;
    }
    for (uint32_t i = 0; i < read->view_count; i++)
        view_add(shard, read, &read->views[i]);
    if (!shard_decides(shard, &read->route)) {
        shard_pass_on(shard, message, &read->route, read_hold(shard, read), outbox);
        return true;
    }
    shard_free_all(shard, message, &read->route, outbox);
    if (shard->horizon > read->route.seen)
        read->route.seen = shard->horizon;
    message->answered = 1;
    outbox_copy(outbox, message->origin, message);
    return true;
}
