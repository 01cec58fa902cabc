/* print.c: see print.h. */
#include "client/print.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "client/json.h"
#include "client/reading.h"
#include "client/tabulate.h"
#include "proto/commands.h"

#define INDENT 2

/* Where in a reply, and how it is written. */
struct printing {
    struct buffer *out;
    struct reading reading;
    const struct print_style *style;
};

static bool for_people(const struct printing *printing)
{
    return printing->style->form == PRINT_PEOPLE;
}

/* Text for people goes to a terminal, which must obey nothing in it; but a whole text keeps its lines. */
static void show_lines(struct buffer *out, struct slice text)
{
    while (text.length > 0) {
        const char *end = memchr(text.text, '\n', text.length);
        size_t length = end != NULL ? (size_t)(end - text.text) : text.length;
        size_t shown = end != NULL && length > 0 && text.text[length - 1] == '\r' ? length - 1 : length;
        text_show(out, (struct slice){text.text, shown});
        if (end == NULL)
            return;
        buffer_append(out, "\n", 1);
        text = (struct slice){end + 1, text.length - length - 1};
    }
}

static void print_scalar(const struct printing *printing, const struct answer *item, enum text_sign sign)
{
    struct slice text = answer_text(item);
    if (!for_people(printing))
        buffer_append(printing->out, text.text, text.length);
    else if (item->kind == ANSWER_NIL)
        buffer_printf(printing->out, "(nil)");
    else if (sign != TEXT_PLAIN)
        text_signed(printing->out, text, sign, printing->style->colour);
    else
        show_lines(printing->out, text);
}

static void print_indent(const struct printing *printing, unsigned depth)
{
    if (for_people(printing))
        buffer_printf(printing->out, "%*s", (int)(depth * INDENT), "");
}

static void print_item(struct printing *printing, const struct answer *item, unsigned depth);

/* The longest key of a map whose head was just read: values are aligned behind it. */
static int key_width(struct reading ahead, const struct answer *map)
{
    size_t width = 0;
    for (size_t i = 0; i < map->count; i++) {
        struct answer key = reading_next(&ahead);
        width = key.length > width ? key.length : width;
        reading_skip(&ahead);
    }
    return (int)width;
}

/* Which values of a map are money that may be owed. */
static enum text_sign key_sign(const struct answer *key)
{
    struct slice name = answer_text(key);
    bool owed = slice_equal(name, slice_of("balance")) || slice_equal(name, slice_of("available"));
    return owed ? TEXT_DEBIT : TEXT_PLAIN;
}

/* A map's value on the line of its key; an aggregate in lines of its own below. */
static void print_map(struct printing *printing, const struct answer *map, unsigned depth)
{
    int width = for_people(printing) ? key_width(printing->reading, map) : 0;
    for (size_t i = 0; i < map->count; i++) {
        struct answer key = reading_next(&printing->reading);
        struct answer value = reading_next(&printing->reading);
        print_indent(printing, depth);
        print_scalar(printing, &key, TEXT_PLAIN);
        if (answer_is_aggregate(&value)) {
            buffer_printf(printing->out, "\n");
            print_item(printing, &value, depth + 1);
            continue;
        }
        if (for_people(printing))
            buffer_printf(printing->out, "%*s", width - (int)key.length + INDENT, "");
        else
            buffer_printf(printing->out, "\t");
        print_scalar(printing, &value, key_sign(&key));
        buffer_printf(printing->out, "\n");
    }
}

/* A list of maps as a table. False, with nothing read, when it is too wide for that. */
static bool print_records(struct printing *printing, size_t count, unsigned depth)
{
    struct table table = {.cells = NULL};
    struct reading ahead = printing->reading;
    tabulate_records(&table, &ahead, count);
    const struct table_look look = {printing->style->colour, depth * INDENT, printing->style->width};
    bool fits = table_people(&table, printing->out, &look);
    table_free(&table);
    if (fits)
        printing->reading = ahead;
    return fits;
}

static void print_list(struct printing *printing, const struct answer *list, unsigned depth)
{
    if (list->count == 0 && for_people(printing)) {
        print_indent(printing, depth);
        buffer_printf(printing->out, "(none)\n");
    }
    if (for_people(printing) && tabulate_is_records(printing->reading, list) &&
        print_records(printing, list->count, depth))
        return;
    for (size_t i = 0; i < list->count; i++) {
        struct answer element = reading_next(&printing->reading);
        /* Maps in an array are set apart by an empty line, for people only. */
        if (for_people(printing) && element.kind == ANSWER_MAP && i > 0)
            buffer_printf(printing->out, "\n");
        print_item(printing, &element, answer_is_aggregate(&element) ? depth + 1 : depth);
    }
}

static void print_item(struct printing *printing, const struct answer *item, unsigned depth)
{
    if (item->kind == ANSWER_MAP)
        print_map(printing, item, depth);
    else if (answer_is_list(item))
        print_list(printing, item, depth);
    else {
        print_indent(printing, depth);
        print_scalar(printing, item, TEXT_PLAIN);
        buffer_printf(printing->out, "\n");
    }
}

