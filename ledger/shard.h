/* shard.h: one shard of the ledger, a pure state machine: messages in, messages and commit records out.
 *
 * A shard knows no thread, socket, file, clock or random number. Its owner calls it from one thread at a
 * time, in batches:
 *
 *     for each message of the batch: shard_step(shard, message, outbox)
 *     n = shard_numbers_used(shard)
 *     claim n consecutive numbers (and as many times) from the one counter of the whole ledger
 *     shard_seal(shard, outbox, first claimed)
 *     hand outbox->records to the log, outbox->to[] to the workers
 *
 * Claiming after the batch ran, and before anything of it leaves, makes the order of the log agree with every
 * dependency: whoever acts on a record has seen its number, and claims a higher one. See ledger/README.md.
 */
#ifndef BURSAR_LEDGER_SHARD_H
#define BURSAR_LEDGER_SHARD_H

#include "ledger/message.h"
#include "ledger/outbox.h"

struct shard;
struct stripes;

struct shard_config {
    unsigned index; /* which shard this is, from 0 */
    unsigned count; /* how many there are: 1 to SHARDS_MAX */
    uint64_t seed;  /* keys the hash of ids; the same for all shards, and for whoever composes messages */
    uint64_t id_window_ns; /* how long ids are remembered; 0: for ever */
    uint64_t id_memory; /* bytes of remembered ids, roughly: where more come, the oldest are forgotten early;
                           0: as many as there can be, 32 GiB */
};

/** What a shard holds, for INFO. */
struct shard_numbers {
    uint64_t accounts;        /* open accounts, @world stripes not counted */
    uint64_t remembered;      /* transfer ids, those of holds too */
    uint64_t forgotten_early; /* ids that were forgotten before their window was over, for want of memory */
    uint64_t holds;           /* that are open */
    uint64_t prepared;        /* transactions prepared here and not yet decided */
    uint64_t parked;          /* messages that wait for one of those */
    uint64_t steps;           /* messages taken so far */
    uint64_t commits;         /* records written so far */
    uint64_t rejections;      /* requests decided here with an error */
};

/** Creates an empty shard; the caller owns it. Every known asset's @world has its stripe in it. */
struct shard *shard_create(const struct shard_config *config);

/** Releases a shard and all it holds. NULL is allowed. */
void shard_free(struct shard *shard);

/** Takes one message, which must be for this shard, and appends what follows from it to `outbox`. The message
 * is the caller's and may be overwritten. */
void shard_step(struct shard *shard, struct message *message, struct outbox *outbox);

/** Brings the memory that shard_step(message) will need nearer to the processor. Changes nothing. Stage 0,
 * some messages ahead, fetches table slots; stage 1, fewer ahead, what they point to. */
void shard_prefetch(const struct shard *shard, const struct message *message, int stage);

/** How many sequence numbers the steps since the last seal have used. */
uint64_t shard_numbers_used(const struct shard *shard);

/** Ends a batch: gives its records, outgoing messages and changed accounts their real numbers. `first` is the
 *  stamp of the batch's first number: first.number + i and first.time + i belong to its i-th. Call it also
 * when no number was used (then `first.number` is the next that anybody will claim, and its time is ignored).
 */
void shard_seal(struct shard *shard, struct outbox *outbox, struct stamp first);

/** The next time, in nanoseconds since the epoch, at which a hold expires: the shard must get a clock message
 * at or after it. UINT64_MAX: there is none. */
uint64_t shard_next_deadline(const struct shard *shard);

/** Which accounts are spread over all shards, as far as this one knows: for whoever composes messages on its
 * thread. */
const struct stripes *shard_stripes(const struct shard *shard);

/** Reads the counters. */
struct shard_numbers shard_count(const struct shard *shard);

#endif
