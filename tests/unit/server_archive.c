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
        /* Every number is there, once. */
        archived_expect(
            dir,
            "SELECT count(*) = meta.number, count(*) = count(DISTINCT n), max(n) = meta.number FROM "
            "(SELECT number AS n FROM transfers UNION ALL SELECT number FROM events), meta",
            "1|1|1\n");
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

/** Appends a transfer of one leg, at a time of its number. */
static void tell_one(struct buffer *records, sequence_t number, const char *id, const char *reference,
                     enum transfer_type type, struct record_leg leg, struct record_terms terms, uint8_t flags)
{
    const struct record_parts parts = {.id = {id, strlen(id)},
                                       .reference = {reference, strlen(reference)},
                                       .terms = terms,
                                       .leg_count = 1,
                                       .type = (uint8_t)type,
                                       .flags = flags};
    *record_transfer(records, &parts, (struct stamp){number, number * 1000000000}) = leg;
}

static void tell_change(struct buffer *records, sequence_t number, enum change_type type, sequence_t account)
{
    record_changed(records, type, &(struct record_change){.account = account},
                   (struct stamp){number, number * 1000000000});
}

/** Two accounts, numbers 1 and 2, and a hold "h" of 100 from 1 to 2 until 10 seconds: numbers to 3. */
static struct archive *archive_with_hold(const char *dir)
{
    struct archive *archive = archived_new(dir);
    struct buffer records = {0};
    const struct record_options options = {.asset = asset_tag_of((struct slice){"USD", 3}, 2),
                                           .unlimited = true};
    record_open(&records, "a", 1, &options, (struct stamp){1, 1000000000});
    record_open(&records, "b", 1, &options, (struct stamp){2, 2000000000});
    tell_one(&records, 3, "h", "", TRANSFER_HOLD, (struct record_leg){.amount = 100, .from = 1, .to = 2},
             (struct record_terms){.ttl = 7}, 0);
    archived_fold(archive, &records);
    buffer_free(&records);
    return archive;
}

/** Folds records from number 4 behind that hold, of which the last can't be; returns the error. */
static const char *refused(const struct buffer *records)
{
    static char error[ARCHIVE_ERROR_MAX];
    char *dir = storage_make();
    struct archive *archive = archive_with_hold(dir);
    bool good = true;
    for (size_t at = 0; at < buffer_length(records);) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        cr_assert(good, "%s", error);
        good = archive_fold(archive, record, error);
        at += record->size;
    }
    cr_assert(!good, "it is not refused");
    archive_close(archive);
    storage_remove(dir);
    return error;
}

/** The same of one transfer about that hold. */
static const char *refused_one(enum transfer_type type, const char *reference, amount_t amount,
                               amount_t released, uint8_t flags)
{
    struct buffer records = {0};
    tell_one(&records, 4, "x", reference, type, (struct record_leg){.amount = amount, .from = 1, .to = 2},
             (struct record_terms){.released = released}, flags);
    const char *error = refused(&records);
    buffer_free(&records);
    return error;
}

Test(archive, refuses_what_contradicts_a_hold)
{
    const char *another = "another amount than hold h has left";
    const char *early = "ends hold h with another amount than it has left, or before its time";
    cr_expect_not_null(strstr(refused_one(TRANSFER_CAPTURE, "g", 100, 0, 0), "hold g, which is not open so"));
    cr_expect_not_null(strstr(refused_one(TRANSFER_CAPTURE, "h", 101, 0, 0), another));
    cr_expect_not_null(strstr(refused_one(TRANSFER_CAPTURE, "h", 60, 39, 0), another));
    cr_expect_not_null(strstr(refused_one(TRANSFER_CAPTURE, "h", 60, 40, RECORD_KEEP), another));
    cr_expect_not_null(strstr(refused_one(TRANSFER_VOID, "h", 99, 0, 0), early));
    cr_expect_not_null(strstr(refused_one(TRANSFER_EXPIRE, "h", 100, 0, 0), early));
    struct buffer records = {0};
    tell_one(&records, 4, "h", "", TRANSFER_HOLD, (struct record_leg){.amount = 1, .from = 2, .to = 1},
             (struct record_terms){0}, 0);
    cr_expect_not_null(strstr(refused(&records), "makes hold h, which is open already"));
    buffer_consume(&records, buffer_length(&records));
    tell_one(&records, 4, "v", "h", TRANSFER_VOID, (struct record_leg){.amount = 100, .from = 1, .to = 2},
             (struct record_terms){0}, 0);
    tell_one(&records, 5, "w", "h", TRANSFER_VOID, (struct record_leg){.amount = 100, .from = 1, .to = 2},
             (struct record_terms){0}, 0);
    cr_expect_not_null(strstr(refused(&records), "hold h, which is not open so"));
    buffer_free(&records);
}

Test(archive, refuses_what_contradicts_a_state)
{
    struct buffer records = {0};
    tell_change(&records, 4, CHANGE_THAW, 1);
    cr_expect_not_null(strstr(refused(&records), "number 4 changes account number 1 in a way (thaw)"));
    buffer_consume(&records, buffer_length(&records));
    tell_change(&records, 4, CHANGE_CLOSE, 1); /* something is held */
    cr_expect_not_null(strstr(refused(&records), "number 4 changes account number 1 in a way (close)"));
    buffer_consume(&records, buffer_length(&records));
    tell_change(&records, 4, CHANGE_FREEZE, 2);
    tell_one(&records, 5, "t", "", TRANSFER_TRANSFER, (struct record_leg){.amount = 100, .from = 1, .to = 2},
             (struct record_terms){0}, 0);
    cr_expect_not_null(strstr(refused(&records), "number 5 is of account number 2, which is frozen"));
    buffer_consume(&records, buffer_length(&records));
    tell_change(&records, 4, CHANGE_FREEZE, 7);
    cr_expect_not_null(strstr(refused(&records), "changes account number 7"));
    buffer_free(&records);
}

