/* feed_render.c: one function for each kind of record. */
#include "server/feed_render.h"

#include <assert.h>

#include "ledger/asset.h"
#include "server/archive_state.h"
#include "server/moment.h"

#define NS_PER_SECOND 1000000000U

/* Pairs that every map begins with. */
#define HEAD_PAIRS 5

/** What is being rendered. */
struct telling {
    struct reply *reply;
    const struct record *record;
    struct feed_names *names;
    char *error;
};

static void tell_time(struct reply *reply, const char *key, uint64_t time_ns)
{
    char text[MOMENT_TEXT_MAX];
    reply_text(reply, key);
    reply_bulk(reply, text, moment_format(time_ns, text));
}

/** Begins the map of a record: what all kinds have. `pairs` more follow. */
static void tell_head(const struct telling *it, const char *kind, size_t pairs)
{
    const struct record *record = it->record;
    struct reply *reply = it->reply;
    reply_map(reply, HEAD_PAIRS + pairs);
    reply_text(reply, "seq");
    reply_integer(reply, (int64_t)record->stamp.number);
    reply_text(reply, "last");
    reply_integer(reply, (int64_t)(record->stamp.number + record->leg_count - 1));
    if (record->stamp.time > 0) {
        tell_time(reply, "time", record->stamp.time);
    } else { /* an asset's definition, of a ledger that did not keep it then */
        reply_text(reply, "time");
        reply_nil(reply);
    }
    reply_text(reply, "kind");
    reply_text(reply, kind);
    reply_text(reply, "continues");
    reply_boolean(reply, (record->flags & RECORD_CONTINUES) != 0);
}

static void tell_slice(struct reply *reply, const char *key, struct slice text)
{
    reply_text(reply, key);
    reply_bulk(reply, text.text, text.length);
}

static void tell_asset(struct reply *reply, const struct asset_tag *asset)
{
    tell_slice(reply, "asset", (struct slice){asset->code, asset->length});
    reply_text(reply, "scale");
    reply_integer(reply, asset->scale);
}

/** Limits, as ACCOUNT tells them. */
static void tell_limits(struct reply *reply, const struct record_options *options)
{
    reply_text(reply, "overdraft");
    if (options->unlimited) {
        reply_text(reply, "UNLIMITED");
    } else {
        reply_amount(reply, options->overdraft, options->asset.scale);
    }
    reply_text(reply, "ceiling");
    if (options->has_ceiling) {
        reply_amount(reply, options->ceiling, options->asset.scale);
    } else {
        reply_nil(reply);
    }
}

static bool tell_open(const struct telling *it)
{
    const struct record_options *options = record_options(it->record);
    tell_head(it, "open", 5);
    tell_slice(it->reply, "account", record_id(it->record));
    tell_asset(it->reply, &options->asset);
    tell_limits(it->reply, options);
    return true;
}

static bool tell_define(const struct telling *it)
{
    tell_head(it, "asset", 2);
    tell_asset(it->reply, record_asset(it->record));
    return true;
}

static bool tell_change(const struct telling *it)
{
    const struct record_change *change = record_change(it->record);
    bool limit = it->record->type == CHANGE_LIMIT;
    struct feed_name name;
    if (!feed_names_find(it->names, change->account, &name, it->error)) {
        return false;
    }
    tell_head(it, archive_changes[it->record->type], limit ? 5 : 3);
    tell_slice(it->reply, "account", name.id);
    tell_asset(it->reply, &name.asset);
    if (limit) {
        tell_limits(it->reply, &(struct record_options){.overdraft = change->overdraft,
                                                        .ceiling = change->ceiling,
                                                        .asset = name.asset,
                                                        .unlimited = change->unlimited,
                                                        .has_ceiling = change->has_ceiling});
    }
    return true;
}

/** The asset of a leg: that of whichever of its accounts is not @world. */
static bool leg_asset(const struct telling *it, const struct record_leg *leg, struct asset_tag *asset)
{
    struct feed_name name;
    if (!feed_names_find(it->names, leg->from != 0 ? leg->from : leg->to, &name, it->error)) {
        return false;
    }
    *asset = name.asset;
    return true;
}

