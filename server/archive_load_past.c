/* archive_load_past.c: rows become holds and transfers again: what is still held, and what is to be
 * remembered. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/archive_scan.h"
#include "server/memory.h"

/** The columns that all three scans begin with, and those that only some have. */
enum {
    PAST_NUMBER,
    PAST_ID,
    PAST_KIND,
    PAST_TIME,
    PAST_DEBIT,
    PAST_CREDIT,
    PAST_AMOUNT,
    PAST_NOTE,
    PAST_TERMS,
    PAST_FLAGS,
    PAST_REFERENCE,
    PAST_LEG,
    PAST_RELEASED,
    PAST_TTL = PAST_LEG, /* of events and holds */
    PAST_REMAINING = PAST_LEG + 1,
    PAST_STATE,
    PAST_EXPIRES,
    PAST_ENDED
};

static const char holds_sql[] =
    "SELECT h.number, id, 'hold', time_ns, debit, credit, amount, note, terms, flags, NULL, ttl, remaining, "
    "state, expires_ns, ended_ns FROM (SELECT number FROM holds WHERE ended IS NULL UNION ALL "
    "SELECT number FROM holds WHERE ended >= ?1) AS wanted CROSS JOIN holds h ON h.number = wanted.number "
    "ORDER BY h.number";
static const char transfers_sql[] =
    "SELECT number, id, kind, time_ns, debit, credit, amount, note, terms, flags, reference, leg, released "
    "FROM transfers WHERE number >= ?1 ORDER BY number";
static const char events_sql[] =
    "SELECT number, id, kind, time_ns, debit, credit, amount, note, terms, flags, reference, ttl "
    "FROM events WHERE number >= ?1 AND kind IN ('extend', 'void') ORDER BY number";

/** What is being loaded. */
struct past {
    struct archive *archive;
    const struct archive_visitor *visitor; /* NULL: nobody is told of holds and transfers */
    struct total *sums; /* what open holds hold: of extra i, out at 2 i and in at 2 i + 1 */
    struct total world_sums[ASSETS_MAX][2];
    struct record_leg legs[LEGS_MAX]; /* of the transfer that is being read */
    struct buffer scratch;            /* the record that is being made */
};

/** The number and time of the first row of a table that is not before number `number`; the number 0: there is
 * none. */
static struct stamp stamp_probe(struct scan *scan, sequence_t number)
{
    struct stamp stamp = {0};
    sqlite3_bind_int64(scan->statement, 1, (sqlite3_int64)number);
    if (scan_next(scan)) {
        stamp = (struct stamp){(sequence_t)column_integer(scan, 0), (uint64_t)column_integer(scan, 1)};
    }
    sqlite3_reset(scan->statement);
    return stamp;
}

/** The first number with a time of at least `since_ns`, or one more than all: times rise with numbers, so it
 * is found by halving. False, with `error`. */
static bool since_find(struct archive *archive, uint64_t since_ns, sequence_t *since, char *error)
{
    struct scan legs = scan_open(
        archive, "SELECT number, time_ns FROM transfers WHERE number >= ?1 ORDER BY number LIMIT 1", error);
    struct scan events = scan_open(archive,
                                   "SELECT number, time_ns FROM events WHERE number >= ?1 AND "
                                   "time_ns NOT NULL ORDER BY number LIMIT 1",
                                   error);
    sequence_t low = 0;
    sequence_t high = since_ns == 0 ? 0 : archive->committed.number + 1;
    while (low < high && legs.good && events.good) {
        sequence_t middle = low + (high - low) / 2;
        struct stamp found = stamp_probe(&legs, middle);
        struct stamp other = stamp_probe(&events, middle);
        if (found.number == 0 || (other.number != 0 && other.number < found.number)) {
            found = other;
        }
        if (found.number == 0 || found.time >= since_ns) {
            high = middle;
        } else {
            low = found.number + 1;
        }
    }
    *since = low;
    bool good = scan_close(&legs);
    return scan_close(&events) && good;
}

/** The part of `sums` that an account has; NULL: it has nothing held. */
static struct total *book_sums(const struct past *past, const struct book *book)
{
    return book->extra != 0 ? past->sums + (size_t)2 * (book->extra - 1) : NULL;
}

/** The same of either side of a hold. */
static struct total *sum_of(struct past *past, int64_t account)
{
    if (account < 0) {
        return -account <= past->archive->asset_count ? past->world_sums[-account - 1] : NULL;
    }
    const struct book *book = books_find(&past->archive->books, (sequence_t)account);
    return book ? book_sums(past, book) : NULL;
}

