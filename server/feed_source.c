/* feed_source.c: the head, the cursors, the snapshot.
 *
 * The journal gives up what the snapshot has, at any time and without a word. So where a number can't be read
 * from the journal, the snapshot may have it by now: it is asked again how far it is.
 */
#include "server/feed_source.h"

#include <string.h>

/* Bytes of records that the head reads in one step: a few milliseconds. */
#define STEP_BYTES 1048576

bool feed_source_open(struct feed_source *source, const char *dir, struct ledger_id ledger,
                      const counter_t *archived, char *error)
{
    *source = (struct feed_source){.dir = dir, .ledger = ledger, .archived_counter = archived};
    source->archive = feed_archive_open(dir, error);
    feed_names_open(&source->names, source->archive);
    return source->archive != NULL;
}

void feed_source_rest(struct feed_source *source)
{
    feed_cursor_close(&source->head);
    for (unsigned i = 0; i < FEED_CURSORS; i++) {
        feed_cursor_close(&source->cursors[i]);
    }
    feed_names_forget(&source->names, UINT64_MAX);
}

void feed_source_close(struct feed_source *source)
{
    feed_source_rest(source);
    feed_names_close(&source->names);
    feed_archive_close(source->archive);
}

/** Looks where the snapshot stands. */
static void archived_look(struct feed_source *source)
{
    source->archived = counter_read(source->archived_counter);
    feed_names_forget(&source->names, source->archived);
}

sequence_t feed_source_reach(struct feed_source *source)
{
    archived_look(source);
    sequence_t read = feed_cursor_is_open(&source->head) ? feed_cursor_next(&source->head) - 1 : 0;
    return read > source->archived ? read : source->archived;
}

/** Begins with the head anew, behind the snapshot. The cursors may be ahead of it then, where nobody knows
 * the names of accounts: they begin anew too. */
static bool head_begin(struct feed_source *source, char *error)
{
    for (unsigned i = 0; i < FEED_CURSORS; i++) {
        feed_cursor_close(&source->cursors[i]);
    }
    feed_names_forget(&source->names, UINT64_MAX);
    return feed_cursor_open(&source->head, source->dir, source->ledger, source->archived, error);
}

/** Takes in the accounts opened from number `next` on that the head has read. */
static void head_learn(struct feed_source *source, sequence_t next)
{
    const struct feed_ring *ring = &source->head.ring;
    uint64_t place;
    if (!feed_ring_find(ring, next, &place)) {
        return;
    }
    for (; place < ring->end; place++) {
        const struct record *record = feed_ring_at(ring, place);
        if (record->kind == RECORD_OPEN) {
            feed_names_add(&source->names, record);
        }
    }
}

bool feed_source_advance(struct feed_source *source, sequence_t durable, char *error)
{
    struct feed_cursor *head = &source->head;
    for (;;) {
        archived_look(source);
        sequence_t begun = source->archived;
        bool behind = !feed_cursor_is_open(head) || feed_cursor_next(head) <= begun;
        if (!behind || head_begin(source, error)) {
            sequence_t next = feed_cursor_next(head);
            if (feed_cursor_read(head, durable, STEP_BYTES, error) != JOURNAL_DAMAGED) {
                head_learn(source, next);
                return true;
            }
        }
        feed_cursor_close(head);
        if (counter_read(source->archived_counter) == begun) {
            return false;
        }
    }
}

/** Appends records of a ring from the one with number `from` on, within the bounds, and counts them down in
 * `*count`. */
static void ring_take(const struct feed_ring *ring, sequence_t from, unsigned *count, size_t bytes,
                      struct buffer *records)
{
    uint64_t place;
    if (!feed_ring_find(ring, from, &place)) {
        return;
    }
    for (; place<ring->end && * count> 0 && buffer_length(records) < bytes; place++, --*count) {
        const struct record *record = feed_ring_at(ring, place);
        buffer_append(records, record, record->size);
    }
}

/** Reads with a cursor that has the record with number `from`, or stands before it. False, with `error`, when
 * the journal can't be read. */
static bool cursor_take(const struct feed_source *source, struct feed_cursor *cursor, sequence_t from,
                        unsigned count, size_t bytes, struct buffer *records, char *error)
{
    sequence_t reach = feed_cursor_next(&source->head) - 1;
    for (;;) {
        ring_take(&cursor->ring, from, &count, bytes, records);
        from = feed_cursor_next(cursor);
        if (count == 0 || buffer_length(records) >= bytes || from > reach) {
            return true;
        }
        if (feed_cursor_read(cursor, reach, bytes, error) == JOURNAL_DAMAGED) {
            return buffer_length(records) > 0;
        }
    }
}

/** The cursor that has number `from`, or reads it next; else the one whose last use is longest ago, closed.
 */
static struct feed_cursor *cursor_choose(struct feed_source *source, sequence_t from)
{
    struct feed_cursor *oldest = &source->cursors[0];
    for (unsigned i = 0; i < FEED_CURSORS; i++) {
        struct feed_cursor *cursor = &source->cursors[i];
        uint64_t place;
        if (feed_cursor_is_open(cursor) &&
            (feed_cursor_next(cursor) == from || feed_ring_find(&cursor->ring, from, &place))) {
            return cursor;
        }
        if (cursor->used < oldest->used) {
            oldest = cursor;
        }
    }
    journal_reader_close(&oldest->reader);
    return oldest;
}

/** Reads what is between the snapshot and the head's ring. */
static bool journal_take(struct feed_source *source, sequence_t from, unsigned count, size_t bytes,
                         struct buffer *records, char *error)
{
    struct feed_cursor *cursor = cursor_choose(source, from);
    bool good = (feed_cursor_is_open(cursor) ||
                 feed_cursor_open(cursor, source->dir, source->ledger, from - 1, error)) &&
                cursor_take(source, cursor, from, count, bytes, records, error);
    cursor->used = ++source->uses;
    if (!good) {
        feed_cursor_close(cursor);
    }
    return good;
}

enum feed_found feed_source_read(struct feed_source *source, sequence_t from, unsigned count, size_t bytes,
                                 struct buffer *records, char *error)
{
    unsigned left = count;
    ring_take(&source->head.ring, from, &left, bytes, records);
    if (left < count) {
        return FEED_FOUND;
    }
    if (from > source->archived) {
        if (journal_take(source, from, count, bytes, records, error)) {
            return FEED_FOUND;
        }
        archived_look(source);
        if (from > source->archived) {
            return FEED_FAILURE;
        }
    }
    return feed_archive_read(source->archive, from, count, bytes, records, error);
}
