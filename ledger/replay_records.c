/* replay_records.c: commit records, with all their effects, each checked by the rules it was made under. See
 * replay.h. */
#include <inttypes.h>

#include "ledger/interval.h"
#include "ledger/replay_state.h"

/* How far ahead of the record being replayed memory is fetched. A replay of random transfers between a
 * million accounts waits for memory otherwise. */
#define AHEAD_ENTRIES  24
#define AHEAD_ACCOUNTS 12

/* Whether an account may pay (or hold out) an amount, or take it. */
static bool side_may(const struct replay_side *side, bool to, amount_t amount, sequence_t number, char *error)
{
    const struct effect none = {0};
    const struct account *account = side->account;
    if (account == NULL)
        return true;
    if ((account->flags & (ACCOUNT_IS_FROZEN | ACCOUNT_IS_CLOSED)) != 0)
        return replay_fail(error, "number %" PRIu64 " touches account %.*s, which is frozen or closed",
                           number, (int)account->id_length, account->id);
    if (account_is_boundless(account))
        return true;
    const struct account_extra *extra =
        account->extra != 0 ? accounts_extra(&side->shard->accounts, account) : NULL;
    if (interval_fits(account, extra, &none, to, amount) == CERTAIN_YES &&
        (to ? interval_can_take(account, extra, &none, amount)
            : interval_can_pay(account, extra, &none, amount)) == CERTAIN_YES)
        return true;
    if (to)
        return replay_fail(error, "number %" PRIu64 " takes account %.*s above its ceiling", number,
                           (int)account->id_length, account->id);
    return replay_fail(error, "number %" PRIu64 " takes more from account %.*s than it had available", number,
                       (int)account->id_length, account->id);
}

/* A leg that moves or holds an amount. */
static bool leg_replay(const struct replay_sides *sides, amount_t amount, bool held, sequence_t number,
                       char *error)
{
    const struct step out = {.debits = held ? 0 : amount, .held_out = held ? amount : 0};
    const struct step in = {.credits = held ? 0 : amount, .held_in = held ? amount : 0};
    if (amount == 0)
        return replay_fail(error, "number %" PRIu64 " moves nothing", number);
    if (!side_may(&sides->from, false, amount, number, error))
        return false;
    replay_post(&sides->from, sides->asset, &out, number);
    if (!side_may(&sides->to, true, amount, number, error))
        return false;
    replay_post(&sides->to, sides->asset, &in, number);
    return true;
}

/* The open hold that a record refers to. NULL, with `error`: there is none. */
static struct hold *hold_find(const struct replay *replay, const struct record *record, struct holds **holds,
                              char *error)
{
    struct slice id = record_reference(record);
    struct replay_place place = replay_place(replay, id);
    struct hold *hold = holds_find(&place.shard->holds, id.text, id.length, place.hash);
    *holds = &place.shard->holds;
    if (hold != NULL && hold->state == HOLD_OPEN)
        return hold;
    replay_fail(error, "number %" PRIu64 " is about hold %.*s, which is not open", record->stamp.number,
                (int)id.length, id.text);
    return NULL;
}

static void hold_end(struct holds *holds, struct hold *hold, enum hold_state state, struct stamp stamp)
{
    holds_end(holds, hold, state);
    hold->ended = stamp;
}

