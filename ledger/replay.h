/* replay.h: rebuilds the shards of a ledger from what was kept of it: a snapshot's rows, then commit records.
 *
 * The number of shards may differ from what it was: every account and id goes where it belongs now. Records
 * name accounts by number, so a replay keeps, while it lasts, a table of them by number. What is replayed is
 * checked as it was when it was made: a record that breaks a rule was never written by this server, and the
 * error says so.
 *
 * Order of calls: replay_asset for every asset, replay_account for every account, replay_hold and
 * replay_remember for everything of the snapshot that has an id, then replay_records, then replay_finish.
 */
#ifndef BURSAR_LEDGER_REPLAY_H
#define BURSAR_LEDGER_REPLAY_H

#include "ledger/record.h"
#include "ledger/shard.h"

/** Room for any error: a sentence, with the numbers and names in it. */
#define REPLAY_ERROR_MAX 512

struct replay;

/** How an account of a snapshot stands. */
struct replay_standing {
    struct total debits; /* posted so far, smallest units */
    struct total credits;
    sequence_t last; /* the newest number that changed it; 0: none */
    uint8_t state;   /* enum account_state */
};

/** How a hold of a snapshot stands. */
struct replay_held {
    amount_t remaining; /* still held */
    uint64_t deadline;  /* nanoseconds since the epoch; 0: it never expires */
    uint64_t ended;     /* its time, when it has ended */
    uint8_t state;      /* enum hold_state */
};

/** A replay into `count` empty shards, which are the caller's and get no message before replay_free. `seed`:
 * as in their config. The caller owns the replay. */
struct replay *replay_create(struct shard *const *shards, unsigned count, uint64_t seed);

/** Releases it; the shards keep what they have. NULL is allowed. */
void replay_free(struct replay *replay);

/** Makes room for that many accounts, when it is known beforehand. */
void replay_reserve(struct replay *replay, uint64_t accounts);

/** An asset: defined by a client (or known from the start), with the totals of its @world account and the
 * newest number that changed that. In the order of definition. False, with `error`: its scale differs from
 * the one known, or there is no room for it. */
bool replay_asset(struct replay *replay, const struct asset_tag *tag, bool defined, struct total world_debits,
                  struct total world_credits, sequence_t world_last, char *error);

/** An account as it stands: the RECORD_OPEN that opened it, with the limits that it has now. Ascending by
 * number. False, with `error`: no such asset, its id is taken, a total is too large. */
bool replay_account(struct replay *replay, const struct record *open, const struct replay_standing *standing,
                    char *error);

/** A hold as it stands: the record of its making. What it holds is counted on its accounts. False, with
 * `error`: its accounts are not there, or its id is used twice. */
bool replay_hold(struct replay *replay, const struct record *hold, const struct replay_held *held,
                 char *error);

/** A transfer, an extension or a void whose effects are in the accounts already: only its id is remembered,
 * and what it reverses. Ascending by number. False, with `error`: its accounts are not there. */
bool replay_remember(struct replay *replay, const struct record *transfer, char *error);

/** Replays `size` bytes of records, in the order of their numbers, with all their effects. False, with
 *  `error`, at the first that breaks a rule: the shards are of no use then. */
bool replay_records(struct replay *replay, const char *records, size_t size, char *error);

/** Ends a replay that went well: whether debits equal credits in every asset. False, with `error`. */
bool replay_finish(struct replay *replay, char *error);

#endif
