/* tabulate.c: see tabulate.h. */
#include "client/tabulate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct slice no_group = {"", 0};

bool tabulate_is_records(struct reading ahead, const struct answer *head)
{
    if (!answer_is_list(head) || head->count == 0)
        return false;
    for (size_t i = 0; i < head->count; i++) {
        struct reading item = ahead;
        if (reading_next(&item).kind != ANSWER_MAP)
            return false;
        reading_skip(&ahead);
    }
    return true;
}

/* A list of scalars in one cell: its words with blanks between. Lists within it are passed over. */
static struct slice words_join(struct table *table, struct reading *reading, size_t count)
{
    struct buffer joined = {0};
    for (size_t i = 0; i < count; i++) {
        struct reading item = *reading;
        struct answer word = reading_next(&item);
        struct slice text = answer_text(&word);
        reading_skip(reading);
        if (i > 0)
            buffer_append(&joined, " ", 1);
        buffer_append(&joined, text.text, text.length);
    }
    struct slice own = table_own(table, (struct slice){joined.bytes, buffer_length(&joined)});
    buffer_free(&joined);
    return own;
}

static void put_map(struct table *table, struct reading *reading, size_t count, size_t row,
                    struct slice group);

/* A list of maps within a record: its rows begin on the record's own. */
static void put_list(struct table *table, struct reading *reading, size_t count, size_t row,
                     struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        struct answer head = reading_next(reading);
        if (i > 0 && row + i == table->row_count)
            (void)table_row(table, row);
        put_map(table, reading, head.count, row + i, name);
    }
}

/* The pairs of a map in its row; maps in it are columns of their own group. */
static void put_map(struct table *table, struct reading *reading, size_t count, size_t row,
                    struct slice group)
{
    for (size_t i = 0; i < count; i++) {
        struct answer key = reading_next(reading);
        struct answer value = reading_next(reading);
        struct slice name = answer_text(&key);
        if (value.kind == ANSWER_MAP)
            put_map(table, reading, value.count, row, name);
        else if (tabulate_is_records(*reading, &value))
            put_list(table, reading, value.count, row, name);
        else {
            struct slice text =
                answer_is_list(&value) ? words_join(table, reading, value.count) : answer_text(&value);
            table_put(table, row, table_column(table, group, name), text, value.kind == ANSWER_NIL);
        }
    }
}

void tabulate_map(struct table *table, struct reading *reading, size_t count)
{
    put_map(table, reading, count, table_row(table, SIZE_MAX), no_group);
}

void tabulate_records(struct table *table, struct reading *reading, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct answer head = reading_next(reading);
        tabulate_map(table, reading, head.count);
    }
}

void tabulate_balances(struct table *table, struct reading *reading, size_t count,
                       const struct slice *accounts)
{
    size_t account = table_column(table, no_group, slice_of("account"));
    size_t balance = table_column(table, no_group, slice_of("balance"));
    for (size_t i = 0; i < count; i++) {
        struct answer item = reading_next(reading);
        size_t row = table_row(table, SIZE_MAX);
        bool none = item.kind == ANSWER_NIL;
        table_put(table, row, account, accounts[i], false);
        table_put(table, row, balance, none ? slice_of("(nil)") : answer_text(&item), none);
    }
}

void tabulate_pairs(struct table *table, struct reading *reading, size_t count, const char *key,
                    const char *value)
{
    size_t left = table_column(table, no_group, slice_of(key));
    size_t right = table_column(table, no_group, slice_of(value));
    for (size_t i = 0; i < count; i++) {
        size_t row = table_row(table, SIZE_MAX);
        struct answer first = reading_next(reading);
        struct answer second = reading_next(reading);
        table_put(table, row, left, answer_text(&first), false);
        table_put(table, row, right, answer_text(&second), second.kind == ANSWER_NIL);
    }
}

static struct slice date(struct table *table, const struct answer *seconds)
{
    char text[32];
    struct tm parts;
    time_t time = (time_t)seconds->integer;
    size_t length =
        gmtime_r(&time, &parts) != NULL ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) : 0;
    return table_own(table, (struct slice){text, length});
}

void tabulate_slowlog(struct table *table, struct reading *reading, size_t count, bool people)
{
    static const char *const names[] = {"id", "time", "microseconds", "arguments", "address", "name"};
    enum { TIME = 1 };
    for (size_t i = 0; i < count; i++) {
        struct answer entry = reading_next(reading);
        size_t row = table_row(table, SIZE_MAX);
        for (size_t k = 0; k < entry.count; k++) {
            struct answer value = reading_next(reading);
            struct slice text = answer_text(&value);
            if (answer_is_list(&value))
                text = words_join(table, reading, value.count);
            else if (k == TIME && people)
                text = date(table, &value);
            if (k < sizeof names / sizeof names[0])
                table_put(table, row, table_column(table, no_group, slice_of(names[k])), text,
                          text.length == 0);
        }
    }
}

/* The fields of a connection that tell people something: the others are 0 or the same for all. */
static bool is_told(struct slice name)
{
    static const char *const told[] = {"id",   "addr", "name", "age",  "idle",
                                       "qbuf", "obl",  "cmd",  "resp", "worker"};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (slice_equal(name, slice_of(told[i])))
            return true;
    }
    return false;
}

static void put_client(struct table *table, struct slice line, bool people)
{
    size_t row = table_row(table, SIZE_MAX);
    while (line.length > 0) {
        const char *blank = memchr(line.text, ' ', line.length);
        size_t length = blank != NULL ? (size_t)(blank - line.text) : line.length;
        const char *equals = memchr(line.text, '=', length);
        size_t name = equals != NULL ? (size_t)(equals - line.text) : length;
        struct slice value = {line.text + name + 1, equals != NULL ? length - name - 1 : 0};
        if (name > 0 && (!people || is_told((struct slice){line.text, name})))
            table_put(table, row, table_column(table, no_group, (struct slice){line.text, name}), value,
                      value.length == 0);
        size_t taken = blank != NULL ? length + 1 : length;
        line = (struct slice){line.text + taken, line.length - taken};
    }
}

void tabulate_clients(struct table *table, struct slice text, bool people)
{
    while (text.length > 0) {
        const char *end = memchr(text.text, '\n', text.length);
        size_t length = end != NULL ? (size_t)(end - text.text) : text.length;
        if (length > 0)
            put_client(table, (struct slice){text.text, length}, people);
        size_t taken = end != NULL ? length + 1 : length;
        text = (struct slice){text.text + taken, text.length - taken};
    }
}