/** Keeps an open hold, and adds it up. */
static bool hold_keep(struct past *past, struct scan *scan, const struct archive_hold *state)
{
    struct archive *archive = past->archive;
    struct slice id = column_text(scan, PAST_ID);
    int64_t debit = column_integer(scan, PAST_DEBIT);
    int64_t credit = column_integer(scan, PAST_CREDIT);
    struct total *out = sum_of(past, debit);
    struct total *in = sum_of(past, credit);
    if (!out || !in || holds_find(&archive->holds, id) || state->remaining == 0) {
        return scan_fail(scan, "open hold %" PRId64 " is not what it must be",
                         column_integer(scan, PAST_NUMBER));
    }
    struct open_hold *hold = holds_add(&archive->holds, id);
    hold->remaining = state->remaining;
    hold->number = (sequence_t)column_integer(scan, PAST_NUMBER);
    hold->from = column_account(scan, PAST_DEBIT);
    hold->to = column_account(scan, PAST_CREDIT);
    hold->deadline = state->deadline;
    total_add(&out[0], state->remaining);
    total_add(&in[1], state->remaining);
    int64_t of = debit > 0 ? debit : credit;
    const struct book *book = books_find(&archive->books, (sequence_t)of);
    total_add(&archive->assets[book->asset].totals.held, state->remaining);
    return true;
}

/** Reads what a record has beside its legs, from the row of its first. */
static bool parts_read(struct scan *scan, struct record_parts *parts)
{
    sequence_t number = (sequence_t)column_integer(scan, PAST_NUMBER);
    parts->id = column_text(scan, PAST_ID);
    parts->note = column_text(scan, PAST_NOTE);
    parts->reference = column_text(scan, PAST_REFERENCE);
    parts->type = column_name(scan, PAST_KIND, archive_kinds, TRANSFER_VOID + 1);
    parts->flags = (uint8_t)(column_integer(scan, PAST_FLAGS) & (RECORD_KEEP | RECORD_CONTINUES));
    parts->terms.terms = (uint64_t)column_integer(scan, PAST_TERMS);
    if (transfer_moves(parts->type)) {
        parts->terms.released = column_is_null(scan, PAST_RELEASED) ? 0 : column_amount(scan, PAST_RELEASED);
    } else {
        parts->terms.ttl = (uint64_t)column_integer(scan, PAST_TTL);
    }
    if (scan->good &&
        (!ident_valid(parts->id.text, parts->id.length) || parts->note.length > NOTE_MAX ||
         (parts->reference.length > 0 && !ident_valid(parts->reference.text, parts->reference.length)) ||
         number > scan->archive->committed.number)) {
        scan_fail(scan, "transfer %" PRIu64 " is not what it must be", number);
    }
    return scan->good;
}

static struct record_leg leg_read(struct scan *scan)
{
    return (struct record_leg){.amount = column_amount(scan, PAST_AMOUNT),
                               .from = column_account(scan, PAST_DEBIT),
                               .to = column_account(scan, PAST_CREDIT)};
}

/** Makes a record in `scratch`, with room for as many legs as there can be. */
static struct record_leg *record_begin(struct past *past, struct scan *scan, struct record_parts *parts)
{
    const struct stamp stamp = {(sequence_t)column_integer(scan, PAST_NUMBER),
                                (uint64_t)column_integer(scan, PAST_TIME)};
    buffer_consume(&past->scratch, buffer_length(&past->scratch));
    return record_transfer(&past->scratch, parts, stamp);
}

static const struct record *record_of(const struct past *past)
{
    return (const struct record *)(const void *)past->scratch.bytes;
}

/** Loads the hold on whose row the scan stands. */
static bool hold_load(struct past *past, struct scan *scan)
{
    struct record_parts parts = {.leg_count = 1};
    const struct archive_hold state = {.remaining = column_amount(scan, PAST_REMAINING),
                                       .deadline = (uint64_t)column_integer(scan, PAST_EXPIRES),
                                       .ended = (uint64_t)column_integer(scan, PAST_ENDED),
                                       .state = column_name(scan, PAST_STATE, archive_hold_states, 4)};
    if (!parts_read(scan, &parts)) {
        return false;
    }
    if ((state.state == ARCHIVE_HELD) != (state.ended == 0)) {
        return scan_fail(scan, "hold %" PRId64 " is not what it must be", column_integer(scan, PAST_NUMBER));
    }
    if (state.state == ARCHIVE_HELD && !hold_keep(past, scan, &state)) {
        return false;
    }
    *record_begin(past, scan, &parts) = leg_read(scan);
    scan->good = scan->good && (!past->visitor || past->visitor->hold(past->visitor->context, record_of(past),
                                                                      &state, scan->error));
    return scan->good && scan_next(scan);
}

/** Loads an EXTEND or a VOID. */
static bool event_load(struct past *past, struct scan *scan)
{
    struct record_parts parts = {.leg_count = 1};
    if (!parts_read(scan, &parts)) {
        return false;
    }
    *record_begin(past, scan, &parts) = leg_read(scan);
    scan->good = scan->good && past->visitor->transfer(past->visitor->context, record_of(past), scan->error);
    return scan->good && scan_next(scan);
}

/** Text that outlives its row. */
struct kept {
    char id[IDENT_MAX];
    char reference[IDENT_MAX];
    char note[NOTE_MAX];
};

static void text_keep(struct slice *text, char *copy)
{
    memcpy(copy, text->text, text->length);
    text->text = copy;
}

