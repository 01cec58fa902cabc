/* proto_commands.c: the table of commands agrees with itself, and COMMAND's answers with the table. */
#include "proto/commands.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/answer.h"

Test(commands, are_in_order_of_their_names_and_ids)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        cr_expect_eq(commands[i].id, i);
        if (i > 0)
            cr_expect_lt(strcmp(commands[i - 1].name, commands[i].name), 0, "%s", commands[i].name);
    }
}

Test(commands, are_found_by_their_names_in_any_case_and_by_nothing_else)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        char name[32];
        size_t length = strlen(commands[i].name);
        for (size_t k = 0; k <= length; k++)
            name[k] = (char)(k % 2 == 0 ? tolower(commands[i].name[k]) : commands[i].name[k]);
        cr_expect_eq(command_find((struct slice){commands[i].name, length}), &commands[i]);
        for (unsigned likely = 0; likely <= COMMAND_COUNT; likely++)
            cr_expect_eq(command_find_like((struct slice){name, length}, likely), &commands[i]);
        cr_expect_eq(command_find((struct slice){name, length}), &commands[i], "%s", name);
        cr_expect_null(command_find((struct slice){name, length + 1}), "%s and a NUL", name);
        name[length] = 'Z';
        cr_expect_null(command_find((struct slice){name, length + 1}), "%.*s", (int)length + 1, name);
        name[length - 1] = '\xff';
        cr_expect_null(command_find((struct slice){name, length}));
    }
    static const char *const unknown[] = {"", "A", "ACCOUN", "GET", "ZZZ", "@CCOUNT", "accounts ", "TIME["};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cr_expect_null(command_find(slice_of(unknown[i])), "%s", unknown[i]);
}

Test(commands, say_their_syntax_for_people)
{
    static const char *const syntaxes[COMMAND_COUNT] = {
        "ACCOUNT account",
        "ACCOUNTS [cursor] [MATCH pattern] [COUNT n]",
        "ASSET code scale",
        "ASSETS",
        "AUTH [user] password",
        "BALANCE account [AT number|time]",
        "BALANCES account [account ...]",
        "CAPTURE id hold [amount] [KEEP]",
        "CLIENT subcommand [argument ...]",
        "CLOSE account",
        "COMMAND [COUNT | LIST | INFO [name ...] | DOCS [name ...]]",
        "CONFIG GET pattern",
        "DBSIZE",
        "DEPOSIT id account amount [NOTE text]",
        "DISCARD",
        "ECHO message",
        "EXEC",
        "EXTEND id hold seconds",
        "FEED FROM seq [COUNT n] [BLOCK milliseconds]",
        "FREEZE account",
        "HELLO [protover [AUTH user password] [SETNAME name]]",
        "HISTORY account [FROM number|time] [TO number|time] [REV] [COUNT n]",
        "HOLD id from to amount [TTL seconds] [NOTE text]",
        "INFO [section ...]",
        "LASTSAVE",
        "LIMIT account [OVERDRAFT amount | UNLIMITED] [CEILING amount | NOCEILING]",
        "LOOKUP id",
        "MULTI",
        "OPEN account asset [OVERDRAFT amount | UNLIMITED] [CEILING amount]",
        "PING [message]",
        "QUIT",
        "RESET",
        "REVERSE id transfer",
        "SAVE",
        "SELECT index",
        "SHUTDOWN [NOSAVE | SAVE]",
        "SLOWLOG <GET [count] | LEN | RESET | HELP>",
        "SWEEP id from to [MAX amount]",
        "THAW account",
        "TIME",
        "TRANSFER id from to amount [from to amount ...] [IF account <GE | LE | EQ> amount ...] [NOTE text]",
        "TRIAL",
        "UNWATCH",
        "VOID id hold",
        "WATCH account [account ...]",
        "WITHDRAW id account amount [NOTE text]",
    };
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        char text[128];
        command_syntax(&commands[i], text, sizeof text);
        cr_expect_str_eq(text, syntaxes[i]);
        for (size_t size = 1; size <= strlen(syntaxes[i]); size++) {
            text[size] = '#';
            command_syntax(&commands[i], text, size);
            cr_expect(strlen(text) == size - 1 && strncmp(text, syntaxes[i], size - 1) == 0, "%s", text);
            cr_expect_eq(text[size], '#');
        }
    }
}

