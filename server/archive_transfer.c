/* archive_transfer.c: records with legs become rows: money moved, held and released. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "server/archive_state.h"

/* What a hold lives at most, in seconds: 100 years, so that no deadline overflows. */
#define TTL_MAX UINT64_C(3153600000)

/* Parameters of the statement that adds a transfer. What follows the note is NULL but for few. */
enum { LEG_ID = 3, LEG_KIND = 4, LEG_NOTE = 11, LEG_REFERENCE, LEG_TERMS, LEG_FLAGS, LEG_RELEASED };

/** Gives an asset's @world its rows, when it is first used. */
static bool world_begin(struct archive *archive, uint32_t asset, uint64_t time, char *error)
{
    static const struct record_options unlimited = {.unlimited = true};
    const struct asset_tag *tag = &archive->assets[asset].tag;
    char id[sizeof "@world/" + ASSET_CODE_MAX];
    int length = snprintf(id, sizeof id, "@world/%.*s", (int)tag->length, tag->code);
    archive->assets[asset].world.known = true;
    return archive_account_insert(archive, archive_world(asset), (struct slice){id, (size_t)length}, asset,
                                  &unlimited, time, error);
}

/** Finds a side that is an account of a client's, or none. */
static bool side_find(struct archive *archive, sequence_t number, sequence_t account,
                      struct archive_side *side, char *error)
{
    *side = (struct archive_side){.account = (int64_t)account};
    if (account == 0) {
        return true;
    }
    side->book = books_find(&archive->books, account);
    if (!side->book) {
        return archive_fail(archive, error,
                            "transfer %" PRIu64 " names account number %" PRIu64 ", which was never opened",
                            number, account);
    }
    side->before = side->book->entry;
    return true;
}

static bool world_find(struct archive *archive, uint32_t asset, uint64_t time, struct archive_side *side,
                       char *error)
{
    struct archive_world *world = &archive->assets[asset].world;
    if (!world->known && !world_begin(archive, asset, time, error)) {
        return false;
    }
    side->account = archive_world(asset);
    side->before = world->entry;
    return true;
}

bool archive_sides_find(struct archive *archive, const struct record_leg *leg, struct stamp stamp,
                        struct archive_side *from, struct archive_side *to, char *error)
{
    if (!side_find(archive, stamp.number, leg->from, from, error) ||
        !side_find(archive, stamp.number, leg->to, to, error)) {
        return false;
    }
    if (leg->from == leg->to || (from->book && to->book && from->book->asset != to->book->asset)) {
        archive_fail(archive, error,
                     "transfer %" PRIu64 " is between accounts %" PRIu64 " and %" PRIu64
                     ", which can't have one",
                     stamp.number, leg->from, leg->to);
        return false;
    }
    assert(from->book || to->book); /* their numbers differ, so not both are 0 */
    uint32_t asset = from->book ? from->book->asset : to->book->asset;
    from->sum = to->sum = &archive->assets[asset];
    return (from->book || world_find(archive, asset, stamp.time, from, error)) &&
           (to->book || world_find(archive, asset, stamp.time, to, error));
}

/** Whether both accounts of a leg can have money moved or held. */
static bool sides_open(const struct archive *archive, const struct record *record,
                       const struct archive_side *from, const struct archive_side *to, char *error)
{
    const struct archive_side *const sides[] = {from, to};
    for (int i = 0; i < 2; i++) {
        const struct book *book = sides[i]->book;
        if (book && book->state != BOOK_OPEN) {
            return archive_fail(archive, error,
                                "number %" PRIu64 " is of account number %" PRIu64 ", which is %s",
                                record->stamp.number, book->number, archive_account_states[book->state]);
        }
    }
    return true;
}

static bool landmark_add(struct archive *archive, const struct archive_side *side, sequence_t number,
                         uint64_t entries, char *error)
{
    const struct books *books = &archive->books;
    const struct archive_world *world = &side->sum->world;
    return archive_landmark_add(
        archive,
        &(struct archive_landmark){.debits = side->book ? books_debits(books, side->book) : world->debits,
                                   .credits = side->book ? books_credits(books, side->book) : world->credits,
                                   .account = side->account,
                                   .number = number,
                                   .entries = entries},
        error);
}

/** Adds an amount to the debits, or the credits, of an account. False: they would be too large. */
static bool book_post(struct books *books, struct book *book, bool credit, amount_t amount)
{
    amount_t *total = credit ? &book->credits : &book->debits;
    if (!book->unbounded && amount > AMOUNT_TOTAL_MAX - *total) {
        return false;
    }
    if (__builtin_add_overflow(*total, amount, total)) {
        struct book_extra *extra = books_extra(books, book);
        *(credit ? &extra->credits_high : &extra->debits_high) += 1;
    }
    return true;
}