/** Loads the transfer on whose first leg the scan stands. */
static bool transfer_load(struct past *past, struct scan *scan)
{
    struct kept kept;
    struct record_parts parts = {.leg_count = 0};
    const struct stamp stamp = {(sequence_t)column_integer(scan, PAST_NUMBER),
                                (uint64_t)column_integer(scan, PAST_TIME)};
    if (!parts_read(scan, &parts)) {
        return false;
    }
    text_keep(&parts.id, kept.id);
    text_keep(&parts.reference, kept.reference);
    text_keep(&parts.note, kept.note);
    do {
        sequence_t number = (sequence_t)column_integer(scan, PAST_NUMBER);
        if (column_integer(scan, PAST_LEG) != parts.leg_count || parts.leg_count == LEGS_MAX ||
            number != stamp.number + parts.leg_count || number > scan->archive->committed.number) {
            return scan_fail(scan, "leg %" PRIu64 " is out of its order", number);
        }
        past->legs[parts.leg_count++] = leg_read(scan);
    } while (scan_next(scan) && column_integer(scan, PAST_LEG) != 0);
    if (!scan->good) {
        return false;
    }
    buffer_consume(&past->scratch, buffer_length(&past->scratch));
    memcpy(record_transfer(&past->scratch, &parts, stamp), past->legs, parts.leg_count * sizeof *past->legs);
    scan->good = past->visitor->transfer(past->visitor->context, record_of(past), scan->error);
    return scan->good;
}

/** Whether accounts have held what was added up. */
static bool sums_compare(const struct past *past, char *error)
{
    const struct archive *archive = past->archive;
    const struct books *books = &archive->books;
    for (uint32_t i = 0; i < books->count; i++) {
        const struct book *book = &books->rows[i];
        const struct total *sums = book_sums(past, book);
        if (sums && (!total_equal(sums[0], books_held_out(books, book)) ||
                     !total_equal(sums[1], books_held_in(books, book)))) {
            return archive_fail(archive, error,
                                "it contradicts itself: what account %" PRIu64
                                " has held is not what its open holds hold; restore it from a backup",
                                book->number);
        }
    }
    for (uint32_t i = 0; i < archive->asset_count; i++) {
        const struct archive_world *world = &archive->assets[i].world;
        if (!total_equal(past->world_sums[i][0], world->held_out) ||
            !total_equal(past->world_sums[i][1], world->held_in)) {
            return archive_fail(archive, error,
                                "it contradicts itself: what @world/%.*s has held is not what its open holds "
                                "hold; restore it from a backup",
                                (int)archive->assets[i].tag.length, archive->assets[i].tag.code);
        }
    }
    return true;
}

/** The number of the row that a scan stands on; past all numbers where it stands on none. */
static sequence_t number_of(const struct scan *scan)
{
    return scan->row ? (sequence_t)column_integer(scan, PAST_NUMBER) : UINT64_MAX;
}

/** Skips the legs of a transfer that began before. */
static void legs_skip(struct scan *scan)
{
    while (scan->row && column_integer(scan, PAST_LEG) != 0) {
        (void)scan_next(scan);
    }
}

/** Loads holds, transfers and events side by side, as they happened. */
static bool past_load(struct past *past, sequence_t since, char *error)
{
    struct archive *archive = past->archive;
    struct scan holds = scan_open(archive, holds_sql, error);
    struct scan legs = scan_open(archive, transfers_sql, error);
    struct scan events = scan_open(archive, events_sql, error);
    struct scan *const all[] = {&holds, &legs, &events};
    for (int i = 0; i < 3 && all[i]->good; i++) {
        sqlite3_bind_int64(all[i]->statement, 1, past->visitor ? (sqlite3_int64)since : INT64_MAX);
        (void)scan_next(all[i]);
    }
    legs_skip(&legs);
    bool good = holds.good && legs.good && events.good;
    while (good && (holds.row || legs.row || events.row)) {
        if (number_of(&holds) < number_of(&legs) && number_of(&holds) < number_of(&events)) {
            (void)hold_load(past, &holds);
            good = holds.good;
        } else if (number_of(&legs) < number_of(&events)) {
            good = transfer_load(past, &legs);
        } else {
            (void)event_load(past, &events);
            good = events.good;
        }
    }
    for (int i = 0; i < 3; i++) {
        good = scan_close(all[i]) && good;
    }
    return good;
}

bool archive_load_past(struct archive *archive, const struct archive_visitor *visitor, uint64_t since_ns,
                       char *error)
{
    struct past *past = memory_zeroed(1, sizeof *past);
    sequence_t since = 0;
    past->archive = archive;
    past->visitor = visitor && visitor->transfer ? visitor : NULL;
    past->sums = memory_zeroed(2 * (size_t)archive->books.extra_count + 1, sizeof *past->sums);
    bool good = (!past->visitor || since_find(archive, since_ns, &since, error)) &&
                past_load(past, since, error) && sums_compare(past, error);
    buffer_free(&past->scratch);
    free(past->sums);
    free(past);
    return good;
}
