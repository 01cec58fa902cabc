/* server_archive_past.c: what finds old things in the archive, and databases of version 1 of the schema. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/asset.h"
#include "server/archive_state.h"
#include "tests/unit/archived.h"
#include "tests/unit/storage.h"

/** Numbers that a run covers in these tests. */
#define RUN 500

static struct archive *archive_again(const char *dir, struct archive *archive)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    archive_close(archive);
    archive = archive_open(dir, false, error);
    cr_assert_not_null(archive, "%s", error);
    archive->run_numbers = RUN;
    cr_assert(archive_load(archive, NULL, 0, error), "%s", error);
    return archive;
}

/** Tells a story of `parts` times 100 records, committing after each. */
static void tell(const char *dir, struct story *story, unsigned parts, struct buffer *records)
{
    struct archive *archive = archived_new(dir);
    archive->run_numbers = RUN;
    for (unsigned part = 0; part < parts; part++) {
        size_t begun = buffer_length(records);
        story_tell(story, 100, records);
        const struct buffer news = {.bytes = records->bytes + begun, .end = records->end - begun};
        archived_fold(archive, &news);
        archived_commit(archive);
        if (part % 7 == 3)
            archive = archive_again(dir, archive);
    }
    archive_close(archive);
}

/** What one account's landmarks come to. */
struct walk {
    balance_t balance;
    uint64_t entries;
    struct buffer lines;
};

static void walk_step(struct walk *walk, sequence_t account, sequence_t number, balance_t amount)
{
    char text[AMOUNT_TEXT_MAX];
    walk->balance += amount;
    if (++walk->entries % LANDMARK_EVERY != 0)
        return;
    int length = (int)balance_format(walk->balance, 0, text);
    buffer_printf(&walk->lines, "%lu|%lu|%.*s|%lu\n", account, number, length, text, walk->entries);
}

Test(archive_past, has_a_landmark_for_every_64th_entry_of_an_account)
{
    char *dir = storage_make();
    struct story story = {.dice = dice_begin(), .last = {0, 1700000000000000000}};
    struct buffer records = {0};
    struct buffer lines = {0};
    struct buffer entries = {0};
    tell(dir, &story, 40, &records);
    struct walk *walks = calloc(story.last.number + 1, sizeof *walks); /* by account; all @worlds are one */
    for (size_t at = 0; at < buffer_length(&records);) {
        const struct record *record = (const struct record *)(const void *)(records.bytes + at);
        const struct record_leg *legs = record_legs(record);
        at += record->size;
        if (record->kind != RECORD_TRANSFER || !transfer_moves(record->type))
            continue;
        for (unsigned i = 0; i < record->leg_count; i++) {
            sequence_t number = record->stamp.number + i;
            walk_step(&walks[legs[i].from], legs[i].from, number, -(balance_t)legs[i].amount);
            walk_step(&walks[legs[i].to], legs[i].to, number, (balance_t)legs[i].amount);
        }
    }
    for (sequence_t account = 0; account <= story.last.number; account++) {
        buffer_append(&lines, walks[account].lines.bytes, buffer_length(&walks[account].lines));
        if (walks[account].entries > 0)
            buffer_printf(&entries, "%lu|%lu\n", account, walks[account].entries);
        buffer_free(&walks[account].lines);
    }
    cr_assert_gt(buffer_length(&lines), 1000, "there are too few to tell");
    buffer_append(&lines, "", 1);
    buffer_append(&entries, "", 1);
    archived_expect(dir, "SELECT max(account, 0), number, balance, entries FROM landmarks ORDER BY 1, 2",
                    lines.bytes);
    archived_expect(dir, "SELECT max(account, 0), entries FROM totals WHERE entries > 0 ORDER BY 1",
                    entries.bytes);
    free(walks);
    buffer_free(&lines);
    buffer_free(&entries);
    buffer_free(&records);
    storage_remove(dir);
}

/** The number that runs have for an id; 0: none. Expects that every run is sorted. */
static sequence_t run_search(sqlite3 *db, struct slice id)
{
    sqlite3_stmt *statement = NULL;
    uint64_t hash = ident_hash(id.text, id.length, 0);
    sequence_t found = 0;
    cr_assert_eq(
        sqlite3_prepare_v2(db, "SELECT first, last, run FROM runs WHERE part = ?1", -1, &statement, NULL),
        SQLITE_OK);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)(hash >> 56));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const struct archive_pair *pairs = sqlite3_column_blob(statement, 2);
        size_t count = (size_t)sqlite3_column_bytes(statement, 2) / sizeof *pairs;
        for (size_t i = 0; i < count; i++) {
            cr_assert(i == 0 || pairs[i - 1].hash <= pairs[i].hash);
            cr_assert((sqlite3_int64)pairs[i].number >= sqlite3_column_int64(statement, 0) &&
                      (sqlite3_int64)pairs[i].number <= sqlite3_column_int64(statement, 1));
            /* What reverses it comes later, under the same hash. */
            if (pairs[i].hash == hash && found == 0)
                found = pairs[i].number;
        }
    }
    sqlite3_finalize(statement);
    return found;
}