static bool side_post(struct archive *archive, struct archive_side *side, bool credit, amount_t amount,
                      sequence_t number, char *error)
{
    struct archive_world *world = &side->sum->world;
    uint64_t entries;
    if (side->book) {
        if (!book_post(&archive->books, side->book, credit, amount)) {
            return archive_fail(archive, error, "number %" PRIu64 " takes an account's total above 2^126 - 1",
                                number);
        }
        side->book->entry = number;
        entries = ++side->book->entries;
        books_touch(&archive->books, side->book);
    } else {
        total_add(credit ? &world->credits : &world->debits, amount);
        world->entry = world->last = number;
        entries = ++world->entries;
        world->dirty = true;
    }
    return entries % LANDMARK_EVERY != 0 || landmark_add(archive, side, number, entries, error);
}

bool archive_post(struct archive *archive, struct archive_side *from, struct archive_side *to,
                  amount_t amount, sequence_t number, char *error)
{
    total_add(&from->sum->totals.debits, amount);
    total_add(&from->sum->totals.credits, amount);
    return side_post(archive, from, false, amount, number, error) &&
           side_post(archive, to, true, amount, number, error);
}

/** What an account has held, out or in. It counts as changed by `number`. */
static struct total *side_held(struct archive *archive, struct archive_side *side, bool in, sequence_t number)
{
    struct archive_world *world = &side->sum->world;
    if (!side->book) {
        world->last = number;
        world->dirty = true;
        return in ? &world->held_in : &world->held_out;
    }
    struct book_extra *extra = books_extra(&archive->books, side->book);
    extra->last = number;
    books_touch(&archive->books, side->book);
    return in ? &extra->held_in : &extra->held_out;
}

/** Releases a part of what a hold holds. False, with `error`: it does not hold so much. */
static bool release(struct archive *archive, const struct record *record, struct open_hold *hold,
                    struct archive_side *from, struct archive_side *to, amount_t amount, char *error)
{
    sequence_t number = record->stamp.number;
    struct archive_sum *sum = from->sum;
    bool good = amount <= hold->remaining && archive_total_take(&sum->totals.held, amount) &&
                archive_total_take(&sum->held_out, amount) && archive_total_take(&sum->held_in, amount) &&
                archive_total_take(side_held(archive, from, false, number), amount) &&
                archive_total_take(side_held(archive, to, true, number), amount);
    if (!good) {
        return archive_fail(archive, error, "number %" PRIu64 " releases more of hold %.*s than it has left",
                            number, (int)hold->id_length, hold->id);
    }
    hold->remaining -= amount;
    return true;
}

static uint64_t deadline_of(const struct record *record)
{
    uint64_t ttl = record_terms(record).ttl;
    return ttl == 0 ? 0 : record->stamp.time + ttl * 1000000000;
}

/** Writes what changed of a hold; one that is not held any more is forgotten. */
static bool hold_write(struct archive *archive, const struct record *record, struct open_hold *hold,
                       enum hold_state state, char *error)
{
    sqlite3_stmt *set = archive->statements[ARCHIVE_SET_HOLD];
    bool ended = state != HOLD_OPEN;
    archive_bind_number(set, 1, hold->number);
    archive_bind_amount(set, 2, hold->remaining);
    sqlite3_bind_text(set, 3, archive_hold_states[state], -1, SQLITE_STATIC);
    archive_bind_optional(set, 4, hold->deadline);
    archive_bind_optional(set, 5, ended ? record->stamp.number : 0);
    archive_bind_optional(set, 6, ended ? record->stamp.time : 0);
    if (ended) {
        open_holds_remove(&archive->holds, hold);
    }
    return archive_step(archive, ARCHIVE_SET_HOLD, error);
}

/** The open hold that a record is about, with the accounts that its leg has. NULL, with `error`. */
static struct open_hold *hold_find(struct archive *archive, const struct record *record, char *error)
{
    struct slice id = record_reference(record);
    const struct record_leg *leg = record_legs(record);
    struct open_hold *hold = open_holds_find(&archive->holds, id);
    if (!hold || hold->from != leg->from || hold->to != leg->to) {
        archive_fail(archive, error, "number %" PRIu64 " is about hold %.*s, which is not open so",
                     record->stamp.number, (int)id.length, id.text);
        return NULL;
    }
    return hold;
}

