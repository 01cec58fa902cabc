/* archive_fold.c: commit records become rows. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/archive_state.h"

/** One side of a leg. */
struct side {
    struct book *book; /* NULL: it is the asset's @world */
    int64_t account;   /* its number in the database */
    sequence_t before; /* its newest entry before this one */
};

static const char *const kinds[] = {"transfer", "deposit", "withdraw"};

static bool step(struct archive *archive, enum archive_statement which, char *error)
{
    sqlite3_stmt *statement = archive->statements[which];
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK) {
        return archive_fail_sqlite(archive, error, "writing failed");
    }
    return true;
}

static void bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

/** INTEGER where it fits 64 bits, else decimal TEXT. */
static void bind_total(sqlite3_stmt *statement, int at, struct total value)
{
    if (value.high == 0 && value.low <= INT64_MAX) {
        sqlite3_bind_int64(statement, at, (sqlite3_int64)value.low);
        return;
    }
    char text[AMOUNT_TEXT_MAX];
    size_t length = total_format(value, 0, text);
    sqlite3_bind_text(statement, at, text, (int)length, SQLITE_TRANSIENT);
}

static void bind_amount(sqlite3_stmt *statement, int at, amount_t amount)
{
    bind_total(statement, at, (struct total){.low = amount});
}

/** Whether bytes are UTF-8 without NUL, so that they can be TEXT. */
static bool is_text(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned more = bytes[i] < 0x80 ? 0 : bytes[i] >= 0xf0 ? 3 : bytes[i] >= 0xe0 ? 2 : 1;
        bool begins = bytes[i] != 0 && (bytes[i] < 0x80 || (bytes[i] >= 0xc2 && bytes[i] <= 0xf4));
        if (!begins || length - i <= more) {
            return false;
        }
        /* Overlong forms, surrogates and what is beyond Unicode show in the second byte (RFC 3629, 4). */
        uint8_t second = more > 0 ? bytes[i + 1] : 0;
        if ((bytes[i] == 0xe0 && second < 0xa0) || (bytes[i] == 0xed && second > 0x9f) ||
            (bytes[i] == 0xf0 && second < 0x90) || (bytes[i] == 0xf4 && second > 0x8f)) {
            return false;
        }
        for (unsigned k = 1; k <= more; k++) {
            if ((bytes[i + k] & 0xc0) != 0x80) {
                return false;
            }
        }
        i += 1 + more;
    }
    return true;
}

static void bind_note(sqlite3_stmt *statement, int at, const char *note, size_t length)
{
    if (length == 0) {
        sqlite3_bind_null(statement, at);
    } else if (is_text((const uint8_t *)note, length)) {
        sqlite3_bind_text(statement, at, note, (int)length, SQLITE_STATIC);
    } else {
        sqlite3_bind_blob(statement, at, note, (int)length, SQLITE_STATIC);
    }
}

static bool account_insert(struct archive *archive, int64_t account, struct slice id, uint32_t asset,
                           const struct record_options *options, uint64_t opened, char *error)
{
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_ACCOUNT];
    sqlite3_bind_int64(add, 1, account);
    sqlite3_bind_text(add, 2, id.text, (int)id.length, SQLITE_STATIC);
    sqlite3_bind_int64(add, 3, (int64_t)asset + 1);
    if (options->unlimited) {
        sqlite3_bind_null(add, 4);
    } else {
        bind_amount(add, 4, options->overdraft);
    }
    if (options->has_ceiling) {
        bind_amount(add, 5, options->ceiling);
    } else {
        sqlite3_bind_null(add, 5);
    }
    bind_number(add, 6, opened);
    sqlite3_stmt *totals = archive->statements[ARCHIVE_ADD_TOTALS];
    sqlite3_bind_int64(totals, 1, account);
    sqlite3_bind_int64(totals, 2, 0);
    sqlite3_bind_int64(totals, 3, 0);
    sqlite3_bind_int64(totals, 4, 0);
    return step(archive, ARCHIVE_ADD_ACCOUNT, error) && step(archive, ARCHIVE_ADD_TOTALS, error);
}

static bool fold_open(struct archive *archive, const struct record *record, char *error)
{
    const struct record_options *options = (const struct record_options *)(const void *)(record + 1);
    struct slice id = {(const char *)(options + 1), record->id_length};
    int asset = archive_asset_find(archive, &options->asset);
    if (asset < 0 || archive->assets[asset].tag.scale != options->asset.scale) {
        return archive_fail(archive, error,
                            "number %" PRIu64 " opens an account in %.*s, which was never defined so",
                            record->stamp.number, (int)options->asset.length, options->asset.code);
    }
    books_add(&archive->books, record->stamp.number)->asset = (uint16_t)asset;
    archive->assets[asset].totals.accounts++;
    return account_insert(archive, (int64_t)record->stamp.number, id, (uint32_t)asset, options,
                          record->stamp.time, error);
}

