/* replay.c: the parts that records and a snapshot's rows share. See replay.h. */
#include "ledger/replay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/replay_state.h"

/* Room for the name of any @world. */
#define WORLD_MAX (sizeof WORLD_ID + ASSET_CODE_MAX + 1)

bool replay_fail(char *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error, REPLAY_ERROR_MAX, format, arguments);
    va_end(arguments);
    return false;
}

struct replay *replay_create(struct shard *const *shards, unsigned count, uint64_t seed)
{
    struct replay *replay = pool_table(64, sizeof *replay);
    replay->shards = shards;
    replay->count = count;
    replay->seed = seed;
    return replay;
}

void replay_reserve(struct replay *replay, uint64_t accounts)
{
    roll_reserve(&replay->roll, accounts);
}

void replay_free(struct replay *replay)
{
    if (replay == NULL)
        return;
    roll_free(&replay->roll);
    free(replay);
}

struct replay_place replay_place(const struct replay *replay, struct slice id)
{
    uint64_t hash = ident_hash(id.text, id.length, replay->seed);
    unsigned at = ident_shard(id.text, id.length, hash, replay->seed, replay->count);
    return (struct replay_place){replay->shards[at], hash};
}

bool replay_define(struct replay *replay, const struct asset_tag *tag, char *error)
{
    const struct assets *assets = &replay->shards[0]->assets;
    const struct asset *known = assets_find(assets, tag->code, tag->length);
    if (known != NULL && known->tag.scale != tag->scale)
        return replay_fail(error,
                           "asset %.*s is defined with scale %u, and this server knows it with scale %u",
                           (int)tag->length, tag->code, tag->scale, known->tag.scale);
    if (known == NULL && assets->count == ASSETS_MAX)
        return replay_fail(error, "asset %.*s is one too many: a ledger has at most %d", (int)tag->length,
                           tag->code, ASSETS_MAX);
    for (unsigned i = 0; i < replay->count; i++)
        define_commit(replay->shards[i], tag);
    return true;
}

struct account *replay_open(struct replay *replay, const struct record *open, char *error)
{
    const struct record_options *options = record_options(open);
    struct slice id = record_id(open);
    struct replay_place place = replay_place(replay, id);
    struct shard *shard = place.shard;
    struct asset *asset = assets_find(&shard->assets, options->asset.code, options->asset.length);
    if (asset == NULL || asset->tag.scale != options->asset.scale) {
        replay_fail(error,
                    "account %.*s, number %" PRIu64 ", is in %.*s, which was never defined with scale %u",
                    (int)id.length, id.text, open->stamp.number, (int)options->asset.length,
                    options->asset.code, options->asset.scale);
        return NULL;
    }
    if (accounts_find(&shard->accounts, id.text, id.length, place.hash) != NULL) {
        replay_fail(error, "account %.*s is opened again by number %" PRIu64, (int)id.length, id.text,
                    open->stamp.number);
        return NULL;
    }
    struct account *account = accounts_add(&shard->accounts, id.text, id.length, place.hash);
    account->opened = open->stamp;
    account->asset = (uint16_t)(asset - shard->assets.rows);
    account_limit(shard, account, options);
    asset->accounts++;
    roll_add(&replay->roll, open->stamp.number, shard->config.index, account);
    return account;
}

static bool side_find(const struct replay *replay, sequence_t number, const struct record *record,
                      struct replay_side *side, char *error)
{
    *side = (struct replay_side){0};
    if (number == 0)
        return true;
    const struct roll_entry *entry = roll_find(&replay->roll, number);
    if (entry == NULL)
        return replay_fail(error,
                           "transfer %" PRIu64 " names account number %" PRIu64 ", which was never opened",
                           record->stamp.number, number);
    *side = (struct replay_side){entry->account, replay->shards[entry->shard]};
    return true;
}

