/* archive.c: making, opening and closing the database. */
#include "server/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/asset.h"
#include "server/archive_schema.h"
#include "server/archive_state.h"
#include "server/directory.h"
#include "server/memory.h"

/* How long to wait for somebody else's transaction, in milliseconds: a person's, in the sqlite3 shell. */
#define BUSY_MS 60000

/* Hexadecimal digits of a ledger's id. */
#define LEDGER_DIGITS 32

/* Every commit is durable: the journal before it is given up afterwards. A checkpoint for every 128 MiB of
 * log.
 */
static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 268435456;"
                               "PRAGMA cache_size = -65536;";

bool archive_fail(const struct archive *archive, char *error, const char *format, ...)
{
    va_list arguments;
    int length = snprintf(error, ARCHIVE_ERROR_MAX, "'%.384s': ", archive->path);
    va_start(arguments, format);
    (void)vsnprintf(error + length, ARCHIVE_ERROR_MAX - (size_t)length, format, arguments);
    va_end(arguments);
    return false;
}

bool archive_fail_sqlite(const struct archive *archive, char *error, const char *doing)
{
    return archive_fail(archive, error, "%s: SQLite says: %s", doing, sqlite3_errmsg(archive->db));
}

static struct archive *archive_new(const char *dir)
{
    char path[PATH_MAX];
    struct archive *archive = memory_zeroed(1, sizeof *archive);
    (void)snprintf(path, sizeof path, "%s/ledger.db", dir);
    archive->run_numbers = RUN_NUMBERS;
    archive->path = strdup(path);
    if (!archive->path) {
        abort();
    }
    return archive;
}

void archive_close(struct archive *archive)
{
    if (!archive) {
        return;
    }
    for (int i = 0; i < ARCHIVE_STATEMENTS; i++) {
        sqlite3_finalize(archive->statements[i]);
    }
    sqlite3_close(archive->db);
    books_free(&archive->books);
    holds_free(&archive->holds);
    buffer_free(&archive->landmarks);
    buffer_free(&archive->pairs);
    free(archive->path);
    free(archive);
}

/** The assets known from the start, in the order in which every ledger has them. */
static bool assets_fill(struct archive *archive, char *error)
{
    static const char sql[] = "INSERT INTO assets VALUES (?1, ?2, ?3, ?4, NULL)";
    struct assets *assets = memory_zeroed(1, sizeof *assets);
    sqlite3_stmt *statement = NULL;
    assets_init(assets);
    bool good = sqlite3_prepare_v2(archive->db, sql, -1, &statement, NULL) == SQLITE_OK;
    for (uint32_t i = 0; good && i < assets->count; i++) {
        const struct asset_tag *tag = &assets->rows[i].tag;
        int64_t unit = 1;
        for (unsigned digit = 0; digit < tag->scale; digit++) {
            unit *= 10;
        }
        sqlite3_bind_int64(statement, 1, (int64_t)i + 1);
        sqlite3_bind_text(statement, 2, tag->code, tag->length, SQLITE_STATIC);
        sqlite3_bind_int(statement, 3, tag->scale);
        sqlite3_bind_int64(statement, 4, unit);
        good = sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK;
    }
    sqlite3_finalize(statement);
    free(assets);
    return good || archive_fail_sqlite(archive, error, "it can't be filled");
}

