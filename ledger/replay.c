/* replay.c: see replay.h. */
#include "ledger/replay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/roll.h"
#include "ledger/state.h"

/* How far ahead of the record being replayed memory is fetched. A replay of random transfers between a
 * million accounts waits for memory otherwise. */
#define AHEAD_ENTRIES  24
#define AHEAD_ACCOUNTS 12

/* Room for the transfer that tells remembered.c what to keep. */
#define SCRATCH_SIZE                                                                                         \
    (sizeof(struct transfer_message) + LEGS_MAX * (sizeof(struct leg) + 2 * (size_t)IDENT_MAX) + IDENT_MAX + \
     NOTE_MAX)

/* Both sides of a leg, found. An @world has no account. */
struct sides {
    struct account *from;
    struct account *to;
    unsigned from_shard;
    unsigned to_shard;
    struct asset *asset; /* of the shard where an @world side is posted */
};

struct replay {
    struct shard *const *shards;
    unsigned count;
    uint64_t seed;
    struct roll roll;
    struct sides sides[LEGS_MAX];                       /* of the transfer at hand */
    _Alignas(MESSAGE_ALIGN) char scratch[SCRATCH_SIZE]; /* a transfer_message */
};

__attribute__((format(printf, 2, 3))) static bool fail(char *error, const char *format, ...)
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

/* Defines an asset on every shard. */
static bool asset_define(struct replay *replay, const struct asset_tag *tag, char *error)
{
    const struct assets *assets = &replay->shards[0]->assets;
    const struct asset *known = assets_find(assets, tag->code, tag->length);
    if (known != NULL && known->tag.scale != tag->scale)
        return fail(error, "asset %.*s is defined with scale %u, and this server knows it with scale %u",
                    (int)tag->length, tag->code, tag->scale, known->tag.scale);
    if (known == NULL && assets->count == ASSETS_MAX)
        return fail(error, "asset %.*s is one too many: a ledger has at most %d", (int)tag->length, tag->code,
                    ASSETS_MAX);
    for (unsigned i = 0; i < replay->count; i++)
        define_commit(replay->shards[i], tag);
    return true;
}

bool replay_asset(struct replay *replay, const struct asset_tag *tag, bool defined, struct total world_debits,
                  struct total world_credits, sequence_t world_last, char *error)
{
    if (defined && !asset_define(replay, tag, error))
        return false;
    struct asset *asset = assets_find(&replay->shards[0]->assets, tag->code, tag->length);
    if (asset == NULL || asset->tag.scale != tag->scale)
        return fail(error, "asset %.*s with scale %u was never defined", (int)tag->length, tag->code,
                    tag->scale);
    asset->world = (struct stripe){world_debits, world_credits, world_last};
    total_merge(&asset->debits, world_debits);
    total_merge(&asset->credits, world_credits);
    return true;
}

/* Opens an account as its record says. NULL, with `error`, when that can't be. */
static struct account *account_open(struct replay *replay, const struct record *open, char *error)
{
    const struct record_options *options = record_options(open);
    const char *id = (const char *)(options + 1);
    size_t length = open->id_length;
    uint64_t hash = ident_hash(id, length, replay->seed);
    unsigned at = ident_shard(id, length, hash, replay->seed, replay->count);
    struct shard *shard = replay->shards[at];
    struct asset *asset = assets_find(&shard->assets, options->asset.code, options->asset.length);
    if (asset == NULL || asset->tag.scale != options->asset.scale) {
        fail(error, "account %.*s, number %" PRIu64 ", is in %.*s, which was never defined with scale %u",
             (int)length, id, open->stamp.number, (int)options->asset.length, options->asset.code,
             options->asset.scale);
        return NULL;
    }
    if (accounts_find(&shard->accounts, id, length, hash) != NULL) {
        fail(error, "account %.*s is opened again by number %" PRIu64, (int)length, id, open->stamp.number);
        return NULL;
    }
    struct account *account = accounts_add(&shard->accounts, id, length, hash);
    account->opened = open->stamp;
    account->asset = (uint16_t)(asset - shard->assets.rows);
    account_limit(shard, account, options);
    asset->accounts++;
    roll_add(&replay->roll, open->stamp.number, at, account);
    return account;
}

