/* feed_archive.h: the records and the names of accounts that the snapshot holds, read while the archiver
 * writes it.
 *
 * A connection of its own, for reading only. The feed's thread.
 */
#ifndef BURSAR_SERVER_FEED_ARCHIVE_H
#define BURSAR_SERVER_FEED_ARCHIVE_H

#include <stdbool.h>

#include "ledger/record.h"
#include "proto/buffer.h"

struct feed_archive;
struct feed_name_kept;

/** Opens DIR/ledger.db, which is of this server's version of the schema; the caller owns it. NULL, with
 *  `error` (JOURNAL_ERROR_MAX bytes), when SQLite can't. */
struct feed_archive *feed_archive_open(const char *dir, char *error);

/** Releases it. NULL is allowed. */
void feed_archive_close(struct feed_archive *archive);

/** The name of the account opened with `number`, to `name`. False, with `error`: the snapshot has none, or
 * SQLite fails. */
bool feed_archive_account(struct feed_archive *archive, sequence_t number, struct feed_name_kept *name,
                          char *error);

/** What feed_archive_read found. */
enum feed_found {
    FEED_FOUND,  /* at least one record */
    FEED_GONE,   /* the number asked for is not kept any more; the error names the first that is */
    FEED_FAILURE /* SQLite fails, or the snapshot contradicts itself; the error says what */
};

/** Appends to `records` the record that has number `from`, which the snapshot has passed, and those that
 * follow it without a gap: at most `count`, and no further one once they are `bytes` bytes. */
enum feed_found feed_archive_read(struct feed_archive *archive, sequence_t from, unsigned count, size_t bytes,
                                  struct buffer *records, char *error);

#endif
