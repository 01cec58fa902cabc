/* feed_archive.c: rows become records again, in the order of their numbers. */
#include "server/feed_archive.h"

#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/amount.h"
#include "server/archive_state.h"
#include "server/feed_names.h"
#include "server/journal.h"
#include "server/memory.h"

/* How long to wait for somebody else's exclusive transaction, in milliseconds. */
#define BUSY_MS 5000

enum statement { ACCOUNT, TRANSFERS, EVENTS, FIRST, STATEMENTS };

struct feed_archive {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
};

static const char *const sql[STATEMENTS] = {
    [ACCOUNT] = "SELECT id, code, scale FROM accounts JOIN assets USING (asset) WHERE account = ?1",
    [TRANSFERS] =
        "SELECT number, time_ns, kind, id, reference, note, flags, terms, leg, debit, credit, amount, "
        "released FROM transfers WHERE number >= ?1 ORDER BY number",
    [EVENTS] = "SELECT number, time_ns, kind, id, reference, note, flags, terms, ttl, debit, credit, amount, "
               "account, overdraft, ceiling, code, scale "
               "FROM events LEFT JOIN assets USING (asset) WHERE number >= ?1 ORDER BY number",
    /* Where the record begins that has a number, or follows it. */
    [FIRST] =
        "SELECT min(first) FROM (SELECT * FROM (SELECT number - leg AS first FROM transfers "
        "WHERE number >= ?1 ORDER BY number LIMIT 1) UNION ALL SELECT * FROM (SELECT number FROM events "
        "WHERE number >= ?1 ORDER BY number LIMIT 1))"};

/** The columns that transfers and events have in common, and their own. */
enum { NUMBER, TIME, KIND, ID, REFERENCE, NOTE, FLAGS, TERMS, LEG, DEBIT, CREDIT, AMOUNT, RELEASED };
enum { TTL = LEG, CHANGED = RELEASED, OVERDRAFT, CEILING, CODE, SCALE };

/** One call that reads records. */
struct reading {
    struct feed_archive *archive;
    struct buffer *records;
    sequence_t next; /* the number of the next record, if it is there */
    unsigned count;  /* records still wanted */
    size_t size_max; /* of `records`: no further one then */
    bool rows[2];    /* the statement for transfers, for events stands on a row */
    bool good;       /* nothing went wrong */
    char *error;
};

__attribute__((format(printf, 2, 3))) static bool fail(char *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error, JOURNAL_ERROR_MAX, format, arguments);
    va_end(arguments);
    return false;
}

static bool fail_sqlite(const struct feed_archive *archive, char *error)
{
    return fail(error, "the snapshot can't be read: SQLite says: %s", sqlite3_errmsg(archive->db));
}

struct feed_archive *feed_archive_open(const char *dir, char *error)
{
    char path[PATH_MAX];
    struct feed_archive *archive = memory_zeroed(1, sizeof *archive);
    (void)snprintf(path, sizeof path, "%s/ledger.db", dir);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(path, &archive->db, flags, NULL) == SQLITE_OK &&
                sqlite3_busy_timeout(archive->db, BUSY_MS) == SQLITE_OK;
    for (int i = 0; good && i < STATEMENTS; i++) {
        good = sqlite3_prepare_v3(archive->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &archive->statements[i],
                                  NULL) == SQLITE_OK;
    }
    if (!good) {
        fail_sqlite(archive, error);
        feed_archive_close(archive);
        return NULL;
    }
    return archive;
}

void feed_archive_close(struct feed_archive *archive)
{
    if (!archive) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(archive->statements[i]);
    }
    sqlite3_close(archive->db);
    free(archive);
}

static struct slice column_text(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_blob(row, column);
    return (struct slice){text ? text : "", (size_t)sqlite3_column_bytes(row, column)};
}

