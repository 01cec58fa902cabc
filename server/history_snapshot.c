/* history_snapshot.c: entries of the snapshot, along each account's chain of transfer rows. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ledger/asset.h"
#include "ledger/compose.h"
#include "proto/commands.h"
#include "server/archive_state.h"
#include "server/history_state.h"

/* How long to wait for the database, in milliseconds: it is busy only for moments, while it is recovered. */
#define BUSY_MS 5000

/* Digits of the largest total: 10^57 is below 2^192. */
#define TOTAL_DIGITS_MAX 57

static bool sqlite_failed(struct history *history, const char *doing)
{
    (void)snprintf(history->error, sizeof history->error, "'%.384s/ledger.db': %s: SQLite says: %s",
                   history->dir, doing, sqlite3_errmsg(history->db));
    return false;
}

bool snapshot_damaged(struct history *history, const char *what, int64_t number)
{
    (void)snprintf(history->error, sizeof history->error,
                   "'%.384s/ledger.db': it contradicts itself: %s %" PRId64, history->dir, what, number);
    return false;
}

static bool statements_prepare(struct history *history)
{
    static const char *const sql[HISTORY_STATEMENTS] = {
        [HISTORY_BEGIN] = "BEGIN",
        [HISTORY_END] = "COMMIT",
        [HISTORY_META] = "SELECT number, time_ns FROM meta",
        [HISTORY_ACCOUNT] = "SELECT account, opened_ns, code, scale, debits, credits, entry FROM accounts "
                            "JOIN assets USING (asset) JOIN totals USING (account) WHERE id = ?1",
        [HISTORY_ASSET] = "SELECT scale FROM assets WHERE code = ?1",
        [HISTORY_NAME] = "SELECT id, code, scale FROM accounts JOIN assets USING (asset) WHERE account = ?1",
        [HISTORY_ENTRY] =
            "SELECT t.time_ns, t.debit = ?2, t.amount, iif(t.debit = ?2, t.debit_before, t.credit_before), "
            "first.id, first.kind, first.note, other.id FROM transfers t "
            "JOIN transfers first ON first.number = t.number - t.leg "
            "JOIN accounts other ON other.account = iif(t.debit = ?2, t.credit, t.debit) "
            "WHERE t.number = ?1",
        [HISTORY_LANDMARK] = "SELECT number, balance FROM landmarks WHERE account = ?1 AND number >= ?2 "
                             "ORDER BY number LIMIT 1 OFFSET ?3",
        [HISTORY_RUNS] = "SELECT run FROM runs WHERE part = ?1 ORDER BY first DESC",
        [HISTORY_RUNS_LAST] = "SELECT last FROM runs WHERE part = 0 ORDER BY first DESC LIMIT 1",
        [HISTORY_RECENT] =
            "SELECT number, id FROM transfers WHERE number >= ?1 AND id NOT NULL "
            "UNION ALL SELECT number, reference FROM transfers WHERE number >= ?1 AND kind = 'reverse' "
            "UNION ALL SELECT number, id FROM events WHERE number >= ?1 AND "
            "kind IN ('hold', 'extend', 'void') ORDER BY number",
        [HISTORY_TRANSFER] = "SELECT id, kind, time_ns, note, reference FROM transfers WHERE number = ?1",
        [HISTORY_LEGS] = "SELECT d.id, c.id, amount, code, scale, leg FROM transfers "
                         "JOIN accounts d ON d.account = debit JOIN accounts c ON c.account = credit "
                         "JOIN assets ON assets.asset = d.asset WHERE number >= ?1 ORDER BY number",
        [HISTORY_EVENT] = "SELECT e.id, kind, time_ns, note, d.id, c.id, amount, code, scale FROM events e "
                          "JOIN accounts d ON d.account = debit JOIN accounts c ON c.account = credit "
                          "JOIN assets ON assets.asset = d.asset WHERE number = ?1",
        [HISTORY_HOLD] = "SELECT state, remaining, expires_ns FROM holds WHERE number = ?1",
        [HISTORY_TIME] = "SELECT time_ns FROM transfers WHERE number >= ?1 ORDER BY number LIMIT 1",
    };
    for (int i = 0; i < HISTORY_STATEMENTS; i++) {
        if (sqlite3_prepare_v3(history->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &history->statements[i],
                               NULL) != SQLITE_OK) {
            return sqlite_failed(history, "it can't be read");
        }
    }
    return true;
}