static bool database_fill(struct archive *archive, struct ledger_id ledger, char *error)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, "INSERT INTO meta VALUES ('%016" PRIx64 "%016" PRIx64 "', 0, 0, '%s')",
                   ledger.words[0], ledger.words[1], BURSAR_VERSION);
    if (sqlite3_exec(archive->db, "PRAGMA page_size = 8192; PRAGMA synchronous = FULL; BEGIN", NULL, NULL,
                     NULL) != SQLITE_OK ||
        !archive_migrate(archive->db, 0) || sqlite3_exec(archive->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return archive_fail_sqlite(archive, error, "it can't be made");
    }
    if (!assets_fill(archive, error)) {
        return false;
    }
    return sqlite3_exec(archive->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ||
           archive_fail_sqlite(archive, error, "it can't be made");
}

bool archive_create(const char *dir, struct ledger_id ledger, char *error)
{
    char unfinished[PATH_MAX];
    struct archive *archive = archive_new(dir);
    /* Under another name until it is complete, so that a crash leaves no half of one behind; and all in one
     * file, without a write-ahead log. */
    (void)snprintf(unfinished, sizeof unfinished, "%s/ledger.db-new", dir);
    unlink(unfinished);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(unfinished, &archive->db, flags, NULL) == SQLITE_OK
                    ? database_fill(archive, ledger, error)
                    : archive_fail_sqlite(archive, error, "it can't be made");
    if (sqlite3_close(archive->db) == SQLITE_OK) {
        archive->db = NULL;
    }
    if (good && rename(unfinished, archive->path) != 0) {
        good =
            archive_fail(archive, error, "'%.256s' can't be renamed to it: %s", unfinished, strerror(errno));
    }
    good = good && directory_sync(dir, error);
    archive_close(archive);
    return good;
}

/** The integer that a statement of one row and one column yields; -1 when it fails. */
static int64_t integer_get(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return value;
}

static bool meta_read(struct archive *archive, char *error)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(archive->db, "SELECT ledger, number, time_ns FROM meta", -1, &statement,
                                   NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    const char *ledger = good ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (ledger && strlen(ledger) == LEDGER_DIGITS) {
        char high[LEDGER_DIGITS / 2 + 1] = {0};
        memcpy(high, ledger, LEDGER_DIGITS / 2);
        archive->ledger.words[0] = strtoull(high, NULL, 16);
        archive->ledger.words[1] = strtoull(ledger + LEDGER_DIGITS / 2, NULL, 16);
        archive->committed.number = (sequence_t)sqlite3_column_int64(statement, 1);
        archive->committed.time = (uint64_t)sqlite3_column_int64(statement, 2);
        archive->folded = archive->committed;
    } else {
        good = false;
    }
    sqlite3_finalize(statement);
    return good ||
           archive_fail(archive, error, "it is damaged: table meta can't be read; restore it from a backup");
}

static bool statements_prepare(struct archive *archive, char *error)
{
    static const char *const sql[ARCHIVE_STATEMENTS] = {
        [ARCHIVE_BEGIN] = "BEGIN IMMEDIATE",
        [ARCHIVE_COMMIT] = "COMMIT",
        [ARCHIVE_ADD_TRANSFER] =
            "INSERT INTO transfers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        [ARCHIVE_ADD_ACCOUNT] = "INSERT INTO accounts VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open')",
        [ARCHIVE_SET_LIMITS] = "UPDATE accounts SET overdraft = ?2, ceiling = ?3 WHERE account = ?1",
        [ARCHIVE_SET_STATE] = "UPDATE accounts SET state = ?2 WHERE account = ?1",
        [ARCHIVE_SET_TOTALS] = "REPLACE INTO totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        [ARCHIVE_ADD_ASSET] = "INSERT INTO assets VALUES (?1, ?2, ?3, ?4, ?5)",
        [ARCHIVE_DEFINE_ASSET] = "UPDATE assets SET defined = ?2 WHERE asset = ?1",
        [ARCHIVE_ADD_HOLD] = ("INSERT INTO holds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 'held', ?7, NULL, NULL, "
                              "?8, ?9, ?10, ?11)"),
        [ARCHIVE_SET_HOLD] = ("UPDATE holds SET remaining = ?2, state = ?3, expires_ns = ?4, ended = ?5, "
                              "ended_ns = ?6 WHERE number = ?1"),
        [ARCHIVE_ADD_EVENT] =
            ("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
             "?13, ?14, ?15, ?16)"),
        [ARCHIVE_ADD_LANDMARK] = "INSERT INTO landmarks VALUES (?1, ?2, ?3, ?4)",
        [ARCHIVE_ADD_RUN] = "INSERT INTO runs VALUES (?1, ?2, ?3, ?4)",
        [ARCHIVE_SET_META] = "UPDATE meta SET number = ?1, time_ns = ?2, server = ?3",
    };
    for (int i = 0; i < ARCHIVE_STATEMENTS; i++) {
        if (!archive->statements[i] && sqlite3_prepare_v3(archive->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                                          &archive->statements[i], NULL) != SQLITE_OK) {
            return archive_fail_sqlite(archive, error, "it is damaged; restore it from a backup");
        }
    }
    return true;
}

/** Brings a database of an earlier version up to date. */
static bool version_raise(struct archive *archive, int version, bool readonly, char *error)
{
    if (readonly) {
        return archive_fail(
            archive, error,
            "it has version %d of the schema, and only version %d can be read; a server brings "
            "it up to date when it starts",
            version, ARCHIVE_VERSION);
    }
    if (sqlite3_exec(archive->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        !archive_migrate(archive->db, version)) {
        return archive_fail_sqlite(archive, error, "it can't be brought up to date");
    }
    if (!meta_read(archive, error) || !statements_prepare(archive, error) ||
        !archive_history_make(archive, error)) {
        return false;
    }
    return sqlite3_exec(archive->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ||
           archive_fail_sqlite(archive, error, "it can't be brought up to date");
}

/** Whether the file is one that this server can use; an earlier version is brought up to date. */
static bool version_check(struct archive *archive, bool readonly, char *error)
{
    int64_t application = integer_get(archive->db, "PRAGMA application_id");
    int64_t version = integer_get(archive->db, "PRAGMA user_version");
    if (application < 0 || version < 0) {
        return archive_fail_sqlite(archive, error, "it can't be read; restore it from a backup");
    }
    if (application != ARCHIVE_APPLICATION || version == 0) {
        return archive_fail(archive, error, "it is a database, but not a bursar ledger");
    }
    if (version > ARCHIVE_VERSION) {
        return archive_fail(archive, error,
                            "it has version %" PRId64
                            " of the schema, and this server knows version %d; use the "
                            "server that wrote it, or a later one",
                            version, ARCHIVE_VERSION);
    }
    return version == ARCHIVE_VERSION || version_raise(archive, (int)version, readonly, error);
}

struct archive *archive_open(const char *dir, bool readonly, char *error)
{
    struct archive *archive = archive_new(dir);
    int flags = (readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(archive->path, &archive->db, flags, NULL) == SQLITE_OK ||
                archive_fail_sqlite(archive, error, "it can't be opened");
    if (good) {
        sqlite3_busy_timeout(archive->db, BUSY_MS);
        good = version_check(archive, readonly, error);
    }
    if (good && sqlite3_exec(archive->db, readonly ? "PRAGMA cache_size = -65536" : settings, NULL, NULL,
                             NULL) != SQLITE_OK) {
        good = archive_fail_sqlite(archive, error, "it can't be used");
    }
    good = good && meta_read(archive, error) && (readonly || statements_prepare(archive, error));
    if (!good) {
        archive_close(archive);
        return NULL;
    }
    return archive;
}

uint64_t archive_accounts(const struct archive *archive)
{
    int64_t count = integer_get(archive->db, "SELECT count(*) FROM totals");
    return count > 0 ? (uint64_t)count : 0;
}

struct ledger_id archive_ledger(const struct archive *archive)
{
    return archive->ledger;
}

struct stamp archive_stamp(const struct archive *archive)
{
    return archive->committed;
}

int archive_asset_find(const struct archive *archive, const struct asset_tag *tag)
{
    for (uint32_t i = 0; i < archive->asset_count; i++) {
        if (asset_tag_equal(&archive->assets[i].tag, tag)) {
            return (int)i;
        }
    }
    return -1;
}

bool archive_asset_add(struct archive *archive, const struct asset_tag *tag, bool defined, char *error)
{
    if (archive->asset_count == ASSETS_MAX) {
        return archive_fail(archive, error, "it has more than %d assets", ASSETS_MAX);
    }
    archive->assets[archive->asset_count++] = (struct archive_sum){.tag = *tag, .defined = defined};
    return true;
}

struct archive_totals archive_totals(const struct archive *archive, const struct asset_tag *asset)
{
    int place = archive_asset_find(archive, asset);
    return place < 0 ? (struct archive_totals){0} : archive->assets[place].totals;
}

/** Says that two totals of an asset, or three, are not the same. */
static bool unbalanced(const struct archive *archive, const struct archive_sum *asset, const char *format,
                       const struct total *totals, char *error)
{
    char texts[3][AMOUNT_TEXT_MAX + 1] = {{0}};
    char what[256];
    for (int i = 0; i < 3; i++) {
        texts[i][total_format(totals[i], asset->tag.scale, texts[i])] = '\0';
    }
    (void)snprintf(what, sizeof what, format, texts[0], texts[1], texts[2]);
    return archive_fail(archive, error,
                        "it is out of balance: in %.*s %s; keep it for examination and restore a backup",
                        (int)asset->tag.length, asset->tag.code, what);
}

bool archive_balanced(const struct archive *archive, char *error)
{
    for (uint32_t i = 0; i < archive->asset_count; i++) {
        const struct archive_sum *asset = &archive->assets[i];
        const struct archive_totals *totals = &asset->totals;
        if (!total_equal(totals->debits, totals->credits)) {
            const struct total both[] = {totals->debits, totals->credits, {0}};
            return unbalanced(archive, asset, "debits are %s and credits %s", both, error);
        }
        if (!total_equal(totals->held, asset->held_out) || !total_equal(totals->held, asset->held_in)) {
            const struct total all[] = {totals->held, asset->held_out, asset->held_in};
            return unbalanced(archive, asset, "holds hold %s, and accounts have %s held out and %s in", all,
                              error);
        }
    }
    return true;
}
