/* answer.c: a head is a mark, a line and CRLF; what the mark means is one switch. Numbers out of bounds are
 * broken and not waited for, so a server that is none can't make its client allocate.
 */
#include "proto/answer.h"

#include <stdbool.h>
#include <string.h>

/* "txt:" or another three letters and a colon, before the text of a verbatim string. */
#define VERBATIM_PREFIX_LENGTH 4

/* The line of a head, without its mark and its CRLF. */
struct line {
    const char *text;
    size_t length;
    size_t next; /* position after its CRLF */
};

static enum answer_status line_find(const char *bytes, size_t length, size_t position, struct line *line)
{
    const char *text = bytes + position;
    size_t left = length - position;
    size_t window = left < ANSWER_LINE_MAX + 2 ? left : ANSWER_LINE_MAX + 2;
    const char *end = memchr(text, '\n', window);
    if (end == NULL)
        return left < ANSWER_LINE_MAX + 2 ? ANSWER_MORE : ANSWER_BROKEN;
    if (end == text || end[-1] != '\r')
        return ANSWER_BROKEN;
    *line = (struct line){text, (size_t)(end - 1 - text), position + (size_t)(end + 1 - text)};
    return ANSWER_OK;
}

/* Reads all of a line as a 64-bit integer. False when it is none. */
static bool line_integer(const struct line *line, int64_t *out)
{
    size_t i = line->length > 0 && (line->text[0] == '-' || line->text[0] == '+');
    bool negative = i > 0 && line->text[0] == '-';
    if (i == line->length)
        return false;
    int64_t value = 0;
    for (; i < line->length; i++) {
        int digit = line->text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *out = value;
    return true;
}

/* The text that follows a head: a bulk, verbatim or error string with its CRLF. */
static enum answer_status text_read(const char *bytes, size_t length, size_t *position,
                                    const struct line *line, struct answer *item)
{
    int64_t size = 0;
    if (!line_integer(line, &size) || size < -1 || size > ANSWER_TEXT_MAX)
        return ANSWER_BROKEN;
    if (size == -1) {
        item->kind = ANSWER_NIL;
        *position = line->next;
        return ANSWER_OK;
    }
    size_t left = length - line->next;
    const char *text = bytes + line->next;
    if (left < (size_t)size + 2)
        return ANSWER_MORE;
    if (memcmp(text + size, "\r\n", 2) != 0)
        return ANSWER_BROKEN;
    item->text = text;
    item->length = (size_t)size;
    *position = line->next + (size_t)size + 2;
    return ANSWER_OK;
}

/* Verbatim strings carry their format before their text; it is always plain text to us. */
static enum answer_status verbatim_read(const char *bytes, size_t length, size_t *position,
                                        const struct line *line, struct answer *item)
{
    size_t next = 0;
    enum answer_status status = text_read(bytes, length, &next, line, item);
    if (status != ANSWER_OK)
        return status;
    if (item->length < VERBATIM_PREFIX_LENGTH || item->text[VERBATIM_PREFIX_LENGTH - 1] != ':')
        return ANSWER_BROKEN;
    item->text += VERBATIM_PREFIX_LENGTH;
    item->length -= VERBATIM_PREFIX_LENGTH;
    *position = next;
    return ANSWER_OK;
}

static enum answer_status aggregate_read(size_t *position, const struct line *line, struct answer *item)
{
    int64_t count = 0;
    if (!line_integer(line, &count) || count < -1 || count > ANSWER_COUNT_MAX)
        return ANSWER_BROKEN;
    if (count == -1)
        item->kind = ANSWER_NIL;
    else
        item->count = (size_t)count;
    *position = line->next;
    return ANSWER_OK;
}

/* A scalar whose value is its line. */
static enum answer_status scalar_read(size_t *position, const struct line *line, struct answer *item)
{
    switch (item->kind) {
    case ANSWER_INTEGER:
        if (!line_integer(line, &item->integer))
            return ANSWER_BROKEN;
        break;
    case ANSWER_BOOLEAN:
        if (line->length != 1 || (line->text[0] != 't' && line->text[0] != 'f'))
            return ANSWER_BROKEN;
        item->integer = line->text[0] == 't';
        break;
    case ANSWER_NIL:
        if (line->length != 0)
            return ANSWER_BROKEN;
        break;
    default: break;
    }
    if (item->kind != ANSWER_NIL && item->kind != ANSWER_BOOLEAN) {
        item->text = line->text;
        item->length = line->length;
    }
    *position = line->next;
    return ANSWER_OK;
}

/* What a head's mark announces. False for a byte that is no mark. */
static bool mark_kind(char mark, enum answer_kind *kind)
{
    switch (mark) {
    case '+': *kind = ANSWER_SIMPLE; return true;
    case '-':
    case '!': *kind = ANSWER_ERROR; return true;
    case ':': *kind = ANSWER_INTEGER; return true;
    case '$':
    case '=': *kind = ANSWER_TEXT; return true;
    case '_': *kind = ANSWER_NIL; return true;
    case '*': *kind = ANSWER_ARRAY; return true;
    case '%': *kind = ANSWER_MAP; return true;
    case '~': *kind = ANSWER_SET; return true;
    case '>': *kind = ANSWER_PUSH; return true;
    case '#': *kind = ANSWER_BOOLEAN; return true;
    case ',':
    case '(': *kind = ANSWER_NUMBER; return true;
    default: return false;
    }
}

enum answer_status answer_next(const char *bytes, size_t length, size_t *position, struct answer *item)
{
    if (*position >= length)
        return ANSWER_MORE;
    char mark = bytes[*position];
    struct answer read = {0};
    if (!mark_kind(mark, &read.kind))
        return ANSWER_BROKEN;
    struct line line;
    enum answer_status status = line_find(bytes, length, *position + 1, &line);
    if (status != ANSWER_OK)
        return status;
    switch (mark) {
    case '$':
    case '!': status = text_read(bytes, length, position, &line, &read); break;
    case '=': status = verbatim_read(bytes, length, position, &line, &read); break;
    case '*':
    case '%':
    case '~':
    case '>': status = aggregate_read(position, &line, &read); break;
    default: status = scalar_read(position, &line, &read); break;
    }
    if (status == ANSWER_OK)
        *item = read;
    return status;
}

enum answer_status answer_skip(const char *bytes, size_t length, size_t *position)
{
    size_t left[ANSWER_DEPTH_MAX + 1]; /* items still to skip, by depth */
    unsigned depth = 0;
    size_t at = *position;
    left[0] = 1;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                *position = at;
                return ANSWER_OK;
            }
            depth--;
        }
        struct answer item;
        enum answer_status status = answer_next(bytes, length, &at, &item);
        if (status != ANSWER_OK)
            return status;
        left[depth]--;
        if (item.count == 0)
            continue;
        if (depth == ANSWER_DEPTH_MAX)
            return ANSWER_BROKEN;
        left[++depth] = item.kind == ANSWER_MAP ? 2 * item.count : item.count;
    }
}
