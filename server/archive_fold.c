/* archive_fold.c: commit records become rows: openings, definitions, changes; and the commit. */
#include <inttypes.h>

#include "server/archive_state.h"

static bool fold_open(struct archive *archive, const struct record *record, char *error)
{
    const struct record_options *options = record_options(record);
    int asset = archive_asset_find(archive, &options->asset);
    if (asset < 0 || archive->assets[asset].tag.scale != options->asset.scale) {
        return archive_fail(archive, error,
                            "number %" PRIu64 " opens an account in %.*s, which was never defined so",
                            record->stamp.number, (int)options->asset.length, options->asset.code);
    }
    struct book *book = books_add(&archive->books, record->stamp.number);
    book->asset = (uint16_t)asset;
    book->unbounded = options->unlimited && !options->has_ceiling;
    archive->assets[asset].totals.accounts++;
    sqlite3_stmt *event = archive_event(archive, record, "open");
    archive_bind_text(event, EVENT_ID, record_id(record));
    archive_bind_number(event, EVENT_ACCOUNT, record->stamp.number);
    sqlite3_bind_int64(event, EVENT_ASSET, asset + 1);
    archive_bind_limits(event, EVENT_OVERDRAFT, options);
    return archive_step(archive, ARCHIVE_ADD_EVENT, error) &&
           archive_account_insert(archive, (int64_t)record->stamp.number, record_id(record), (uint32_t)asset,
                                  options, record->stamp.time, error);
}

static bool asset_insert(struct archive *archive, const struct record *record, char *error)
{
    const struct asset_tag *tag = record_asset(record);
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_ASSET];
    uint64_t unit = 1;
    for (unsigned digit = 0; digit < tag->scale; digit++) {
        unit *= 10;
    }
    archive_bind_number(add, 1, archive->asset_count);
    sqlite3_bind_text(add, 2, tag->code, tag->length, SQLITE_STATIC);
    sqlite3_bind_int(add, 3, tag->scale);
    archive_bind_number(add, 4, unit);
    archive_bind_number(add, 5, record->stamp.number);
    return archive_step(archive, ARCHIVE_ADD_ASSET, error);
}

/** Marks an asset that is known from the start as defined. */
static bool asset_define(struct archive *archive, const struct record *record, uint32_t place, char *error)
{
    const struct asset_tag *tag = record_asset(record);
    sqlite3_stmt *define = archive->statements[ARCHIVE_DEFINE_ASSET];
    if (archive->assets[place].tag.scale != tag->scale) {
        return archive_fail(archive, error, "number %" PRIu64 " defines %.*s with another scale than before",
                            record->stamp.number, (int)tag->length, tag->code);
    }
    archive->assets[place].defined = true;
    archive_bind_number(define, 1, place + 1);
    archive_bind_number(define, 2, record->stamp.number);
    return archive_step(archive, ARCHIVE_DEFINE_ASSET, error);
}

static bool fold_define(struct archive *archive, const struct record *record, char *error)
{
    const struct asset_tag *tag = record_asset(record);
    int place = archive_asset_find(archive, tag);
    bool good = place >= 0
                    ? asset_define(archive, record, (uint32_t)place, error)
                    : archive_asset_add(archive, tag, true, error) && asset_insert(archive, record, error);
    if (!good) {
        return false;
    }
    sqlite3_stmt *event = archive_event(archive, record, "asset");
    archive_bind_text(event, EVENT_ID, (struct slice){tag->code, tag->length});
    sqlite3_bind_int64(event, EVENT_ASSET, archive_asset_find(archive, tag) + 1);
    return archive_step(archive, ARCHIVE_ADD_EVENT, error);
}

/** Whether an account is empty: nothing on it, and nothing held. */
static bool book_is_empty(const struct books *books, const struct book *book)
{
    const struct total nothing = {0};
    return total_equal(books_debits(books, book), books_credits(books, book)) &&
           total_equal(books_held_out(books, book), nothing) &&
           total_equal(books_held_in(books, book), nothing);
}

/** Whether an account can have limits: one whose totals are beyond all bounds can only be unlimited. */
static bool book_can_have(const struct books *books, const struct book *book,
                          const struct record_change *change)
{
    struct total debits = books_debits(books, book);
    struct total credits = books_credits(books, book);
    return (change->unlimited && !change->has_ceiling) ||
           (debits.high == 0 && debits.low <= AMOUNT_TOTAL_MAX && credits.high == 0 &&
            credits.low <= AMOUNT_TOTAL_MAX);
}

