/* resp.c: the common request, an array of short bulk strings, is read in one pass with one short loop per
 * header. Whatever is wrong or missing leaves that path early; it is judged by the line it stands in, so that
 * the verdict does not depend on how the network cut the bytes.
 */
#include "proto/resp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/inline.h"

/* Numbers of headers are cut off here: more than any bound, and the next digit can't overflow. */
#define NUMBER_MAX 1000000000

/* How much of what a client sent an error quotes. */
#define EXCERPT_MAX 40

/* A request in the middle of being read. */
struct reader {
    const char *bytes;
    size_t length;
    size_t position;
    struct resp_result *result;
};

__attribute__((format(printf, 2, 3))) static enum resp_status reader_fail(struct reader *reader,
                                                                          const char *format, ...)
{
    static const char prefix[] = "Protocol error: ";
    char *error = reader->result->error;
    memcpy(error, prefix, sizeof prefix);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error + sizeof prefix - 1, sizeof reader->result->error - (sizeof prefix - 1), format,
                    arguments);
    va_end(arguments);
    return RESP_ERROR;
}

static enum resp_status reader_fail_size(struct reader *reader)
{
    return reader_fail(reader, "request larger than %d bytes", RESP_REQUEST_MAX);
}

static enum resp_status reader_wait(struct reader *reader, size_t least)
{
    reader->result->size = least;
    return RESP_MORE;
}

