/* feed_cursor.c: see feed_cursor.h. */
#include "server/feed_cursor.h"

void feed_cursor_begin(struct feed_cursor *cursor, sequence_t next)
{
    journal_reader_close(&cursor->reader);
    buffer_consume(&cursor->unread, buffer_length(&cursor->unread));
    feed_ring_clear(&cursor->ring);
    cursor->next = next;
}

/** Puts about `bytes` bytes of what was read into the ring: what a page has is there together. */
static void cursor_keep(struct feed_cursor *cursor, size_t bytes)
{
    struct buffer *unread = &cursor->unread;
    for (size_t size = 0; size < bytes && buffer_length(unread) > 0;) {
        const struct record *record = (const struct record *)(const void *)(unread->bytes + unread->start);
        feed_ring_add(&cursor->ring, record);
        cursor->next = cursor->ring.next;
        size += record->size;
        buffer_consume(unread, record->size);
    }
}

enum journal_read feed_cursor_journal(struct feed_cursor *cursor, const char *dir, struct ledger_id ledger,
                                      sequence_t durable, size_t bytes, char *error)
{
    enum journal_read result = JOURNAL_BATCH;
    if (buffer_length(&cursor->unread) == 0) {
        if (!cursor->reader.path) {
            if (!journal_reader_open(&cursor->reader, dir, ledger, cursor->next - 1, error)) {
                return JOURNAL_DAMAGED;
            }
            journal_reader_seek(&cursor->reader, cursor->next - 1);
        }
        result = journal_read_next(&cursor->reader, durable, &cursor->unread, error);
    }
    cursor_keep(cursor, bytes);
    return result;
}

enum feed_found feed_cursor_archive(struct feed_cursor *cursor, struct feed_archive *archive, unsigned count,
                                    size_t bytes, char *error)
{
    enum feed_found found = FEED_FOUND;
    if (buffer_length(&cursor->unread) == 0) {
        journal_reader_close(&cursor->reader);
        found = feed_archive_read(archive, cursor->next, count, bytes, &cursor->unread, error);
    }
    cursor_keep(cursor, bytes);
    return found;
}

void feed_cursor_close(struct feed_cursor *cursor)
{
    journal_reader_close(&cursor->reader);
    buffer_free(&cursor->unread);
    feed_ring_free(&cursor->ring);
    *cursor = (struct feed_cursor){0};
}
