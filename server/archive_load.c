/* archive_load.c: rows become records again. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/archive_state.h"

/* Digits of the largest total that is read from TEXT: 10^57 is below 2^192. */
#define TOTAL_DIGITS_MAX 57

/** A scan of one table. */
struct scan {
    struct archive *archive;
    sqlite3_stmt *statement;
    bool row;  /* the statement stands on a row */
    bool good; /* nothing went wrong */
    char *error;
};

static bool scan_next(struct scan *scan)
{
    int result = sqlite3_step(scan->statement);
    scan->row = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        scan->good =
            archive_fail_sqlite(scan->archive, scan->error, "it can't be read; restore it from a backup");
    }
    return scan->good && scan->row;
}

static struct scan scan_open(struct archive *archive, const char *sql, char *error)
{
    struct scan scan = {.archive = archive, .good = true, .error = error};
    if (sqlite3_prepare_v2(archive->db, sql, -1, &scan.statement, NULL) != SQLITE_OK) {
        scan.good = archive_fail_sqlite(archive, error, "it can't be read; restore it from a backup");
    }
    return scan;
}

__attribute__((format(printf, 2, 3))) static bool scan_fail(struct scan *scan, const char *format, ...)
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

static int64_t column_integer(const struct scan *scan, int column)
{
    return sqlite3_column_int64(scan->statement, column);
}

static struct slice column_text(const struct scan *scan, int column)
{
    const char *text = (const char *)sqlite3_column_blob(scan->statement, column);
    return (struct slice){text ? text : "", (size_t)sqlite3_column_bytes(scan->statement, column)};
}

/** A total: INTEGER, or decimal TEXT. */
static struct total column_total(struct scan *scan, int column)
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

static amount_t column_amount(struct scan *scan, int column)
{
    struct total total = column_total(scan, column);
    if (total.high != 0) {
        scan_fail(scan, "an amount has more than 128 bits");
    }
    return total.low;
}

static bool load_assets(struct archive *archive, char *error)
{
    struct scan scan =
        scan_open(archive, "SELECT asset, code, scale, defined FROM assets ORDER BY asset", error);
    while (scan.good && scan_next(&scan)) {
        struct slice code = column_text(&scan, 1);
        int64_t scale = column_integer(&scan, 2);
        if (column_integer(&scan, 0) != (int64_t)archive->asset_count + 1 ||
            !ident_asset_code_valid(code.text, code.length) || scale < 0 || scale > AMOUNT_SCALE_MAX) {
            scan_fail(&scan, "asset %" PRId64 " is not what it must be", column_integer(&scan, 0));
            break;
        }
        struct asset_tag tag = {.length = (uint8_t)code.length, .scale = (uint8_t)scale};
        memcpy(tag.code, code.text, code.length);
        scan.good =
            archive_asset_add(archive, &tag, sqlite3_column_type(scan.statement, 3) != SQLITE_NULL, error);
    }
    sqlite3_finalize(scan.statement);
    return scan.good;
}

/** The columns of the scans of accounts and of totals, which go side by side. */
enum { ACCOUNT_NUMBER, ACCOUNT_ID, ACCOUNT_ASSET, ACCOUNT_OVERDRAFT, ACCOUNT_CEILING, ACCOUNT_OPENED };
enum { TOTALS_NUMBER, TOTALS_DEBITS, TOTALS_CREDITS, TOTALS_ENTRY };

static bool world_load(struct scan *totals, struct archive_sum *sum)
{
    sum->world_debits = column_total(totals, TOTALS_DEBITS);
    sum->world_credits = column_total(totals, TOTALS_CREDITS);
    sum->world_entry = (sequence_t)column_integer(totals, TOTALS_ENTRY);
    total_merge(&sum->totals.debits, sum->world_debits);
    total_merge(&sum->totals.credits, sum->world_credits);
    return totals->good;
}

/** Enters an account into the books. */
static struct book *book_load(struct scan *totals, sequence_t number, struct archive_sum *sum)
{
    struct archive *archive = totals->archive;
    struct book *book = books_add(&archive->books, number);
    book->asset = (uint16_t)(sum - archive->assets);
    book->debits = column_amount(totals, TOTALS_DEBITS);
    book->credits = column_amount(totals, TOTALS_CREDITS);
    book->entry = (sequence_t)column_integer(totals, TOTALS_ENTRY);
    if (book->debits > AMOUNT_TOTAL_MAX || book->credits > AMOUNT_TOTAL_MAX ||
        book->entry > archive->committed.number) {
        scan_fail(totals, "account %" PRIu64 " has totals that can't be", number);
    }
    total_add(&sum->totals.debits, book->debits);
    total_add(&sum->totals.credits, book->credits);
    sum->totals.accounts++;
    return book;
}

