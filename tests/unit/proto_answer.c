/* proto_answer.c: replies read back, cut at every byte, broken in every way, and as proto/reply.c writes
 * them. */
#include "proto/answer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/reply.h"
#include "tests/unit/proto_dice.h"

Test(answer, reads_every_kind_of_item_of_both_versions)
{
    static const struct {
        const char *bytes;
        enum answer_kind kind;
        const char *text;
        int64_t integer;
        size_t count;
    } cases[] = {
        {"+OK\r\n", ANSWER_SIMPLE, "OK", 0, 0},
        {"+\r\n", ANSWER_SIMPLE, "", 0, 0},
        {"-ERR no\r\n", ANSWER_ERROR, "ERR no", 0, 0},
        {"!6\r\nERR\r\n.\r\n", ANSWER_ERROR, "ERR\r\n.", 0, 0},
        {":42\r\n", ANSWER_INTEGER, "42", 42, 0},
        {":+42\r\n", ANSWER_INTEGER, "+42", 42, 0},
        {":9223372036854775807\r\n", ANSWER_INTEGER, "9223372036854775807", INT64_MAX, 0},
        {":-9223372036854775808\r\n", ANSWER_INTEGER, "-9223372036854775808", INT64_MIN, 0},
        {"$4\r\na\r\nb\r\n", ANSWER_TEXT, "a\r\nb", 0, 0},
        {"$0\r\n\r\n", ANSWER_TEXT, "", 0, 0},
        {"=7\r\ntxt:a:1\r\n", ANSWER_TEXT, "a:1", 0, 0},
        {"=4\r\nmkd:\r\n", ANSWER_TEXT, "", 0, 0},
        {"$-1\r\n", ANSWER_NIL, NULL, 0, 0},
        {"*-1\r\n", ANSWER_NIL, NULL, 0, 0},
        {"_\r\n", ANSWER_NIL, NULL, 0, 0},
        {"*0\r\n", ANSWER_ARRAY, NULL, 0, 0},
        {"*3\r\n", ANSWER_ARRAY, NULL, 0, 3},
        {"%2\r\n", ANSWER_MAP, NULL, 0, 2},
        {"~5\r\n", ANSWER_SET, NULL, 0, 5},
        {">1048576\r\n", ANSWER_PUSH, NULL, 0, 1048576},
        {"#t\r\n", ANSWER_BOOLEAN, NULL, 1, 0},
        {"#f\r\n", ANSWER_BOOLEAN, NULL, 0, 0},
        {",3.14\r\n", ANSWER_NUMBER, "3.14", 0, 0},
        {"(34028236692093846346337460743176821145600\r\n", ANSWER_NUMBER,
         "34028236692093846346337460743176821145600", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *bytes = cases[i].bytes;
        size_t length = strlen(bytes);
        for (size_t cut = 0; cut < length; cut++) {
            char *copy = malloc(cut + 1);
            cr_assert_not_null(copy);
            memcpy(copy + 1, bytes, cut);
            size_t position = 1;
            struct answer item = {.count = 77};
            cr_expect_eq(answer_next(copy, cut + 1, &position, &item), ANSWER_MORE, "%s at %zu", bytes, cut);
            cr_expect(position == 1 && item.count == 77);
            free(copy);
        }
        size_t position = 0;
        struct answer item;
        cr_assert_eq(answer_next(bytes, length, &position, &item), ANSWER_OK, "%s", bytes);
        cr_expect_eq(position, length, "%s", bytes);
        cr_expect(item.kind == cases[i].kind && item.integer == cases[i].integer &&
                      item.count == cases[i].count,
                  "%s", bytes);
        cr_expect_eq(item.text == NULL, cases[i].text == NULL, "%s", bytes);
        cr_expect_eq(item.length, cases[i].text == NULL ? 0 : strlen(cases[i].text), "%s", bytes);
        if (item.text != NULL && item.length > 0)
            cr_expect_arr_eq(item.text, cases[i].text, item.length, "%s", bytes);
    }
}

Test(answer, calls_what_is_no_reply_broken)
{
    static const char *const cases[] = {
        "PONG\r\n",
        "\r\n",
        "+OK\n",
        "+\n",
        ":\r\n",
        ":-\r\n",
        ":4x\r\n",
        ":9223372036854775808\r\n",
        ":-9223372036854775809\r\n",
        "$\r\n",
        "$x\r\n",
        "$-2\r\n",
        "$536870913\r\n",
        "$2\r\nabc\r\n",
        "$2\r\nab\n\n",
        "=3\r\ntxt\r\n",
        "=4\r\ntxtx\r\n",
        "=-1\r\n",
        "*x\r\n",
        "*-2\r\n",
        "*1048577\r\n",
        "%-2\r\n",
        "#x\r\n",
        "#tt\r\n",
        "_x\r\n",
        "|1\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t position = 0;
        struct answer item = {.count = 77};
        cr_expect_eq(answer_next(cases[i], strlen(cases[i]), &position, &item), ANSWER_BROKEN, "%s",
                     cases[i]);
        cr_expect(position == 0 && item.count == 77, "%s", cases[i]);
        cr_expect_eq(answer_skip(cases[i], strlen(cases[i]), &position), ANSWER_BROKEN, "%s", cases[i]);
        cr_expect_eq(position, 0, "%s", cases[i]);
    }
}

Test(answer, bounds_the_line_of_a_head)
{
    struct buffer line = {0};
    buffer_printf(&line, "+%0*d", ANSWER_LINE_MAX, 0);
    struct answer item;
    size_t position = 0;
    cr_expect_eq(answer_next(line.bytes, line.end, &position, &item), ANSWER_MORE);
    buffer_append(&line, "\r\n", 2);
    cr_expect_eq(answer_next(line.bytes, line.end, &position, &item), ANSWER_OK);
    cr_expect_eq(item.length, ANSWER_LINE_MAX);

    buffer_consume(&line, line.end);
    buffer_printf(&line, "+%0*d", ANSWER_LINE_MAX + 1, 0);
    position = 0;
    cr_expect_eq(answer_next(line.bytes, line.end, &position, &item), ANSWER_MORE);
    buffer_append(&line, "0", 1);
    cr_expect_eq(answer_next(line.bytes, line.end, &position, &item), ANSWER_BROKEN);
    buffer_free(&line);
}

/* Skips the reply in every prefix of `length` bytes, `whole` of which it takes. */
static void check_skip(const char *bytes, size_t length, size_t whole, uint64_t seed)
{
    for (size_t cut = 0; cut <= length; cut++) {
        size_t position = 0;
        enum answer_status status = answer_skip(bytes, cut, &position);
        cr_assert_eq(status, cut < whole ? ANSWER_MORE : ANSWER_OK, "'%.*s' at %zu, seed %lu", (int)length,
                     bytes, cut, seed);
        cr_assert_eq(position, cut < whole ? 0 : whole, "'%.*s' at %zu, seed %lu", (int)length, bytes, cut,
                     seed);
    }
}

Test(answer, skips_one_whole_reply_with_all_that_is_in_it)
{
    static const struct {
        const char *bytes;
        size_t left; /* bytes of the next reply */
    } cases[] = {
        {"+OK\r\n", 0},
        {"+OK\r\n+NEXT\r\n", 7},
        {"*0\r\n:1\r\n", 4},
        {"*2\r\n:1\r\n$1\r\na\r\n:2\r\n", 4},
        {"%2\r\n+a\r\n*2\r\n:1\r\n:2\r\n+b\r\n_\r\n:3\r\n", 4},
        {"*3\r\n*0\r\n*1\r\n*0\r\n~1\r\n%0\r\n:3\r\n", 4},
        {"*-1\r\n:3\r\n", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_skip(cases[i].bytes, strlen(cases[i].bytes), strlen(cases[i].bytes) - cases[i].left, 0);
}

Test(answer, refuses_aggregates_too_deep_in_each_other)
{
    for (int deeper = 0; deeper <= 1; deeper++) {
        struct buffer bytes = {0};
        for (int depth = 0; depth < ANSWER_DEPTH_MAX + deeper; depth++)
            buffer_append(&bytes, "*1\r\n", 4);
        buffer_append(&bytes, ":1\r\n", 4);
        size_t position = 0;
        enum answer_status status = answer_skip(bytes.bytes, bytes.end, &position);
        cr_expect_eq(status, deeper ? ANSWER_BROKEN : ANSWER_OK);
        cr_expect_eq(position, deeper ? 0 : bytes.end);
        buffer_free(&bytes);
    }
}

/* Writes a random reply and, to `expected`, what reading it must find, one line per item. */
static void random_reply(struct dice *dice, struct reply *reply, struct buffer *expected, int depth)
{
    static const char text[] = "to be\r\nor not";
    size_t length = dice_below(dice, sizeof text);
    int64_t integer = (int64_t)dice_next(dice);
    unsigned count = dice_below(dice, 4);
    unsigned items = count;
    bool resp3 = reply->version == 3;
    switch (dice_below(dice, depth < 4 ? 8 : 5)) {
    case 0:
        reply_simple(reply, "OK");
        buffer_printf(expected, "%d OK\n", ANSWER_SIMPLE);
        return;
    case 1:
        reply_errorf(reply, "ERR", "%u", count);
        buffer_printf(expected, "%d ERR %u\n", ANSWER_ERROR, count);
        return;
    case 2:
        reply_integer(reply, integer);
        buffer_printf(expected, "%d %ld %ld\n", ANSWER_INTEGER, integer, integer);
        return;
    case 3:
        if (count == 0)
            reply_verbatim(reply, text, length);
        else
            reply_bulk(reply, text, length);
        buffer_printf(expected, "%d %.*s\n", ANSWER_TEXT, (int)length, text);
        return;
    case 4:
        reply_nil(reply);
        buffer_printf(expected, "%d\n", ANSWER_NIL);
        return;
    case 5:
        reply_array(reply, count);
        buffer_printf(expected, "%d x%u\n", ANSWER_ARRAY, count);
        break;
    case 6:
        reply_map(reply, count);
        items = 2 * count;
        buffer_printf(expected, "%d x%u\n", resp3 ? ANSWER_MAP : ANSWER_ARRAY, resp3 ? count : items);
        break;
    default:
        reply_set(reply, count);
        buffer_printf(expected, "%d x%u\n", resp3 ? ANSWER_SET : ANSWER_ARRAY, count);
        break;
    }
    for (unsigned i = 0; i < items; i++)
        random_reply(dice, reply, expected, depth + 1);
}

/* Describes the items of a reply the way random_reply does. */
static void describe(const char *bytes, size_t length, struct buffer *found, uint64_t seed)
{
    size_t position = 0;
    while (position < length) {
        struct answer item;
        cr_assert_eq(answer_next(bytes, length, &position, &item), ANSWER_OK, "seed %lu", seed);
        buffer_printf(found, "%d", item.kind);
        if (item.text != NULL)
            buffer_printf(found, " %.*s", (int)item.length, item.text);
        if (item.kind == ANSWER_INTEGER)
            buffer_printf(found, " %ld", item.integer);
        if (item.kind == ANSWER_ARRAY || item.kind == ANSWER_MAP || item.kind == ANSWER_SET)
            buffer_printf(found, " x%zu", item.count);
        buffer_printf(found, "\n");
    }
}

Test(answer, finds_again_what_was_replied)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < 1000; round++) {
        struct buffer out = {0};
        struct buffer expected = {0};
        struct buffer found = {0};
        struct reply reply = {&out, 2 + round % 2};
        random_reply(&dice, &reply, &expected, 0);
        size_t whole = buffer_length(&out);
        describe(out.bytes, whole, &found, dice.seed);
        cr_assert_eq(buffer_length(&found), buffer_length(&expected), "seed %lu", dice.seed);
        buffer_append(&found, "", 1);
        buffer_append(&expected, "", 1);
        cr_assert_str_eq(found.bytes, expected.bytes, "seed %lu", dice.seed);
        reply_simple(&reply, "NEXT");
        if (whole < 2000)
            check_skip(out.bytes, buffer_length(&out), whole, dice.seed);
        buffer_free(&out);
        buffer_free(&expected);
        buffer_free(&found);
    }
}
