/* text.c: see text.h. */
#include "client/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define RED   "\x1b[31m"
#define GREEN "\x1b[32m"
#define BOLD  "\x1b[1m"
#define PLAIN "\x1b[0m"

bool text_is_number(struct slice text)
{
    size_t i = text.length > 0 && text.text[0] == '-' ? 1 : 0;
    size_t points = 0;
    bool digit = false;
    for (; i < text.length; i++) {
        if (text.text[i] == '.' && digit && points == 0)
            points++;
        else if (text.text[i] < '0' || text.text[i] > '9')
            return false;
        else
            digit = true;
    }
    return digit && text.text[text.length - 1] != '.';
}

/* The character that `text` starts with: its bytes, and the columns it takes; -1: a byte that is shown as
 * \xHH. */
static size_t character(struct slice text, int *columns)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t size = mbrtowc(&wide, text.text, text.length, &state);
    *columns = -1;
    if (size == 0 || size > text.length)
        return 1;
    *columns = wcwidth(wide);
    return size;
}

void text_show(struct buffer *out, struct slice text)
{
    while (text.length > 0) {
        int columns;
        size_t size = character(text, &columns);
        if (columns >= 0)
            buffer_append(out, text.text, size);
        else if (*text.text == '\n' || *text.text == '\t')
            buffer_append(out, *text.text == '\n' ? "\\n" : "\\t", 2);
        else {
            for (size_t i = 0; i < size; i++)
                buffer_printf(out, "\\x%02x", (unsigned char)text.text[i]);
        }
        text = (struct slice){text.text + size, text.length - size};
    }
}

/* The columns of the character that `text` starts with, as text_show writes it. */
static unsigned character_width(struct slice text, size_t *size)
{
    int columns;
    *size = character(text, &columns);
    if (columns >= 0)
        return (unsigned)columns;
    return *text.text == '\n' || *text.text == '\t' ? 2 : 4 * (unsigned)*size;
}

unsigned text_width(struct slice text)
{
    unsigned width = 0;
    while (text.length > 0) {
        size_t size;
        width += character_width(text, &size);
        text = (struct slice){text.text + size, text.length - size};
    }
    return width;
}

struct slice text_cut(struct slice text, unsigned width)
{
    size_t kept = 0;
    while (kept < text.length) {
        size_t size;
        unsigned columns = character_width((struct slice){text.text + kept, text.length - kept}, &size);
        if (columns > width)
            break;
        width -= columns;
        kept += size;
    }
    return (struct slice){text.text, kept};
}

/* Whether a number is zero: it has no sign that means anything. */
static bool is_zero(struct slice number)
{
    for (size_t i = 0; i < number.length; i++) {
        if (number.text[i] >= '1' && number.text[i] <= '9')
            return false;
    }
    return true;
}

void text_signed(struct buffer *out, struct slice number, enum text_sign sign, bool colour)
{
    const char *mark = NULL;
    if (colour && sign != TEXT_PLAIN && text_is_number(number) && !is_zero(number)) {
        if (number.text[0] == '-')
            mark = RED;
        else if (sign == TEXT_CHANGE)
            mark = GREEN;
    }
    buffer_printf(out, "%s", mark != NULL ? mark : "");
    text_show(out, number);
    buffer_printf(out, "%s", mark != NULL ? PLAIN : "");
}

void text_heading(struct buffer *out, struct slice heading, bool colour)
{
    buffer_printf(out, "%s", colour ? BOLD : "");
    text_show(out, heading);
    buffer_printf(out, "%s", colour ? PLAIN : "");
}

void text_csv(struct buffer *out, struct slice text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.length; i++)
        quoted |= strchr(",\"\r\n", text.text[i]) != NULL && text.text[i] != '\0';
    if (!quoted) {
        buffer_append(out, text.text, text.length);
        return;
    }
    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < text.length; i++)
        buffer_append(out, text.text[i] == '"' ? "\"\"" : &text.text[i], text.text[i] == '"' ? 2 : 1);
    buffer_append(out, "\"", 1);
}