/* How many words a list of arguments takes at least, and whether it may take more. */
struct span {
    int least;
    bool exact;
};

static struct span arguments_span(const struct argument *arguments, bool one_of);

static struct span argument_span(const struct argument *argument)
{
    struct span span = {1, true};
    if (argument->parts != NULL)
        span = arguments_span(argument->parts, argument->kind == ARGUMENT_ONE_OF);
    if (argument->token != NULL && argument->kind != ARGUMENT_WORD)
        span.least++;
    if (argument->optional)
        span.least = 0;
    if (argument->optional || argument->multiple)
        span.exact = false;
    return span;
}

static struct span arguments_span(const struct argument *arguments, bool one_of)
{
    struct span all = {0, true};
    for (const struct argument *at = arguments; at->name != NULL; at++) {
        struct span span = argument_span(at);
        all.exact = all.exact && span.exact && !one_of;
        if (!one_of)
            all.least += span.least;
        else if (at == arguments || span.least < all.least)
            all.least = span.least;
    }
    return all;
}

Test(commands, may_be_sent_again_when_done_twice_is_done_once)
{
    static const struct {
        const char *words[3];
        bool repeatable;
    } cases[] = {
        {{"transfer", "t1", "a"}, true},
        {{"TRANSFER", "*", "a"}, false},
        {{"DEPOSIT", "d1", "a"}, true},
        {{"WITHDRAW", "*", "a"}, false},
        {{"HOLD", "h1", "a"}, true},
        {{"CAPTURE", "c1", "h1"}, true},
        {{"VOID", "v1", "h1"}, true},
        {{"EXTEND", "e1", "h1"}, true},
        {{"SWEEP", "s1", "a"}, true},
        {{"REVERSE", "r1", "t1"}, true},
        {{"OPEN", "a", "USD"}, true},
        {{"CLOSE", "a"}, true},
        {{"ASSET", "G", "2"}, true},
        {{"BALANCE", "a"}, true},
        {{"FEED", "FROM", "1"}, true},
        {{"LOOKUP", "*"}, true},
        {{"PING"}, true},
        {{"FREEZE", "a"}, false},
        {{"THAW", "a"}, false},
        {{"LIMIT", "a"}, false},
        {{"EXEC"}, false},
        {{"MULTI"}, true},
        {{"DISCARD"}, true},
        {{"SHUTDOWN"}, false},
        {{"SLOWLOG", "get"}, true},
        {{"SLOWLOG", "reset"}, false},
        {{"CLIENT", "list"}, true},
        {{"CLIENT", "kill"}, false},
        {{"HELLO", "3"}, true},
        {{"NONE"}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice words[3];
        size_t count = 0;
        for (; count < 3 && cases[i].words[count] != NULL; count++)
            words[count] = slice_of(cases[i].words[count]);
        cr_expect_eq(command_repeatable(words, count), cases[i].repeatable, "%s", cases[i].words[0]);
    }
}

Test(commands, have_the_arity_of_their_arguments)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        struct span span = arguments_span(commands[i].arguments, false);
        int arity = span.exact ? 1 + span.least : -(1 + span.least);
        cr_expect_eq(commands[i].arity, arity, "%s has arity %d, its arguments %d", commands[i].name,
                     commands[i].arity, arity);
    }
}

Test(commands, take_as_many_arguments_as_their_arity_says)
{
    const struct command *exactly_two = command_find(slice_of("ACCOUNT"));
    const struct command *two_or_more = command_find(slice_of("BALANCES"));
    for (uint32_t argc = 1; argc < 5; argc++) {
        cr_expect_eq(command_arity_ok(exactly_two, argc), argc == 2, "%u", argc);
        cr_expect_eq(command_arity_ok(two_or_more, argc), argc >= 2, "%u", argc);
    }
}