/* Copies the beginning of what a client sent to `out`, NUL-terminated, with '?' for what a log can't show. */
static const char *excerpt(char out[EXCERPT_MAX + 1], const char *text, size_t length)
{
    size_t taken = length < EXCERPT_MAX ? length : EXCERPT_MAX;
    for (size_t i = 0; i < taken; i++)
        out[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    out[taken] = '\0';
    return out;
}

/* Judges the header line that starts with the mark before `position` and is not a number and CRLF: it is not
 * whole, or it is broken. `what` names the number it should be. */
static enum resp_status header_judge(struct reader *reader, const char *what)
{
    const char *line = reader->bytes + reader->position - 1;
    size_t length = reader->length - (reader->position - 1);
    size_t window = length < RESP_LINE_MAX + 2 ? length : RESP_LINE_MAX + 2;
    const char *end = memchr(line, '\n', window);
    if (end == NULL && length < RESP_LINE_MAX + 2)
        return reader_wait(reader, reader->length + 1);
    if (end == NULL)
        return reader_fail(reader, "header line is over %d bytes", RESP_LINE_MAX);
    char text[EXCERPT_MAX + 1];
    if (end[-1] != '\r')
        return reader_fail(reader, "header line '%s' ends with LF alone, not CRLF",
                           excerpt(text, line, (size_t)(end - line)));
    return reader_fail(reader, "%s '%s' is not a number", what,
                       excerpt(text, line + 1, (size_t)(end - 1 - (line + 1))));
}

/* Reads a number and its CRLF at `position`, which is just after the mark that opens the line. */
static inline enum resp_status number_read(struct reader *reader, const char *what, int *number)
{
    const char *text = reader->bytes + reader->position;
    const char *end = reader->bytes + reader->length;
    const char *at = text;
    int sign = 1;
    if (at < end && *at == '-') {
        sign = -1;
        at++;
    }
    const char *digits = at;
    int64_t value = 0;
    for (; at < end && (unsigned char)(*at - '0') <= 9; at++) {
        value = value * 10 + (*at - '0');
        if (value > NUMBER_MAX)
            value = NUMBER_MAX;
    }
    if (at == digits || at - text >= RESP_LINE_MAX || end - at < 2 || at[0] != '\r' || at[1] != '\n')
        return header_judge(reader, what);
    reader->position += (size_t)(at - text) + 2;
    *number = sign * (int)value;
    return RESP_REQUEST;
}

/* Refuses a bulk length out of bounds; its line starts at `text` and ends before `position`. */
static enum resp_status length_refuse(struct reader *reader, const char *text)
{
    char quoted[EXCERPT_MAX + 1];
    excerpt(quoted, text, (size_t)(reader->bytes + reader->position - 2 - text));
    if (text[0] == '-')
        return reader_fail(reader, "bulk length %s is negative", quoted);
    return reader_fail(reader, "bulk length %s is over %d", quoted, RESP_BULK_MAX);
}

/* Says what is wrong or missing at the end of an argument that should end, with CRLF, at `end`. */
static enum resp_status bulk_judge(struct reader *reader, size_t end)
{
    if (end + 2 > RESP_REQUEST_MAX)
        return reader_fail_size(reader);
    if (reader->length <= end)
        return reader_wait(reader, end + 1);
    if (reader->length == end + 1 && reader->bytes[end] == '\r')
        return reader_wait(reader, end + 2);
    return reader_fail(reader, "argument of %zu bytes is not followed by CRLF", end - reader->position);
}

/* Reads "$length CRLF" where the length has one or two digits, as nearly all have. False, and nothing is
 * read, when it is not so. */
static inline bool short_length_read(struct reader *reader, size_t *length)
{
    const char *at = reader->bytes + reader->position;
    if (reader->length - reader->position < sizeof "$10\r\n" - 1 || at[0] != '$')
        return false;
    unsigned first = (unsigned char)(at[1] - '0');
    unsigned second = (unsigned char)(at[2] - '0');
    if (first > 9)
        return false;
    if (second <= 9 && at[3] == '\r' && at[4] == '\n') {
        *length = first * 10 + second;
        reader->position += sizeof "$10\r\n" - 1;
        return true;
    }
    if (at[2] == '\r' && at[3] == '\n') {
        *length = first;
        reader->position += sizeof "$1\r\n" - 1;
        return true;
    }
    return false;
}

/* Reads "$length CRLF". */
static enum resp_status length_read(struct reader *reader, size_t *length)
{
    if (reader->position == reader->length)
        return reader_wait(reader, reader->length + 1);
    char mark = reader->bytes[reader->position];
    if (mark != '$') {
        if (mark < ' ' || mark > '~')
            return reader_fail(reader, "expected '$', got byte 0x%02x", (unsigned char)mark);
        return reader_fail(reader, "expected '$', got '%c'", mark);
    }
    const char *text = reader->bytes + ++reader->position;
    int number = 0;
    enum resp_status status = number_read(reader, "bulk length", &number);
    if (status != RESP_REQUEST)
        return status;
    if (number > RESP_BULK_MAX || text[0] == '-')
        return length_refuse(reader, text);
    *length = (size_t)number;
    return RESP_REQUEST;
}

/* Reads "$length CRLF bytes CRLF". */
static inline enum resp_status bulk_read(struct reader *reader, struct slice *argument)
{
    size_t length = 0;
    if (!short_length_read(reader, &length)) {
        enum resp_status status = length_read(reader, &length);
        if (status != RESP_REQUEST)
            return status;
    }
    size_t end = reader->position + length;
    const char *bytes = reader->bytes;
    if (end + 2 > reader->length || bytes[end] != '\r' || bytes[end + 1] != '\n')
        return bulk_judge(reader, end);
    *argument = (struct slice){bytes + reader->position, length};
    reader->position = end + 2;
    return RESP_REQUEST;
}

static enum resp_status array_read(struct reader *reader, struct request *request)
{
    int count = 0;
    const char *text = reader->bytes + ++reader->position;
    enum resp_status status = number_read(reader, "argument count", &count);
    if (status != RESP_REQUEST)
        return status;
    if (count > RESP_ARGS_MAX) {
        char quoted[EXCERPT_MAX + 1];
        excerpt(quoted, text, (size_t)(reader->bytes + reader->position - 2 - text));
        return reader_fail(reader, "%s arguments, at most %d are taken", quoted, RESP_ARGS_MAX);
    }
    for (int i = 0; i < count; i++) {
        status = bulk_read(reader, &request->args[i]);
        if (status != RESP_REQUEST)
            return status;
    }
    request->argc = count > 0 ? (uint32_t)count : 0;
    return RESP_REQUEST;
}

static enum resp_status inline_read(struct reader *reader, char *line, struct request *request)
{
    size_t window = reader->length < RESP_LINE_MAX + 2 ? reader->length : RESP_LINE_MAX + 2;
    const char *end = memchr(line, '\n', window);
    if (end == NULL && reader->length < RESP_LINE_MAX + 2)
        return reader_wait(reader, reader->length + 1);
    size_t length = end == NULL ? RESP_LINE_MAX + 2 : (size_t)(end - line);
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (length > RESP_LINE_MAX)
        return reader_fail(reader, "inline request is over %d bytes", RESP_LINE_MAX);
    reader->position = (size_t)(end - line) + 1;
    switch (inline_split(line, length, request)) {
    case INLINE_OK: return RESP_REQUEST;
    case INLINE_UNBALANCED: return reader_fail(reader, "unbalanced quotes in argument %u", request->argc + 1);
    case INLINE_TOO_MANY_ARGS: break;
    }
    return reader_fail(reader, "more than %d arguments", RESP_ARGS_MAX);
}

void resp_parse(char *bytes, size_t length, struct request *request, struct resp_result *result)
{
    /* Never looks past the longest request, so that one that is longer is refused wherever its bytes were
     * cut. */
    struct reader reader = {bytes, length < RESP_REQUEST_MAX ? length : RESP_REQUEST_MAX, 0, result};
    if (length == 0)
        result->status = reader_wait(&reader, 1);
    else if (bytes[0] == '*')
        result->status = array_read(&reader, request);
    else
        result->status = inline_read(&reader, bytes, request);
    if (result->status == RESP_REQUEST)
        result->size = reader.position;
    else if (result->status == RESP_MORE && length >= RESP_REQUEST_MAX)
        result->status = reader_fail_size(&reader);
}
