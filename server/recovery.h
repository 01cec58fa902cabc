/* recovery.h: from what a directory holds to shards that stand where the last acknowledged reply left them.
 *
 * The snapshot is loaded, the journal after it is replayed, and everything is checked on the way: checksums
 * and the chain of the journal, that debits equal credits in every asset, and that no record breaks a rule.
 * Damage is never repaired or skipped: it is named, and the server does not start. Only a batch that was
 * being written when the power went is cut off: nobody was told of it.
 */
#ifndef BURSAR_SERVER_RECOVERY_H
#define BURSAR_SERVER_RECOVERY_H

#include "ledger/shard.h"
#include "server/archive.h"
#include "server/journal.h"

/** Room for any error: a sentence that names the file and what to do. */
#define RECOVERY_ERROR_MAX 1280

/** What was found. */
struct recovered {
    struct archive *archive;    /* loaded, as the archiver needs it; the caller's */
    struct journal_place place; /* the end of the journal */
    uint64_t accounts;          /* in the snapshot */
    uint64_t transfers;         /* remembered from the snapshot */
    uint64_t records_size;      /* bytes of records replayed, unpacked */
    bool torn;                  /* an unfinished last batch is cut off at `place` */
};

/** Makes an empty ledger in a directory that has none, or the snapshot of one whose whole journal is there.
 * Does nothing where there is a snapshot. */
bool recovery_create(const char *dir, uint64_t segment_size, char *error);

/** Fills empty shards, `count` of them, created with `seed`, from the ledger in `dir`. With `readonly`
 * nothing there is written. Ids that were used before `since_ns` (nanoseconds since the epoch) are not
 * remembered, those of open holds excepted. Logs its progress. */
bool recovery_run(const char *dir, bool readonly, struct shard *const *shards, unsigned count, uint64_t seed,
                  uint64_t since_ns, struct recovered *recovered, char *error);

#endif
