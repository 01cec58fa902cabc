/* replay_snapshot.c: rows of a snapshot: how everything stood at one number. See replay.h. */
#include <inttypes.h>

#include "ledger/replay_state.h"

#define NS_PER_SECOND UINT64_C(1000000000)

bool replay_asset(struct replay *replay, const struct asset_tag *tag, bool defined, struct total world_debits,
                  struct total world_credits, sequence_t world_last, char *error)
{
    if (defined && !replay_define(replay, tag, error))
        return false;
    struct asset *asset = assets_find(&replay->shards[0]->assets, tag->code, tag->length);
    if (asset == NULL || asset->tag.scale != tag->scale)
        return replay_fail(error, "asset %.*s with scale %u was never defined", (int)tag->length, tag->code,
                           tag->scale);
    const struct stripe_sums sums = {.debits = world_debits, .credits = world_credits};
    shard_post_stripe(replay->shards[0], &asset->world, &sums, world_last);
    return true;
}

bool replay_account(struct replay *replay, const struct record *open, const struct replay_standing *standing,
                    char *error)
{
    static const uint8_t flags[] = {
        [ACCOUNT_OPEN] = 0, [ACCOUNT_FROZEN] = ACCOUNT_IS_FROZEN, [ACCOUNT_CLOSED] = ACCOUNT_IS_CLOSED};
    const struct total most = {.low = AMOUNT_TOTAL_MAX};
    struct account *account = replay_open(replay, open, error);
    if (account == NULL)
        return false;
    struct shard *shard = replay_place(replay, record_id(open)).shard;
    if (account_is_boundless(account)) {
        const struct stripe_sums sums = {.debits = standing->debits, .credits = standing->credits};
        shard_post_stripe(shard, accounts_extra(&shard->accounts, account)->stripe, &sums, standing->last);
    } else if (total_compare(standing->debits, most) <= 0 && total_compare(standing->credits, most) <= 0) {
        const struct effect effect = {.debits = standing->debits.low, .credits = standing->credits.low};
        shard_post(shard, account, &effect, standing->last);
    } else
        return replay_fail(error, "account number %" PRIu64 " has totals above 2^126 - 1",
                           open->stamp.number);
    account->flags |= flags[standing->state];
    return true;
}

bool replay_hold(struct replay *replay, const struct record *record, const struct replay_held *held,
                 char *error)
{
    struct hold *hold;
    if (!replay_sides(replay, record, error) || !replay_make_hold(replay, record, &hold, error))
        return false;
    struct holds *holds = &replay_place(replay, record_id(record)).shard->holds;
    hold->ttl = 0;
    if (held->deadline != 0) { /* dated so that it expires then */
        hold->ttl = 1;
        hold->dated.time = held->deadline - NS_PER_SECOND;
    }
    if (held->state != HOLD_OPEN) {
        holds_end(holds, hold, (enum hold_state)held->state);
        hold->ended = (struct stamp){.time = held->ended};
        return true;
    }
    hold->remaining = held->remaining;
    holds_date(holds, hold);
    const struct replay_sides *sides = &replay->sides[0];
    replay_post(&sides->from, sides->asset, &(struct step){.held_out = held->remaining}, 0);
    replay_post(&sides->to, sides->asset, &(struct step){.held_in = held->remaining}, 0);
    return true;
}

bool replay_remember(struct replay *replay, const struct record *transfer, char *error)
{
    if (!replay_sides(replay, transfer, error))
        return false;
    return replay_keep(replay, transfer, error);
}
