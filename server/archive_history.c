/* archive_history.c: what finds old things in a database of any size: landmarks along every account's chain,
 * and runs of ids in the order of their hashes. Both are written once and never changed, because an index
 * kept up to date with every row would cost several times what all else does.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/archive_scan.h"
#include "server/archive_state.h"
#include "server/memory.h"

/* Landmarks noted before they are written: enough to write them in the order of the table, few enough to
 * keep.
 */
#define LANDMARKS_NOTED 65536

/* Sorting looks at the highest bits of a hash, so many at a time: 33 of them tell nearly all ids apart. */
#define DIGIT_BITS 11
#define DIGITS     3

static_assert(sizeof(struct archive_pair) == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "pairs are written as they lie in memory");

static int landmark_compare(const void *left, const void *right)
{
    const struct archive_landmark *a = left;
    const struct archive_landmark *b = right;
    if (a->account != b->account) {
        return a->account < b->account ? -1 : 1;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

/** INTEGER where it surely fits 64 bits, else decimal TEXT. */
static void bind_balance(sqlite3_stmt *statement, int at, struct total debits, struct total credits)
{
    char text[AMOUNT_TEXT_MAX + 1];
    size_t length = total_difference_format(credits, debits, 0, text);
    text[length] = '\0';
    if (length <= 18) {
        sqlite3_bind_int64(statement, at, strtoll(text, NULL, 10));
    } else {
        sqlite3_bind_text(statement, at, text, (int)length, SQLITE_TRANSIENT);
    }
}

bool archive_landmarks_write(struct archive *archive, char *error)
{
    struct buffer *noted = &archive->landmarks;
    size_t count = buffer_length(noted) / sizeof(struct archive_landmark);
    if (count == 0) {
        return true;
    }
    struct archive_landmark *landmarks = (struct archive_landmark *)(void *)(noted->bytes + noted->start);
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_LANDMARK];
    bool good = true;
    qsort(landmarks, count, sizeof *landmarks, landmark_compare);
    for (size_t i = 0; good && i < count; i++) {
        sqlite3_bind_int64(add, 1, landmarks[i].account);
        archive_bind_number(add, 2, landmarks[i].number);
        bind_balance(add, 3, landmarks[i].debits, landmarks[i].credits);
        archive_bind_number(add, 4, landmarks[i].entries);
        good = archive_step(archive, ARCHIVE_ADD_LANDMARK, error);
    }
    buffer_consume(noted, buffer_length(noted));
    return good;
}

bool archive_landmark_add(struct archive *archive, const struct archive_landmark *landmark, char *error)
{
    buffer_append(&archive->landmarks, landmark, sizeof *landmark);
    return buffer_length(&archive->landmarks) < LANDMARKS_NOTED * sizeof *landmark ||
           archive_landmarks_write(archive, error);
}

void archive_pair_add(struct archive *archive, struct slice id, sequence_t number)
{
    struct archive_pair *pair =
        (struct archive_pair *)(void *)buffer_reserve(&archive->pairs, sizeof(struct archive_pair));
    *pair = (struct archive_pair){ident_hash(id.text, id.length, 0), number};
    archive->pairs.end += sizeof *pair;
}

/** One pass of a radix sort: by the digit that begins at bit `shift`, keeping the order of those that have
 * the same. */
static void digit_sort(const struct archive_pair *from, struct archive_pair *to, size_t count, unsigned shift)
{
    uint32_t places[1U << DIGIT_BITS] = {0};
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        places[from[i].hash >> shift & ((1U << DIGIT_BITS) - 1)]++;
    }
    for (unsigned digit = 0; digit < 1U << DIGIT_BITS; digit++) {
        uint32_t many = places[digit];
        places[digit] = next;
        next += many;
    }
    for (size_t i = 0; i < count; i++) {
        to[places[from[i].hash >> shift & ((1U << DIGIT_BITS) - 1)]++] = from[i];
    }
}

/** Sorts pairs, which are ascending by number, by hash and then number. `spare` has room for as many. Returns
 * whichever of both has them then. */
static struct archive_pair *pairs_sort(struct archive_pair *pairs, struct archive_pair *spare, size_t count)
{
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        struct archive_pair *sorted = spare;
        digit_sort(pairs, sorted, count, 64 - (DIGITS - digit) * DIGIT_BITS);
        spare = pairs;
        pairs = sorted;
    }
    /* What the lower bits tell apart is side by side. */
    for (size_t i = 1; i < count; i++) {
        struct archive_pair pair = pairs[i];
        size_t at = i;
        for (; at > 0 && pairs[at - 1].hash > pair.hash; at--) {
            pairs[at] = pairs[at - 1];
        }
        pairs[at] = pair;
    }
    return pairs;
}

/** Writes sorted pairs as a run's rows. */
static bool run_insert(struct archive *archive, const struct archive_pair *pairs, size_t count,
                       sequence_t last, char *error)
{
    sqlite3_stmt *add = archive->statements[ARCHIVE_ADD_RUN];
    bool good = true;
    size_t at = 0;
    for (unsigned part = 0; good && part < RUN_PARTS; part++) {
        size_t begun = at;
        while (at < count && pairs[at].hash >> 56 == part) {
            at++;
        }
        sqlite3_bind_int64(add, 1, part);
        archive_bind_number(add, 2, archive->run_first);
        archive_bind_number(add, 3, last);
        sqlite3_bind_blob64(add, 4, at > begun ? (const void *)(pairs + begun) : "",
                            (at - begun) * sizeof *pairs, SQLITE_STATIC);
        good = archive_step(archive, ARCHIVE_ADD_RUN, error);
    }
    return good;
}

