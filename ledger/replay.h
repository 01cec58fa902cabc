/* replay.h: rebuilds the shards of a ledger from what was kept of it: a snapshot's rows, then commit records.
 *
 * The number of shards may differ from what it was: every account and id goes where it belongs now. Records
 * name accounts by number, so a replay keeps, while it lasts, a table of them by number. What is replayed is
 * checked as it was when it was made: a record that breaks a rule was never written by this server, and the
 * error says so.
 *
 * Order of calls: replay_asset for every asset, replay_account for every account, replay_remember for every
 * transfer of the snapshot, then replay_records.
 */
#ifndef BURSAR_LEDGER_REPLAY_H
#define BURSAR_LEDGER_REPLAY_H

#include "ledger/record.h"
#include "ledger/shard.h"

/** Room for any error: a sentence, with the numbers and names in it. */
#define REPLAY_ERROR_MAX 512

struct replay;

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

/** An account as it stands: the RECORD_OPEN that opened it, what it has been debited and credited since, and
 * the newest number that changed it. Ascending by number. False, with `error`: no such asset, its id is
 * taken, a total is too large. */
bool replay_account(struct replay *replay, const struct record *open, amount_t debits, amount_t credits,
                    sequence_t last, char *error);

/** A transfer whose effects are in the accounts already: only its id is remembered. False, with `error`: its
 * accounts are not there, or its id is used twice. */
bool replay_remember(struct replay *replay, const struct record *transfer, char *error);

/** Replays `size` bytes of records, in the order of their numbers, with all their effects. False, with
 *  `error`, at the first that breaks a rule: the shards are of no use then. */
bool replay_records(struct replay *replay, const char *records, size_t size, char *error);

/** Whether debits equal credits in every asset. False, with `error`. */
bool replay_balanced(const struct replay *replay, char *error);

#endif