Test(commands, have_arguments_that_are_whole)
{
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        cr_expect(strlen(command->summary) > 0 && command->summary[strlen(command->summary) - 1] != '.', "%s",
                  command->name);
        cr_expect(strlen(command->reply) > 0 && strlen(command->complexity) > 0, "%s", command->name);
        cr_expect_eq(__builtin_popcount(command->flags & 15), 1, "%s", command->name);
        for (const struct argument *at = command->arguments; at->name != NULL; at++) {
            bool has_parts = at->kind == ARGUMENT_ONE_OF || at->kind == ARGUMENT_BLOCK;
            cr_expect_eq(at->parts != NULL, has_parts, "%s %s", command->name, at->name);
            cr_expect(at->kind != ARGUMENT_WORD || at->token != NULL, "%s %s", command->name, at->name);
        }
    }
}

/* What COMMAND with these words answers, NUL-terminated, and whole. */
static const char *answer_to(int version, const char *words)
{
    static struct request request;
    static char line[128];
    static struct buffer out;
    struct resp_result result;
    struct reply reply = {&out, version};
    (void)snprintf(line, sizeof line, "COMMAND %s\n", words);
    resp_parse(line, strlen(line), &request, &result);
    cr_assert_eq(result.status, RESP_REQUEST);
    buffer_free(&out);
    command_answer(&reply, &request);
    size_t position = 0;
    cr_assert_eq(answer_skip(out.bytes, out.end, &position), ANSWER_OK, "COMMAND %s", words);
    cr_assert_eq(position, out.end, "COMMAND %s", words);
    buffer_append(&out, "", 1);
    return out.bytes;
}

Test(commands, are_listed_in_the_ten_elements_of_redis_7)
{
    cr_expect_str_eq(answer_to(2, "INFO nope Transfer"), "*2\r\n$-1\r\n*10\r\n$8\r\ntransfer\r\n:-5\r\n"
                                                         "*2\r\n+write\r\n+denyoom\r\n:0\r\n:0\r\n:0\r\n"
                                                         "*1\r\n+@write\r\n*0\r\n*0\r\n*0\r\n");
    cr_expect_str_eq(answer_to(3, "info DEPOSIT"), "*1\r\n*10\r\n$7\r\ndeposit\r\n:-4\r\n"
                                                   "~2\r\n+write\r\n+denyoom\r\n:2\r\n:2\r\n:1\r\n"
                                                   "~1\r\n+@write\r\n*0\r\n*0\r\n*0\r\n");
    cr_expect_str_eq(answer_to(2, "info balances"), "*1\r\n*10\r\n$8\r\nbalances\r\n:-2\r\n"
                                                    "*1\r\n+readonly\r\n:1\r\n:-1\r\n:1\r\n"
                                                    "*1\r\n+@read\r\n*0\r\n*0\r\n*0\r\n");
    cr_expect_str_eq(answer_to(2, "info ping"), "*1\r\n*10\r\n$4\r\nping\r\n:-1\r\n"
                                                "*3\r\n+fast\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\n"
                                                "*2\r\n+@fast\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n");
    cr_expect_str_eq(answer_to(2, "info shutdown"), "*1\r\n*10\r\n$8\r\nshutdown\r\n:-1\r\n"
                                                    "*3\r\n+admin\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\n"
                                                    "*2\r\n+@admin\r\n+@dangerous\r\n*0\r\n*0\r\n*0\r\n");
}

Test(commands, are_all_listed_when_none_is_named)
{
    static const char *const questions[] = {"", "INFO", "LIST"};
    for (size_t i = 0; i < 3; i++) {
        const char *bytes = answer_to(2, questions[i]);
        size_t length = strlen(bytes);
        size_t position = 0;
        struct answer item;
        cr_assert_eq(answer_next(bytes, length, &position, &item), ANSWER_OK);
        cr_assert(item.kind == ANSWER_ARRAY && item.count == COMMAND_COUNT);
        for (unsigned k = 0; k < COMMAND_COUNT; k++) {
            size_t next = position;
            cr_assert_eq(answer_skip(bytes, length, &next), ANSWER_OK);
            cr_assert_eq(answer_next(bytes, length, &position, &item), ANSWER_OK);
            if (item.kind == ANSWER_ARRAY)
                cr_assert_eq(answer_next(bytes, length, &position, &item), ANSWER_OK);
            cr_expect(item.length == strlen(commands[k].name) &&
                          strncasecmp(item.text, commands[k].name, item.length) == 0,
                      "%s", commands[k].name);
            position = next;
        }
        cr_expect_eq(position, length);
    }
    char count[16];
    (void)snprintf(count, sizeof count, ":%d\r\n", COMMAND_COUNT);
    cr_expect_str_eq(answer_to(2, "count"), count);
}