/* An unlimited account without a ceiling has no bound: its totals are 192 bits wide. */
Test(archive, keeps_totals_of_any_size)
{
    char *dir = storage_make();
    struct archive *archive = archive_with_hold(dir);
    struct buffer records = {0};
    char error[ARCHIVE_ERROR_MAX] = "";
    const struct record_leg all = {.amount = ~(amount_t)0, .from = 1, .to = 2};
    for (sequence_t number = 4; number < 4 + 8; number++)
        tell_one(&records, number, number % 2 == 0 ? "even" : "odd", "", TRANSFER_TRANSFER, all,
                 (struct record_terms){0}, 0);
    archived_fold(archive, &records);
    archived_commit(archive);
    archived_expect(dir, "SELECT account, debits, credits, held_out, held_in, entries, last FROM totals",
                    "1|2722258935367507707706996859454145691640|0|100|0|8|11\n"
                    "2|0|2722258935367507707706996859454145691640|0|100|8|11\n");
    archive_close(archive);
    archive = archive_open(dir, false, error);
    cr_assert(archive != NULL && archive_load(archive, NULL, 0, error), "%s", error);
    buffer_consume(&records, buffer_length(&records));
    tell_one(&records, 12, "back", "", TRANSFER_TRANSFER,
             (struct record_leg){.amount = all.amount, .from = 2, .to = 1}, (struct record_terms){0}, 0);
    archived_fold(archive, &records);
    archived_commit(archive);
    archived_expect(dir, "SELECT account, debits FROM totals WHERE account = 1",
                    "1|2722258935367507707706996859454145691640\n");
    archived_expect(dir, "SELECT account, credits FROM totals WHERE account = 1",
                    "1|340282366920938463463374607431768211455\n");
    buffer_consume(&records, buffer_length(&records));
    tell_change(&records, 13, CHANGE_LIMIT, 1); /* it can't have limits any more */
    cr_assert(!archive_fold(archive, (const struct record *)(const void *)records.bytes, error));
    cr_expect_not_null(strstr(error, "in a way (limit)"), "%s", error);
    archive_close(archive);
    buffer_free(&records);
    storage_remove(dir);
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
    struct story story = {.dice = {.state = 7}, .last = {0, 1}};
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
    cr_expect_not_null(
        strstr(tampered("UPDATE totals SET last = 99999 WHERE account = 1"), "totals that can't be"));
    cr_expect_not_null(strstr(tampered("UPDATE accounts SET state = 'shut' WHERE account = 1"),
                              "a kind or state is 'shut'"));
    cr_expect_not_null(strstr(tampered("UPDATE holds SET remaining = remaining || '0' WHERE ended IS NULL"),
                              "has held is not what its open holds hold"));
    cr_expect_not_null(strstr(tampered("DELETE FROM holds WHERE ended IS NULL"),
                              "has held is not what its open holds hold"));
    cr_expect_not_null(
        strstr(tampered("UPDATE holds SET state = 'voided' WHERE ended IS NULL"), "is not what it must be"));
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

Test(archive, shows_people_what_is_held_and_what_became_of_it)
{
    char *dir = storage_make();
    struct archive *archive = archive_with_hold(dir);
    struct buffer records = {0};
    struct record_leg leg = {.amount = 30, .from = 1, .to = 2};
    tell_one(&records, 4, "c", "h", TRANSFER_CAPTURE, leg, (struct record_terms){0}, RECORD_KEEP);
    leg.amount = 0;
    tell_one(&records, 5, "e", "h", TRANSFER_EXTEND, leg, (struct record_terms){.ttl = 60}, 0);
    tell_change(&records, 6, CHANGE_FREEZE, 1);
    archived_fold(archive, &records);
    archived_commit(archive);
    archived_expect(dir, "SELECT id, balance, held_out, held_in, state FROM balances",
                    "a|-0.30|0.70|0.00|frozen\nb|0.30|0.00|0.70|open\n");
    archived_expect(dir, "SELECT * FROM holds_open",
                    "3|h|a|b|USD|0.70|1970-01-01 00:00:03|1970-01-01 00:01:05|(null)\n");
    archived_expect(dir, "SELECT number, kind, id, reference, amount FROM events WHERE number > 2",
                    "3|hold|h|(null)|100\n5|extend|e|h|0\n6|freeze|(null)|(null)|(null)\n");
    archived_expect(dir, "SELECT number, kind, reference, amount, flags FROM transfers",
                    "4|capture|h|30|1\n");
    buffer_consume(&records, buffer_length(&records));
    leg.amount = 70;
    tell_one(&records, 70, "", "h", TRANSFER_EXPIRE, leg, (struct record_terms){0}, 0);
    ((struct record *)(void *)records.bytes)->stamp.number = 7;
    archived_fold(archive, &records);
    archived_commit(archive);
    archived_expect(dir, "SELECT count(*) FROM holds_open", "0\n");
    archived_expect(dir, "SELECT kind, id, reference, amount FROM events WHERE number = 7",
                    "expire|(null)|h|70\n");
    archived_expect(dir, "SELECT remaining, state, ended, ended_ns FROM holds", "0|expired|7|70000000000\n");
    archived_expect(dir, "SELECT id, held_out, held_in FROM balances", "a|0.00|0.00\nb|0.00|0.00\n");
    archive_close(archive);
    buffer_free(&records);
    storage_remove(dir);
}
