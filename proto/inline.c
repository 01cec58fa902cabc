/* inline.c: unescaping in place works because an argument never outgrows its spelling: the writing end
 * follows the reading end through the same bytes.
 */
#include "proto/inline.h"

#include <stdbool.h>

static bool blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The value of a hexadecimal digit, -1 of any other byte. */
static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* What a backslash and `letter` stand for: the letter itself when it is none of Redis's. */
static char escape_value(char letter)
{
    switch (letter) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return letter;
    }
}

/* Reads the escape after the backslash at `from`, which at least one byte follows, and writes its byte to
 * `*out`. Returns the first byte after it. */
static char *escape_read(char *from, const char *end, char *out)
{
    if (from[1] == 'x' && end - from >= 4 && hex_value(from[2]) >= 0 && hex_value(from[3]) >= 0) {
        *out = (char)(hex_value(from[2]) << 4 | hex_value(from[3]));
        return from + 4;
    }
    *out = escape_value(from[1]);
    return from + 2;
}

/* Unescapes from the quote at `from` to its match, writing at `*to`. Returns the first byte after it, NULL
 * when there is no match. */
static char *quoted_read(char *from, const char *end, char **to)
{
    char quote = *from++;
    while (from < end) {
        if (*from == quote)
            return from + 1;
        bool escaped = *from == '\\' && from + 1 < end && (quote == '"' || from[1] == '\'');
        if (escaped) {
            from = escape_read(from, end, *to);
            ++*to;
        } else {
            *(*to)++ = *from++;
        }
    }
    return NULL;
}

/* Reads the argument at `from`, which is not blank. Returns the first byte after it, NULL for bad quotes. */
static char *argument_read(char *from, const char *end, struct slice *argument)
{
    char *to = from;
    argument->text = from;
    while (from < end && !blank(*from)) {
        if (*from != '"' && *from != '\'') {
            *to++ = *from++;
            continue;
        }
        from = quoted_read(from, end, &to);
        if (from == NULL || (from < end && !blank(*from)))
            return NULL;
    }
    argument->length = (size_t)(to - argument->text);
    return from;
}

enum inline_status inline_split(char *line, size_t length, struct request *request)
{
    char *at = line;
    const char *end = line + length;
    request->argc = 0;
    for (;;) {
        while (at < end && blank(*at))
            at++;
        if (at == end)
            return INLINE_OK;
        if (request->argc == RESP_ARGS_MAX)
            return INLINE_TOO_MANY_ARGS;
        at = argument_read(at, end, &request->args[request->argc]);
        if (at == NULL)
            return INLINE_UNBALANCED;
        request->argc++;
    }
}
