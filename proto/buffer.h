/* buffer.h: a growable run of bytes, written at its end and read from its start. */
#ifndef BURSAR_PROTO_BUFFER_H
#define BURSAR_PROTO_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/** A zeroed struct buffer is an empty one that owns no memory. */
struct buffer {
    char *bytes;     /* owned; NULL while capacity is 0 */
    size_t start;    /* first byte not yet read */
    size_t end;      /* one past the last byte written */
    size_t capacity; /* bytes allocated */
};

/** Bytes written and not yet read. */
static inline size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

/** Makes room for at least `length` bytes after the end, moving what is there to the front or growing as
 * needed. Returns where they start. Ends the process with a message when there is no memory. Pointers into
 * the buffer are invalid afterwards. */
char *buffer_reserve(struct buffer *buffer, size_t length);

/** Appends a copy of `length` bytes. */
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);

/** Appends formatted text, as printf. */
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format, ...);

/** Marks `length` (at most buffer_length) bytes at the start as read. */
void buffer_consume(struct buffer *buffer, size_t length);

/** Releases the memory; the buffer is empty and usable again. */
void buffer_free(struct buffer *buffer);

#endif
