/* server_archive.c: the database is the exact ledger as of one number, and gives every record back. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/asset.h"
#include "server/archive.h"
#include "tests/unit/archived.h"
#include "tests/unit/storage.h"

Test(archive, gives_back_every_record_byte_for_byte)
{
    char *dir = storage_make();
    struct archive *archive = archived_new(dir);
    struct story story = {.dice = dice_begin(), .last = {0, 1700000000000000000}};
    struct buffer records = {0};
    for (unsigned part = 0; part < 8; part++) {
        size_t begun = buffer_length(&records);
        story_tell(&story, 400, &records);
        struct buffer news = {.bytes = records.bytes + begun, .end = records.end - begun};
        archived_fold(archive, &news);
        archived_commit(archive);
        if (part % 3 == 2) { /* what it keeps in memory is the same when it is loaded */
            char error[ARCHIVE_ERROR_MAX] = "";
            archive_close(archive);
            archive = archive_open(dir, false, error);
            cr_assert(archive != NULL && archive_load(archive, NULL, 0, error), "%s", error);
        }
        archived_expect_records(dir, &records, story.last.number, 0, story.dice.seed);
    }
    archive_close(archive);
    buffer_free(&records);
    storage_remove(dir);
}

Test(archive, gives_back_what_happened_since_a_time)
{
    char *dir = storage_make();
    struct archive *archive = archived_new(dir);
    struct story story = {.dice = dice_begin(), .last = {0, 1700000000000000000}};
    struct buffer records = {0};
    story_tell(&story, 1500, &records);
    archived_fold(archive, &records);
    archived_commit(archive);
    archive_close(archive);
    for (size_t at = 0; at < buffer_length(&records);) {
        const struct record *record = (const struct record *)(const void *)(records.bytes + at);
        at += record->size;
        if (dice_below(&story.dice, 40) == 0) { /* also in the midst of a transfer */
            uint64_t later = dice_below(&story.dice, 3) == 0 ? dice_below(&story.dice, 5) : 0;
            archived_expect_records(dir, &records, story.last.number, record->stamp.time + later,
                                    story.dice.seed);
        }
    }
    archived_expect_records(dir, &records, story.last.number, story.last.time + 1, story.dice.seed);
    buffer_free(&records);
    storage_remove(dir);
}

Test(archive, forgets_what_was_not_committed)
{
    char *dir = storage_make();
    struct archive *archive = archived_new(dir);
    struct story story = {.dice = dice_begin(), .last = {0, 1}};
    struct buffer records = {0};
    struct buffer more = {0};
    story_tell(&story, 100, &records);
    archived_fold(archive, &records);
    archived_commit(archive);
    sequence_t number = story.last.number;
    story_tell(&story, 100, &more);
    archived_fold(archive, &more);
    /* Another reader sees the old state meanwhile. */
    archived_expect_records(dir, &records, number, 0, story.dice.seed);
    archive_close(archive);
    archived_expect_records(dir, &records, number, 0, story.dice.seed);
    buffer_free(&records);
    buffer_free(&more);
    storage_remove(dir);
}

/** Folds an opening and then a transfer that can't be; returns the error. */
static const char *contradiction(sequence_t number, sequence_t from, sequence_t to)
{
    static char error[ARCHIVE_ERROR_MAX];
    char *dir = storage_make();
    struct archive *archive = archived_new(dir);
    struct buffer records = {0};
    const struct record_options dollars = {.asset = asset_tag_of((struct slice){"USD", 3}, 2)};
    const struct record_options yen = {.asset = asset_tag_of((struct slice){"JPY", 3}, 0)};
    record_open(&records, "a", 1, &dollars, (struct stamp){1, 10});
    record_open(&records, "b", 1, &yen, (struct stamp){2, 20});
    archived_fold(archive, &records);
    buffer_consume(&records, buffer_length(&records));
    const struct record_parts parts = {.id = {"t", 1}, .leg_count = 1, .type = TRANSFER_TRANSFER};
    struct record_leg *leg = record_transfer(&records, &parts, (struct stamp){number, 30});
    *leg = (struct record_leg){.amount = 5, .from = from, .to = to};
    cr_assert(!archive_fold(archive, (const struct record *)(const void *)records.bytes, error));
    buffer_free(&records);
    archive_close(archive);
    storage_remove(dir);
    return error;
}

Test(archive, refuses_records_that_contradict_it)
{
    cr_expect_not_null(strstr(contradiction(4, 0, 1), "number 4 does not follow number 2"));
    cr_expect_not_null(strstr(contradiction(3, 1, 7), "names account number 7, which was never opened"));
    cr_expect_not_null(strstr(contradiction(3, 1, 2), "between accounts 1 and 2, which can't have one"));
    cr_expect_not_null(strstr(contradiction(3, 1, 1), "between accounts 1 and 1, which can't have one"));
}

/** Opens and loads what is in `dir`; returns the error. */
static const char *refusal(const char *dir)
{
    static char error[ARCHIVE_ERROR_MAX];
    error[0] = '\0';
    struct archive *archive = archive_open(dir, false, error);
    cr_assert(archive == NULL || !archive_load(archive, NULL, 0, error), "it is not refused");
    archive_close(archive);
    return error;
}

