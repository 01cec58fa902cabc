/* archived.h: an archive in a test's directory: filled with records, looked at with SQL, and compared with
 * what the records come to, worked out in the plainest way.
 */
#ifndef BURSAR_TESTS_UNIT_ARCHIVED_H
#define BURSAR_TESTS_UNIT_ARCHIVED_H

#include "server/archive.h"

/** A new archive in `dir`, open and loaded. */
struct archive *archived_new(const char *dir);

/** Folds all of `records`; commits what was folded. The test fails where that does. */
void archived_fold(struct archive *archive, const struct buffer *records);
void archived_commit(struct archive *archive);

/** Runs SQL on the database in `dir`. */
void archived_run(const char *dir, const char *sql);

/** Expects that a query on it yields a text: columns with '|' between, lines. */
void archived_expect(const char *dir, const char *sql, const char *expected);

/** Expects that loading it tells what `records` come to, of the past what happened since a time. It stands at
 * `number`. `seed` is for the message. */
void archived_expect_records(const char *dir, const struct buffer *records, sequence_t number,
                             uint64_t since_ns, uint64_t seed);

#endif
