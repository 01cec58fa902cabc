/* feed_cursor.h: a place from which followers read on, with the records read last.
 *
 * It reads the journal, or the snapshot where that has what comes next. One is the feed's head, close behind
 * the log; others are for followers who are far behind it. Several followers who are near each other share
 * one. The feed's thread.
 */
#ifndef BURSAR_SERVER_FEED_CURSOR_H
#define BURSAR_SERVER_FEED_CURSOR_H

#include "server/feed_archive.h"
#include "server/feed_ring.h"
#include "server/journal.h"

/** A zeroed one stands nowhere and owns no memory. */
struct feed_cursor {
    sequence_t next;              /* the number it reads next; 0: it stands nowhere */
    struct journal_reader reader; /* closed while it reads the snapshot */
    struct buffer unread;         /* records that were read and are not in the ring yet */
    struct feed_ring ring;
    uint64_t used; /* when it was used last, in uses of all cursors */
};

/** Places it before number `next`. What it had is forgotten. */
void feed_cursor_begin(struct feed_cursor *cursor, sequence_t next);

/** Reads on from the journal in DIR, no further than to number `durable`, and at most `bytes` bytes of
 * records or one batch. JOURNAL_END: it is there. JOURNAL_DAMAGED, with `error`: what follows can't be read;
 * perhaps as the journal has given it up. */
enum journal_read feed_cursor_journal(struct feed_cursor *cursor, const char *dir, struct ledger_id ledger,
                                      sequence_t durable, size_t bytes, char *error);

/** Reads on from the snapshot, which has the next number: at most `count` records, about `bytes` bytes. As
 * feed_archive_read. */
enum feed_found feed_cursor_archive(struct feed_cursor *cursor, struct feed_archive *archive, unsigned count,
                                    size_t bytes, char *error);

/** Has it stand nowhere, and releases everything. */
void feed_cursor_close(struct feed_cursor *cursor);

#endif
