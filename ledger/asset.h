/* asset.h: the assets of the ledger, the same on every shard and in the same order, with one shard's totals.
 *
 * Each asset has an account of its own, "@world/CODE", through which money enters and leaves. It has no
 * limits, so the order of what happens to it can't matter, and every shard keeps a stripe of it: a transfer
 * that touches it is executed where its other account lives, and a reader adds the stripes up.
 */
#ifndef BURSAR_LEDGER_ASSET_H
#define BURSAR_LEDGER_ASSET_H

#include "ledger/stripes.h"
#include "proto/resp.h"

/** "@world": the account of the asset at hand, and the start of "@world/CODE". */
#define WORLD_ID "@world"

struct asset {
    struct asset_tag tag;
    bool defined;        /* by a client, not known from the start */
    uint64_t accounts;   /* opened on this shard */
    struct total debits; /* of all accounts on this shard, the stripe included */
    struct total credits;
    struct stripe world;
};

/** Slots of the table by code: at most half are used. */
#define ASSET_SLOTS (2 * ASSETS_MAX)

struct assets {
    uint32_t count;
    uint16_t slots[ASSET_SLOTS]; /* open addressing: a row's place + 1; 0: free */
    struct asset rows[ASSETS_MAX];
};

/** A tag of a valid code and a scale. */
struct asset_tag asset_tag_of(struct slice code, unsigned scale);

/** Whether two tags are of the same code. */
bool asset_tag_equal(const struct asset_tag *a, const struct asset_tag *b);

/** Fills an empty table with the assets known from the start: ISO 4217's currencies, BTC and ETH. */
void assets_init(struct assets *assets);

/** The asset with this code; NULL when there is none. */
struct asset *assets_find(const struct assets *assets, const char *code, size_t length);

/** Adds an asset; NULL when the table is full. The tag's code must not exist yet. */
struct asset *assets_add(struct assets *assets, const struct asset_tag *tag);

/** The asset that an @world id names; NULL when it names none. `length` counts "@world/" too. */
struct asset *assets_world(const struct assets *assets, const char *id, size_t length);

#endif