bool replay_account(struct replay *replay, const struct record *open, amount_t debits, amount_t credits,
                    sequence_t last, char *error)
{
    if (debits > AMOUNT_TOTAL_MAX || credits > AMOUNT_TOTAL_MAX)
        return fail(error, "account number %" PRIu64 " has totals above 2^127 - 1", open->stamp.number);
    struct account *account = account_open(replay, open, error);
    if (account == NULL)
        return false;
    const struct roll_entry *entry = roll_find(&replay->roll, open->stamp.number);
    if (last != 0 || debits != 0 || credits != 0)
        shard_post(replay->shards[entry->shard], account, debits, credits, last);
    return true;
}

/* Finds an account of a record. False, with `error`: a number that opened none. */
static bool side_find(const struct replay *replay, sequence_t number, const struct record *record,
                      struct account **account, unsigned *shard, char *error)
{
    *account = NULL;
    *shard = 0;
    if (number == 0)
        return true;
    const struct roll_entry *entry = roll_find(&replay->roll, number);
    if (entry == NULL)
        return fail(error, "transfer %" PRIu64 " names account number %" PRIu64 ", which was never opened",
                    record->stamp.number, number);
    *account = entry->account;
    *shard = entry->shard;
    return true;
}

static bool sides_find(const struct replay *replay, const struct record *record, const struct record_leg *leg,
                       struct sides *sides, char *error)
{
    if (!side_find(replay, leg->from, record, &sides->from, &sides->from_shard, error) ||
        !side_find(replay, leg->to, record, &sides->to, &sides->to_shard, error))
        return false;
    if (sides->from == sides->to)
        return fail(error, "transfer %" PRIu64 " moves money from an account to itself",
                    record->stamp.number);
    /* Every shard has the same assets in the same places. */
    if (sides->from != NULL && sides->to != NULL && sides->from->asset != sides->to->asset)
        return fail(error, "transfer %" PRIu64 " moves money between accounts of different assets",
                    record->stamp.number);
    unsigned shard = sides->from != NULL ? sides->from_shard : sides->to_shard;
    uint16_t asset = sides->from != NULL ? sides->from->asset : sides->to->asset;
    sides->asset = &replay->shards[shard]->assets.rows[asset];
    return true;
}

static uint32_t name_copy(struct transfer_message *transfer, uint32_t *end, struct name *name,
                          const char *text, size_t length)
{
    uint32_t offset = *end;
    memcpy((char *)transfer + offset, text, length);
    name->offset = offset;
    name->length = (uint8_t)length;
    *end += (uint32_t)length;
    return offset;
}

/* The name under which a side was asked for. */
static void side_copy(struct transfer_message *transfer, uint32_t *end, struct name *name,
                      const struct account *account, const struct asset_tag *asset)
{
    if (account != NULL) {
        name_copy(transfer, end, name, account->id, account->id_length);
        return;
    }
    char world[sizeof WORLD_ID + ASSET_CODE_MAX];
    bool plain = transfer->type != TRANSFER_TRANSFER;
    int length =
        snprintf(world, sizeof world, plain ? WORLD_ID : WORLD_ID "/%.*s", (int)asset->length, asset->code);
    name_copy(transfer, end, name, world, (size_t)length);
}