static bool fold_capture(struct archive *archive, const struct record *record, struct archive_side *from,
                         struct archive_side *to, char *error)
{
    const struct record_leg *leg = record_legs(record);
    amount_t released = record_terms(record).released;
    struct open_hold *hold = hold_find(archive, record, error);
    bool keep = (record->flags & RECORD_KEEP) != 0;
    if (!hold) {
        return false;
    }
    if (leg->amount > hold->remaining || released != (keep ? 0 : hold->remaining - leg->amount)) {
        return archive_fail(archive, error,
                            "number %" PRIu64 " captures and releases another amount than hold %.*s has left",
                            record->stamp.number, (int)hold->id_length, hold->id);
    }
    return release(archive, record, hold, from, to, leg->amount + released, error) &&
           hold_write(archive, record, hold, hold->remaining > 0 ? HOLD_OPEN : HOLD_CAPTURED, error);
}

/** Binds what only few transfers have. */
static void special_bind(sqlite3_stmt *add, const struct record *record)
{
    struct record_terms terms = record_terms(record);
    archive_bind_text(add, LEG_REFERENCE, record_reference(record));
    archive_bind_optional(add, LEG_TERMS, terms.terms);
    archive_bind_optional(add, LEG_FLAGS, record->flags & (RECORD_KEEP | RECORD_CONTINUES));
    if (terms.released > 0) {
        archive_bind_amount(add, LEG_RELEASED, terms.released);
    }
}

static void special_unbind(sqlite3_stmt *add)
{
    for (int at = LEG_REFERENCE; at <= LEG_RELEASED; at++) {
        sqlite3_bind_null(add, at);
    }
}

static bool leg_insert(struct archive *archive, const struct record *record, unsigned i,
                       const struct archive_side *from, const struct archive_side *to, char *error)
{
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_TRANSFER];
    bool special = i == 0 && (record->flags != 0 || record->reference_length != 0);
    archive_bind_number(add, 1, record->stamp.number + i);
    archive_bind_number(add, 2, i);
    if (i == 0) {
        archive_bind_text(add, LEG_ID, record_id(record));
        sqlite3_bind_text(add, LEG_KIND, archive_kinds[record->type], -1, SQLITE_STATIC);
        archive_bind_note(add, LEG_NOTE, record_note(record));
    } else {
        sqlite3_bind_null(add, LEG_ID);
        sqlite3_bind_null(add, LEG_KIND);
        sqlite3_bind_null(add, LEG_NOTE);
    }
    archive_bind_number(add, 5, record->stamp.time + i);
    sqlite3_bind_int64(add, 6, from->account);
    sqlite3_bind_int64(add, 7, to->account);
    archive_bind_amount(add, 8, record_legs(record)[i].amount);
    archive_bind_number(add, 9, from->before);
    archive_bind_number(add, 10, to->before);
    if (special) {
        special_bind(add, record);
    }
    bool good = archive_step(archive, ARCHIVE_ADD_TRANSFER, error);
    if (special) {
        special_unbind(add);
    }
    return good;
}

/** Folds a record that moves money. */
static bool fold_moved(struct archive *archive, const struct record *record, char *error)
{
    struct archive_side from;
    struct archive_side to;
    for (unsigned i = 0; i < record->leg_count; i++) {
        const struct record_leg *leg = &record_legs(record)[i];
        struct stamp stamp = {record->stamp.number + i, record->stamp.time + i};
        if (!archive_sides_find(archive, leg, stamp, &from, &to, error) ||
            !sides_open(archive, record, &from, &to, error) ||
            (record->type == TRANSFER_CAPTURE && !fold_capture(archive, record, &from, &to, error)) ||
            !archive_post(archive, &from, &to, leg->amount, stamp.number, error) ||
            !leg_insert(archive, record, i, &from, &to, error)) {
            return false;
        }
    }
    archive_pair_add(archive, record_id(record), record->stamp.number);
    if (record->type == TRANSFER_REVERSE) {
        archive_pair_add(archive, record_reference(record), record->stamp.number); /* what it reverses */
    }
    return true;
}

static bool hold_insert(struct archive *archive, const struct record *record, const struct archive_side *from,
                        const struct archive_side *to, uint64_t deadline, char *error)
{
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_HOLD];
    struct record_terms terms = record_terms(record);
    archive_bind_number(add, 1, record->stamp.number);
    archive_bind_text(add, 2, record_id(record));
    archive_bind_number(add, 3, record->stamp.time);
    sqlite3_bind_int64(add, 4, from->account);
    sqlite3_bind_int64(add, 5, to->account);
    archive_bind_amount(add, 6, record_legs(record)->amount);
    archive_bind_optional(add, 7, deadline);
    archive_bind_note(add, 8, record_note(record));
    archive_bind_optional(add, 9, terms.ttl);
    archive_bind_optional(add, 10, terms.terms);
    archive_bind_optional(add, 11, record->flags & RECORD_CONTINUES);
    return archive_step(archive, ARCHIVE_ADD_HOLD, error);
}

