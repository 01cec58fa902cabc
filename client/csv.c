/* csv.c: libcsv is given one line at a time, so that it never hands over more than one row at once. See
 * csv.h. */
#include "client/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE 65536

struct csv_reader {
    struct csv_parser parser;
    int fd;
    bool begun;      /* a byte order mark was looked for */
    bool ended;      /* the file is at its end */
    bool inside;     /* a row has begun and goes on after the line that was read last */
    bool whole;      /* a row has ended */
    uint64_t line;   /* lines read so far */
    uint64_t begins; /* the line the row begins on */
    uint64_t taken;  /* bytes given to the parser so far */
    size_t row_size; /* bytes of the row so far */
    struct buffer in;
    struct buffer text;          /* of the row's fields, one after the other */
    size_t count;                /* fields of the row; more than fit are counted, too */
    size_t ends[CSV_FIELDS_MAX]; /* of each field, in text */
    char error[160];             /* empty: none */
};

/* A line ends with LF. The CR before it is a blank, and blanks around unquoted fields are dropped. */
static int is_term(unsigned char byte)
{
    return byte == CSV_LF;
}

static int is_space(unsigned char byte)
{
    return byte == CSV_SPACE || byte == CSV_TAB || byte == CSV_CR;
}

static void on_field(void *bytes, size_t length, void *context)
{
    struct csv_reader *reader = context;
    buffer_append(&reader->text, bytes, length);
    if (reader->count < CSV_FIELDS_MAX)
        reader->ends[reader->count] = buffer_length(&reader->text);
    reader->count++;
}

static void on_row(int end, void *context)
{
    (void)end;
    struct csv_reader *reader = context;
    reader->whole = true;
}

struct csv_reader *csv_reader_open(int fd)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        abort();
    csv_set_term_func(&reader->parser, is_term);
    csv_set_space_func(&reader->parser, is_space);
    reader->fd = fd;
    return reader;
}

void csv_reader_close(struct csv_reader *reader)
{
    csv_free(&reader->parser);
    buffer_free(&reader->in);
    buffer_free(&reader->text);
    free(reader);
}

void csv_reader_fill(struct csv_reader *reader)
{
    char *room = buffer_reserve(&reader->in, READ_SIZE);
    ssize_t length = read(reader->fd, room, READ_SIZE);
    if (length > 0)
        reader->in.end += (size_t)length;
    else if (length == 0)
        reader->ended = true;
    else if (errno != EINTR)
        (void)snprintf(reader->error, sizeof reader->error, "it can't be read: %s", strerror(errno));
}

static void skip_mark(struct csv_reader *reader)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (!reader->begun && buffer_length(&reader->in) >= 3 &&
        memcmp(reader->in.bytes + reader->in.start, mark, 3) == 0) {
        buffer_consume(&reader->in, 3);
        reader->taken += 3;
    }
    reader->begun = true;
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_space((unsigned char)text[i]) && !is_term((unsigned char)text[i]))
            return false;
    }
    return true;
}

/* Gives the parser one line, or the file's last bytes. */
static void take_line(struct csv_reader *reader, const char *line, size_t length)
{
    reader->line++;
    if (!reader->inside) {
        reader->begins = reader->line;
        reader->row_size = 0;
    }
    reader->row_size += length;
    bool blank = is_blank(line, length);
    if (csv_parse(&reader->parser, line, length, on_field, on_row, reader) != length)
        (void)snprintf(reader->error, sizeof reader->error,
                       "line %lu: a quote stands where none may: a field is quoted as a whole, and a quote "
                       "in it is written twice",
                       (unsigned long)reader->line);
    reader->inside = !reader->whole && (reader->inside || !blank);
    reader->taken += length;
    buffer_consume(&reader->in, length);
}

static void take_end(struct csv_reader *reader)
{
    if (csv_fini(&reader->parser, on_field, on_row, reader) != 0)
        (void)snprintf(reader->error, sizeof reader->error,
                       "line %lu: a quote in the row that begins here is never closed",
                       (unsigned long)reader->begins);
    reader->inside = false;
}

static void check_bounds(struct csv_reader *reader)
{
    bool long_line = !reader->inside && !reader->whole && buffer_length(&reader->in) > CSV_ROW_MAX;
    unsigned long line = (unsigned long)(long_line ? reader->line + 1 : reader->begins);
    if (reader->error[0] != '\0')
        return;
    if (long_line || reader->row_size > CSV_ROW_MAX)
        (void)snprintf(reader->error, sizeof reader->error,
                       "line %lu: the row that begins here is longer than %d bytes; is a quote not closed?",
                       line, CSV_ROW_MAX);
    else if (reader->count > CSV_FIELDS_MAX)
        (void)snprintf(reader->error, sizeof reader->error,
                       "line %lu: a row of %zu fields; at most %d can be read", line, reader->count,
                       CSV_FIELDS_MAX);
}

static void hand_over(struct csv_reader *reader, struct csv_row *row)
{
    size_t start = 0;
    row->line = reader->begins;
    row->count = reader->count;
    for (size_t i = 0; i < reader->count; i++) {
        size_t length = reader->ends[i] - start;
        row->fields[i] = (struct slice){length > 0 ? reader->text.bytes + start : "", length};
        start = reader->ends[i];
    }
}

enum csv_status csv_reader_next(struct csv_reader *reader, struct csv_row *row)
{
    if (reader->whole) { /* the last one was handed over */
        reader->text.start = reader->text.end = 0;
        reader->count = 0;
        reader->whole = false;
    }
    while (!reader->whole && reader->error[0] == '\0') {
        size_t length = buffer_length(&reader->in);
        const char *start = length > 0 ? reader->in.bytes + reader->in.start : "";
        const char *end = memchr(start, '\n', length);
        if (end != NULL || (length > 0 && reader->ended)) {
            skip_mark(reader);
            start = reader->in.bytes + reader->in.start;
            take_line(reader, start, end != NULL ? (size_t)(end - start) + 1 : buffer_length(&reader->in));
        } else if (reader->ended) {
            take_end(reader);
            if (!reader->whole && reader->error[0] == '\0')
                return CSV_END;
        } else {
            check_bounds(reader);
            if (reader->error[0] == '\0')
                return CSV_WAIT;
        }
        check_bounds(reader);
    }
    if (reader->error[0] != '\0')
        return CSV_BROKEN;
    hand_over(reader, row);
    return CSV_ROW;
}

uint64_t csv_reader_taken(const struct csv_reader *reader)
{
    return reader->taken;
}

const char *csv_reader_error(const struct csv_reader *reader)
{
    return reader->error;
}

static bool needs_quotes(struct slice field)
{
    if (field.length == 0)
        return false;
    if (is_space((unsigned char)field.text[0]) || is_space((unsigned char)field.text[field.length - 1]))
        return true;
    for (size_t i = 0; i < field.length; i++) {
        if (strchr(",\"\n\r", field.text[i]) != NULL && field.text[i] != '\0')
            return true;
    }
    return false;
}

void csv_append_field(struct buffer *out, struct slice field)
{
    if (!needs_quotes(field)) {
        buffer_append(out, field.text, field.length);
        return;
    }
    size_t room = 2 * field.length + 2;
    out->end += csv_write((buffer_reserve(out, room)), room, field.text, field.length);
}

void csv_append_row(struct buffer *out, const struct slice *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append(out, ",", 1);
        csv_append_field(out, fields[i]);
    }
    if (count == 1 && fields[0].length == 0) /* else it would be an empty line, which is no row */
        buffer_append(out, "\"\"", 2);
    buffer_append(out, "\n", 1);
}
