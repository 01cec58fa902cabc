/* proto_reply.c: each item, byte for byte, in both versions of the protocol. */
#include "proto/reply.h"

#include <criterion/criterion.h>
#include <string.h>

/* What was replied so far, NUL-terminated; the buffer is empty afterwards. */
static const char *taken(struct reply *reply)
{
    static char text[8192];
    size_t length = buffer_length(reply->out);
    cr_assert_lt(length, sizeof text);
    memcpy(text, reply->out->bytes + reply->out->start, length);
    text[length] = '\0';
    buffer_consume(reply->out, length);
    return text;
}

#define EXPECT_REPLY(call, expected)              \
    do {                                          \
        call;                                     \
        cr_expect_str_eq(taken(reply), expected); \
    } while (0)

/* Items that are the same in both versions. */
static void check_common(struct reply *reply)
{
    EXPECT_REPLY(reply_simple(reply, "OK"), "+OK\r\n");
    EXPECT_REPLY(reply_error(reply, "ERR", "no such thing", 13), "-ERR no such thing\r\n");
    EXPECT_REPLY(reply_error(reply, "NOACCOUNT", "a\r\nb\x7f\xff\t", 7), "-NOACCOUNT a??b???\r\n");
    EXPECT_REPLY(reply_errorf(reply, "ERR", "%d of %s", 3, "x\ny"), "-ERR 3 of x?y\r\n");
    EXPECT_REPLY(reply_integer(reply, 0), ":0\r\n");
    EXPECT_REPLY(reply_integer(reply, 1234567890123), ":1234567890123\r\n");
    EXPECT_REPLY(reply_integer(reply, -1), ":-1\r\n");
    EXPECT_REPLY(reply_integer(reply, INT64_MAX), ":9223372036854775807\r\n");
    EXPECT_REPLY(reply_integer(reply, INT64_MIN), ":-9223372036854775808\r\n");
    EXPECT_REPLY(reply_bulk(reply, "a\r\nb", 4), "$4\r\na\r\nb\r\n");
    EXPECT_REPLY(reply_bulk(reply, NULL, 0), "$0\r\n\r\n");
    EXPECT_REPLY(reply_text(reply, "text"), "$4\r\ntext\r\n");
    EXPECT_REPLY(reply_textf(reply, "%s:%d", "x", 42), "$4\r\nx:42\r\n");
    EXPECT_REPLY(reply_textf(reply, "%s", ""), "$0\r\n\r\n");
    EXPECT_REPLY(reply_array(reply, 0), "*0\r\n");
    EXPECT_REPLY(reply_array(reply, 128), "*128\r\n");
    EXPECT_REPLY(reply_amount(reply, 1234, 2), "$5\r\n12.34\r\n");
    EXPECT_REPLY(reply_amount(reply, ~(amount_t)0, 0), "$39\r\n340282366920938463463374607431768211455\r\n");
    EXPECT_REPLY(reply_balance(reply, -5, 2), "$5\r\n-0.05\r\n");
    EXPECT_REPLY(reply_balance(reply, 5, 0), "$1\r\n5\r\n");
}

Test(reply, writes_resp2)
{
    struct buffer out = {0};
    struct reply resp2 = {&out, 2};
    struct reply *reply = &resp2;
    check_common(reply);
    EXPECT_REPLY(reply_verbatim(reply, "a:1", 3), "$3\r\na:1\r\n");
    EXPECT_REPLY(reply_nil(reply), "$-1\r\n");
    EXPECT_REPLY(reply_boolean(reply, true), ":1\r\n");
    EXPECT_REPLY(reply_boolean(reply, false), ":0\r\n");
    EXPECT_REPLY(reply_map(reply, 6), "*12\r\n");
    EXPECT_REPLY(reply_set(reply, 6), "*6\r\n");
    buffer_free(&out);
}

Test(reply, writes_resp3)
{
    struct buffer out = {0};
    struct reply resp3 = {&out, 3};
    struct reply *reply = &resp3;
    check_common(reply);
    EXPECT_REPLY(reply_verbatim(reply, "a:1", 3), "=7\r\ntxt:a:1\r\n");
    EXPECT_REPLY(reply_nil(reply), "_\r\n");
    EXPECT_REPLY(reply_boolean(reply, true), "#t\r\n");
    EXPECT_REPLY(reply_boolean(reply, false), "#f\r\n");
    EXPECT_REPLY(reply_map(reply, 6), "%6\r\n");
    EXPECT_REPLY(reply_set(reply, 6), "~6\r\n");
    buffer_free(&out);
}

Test(reply, cuts_formatted_errors_and_nothing_else)
{
    struct buffer out = {0};
    struct reply reply = {&out, 2};
    reply_errorf(&reply, "ERR", "%01000d", 0);
    cr_expect_eq(strlen(taken(&reply)), strlen("-ERR \r\n") + 1000);
    reply_errorf(&reply, "ERR", "%01001d", 0);
    cr_expect_eq(strlen(taken(&reply)), strlen("-ERR \r\n") + 1000);
    reply_textf(&reply, "%05000d", 0);
    cr_expect_eq(strlen(taken(&reply)), strlen("$5000\r\n\r\n") + 5000);
    buffer_free(&out);
}