static bool tell_account(const struct telling *it, const char *key, sequence_t number,
                         const struct asset_tag *asset)
{
    struct feed_name name;
    if (number == 0) {
        reply_text(it->reply, key);
        reply_textf(it->reply, WORLD_ID "/%.*s", (int)asset->length, asset->code);
        return true;
    }
    if (!feed_names_find(it->names, number, &name, it->error)) {
        return false;
    }
    tell_slice(it->reply, key, name.id);
    return true;
}

static bool tell_legs(const struct telling *it)
{
    const struct record_leg *legs = record_legs(it->record);
    reply_text(it->reply, "legs");
    reply_array(it->reply, it->record->leg_count);
    for (unsigned i = 0; i < it->record->leg_count; i++) {
        struct asset_tag asset;
        if (!leg_asset(it, &legs[i], &asset)) {
            return false;
        }
        reply_map(it->reply, 4);
        if (!tell_account(it, "from", legs[i].from, &asset) || !tell_account(it, "to", legs[i].to, &asset)) {
            return false;
        }
        reply_text(it->reply, "amount");
        reply_amount(it->reply, legs[i].amount, asset.scale);
        tell_slice(it->reply, "asset", (struct slice){asset.code, asset.length});
    }
    return true;
}

/** A text that may be missing. */
static void tell_maybe(struct reply *reply, const char *key, struct slice text)
{
    if (text.length > 0) {
        tell_slice(reply, key, text);
    } else {
        reply_text(reply, key);
        reply_nil(reply);
    }
}

/** How long a hold lives from this record on, and when it ends. */
static void tell_life(struct reply *reply, const struct record *record)
{
    uint64_t ttl = record_terms(record).ttl;
    reply_text(reply, "ttl");
    if (ttl > 0) {
        reply_integer(reply, (int64_t)ttl);
        tell_time(reply, "expires_at", record->stamp.time + ttl * NS_PER_SECOND);
    } else {
        reply_nil(reply);
        reply_text(reply, "expires_at");
        reply_nil(reply);
    }
}

/** What a capture released of its hold beyond what it moved. */
static bool tell_released(const struct telling *it)
{
    struct asset_tag asset;
    if (!leg_asset(it, record_legs(it->record), &asset)) {
        return false;
    }
    reply_text(it->reply, "released");
    reply_amount(it->reply, record_terms(it->record).released, asset.scale);
    return true;
}

/** What a kind of transfer has beside its id, legs and note. */
struct transfer_shape {
    const char *reference; /* what its reference is called; NULL: it has none */
    bool released;
    bool life;
};

static bool tell_transfer(const struct telling *it)
{
    static const struct transfer_shape shapes[TRANSFER_EXPIRE + 1] = {
        [TRANSFER_CAPTURE] = {.reference = "hold", .released = true},
        [TRANSFER_REVERSE] = {.reference = "transfer"},
        [TRANSFER_HOLD] = {.life = true},
        [TRANSFER_EXTEND] = {.reference = "hold", .life = true},
        [TRANSFER_VOID] = {.reference = "hold"},
        [TRANSFER_EXPIRE] = {.reference = "hold"}};
    const struct record *record = it->record;
    const struct transfer_shape *shape = &shapes[record->type];
    size_t pairs = 3 + (shape->reference ? 1U : 0U) + (shape->released ? 1U : 0U) + (shape->life ? 2U : 0U);
    tell_head(it, archive_kinds[record->type], pairs);
    tell_maybe(it->reply, "id", record_id(record));
    if (!tell_legs(it)) {
        return false;
    }
    tell_maybe(it->reply, "note", record_note(record));
    if (shape->reference) {
        tell_slice(it->reply, shape->reference, record_reference(record));
    }
    if (shape->life) {
        tell_life(it->reply, record);
    }
    return !shape->released || tell_released(it);
}

bool feed_render(struct reply *reply, const struct record *record, struct feed_names *names, char *error)
{
    const struct telling it = {reply, record, names, error};
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return tell_open(&it);
    case RECORD_DEFINE: return tell_define(&it);
    case RECORD_TRANSFER: return tell_transfer(&it);
    case RECORD_CHANGE: return tell_change(&it);
    }
    assert(false && "a record has a kind");
    return false;
}