static bool fold_define(struct archive *archive, const struct record *record, char *error)
{
    const struct asset_tag *tag = (const struct asset_tag *)(const void *)(record + 1);
    int place = archive_asset_find(archive, tag);
    if (place >= 0) {
        sqlite3_stmt *define = archive->statements[ARCHIVE_DEFINE_ASSET];
        if (archive->assets[place].tag.scale != tag->scale) {
            return archive_fail(archive, error,
                                "number %" PRIu64 " defines %.*s with another scale than before",
                                record->stamp.number, (int)tag->length, tag->code);
        }
        archive->assets[place].defined = true;
        sqlite3_bind_int(define, 1, place + 1);
        bind_number(define, 2, record->stamp.number);
        return step(archive, ARCHIVE_DEFINE_ASSET, error);
    }
    if (!archive_asset_add(archive, tag, true, error)) {
        return false;
    }
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_ASSET];
    uint64_t unit = 1;
    for (unsigned digit = 0; digit < tag->scale; digit++) {
        unit *= 10;
    }
    bind_number(add, 1, archive->asset_count);
    sqlite3_bind_text(add, 2, tag->code, tag->length, SQLITE_STATIC);
    sqlite3_bind_int(add, 3, tag->scale);
    bind_number(add, 4, unit);
    bind_number(add, 5, record->stamp.number);
    return step(archive, ARCHIVE_ADD_ASSET, error);
}

/** Gives an asset's @world its row, when it is first used. */
static bool world_begin(struct archive *archive, uint32_t asset, const struct record *record, char *error)
{
    static const struct record_options unlimited = {.unlimited = true};
    const struct asset_tag *tag = &archive->assets[asset].tag;
    char id[sizeof "@world/" + ASSET_CODE_MAX];
    int length = snprintf(id, sizeof id, "@world/%.*s", (int)tag->length, tag->code);
    return account_insert(archive, archive_world(asset), (struct slice){id, (size_t)length}, asset,
                          &unlimited, record->stamp.time, error);
}

/** Finds a side, `other` being the leg's other one. */
static bool side_find(struct archive *archive, const struct record *record, sequence_t account,
                      struct side *side, char *error)
{
    *side = (struct side){.account = (int64_t)account};
    if (account == 0) {
        return true;
    }
    side->book = books_find(&archive->books, account);
    if (!side->book) {
        return archive_fail(archive, error,
                            "transfer %" PRIu64 " names account number %" PRIu64 ", which was never opened",
                            record->stamp.number, account);
    }
    side->before = side->book->entry;
    return true;
}

static bool world_find(struct archive *archive, const struct record *record, uint32_t asset,
                       struct side *side, char *error)
{
    struct archive_sum *sum = &archive->assets[asset];
    if (sum->world_entry == 0 && !world_begin(archive, asset, record, error)) {
        return false;
    }
    side->account = archive_world(asset);
    side->before = sum->world_entry;
    sum->world_dirty = true;
    return true;
}

/** Finds both sides of a leg and their asset. */
static bool sides_find(struct archive *archive, const struct record *record, const struct record_leg *leg,
                       struct side *from, struct side *to, uint32_t *asset, char *error)
{
    if (!side_find(archive, record, leg->from, from, error) ||
        !side_find(archive, record, leg->to, to, error)) {
        return false;
    }
    if (leg->from == leg->to || (from->book && to->book && from->book->asset != to->book->asset)) {
        return archive_fail(archive, error,
                            "transfer %" PRIu64 " is between accounts %" PRIu64 " and %" PRIu64
                            ", which can't have one",
                            record->stamp.number, leg->from, leg->to);
    }
    assert(from->book || to->book); /* their numbers differ, so not both are 0 */
    *asset = from->book ? from->book->asset : to->book->asset;
    return (from->book || world_find(archive, record, *asset, from, error)) &&
           (to->book || world_find(archive, record, *asset, to, error));
}

static bool leg_post(struct archive *archive, const struct side *from, const struct side *to, uint32_t asset,
                     amount_t amount, sequence_t number, char *error)
{
    struct archive_sum *sum = &archive->assets[asset];
    if ((from->book && amount > AMOUNT_TOTAL_MAX - from->book->debits) ||
        (to->book && amount > AMOUNT_TOTAL_MAX - to->book->credits)) {
        return archive_fail(archive, error, "number %" PRIu64 " takes an account's total above 2^127 - 1",
                            number);
    }
    if (from->book) {
        from->book->debits += amount;
        from->book->entry = number;
        books_touch(&archive->books, from->book);
    } else {
        total_add(&sum->world_debits, amount);
        sum->world_entry = number;
    }
    if (to->book) {
        to->book->credits += amount;
        to->book->entry = number;
        books_touch(&archive->books, to->book);
    } else {
        total_add(&sum->world_credits, amount);
        sum->world_entry = number;
    }
    total_add(&sum->totals.debits, amount);
    total_add(&sum->totals.credits, amount);
    return true;
}