/** The asset whose code and scale are in two columns. */
static bool column_asset(sqlite3_stmt *row, int code_column, struct asset_tag *asset)
{
    struct slice code = column_text(row, code_column);
    int scale = sqlite3_column_int(row, code_column + 1);
    if (!ident_asset_code_valid(code.text, code.length) || scale < 0 || scale > AMOUNT_SCALE_MAX) {
        return false;
    }
    *asset = (struct asset_tag){.length = (uint8_t)code.length, .scale = (uint8_t)scale};
    memcpy(asset->code, code.text, code.length);
    return true;
}

bool feed_archive_account(struct feed_archive *archive, sequence_t number, struct feed_name_kept *name,
                          char *error)
{
    sqlite3_stmt *row = archive->statements[ACCOUNT];
    sqlite3_bind_int64(row, 1, (sqlite3_int64)number);
    int result = sqlite3_step(row);
    bool good = result == SQLITE_ROW;
    if (good) {
        struct slice id = column_text(row, 0);
        good = ident_valid(id.text, id.length) && column_asset(row, 1, &name->asset);
        if (good) {
            name->length = (uint8_t)id.length;
            memcpy(name->id, id.text, id.length);
        }
    }
    if (!good && (result == SQLITE_ROW || result == SQLITE_DONE)) {
        fail(error, "the snapshot contradicts itself: it has no account of number %" PRIu64, number);
    } else if (!good) {
        fail_sqlite(archive, error);
    }
    sqlite3_reset(row);
    return good;
}

/** Notes that a row is not what it must be. */
static void contradict(struct reading *it)
{
    if (it->good) {
        it->good =
            fail(it->error,
                 "the snapshot contradicts itself: what it has of number %" PRIu64 " is not what it must be",
                 it->next);
    }
}

/** An amount: INTEGER, or decimal TEXT; nothing is 0. */
static amount_t column_amount(struct reading *it, sqlite3_stmt *row, int column)
{
    struct decimal decimal = {0};
    int type = sqlite3_column_type(row, column);
    if (type == SQLITE_INTEGER && sqlite3_column_int64(row, column) >= 0) {
        return (amount_t)sqlite3_column_int64(row, column);
    }
    struct slice text = column_text(row, column);
    if (type != SQLITE_NULL &&
        (type != SQLITE_TEXT || decimal_parse(text.text, text.length, &decimal) != DECIMAL_OK ||
         decimal.digits != 0)) {
        contradict(it);
    }
    return decimal.mantissa;
}

/** The number of an account of a leg; an @world account's is below zero there, and 0 in a record. */
static sequence_t column_account(sqlite3_stmt *row, int column)
{
    int64_t number = sqlite3_column_int64(row, column);
    return number > 0 ? (sequence_t)number : 0;
}

/** A transfer whose rows are being read: what its record is made of. */
struct gathered {
    struct stamp stamp;
    struct record_parts parts;
    char id[IDENT_MAX];
    char note[NOTE_MAX];
    char reference[IDENT_MAX];
    struct record_leg legs[LEGS_MAX];
};

/** Keeps a text beyond the row that it is on. */
static struct slice text_keep(struct reading *it, struct slice text, char *out, size_t size)
{
    if (text.length > size) {
        contradict(it);
        text.length = 0;
    }
    memcpy(out, text.text, text.length);
    return (struct slice){out, text.length};
}

/** Takes what both tables have of a row. */
static void row_gather(struct reading *it, sqlite3_stmt *row, struct gathered *out)
{
    out->stamp = (struct stamp){it->next, (uint64_t)sqlite3_column_int64(row, TIME)};
    out->parts = (struct record_parts){
        .id = text_keep(it, column_text(row, ID), out->id, sizeof out->id),
        .note = text_keep(it, column_text(row, NOTE), out->note, sizeof out->note),
        .reference = text_keep(it, column_text(row, REFERENCE), out->reference, sizeof out->reference),
        .terms = {.terms = (uint64_t)sqlite3_column_int64(row, TERMS)},
        .flags = (uint8_t)sqlite3_column_int(row, FLAGS),
    };
}

