/* feed_cursor.c: see feed_cursor.h. */
#include "server/feed_cursor.h"

bool feed_cursor_open(struct feed_cursor *cursor, const char *dir, struct ledger_id ledger, sequence_t after,
                      char *error)
{
    journal_reader_close(&cursor->reader);
    buffer_consume(&cursor->unread, buffer_length(&cursor->unread));
    feed_ring_clear(&cursor->ring);
    return journal_reader_open(&cursor->reader, dir, ledger, after, error);
}

sequence_t feed_cursor_next(const struct feed_cursor *cursor)
{
    return cursor->ring.next != 0 ? cursor->ring.next : cursor->reader.after + 1;
}

enum journal_read feed_cursor_read(struct feed_cursor *cursor, sequence_t durable, size_t bytes, char *error)
{
    struct buffer *unread = &cursor->unread;
    if (buffer_length(unread) == 0) {
        enum journal_read result = journal_read_next(&cursor->reader, durable, unread, error);
        if (result != JOURNAL_BATCH) {
            return result;
        }
    }
    for (size_t size = 0; size < bytes && buffer_length(unread) > 0;) {
        const struct record *record = (const struct record *)(const void *)(unread->bytes + unread->start);
        feed_ring_add(&cursor->ring, record);
        size += record->size;
        buffer_consume(unread, record->size);
    }
    return JOURNAL_BATCH;
}

void feed_cursor_close(struct feed_cursor *cursor)
{
    journal_reader_close(&cursor->reader);
    buffer_free(&cursor->unread);
    feed_ring_free(&cursor->ring);
    *cursor = (struct feed_cursor){0};
}