/** Whether an account can be changed so; then its book is. */
static bool book_change(struct books *books, struct book *book, const struct record *record)
{
    const struct record_change *change = record_change(record);
    bool can = false;
    switch ((enum change_type)record->type) {
    case CHANGE_LIMIT:
        can = book->state != BOOK_CLOSED && book_can_have(books, book, change);
        book->unbounded = change->unlimited && !change->has_ceiling;
        break;
    case CHANGE_FREEZE:
        can = book->state == BOOK_OPEN;
        book->state = BOOK_FROZEN;
        break;
    case CHANGE_THAW:
        can = book->state == BOOK_FROZEN;
        book->state = BOOK_OPEN;
        break;
    case CHANGE_CLOSE:
        can = book->state != BOOK_CLOSED && book_is_empty(books, book);
        book->state = BOOK_CLOSED;
        break;
    }
    books_extra(books, book)->last = record->stamp.number;
    books_touch(books, book);
    return can;
}

static bool account_set(struct archive *archive, const struct record *record, const struct book *book,
                        const struct record_options *limits, char *error)
{
    bool limit = record->type == CHANGE_LIMIT;
    enum archive_statement which = limit ? ARCHIVE_SET_LIMITS : ARCHIVE_SET_STATE;
    sqlite3_stmt *set = archive->statements[which];
    archive_bind_number(set, 1, book->number);
    if (limit) {
        archive_bind_limits(set, 2, limits);
    } else {
        sqlite3_bind_text(set, 2, archive_account_states[book->state], -1, SQLITE_STATIC);
    }
    return archive_step(archive, which, error);
}

static bool fold_change(struct archive *archive, const struct record *record, char *error)
{
    const struct record_change *change = record_change(record);
    const struct record_options limits = {.overdraft = change->overdraft,
                                          .ceiling = change->ceiling,
                                          .unlimited = change->unlimited,
                                          .has_ceiling = change->has_ceiling};
    struct book *book = books_find(&archive->books, change->account);
    if (!book || !book_change(&archive->books, book, record)) {
        return archive_fail(archive, error,
                            "number %" PRIu64 " changes account number %" PRIu64
                            " in a way (%s) in which it can't be changed",
                            record->stamp.number, change->account, archive_changes[record->type]);
    }
    sqlite3_stmt *event = archive_event(archive, record, archive_changes[record->type]);
    archive_bind_number(event, EVENT_ACCOUNT, change->account);
    if (record->type == CHANGE_LIMIT) {
        archive_bind_limits(event, EVENT_OVERDRAFT, &limits);
    }
    return archive_step(archive, ARCHIVE_ADD_EVENT, error) &&
           account_set(archive, record, book, &limits, error);
}

void archive_prefetch(const struct archive *archive, const struct record *record, int stage)
{
    const struct record_leg *legs = record_legs(record);
    for (unsigned i = 0; record->kind == RECORD_TRANSFER && i < record->leg_count; i++) {
        books_prefetch(&archive->books, legs[i].from, stage);
        books_prefetch(&archive->books, legs[i].to, stage);
    }
}

bool archive_fold(struct archive *archive, const struct record *record, char *error)
{
    if (record->stamp.number != archive->folded.number + 1) {
        return archive_fail(archive, error, "number %" PRIu64 " does not follow number %" PRIu64,
                            record->stamp.number, archive->folded.number);
    }
    if (!archive->folding && !archive_step(archive, ARCHIVE_BEGIN, error)) {
        return false;
    }
    archive->folding = true;
    archive->folded.number = record->stamp.number + record->leg_count - 1U;
    archive->folded.time = record->stamp.time + record->leg_count - 1U;
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return fold_open(archive, record, error);
    case RECORD_DEFINE: return fold_define(archive, record, error);
    case RECORD_CHANGE: return fold_change(archive, record, error);
    case RECORD_TRANSFER: break;
    }
    return archive_transfer_fold(archive, record, error);
}

bool archive_commit(struct archive *archive, char *error)
{
    if (!archive->folding) {
        return true;
    }
    sqlite3_stmt *meta = archive->statements[ARCHIVE_SET_META];
    archive_bind_number(meta, 1, archive->folded.number);
    archive_bind_number(meta, 2, archive->folded.time);
    sqlite3_bind_text(meta, 3, BURSAR_VERSION, -1, SQLITE_STATIC);
    bool good = archive_balanced(archive, error) && archive_totals_write(archive, error) &&
                archive_landmarks_write(archive, error) &&
                archive_run_write(archive, archive->folded.number, error) &&
                archive_step(archive, ARCHIVE_SET_META, error) &&
                archive_step(archive, ARCHIVE_COMMIT, error);
    if (good) {
        archive->folding = false;
        archive->committed = archive->folded;
    }
    return good;
}