static void snapshot_close(struct history *history)
{
    for (int i = 0; i < HISTORY_STATEMENTS; i++) {
        sqlite3_finalize(history->statements[i]);
        history->statements[i] = NULL;
    }
    sqlite3_close(history->db);
    history->db = NULL;
}

static bool snapshot_open(struct history *history)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/ledger.db", history->dir);
    if (sqlite3_open_v2(path, &history->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(history->db, BUSY_MS) == SQLITE_OK &&
        sqlite3_exec(history->db, "PRAGMA cache_size = -16384", NULL, NULL, NULL) == SQLITE_OK &&
        statements_prepare(history)) {
        return true;
    }
    if (history->error[0] == '\0') {
        sqlite_failed(history, "it can't be opened");
    }
    snapshot_close(history);
    return false;
}

int snapshot_row(struct history *history, enum history_statement which)
{
    int result = sqlite3_step(history->statements[which]);
    if (result != SQLITE_ROW) {
        sqlite3_reset(history->statements[which]);
        if (result != SQLITE_DONE) {
            sqlite_failed(history, "it can't be read");
        }
    }
    return result;
}

void snapshot_row_end(struct history *history, enum history_statement which)
{
    sqlite3_reset(history->statements[which]);
}

bool snapshot_begin(struct history *history)
{
    history->error[0] = '\0';
    if (!history->db && !snapshot_open(history)) {
        return false;
    }
    if (snapshot_row(history, HISTORY_BEGIN) != SQLITE_DONE ||
        snapshot_row(history, HISTORY_META) != SQLITE_ROW) {
        return false;
    }
    sqlite3_stmt *meta = history->statements[HISTORY_META];
    history->snapshot =
        (struct stamp){(sequence_t)sqlite3_column_int64(meta, 0), (uint64_t)sqlite3_column_int64(meta, 1)};
    snapshot_row_end(history, HISTORY_META);
    return true;
}

void snapshot_end(struct history *history)
{
    /* After a failure a statement may stand on a row yet. */
    for (int i = 0; i < HISTORY_STATEMENTS; i++) {
        sqlite3_reset(history->statements[i]);
    }
    if (history->db && !sqlite3_get_autocommit(history->db)) {
        (void)sqlite3_step(history->statements[HISTORY_END]);
        sqlite3_reset(history->statements[HISTORY_END]);
    }
}

struct slice snapshot_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_blob(statement, column);
    return (struct slice){text ? text : "", (size_t)sqlite3_column_bytes(statement, column)};
}

/** Reads a column that is INTEGER, or decimal TEXT where 64 bits are too few; may be below zero. */
static bool column_standing(struct history *history, sqlite3_stmt *statement, int column,
                            struct standing *standing)
{
    struct slice text = snapshot_text(statement, column); /* SQLite writes an INTEGER as its digits */
    bool minus = text.length > 0 && text.text[0] == '-';
    *standing = (struct standing){0};
    struct total *total = minus ? &standing->minus : &standing->plus;
    if (text.length > TOTAL_DIGITS_MAX + (size_t)minus) {
        return snapshot_damaged(history, "an amount is too long, in digits:", (int64_t)text.length);
    }
    for (size_t i = minus; i < text.length; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') {
            return snapshot_damaged(history, "an amount has in it a byte of value",
                                    (unsigned char)text.text[i]);
        }
        struct total twice = *total;
        total_merge(&twice, *total);
        *total = twice;
        total_merge(total, twice);
        total_merge(total, *total);
        total_merge(total, twice);
        total_add(total, (amount_t)(text.text[i] - '0'));
    }
    return true;
}

bool snapshot_amount(struct history *history, sqlite3_stmt *statement, int column, amount_t *amount)
{
    struct standing standing;
    if (!column_standing(history, statement, column, &standing)) {
        return false;
    }
    *amount = standing.plus.low;
    return true;
}

bool snapshot_name(struct history *history, int64_t account, char *id, uint8_t *length,
                   struct asset_tag *asset)
{
    sqlite3_stmt *name = history->statements[HISTORY_NAME];
    sqlite3_bind_int64(name, 1, account);
    int result = snapshot_row(history, HISTORY_NAME);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE ? snapshot_damaged(history, "there is no account", account) : false;
    }
    *length = (uint8_t)entry_text(id, IDENT_MAX, snapshot_text(name, 0));
    *asset = asset_tag_of(snapshot_text(name, 1), (unsigned)sqlite3_column_int(name, 2));
    snapshot_row_end(history, HISTORY_NAME);
    return true;
}