static bool leg_find(const struct replay *replay, const struct record *record, const struct record_leg *leg,
                     struct replay_sides *sides, char *error)
{
    struct replay_side *from = &sides->from;
    struct replay_side *to = &sides->to;
    if (!side_find(replay, leg->from, record, from, error) || !side_find(replay, leg->to, record, to, error))
        return false;
    if (from->account == to->account)
        return replay_fail(error, "transfer %" PRIu64 " moves money from an account to itself",
                           record->stamp.number);
    /* Every shard has the same assets in the same places. */
    if (from->account != NULL && to->account != NULL && from->account->asset != to->account->asset)
        return replay_fail(error, "transfer %" PRIu64 " moves money between accounts of different assets",
                           record->stamp.number);
    const struct replay_side *known = from->account != NULL ? from : to;
    sides->asset = &known->shard->assets.rows[known->account->asset];
    if (from->account == NULL)
        from->shard = known->shard;
    if (to->account == NULL)
        to->shard = known->shard;
    return true;
}

bool replay_sides(struct replay *replay, const struct record *record, char *error)
{
    for (unsigned i = 0; i < record->leg_count; i++) {
        if (!leg_find(replay, record, &record_legs(record)[i], &replay->sides[i], error))
            return false;
    }
    return true;
}

void replay_post(const struct replay_side *side, struct asset *asset, const struct step *step,
                 sequence_t number)
{
    struct touch touch = {.account = side->account};
    if (side->account == NULL)
        touch.stripe = &asset->world;
    else if (account_is_boundless(side->account))
        touch.stripe = accounts_extra(&side->shard->accounts, side->account)->stripe;
    touch_step(&touch, step, 0);
    if (touch.stripe != NULL)
        shard_post_stripe(side->shard, touch.stripe, &touch.sums, number);
    else
        shard_post(side->shard, side->account, &touch.effect, number);
}

/* The name under which a side was asked for. `room` is for that of an @world. */
static struct remembered_party party_of(const struct shard *shard, const struct record *record,
                                        const struct replay_side *side, const struct asset_tag *asset,
                                        char room[WORLD_MAX])
{
    if (side->account != NULL) {
        struct slice id = {side->account->id, side->account->id_length};
        return (struct remembered_party){side->shard == shard ? side->account : NULL, id};
    }
    bool plain = record->type == TRANSFER_DEPOSIT || record->type == TRANSFER_WITHDRAW;
    int length =
        snprintf(room, WORLD_MAX, plain ? WORLD_ID : WORLD_ID "/%.*s", (int)asset->length, asset->code);
    return (struct remembered_party){.id = {room, (size_t)length}};
}

/* The legs as they are remembered. */
static void legs_of(const struct replay *replay, const struct record *record, const struct shard *shard,
                    struct remembered_leg *legs, char (*room)[WORLD_MAX])
{
    for (unsigned i = 0; i < record->leg_count; i++) {
        const struct replay_sides *sides = &replay->sides[i];
        const struct asset_tag *asset = &sides->asset->tag;
        const struct replay_side *known = sides->from.account != NULL ? &sides->from : &sides->to;
        legs[i] = (struct remembered_leg){.amount = record_legs(record)[i].amount,
                                          .asset = known->account->asset,
                                          .from = party_of(shard, record, &sides->from, asset, room[i]),
                                          .to = party_of(shard, record, &sides->to, asset, room[i])};
    }
}

/* An id can be used again once it was forgotten, which a replay does not do by itself: then the hold that had
 * it has ended, and goes now. False: it has not. */
static bool hold_make_way(const struct replay_place *place, struct slice id)
{
    struct holds *holds = &place->shard->holds;
    struct hold *hold = holds_find(holds, id.text, id.length, place->hash);
    if (hold != NULL && hold->state == HOLD_OPEN)
        return false;
    if (hold != NULL)
        holds_drop(holds, hold);
    return true;
}

