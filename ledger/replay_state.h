/* replay_state.h: what a replay is made of, for its files. See replay.h. */
#ifndef BURSAR_LEDGER_REPLAY_STATE_H
#define BURSAR_LEDGER_REPLAY_STATE_H

#include "ledger/replay.h"
#include "ledger/roll.h"
#include "ledger/state.h"

/** One side of a leg, found: an account, or an asset's @world. */
struct replay_side {
    struct account *account; /* NULL: an @world */
    struct shard *shard;     /* where it is posted */
};

/** Both sides of a leg, and their asset, on the shard where an @world side is posted. */
struct replay_sides {
    struct replay_side from;
    struct replay_side to;
    struct asset *asset;
};

struct replay {
    struct shard *const *shards;
    unsigned count;
    uint64_t seed;
    struct roll roll;
    struct replay_sides sides[LEGS_MAX]; /* of the record at hand */
};

/** Where the thing of an id is kept. */
struct replay_place {
    struct shard *shard;
    uint64_t hash;
};

/** Writes the error. Returns false. */
__attribute__((format(printf, 2, 3))) bool replay_fail(char *error, const char *format, ...);

struct replay_place replay_place(const struct replay *replay, struct slice id);

/** Finds the accounts of a record's legs. False, with `error`: a number that opened none, or a leg that can't
 * be. */
bool replay_sides(struct replay *replay, const struct record *record, char *error);

/** Posts one side of a leg, `step` at `number`, without asking whether it may be. */
void replay_post(const struct replay_side *side, struct asset *asset, const struct step *step,
                 sequence_t number);

/** Opens an account as its record says. NULL, with `error`, when that can't be. */
struct account *replay_open(struct replay *replay, const struct record *open, char *error);

/** Defines an asset on every shard. False, with `error`. */
bool replay_define(struct replay *replay, const struct asset_tag *tag, char *error);

/** Has the id's shard remember a record whose sides are found. False, with `error`: its id is that of an open
 * hold. */
bool replay_keep(struct replay *replay, const struct record *record, char *error);

/** Makes the hold of a record whose sides are found, as it was made. False, with `error`: its id is that of
 * another open hold. */
bool replay_make_hold(struct replay *replay, const struct record *record, struct hold **hold, char *error);

#endif