/** The leg that a row has, to be the next. */
static void leg_gather(struct reading *it, sqlite3_stmt *row, struct gathered *out)
{
    out->legs[out->parts.leg_count++] = (struct record_leg){.amount = column_amount(it, row, AMOUNT),
                                                            .from = column_account(row, DEBIT),
                                                            .to = column_account(row, CREDIT)};
}

static void gathered_append(struct reading *it, const struct gathered *gathered)
{
    struct record_leg *legs = record_transfer(it->records, &gathered->parts, gathered->stamp);
    memcpy(legs, gathered->legs, gathered->parts.leg_count * sizeof *legs);
}

/** The place of a word in a list; -1: it is not there. */
static int word_find(struct slice word, const char *const *list, int count)
{
    for (int i = 0; i < count; i++) {
        if (strlen(list[i]) == word.length && memcmp(list[i], word.text, word.length) == 0) {
            return i;
        }
    }
    return -1;
}

/** Moves one of the two statements on. */
static void row_next(struct reading *it, enum statement which)
{
    int result = sqlite3_step(it->archive->statements[which]);
    it->rows[which - TRANSFERS] = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        it->good = fail_sqlite(it->archive, it->error);
    }
}

/** Whether a statement stands on a row of the record with number it->next. */
static bool row_is_next(const struct reading *it, enum statement which)
{
    return it->rows[which - TRANSFERS] &&
           sqlite3_column_int64(it->archive->statements[which], NUMBER) == (int64_t)it->next;
}

/** Takes a transfer: the row of its first leg, and those of the others. */
static void transfer_take(struct reading *it)
{
    static struct gathered gathered;
    sqlite3_stmt *row = it->archive->statements[TRANSFERS];
    int type = word_find(column_text(row, KIND), archive_kinds, TRANSFER_HOLD);
    row_gather(it, row, &gathered);
    gathered.parts.type = (uint8_t)type;
    gathered.parts.terms.released = column_amount(it, row, RELEASED);
    if (type < 0 || sqlite3_column_int(row, LEG) != 0) {
        contradict(it);
    }
    do {
        leg_gather(it, row, &gathered);
        it->next++;
        row_next(it, TRANSFERS);
    } while (it->good && row_is_next(it, TRANSFERS) && gathered.parts.leg_count < LEGS_MAX &&
             sqlite3_column_int(row, LEG) == gathered.parts.leg_count);
    if (it->good) {
        gathered_append(it, &gathered);
    }
}

static struct record_options column_limits(struct reading *it, sqlite3_stmt *row)
{
    return (struct record_options){
        .overdraft = column_amount(it, row, OVERDRAFT),
        .ceiling = column_amount(it, row, CEILING),
        .unlimited = sqlite3_column_type(row, OVERDRAFT) == SQLITE_NULL,
        .has_ceiling = sqlite3_column_type(row, CEILING) != SQLITE_NULL,
    };
}

static void open_take(struct reading *it, sqlite3_stmt *row, const struct gathered *gathered)
{
    struct record_options options = column_limits(it, row);
    if (!column_asset(row, CODE, &options.asset)) {
        contradict(it);
    }
    record_open(it->records, gathered->parts.id.text, gathered->parts.id.length, &options, gathered->stamp);
}

static void change_take(struct reading *it, sqlite3_stmt *row, const struct gathered *gathered,
                        enum change_type type)
{
    struct record_change change = {.account = column_account(row, CHANGED)};
    if (type == CHANGE_LIMIT) {
        struct record_options limits = column_limits(it, row);
        change.overdraft = limits.overdraft;
        change.ceiling = limits.ceiling;
        change.unlimited = limits.unlimited;
        change.has_ceiling = limits.has_ceiling;
    }
    record_changed(it->records, type, &change, gathered->stamp);
}

