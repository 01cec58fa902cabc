/* feed_source.c: the head, the cursors, the snapshot.
 *
 * The journal gives up what the snapshot has, at any time and without a word. So where a number can't be read
 * from the journal, the snapshot may have it by now: it is asked again how far it is.
 */
#include "server/feed_source.h"

#include <limits.h>

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
    sequence_t read = source->head.next;
    return read > source->archived ? read - 1 : source->archived;
}

/** Begins with the head anew, behind the snapshot. The cursors may be ahead of it then, where nobody knows
 * the names of accounts: they begin anew too. */
static void head_begin(struct feed_source *source)
{
    for (unsigned i = 0; i < FEED_CURSORS; i++) {
        feed_cursor_begin(&source->cursors[i], 0);
    }
    feed_names_forget(&source->names, UINT64_MAX);
    feed_cursor_begin(&source->head, source->archived + 1);
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
        if (head->next <= source->archived) {
            head_begin(source);
        }
        sequence_t next = head->next;
        if (feed_cursor_journal(head, source->dir, source->ledger, durable, STEP_BYTES, error) !=
            JOURNAL_DAMAGED) {
            head_learn(source, next);
            return true;
        }
        feed_cursor_begin(head, 0);
        if (counter_read(source->archived_counter) == source->archived) {
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
    while (*count > 0 && place < ring->end && buffer_length(records) < bytes) {
        const struct record *record = feed_ring_at(ring, place);
        buffer_append(records, record, record->size);
        place++;
        --*count;
    }
}

/** A cursor that has number `from`, or reads it next; else the one whose last use is longest ago, placed
 * there. `*fresh`: so it was. */
static struct feed_cursor *cursor_choose(struct feed_source *source, sequence_t from, bool *fresh)
{
    struct feed_cursor *oldest = &source->cursors[0];
    *fresh = false;
    for (unsigned i = 0; i < FEED_CURSORS; i++) {
        struct feed_cursor *cursor = &source->cursors[i];
        uint64_t place;
        if (cursor->next == from || feed_ring_find(&cursor->ring, from, &place)) {
            return cursor;
        }
        if (cursor->used < oldest->used) {
            oldest = cursor;
        }
    }
    feed_cursor_begin(oldest, from);
    *fresh = true;
    return oldest;
}

/** Has a cursor read on, from the snapshot at most `count` records. */
static enum feed_found cursor_read(struct feed_source *source, struct feed_cursor *cursor, unsigned count,
                                   size_t bytes, char *error)
{
    if (cursor->next > source->archived) {
        if (feed_cursor_journal(cursor, source->dir, source->ledger, source->head.next - 1, bytes, error) !=
            JOURNAL_DAMAGED) {
            return FEED_FOUND;
        }
        journal_reader_close(&cursor->reader);
        archived_look(source);
        if (cursor->next > source->archived) {
            return FEED_FAILURE;
        }
    }
    return feed_cursor_archive(cursor, source->archive, count, bytes, error);
}

enum feed_found feed_source_read(struct feed_source *source, sequence_t from, unsigned count, size_t bytes,
                                 struct buffer *records, char *error)
{
    unsigned left = count;
    bool fresh;
    ring_take(&source->head.ring, from, &left, bytes, records);
    if (left < count) {
        return FEED_FOUND;
    }
    sequence_t reach = feed_source_reach(source);
    struct feed_cursor *cursor = cursor_choose(source, from, &fresh);
    cursor->used = ++source->uses;
    for (;;) {
        ring_take(&cursor->ring, from, &left, bytes, records);
        from = cursor->next;
        if (left == 0 || buffer_length(records) >= bytes || from > reach) {
            return FEED_FOUND;
        }
        /* Who goes on from where the last page ended will go on again: more is read for him. */
        enum feed_found found = cursor_read(source, cursor, fresh ? left : UINT_MAX, bytes, error);
        if (found != FEED_FOUND) {
            feed_cursor_begin(cursor, 0);
            return buffer_length(records) > 0 ? FEED_FOUND : found;
        }
    }
}