static bool account_load(struct scan *scan, struct scan *totals, struct archive_sum *sum,
                         struct buffer *scratch, const struct archive_visitor *visitor)
{
    struct stamp stamp = {(sequence_t)column_integer(scan, ACCOUNT_NUMBER),
                          (uint64_t)column_integer(scan, ACCOUNT_OPENED)};
    struct slice id = column_text(scan, ACCOUNT_ID);
    struct record_options options = {
        .asset = sum->tag,
        .unlimited = sqlite3_column_type(scan->statement, ACCOUNT_OVERDRAFT) == SQLITE_NULL,
        .has_ceiling = sqlite3_column_type(scan->statement, ACCOUNT_CEILING) != SQLITE_NULL};
    options.overdraft = options.unlimited ? 0 : column_amount(scan, ACCOUNT_OVERDRAFT);
    options.ceiling = options.has_ceiling ? column_amount(scan, ACCOUNT_CEILING) : 0;
    if (!ident_valid(id.text, id.length) || stamp.number > scan->archive->committed.number ||
        options.overdraft > AMOUNT_TOTAL_MAX || options.ceiling > AMOUNT_TOTAL_MAX) {
        return scan_fail(scan, "account %" PRIu64 " is not what it must be", stamp.number);
    }
    const struct book *book = book_load(totals, stamp.number, sum);
    if (!scan->good || !totals->good || !visitor) {
        return scan->good && totals->good;
    }
    buffer_consume(scratch, buffer_length(scratch));
    record_open(scratch, id.text, id.length, &options, stamp);
    scan->good = visitor->account(visitor->context, (const struct record *)(const void *)scratch->bytes,
                                  book->debits, book->credits, book->entry, scan->error);
    return scan->good;
}

/** Loads one account, on whose rows both scans stand. */
static bool either_load(struct scan *scan, struct scan *totals, struct buffer *scratch,
                        const struct archive_visitor *visitor)
{
    struct archive *archive = scan->archive;
    int64_t asset = column_integer(scan, ACCOUNT_ASSET);
    int64_t number = column_integer(scan, ACCOUNT_NUMBER);
    bool placed = asset >= 1 && asset <= archive->asset_count &&
                  (number > 0 || number == archive_world((uint32_t)asset - 1));
    if (!placed || !totals->row || column_integer(totals, TOTALS_NUMBER) != number) {
        return scan_fail(scan, "account %" PRId64 " has no asset or no totals", number);
    }
    struct archive_sum *sum = &archive->assets[asset - 1];
    return number < 0 ? world_load(totals, sum) : account_load(scan, totals, sum, scratch, visitor);
}

/** Loads accounts: those of the world, which come first, or those of clients. */
static bool load_accounts(struct archive *archive, bool worlds, const struct archive_visitor *visitor,
                          char *error)
{
    struct scan scan = scan_open(archive,
                                 "SELECT account, id, asset, overdraft, ceiling, opened_ns FROM accounts "
                                 "WHERE account BETWEEN ?1 AND ?2 ORDER BY account",
                                 error);
    struct scan totals = scan_open(archive,
                                   "SELECT account, debits, credits, entry FROM totals "
                                   "WHERE account BETWEEN ?1 AND ?2 ORDER BY account",
                                   error);
    const struct scan *both[] = {&scan, &totals};
    struct buffer scratch = {0};
    for (int i = 0; i < 2; i++) {
        sqlite3_bind_int64(both[i]->statement, 1, worlds ? INT64_MIN : 0);
        sqlite3_bind_int64(both[i]->statement, 2, worlds ? -1 : INT64_MAX);
    }
    while (scan.good && totals.good && scan_next(&scan)) {
        (void)scan_next(&totals);
        if (totals.good && !either_load(&scan, &totals, &scratch, visitor)) {
            break;
        }
    }
    if (scan.good && totals.good && scan_next(&totals)) {
        scan_fail(&totals, "totals of account %" PRId64 " have no account",
                  column_integer(&totals, TOTALS_NUMBER));
    }
    buffer_free(&scratch);
    sqlite3_finalize(scan.statement);
    sqlite3_finalize(totals.statement);
    return scan.good && totals.good;
}

static bool visit_assets(const struct archive *archive, const struct archive_visitor *visitor, char *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < archive->asset_count; i++) {
        const struct archive_sum *sum = &archive->assets[i];
        const struct archive_asset asset = {.tag = sum->tag,
                                            .defined = sum->defined,
                                            .world_debits = sum->world_debits,
                                            .world_credits = sum->world_credits,
                                            .world_last = sum->world_entry};
        good = visitor->asset(visitor->context, &asset, error);
    }
    return good;
}

enum { LEG_NUMBER, LEG_LEG, LEG_ID, LEG_KIND, LEG_TIME, LEG_DEBIT, LEG_CREDIT, LEG_AMOUNT, LEG_NOTE };

