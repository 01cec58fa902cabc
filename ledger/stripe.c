/* stripe.c: an account without any limit is spread over all shards, or gathered on its own again.
 *
 * Nobody can see which it is, so it is no part of the log. It happens while nothing is undecided anywhere:
 * the message holds each shard whole, and what it leaves is true everywhere at once. A change of a spread
 * account waits on the account's shard until it is gathered.
 */
#include <string.h>

#include "ledger/state.h"

static bool may_be_spread(const struct shard *shard, const struct account *account)
{
    return shard->config.count > 1 && account_is_boundless(account) && account_state(account) == ACCOUNT_OPEN;
}

static struct stripe *home_stripe(struct shard *shard, const struct account *account)
{
    return accounts_extra(&shard->accounts, account)->stripe;
}

/* Begins to spread an account, or to gather it. */
static void stripe_begin(struct shard *shard, struct account *account, bool spread, struct outbox *outbox)
{
    struct sender sender = shard_sender(shard, NULL);
    account->flags |= ACCOUNT_MOVING;
    buffer_consume(&shard->draft, buffer_length(&shard->draft));
    struct stripe_message *stripe =
        compose_stripe(&shard->draft, &sender, (struct slice){account->id, account->id_length}, spread);
    shard_send(shard, &stripe->head, &stripe->route, outbox);
}

void stripe_consider(struct shard *shard, struct account *account, struct outbox *outbox)
{
    if (may_be_spread(shard, account) && (account->flags & ACCOUNT_MOVING) == 0 &&
        !home_stripe(shard, account)->spread)
        stripe_begin(shard, account, true, outbox);
}

void stripe_gather(struct shard *shard, struct account *account, const struct message *message,
                   struct outbox *outbox)
{
    parked_push(&shard->changes, line_park(&shard->pool, message, NULL, 0));
    if ((account->flags & ACCOUNT_MOVING) == 0)
        stripe_begin(shard, account, false, outbox);
}

/* The account, on its own shard; NULL elsewhere. */
static struct account *home_find(struct shard *shard, const struct stripe_message *stripe)
{
    const char *id = message_text(stripe, stripe->account.offset);
    return accounts_find(&shard->accounts, id, stripe->account.length, stripe->account.hash);
}

/* The account has changed its place: changes that waited for it are taken again. */
static void account_settle(struct shard *shard, struct account *account)
{
    struct parked *parked;
    account->flags = (uint8_t)(account->flags & ~ACCOUNT_MOVING);
    while ((parked = parked_pop(&shard->changes)) != NULL)
        parked_push(&shard->gate.queue, parked);
}

static void stripe_spread(struct shard *shard, const struct stripe_message *message, struct account *account)
{
    const struct name *name = &message->account;
    struct stripe *stripe = NULL;
    if (account != NULL) {
        stripe = home_stripe(shard, account);
    } else {
        stripe = stripes_add(&shard->stripes, message_text(message, name->offset), name->length, name->hash);
        stripe->number = message->number;
        stripe->asset = message->asset;
    }
    stripes_mark(&shard->stripes, stripe, true);
}

static void stripe_fold(struct shard *shard, const struct stripe_message *message, struct account *account)
{
    const struct name *name = &message->account;
    if (account != NULL) {
        struct stripe *home = home_stripe(shard, account);
        stripe_sums_add(&home->sums, &message->sums);
        home->sums.last = 0; /* its account has it */
        shard_advance(shard, &account->last, message->sums.last);
        stripes_mark(&shard->stripes, home, false);
        return;
    }
    struct stripe *stripe =
        stripes_find(&shard->stripes, message_text(message, name->offset), name->length, name->hash);
    assert(stripe != NULL);
    stripes_remove(&shard->stripes, stripe);
    shard_discard(shard, stripe);
}

void stripe_commit(struct shard *shard, struct stripe_message *message)
{
    struct account *account = home_find(shard, message);
    if (message->spread)
        stripe_spread(shard, message, account);
    else
        stripe_fold(shard, message, account);
    if (account != NULL)
        account_settle(shard, account);
}

/* What this shard adds to the message on its way. */
static void stripe_tell(struct shard *shard, struct stripe_message *message)
{
    const struct account *account = home_find(shard, message);
    if (account != NULL) {
        message->number = account->opened.number;
        message->asset = account->asset;
        return;
    }
    if (message->spread)
        return;
    const char *id = message_text(message, message->account.offset);
    const struct stripe *stripe =
        stripes_find(&shard->stripes, id, message->account.length, message->account.hash);
    assert(stripe != NULL);
    stripe_sums_add(&message->sums, &stripe->sums);
}

void stripe_take(struct shard *shard, struct message *head, struct outbox *outbox)
{
    struct stripe_message *message = (struct stripe_message *)(void *)head;
    stripe_tell(shard, message);
    if (!shard_decides(shard, &message->route)) {
        struct prepared *prepared = shard_prepare(shard, 0);
        prepared->gate = true;
        prepared->message = pool_take(&shard->pool, head->size);
        memcpy(prepared->message, head, head->size);
        shard_pass_on(shard, head, &message->route, prepared, outbox);
        return;
    }
    /* What it gathered depends on what the other shards know of. */
    if (message->route.seen > shard->horizon)
        shard->horizon = message->route.seen;
    const struct decided decided = {
        .commit = true,
        .stamp = {.number = message->sums.last},
        .told = &message->sums,
        .told_size = sizeof *message - offsetof(struct stripe_message, sums),
        .told_to = ~UINT64_C(0),
    };
    shard_decide(shard, head, &message->route, &decided, outbox);
    stripe_commit(shard, message);
}

void stripe_told(struct stripe_message *message, const struct decision_message *decision)
{
    memcpy(&message->sums, decision->told, sizeof *message - offsetof(struct stripe_message, sums));
    message->sums.last = decision->stamp.number; /* the only one of its numbers that a seal can reach */
}