bool archive_run_write(struct archive *archive, sequence_t last, char *error)
{
    struct buffer *noted = &archive->pairs;
    size_t count = buffer_length(noted) / sizeof(struct archive_pair);
    if (last + 1 - archive->run_first < archive->run_numbers) {
        return true;
    }
    struct archive_pair *spare = memory_zeroed(count + 1, sizeof *spare);
    struct archive_pair *pairs = (struct archive_pair *)(void *)(noted->bytes + noted->start);
    bool good = run_insert(archive, count > 0 ? pairs_sort(pairs, spare, count) : spare, count, last, error);
    free(spare);
    buffer_consume(noted, buffer_length(noted));
    archive->run_first = last + 1;
    return good;
}

/** Finds the first number that is in no run. */
static bool run_first_find(struct archive *archive, char *error)
{
    struct scan scan =
        scan_open(archive, "SELECT last FROM runs WHERE part = 0 ORDER BY first DESC LIMIT 1", error);
    archive->run_first = scan.good && scan_next(&scan) ? (sequence_t)column_integer(&scan, 0) + 1 : 1;
    return scan_close(&scan);
}

bool archive_runs_catch_up(struct archive *archive, char *error)
{
    static const char sql[] =
        "SELECT number, id FROM transfers WHERE number >= ?1 AND id NOT NULL "
        "UNION ALL SELECT number, reference FROM transfers WHERE number >= ?1 AND "
        "kind = 'reverse' UNION ALL SELECT number, id FROM events WHERE number >= ?1 AND "
        "kind IN ('hold', 'extend', 'void') ORDER BY number";
    if (!run_first_find(archive, error)) {
        return false;
    }
    bool writes = archive->committed.number + 1 - archive->run_first >= archive->run_numbers;
    if (writes && !archive_step(archive, ARCHIVE_BEGIN, error)) {
        return false;
    }
    struct scan scan = scan_open(archive, sql, error);
    if (scan.good) {
        sqlite3_bind_int64(scan.statement, 1, (sqlite3_int64)archive->run_first);
    }
    while (scan.good && scan_next(&scan)) {
        sequence_t number = (sequence_t)column_integer(&scan, 0);
        scan.good = archive_run_write(archive, number - 1, error);
        archive_pair_add(archive, column_text(&scan, 1), number);
    }
    return scan_close(&scan) && archive_run_write(archive, archive->committed.number, error) &&
           (!writes || archive_step(archive, ARCHIVE_COMMIT, error));
}

/** Forgets what was loaded, as a history begins with nothing. */
static void books_empty(struct archive *archive)
{
    struct books *books = &archive->books;
    for (uint32_t i = 0; i < books->count; i++) {
        struct book *book = &books->rows[i];
        book->debits = book->credits = 0;
        book->entry = 0;
        books_touch(books, book);
    }
    for (uint32_t i = 0; i < archive->asset_count; i++) {
        struct archive_world *world = &archive->assets[i].world;
        *world = (struct archive_world){.known = world->known, .dirty = world->known};
    }
}

/** Moves all the money again, in the books only. */
static bool legs_repeat(struct archive *archive, char *error)
{
    struct scan scan = scan_open(
        archive, "SELECT number, time_ns, debit, credit, amount FROM transfers ORDER BY number", error);
    while (scan.good && scan_next(&scan)) {
        struct archive_side from;
        struct archive_side to;
        struct stamp stamp = {(sequence_t)column_integer(&scan, 0), (uint64_t)column_integer(&scan, 1)};
        const struct record_leg leg = {.amount = column_amount(&scan, 4),
                                       .from = column_account(&scan, 2),
                                       .to = column_account(&scan, 3)};
        scan.good = scan.good && archive_sides_find(archive, &leg, stamp, &from, &to, error) &&
                    archive_post(archive, &from, &to, leg.amount, stamp.number, error);
    }
    return scan_close(&scan);
}

/** Whether every account's totals are what its entries come to. */
static bool totals_compare(struct archive *archive, char *error)
{
    struct scan scan =
        scan_open(archive, "SELECT account, debits, credits, entry FROM totals ORDER BY account", error);
    while (scan.good && scan_next(&scan)) {
        int64_t account = column_integer(&scan, 0);
        const struct book *book = account > 0 ? books_find(&archive->books, (sequence_t)account) : NULL;
        const struct archive_world *world =
            &archive->assets[book ? (int64_t)book->asset : -account - 1].world;
        struct total debits = book ? books_debits(&archive->books, book) : world->debits;
        struct total credits = book ? books_credits(&archive->books, book) : world->credits;
        if (!total_equal(debits, column_total(&scan, 1)) || !total_equal(credits, column_total(&scan, 2)) ||
            (sequence_t)column_integer(&scan, 3) != (book ? book->entry : world->entry)) {
            scan_fail(&scan, "the totals of account %" PRId64 " are not what its transfers come to", account);
        }
    }
    return scan_close(&scan);
}

bool archive_history_make(struct archive *archive, char *error)
{
    bool good = archive_load_books(archive, NULL, error);
    if (good) {
        books_empty(archive);
        good = legs_repeat(archive, error) && totals_compare(archive, error) &&
               archive_totals_write(archive, error) && archive_landmarks_write(archive, error);
    }
    books_free(&archive->books);
    memset(archive->assets, 0, sizeof archive->assets);
    archive->asset_count = 0;
    return good;
}
