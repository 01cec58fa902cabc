/* archive_write.c: values into statements, and the rows of accounts. */
#include <assert.h>
#include <string.h>

#include "server/archive_state.h"

const char *const archive_account_states[3] = {"open", "frozen", "closed"};
const char *const archive_hold_states[4] = {"held", "captured", "voided", "expired"};
const char *const archive_kinds[10] = {"transfer", "deposit", "withdraw", "sweep", "capture",
                                       "reverse",  "hold",    "extend",   "void",  "expire"};
const char *const archive_changes[4] = {"limit", "freeze", "thaw", "close"};

bool archive_step(struct archive *archive, enum archive_statement which, char *error)
{
    sqlite3_stmt *statement = archive->statements[which];
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK) {
        return archive_fail_sqlite(archive, error, "writing failed");
    }
    return true;
}

void archive_bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

void archive_bind_optional(sqlite3_stmt *statement, int at, uint64_t number)
{
    if (number == 0) {
        sqlite3_bind_null(statement, at);
    } else {
        archive_bind_number(statement, at, number);
    }
}

void archive_bind_total(sqlite3_stmt *statement, int at, struct total value)
{
    if (value.high == 0 && value.low <= INT64_MAX) {
        sqlite3_bind_int64(statement, at, (sqlite3_int64)value.low);
        return;
    }
    char text[AMOUNT_TEXT_MAX];
    size_t length = total_format(value, 0, text);
    sqlite3_bind_text(statement, at, text, (int)length, SQLITE_TRANSIENT);
}

void archive_bind_amount(sqlite3_stmt *statement, int at, amount_t amount)
{
    archive_bind_total(statement, at, (struct total){.low = amount});
}

void archive_bind_text(sqlite3_stmt *statement, int at, struct slice text)
{
    if (text.length == 0) {
        sqlite3_bind_null(statement, at);
    } else {
        sqlite3_bind_text(statement, at, text.text, (int)text.length, SQLITE_STATIC);
    }
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

void archive_bind_note(sqlite3_stmt *statement, int at, struct slice note)
{
    if (note.length == 0 || is_text((const uint8_t *)note.text, note.length)) {
        archive_bind_text(statement, at, note);
    } else {
        sqlite3_bind_blob(statement, at, note.text, (int)note.length, SQLITE_STATIC);
    }
}

void archive_bind_limits(sqlite3_stmt *statement, int at, const struct record_options *options)
{
    if (options->unlimited) {
        sqlite3_bind_null(statement, at);
    } else {
        archive_bind_amount(statement, at, options->overdraft);
    }
    if (options->has_ceiling) {
        archive_bind_amount(statement, at + 1, options->ceiling);
    } else {
        sqlite3_bind_null(statement, at + 1);
    }
}

sqlite3_stmt *archive_event(struct archive *archive, const struct record *record, const char *kind)
{
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_EVENT];
    sqlite3_clear_bindings(add);
    archive_bind_number(add, EVENT_NUMBER, record->stamp.number);
    archive_bind_number(add, EVENT_TIME, record->stamp.time);
    sqlite3_bind_text(add, EVENT_KIND, kind, -1, SQLITE_STATIC);
    archive_bind_optional(add, EVENT_FLAGS, record->flags & (RECORD_KEEP | RECORD_CONTINUES));
    return add;
}

/** What a row of totals says. */
struct totals_row {
    int64_t account;
    struct total debits;
    struct total credits;
    struct total held_out;
    struct total held_in;
    sequence_t entry;
    sequence_t last;
    uint64_t entries;
};

static bool totals_set(struct archive *archive, const struct totals_row *row, char *error)
{
    sqlite3_stmt *set = archive->statements[ARCHIVE_SET_TOTALS];
    sqlite3_bind_int64(set, 1, row->account);
    archive_bind_total(set, 2, row->debits);
    archive_bind_total(set, 3, row->credits);
    archive_bind_number(set, 4, row->entry);
    archive_bind_total(set, 5, row->held_out);
    archive_bind_total(set, 6, row->held_in);
    archive_bind_number(set, 7, row->entries);
    archive_bind_number(set, 8, row->last);
    return archive_step(archive, ARCHIVE_SET_TOTALS, error);
}

bool archive_account_insert(struct archive *archive, int64_t account, struct slice id, uint32_t asset,
                            const struct record_options *options, uint64_t opened, char *error)
{
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_ACCOUNT];
    sqlite3_bind_int64(add, 1, account);
    archive_bind_text(add, 2, id);
    sqlite3_bind_int64(add, 3, (int64_t)asset + 1);
    archive_bind_limits(add, 4, options);
    archive_bind_number(add, 6, opened);
    return archive_step(archive, ARCHIVE_ADD_ACCOUNT, error) &&
           totals_set(archive, &(struct totals_row){.account = account}, error);
}

static bool world_write(struct archive *archive, uint32_t asset, char *error)
{
    struct archive_world *world = &archive->assets[asset].world;
    world->dirty = false;
    return totals_set(archive,
                      &(struct totals_row){.account = archive_world(asset),
                                           .debits = world->debits,
                                           .credits = world->credits,
                                           .held_out = world->held_out,
                                           .held_in = world->held_in,
                                           .entry = world->entry,
                                           .last = world->last,
                                           .entries = world->entries},
                      error);
}

static bool book_write(struct archive *archive, const struct book *book, char *error)
{
    const struct books *books = &archive->books;
    return totals_set(archive,
                      &(struct totals_row){.account = (int64_t)book->number,
                                           .debits = books_debits(books, book),
                                           .credits = books_credits(books, book),
                                           .held_out = books_held_out(books, book),
                                           .held_in = books_held_in(books, book),
                                           .entry = book->entry,
                                           .last = books_last(books, book),
                                           .entries = book->entries},
                      error);
}

bool archive_totals_write(struct archive *archive, char *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < archive->asset_count; i++) {
        good = !archive->assets[i].world.dirty || world_write(archive, i, error);
    }
    uint32_t from = 0; /* in the order in which the table has them */
    for (const struct book *book; good && (book = books_clean(&archive->books, &from)) != NULL;) {
        good = book_write(archive, book, error);
    }
    return good;
}
