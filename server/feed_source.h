/* feed_source.h: where the feed's records are: in memory, in the journal, in the snapshot.
 *
 * The newest are in the ring of the head, which reads the journal once for all followers, from where the
 * snapshot stood when it began. Older ones are read by a few cursors, from the snapshot and between its end
 * and the ring from the journal. The feed's thread.
 */
#ifndef BURSAR_SERVER_FEED_SOURCE_H
#define BURSAR_SERVER_FEED_SOURCE_H

#include "server/counters.h"
#include "server/feed_archive.h"
#include "server/feed_cursor.h"
#include "server/feed_names.h"

/** Places besides the head at which followers may be without being in each other's way. */
#define FEED_CURSORS 4

struct feed_source {
    const char *dir; /* borrowed */
    struct ledger_id ledger;
    const counter_t *archived_counter; /* borrowed: where the snapshot stands, as the archiver says */
    sequence_t archived;               /* the same, when it was last looked at */
    struct feed_archive *archive;      /* owned */
    struct feed_names names;
    struct feed_cursor head;
    struct feed_cursor cursors[FEED_CURSORS];
    uint64_t uses; /* of cursors */
};

/** Opens a source over the ledger in `dir`. False, with `error` (JOURNAL_ERROR_MAX bytes), when the snapshot
 * can't be read. */
bool feed_source_open(struct feed_source *source, const char *dir, struct ledger_id ledger,
                      const counter_t *archived, char *error);

/** The newest number that can be read now. */
sequence_t feed_source_reach(struct feed_source *source);

/** Brings the head nearer to number `durable`, which is beyond the reach: call it until the reach is there.
 * False, with `error`, when the journal can't be read; the next call begins anew. */
bool feed_source_advance(struct feed_source *source, sequence_t durable, char *error);

/** Appends to `records` the record that has number `from` (1 to the reach), and some that follow it: at most
 * `count`, and no further one once they are `bytes` bytes. */
enum feed_found feed_source_read(struct feed_source *source, sequence_t from, unsigned count, size_t bytes,
                                 struct buffer *records, char *error);

/** Gives up what it keeps in memory and in open files: nobody follows. */
void feed_source_rest(struct feed_source *source);

/** Releases everything. */
void feed_source_close(struct feed_source *source);

#endif
