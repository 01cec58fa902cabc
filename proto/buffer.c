/* buffer.c: what was read is given up only when that frees at least as much as it moves, so that each byte
 * moves a bounded number of times however small the reads are.
 */
#include "proto/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first allocation: most connections never need another. */
#define BUFFER_CAPACITY_MIN 4096

/* More than any buffer may ever hold: beyond it a length is a mistake of ours, and sums can't overflow below
 * it. */
#define BUFFER_CAPACITY_MAX (SIZE_MAX / 4)

/* Moves what is unread into memory of at least `needed` bytes and twice what there was. */
static void buffer_grow(struct buffer *buffer, size_t needed)
{
    assert(needed <= BUFFER_CAPACITY_MAX);
    size_t capacity = buffer->capacity > 0 ? 2 * buffer->capacity : BUFFER_CAPACITY_MIN;
    while (capacity < needed)
        capacity *= 2;
    char *bytes = malloc(capacity);
    if (bytes == NULL) {
        (void)fprintf(stderr, "out of memory: a buffer of %zu bytes could not be allocated\n", capacity);
        abort();
    }
    size_t length = buffer_length(buffer);
    if (buffer->bytes != NULL)
        memcpy(bytes, buffer->bytes + buffer->start, length);
    free(buffer->bytes);
    *buffer = (struct buffer){bytes, 0, length, capacity};
}

char *buffer_reserve(struct buffer *buffer, size_t length)
{
    assert(length <= BUFFER_CAPACITY_MAX);
    if (buffer->bytes != NULL && buffer->capacity - buffer->end >= length)
        return buffer->bytes + buffer->end;
    size_t kept = buffer_length(buffer);
    if (buffer->bytes != NULL && buffer->start >= kept && buffer->capacity - kept >= length) {
        memcpy(buffer->bytes, buffer->bytes + buffer->start, kept);
        buffer->start = 0;
        buffer->end = kept;
    } else {
        buffer_grow(buffer, kept + length);
    }
    return buffer->bytes + buffer->end;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_reserve(buffer, length), bytes, length);
    buffer->end += length;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *out = buffer_reserve(buffer, 1);
    size_t room = buffer->capacity - buffer->end;
    int length = vsnprintf(out, room, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length >= room) {
        /* One more than is kept: vsnprintf ends with a NUL, which the next write overwrites. */
        out = buffer_reserve(buffer, (size_t)length + 1);
        va_start(arguments, format);
        (void)vsnprintf(out, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    buffer->end += (size_t)length;
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    assert(length <= buffer_length(buffer));
    buffer->start += length;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}