/** Takes what posted nothing: one row of events. */
static void event_take(struct reading *it)
{
    static struct gathered gathered;
    sqlite3_stmt *row = it->archive->statements[EVENTS];
    struct slice kind = column_text(row, KIND);
    int type = word_find(kind, archive_kinds, TRANSFER_EXPIRE + 1);
    int change = word_find(kind, archive_changes, CHANGE_CLOSE + 1);
    struct asset_tag asset;
    row_gather(it, row, &gathered);
    if (word_find(kind, &(const char *){"open"}, 1) == 0) {
        open_take(it, row, &gathered);
    } else if (word_find(kind, &(const char *){"asset"}, 1) == 0 && column_asset(row, CODE, &asset)) {
        record_define(it->records, &asset, gathered.stamp);
    } else if (change >= 0) {
        change_take(it, row, &gathered, (enum change_type)change);
    } else if (type >= TRANSFER_HOLD) {
        gathered.parts.type = (uint8_t)type;
        gathered.parts.terms.ttl = (uint64_t)sqlite3_column_int64(row, TTL);
        leg_gather(it, row, &gathered);
        gathered_append(it, &gathered);
    } else {
        contradict(it);
    }
    it->next++;
    row_next(it, EVENTS);
}

/** Finds where the record begins that has number `from`. */
static enum feed_found first_find(struct reading *it, sequence_t from)
{
    sqlite3_stmt *row = it->archive->statements[FIRST];
    enum feed_found found = FEED_FAILURE;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)from);
    if (sqlite3_step(row) != SQLITE_ROW) {
        fail_sqlite(it->archive, it->error);
    } else if (sqlite3_column_type(row, 0) == SQLITE_NULL) {
        fail(it->error, "the snapshot contradicts itself: it has nothing of number %" PRIu64, from);
    } else if (sqlite3_column_int64(row, 0) > (int64_t)from) {
        found = FEED_GONE;
        fail(it->error, "number %" PRIu64 " is not kept any more; the first that is kept is %" PRId64, from,
             (int64_t)sqlite3_column_int64(row, 0));
    } else {
        found = FEED_FOUND;
        it->next = (sequence_t)sqlite3_column_int64(row, 0);
    }
    sqlite3_reset(row);
    return found;
}

/** Takes records from number it->next on, from both tables by turns, as far as there is no gap. */
static enum feed_found records_take(struct reading *it)
{
    for (enum statement which = TRANSFERS; which <= EVENTS; which++) {
        sqlite3_bind_int64(it->archive->statements[which], 1, (sqlite3_int64)it->next);
        row_next(it, which);
    }
    for (bool more = true; more && it->good && it->count > 0 && buffer_length(it->records) < it->size_max;
         it->count--) {
        if (row_is_next(it, TRANSFERS)) {
            transfer_take(it);
        } else if (row_is_next(it, EVENTS)) {
            event_take(it);
        } else {
            more = false;
        }
    }
    sqlite3_reset(it->archive->statements[TRANSFERS]);
    sqlite3_reset(it->archive->statements[EVENTS]);
    return it->good ? FEED_FOUND : FEED_FAILURE;
}

enum feed_found feed_archive_read(struct feed_archive *archive, sequence_t from, unsigned count, size_t bytes,
                                  struct buffer *records, char *error)
{
    struct reading it = {.archive = archive,
                         .records = records,
                         .count = count,
                         .size_max = bytes,
                         .good = true,
                         .error = error};
    /* Both tables as of one moment. */
    if (sqlite3_exec(archive->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
        fail_sqlite(archive, error);
        return FEED_FAILURE;
    }
    enum feed_found found = first_find(&it, from);
    if (found == FEED_FOUND) {
        found = records_take(&it);
    }
    sqlite3_exec(archive->db, "COMMIT", NULL, NULL, NULL);
    return found;
}