/* A list that has no headings: an element a line, one that is a list itself with commas. */
static void csv_list(struct printing *printing, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct answer element = reading_next(&printing->reading);
        struct slice text = answer_text(&element);
        if (!answer_is_aggregate(&element))
            text_csv(printing->out, text);
        size_t inner = element.kind == ANSWER_MAP ? 2 * element.count : element.count;
        for (size_t k = 0; k < inner; k++) {
            struct reading ahead = printing->reading;
            struct answer item = reading_next(&ahead);
            reading_skip(&printing->reading);
            buffer_printf(printing->out, "%s", k > 0 ? "," : "");
            text_csv(printing->out, answer_text(&item));
        }
        buffer_printf(printing->out, "\n");
    }
}

static void csv_reply(struct printing *printing)
{
    struct table table = {.cells = NULL};
    struct answer head = reading_next(&printing->reading);
    bool records = tabulate_is_records(printing->reading, &head);
    if (head.kind == ANSWER_MAP)
        tabulate_map(&table, &printing->reading, head.count);
    else if (records)
        tabulate_records(&table, &printing->reading, head.count);
    else if (answer_is_list(&head))
        csv_list(printing, head.count);
    else {
        text_csv(printing->out, answer_text(&head));
        buffer_printf(printing->out, "\n");
    }
    if (head.kind == ANSWER_MAP || records)
        table_csv(&table, printing->out);
    table_free(&table);
}

void print_reply(struct buffer *out, const char *bytes, size_t length, const struct print_style *style)
{
    struct printing printing = {out, {bytes, length, 0}, style};
    if (style->form == PRINT_JSON)
        json_reply(out, bytes, length);
    else if (style->form == PRINT_CSV)
        csv_reply(&printing);
    else {
        struct answer item = reading_next(&printing.reading);
        print_item(&printing, &item, 0);
    }
}

static bool is_word(const struct slice *words, size_t count, size_t which, const char *word)
{
    return which < count && words[which].length == strlen(word) &&
           strncasecmp(words[which].text, word, words[which].length) == 0;
}

/* Makes the table that befits the command, if one does. */
static bool command_table(struct table *table, const struct slice *words, size_t count,
                          struct reading reading, bool people)
{
    struct answer head = reading_next(&reading);
    if (is_word(words, count, 0, "BALANCES") && head.kind == ANSWER_ARRAY && head.count == count - 1)
        tabulate_balances(table, &reading, head.count, words + 1);
    else if (is_word(words, count, 0, "SLOWLOG") && is_word(words, count, 1, "GET") &&
             answer_is_list(&head) && head.count > 0)
        tabulate_slowlog(table, &reading, head.count, people);
    else if (is_word(words, count, 0, "CLIENT") && is_word(words, count, 1, "LIST") &&
             head.kind == ANSWER_TEXT)
        tabulate_clients(table, answer_text(&head), people);
    else if (is_word(words, count, 0, "ASSETS") && head.kind == ANSWER_MAP && head.count > 0)
        tabulate_pairs(table, &reading, head.count, "asset", "scale");
    else if (is_word(words, count, 0, "CONFIG") && head.kind == ANSWER_MAP && head.count > 0)
        tabulate_pairs(table, &reading, head.count, "option", "value");
    else
        return false;
    return true;
}

/* The plain form of BALANCES, which has the accounts in it as the others have. */
static void plain_balances(struct buffer *out, struct reading reading, const struct slice *accounts)
{
    struct answer head = reading_next(&reading);
    for (size_t i = 0; i < head.count; i++) {
        struct answer item = reading_next(&reading);
        struct slice balance = answer_text(&item);
        buffer_printf(out, "%.*s\t%.*s\n", (int)accounts[i].length, accounts[i].text, (int)balance.length,
                      balance.text);
    }
}

void print_answer(struct buffer *out, const struct slice *words, size_t count, const char *bytes,
                  size_t length, const struct print_style *style)
{
    struct reading reading = {bytes, length, 0};
    struct reading ahead = reading;
    struct answer head = reading_next(&ahead);
    struct table table = {.cells = NULL};
    bool people = style->form == PRINT_PEOPLE;
    bool balances =
        is_word(words, count, 0, "BALANCES") && head.kind == ANSWER_ARRAY && head.count == count - 1;
    const struct table_look look = {style->colour, 0, style->width};
    if (style->form == PRINT_JSON && balances)
        json_balances(out, bytes, length, words + 1);
    else if (style->form == PRINT_PLAIN && balances)
        plain_balances(out, reading, words + 1);
    else if (style->form == PRINT_CSV && command_table(&table, words, count, reading, false))
        table_csv(&table, out);
    else if (people && is_word(words, count, 0, "BALANCE") && head.kind == ANSWER_TEXT) {
        text_signed(out, answer_text(&head), TEXT_DEBIT, style->colour);
        buffer_append(out, "\n", 1);
    } else if (!people || !command_table(&table, words, count, reading, true) ||
               !table_people(&table, out, &look))
        print_reply(out, bytes, length, style);
    table_free(&table);
}