Test(archive, refuses_a_database_that_it_does_not_know)
{
    char *dir = storage_make();
    cr_expect_not_null(strstr(refusal(dir), "can't be opened"));
    archived_run(dir, "CREATE TABLE t (a)");
    cr_expect_not_null(strstr(refusal(dir), "not a bursar ledger"));
    cr_assert_eq(unlink(storage_path(dir, "ledger.db")), 0);
    archive_close(archived_new(dir));
    archived_run(dir, "PRAGMA user_version = 9");
    cr_expect_not_null(strstr(refusal(dir), "version 9 of the schema, and this server knows version 2"));
    storage_write(storage_path(dir, "ledger.db"), "no database at all, only some text in a file", 44);
    cr_expect_not_null(strstr(refusal(dir), "restore it from a backup"));
    storage_remove(dir);
}

/** A database with some history, on which `sql` is run; returns what loading then says. */
static const char *tampered(const char *sql)
{
    char *dir = storage_make();
    struct archive *archive = archived_new(dir);
    struct story story = {.dice = {7, 7}, .last = {0, 1}};
    struct buffer records = {0};
    story_tell(&story, 200, &records);
    archived_fold(archive, &records);
    archived_commit(archive);
    archive_close(archive);
    archived_run(dir, sql);
    const char *error = refusal(dir);
    buffer_free(&records);
    storage_remove(dir);
    return error;
}

Test(archive, refuses_a_database_that_contradicts_itself)
{
    cr_expect_not_null(
        strstr(tampered("UPDATE totals SET credits = 7 WHERE account = 1"), "out of balance: in USD"));
    cr_expect_not_null(
        strstr(tampered("UPDATE totals SET credits = '12x' WHERE account = 1"), "an amount is '12x'"));
    cr_expect_not_null(strstr(tampered("DELETE FROM totals WHERE account = 1"), "has no asset or no totals"));
    cr_expect_not_null(
        strstr(tampered("UPDATE accounts SET asset = 5000 WHERE account = 1"), "has no asset"));
    cr_expect_not_null(
        strstr(tampered("UPDATE totals SET entry = 99999 WHERE account = 1"), "totals that can't be"));
}

static void tell_leg(struct buffer *records, const char *id, sequence_t number, struct record_leg leg)
{
    uint8_t type = leg.from == 0 ? TRANSFER_DEPOSIT : TRANSFER_TRANSFER;
    const struct record_parts parts = {
        .id = {id, strlen(id)}, .note = {"rent", 4}, .leg_count = 1, .type = type};
    *record_transfer(records, &parts, (struct stamp){number, 1700000000000000000 + number}) = leg;
}

Test(archive, shows_people_exact_amounts_through_its_views)
{
    char *dir = storage_make();
    struct archive *archive = archived_new(dir);
    struct buffer records = {0};
    const struct record_options dollars = {.asset = asset_tag_of((struct slice){"USD", 3}, 2)};
    const struct record_options ether = {.asset = asset_tag_of((struct slice){"ETH", 3}, 18)};
    record_open(&records, "alice", 5, &dollars, (struct stamp){1, 10});
    record_open(&records, "bob", 3, &dollars, (struct stamp){2, 20});
    record_open(&records, "whale", 5, &ether, (struct stamp){3, 30});
    tell_leg(&records, "d", 4, (struct record_leg){.amount = 10005, .to = 1});
    tell_leg(&records, "t", 5, (struct record_leg){.amount = 1234, .from = 1, .to = 2});
    tell_leg(&records, "e", 6, (struct record_leg){.amount = (amount_t)1 << 100, .to = 3});
    archived_fold(archive, &records);
    archived_commit(archive);
    archived_expect(
        dir, "SELECT id, balance FROM balances ORDER BY account",
        "@world/ETH|0 - 1267650600228229401496703205376 / 10^18\n@world/USD|-100.05\nalice|87.71\nbob|12.34\n"
        "whale|1267650600228229401496703205376 - 0 / 10^18\n");
    archived_expect(dir, "SELECT number, id, debit, credit, amount, time, note FROM legs WHERE number < 6",
                    "4|d|@world/USD|alice|100.05|2023-11-14 22:13:20.000000004|rent\n"
                    "5|t|alice|bob|12.34|2023-11-14 22:13:20.000000005|rent\n");
    archived_expect(dir,
                    "SELECT number, id, other, units, balance_units FROM statement WHERE account = 'alice'",
                    "4|d|@world/USD|10005|10005\n5|t|bob|-1234|8771\n");
    /* The chain: each entry names the one before it of either account. */
    archived_expect(dir, "SELECT number, debit_before, credit_before FROM transfers ORDER BY number",
                    "4|0|0\n5|4|0\n6|0|0\n");
    archived_expect(dir, "SELECT account, entry FROM totals WHERE account > 0", "1|5\n2|5\n3|6\n");
    archive_close(archive);
    buffer_free(&records);
    storage_remove(dir);
}