/** The first number of a transfer that is at `time_ns` or later: times grow with numbers. */
static bool number_at(struct history *history, uint64_t time_ns, sequence_t *number)
{
    sqlite3_stmt *statement = history->statements[HISTORY_TIME];
    sequence_t low = 1;
    sequence_t high = history->snapshot.number + 1;
    while (low < high) {
        sequence_t middle = low + (high - low) / 2;
        sqlite3_bind_int64(statement, 1, (int64_t)middle);
        int result = snapshot_row(history, HISTORY_TIME);
        if (result != SQLITE_ROW && result != SQLITE_DONE) {
            return false;
        }
        if (result == SQLITE_DONE || (uint64_t)sqlite3_column_int64(statement, 0) >= time_ns) {
            high = middle;
        } else {
            low = middle + 1;
        }
        snapshot_row_end(history, HISTORY_TIME);
    }
    *number = low;
    return true;
}

/** The range as numbers alone, none of them beyond the snapshot. */
static bool range_numbers(struct history *history, const struct range *range, sequence_t *from,
                          sequence_t *to)
{
    sequence_t first = 0;
    sequence_t behind = history->snapshot.number + 1;
    if ((range->from_ns > 0 && !number_at(history, range->from_ns, &first)) ||
        (range->to_ns < history->snapshot.time && !number_at(history, range->to_ns + 1, &behind))) {
        return false;
    }
    *from = first > range->from ? first : range->from;
    *to = behind - 1 < range->to ? behind - 1 : range->to;
    return true;
}

/** A place on an account's chain: an entry, and the balance after it. */
struct place {
    sequence_t entry; /* 0: before the first */
    struct standing standing;
};

/** Moves to a landmark: the `skip`-th of those at number `from` or later. Stays where there is none. */
static bool place_landmark(struct history *history, int64_t account, sequence_t from, uint32_t skip,
                           struct place *place)
{
    sqlite3_stmt *landmark = history->statements[HISTORY_LANDMARK];
    sqlite3_bind_int64(landmark, 1, account);
    sqlite3_bind_int64(landmark, 2, (int64_t)from);
    sqlite3_bind_int64(landmark, 3, skip);
    int result = snapshot_row(history, HISTORY_LANDMARK);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE;
    }
    sequence_t number = (sequence_t)sqlite3_column_int64(landmark, 0);
    if (number < place->entry) {
        place->entry = number;
        if (!column_standing(history, landmark, 1, &place->standing)) {
            return false;
        }
    }
    snapshot_row_end(history, HISTORY_LANDMARK);
    return true;
}

/** Moves to the entry before, and tells the one that was passed in `passed`, unless it is NULL. */
static bool place_step(struct history *history, int64_t account, struct place *place, struct entry *passed)
{
    sqlite3_stmt *row = history->statements[HISTORY_ENTRY];
    sqlite3_bind_int64(row, 1, (int64_t)place->entry);
    sqlite3_bind_int64(row, 2, account);
    int result = snapshot_row(history, HISTORY_ENTRY);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE &&
               snapshot_damaged(history, "an account's entry is missing:", (int64_t)place->entry);
    }
    bool debit = sqlite3_column_int(row, 1) != 0;
    struct standing amount;
    if (!column_standing(history, row, 2, &amount)) {
        return false;
    }
    if (passed) {
        passed->stamp = (struct stamp){place->entry, (uint64_t)sqlite3_column_int64(row, 0)};
        passed->amount = amount.plus.low;
        passed->debit = debit;
        passed->after = place->standing;
        passed->id_length = (uint8_t)entry_text(passed->id, sizeof passed->id, snapshot_text(row, 4));
        passed->kind_length = (uint8_t)entry_text(passed->kind, sizeof passed->kind, snapshot_text(row, 5));
        passed->note_length = (uint16_t)entry_text(passed->note, sizeof passed->note, snapshot_text(row, 6));
        passed->other_length =
            (uint8_t)entry_text(passed->other, sizeof passed->other, snapshot_text(row, 7));
    }
    standing_move(&place->standing, amount.plus.low, debit, false);
    sequence_t before = (sequence_t)sqlite3_column_int64(row, 3);
    snapshot_row_end(history, HISTORY_ENTRY);
    bool ends =
        before < place->entry && (before > 0 || total_equal(place->standing.plus, place->standing.minus));
    if (!ends) {
        return snapshot_damaged(history, "a chain of entries goes wrong at", (int64_t)place->entry);
    }
    place->entry = before;
    return true;
}

