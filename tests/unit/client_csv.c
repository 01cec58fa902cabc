/* client_csv.c: rows out of text and text out of rows, however the text is cut. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/csv.h"

/* Reads all of `text`, given to the reader `step` bytes at a time, as "line:field|field;" of each row. */
static void read_all(const char *text, size_t length, size_t step, struct buffer *seen)
{
    static struct csv_row row;
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct csv_reader *reader = csv_reader_open(ends[0]);
    size_t given = 0;
    for (;;) {
        enum csv_status status = csv_reader_next(reader, &row);
        if (status == CSV_ROW) {
            buffer_printf(seen, "%lu:", (unsigned long)row.line);
            for (size_t i = 0; i < row.count; i++) {
                buffer_printf(seen, "%s", i > 0 ? "|" : "");
                buffer_append(seen, row.fields[i].text, row.fields[i].length);
            }
            buffer_printf(seen, ";");
        } else if (status == CSV_WAIT) {
            size_t size = length - given < step ? length - given : step;
            cr_assert_eq(write(ends[1], text + given, size), (ssize_t)size);
            given += size;
            if (size == 0 && ends[1] >= 0) {
                close(ends[1]);
                ends[1] = -1;
            }
            csv_reader_fill(reader);
        } else {
            buffer_printf(seen, "%s", status == CSV_BROKEN ? csv_reader_error(reader) : "");
            cr_assert(status == CSV_BROKEN || csv_reader_taken(reader) == length);
            cr_assert(given < CSV_ROW_MAX + 10000, "bytes beyond the bound were asked for");
            break;
        }
    }
    csv_reader_close(reader);
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    buffer_append(seen, "", 1);
}

Test(csv, reads_rows_with_their_lines)
{
    static const struct {
        const char *text;
        const char *rows;
    } cases[] = {
        {"", ""},
        {"\n\r\n  \n", ""},
        {"id,asset\nalice,USD\n", "1:id|asset;2:alice|USD;"},
        {"id,asset\r\nalice,USD", "1:id|asset;2:alice|USD;"},
        {"\xef\xbb\xbfid,asset\n", "1:id|asset;"},
        {"\xef\xbb\xbf\"id\",asset\n", "1:id|asset;"},
        {"a,,\n,b,\n", "1:a||;2:|b|;"},
        {"\"\"\n", "1:;"},
        {"a, b ,\t c\n", "1:a|b|c;"},
        {"\" a \",\"b,c\",\"say \"\"so\"\"\"\n", "1: a |b,c|say \"so\";"},
        {"a,\"two\nlines\r\n\n\"\n\nb,c\n", "1:a|two\nlines\r\n\n;6:b|c;"},
        {"\"a\n\",b\nc,d\n", "1:a\n|b;3:c|d;"},
        {"\"a\"\r\n\"b\"", "1:a;2:b;"},
        {"a b,c\xff\n", "1:a b|c\xff;"},
        {"a\nb\"c\nd\n", "1:a;line 2: a quote stands where none may: a field is quoted as a whole, and a "
                         "quote in it is written twice"},
        {"a\n\"b\"c\n", "1:a;line 2: a quote stands where none may: a field is quoted as a whole, and a "
                        "quote in it is written twice"},
        {"a\nb,\"c\nd\n", "1:a;line 2: a quote in the row that begins here is never closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step < 40; step += step) {
            struct buffer seen = {0};
            read_all(cases[i].text, strlen(cases[i].text), step, &seen);
            cr_assert_str_eq(seen.bytes, cases[i].rows, "case %zu, %zu at a time: %s", i, step, seen.bytes);
            buffer_free(&seen);
        }
    }
}

Test(csv, a_row_has_bounds)
{
    struct buffer text = {0};
    struct buffer seen = {0};
    for (unsigned i = 0; i < CSV_FIELDS_MAX; i++)
        buffer_printf(&text, ",");
    read_all(text.bytes, buffer_length(&text) - 1, 100, &seen);
    cr_assert_eq(seen.bytes[0], '1');
    buffer_consume(&seen, buffer_length(&seen));
    read_all(text.bytes, buffer_length(&text), 100, &seen);
    cr_assert_str_eq(seen.bytes, "line 1: a row of 257 fields; at most 256 can be read");
    buffer_consume(&seen, buffer_length(&seen));
    buffer_consume(&text, buffer_length(&text));
    buffer_printf(&text, "a\n\"");
    for (unsigned i = 0; i <= CSV_ROW_MAX / 4; i++)
        buffer_append(&text, i % 2 ? "1234567\n" : "12345678", 8);
    static const char *const too_long =
        "1:a;line 2: the row that begins here is longer than 1048576 bytes; is a quote not closed?";
    read_all(text.bytes, buffer_length(&text), 4096, &seen);
    cr_assert_str_eq(seen.bytes, too_long);
    buffer_consume(&seen, buffer_length(&seen));
    for (size_t i = 3; i < buffer_length(&text); i++)
        text.bytes[i] = 'x';
    read_all(text.bytes, buffer_length(&text), 4096, &seen);
    cr_assert_str_eq(seen.bytes, too_long);
    buffer_free(&text);
    buffer_free(&seen);
}

Test(csv, what_is_written_is_read_again)
{
    static const char *const fields[] = {"plain",   "",           "a,b",  "\"",   "say \"so\"",   " blank",
                                         "blank\t", "two\nlines", "cr\r", "\r\n", "\xef\xbb\xbf", "'"};
    struct slice row[sizeof fields / sizeof fields[0]];
    struct buffer text = {0};
    struct buffer seen = {0};
    struct buffer expected = {0};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        row[i] = slice_of(fields[i]);
        buffer_printf(&expected, "%s%s", i > 0 ? "|" : "1:", fields[i]);
    }
    buffer_printf(&expected, ";4:;5:x;");
    buffer_append(&expected, "", 1);
    csv_append_row(&text, row, sizeof fields / sizeof fields[0]);
    csv_append_row(&text, &row[1], 1);
    csv_append_row(&text, &(struct slice){"x", 1}, 1);
    read_all(text.bytes, buffer_length(&text), 7, &seen);
    cr_assert_str_eq(seen.bytes, expected.bytes);
    buffer_free(&text);
    buffer_free(&seen);
    buffer_free(&expected);
}
