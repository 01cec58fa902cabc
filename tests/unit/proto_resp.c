/* proto_resp.c: requests, each of them cut at every byte: what is found, and what is asked for meanwhile,
 * must not depend on how the network delivers it.
 */
#include "proto/resp.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buffer.h"
#include "tests/unit/proto_dice.h"

static struct request request;

/* Parses a copy of the first `length` bytes that ends where its memory ends, for sanitizers to see. The
 * slices of `request` point into the copy, which the caller frees. */
static char *parse_copy(const char *bytes, size_t length, struct resp_result *result)
{
    char *copy = malloc(length > 0 ? length : 1);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, length);
    resp_parse(copy, length, &request, result);
    return copy;
}

/* The arguments in one text: each in brackets. */
static const char *arguments_text(void)
{
    static char text[4096];
    size_t length = 0;
    for (uint32_t i = 0; i < request.argc; i++) {
        text[length++] = '[';
        memcpy(text + length, request.args[i].text, request.args[i].length);
        length += request.args[i].length;
        text[length++] = ']';
    }
    text[length] = '\0';
    return text;
}

/* Parses every prefix of the bytes. The first verdict must come when the last byte it depends on is there,
 * must be the same for all longer prefixes, and no hint may ask for a byte beyond it. Returns the verdict on
 * the whole. */
static struct resp_result parse_every_split(const char *bytes, size_t length)
{
    struct resp_result whole;
    free(parse_copy(bytes, length, &whole));
    size_t waiting_for = 0;
    bool decided = false;
    for (size_t cut = 0; cut <= length; cut++) {
        struct resp_result result;
        free(parse_copy(bytes, cut, &result));
        if (result.status == RESP_MORE) {
            cr_assert(!decided, "'%.*s' was decided and no longer is at byte %zu", (int)length, bytes, cut);
            cr_assert_gt(result.size, cut);
            waiting_for = result.size > waiting_for ? result.size : waiting_for;
            continue;
        }
        decided = true;
        cr_assert_leq(waiting_for, cut, "'%.*s' was decided at %zu when %zu were asked for", (int)length,
                      bytes, cut, waiting_for);
        cr_assert_eq(result.status, whole.status, "'%.*s' at byte %zu", (int)length, bytes, cut);
        if (result.status == RESP_REQUEST)
            cr_assert_eq(result.size, whole.size, "'%.*s' at byte %zu", (int)length, bytes, cut);
        else
            cr_assert_str_eq(result.error, whole.error);
    }
    return whole;
}

struct request_case {
    const char *bytes;
    const char *arguments;
    size_t left; /* bytes after the request */
};

static void check_requests(const struct request_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(cases[i].bytes);
        struct resp_result result = parse_every_split(cases[i].bytes, length);
        cr_assert_eq(result.status, RESP_REQUEST, "'%s'", cases[i].bytes);
        cr_expect_eq(result.size, length - cases[i].left, "'%s'", cases[i].bytes);
        char *copy = parse_copy(cases[i].bytes, length, &result);
        cr_expect_str_eq(arguments_text(), cases[i].arguments, "'%s'", cases[i].bytes);
        cr_expect_str_eq(cases[i].bytes + length - cases[i].left, cases[i].bytes + result.size);
        cr_expect_arr_eq(copy + result.size, cases[i].bytes + result.size, cases[i].left);
        free(copy);
    }
}