/** How many landmarks after the first at or behind an entry there is one at or behind the entry `count` - 1
 * places later. */
static uint32_t landmarks_across(uint32_t count)
{
    return (count - 1 + LANDMARK_EVERY - 1) / LANDMARK_EVERY;
}

/** Gathers the entries from number `from` to `to`. `place` is at the account's newest one. */
static bool chain_walk(struct history *history, struct search *search, struct place *place, sequence_t from,
                       sequence_t to)
{
    const struct inquiry *inquiry = search->question->inquiry;
    struct entries *old = &search->old;
    uint32_t reach = inquiry->reverse || old->capacity == 0 ? 0 : landmarks_across(old->capacity);
    if (!place_landmark(history, search->account, to, 0, place) ||
        (reach > 0 && !place_landmark(history, search->account, from, reach, place))) {
        return false;
    }
    while (place->entry > to) {
        if (!place_step(history, search->account, place, NULL)) {
            return false;
        }
    }
    while (old->capacity > 0 && place->entry > 0 && place->entry >= from &&
           !(inquiry->reverse && old->pushed == old->capacity)) {
        if (!place_step(history, search->account, place, entries_push(old))) {
            return false;
        }
    }
    return true;
}

/** Reads the account's rows. */
static bool account_read(struct history *history, struct search *search, sequence_t *entry)
{
    struct slice id = inquiry_text(search->question->inquiry);
    sqlite3_stmt *account = history->statements[HISTORY_ACCOUNT];
    sqlite3_bind_text(account, 1, id.text, (int)id.length, SQLITE_STATIC);
    int result = snapshot_row(history, HISTORY_ACCOUNT);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE;
    }
    search->found = true;
    search->account = sqlite3_column_int64(account, 0);
    search->asset = asset_tag_of(snapshot_text(account, 2), (unsigned)sqlite3_column_int(account, 3));
    if (!search->world) {
        search->opened =
            (struct stamp){(sequence_t)search->account, (uint64_t)sqlite3_column_int64(account, 1)};
    }
    struct standing debits;
    struct standing credits;
    if (!column_standing(history, account, 4, &debits) || !column_standing(history, account, 5, &credits)) {
        return false;
    }
    search->standing = (struct standing){.plus = credits.plus, .minus = debits.plus};
    *entry = (sequence_t)sqlite3_column_int64(account, 6);
    snapshot_row_end(history, HISTORY_ACCOUNT);
    return true;
}

/** A @world account is there with its asset; it has rows once it was used. */
static bool world_read(struct history *history, struct search *search)
{
    struct slice code = inquiry_text(search->question->inquiry);
    code.text += sizeof WORLD_ID; /* and the slash */
    code.length -= sizeof WORLD_ID;
    sqlite3_stmt *asset = history->statements[HISTORY_ASSET];
    sqlite3_bind_text(asset, 1, code.text, (int)code.length, SQLITE_STATIC);
    int result = snapshot_row(history, HISTORY_ASSET);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE;
    }
    search->found = true;
    search->asset = asset_tag_of(code, (unsigned)sqlite3_column_int(asset, 0));
    snapshot_row_end(history, HISTORY_ASSET);
    return true;
}

/** Whether what was found must be completed from the journal. */
static bool tail_wanted(const struct history *history, const struct search *search)
{
    if (!search->found) {
        return true;
    }
    if (search->range.to <= history->snapshot.number || search->range.to_ns <= history->snapshot.time) {
        return false;
    }
    return search->question->inquiry->reverse || search->old.capacity == 0 ||
           search->old.pushed < search->old.capacity;
}

bool snapshot_search(struct history *history, struct search *search)
{
    sequence_t from;
    sequence_t to;
    struct place place = {0};
    search->world = compose_is_world(inquiry_text(search->question->inquiry));
    if (!account_read(history, search, &place.entry) ||
        (search->world && !search->found && !world_read(history, search)) ||
        !range_numbers(history, &search->range, &from, &to)) {
        return false;
    }
    place.standing = search->standing;
    if (place.entry > 0 && !chain_walk(history, search, &place, from, to)) {
        return false;
    }
    search->wants_tail = tail_wanted(history, search);
    if (!search->wants_tail) {
        search->standing = place.standing; /* where BALANCE ... AT wants it */
    }
    return true;
}
