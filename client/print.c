/* print.c: see print.h. */
#include "client/print.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client/json.h"

#define INDENT 2

/* Where in a reply, and how deep. */
struct printing {
    struct buffer *out;
    const char *bytes;
    size_t length;
    size_t position;
    bool people;
};

static struct answer next(struct printing *printing)
{
    struct answer item = {0};
    enum answer_status status = answer_next(printing->bytes, printing->length, &printing->position, &item);
    assert(status == ANSWER_OK);
    return item;
}

static bool is_aggregate(const struct answer *item)
{
    return item->kind == ANSWER_ARRAY || item->kind == ANSWER_MAP || item->kind == ANSWER_SET ||
           item->kind == ANSWER_PUSH;
}

static void print_scalar(const struct printing *printing, const struct answer *item)
{
    if (item->kind == ANSWER_NIL)
        buffer_printf(printing->out, "%s", printing->people ? "(nil)" : "");
    else if (item->kind == ANSWER_BOOLEAN)
        buffer_printf(printing->out, "%s", item->integer != 0 ? "true" : "false");
    else
        buffer_append(printing->out, item->text, item->length);
}

static void print_indent(const struct printing *printing, unsigned depth)
{
    if (printing->people)
        buffer_printf(printing->out, "%*s", (int)(depth * INDENT), "");
}

static void print_item(struct printing *printing, const struct answer *item, unsigned depth);

/* The longest key of a map whose head was just read: values are aligned behind it. */
static int key_width(struct printing printing, const struct answer *map)
{
    size_t width = 0;
    for (size_t i = 0; i < map->count; i++) {
        struct answer key = next(&printing);
        if (key.length > width)
            width = key.length;
        enum answer_status status = answer_skip(printing.bytes, printing.length, &printing.position);
        assert(status == ANSWER_OK);
    }
    return (int)width;
}

/* A map's value on the line of its key; an aggregate in lines of its own below. */
static void print_map(struct printing *printing, const struct answer *map, unsigned depth)
{
    int width = printing->people ? key_width(*printing, map) : 0;
    for (size_t i = 0; i < map->count; i++) {
        struct answer key = next(printing);
        struct answer value = next(printing);
        print_indent(printing, depth);
        print_scalar(printing, &key);
        if (is_aggregate(&value)) {
            buffer_printf(printing->out, "\n");
            print_item(printing, &value, depth + 1);
            continue;
        }
        if (printing->people)
            buffer_printf(printing->out, "%*s", width - (int)key.length + INDENT, "");
        else
            buffer_printf(printing->out, "\t");
        print_scalar(printing, &value);
        buffer_printf(printing->out, "\n");
    }
}

static void print_item(struct printing *printing, const struct answer *item, unsigned depth)
{
    if (item->kind == ANSWER_MAP) {
        print_map(printing, item, depth);
        return;
    }
    if (!is_aggregate(item)) {
        print_indent(printing, depth);
        print_scalar(printing, item);
        buffer_printf(printing->out, "\n");
        return;
    }
    if (item->count == 0 && printing->people) {
        print_indent(printing, depth);
        buffer_printf(printing->out, "(none)\n");
    }
    for (size_t i = 0; i < item->count; i++) {
        struct answer element = next(printing);
        /* Maps in an array are set apart by an empty line, for people only. */
        if (printing->people && element.kind == ANSWER_MAP && i > 0)
            buffer_printf(printing->out, "\n");
        print_item(printing, &element, is_aggregate(&element) ? depth + 1 : depth);
    }
}

void print_reply(struct buffer *out, const char *bytes, size_t length, enum print_form form)
{
    if (form == PRINT_JSON) {
        json_reply(out, bytes, length);
        return;
    }
    struct printing printing = {.out = out, .bytes = bytes, .length = length, .people = form == PRINT_PEOPLE};
    struct answer item = next(&printing);
    print_item(&printing, &item, 0);
}

void print_balances(struct buffer *out, const char *bytes, size_t length, const struct slice *accounts,
                    enum print_form form)
{
    if (form == PRINT_JSON) {
        json_balances(out, bytes, length, accounts);
        return;
    }
    struct printing printing = {.out = out, .bytes = bytes, .length = length, .people = form == PRINT_PEOPLE};
    struct answer head = next(&printing);
    int account_width = 0;
    int balance_width = 0;
    struct printing ahead = printing;
    for (size_t i = 0; i < head.count; i++) {
        struct answer balance = next(&ahead);
        int written = balance.kind == ANSWER_NIL ? (int)sizeof "(nil)" - 1 : (int)balance.length;
        account_width = (int)accounts[i].length > account_width ? (int)accounts[i].length : account_width;
        balance_width = written > balance_width ? written : balance_width;
    }
    for (size_t i = 0; i < head.count; i++) {
        struct answer balance = next(&printing);
        buffer_append(out, accounts[i].text, accounts[i].length);
        if (printing.people) {
            int written = balance.kind == ANSWER_NIL ? (int)sizeof "(nil)" - 1 : (int)balance.length;
            int gap = account_width - (int)accounts[i].length + INDENT + balance_width - written;
            buffer_printf(out, "%*s", gap, "");
        } else
            buffer_printf(out, "\t");
        print_scalar(&printing, &balance);
        buffer_printf(out, "\n");
    }
}
