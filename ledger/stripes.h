/* stripes.h: this shard's stripes of accounts that every shard has a part of.
 *
 * An account without any limit, UNLIMITED and without a ceiling, can't be refused anything, so the order of
 * what happens to it can't matter, and every shard may keep a part of its money: a leg that touches it is
 * executed where its other account lives, and a reader adds the stripes up. Its own shard, its *home*, keeps
 * its money in a stripe from the moment it is opened; once that is *spread*, the other shards have one each.
 * Totals are wider than an ordinary account's, as nothing bounds them.
 */
#ifndef BURSAR_LEDGER_STRIPES_H
#define BURSAR_LEDGER_STRIPES_H

#include "ledger/account.h"
#include "ledger/index.h"
#include "proto/resp.h"

struct stripe {
    struct stripe_sums sums;
    uint64_t hash;           /* of its account's id */
    sequence_t number;       /* of the account's opening; 0: an asset's @world */
    struct account *account; /* at home; elsewhere, and of an @world, NULL */
    uint32_t place;          /* in the table */
    uint16_t asset;          /* its place in the asset table */
    bool spread;             /* all shards have one */
    uint8_t id_length;
    char id[IDENT_MAX];
};

/** A zeroed one is empty. */
struct stripes {
    struct index index;     /* of places */
    struct stripe **places; /* owned, and what they point to; NULL: free */
    uint32_t count;         /* places ever used */
    uint32_t capacity;
    uint32_t spread_count; /* stripes of accounts that are spread */
    uint64_t changes; /* how often an account was spread or gathered: what was composed before the last may
                         be out of date */
};

/** The stripe of an account; NULL: there is none here. */
struct stripe *stripes_find(const struct stripes *stripes, const char *id, size_t length, uint64_t hash);

/** Whether an account is spread over all shards, as far as this one knows. Whoever composes messages may ask,
 * on the shard's thread. */
bool stripes_spread(const struct stripes *stripes, struct slice id, uint64_t hash);

/** Adds an empty one, which must not exist yet. */
struct stripe *stripes_add(struct stripes *stripes, const char *id, size_t length, uint64_t hash);

/** Takes one out of the table. It is the caller's then, who frees it. */
void stripes_remove(struct stripes *stripes, struct stripe *stripe);

/** Marks one as that of an account that all shards have a stripe of, or not. */
void stripes_mark(struct stripes *stripes, struct stripe *stripe, bool spread);

/** Adds `part` to `sums`. */
void stripe_sums_add(struct stripe_sums *sums, const struct stripe_sums *part);

/** Releases all memory. */
void stripes_free(struct stripes *stripes);

#endif