Test(commands, are_documented_with_their_arguments)
{
    cr_expect_str_eq(
        answer_to(3, "DOCS shutdown nope"),
        "%1\r\n$8\r\nshutdown\r\n%5\r\n"
        "$7\r\nsummary\r\n$55\r\nStops the server when all that was acknowledged is kept\r\n"
        "$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$6\r\nserver\r\n"
        "$10\r\ncomplexity\r\n$49\r\nO(N) with N the transfers since the last snapshot\r\n"
        "$9\r\narguments\r\n*1\r\n%5\r\n$4\r\nname\r\n$8\r\nsnapshot\r\n$4\r\ntype\r\n$5\r\noneof\r\n"
        "$12\r\ndisplay_text\r\n$8\r\nsnapshot\r\n$5\r\nflags\r\n~1\r\n+optional\r\n"
        "$9\r\narguments\r\n*2\r\n"
        "%4\r\n$4\r\nname\r\n$6\r\nnosave\r\n$4\r\ntype\r\n$10\r\npure-token\r\n"
        "$12\r\ndisplay_text\r\n$6\r\nnosave\r\n$5\r\ntoken\r\n$6\r\nNOSAVE\r\n"
        "%4\r\n$4\r\nname\r\n$4\r\nsave\r\n$4\r\ntype\r\n$10\r\npure-token\r\n"
        "$12\r\ndisplay_text\r\n$4\r\nsave\r\n$5\r\ntoken\r\n$4\r\nSAVE\r\n");
    const char *docs = answer_to(2, "docs balances");
    cr_expect_not_null(strstr(docs,
                              "*8\r\n$4\r\nname\r\n$7\r\naccount\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
                              "$12\r\ndisplay_text\r\n$7\r\naccount\r\n$5\r\nflags\r\n*1\r\n+multiple\r\n"));
    docs = answer_to(2, "docs transfer");
    cr_expect_not_null(strstr(docs, "token\r\n$2\r\nIF\r\n$5\r\nflags\r\n*3\r\n+optional\r\n+multiple\r\n"
                                    "+multiple_token\r\n"));
    docs = answer_to(2, "docs client");
    cr_expect_not_null(strstr(docs, "flags\r\n*2\r\n+optional\r\n+multiple\r\n"));
    cr_expect_str_eq(answer_to(3, "docs nope"), "%0\r\n");
}

Test(commands, are_all_documented_when_none_is_named)
{
    for (int version = 2; version <= 3; version++) {
        const char *bytes = answer_to(version, "DOCS");
        size_t position = 0;
        struct answer item;
        cr_assert_eq(answer_next(bytes, strlen(bytes), &position, &item), ANSWER_OK);
        cr_expect_eq(item.kind, version == 3 ? ANSWER_MAP : ANSWER_ARRAY);
        cr_expect_eq(item.count, version == 3 ? COMMAND_COUNT : 2 * COMMAND_COUNT);
    }
}

Test(commands, answer_an_error_to_what_command_does_not_know)
{
    cr_expect_str_eq(answer_to(2, "GETKEYS"),
                     "-ERR COMMAND has no subcommand 'GETKEYS': there are COUNT, LIST, "
                     "INFO [name ...] and DOCS [name ...]\r\n");
    cr_expect_str_eq(answer_to(2, "count x"), "-ERR COMMAND count takes no arguments, 1 given\r\n");
    cr_expect_str_eq(answer_to(2, "LIST x y"), "-ERR COMMAND LIST takes no arguments, 2 given\r\n");
}