static bool fold_leg(struct archive *archive, const struct record *record, unsigned i, char *error)
{
    const struct record_leg *legs = (const struct record_leg *)(const void *)(record + 1);
    const char *id = (const char *)(legs + record->leg_count);
    struct side from;
    struct side to;
    uint32_t asset = 0;
    sequence_t number = record->stamp.number + i;
    if (!sides_find(archive, record, &legs[i], &from, &to, &asset, error) ||
        !leg_post(archive, &from, &to, asset, legs[i].amount, number, error)) {
        return false;
    }
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_TRANSFER];
    bind_number(add, 1, number);
    bind_number(add, 2, i);
    if (i == 0) {
        sqlite3_bind_text(add, 3, id, record->id_length, SQLITE_STATIC);
        sqlite3_bind_text(add, 4, kinds[record->type], -1, SQLITE_STATIC);
        bind_note(add, 11, id + record->id_length, record->note_length);
    } else {
        sqlite3_bind_null(add, 3);
        sqlite3_bind_null(add, 4);
        sqlite3_bind_null(add, 11);
    }
    bind_number(add, 5, record->stamp.time + i);
    sqlite3_bind_int64(add, 6, from.account);
    sqlite3_bind_int64(add, 7, to.account);
    bind_amount(add, 8, legs[i].amount);
    bind_number(add, 9, from.before);
    bind_number(add, 10, to.before);
    return step(archive, ARCHIVE_ADD_TRANSFER, error);
}

void archive_prefetch(const struct archive *archive, const struct record *record, int stage)
{
    const struct record_leg *legs = (const struct record_leg *)(const void *)(record + 1);
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
    if (!archive->folding && !step(archive, ARCHIVE_BEGIN, error)) {
        return false;
    }
    archive->folding = true;
    archive->folded.number = record->stamp.number + record->leg_count - 1U;
    archive->folded.time = record->stamp.time + record->leg_count - 1U;
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: return fold_open(archive, record, error);
    case RECORD_DEFINE: return fold_define(archive, record, error);
    case RECORD_TRANSFER:
    case RECORD_CHANGE: break;
    }
    bool good = true;
    for (unsigned i = 0; good && i < record->leg_count; i++) {
        good = fold_leg(archive, record, i, error);
    }
    return good;
}

static bool totals_set(struct archive *archive, int64_t account, struct total debits, struct total credits,
                       sequence_t entry, char *error)
{
    sqlite3_stmt *set = archive->statements[ARCHIVE_SET_TOTALS];
    sqlite3_bind_int64(set, 1, account);
    bind_total(set, 2, debits);
    bind_total(set, 3, credits);
    bind_number(set, 4, entry);
    return step(archive, ARCHIVE_SET_TOTALS, error);
}

/** Writes the totals that changed, in the order in which the table has them. */
static bool totals_write(struct archive *archive, char *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < archive->asset_count; i++) {
        struct archive_sum *sum = &archive->assets[i];
        if (sum->world_dirty) {
            good = totals_set(archive, archive_world(i), sum->world_debits, sum->world_credits,
                              sum->world_entry, error);
            sum->world_dirty = false;
        }
    }
    uint32_t from = 0;
    for (const struct book *book; good && (book = books_clean(&archive->books, &from)) != NULL;) {
        good = totals_set(archive, (int64_t)book->number, (struct total){.low = book->debits},
                          (struct total){.low = book->credits}, book->entry, error);
    }
    return good;
}

bool archive_commit(struct archive *archive, char *error)
{
    if (!archive->folding) {
        return true;
    }
    sqlite3_stmt *meta = archive->statements[ARCHIVE_SET_META];
    bind_number(meta, 1, archive->folded.number);
    bind_number(meta, 2, archive->folded.time);
    sqlite3_bind_text(meta, 3, BURSAR_VERSION, -1, SQLITE_STATIC);
    bool good = archive_balanced(archive, error) && totals_write(archive, error) &&
                step(archive, ARCHIVE_SET_META, error) && step(archive, ARCHIVE_COMMIT, error);
    if (good) {
        archive->folding = false;
        archive->committed = archive->folded;
    }
    return good;
}