/* Has the id's shard remember a transfer, from a message made to look as the one that asked for it. */
static bool remember(struct replay *replay, const struct record *record, const struct sides *sides,
                     char *error)
{
    struct transfer_message *transfer = (struct transfer_message *)(void *)replay->scratch;
    const struct record_leg *legs = record_legs(record);
    const struct account *parties[2 * LEGS_MAX];
    const char *id = record_id(record).text;
    uint64_t hash = ident_hash(id, record->id_length, replay->seed);
    unsigned at = ident_shard(id, record->id_length, hash, replay->seed, replay->count);
    struct remembered *remembered = &replay->shards[at]->remembered;
    if (remembered_find(remembered, id, record->id_length, hash) != NULL)
        return fail(error, "transfer %" PRIu64 " has id %.*s, which an earlier one has", record->stamp.number,
                    (int)record->id_length, id);

    *transfer = (struct transfer_message){
        .type = record->type, .leg_count = record->leg_count, .note_length = record->note_length};
    uint32_t end = (uint32_t)(sizeof *transfer + record->leg_count * sizeof(struct leg));
    name_copy(transfer, &end, &transfer->id, id, record->id_length);
    transfer->id.hash = hash;
    for (unsigned i = 0; i < record->leg_count; i++) {
        const struct asset_tag *asset = &sides[i].asset->tag;
        struct leg *leg = &transfer->legs[i];
        leg->mantissa = legs[i].amount;
        leg->digits = asset->scale;
        leg->asset = *asset;
        side_copy(transfer, &end, &leg->from, sides[i].from, asset);
        side_copy(transfer, &end, &leg->to, sides[i].to, asset);
        parties[2 * (size_t)i] = sides[i].from_shard == at ? sides[i].from : NULL;
        parties[2 * (size_t)i + 1] = sides[i].to_shard == at ? sides[i].to : NULL;
    }
    transfer->note = end;
    memcpy((char *)transfer + end, id + record->id_length, record->note_length);
    remembered_add(remembered, transfer, parties, record->stamp);
    return true;
}

bool replay_remember(struct replay *replay, const struct record *transfer, char *error)
{
    struct sides *sides = replay->sides;
    for (unsigned i = 0; i < transfer->leg_count; i++) {
        if (!sides_find(replay, transfer, &record_legs(transfer)[i], &sides[i], error))
            return false;
    }
    return remember(replay, transfer, sides, error);
}

/* Takes money from an account, as its rules allowed it when the record was made. */
static bool side_debit(struct shard *shard, struct account *account, amount_t amount, sequence_t number,
                       char *error)
{
    amount_t overdraft = account->extra != 0 ? accounts_extra(&shard->accounts, account)->overdraft : 0;
    bool fits = amount <= AMOUNT_TOTAL_MAX - account->debits;
    if (!fits || ((account->flags & ACCOUNT_UNLIMITED) == 0 &&
                  account->debits + amount > account->credits + overdraft))
        return fail(error, "number %" PRIu64 " takes more from account %.*s than it had available", number,
                    (int)account->id_length, account->id);
    shard_post(shard, account, amount, 0, number);
    return true;
}

static bool side_credit(struct shard *shard, struct account *account, amount_t amount, sequence_t number,
                        char *error)
{
    bool capped = (account->flags & ACCOUNT_HAS_CEILING) != 0;
    amount_t ceiling = capped ? accounts_extra(&shard->accounts, account)->ceiling : 0;
    bool fits = amount <= AMOUNT_TOTAL_MAX - account->credits;
    if (!fits || (capped && account->credits + amount > account->debits + ceiling))
        return fail(error, "number %" PRIu64 " takes account %.*s above its ceiling", number,
                    (int)account->id_length, account->id);
    shard_post(shard, account, 0, amount, number);
    return true;
}

static bool leg_replay(struct replay *replay, const struct sides *sides, amount_t amount, sequence_t number,
                       char *error)
{
    unsigned at = sides->from != NULL ? sides->from_shard : sides->to_shard;
    struct shard *shard = replay->shards[at];
    if (amount == 0)
        return fail(error, "number %" PRIu64 " moves nothing", number);
    if (sides->from == NULL)
        shard_post_world(shard, sides->asset, amount, 0, number);
    else if (!side_debit(shard, sides->from, amount, number, error))
        return false;
    if (sides->to == NULL)
        shard_post_world(shard, sides->asset, 0, amount, number);
    else if (!side_credit(replay->shards[sides->to_shard], sides->to, amount, number, error))
        return false;
    return true;
}

