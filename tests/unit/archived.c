/* archived.c: see archived.h. */
#include "tests/unit/archived.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "tests/unit/storage.h"

struct archive *archived_new(const char *dir)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    cr_assert(archive_create(dir, STORAGE_LEDGER, error), "%s", error);
    struct archive *archive = archive_open(dir, false, error);
    cr_assert_not_null(archive, "%s", error);
    cr_assert(archive_load(archive, NULL, 0, error), "%s", error);
    return archive;
}

void archived_fold(struct archive *archive, const struct buffer *records)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    for (size_t at = 0; at < buffer_length(records);) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        if (!archive_fold(archive, record, error))
            cr_assert_fail("%s", error);
        at += record->size;
    }
}

void archived_commit(struct archive *archive)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    cr_assert(archive_commit(archive, error), "%s", error);
}

void archived_run(const char *dir, const char *sql)
{
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(storage_path(dir, "ledger.db"), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

void archived_expect(const char *dir, const char *sql, const char *expected)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    struct buffer text = {0};
    cr_assert_eq(sqlite3_open_v2(storage_path(dir, "ledger.db"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            buffer_printf(&text, "%s%s", i > 0 ? "|" : "", (const char *)sqlite3_column_text(statement, i));
        buffer_printf(&text, "\n");
    }
    buffer_append(&text, "", 1);
    cr_expect_str_eq(text.bytes, expected, "%s", sql);
    buffer_free(&text);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/** What loading told, or what it must tell. */
struct heard {
    struct buffer opens;    /* records of accounts */
    struct buffer accounts; /* struct archive_account of each */
    struct buffer past;     /* records of holds and transfers */
    struct buffer holds;    /* struct archive_hold of each hold */
    unsigned assets;
    struct total world_debits; /* of @worlds, whatever their asset */
    struct total world_credits;
    sequence_t world_last; /* newest number that changed any */
};

static bool hear_asset(void *context, const struct archive_asset *asset, char *error)
{
    struct heard *heard = context;
    (void)error;
    heard->assets++;
    total_merge(&heard->world_debits, asset->world_debits);
    total_merge(&heard->world_credits, asset->world_credits);
    heard->world_last = asset->world_last > heard->world_last ? asset->world_last : heard->world_last;
    return true;
}

static bool hear_account(void *context, const struct record *open, const struct archive_account *account,
                         char *error)
{
    struct heard *heard = context;
    (void)error;
    buffer_append(&heard->opens, open, open->size);
    buffer_append(&heard->accounts, account, sizeof *account);
    return true;
}

static bool hear_hold(void *context, const struct record *hold, const struct archive_hold *state, char *error)
{
    struct heard *heard = context;
    (void)error;
    buffer_append(&heard->past, hold, hold->size);
    buffer_append(&heard->holds, state, sizeof *state);
    return true;
}

static bool hear_transfer(void *context, const struct record *transfer, char *error)
{
    (void)error;
    buffer_append(&((struct heard *)context)->past, transfer, transfer->size);
    return true;
}

static struct heard hear(const char *dir, sequence_t number, uint64_t since_ns)
{
    struct heard heard = {.assets = 0};
    char error[ARCHIVE_ERROR_MAX] = "";
    const struct archive_visitor visitor = {&heard, hear_asset, hear_account, hear_hold, hear_transfer};
    struct archive *archive = archive_open(dir, true, error);
    cr_assert_not_null(archive, "%s", error);
    cr_assert(archive_load(archive, &visitor, since_ns, error), "%s", error);
    cr_assert_eq(archive_stamp(archive).number, number);
    archive_close(archive);
    return heard;
}

static void heard_free(struct heard *heard)
{
    buffer_free(&heard->opens);
    buffer_free(&heard->accounts);
    buffer_free(&heard->past);
    buffer_free(&heard->holds);
}

static bool same(const struct buffer *a, const struct buffer *b)
{
    return buffer_length(a) == buffer_length(b) &&
           (buffer_length(a) == 0 || memcmp(a->bytes, b->bytes, buffer_length(a)) == 0);
}

/** A hold as records tell of it. */
struct told_hold {
    const struct record *record;
    struct archive_hold state;
};

/** What records come to, worked out in the plainest way. */
struct told {
    struct total world_debits;
    struct total world_credits;
    struct archive_account accounts[1024];
    struct told_hold holds[4096];
    struct record *opens[1024]; /* copies, to have their limits changed */
    sequence_t world_last;
    unsigned account_count;
    unsigned hold_count;
};

static unsigned told_place(const struct told *told, sequence_t number)
{
    unsigned place = 0;
    while (place < told->account_count && told->opens[place]->stamp.number != number)
        place++;
    cr_assert_lt(place, told->account_count);
    return place;
}

static void told_side(struct told *told, sequence_t account, amount_t debit, amount_t credit,
                      sequence_t number)
{
    struct archive_account *at = account != 0 ? &told->accounts[told_place(told, account)] : NULL;
    total_add(at != NULL ? &at->debits : &told->world_debits, debit);
    total_add(at != NULL ? &at->credits : &told->world_credits, credit);
    *(at != NULL ? &at->last : &told->world_last) = number;
}

static struct told_hold *told_hold_find(struct told *told, const struct record *record)
{
    struct slice id = record_reference(record);
    struct told_hold *hold = told->holds;
    for (; hold < told->holds + told->hold_count; hold++) {
        struct slice other = record_id(hold->record);
        if (other.length == id.length && memcmp(other.text, id.text, id.length) == 0)
            break;
    }
    cr_assert_lt(hold - told->holds, told->hold_count);
    return hold;
}

static void told_capture(struct told_hold *hold, const struct record *record)
{
    bool keep = (record->flags & RECORD_KEEP) != 0;
    hold->state.remaining = keep ? hold->state.remaining - record_legs(record)->amount : 0;
    if (hold->state.remaining == 0) {
        hold->state.state = ARCHIVE_CAPTURED;
        hold->state.ended = record->stamp.time;
    }
}

static void told_held(struct told *told, const struct record *record)
{
    const struct record_leg *leg = record_legs(record);
    uint64_t ttl = record_terms(record).ttl;
    uint64_t deadline = ttl == 0 ? 0 : record->stamp.time + ttl * 1000000000;
    if (record->type == TRANSFER_HOLD) {
        cr_assert_lt(told->hold_count, sizeof told->holds / sizeof told->holds[0]);
        told->holds[told->hold_count++] =
            (struct told_hold){record, {.remaining = leg->amount, .deadline = deadline}};
    } else if (record->type == TRANSFER_EXTEND) {
        told_hold_find(told, record)->state.deadline = deadline;
        return; /* changes no account */
    } else {
        struct archive_hold *state = &told_hold_find(told, record)->state;
        state->remaining = 0;
        state->state = record->type == TRANSFER_VOID ? ARCHIVE_VOIDED : ARCHIVE_EXPIRED;
        state->ended = record->stamp.time;
    }
    told_side(told, leg->from, 0, 0, record->stamp.number);
    told_side(told, leg->to, 0, 0, record->stamp.number);
}

static void told_transfer(struct told *told, const struct record *record)
{
    const struct record_leg *legs = record_legs(record);
    if (!transfer_moves(record->type)) {
        told_held(told, record);
        return;
    }
    if (record->type == TRANSFER_CAPTURE)
        told_capture(told_hold_find(told, record), record);
    for (unsigned i = 0; i < record->leg_count; i++) {
        told_side(told, legs[i].from, legs[i].amount, 0, record->stamp.number + i);
        told_side(told, legs[i].to, 0, legs[i].amount, record->stamp.number + i);
    }
}

static void told_change(struct told *told, const struct record *record)
{
    static const uint8_t states[] = {[CHANGE_FREEZE] = 1, [CHANGE_THAW] = 0, [CHANGE_CLOSE] = 2};
    const struct record_change *change = record_change(record);
    unsigned place = told_place(told, change->account);
    told->accounts[place].last = record->stamp.number;
    if (record->type != CHANGE_LIMIT) {
        told->accounts[place].state = states[record->type];
        return;
    }
    struct record_options *options = (struct record_options *)(void *)(told->opens[place] + 1);
    options->overdraft = change->overdraft;
    options->ceiling = change->ceiling;
    options->unlimited = change->unlimited;
    options->has_ceiling = change->has_ceiling;
}

static struct told *told_make(const struct buffer *records)
{
    struct told *told = calloc(1, sizeof *told);
    for (size_t at = 0; at < buffer_length(records);) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        at += record->size;
        if (record->kind == RECORD_OPEN) {
            cr_assert_lt(told->account_count, sizeof told->opens / sizeof told->opens[0]);
            told->opens[told->account_count] = malloc(record->size);
            memcpy(told->opens[told->account_count++], record, record->size);
        } else if (record->kind == RECORD_TRANSFER) {
            told_transfer(told, record);
        } else if (record->kind == RECORD_CHANGE) {
            told_change(told, record);
        }
    }
    return told;
}

static void expect_accounts(const struct heard *heard, const struct told *told, uint64_t seed)
{
    const struct archive_account *accounts = (const struct archive_account *)(void *)heard->accounts.bytes;
    struct buffer opens = {0};
    cr_assert_eq(buffer_length(&heard->accounts), told->account_count * sizeof *accounts);
    for (unsigned i = 0; i < told->account_count; i++) {
        const struct archive_account *expected = &told->accounts[i];
        buffer_append(&opens, told->opens[i], told->opens[i]->size);
        if (!total_equal(accounts[i].debits, expected->debits) ||
            !total_equal(accounts[i].credits, expected->credits) || accounts[i].last != expected->last ||
            accounts[i].state != expected->state)
            cr_assert_fail("account %lu differs, seed %lu", told->opens[i]->stamp.number, seed);
    }
    cr_assert(same(&opens, &heard->opens), "opens differ, seed %lu", seed);
    cr_assert(total_equal(told->world_debits, heard->world_debits) &&
                  total_equal(told->world_credits, heard->world_credits) &&
                  told->world_last == heard->world_last,
              "@world differs, seed %lu", seed);
    buffer_free(&opens);
}

static bool hold_is_wanted(const struct archive_hold *state, uint64_t since_ns)
{
    return state->state == ARCHIVE_HELD || state->ended >= since_ns;
}

/** Of the records, those that must be remembered; and holds as they are now. */
static void expect_past(const struct heard *heard, const struct told *told, const struct buffer *records,
                        uint64_t since_ns, uint64_t seed)
{
    const struct archive_hold *state = (const struct archive_hold *)(void *)heard->holds.bytes;
    struct buffer past = {0};
    size_t wanted = 0;
    unsigned hold = 0;
    for (size_t at = 0; at < buffer_length(records);) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + at);
        at += record->size;
        if (record->kind != RECORD_TRANSFER || record->type == TRANSFER_EXPIRE)
            continue;
        bool held = record->type == TRANSFER_HOLD;
        const struct archive_hold *expected = held ? &told->holds[hold++].state : NULL;
        if (held ? !hold_is_wanted(expected, since_ns) : record->stamp.time < since_ns)
            continue;
        buffer_append(&past, record, record->size);
        if (!held)
            continue;
        cr_assert_lt(wanted * sizeof *state, buffer_length(&heard->holds));
        if (state->remaining != expected->remaining || state->deadline != expected->deadline ||
            state->ended != expected->ended || state->state != expected->state)
            cr_assert_fail("hold %lu differs, seed %lu", record->stamp.number, seed);
        wanted++;
        state++;
    }
    cr_assert(same(&past, &heard->past), "transfers since %lu differ, seed %lu", since_ns, seed);
    cr_assert_eq(buffer_length(&heard->holds), wanted * sizeof *state);
    buffer_free(&past);
}

void archived_expect_records(const char *dir, const struct buffer *records, sequence_t number,
                             uint64_t since_ns, uint64_t seed)
{
    struct heard heard = hear(dir, number, since_ns);
    struct told *told = told_make(records);
    expect_accounts(&heard, told, seed);
    expect_past(&heard, told, records, since_ns, seed);
    for (unsigned i = 0; i < told->account_count; i++)
        free(told->opens[i]);
    free(told);
    heard_free(&heard);
}
