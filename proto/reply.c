/* reply.c: every item reserves what it needs once and writes its head and its text in one go. */
#include "proto/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/digits.h"

/* Room for a mark, a sign, a number and CRLF. */
#define HEAD_MAX (1 + 1 + DIGITS_MAX + 2)

/* Where a formatted error is cut, in bytes: it may quote an argument of any length. */
#define ERROR_MAX 1000

/* What RESP3 puts before the text of a verbatim string: that it is plain text. */
#define VERBATIM_PREFIX        "txt:"
#define VERBATIM_PREFIX_LENGTH (sizeof VERBATIM_PREFIX - 1)

/* Writes `length` bytes of `text` and CRLF to `out`. */
static void line_write(char *out, const char *text, size_t length)
{
    if (length > 0)
        memcpy(out, text, length);
    out[length] = '\r';
    out[length + 1] = '\n';
}

/* Writes mark, number, CRLF to `out`, which has HEAD_MAX bytes. Returns the number of bytes. */
static size_t head_write(char *out, char mark, uint64_t number)
{
    out[0] = mark;
    size_t length = 1 + digits_format(number, out + 1);
    out[length] = '\r';
    out[length + 1] = '\n';
    return length + 2;
}

static void reply_head(struct reply *reply, char mark, uint64_t number)
{
    reply->out->end += head_write(buffer_reserve(reply->out, HEAD_MAX), mark, number);
}

void reply_simple(struct reply *reply, const char *text)
{
    size_t length = strlen(text);
    char *out = buffer_reserve(reply->out, length + 3);
    out[0] = '+';
    line_write(out + 1, text, length);
    reply->out->end += length + 3;
}

void reply_error(struct reply *reply, const char *code, const char *sentence, size_t length)
{
    buffer_append(reply->out, "-", 1);
    buffer_append(reply->out, code, strlen(code));
    buffer_append(reply->out, " ", 1);
    char *out = buffer_reserve(reply->out, length + 2);
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(sentence[i] >= ' ' && sentence[i] <= '~' ? sentence[i] : '?');
    out[length] = '\r';
    out[length + 1] = '\n';
    reply->out->end += length + 2;
}

void reply_errorf(struct reply *reply, const char *code, const char *format, ...)
{
    char sentence[ERROR_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    reply_error(reply, code, sentence, length < ERROR_MAX ? (size_t)length : ERROR_MAX);
}

void reply_integer(struct reply *reply, int64_t value)
{
    if (value >= 0) {
        reply_head(reply, ':', (uint64_t)value);
        return;
    }
    char *out = buffer_reserve(reply->out, HEAD_MAX);
    size_t length = head_write(out + 1, '-', -(uint64_t)value);
    out[0] = ':';
    reply->out->end += 1 + length;
}

void reply_bulk(struct reply *reply, const char *text, size_t length)
{
    char *out = buffer_reserve(reply->out, HEAD_MAX + length + 2);
    size_t head = head_write(out, '$', length);
    line_write(out + head, text, length);
    reply->out->end += head + length + 2;
}

void reply_text(struct reply *reply, const char *text)
{
    reply_bulk(reply, text, strlen(text));
}

void reply_textf(struct reply *reply, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    reply_head(reply, '$', (uint64_t)length);
    char *out = buffer_reserve(reply->out, (size_t)length + 2);
    va_start(arguments, format);
    (void)vsnprintf(out, (size_t)length + 1, format, arguments);
    va_end(arguments);
    out[length] = '\r';
    out[length + 1] = '\n';
    reply->out->end += (size_t)length + 2;
}

void reply_verbatim(struct reply *reply, const char *text, size_t length)
{
    if (reply->version < 3) {
        reply_bulk(reply, text, length);
        return;
    }
    reply_head(reply, '=', VERBATIM_PREFIX_LENGTH + length);
    buffer_append(reply->out, VERBATIM_PREFIX, VERBATIM_PREFIX_LENGTH);
    buffer_append(reply->out, text, length);
    buffer_append(reply->out, "\r\n", 2);
}

void reply_nil(struct reply *reply)
{
    if (reply->version < 3)
        buffer_append(reply->out, "$-1\r\n", 5);
    else
        buffer_append(reply->out, "_\r\n", 3);
}

void reply_boolean(struct reply *reply, bool value)
{
    if (reply->version < 3)
        reply_integer(reply, value);
    else
        buffer_append(reply->out, value ? "#t\r\n" : "#f\r\n", 4);
}

void reply_array(struct reply *reply, size_t count)
{
    reply_head(reply, '*', count);
}

void reply_map(struct reply *reply, size_t count)
{
    if (reply->version < 3)
        reply_head(reply, '*', 2 * count);
    else
        reply_head(reply, '%', count);
}

void reply_set(struct reply *reply, size_t count)
{
    reply_head(reply, reply->version < 3 ? '*' : '~', count);
}

void reply_amount(struct reply *reply, amount_t value, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, amount_format(value, scale, text));
}

void reply_balance(struct reply *reply, balance_t value, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, balance_format(value, scale, text));
}