static bool transfer_replay(struct replay *replay, const struct record *record, char *error)
{
    struct sides *sides = replay->sides;
    for (unsigned i = 0; i < record->leg_count; i++) {
        const struct record_leg *leg = &record_legs(record)[i];
        if (!sides_find(replay, record, leg, &sides[i], error) ||
            !leg_replay(replay, &sides[i], leg->amount, record->stamp.number + i, error))
            return false;
    }
    return remember(replay, record, sides, error);
}

static bool record_replay(struct replay *replay, const struct record *record, char *error)
{
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return account_open(replay, record, error) != NULL;
    case RECORD_DEFINE: return asset_define(replay, record_asset(record), error);
    case RECORD_TRANSFER: return transfer_replay(replay, record, error);
    case RECORD_CHANGE: break;
    }
    return fail(error, "number %" PRIu64 " is a record of kind %u, which this server does not know",
                record->stamp.number, record->kind);
}

/* Fetches what a record's turn will need: first the roll's entries, nearer to its turn what they point to. */
static void record_prefetch(const struct replay *replay, const struct record *record, int stage)
{
    if (record->kind != RECORD_TRANSFER || replay->roll.capacity == 0)
        return;
    const struct record_leg *legs = record_legs(record);
    if (stage == 0) {
        for (unsigned i = 0; i < record->leg_count; i++) {
            __builtin_prefetch(roll_home(&replay->roll, legs[i].from));
            __builtin_prefetch(roll_home(&replay->roll, legs[i].to));
        }
        return;
    }
    for (unsigned i = 0; i < record->leg_count; i++) {
        const struct roll_entry *from = roll_find(&replay->roll, legs[i].from);
        const struct roll_entry *to = roll_find(&replay->roll, legs[i].to);
        if (from != NULL)
            __builtin_prefetch(from->account, 1);
        if (to != NULL)
            __builtin_prefetch(to->account, 1);
    }
    const char *id = record_id(record).text;
    uint64_t hash = ident_hash(id, record->id_length, replay->seed);
    unsigned at = ident_shard(id, record->id_length, hash, replay->seed, replay->count);
    remembered_prefetch(&replay->shards[at]->remembered, hash);
}

/* A place among the records, ahead of the one being replayed. */
struct ahead {
    const char *at;
    const char *end;
    int stage;
};

static void ahead_fetch(struct ahead *ahead, const struct replay *replay)
{
    if (ahead->at < ahead->end) {
        const struct record *record = (const struct record *)(const void *)ahead->at;
        record_prefetch(replay, record, ahead->stage);
        ahead->at += record->size;
    }
}

bool replay_records(struct replay *replay, const char *records, size_t size, char *error)
{
    struct ahead entries = {records, records + size, 0};
    struct ahead accounts = {records, records + size, 1};
    for (int i = 0; i < AHEAD_ENTRIES; i++)
        ahead_fetch(&entries, replay);
    for (int i = 0; i < AHEAD_ACCOUNTS; i++)
        ahead_fetch(&accounts, replay);
    for (size_t at = 0; at < size;) {
        const struct record *record = (const struct record *)(const void *)(records + at);
        at += record->size;
        ahead_fetch(&entries, replay);
        ahead_fetch(&accounts, replay);
        if (!record_replay(replay, record, error))
            return false;
    }
    return true;
}

bool replay_balanced(const struct replay *replay, char *error)
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
        return fail(error, "the ledger is out of balance: in %.*s debits are %.*s and credits %.*s",
                    (int)tag->length, tag->code, lengths[0], text[0], lengths[1], text[1]);
    }
    return true;
}