Test(resp, reads_arrays_of_bulk_strings_one_at_a_time)
{
    static const struct request_case cases[] = {
        {"*1\r\n$4\r\nPING\r\n", "[PING]", 0},
        {"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "[ECHO][]", 0},
        {"*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\n*1\r\n", "[ECHO][\r\n\r\n]", 4},
        {"*3\r\n$1\r\na\r\n$12\r\n123456789012\r\n$2\r\nbb\r\n\"x\\n", "[a][123456789012][bb]", 4},
        {"*01\r\n$004\r\nPING\r\n", "[PING]", 0},
        {"*0\r\nPING\r\n", "", 6},
        {"*-1\r\nPING\r\n", "", 6},
        {"*-17\r\n", "", 0},
    };
    check_requests(cases, sizeof cases / sizeof *cases);
}

Test(resp, reads_lines_as_a_person_types_them)
{
    static const struct request_case cases[] = {
        {"PING\r\n", "[PING]", 0},
        {"PING\nPING\n", "[PING]", 5},
        {"\r\nPING\r\n", "", 6},
        {"\n", "", 0},
        {" \t \r\n", "", 0},
        {"  echo \t two  words \r\n", "[echo][two][words]", 0},
        {"echo \"two words\" 'and two'\n", "[echo][two words][and two]", 0},
        {"echo \"\" ''\n", "[echo][][]", 0},
        {"echo \"\\n\\r\\t\\b\\a\\\\\\\"\\q\"\n", "[echo][\n\r\t\b\a\\\"q]", 0},
        {"echo \"\\x41\\x6a\\x6B\\xg1\\x4\"\n", "[echo][Ajkxg1x4]", 0},
        {"echo '\\n\\x41 \\' \"'\n", "[echo][\\n\\x41 ' \"]", 0},
        {"echo a\"b c\" d'e f'\n", "[echo][ab c][de f]", 0},
        {"echo back\\slash *1 $4\n\"untouched\\n\"", "[echo][back\\slash][*1][$4]", 13},
        {"echo \x01\xff\r\n", "[echo][\x01\xff]", 0},
        {"echo a\rb\n", "[echo][a][b]", 0},
    };
    check_requests(cases, sizeof cases / sizeof *cases);
}

Test(resp, takes_any_byte_of_a_line_for_itself_and_any_byte_by_its_number)
{
    for (int byte = 0; byte < 256; byte++) {
        char line[] = "a?b \"\\x..\"\n";
        bool special = strchr("\t\n\r \"'", byte) != NULL && byte != 0;
        line[1] = (char)(special ? 'x' : byte);
        (void)snprintf(line + 7, 3, "%02x", byte);
        line[9] = '"';
        struct resp_result result;
        char *copy = parse_copy(line, sizeof line - 1, &result);
        cr_assert(result.status == RESP_REQUEST && request.argc == 2, "byte %d", byte);
        cr_assert(request.args[0].length == 3 && request.args[0].text[1] == line[1], "byte %d", byte);
        cr_assert(request.args[1].length == 1 && request.args[1].text[0] == (char)byte, "byte %d", byte);
        free(copy);
    }
}

Test(resp, says_what_is_wrong_with_a_broken_frame)
{
    static const struct {
        const char *bytes;
        const char *error;
    } cases[] = {
        {"*abc\r\n", "Protocol error: argument count 'abc' is not a number"},
        {"*\r\n", "Protocol error: argument count '' is not a number"},
        {"*-\r\n", "Protocol error: argument count '-' is not a number"},
        {"*+1\r\n", "Protocol error: argument count '+1' is not a number"},
        {"*1 \r\n", "Protocol error: argument count '1 ' is not a number"},
        {"*1\rX\r\n", "Protocol error: argument count '1?X' is not a number"},
        {"*1\n", "Protocol error: header line '*1' ends with LF alone, not CRLF"},
        {"*\n", "Protocol error: header line '*' ends with LF alone, not CRLF"},
        {"*1025\r\n", "Protocol error: 1025 arguments, at most 1024 are taken"},
        {"*99999999999999999999\r\n",
         "Protocol error: 99999999999999999999 arguments, at most 1024 are taken"},
        {"*1\r\nPING\r\n", "Protocol error: expected '$', got 'P'"},
        {"*1\r\n:4\r\n", "Protocol error: expected '$', got ':'"},
        {"*1\r\n\r\n", "Protocol error: expected '$', got byte 0x0d"},
        {"*1\r\n\xff", "Protocol error: expected '$', got byte 0xff"},
        {"*2\r\n$1\r\na\r\n4\r\n", "Protocol error: expected '$', got '4'"},
        {"*1\r\n$abc\r\n", "Protocol error: bulk length 'abc' is not a number"},
        {"*1\r\n$4\x07\r\n", "Protocol error: bulk length '4?' is not a number"},
        {"*1\r\n$\r\n", "Protocol error: bulk length '' is not a number"},
        {"*1\r\n$4\nPING\r\n", "Protocol error: header line '$4' ends with LF alone, not CRLF"},
        {"*1\r\n$-1\r\n", "Protocol error: bulk length -1 is negative"},
        {"*1\r\n$-0\r\n", "Protocol error: bulk length -0 is negative"},
        {"*1\r\n$65537\r\n", "Protocol error: bulk length 65537 is over 65536"},
        {"*1\r\n$18446744073709551617\r\n", "Protocol error: bulk length 18446744073709551617 is over 65536"},
        {"*1\r\n$123456789012345678901234567890123456789012345x\r\n",
         "Protocol error: bulk length '1234567890123456789012345678901234567890' is not a number"},
        {"*1\r\n$4\r\nPINGPING\r\n", "Protocol error: argument of 4 bytes is not followed by CRLF"},
        {"*1\r\n$4\r\nPING\rX", "Protocol error: argument of 4 bytes is not followed by CRLF"},
        {"*1\r\n$4\r\nPING\n", "Protocol error: argument of 4 bytes is not followed by CRLF"},
        {"\"\n", "Protocol error: unbalanced quotes in argument 1"},
        {"echo \"a\r\n", "Protocol error: unbalanced quotes in argument 2"},
        {"echo 'a\n", "Protocol error: unbalanced quotes in argument 2"},
        {"echo a \"b\"c\n", "Protocol error: unbalanced quotes in argument 3"},
        {"echo 'b''c'\n", "Protocol error: unbalanced quotes in argument 2"},
        {"echo \"a\\\"\n", "Protocol error: unbalanced quotes in argument 2"},
        {"echo \"a\\\n", "Protocol error: unbalanced quotes in argument 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resp_result result = parse_every_split(cases[i].bytes, strlen(cases[i].bytes));
        cr_assert_eq(result.status, RESP_ERROR, "'%s'", cases[i].bytes);
        cr_expect_str_eq(result.error, cases[i].error);
    }
}

/* Feeds a request as its hints ask for it, in larger steps the longer it is, and to its end at last. Returns
 * the verdict. */
static struct resp_result parse_by_hints(const char *bytes, size_t length)
{
    struct resp_result result = {.status = RESP_MORE, .size = 0};
    while (result.status == RESP_MORE && result.size <= length) {
        size_t asked = result.size + result.size / 64;
        if (asked > length)
            asked = length;
        free(parse_copy(bytes, asked, &result));
        cr_assert(result.status != RESP_MORE || result.size > asked);
    }
    return result;
}

static void buffer_fill(struct buffer *buffer, char byte, size_t count)
{
    memset(buffer_reserve(buffer, count), byte, count);
    buffer->end += count;
}

/* `count` times `byte` between `head` and `tail`, fed by hints and whole: both verdicts must be `error`, or a
 * request when it is NULL. */
static void check_long(const char *head, char byte, size_t count, const char *tail, const char *error)
{
    struct buffer bytes = {0};
    buffer_append(&bytes, head, strlen(head));
    buffer_fill(&bytes, byte, count);
    buffer_append(&bytes, tail, strlen(tail));
    for (int whole = 0; whole <= 1; whole++) {
        struct resp_result result;
        if (whole)
            free(parse_copy(bytes.bytes, bytes.end, &result));
        else
            result = parse_by_hints(bytes.bytes, bytes.end);
        cr_expect_eq(result.status, error == NULL ? RESP_REQUEST : RESP_ERROR, "%s... %zu", head, count);
        if (error != NULL && result.status == RESP_ERROR)
            cr_expect_str_eq(result.error, error);
    }
    buffer_free(&bytes);
}

Test(resp, takes_lines_and_arguments_up_to_their_bounds_and_no_further)
{
    static const char line[] = "Protocol error: inline request is over 65536 bytes";
    static const char header[] = "Protocol error: header line is over 65536 bytes";
    check_long("", 'x', RESP_LINE_MAX, "\n", NULL);
    check_long("", 'x', RESP_LINE_MAX, "\r\n", NULL);
    check_long("", 'x', RESP_LINE_MAX + 1, "\n", line);
    check_long("", 'x', RESP_LINE_MAX + 1, "\r\n", line);
    check_long("", 'x', RESP_LINE_MAX + 2, "", line);
    check_long("*", '0', RESP_LINE_MAX - 1, "\r\n", NULL);
    check_long("*", '0', RESP_LINE_MAX, "\r\n", header);
    check_long("*", '0', RESP_LINE_MAX + 1, "", header);
    check_long("*1\r\n$", '0', RESP_LINE_MAX, "\r\n", header);
    check_long("*1\r\n$65536\r\n", '$', RESP_BULK_MAX, "\r\n", NULL);
    check_long("*1\r\n$65536\r\n", '$', RESP_BULK_MAX + 1, "\r\n",
               "Protocol error: argument of 65536 bytes is not followed by CRLF");
}

Test(resp, takes_as_many_arguments_as_its_bound_and_no_more)
{
    for (uint32_t count = RESP_ARGS_MAX; count <= RESP_ARGS_MAX + 1; count++) {
        struct buffer line = {0};
        for (uint32_t i = 0; i < count; i++)
            buffer_append(&line, "a ", 2);
        buffer_append(&line, "\n", 1);
        struct resp_result result;
        free(parse_copy(line.bytes, line.end, &result));
        if (count == RESP_ARGS_MAX) {
            cr_expect(result.status == RESP_REQUEST && request.argc == count);
        } else {
            cr_expect_eq(result.status, RESP_ERROR);
            cr_expect_str_eq(result.error, "Protocol error: more than 1024 arguments");
        }
        buffer_free(&line);
    }
}

/* Writes 16 arguments of 64,000 bytes and one that makes the request `total` bytes long. */
static void large_request(struct buffer *bytes, size_t total)
{
    buffer_printf(bytes, "*17\r\n");
    for (int i = 0; i < 16; i++) {
        buffer_printf(bytes, "$64000\r\n");
        buffer_fill(bytes, 'x', 64000);
        buffer_append(bytes, "\r\n", 2);
    }
    size_t rest = total - bytes->end - 10; /* "$", five digits, two CRLFs */
    buffer_printf(bytes, "$%zu\r\n", rest);
    buffer_fill(bytes, 'x', rest);
    buffer_append(bytes, "\r\n", 2);
    cr_assert_eq(bytes->end, total);
}

Test(resp, takes_requests_up_to_their_bound_and_refuses_larger_ones_early)
{
    struct buffer bytes = {0};
    large_request(&bytes, RESP_REQUEST_MAX);
    struct resp_result result = parse_by_hints(bytes.bytes, bytes.end);
    cr_expect(result.status == RESP_REQUEST && result.size == RESP_REQUEST_MAX && request.argc == 17);
    free(parse_copy(bytes.bytes, bytes.end, &result));
    cr_expect(result.status == RESP_REQUEST && result.size == RESP_REQUEST_MAX);

    buffer_consume(&bytes, bytes.end);
    large_request(&bytes, RESP_REQUEST_MAX + 1);
    size_t before_last_argument = RESP_REQUEST_MAX - 9000;
    size_t cuts[] = {before_last_argument, RESP_REQUEST_MAX, RESP_REQUEST_MAX + 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        free(parse_copy(bytes.bytes, cuts[i], &result));
        cr_expect_eq(result.status, RESP_ERROR);
        cr_expect_str_eq(result.error, "Protocol error: request larger than 1048576 bytes");
    }
    buffer_free(&bytes);
}

Test(resp, refuses_headers_that_add_up_to_more_than_a_request)
{
    struct buffer bytes = {0};
    buffer_printf(&bytes, "*1024\r\n");
    while (bytes.end < RESP_REQUEST_MAX + 1)
        buffer_printf(&bytes, "$%060000d\r\n\r\n", 0);
    struct resp_result result;
    for (size_t cut = RESP_REQUEST_MAX - 1; cut <= RESP_REQUEST_MAX + 1; cut++) {
        free(parse_copy(bytes.bytes, cut, &result));
        cr_expect_eq(result.status, cut < RESP_REQUEST_MAX ? RESP_MORE : RESP_ERROR);
    }
    cr_expect_str_eq(result.error, "Protocol error: request larger than 1048576 bytes");
    buffer_free(&bytes);
}

/* Writes an argument in one of the ways it may be typed. Returns the number of bytes. */
static size_t argument_type(struct dice *dice, struct slice argument, char *out)
{
    bool single = dice_below(dice, 2) == 0;
    size_t length = 0;
    out[length++] = single ? '\'' : '"';
    for (size_t i = 0; i < argument.length; i++) {
        char byte = argument.text[i];
        if (single && (byte == '\'' || byte == '\n' || byte == '\\'))
            byte = 'x'; /* a quoted line feed or backslash has no spelling between single quotes */
        if (!single && (byte == '\n' || byte == '"' || byte == '\\' || dice_below(dice, 4) == 0))
            length += (size_t)sprintf(out + length, "\\x%02x", (unsigned char)byte);
        else
            out[length++] = byte;
        ((char *)(size_t)argument.text)[i] = byte;
    }
    out[length++] = single ? '\'' : '"';
    return length;
}

Test(resp, finds_random_requests_again_in_both_forms)
{
    struct dice dice = dice_begin();
    for (int round = 0; round < 3000; round++) {
        static char texts[8][32];
        struct slice arguments[8];
        char bytes[4096];
        uint32_t count = 1 + dice_below(&dice, 8);
        bool typed = dice_below(&dice, 2) == 0;
        size_t length = typed ? 0 : (size_t)sprintf(bytes, "*%u\r\n", count);
        for (uint32_t i = 0; i < count; i++) {
            arguments[i] = (struct slice){texts[i], dice_below(&dice, 32)};
            for (size_t k = 0; k < arguments[i].length; k++)
                texts[i][k] = (char)dice_next(&dice);
            if (typed) {
                length += argument_type(&dice, arguments[i], bytes + length);
                bytes[length++] = ' ';
            } else {
                length += (size_t)sprintf(bytes + length, "$%zu\r\n", arguments[i].length);
                memcpy(bytes + length, texts[i], arguments[i].length);
                length += arguments[i].length;
                length += (size_t)sprintf(bytes + length, "\r\n");
            }
        }
        if (typed)
            bytes[length++] = '\n';
        struct resp_result result = parse_every_split(bytes, length);
        cr_assert(result.status == RESP_REQUEST && result.size == length, "seed %lu", dice.seed);
        char *copy = parse_copy(bytes, length, &result);
        cr_assert_eq(request.argc, count, "seed %lu", dice.seed);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_eq(request.args[i].length, arguments[i].length, "seed %lu", dice.seed);
            cr_assert_arr_eq(request.args[i].text, arguments[i].text, arguments[i].length, "seed %lu",
                             dice.seed);
        }
        free(copy);
    }
}
