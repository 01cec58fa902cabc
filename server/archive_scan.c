/* archive_scan.c: see archive_scan.h. */
#include "server/archive_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Digits of the largest total that is read from TEXT: 10^57 is below 2^192. */
#define TOTAL_DIGITS_MAX 57

bool scan_next(struct scan *scan)
{
    int result = sqlite3_step(scan->statement);
    scan->row = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        scan->good =
            archive_fail_sqlite(scan->archive, scan->error, "it can't be read; restore it from a backup");
    }
    return scan->good && scan->row;
}

struct scan scan_open(struct archive *archive, const char *sql, char *error)
{
    struct scan scan = {.archive = archive, .good = true, .error = error};
    if (sqlite3_prepare_v2(archive->db, sql, -1, &scan.statement, NULL) != SQLITE_OK) {
        scan.good = archive_fail_sqlite(archive, error, "it can't be read; restore it from a backup");
    }
    return scan;
}

bool scan_fail(struct scan *scan, const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    scan->good =
        archive_fail(scan->archive, scan->error, "it contradicts itself: %s; restore it from a backup", what);
    return false;
}

int64_t column_integer(const struct scan *scan, int column)
{
    return sqlite3_column_int64(scan->statement, column);
}

struct slice column_text(const struct scan *scan, int column)
{
    const char *text = (const char *)sqlite3_column_blob(scan->statement, column);
    return (struct slice){text ? text : "", (size_t)sqlite3_column_bytes(scan->statement, column)};
}

struct total column_total(struct scan *scan, int column)
{
    struct total total = {0};
    if (sqlite3_column_type(scan->statement, column) == SQLITE_INTEGER) {
        int64_t value = column_integer(scan, column);
        if (value < 0) {
            scan_fail(scan, "an amount is below zero");
            return total;
        }
        total.low = (amount_t)value;
        return total;
    }
    struct slice text = column_text(scan, column);
    bool digits = text.length > 0 && text.length <= TOTAL_DIGITS_MAX;
    for (size_t i = 0; digits && i < text.length; i++) {
        digits = text.text[i] >= '0' && text.text[i] <= '9';
        struct total twice = total;
        total_merge(&twice, total);
        total = twice;
        total_merge(&total, total);
        total_merge(&total, total);
        total_merge(&total, twice);
        total_add(&total, (amount_t)(text.text[i] - '0'));
    }
    if (!digits) {
        scan_fail(scan, "an amount is '%.*s'", (int)(text.length < 64 ? text.length : 64), text.text);
        return (struct total){0};
    }
    return total;
}

amount_t column_amount(struct scan *scan, int column)
{
    struct total total = column_total(scan, column);
    if (total.high != 0) {
        scan_fail(scan, "an amount has more than 128 bits");
    }
    return total.low;
}

bool scan_close(struct scan *scan)
{
    sqlite3_finalize(scan->statement);
    scan->statement = NULL;
    return scan->good;
}

bool column_is_null(const struct scan *scan, int column)
{
    return sqlite3_column_type(scan->statement, column) == SQLITE_NULL;
}

sequence_t column_account(const struct scan *scan, int column)
{
    int64_t account = column_integer(scan, column);
    return account > 0 ? (sequence_t)account : 0;
}

uint8_t column_name(struct scan *scan, int column, const char *const *names, unsigned count)
{
    struct slice text = column_text(scan, column);
    for (unsigned i = 0; i < count; i++) {
        if (strlen(names[i]) == text.length && memcmp(names[i], text.text, text.length) == 0) {
            return (uint8_t)i;
        }
    }
    scan_fail(scan, "a kind or state is '%.*s'", (int)(text.length < 64 ? text.length : 64), text.text);
    return 0;
}
