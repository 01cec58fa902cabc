/* csv.h: rows of comma-separated values (RFC 4180), read as they come and written.
 *
 * Fields may be quoted, and then hold commas, quotes (written twice) and line ends. Lines end with LF or
 * CRLF, a byte order mark is skipped, as are empty lines, and blanks around a field without quotes don't
 * count. The grammar is libcsv's, in its strict mode; what is ours is that a reader never waits for more than
 * one row, and that a row knows its line.
 */
#ifndef BURSAR_CLIENT_CSV_H
#define BURSAR_CLIENT_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/buffer.h"
#include "proto/resp.h"

#define CSV_FIELDS_MAX 256     /* of a row */
#define CSV_ROW_MAX    1048576 /* bytes: a quote that is never closed must not swallow the whole file */

struct csv_row {
    uint64_t line; /* the one it begins on, from 1 */
    size_t count;
    struct slice fields[CSV_FIELDS_MAX]; /* owned by the reader, until its next row */
};

enum csv_status {
    CSV_ROW,   /* a row */
    CSV_WAIT,  /* none is whole yet: csv_reader_fill reads more */
    CSV_END,   /* there are no more */
    CSV_BROKEN /* it can't be read any further: csv_reader_error says why */
};

struct csv_reader;

/** Begins to read what `fd`, which stays the caller's, gives. */
struct csv_reader *csv_reader_open(int fd);

/** The next row. Does not read from the file. */
enum csv_status csv_reader_next(struct csv_reader *reader, struct csv_row *row);

/** Reads once from the file, which may block; its end shows itself to csv_reader_next. */
void csv_reader_fill(struct csv_reader *reader);

/** Bytes of the file that rows were made of so far. */
uint64_t csv_reader_taken(const struct csv_reader *reader);

/** A sentence with the line's number, after CSV_BROKEN. */
const char *csv_reader_error(const struct csv_reader *reader);

void csv_reader_close(struct csv_reader *reader);

/** Appends one field, in quotes where it needs them. */
void csv_append_field(struct buffer *out, struct slice field);

/** Appends a row of fields and its line feed. */
void csv_append_row(struct buffer *out, const struct slice *fields, size_t count);

#endif