/* A capture, a void, an expiry or an extension. */
static bool held_replay(struct replay *replay, const struct record *record, char *error)
{
    struct holds *holds;
    struct hold *hold = hold_find(replay, record, &holds, error);
    if (hold == NULL)
        return false;
    if (record->type == TRANSFER_EXTEND) {
        holds_undate(holds, hold);
        hold->ttl = record_terms(record).ttl;
        hold->dated = record->stamp;
        holds_date(holds, hold);
        return true;
    }
    bool capture = record->type == TRANSFER_CAPTURE;
    amount_t amount = record_legs(record)[0].amount;
    amount_t released = capture ? record_terms(record).released : 0;
    amount_t moved = capture ? amount : 0;
    if (amount == 0 || amount > hold->remaining || released > hold->remaining - amount ||
        (!capture && amount != hold->remaining))
        return replay_fail(error, "number %" PRIu64 " takes another amount from its hold than that has left",
                           record->stamp.number);
    const struct replay_sides *sides = &replay->sides[0];
    const struct step out = {.debits = moved, .released_out = amount + released};
    const struct step in = {.credits = moved, .released_in = amount + released};
    replay_post(&sides->from, sides->asset, &out, record->stamp.number);
    replay_post(&sides->to, sides->asset, &in, record->stamp.number);
    hold->remaining -= amount + released;
    if (hold->remaining == 0)
        hold_end(holds, hold,
                 capture                         ? HOLD_CAPTURED
                 : record->type == TRANSFER_VOID ? HOLD_VOIDED
                                                 : HOLD_EXPIRED,
                 record->stamp);
    return true;
}

static bool transfer_replay(struct replay *replay, const struct record *record, char *error)
{
    struct hold *hold;
    bool held = record->type == TRANSFER_HOLD;
    if (!replay_sides(replay, record, error))
        return false;
    if (record->reference_length > 0 && record->type != TRANSFER_REVERSE) {
        if (!held_replay(replay, record, error))
            return false;
    } else {
        for (unsigned i = 0; i < record->leg_count; i++) {
            if (!leg_replay(&replay->sides[i], record_legs(record)[i].amount, held, record->stamp.number + i,
                            error))
                return false;
        }
    }
    if (record->id_length == 0)
        return true;
    if (!held)
        return replay_keep(replay, record, error);
    if (!replay_make_hold(replay, record, &hold, error))
        return false;
    holds_date(&replay_place(replay, record_id(record)).shard->holds, hold);
    return true;
}

static bool change_replay(struct replay *replay, const struct record *record, char *error)
{
    const struct record_change *change = record_change(record);
    const struct roll_entry *entry = roll_find(&replay->roll, change->account);
    if (entry == NULL || (entry->account->flags & ACCOUNT_IS_CLOSED) != 0)
        return replay_fail(error, "number %" PRIu64 " changes account number %" PRIu64 ", which is not open",
                           record->stamp.number, change->account);
    struct account *account = entry->account;
    struct shard *shard = replay->shards[entry->shard];
    struct record_options limits = account_options(shard, account);
    switch ((enum change_type)record->type) {
    case CHANGE_LIMIT:
        limits.unlimited = change->unlimited;
        limits.has_ceiling = change->has_ceiling;
        limits.overdraft = change->overdraft;
        limits.ceiling = change->ceiling;
        account_limit(shard, account, &limits);
        break;
    case CHANGE_FREEZE: account->flags |= ACCOUNT_IS_FROZEN; break;
    case CHANGE_THAW: account->flags = (uint8_t)(account->flags & ~ACCOUNT_IS_FROZEN); break;
    case CHANGE_CLOSE:
        account->flags = (uint8_t)((account->flags & ~ACCOUNT_IS_FROZEN) | ACCOUNT_IS_CLOSED);
        break;
    }
    account->last = record->stamp.number;
    return true;
}

static bool record_replay(struct replay *replay, const struct record *record, char *error)
{
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return replay_open(replay, record, error) != NULL;
    case RECORD_DEFINE: return replay_define(replay, record_asset(record), error);
    case RECORD_TRANSFER: return transfer_replay(replay, record, error);
    case RECORD_CHANGE: return change_replay(replay, record, error);
    }
    return replay_fail(error, "number %" PRIu64 " is a record of kind %u, which this server does not know",
                       record->stamp.number, record->kind);
}

/* Both lines: its money, and its id, which the remembered transfer is found to be of. */
__attribute__((always_inline)) static inline void account_prefetch(const struct account *account)
{
    __builtin_prefetch(account, 1);
    __builtin_prefetch(account->id);
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
            account_prefetch(from->account);
        if (to != NULL)
            account_prefetch(to->account);
    }
    struct replay_place place = replay_place(replay, record_id(record));
    remembered_prefetch(&place.shard->remembered, place.hash);
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