/** A transfer whose legs are being read. */
struct gathering {
    struct record_leg legs[LEGS_MAX];
    uint16_t leg_count;
    uint8_t type;
    struct stamp stamp;
    char id[IDENT_MAX];
    size_t id_length;
    char note[NOTE_MAX];
    size_t note_length;
};

/** Hands on the transfer that was gathered, as its record. */
static bool transfer_hand_on(struct scan *scan, struct gathering *it, struct buffer *scratch,
                             const struct archive_visitor *visitor)
{
    if (it->leg_count == 0) {
        return true;
    }
    buffer_consume(scratch, buffer_length(scratch));
    const struct record_parts parts = {.id = {it->id, it->id_length},
                                       .note = {it->note, it->note_length},
                                       .leg_count = it->leg_count,
                                       .type = it->type};
    struct record_leg *legs = record_transfer(scratch, &parts, it->stamp);
    memcpy(legs, it->legs, it->leg_count * sizeof *legs);
    scan->good =
        visitor->transfer(visitor->context, (const struct record *)(const void *)scratch->bytes, scan->error);
    it->leg_count = 0;
    return scan->good;
}

static bool transfer_begin(struct scan *scan, struct gathering *it)
{
    struct slice id = column_text(scan, LEG_ID);
    struct slice kind = column_text(scan, LEG_KIND);
    struct slice note = column_text(scan, LEG_NOTE);
    it->stamp = (struct stamp){(sequence_t)column_integer(scan, LEG_NUMBER),
                               (uint64_t)column_integer(scan, LEG_TIME)};
    if (!ident_valid(id.text, id.length) || note.length > NOTE_MAX || kind.length == 0) {
        return scan_fail(scan, "transfer %" PRIu64 " is not what it must be", it->stamp.number);
    }
    it->type = kind.text[0] == 't'   ? TRANSFER_TRANSFER
               : kind.text[0] == 'd' ? TRANSFER_DEPOSIT
                                     : TRANSFER_WITHDRAW;
    it->id_length = id.length;
    memcpy(it->id, id.text, id.length);
    it->note_length = note.length;
    memcpy(it->note, note.text, note.length);
    return true;
}

static bool leg_add(struct scan *scan, struct gathering *it)
{
    int64_t number = column_integer(scan, LEG_NUMBER);
    int64_t debit = column_integer(scan, LEG_DEBIT);
    int64_t credit = column_integer(scan, LEG_CREDIT);
    if (column_integer(scan, LEG_LEG) != it->leg_count || it->leg_count == LEGS_MAX ||
        number != (int64_t)it->stamp.number + it->leg_count ||
        number > (int64_t)scan->archive->committed.number) {
        return scan_fail(scan, "leg %" PRId64 " is out of its order", number);
    }
    it->legs[it->leg_count++] = (struct record_leg){.amount = column_amount(scan, LEG_AMOUNT),
                                                    .from = debit > 0 ? (sequence_t)debit : 0,
                                                    .to = credit > 0 ? (sequence_t)credit : 0};
    return scan->good;
}

static bool load_transfers(struct archive *archive, const struct archive_visitor *visitor, char *error)
{
    static const char sql[] =
        "SELECT number, leg, id, kind, time_ns, debit, credit, amount, note FROM transfers "
        "ORDER BY number";
    struct scan scan = scan_open(archive, sql, error);
    struct buffer scratch = {0};
    struct gathering it = {.leg_count = 0};
    while (scan.good && scan_next(&scan)) {
        bool first = column_integer(&scan, LEG_LEG) == 0;
        bool begun =
            !first || (transfer_hand_on(&scan, &it, &scratch, visitor) && transfer_begin(&scan, &it));
        if (!begun || !leg_add(&scan, &it)) {
            break;
        }
    }
    if (scan.good) {
        transfer_hand_on(&scan, &it, &scratch, visitor);
    }
    buffer_free(&scratch);
    sqlite3_finalize(scan.statement);
    return scan.good;
}

bool archive_load(struct archive *archive, const struct archive_visitor *visitor, char *error)
{
    /* While it is read, the file is read where the system has it, without a copy. */
    static const char mapped[] = "PRAGMA mmap_size = 1099511627776";
    static const char unmapped[] = "PRAGMA mmap_size = 0";
    uint64_t accounts = archive_accounts(archive);
    assert(archive->asset_count == 0);
    books_reserve(&archive->books, accounts < UINT32_MAX / 4 ? (uint32_t)accounts : 0);
    sqlite3_exec(archive->db, mapped, NULL, NULL, NULL);
    bool good = load_assets(archive, error) && load_accounts(archive, true, visitor, error) &&
                (!visitor || visit_assets(archive, visitor, error)) &&
                load_accounts(archive, false, visitor, error) && archive_balanced(archive, error) &&
                (!visitor || !visitor->transfer || load_transfers(archive, visitor, error));
    sqlite3_exec(archive->db, unmapped, NULL, NULL, NULL);
    return good;
}
