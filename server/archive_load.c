/* archive_load.c: rows become assets and accounts again. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "server/archive_scan.h"

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
        scan.good = archive_asset_add(archive, &tag, !column_is_null(&scan, 3), error);
    }
    return scan_close(&scan);
}

/** The columns of the scans of accounts and of totals, which go side by side. */
enum {
    ACCOUNT_NUMBER,
    ACCOUNT_ID,
    ACCOUNT_ASSET,
    ACCOUNT_OVERDRAFT,
    ACCOUNT_CEILING,
    ACCOUNT_OPENED,
    ACCOUNT_STATE
};
enum {
    TOTALS_NUMBER,
    TOTALS_DEBITS,
    TOTALS_CREDITS,
    TOTALS_ENTRY,
    TOTALS_HELD_OUT,
    TOTALS_HELD_IN,
    TOTALS_ENTRIES,
    TOTALS_LAST
};

/** Adds the money of one account, @world or not, to its asset's. */
static void sum_add(struct archive_sum *sum, struct total debits, struct total credits, struct total held_out,
                    struct total held_in)
{
    total_merge(&sum->totals.debits, debits);
    total_merge(&sum->totals.credits, credits);
    total_merge(&sum->held_out, held_out);
    total_merge(&sum->held_in, held_in);
}

static bool world_load(struct scan *totals, struct archive_sum *sum)
{
    struct archive_world *world = &sum->world;
    *world = (struct archive_world){.debits = column_total(totals, TOTALS_DEBITS),
                                    .credits = column_total(totals, TOTALS_CREDITS),
                                    .held_out = column_total(totals, TOTALS_HELD_OUT),
                                    .held_in = column_total(totals, TOTALS_HELD_IN),
                                    .entry = (sequence_t)column_integer(totals, TOTALS_ENTRY),
                                    .last = (sequence_t)column_integer(totals, TOTALS_LAST),
                                    .entries = (uint64_t)column_integer(totals, TOTALS_ENTRIES),
                                    .known = true};
    sum_add(sum, world->debits, world->credits, world->held_out, world->held_in);
    return totals->good;
}

/** Gives a book its extra, where the account has what belongs there. */
static void extra_load(struct books *books, struct book *book, const struct book_extra *extra)
{
    const struct total nothing = {0};
    if (extra->debits_high != 0 || extra->credits_high != 0 || extra->last > book->entry ||
        !total_equal(extra->held_out, nothing) || !total_equal(extra->held_in, nothing)) {
        *books_extra(books, book) = *extra;
    }
}

/** Enters an account into the books. */
static struct book *book_load(struct scan *totals, sequence_t number, struct archive_sum *sum, bool unbounded)
{
    struct archive *archive = totals->archive;
    struct book *book = books_add(&archive->books, number);
    struct total debits = column_total(totals, TOTALS_DEBITS);
    struct total credits = column_total(totals, TOTALS_CREDITS);
    const struct book_extra extra = {.held_out = column_total(totals, TOTALS_HELD_OUT),
                                     .held_in = column_total(totals, TOTALS_HELD_IN),
                                     .debits_high = debits.high,
                                     .credits_high = credits.high,
                                     .last = (sequence_t)column_integer(totals, TOTALS_LAST)};
    book->asset = (uint16_t)(sum - archive->assets);
    book->debits = debits.low;
    book->credits = credits.low;
    book->entry = (sequence_t)column_integer(totals, TOTALS_ENTRY);
    book->entries = (uint64_t)column_integer(totals, TOTALS_ENTRIES) & ((UINT64_C(1) << 48) - 1);
    book->unbounded = unbounded;
    bool fits = unbounded || (debits.high == 0 && debits.low <= AMOUNT_TOTAL_MAX && credits.high == 0 &&
                              credits.low <= AMOUNT_TOTAL_MAX);
    if (!fits || extra.last < book->entry || extra.last > archive->committed.number) {
        scan_fail(totals, "account %" PRIu64 " has totals that can't be", number);
    }
    extra_load(&archive->books, book, &extra);
    sum_add(sum, debits, credits, extra.held_out, extra.held_in);
    sum->totals.accounts++;
    return book;
}