/** Expects that every id of some records is in the runs, up to where they end. */
static void expect_runs(const char *dir, const struct buffer *records)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    unsigned found = 0;
    cr_assert_eq(sqlite3_open_v2(storage_path(dir, "ledger.db"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, "SELECT max(last) FROM runs", -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    sequence_t last = (sequence_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    for (size_t at = 0; at < buffer_length(records);) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        at += record->size;
        if (record->kind != RECORD_TRANSFER || record->id_length == 0)
            continue;
        sequence_t number = run_search(db, record_id(record));
        cr_assert_eq(number, record->stamp.number <= last ? record->stamp.number : 0, "number %lu",
                     record->stamp.number);
        found += number != 0;
    }
    cr_assert_gt(found, 1000);
    sqlite3_close(db);
}

Test(archive_past, finds_every_id_in_its_runs)
{
    char *dir = storage_make();
    struct story story = {.dice = dice_begin(), .last = {0, 1700000000000000000}};
    struct buffer records = {0};
    char expected[64];
    tell(dir, &story, 30, &records);
    expect_runs(dir, &records);
    /* They cover all numbers, each once, up to some of the newest. */
    archived_expect(
        dir,
        "SELECT min(first), count(*), sum(first <> before + 1) FROM (SELECT first, lag(last, 1, 0) "
        "OVER (ORDER BY first) AS before FROM runs WHERE part = 0) WHERE first > before + 1",
        "(null)|0|(null)\n");
    archived_expect(dir, "SELECT count(DISTINCT part), min(first) FROM runs", "256|1\n");
    (void)snprintf(expected, sizeof expected, "1|%d\n", 1);
    archived_expect(dir, "SELECT max(last) <= number, number - max(last) < 500 FROM runs, meta", expected);

    /* They are made again from the tables. */
    archived_run(dir, "DELETE FROM runs");
    char error[ARCHIVE_ERROR_MAX] = "";
    archive_close(archive_again(dir, archive_open(dir, false, error)));
    expect_runs(dir, &records);
    buffer_free(&records);
    storage_remove(dir);
}

Test(archive_past, is_not_committed_when_holds_and_accounts_disagree)
{
    char *dir = storage_make();
    char error[ARCHIVE_ERROR_MAX] = "";
    struct archive *archive = archived_new(dir);
    struct story story = {.dice = dice_begin(), .last = {0, 1700000000000000000}};
    struct buffer records = {0};
    story_tell(&story, 300, &records);
    archived_fold(archive, &records);
    total_add(&archive->assets[archive_asset_find(archive, &(struct asset_tag){"USD", 3, 2, {0}})].held_in,
              1);
    cr_assert(!archive_commit(archive, error));
    cr_expect_not_null(strstr(error, "out of balance: in USD holds hold "), "%s", error);
    archive_close(archive);
    archived_expect(dir, "SELECT number FROM meta", "0\n");
    buffer_free(&records);
    storage_remove(dir);
}

/* Nearly all hashes differ in their first 33 bits, so these are made. */
Test(archive_past, sorts_hashes_that_only_their_last_bits_tell_apart)
{
    char *dir = storage_make();
    char error[ARCHIVE_ERROR_MAX] = "";
    struct archive *archive = archived_new(dir);
    struct dice dice = dice_begin();
    for (sequence_t number = 1; number <= 1000; number++) {
        const struct archive_pair pair = {(uint64_t)(number % 7) << 60 | dice_below(&dice, 500), number};
        buffer_append(&archive->pairs, &pair, sizeof pair);
    }
    archive->run_numbers = 1000;
    cr_assert(archive_step(archive, ARCHIVE_BEGIN, error), "%s", error);
    cr_assert(archive_run_write(archive, 1000, error), "%s", error);
    cr_assert(archive_step(archive, ARCHIVE_COMMIT, error), "%s", error);
    archive_close(archive);

    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    size_t seen = 0;
    cr_assert_eq(sqlite3_open_v2(storage_path(dir, "ledger.db"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, "SELECT part, run FROM runs", -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const struct archive_pair *pairs = sqlite3_column_blob(statement, 1);
        size_t count = (size_t)sqlite3_column_bytes(statement, 1) / sizeof *pairs;
        for (size_t i = 0; i < count; i++) {
            bool follows = i == 0 || pairs[i - 1].hash < pairs[i].hash ||
                           (pairs[i - 1].hash == pairs[i].hash && pairs[i - 1].number < pairs[i].number);
            cr_assert(follows && (int)(pairs[i].hash >> 56) == sqlite3_column_int(statement, 0), "seed %lu",
                      dice.seed);
        }
        seen += count;
    }
    cr_assert_eq(seen, 1000);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    storage_remove(dir);
}

/* The schema of version 1, as it was released. */
static const char version_1[] =
    "CREATE TABLE meta (ledger TEXT NOT NULL, number INTEGER NOT NULL, time_ns INTEGER NOT NULL,"
    "  server TEXT NOT NULL) STRICT;"
    "CREATE TABLE assets (asset INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, scale INTEGER NOT NULL,"
    "  unit INTEGER NOT NULL, defined INTEGER) STRICT;"
    "CREATE TABLE accounts (account INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    "  asset INTEGER NOT NULL REFERENCES assets, overdraft ANY, ceiling ANY, opened_ns INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE totals (account INTEGER PRIMARY KEY REFERENCES accounts, debits ANY NOT NULL,"
    "  credits ANY NOT NULL, entry INTEGER NOT NULL) STRICT;"
    "CREATE TABLE transfers (number INTEGER PRIMARY KEY, leg INTEGER NOT NULL, id TEXT, kind TEXT,"
    "  time_ns INTEGER NOT NULL, debit INTEGER NOT NULL REFERENCES accounts,"
    "  credit INTEGER NOT NULL REFERENCES accounts, amount ANY NOT NULL, debit_before INTEGER NOT NULL,"
    "  credit_before INTEGER NOT NULL, note ANY) STRICT;"
    "CREATE VIEW balances AS SELECT id, code AS asset, credits - debits AS balance, debits, credits, account"
    "  FROM accounts JOIN totals USING (account) JOIN assets USING (asset);"
    "CREATE VIEW legs AS SELECT t.number, first.id, first.kind, d.id AS debit, c.id AS credit"
    "  FROM transfers t JOIN transfers first ON first.number = t.number - t.leg"
    "    JOIN accounts d ON d.account = t.debit JOIN accounts c ON c.account = t.credit;"
    "CREATE VIEW entries AS SELECT debit AS account, number FROM transfers"
    "  UNION ALL SELECT credit, number FROM transfers;"
    "CREATE VIEW statement AS SELECT * FROM entries;"
    "PRAGMA application_id = 1651667826; PRAGMA user_version = 1;";

/** Appends what version 1 knew of a story: its openings, definitions and plain transfers, numbered anew. */
static void plain_tell(struct story *story, unsigned count, struct buffer *records)
{
    struct buffer all = {0};
    sequence_t *numbers = calloc(count * LEGS_MAX + 1, sizeof *numbers);
    struct stamp last = {0, 1000};
    story_tell(story, count, &all);
    for (size_t at = 0; at < buffer_length(&all);) {
        struct record *record = (struct record *)(void *)(all.bytes + at);
        struct record_leg *legs = (struct record_leg *)(void *)(record + 1);
        at += record->size;
        bool plain = record->kind == RECORD_TRANSFER && record->type <= TRANSFER_WITHDRAW;
        if (record->kind == RECORD_CHANGE || (record->kind == RECORD_TRANSFER && !plain))
            continue;
        if (record->kind == RECORD_OPEN)
            numbers[record->stamp.number] = last.number + 1;
        for (unsigned i = 0; plain && i < record->leg_count; i++) {
            legs[i].from = numbers[legs[i].from];
            legs[i].to = numbers[legs[i].to];
        }
        record->flags = 0;
        record->stamp = (struct stamp){last.number + 1, last.time + 7};
        last = (struct stamp){last.number + record->leg_count, last.time + 6 + record->leg_count};
        buffer_append(records, record, record->size);
    }
    story->last = last;
    free(numbers);
    buffer_free(&all);
}

/** Makes DIR/ledger.db, of version 1, from DIR/new.db, which has the same rows and more. */
static void version_1_make(const char *dir)
{
    char sql[1024];
    archived_run(dir, version_1);
    (void)snprintf(
        sql, sizeof sql,
        "ATTACH '%s' AS new; INSERT INTO meta SELECT * FROM new.meta;"
        "INSERT INTO assets SELECT * FROM new.assets;"
        "INSERT INTO accounts SELECT account, id, asset, overdraft, ceiling, opened_ns FROM new.accounts;"
        "INSERT INTO totals SELECT account, debits, credits, entry FROM new.totals;"
        "INSERT INTO transfers SELECT number, leg, id, kind, time_ns, debit, credit, amount, debit_before,"
        "  credit_before, note FROM new.transfers;",
        storage_path(dir, "new.db"));
    archived_run(dir, sql);
}

/** Expects that tables of DIR/ledger.db and DIR/new.db have the same rows. */
static void expect_tables(const char *dir)
{
    static const char *const tables[] = {"meta",   "assets",    "accounts", "totals", "transfers",
                                         "events", "landmarks", "runs",     "holds"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        sqlite3 *db = NULL;
        sqlite3_stmt *statement = NULL;
        char sql[512];
        cr_assert_eq(sqlite3_open(storage_path(dir, "ledger.db"), &db), SQLITE_OK);
        (void)snprintf(sql, sizeof sql, "ATTACH '%s' AS new", storage_path(dir, "new.db"));
        cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        (void)snprintf(
            sql, sizeof sql,
            "SELECT count(*) FROM (SELECT * FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM new.%s) "
            "UNION ALL SELECT * FROM (SELECT * FROM new.%s EXCEPT SELECT * FROM main.%s))",
            tables[i], tables[i], tables[i], tables[i]);
        cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
        cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
        cr_expect_eq(sqlite3_column_int64(statement, 0), 0, "table %s", tables[i]);
        sqlite3_finalize(statement);
        sqlite3_close(db);
    }
}

Test(archive_past, brings_a_database_of_version_1_up_to_date)
{
    char *dir = storage_make();
    struct story story = {.dice = dice_begin(), .last = {0, 1000}};
    struct buffer records = {0};
    char error[ARCHIVE_ERROR_MAX] = "";
    plain_tell(&story, 4000, &records);
    struct archive *archive = archived_new(dir);
    archived_fold(archive, &records);
    archived_commit(archive);
    archive_close(archive);
    /* The only thing that version 1 did not keep. */
    archived_run(dir, "UPDATE events SET time_ns = NULL WHERE kind = 'asset'; PRAGMA journal_mode = DELETE");
    cr_assert_eq(rename(storage_path(dir, "ledger.db"), storage_path(dir, "new.db")), 0);
    version_1_make(dir);

    cr_assert_null(archive_open(dir, true, error));
    cr_assert_not_null(strstr(error, "it has version 1 of the schema"), "%s", error);
    archive = archive_open(dir, false, error);
    cr_assert_not_null(archive, "%s", error);
    cr_assert(archive_load(archive, NULL, 0, error), "%s", error);
    archive_close(archive);
    archived_expect(dir, "PRAGMA user_version", "2\n");
    archived_expect(dir, "SELECT count(*) > 100 FROM landmarks", "1\n");
    expect_tables(dir);
    archived_expect_records(dir, &records, story.last.number, 0, story.dice.seed);
    buffer_free(&records);
    storage_remove(dir);
}

Test(archive_past, refuses_a_database_of_version_1_whose_totals_are_wrong)
{
    char *dir = storage_make();
    struct story story = {.dice = dice_begin(), .last = {0, 1000}};
    struct buffer records = {0};
    char error[ARCHIVE_ERROR_MAX] = "";
    plain_tell(&story, 400, &records);
    struct archive *archive = archived_new(dir);
    archived_fold(archive, &records);
    archived_commit(archive);
    archive_close(archive);
    archived_run(dir, "PRAGMA journal_mode = DELETE");
    cr_assert_eq(rename(storage_path(dir, "ledger.db"), storage_path(dir, "new.db")), 0);
    version_1_make(dir);
    archived_run(dir, "UPDATE totals SET debits = debits + 1 WHERE typeof(debits) = 'integer';"
                      "UPDATE totals SET debits = '7' WHERE typeof(debits) = 'text'");
    cr_assert_null(archive_open(dir, false, error));
    cr_assert_not_null(strstr(error, "are not what its transfers come to"), "%s", error);
    archived_expect(dir, "PRAGMA user_version", "1\n"); /* as it was */
    buffer_free(&records);
    storage_remove(dir);
}
