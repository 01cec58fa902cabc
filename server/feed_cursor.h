/* feed_cursor.h: a place in the journal from which followers read on, with the records read last.
 *
 * One is the feed's head, behind the log; others are for followers who are far behind it. Several followers
 * who are near each other share one. The feed's thread.
 */
#ifndef BURSAR_SERVER_FEED_CURSOR_H
#define BURSAR_SERVER_FEED_CURSOR_H

#include "server/feed_ring.h"
#include "server/journal.h"

/** A zeroed one is closed and owns no memory. */
struct feed_cursor {
    struct journal_reader reader;
    struct buffer unread; /* records of the batch read last that are not in the ring yet */
    struct feed_ring ring;
    uint64_t used; /* when it was used last, in uses of all cursors */
};

/** Whether it stands anywhere. */
static inline bool feed_cursor_is_open(const struct feed_cursor *cursor)
{
    return cursor->reader.path != NULL;
}

/** Opens it so that the first record it reads is the one with number `after` + 1. What it had is forgotten.
 * False, with `error`, when the journal has no such number, or can't be read. */
bool feed_cursor_open(struct feed_cursor *cursor, const char *dir, struct ledger_id ledger, sequence_t after,
                      char *error);

/** The number that follows those read. */
sequence_t feed_cursor_next(const struct feed_cursor *cursor);

/** Reads on, no further than to number `durable`, and at most `bytes` bytes of records or one batch.
 * JOURNAL_END: it is there. JOURNAL_DAMAGED, with `error`: what follows can't be read; perhaps as the journal
 * has given it up. */
enum journal_read feed_cursor_read(struct feed_cursor *cursor, sequence_t durable, size_t bytes, char *error);

/** Closes it and releases everything. */
void feed_cursor_close(struct feed_cursor *cursor);

#endif