/** The limits that an account has. */
static struct record_options limits_of(struct scan *scan, const struct archive_sum *sum)
{
    struct record_options options = {.asset = sum->tag,
                                     .unlimited = column_is_null(scan, ACCOUNT_OVERDRAFT),
                                     .has_ceiling = !column_is_null(scan, ACCOUNT_CEILING)};
    options.overdraft = options.unlimited ? 0 : column_amount(scan, ACCOUNT_OVERDRAFT);
    options.ceiling = options.has_ceiling ? column_amount(scan, ACCOUNT_CEILING) : 0;
    return options;
}

static bool account_visit(struct scan *scan, const struct book *book, const struct record_options *options,
                          struct buffer *scratch, const struct archive_visitor *visitor)
{
    const struct books *books = &scan->archive->books;
    struct slice id = column_text(scan, ACCOUNT_ID);
    const struct archive_account account = {.debits = books_debits(books, book),
                                            .credits = books_credits(books, book),
                                            .last = books_last(books, book),
                                            .state = book->state};
    buffer_consume(scratch, buffer_length(scratch));
    record_open(scratch, id.text, id.length, options,
                (struct stamp){book->number, (uint64_t)column_integer(scan, ACCOUNT_OPENED)});
    return visitor->account(visitor->context, (const struct record *)(const void *)scratch->bytes, &account,
                            scan->error);
}

static bool account_load(struct scan *scan, struct scan *totals, struct archive_sum *sum,
                         struct buffer *scratch, const struct archive_visitor *visitor)
{
    sequence_t number = (sequence_t)column_integer(scan, ACCOUNT_NUMBER);
    struct slice id = column_text(scan, ACCOUNT_ID);
    struct record_options options = limits_of(scan, sum);
    if (!ident_valid(id.text, id.length) || number > scan->archive->committed.number ||
        options.overdraft > AMOUNT_TOTAL_MAX || options.ceiling > AMOUNT_TOTAL_MAX) {
        return scan_fail(scan, "account %" PRIu64 " is not what it must be", number);
    }
    struct book *book = book_load(totals, number, sum, options.unlimited && !options.has_ceiling);
    book->state = column_name(scan, ACCOUNT_STATE, archive_account_states, 3);
    if (scan->good && totals->good && visitor) {
        scan->good = account_visit(scan, book, &options, scratch, visitor);
    }
    return scan->good && totals->good;
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
    struct scan scan =
        scan_open(archive,
                  "SELECT account, id, asset, overdraft, ceiling, opened_ns, state FROM accounts "
                  "WHERE account BETWEEN ?1 AND ?2 ORDER BY account",
                  error);
    struct scan totals = scan_open(archive,
                                   "SELECT account, debits, credits, entry, held_out, held_in, entries, last "
                                   "FROM totals WHERE account BETWEEN ?1 AND ?2 ORDER BY account",
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
    bool good = scan_close(&scan);
    return scan_close(&totals) && good;
}

static bool visit_assets(const struct archive *archive, const struct archive_visitor *visitor, char *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < archive->asset_count; i++) {
        const struct archive_sum *sum = &archive->assets[i];
        const struct archive_asset asset = {.tag = sum->tag,
                                            .defined = sum->defined,
                                            .world_debits = sum->world.debits,
                                            .world_credits = sum->world.credits,
                                            .world_last = sum->world.last};
        good = visitor->asset(visitor->context, &asset, error);
    }
    return good;
}

bool archive_load_books(struct archive *archive, const struct archive_visitor *visitor, char *error)
{
    return load_assets(archive, error) && load_accounts(archive, true, visitor, error) &&
           (!visitor || visit_assets(archive, visitor, error)) &&
           load_accounts(archive, false, visitor, error);
}

bool archive_load(struct archive *archive, const struct archive_visitor *visitor, uint64_t since_ns,
                  char *error)
{
    /* While it is read, the file is read where the system has it, without a copy. */
    static const char mapped[] = "PRAGMA mmap_size = 1099511627776";
    static const char unmapped[] = "PRAGMA mmap_size = 0";
    uint64_t accounts = archive_accounts(archive);
    assert(archive->asset_count == 0);
    books_reserve(&archive->books, accounts < UINT32_MAX / 4 ? (uint32_t)accounts : 0);
    sqlite3_exec(archive->db, mapped, NULL, NULL, NULL);
    bool readonly = archive->statements[ARCHIVE_BEGIN] == NULL;
    bool good = archive_load_books(archive, visitor, error) &&
                archive_load_past(archive, visitor, since_ns, error) && archive_balanced(archive, error) &&
                (readonly || archive_runs_catch_up(archive, error));
    sqlite3_exec(archive->db, unmapped, NULL, NULL, NULL);
    return good;
}
