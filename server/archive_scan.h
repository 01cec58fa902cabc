/* archive_scan.h: reading rows, every value of which is checked. */
#ifndef BURSAR_SERVER_ARCHIVE_SCAN_H
#define BURSAR_SERVER_ARCHIVE_SCAN_H

#include "server/archive_state.h"

/** A scan of the rows that a query yields. */
struct scan {
    struct archive *archive;
    sqlite3_stmt *statement;
    bool row;    /* the statement stands on a row */
    bool good;   /* nothing went wrong; else `error` is written */
    char *error; /* the caller's */
};

/** Prepares a query; it is not good when that fails. */
struct scan scan_open(struct archive *archive, const char *sql, char *error);

/** Moves to the next row. False: there is none, or it is not good any more. */
bool scan_next(struct scan *scan);

/** Ends it. Returns whether it is good. */
bool scan_close(struct scan *scan);

/** Says that the database contradicts itself, and how. Returns false. */
__attribute__((format(printf, 2, 3))) bool scan_fail(struct scan *scan, const char *format, ...);

/** The value of a column, as it is. */
int64_t column_integer(const struct scan *scan, int column);
struct slice column_text(const struct scan *scan, int column);
bool column_is_null(const struct scan *scan, int column);

/** An account as records name it: @world is 0. */
sequence_t column_account(const struct scan *scan, int column);

/** A total or an amount: INTEGER, or decimal TEXT. Zero, and the scan is not good, when it is neither. */
struct total column_total(struct scan *scan, int column);
amount_t column_amount(struct scan *scan, int column);

/** Which of `count` names it is. Zero, and the scan is not good, when it is none. */
uint8_t column_name(struct scan *scan, int column, const char *const *names, unsigned count);

#endif