static bool fold_hold(struct archive *archive, const struct record *record, struct archive_side *from,
                      struct archive_side *to, char *error)
{
    const struct record_leg *leg = record_legs(record);
    struct slice id = record_id(record);
    if (!sides_open(archive, record, from, to, error)) {
        return false;
    }
    if (open_holds_find(&archive->holds, id)) {
        return archive_fail(archive, error, "number %" PRIu64 " makes hold %.*s, which is open already",
                            record->stamp.number, (int)id.length, id.text);
    }
    struct open_hold *hold = open_holds_add(&archive->holds, id);
    hold->remaining = leg->amount;
    hold->number = record->stamp.number;
    hold->from = leg->from;
    hold->to = leg->to;
    hold->deadline = deadline_of(record);
    total_add(&from->sum->totals.held, leg->amount);
    total_add(&from->sum->held_out, leg->amount);
    total_add(&from->sum->held_in, leg->amount);
    total_add(side_held(archive, from, false, hold->number), leg->amount);
    total_add(side_held(archive, to, true, hold->number), leg->amount);
    return hold_insert(archive, record, from, to, hold->deadline, error);
}

/** Folds a void or an expiry: all that is left is released. */
static bool fold_release(struct archive *archive, const struct record *record, struct archive_side *from,
                         struct archive_side *to, char *error)
{
    bool expires = record->type == TRANSFER_EXPIRE;
    amount_t amount = record_legs(record)->amount;
    struct open_hold *hold = hold_find(archive, record, error);
    if (!hold) {
        return false;
    }
    if (amount != hold->remaining ||
        (expires && (hold->deadline == 0 || hold->deadline > record->stamp.time))) {
        return archive_fail(archive, error,
                            "number %" PRIu64
                            " ends hold %.*s with another amount than it has left, or before "
                            "its time",
                            record->stamp.number, (int)hold->id_length, hold->id);
    }
    return release(archive, record, hold, from, to, amount, error) &&
           hold_write(archive, record, hold, expires ? HOLD_EXPIRED : HOLD_VOIDED, error);
}

static bool fold_extend(struct archive *archive, const struct record *record, char *error)
{
    struct open_hold *hold = hold_find(archive, record, error);
    if (!hold) {
        return false;
    }
    hold->deadline = deadline_of(record);
    return hold_write(archive, record, hold, HOLD_OPEN, error);
}

static bool event_insert(struct archive *archive, const struct record *record,
                         const struct archive_side *from, const struct archive_side *to, char *error)
{
    struct record_terms terms = record_terms(record);
    sqlite3_stmt *event = archive_event(archive, record, archive_kinds[record->type]);
    archive_bind_text(event, EVENT_ID, record_id(record));
    archive_bind_text(event, EVENT_REFERENCE, record_reference(record));
    sqlite3_bind_int64(event, EVENT_DEBIT, from->account);
    sqlite3_bind_int64(event, EVENT_CREDIT, to->account);
    archive_bind_amount(event, EVENT_AMOUNT, record_legs(record)->amount);
    archive_bind_optional(event, EVENT_TTL, terms.ttl);
    archive_bind_optional(event, EVENT_TERMS, terms.terms);
    archive_bind_note(event, EVENT_NOTE, record_note(record));
    return archive_step(archive, ARCHIVE_ADD_EVENT, error);
}

/** Folds a record about a hold that moves no money. */
static bool fold_held(struct archive *archive, const struct record *record, char *error)
{
    struct archive_side from;
    struct archive_side to;
    bool good = false;
    if (record_terms(record).ttl > TTL_MAX) {
        return archive_fail(archive, error, "number %" PRIu64 " lets a hold live for more than 100 years",
                            record->stamp.number);
    }
    if (!archive_sides_find(archive, record_legs(record), record->stamp, &from, &to, error)) {
        return false;
    }
    switch ((enum transfer_type)record->type) {
    case TRANSFER_HOLD: good = fold_hold(archive, record, &from, &to, error); break;
    case TRANSFER_EXTEND: good = fold_extend(archive, record, error); break;
    default: good = fold_release(archive, record, &from, &to, error); break;
    }
    if (record->id_length > 0) {
        archive_pair_add(archive, record_id(record), record->stamp.number);
    }
    return good && event_insert(archive, record, &from, &to, error);
}

bool archive_transfer_fold(struct archive *archive, const struct record *record, char *error)
{
    return transfer_moves(record->type) ? fold_moved(archive, record, error)
                                        : fold_held(archive, record, error);
}