bool replay_keep(struct replay *replay, const struct record *record, char *error)
{
    struct remembered_leg legs[LEGS_MAX];
    char room[LEGS_MAX][WORLD_MAX]; /* of two sides one is an account */
    struct slice id = record_id(record);
    struct replay_place place = replay_place(replay, id);
    if (!hold_make_way(&place, id))
        return replay_fail(error, "transfer %" PRIu64 " has id %.*s, which an open hold has",
                           record->stamp.number, (int)id.length, id.text);
    legs_of(replay, record, place.shard, legs, room);
    const struct remembered_parts parts = {.id = id,
                                           .note = record_note(record),
                                           .reference = record_reference(record),
                                           .hash = place.hash,
                                           .terms = record_terms(record).terms,
                                           .stamp = record->stamp,
                                           .type = record->type,
                                           .leg_count = (uint8_t)record->leg_count};
    remembered_add(&place.shard->remembered, &parts, legs);
    if (record->type != TRANSFER_REVERSE)
        return true;
    struct slice reversed = record_reference(record);
    struct replay_place other = replay_place(replay, reversed);
    struct remembered_entry *entry =
        remembered_find(&other.shard->remembered, reversed.text, reversed.length, other.hash);
    if (entry != NULL)
        entry->flags |= REMEMBERED_REVERSED;
    return true;
}

bool replay_make_hold(struct replay *replay, const struct record *record, struct hold **hold, char *error)
{
    struct remembered_leg leg;
    char room[1][WORLD_MAX];
    struct slice id = record_id(record);
    struct replay_place place = replay_place(replay, id);
    if (!hold_make_way(&place, id))
        return replay_fail(error, "hold %" PRIu64 " has id %.*s, which an open one has", record->stamp.number,
                           (int)id.length, id.text);
    legs_of(replay, record, place.shard, &leg, room);
    struct record_terms terms = record_terms(record);
    const struct hold_parts parts = {.id = id,
                                     .from = leg.from.id,
                                     .to = leg.to.id,
                                     .note = record_note(record),
                                     .hash = place.hash,
                                     .amount = leg.amount,
                                     .ttl = terms.ttl,
                                     .terms = terms.terms,
                                     .asset = leg.asset};
    *hold = holds_add(&place.shard->holds, &parts, record->stamp);
    return true;
}

/* An account that may be spread is, from the start. */
static void account_spread(struct replay *replay, struct shard *home, const struct account *account)
{
    struct stripe *own = accounts_extra(&home->accounts, account)->stripe;
    for (unsigned i = 0; i < replay->count; i++) {
        struct shard *shard = replay->shards[i];
        struct stripe *stripe = own;
        if (shard != home) {
            stripe = stripes_add(&shard->stripes, account->id, account->id_length, own->hash);
            stripe->number = account->opened.number;
            stripe->asset = account->asset;
        }
        stripes_mark(&shard->stripes, stripe, true);
    }
}

static void accounts_spread(struct replay *replay)
{
    for (unsigned i = 0; replay->count > 1 && i < replay->count; i++) {
        struct shard *shard = replay->shards[i];
        for (uint32_t place = 0; place < shard->stripes.count; place++) {
            const struct stripe *stripe = shard->stripes.places[place];
            if (stripe != NULL && stripe->account != NULL && account_state(stripe->account) == ACCOUNT_OPEN)
                account_spread(replay, shard, stripe->account);
        }
    }
}

/* Makes what was discarded on the way free again; nothing in a replay is unsealed. */
static void discarded_free(struct shard *shard)
{
    struct outbox none = {0};
    shard_seal(shard, &none, (struct stamp){0});
}

bool replay_finish(struct replay *replay, char *error)
{
    for (uint32_t place = 0; place < replay->shards[0]->assets.count; place++) {
        const struct asset_tag *tag = &replay->shards[0]->assets.rows[place].tag;
        struct total debits = {0};
        struct total credits = {0};
        for (unsigned i = 0; i < replay->count; i++) {
            const struct asset *asset = &replay->shards[i]->assets.rows[place];
            total_merge(&debits, asset->debits);
            total_merge(&credits, asset->credits);
        }
        if (total_equal(debits, credits))
            continue;
        char text[2][AMOUNT_TEXT_MAX];
        int lengths[2] = {(int)total_format(debits, tag->scale, text[0]),
                          (int)total_format(credits, tag->scale, text[1])};
        return replay_fail(error, "the ledger is out of balance: in %.*s debits are %.*s and credits %.*s",
                           (int)tag->length, tag->code, lengths[0], text[0], lengths[1], text[1]);
    }
    accounts_spread(replay);
    for (unsigned i = 0; i < replay->count; i++) {
        discarded_free(replay->shards[i]);
        holds_sort_ended(&replay->shards[i]->holds);
    }
    return true;
}
