/* bad_input.c: whatever a client sends, it hears a clear error, and nobody's money moves. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fixture.h"

static void arrange(struct client *client)
{
    client_ask(client, "OPEN alice USD", ":1\r\n");
    client_ask(client, "OPEN bob USD", ":2\r\n");
    client_ask(client, "DEPOSIT d1 alice 50", ":3\r\n");
}

static void expect_untouched(struct client *client)
{
    client_ask(client, "BALANCES alice bob @world/USD",
               "*3\r\n$5\r\n50.00\r\n$4\r\n0.00\r\n$6\r\n-50.00\r\n");
    client_ask(client, "DBSIZE", ":2\r\n");
}

#define OPTIONS      "[IF account <GE | LE | EQ> amount ...] [NOTE text]"
#define CONDITIONS_4 " IF alice GE 1 IF alice LE 90 IF alice EQ 50 IF bob EQ 0"
#define CONDITIONS_8 CONDITIONS_4 CONDITIONS_4

Test(bad_input, answers_a_clear_error_and_goes_on)
{
    static const struct {
        const char *line;
        const char *answer;
    } cases[] = {
        {"FOO", "-ERR unknown command 'FOO', with args beginning with: \r\n"},
        {"FOO a b", "-ERR unknown command 'FOO', with args beginning with: 'a' 'b' \r\n"},
        {"TRANSFER t1 alice",
         "-ERR wrong number of arguments for 'transfer' command; it is TRANSFER id from to "
         "amount [from to amount ...] " OPTIONS "\r\n"},
        {"TRANSFER t1 alice bob 1 extra",
         "-ERR syntax error at 'extra'; it is TRANSFER id from to amount [from "
         "to amount ...] " OPTIONS "\r\n"},
        {"TRANSFER t1 alice bob 1 bob alice", "-ERR syntax error at 'bob'; it is TRANSFER id from to amount "
                                              "[from to amount ...] " OPTIONS "\r\n"},
        {"TRANSFER t1 alice bob 1 IF alice GT 1",
         "-ERR syntax error at 'GT'; it is TRANSFER id from to amount [from to amount ...] " OPTIONS "\r\n"},
        {"TRANSFER t1 alice bob 1 IF alice GE",
         "-ERR syntax error at 'IF'; it is TRANSFER id from to amount [from to amount ...] " OPTIONS "\r\n"},
        {"TRANSFER t1 alice bob 1 NOTE a NOTE b",
         "-ERR syntax error at 'NOTE'; it is TRANSFER id from to amount [from to amount ...] " OPTIONS
         "\r\n"},
        {"TRANSFER t1 alice bob 1 IF alice GE --1",
         "-ERR '--1' is not a balance; it must be a decimal number such as 12.34 or -5\r\n"},
        {"TRANSFER t1 alice bob 1 IF alice GE -340282366920938463463374607431768211456",
         "-ERR balance '-340282366920938463463374607431768211456' is too large: its digits must fit 128 "
         "bits\r\n"},
        {"TRANSFER t1 alice bob 1 IF @mine GE 1",
         "-ERR account id '@mine' begins with @; of those a client may name only @world/ASSET\r\n"},
        {"TRANSFER t1 alice bob 1" CONDITIONS_8 CONDITIONS_8 " IF bob EQ 0",
         "-ERR a transfer has at most 16 conditions\r\n"},
        {"SWEEP t1 alice bob MOST 1", "-ERR syntax error at 'MOST'; it is SWEEP id from to [MAX amount]\r\n"},
        {"SWEEP t1 alice bob MAX 1 2", "-ERR syntax error at '2'; it is SWEEP id from to [MAX amount]\r\n"},
        {"SWEEP t1 alice bob MAX", "-ERR syntax error at 'MAX'; it is SWEEP id from to [MAX amount]\r\n"},
        {"HOLD t1 alice bob 1 TTL 0",
         "-ERR the time to live is '0'; it must be a whole number from 1 to 3153600000\r\n"},
        {"HOLD t1 alice bob 1 TTL 1 TTL 2", "-ERR syntax error at 'TTL'; it is HOLD id from to amount [TTL "
                                            "seconds] [NOTE text]\r\n"},
        {"DEPOSIT t1 alice 1 TTL 1",
         "-ERR syntax error at 'TTL'; it is DEPOSIT id account amount [NOTE text]\r\n"},
        {"CAPTURE t1 h1 1 2", "-ERR syntax error at '2'; it is CAPTURE id hold [amount] [KEEP]\r\n"},
        {"CAPTURE t1 h1 KEEP 2", "-ERR syntax error at '2'; it is CAPTURE id hold [amount] [KEEP]\r\n"},
        {"CAPTURE t1 h1 all",
         "-ERR 'all' is not an amount; it must be a decimal number such as 12.34, without "
         "sign\r\n"},
        {"EXTEND t1 h1 3153600001",
         "-ERR the time to live is '3153600001'; it must be a whole number from 1 to 3153600000\r\n"},
        {"VOID @t1 h1", "-ERR transfer id '@t1' begins with @; such ids are the server's own\r\n"},
        {"LIMIT alice", "-ERR LIMIT needs a limit: OVERDRAFT, UNLIMITED, CEILING or NOCEILING\r\n"},
        {"LIMIT alice CEILING 1 NOCEILING", "-ERR syntax error at 'NOCEILING'; it is LIMIT account "
                                            "[OVERDRAFT amount | UNLIMITED] [CEILING amount "
                                            "| NOCEILING]\r\n"},
        {"LIMIT @world/USD NOCEILING",
         "-ERR account id '@world/USD' begins with @; such ids are the server's own\r\n"},
        {"FREEZE @world/USD",
         "-ERR account id '@world/USD' begins with @; such ids are the server's own\r\n"},
        {"THAW @world/USD", "-ERR account id '@world/USD' begins with @; such ids are the server's own\r\n"},
        {"CLOSE @world/USD", "-ERR account id '@world/USD' begins with @; such ids are the server's own\r\n"},
        {"WATCH alice",
         "-ERR there is no WATCH here; a condition, TRANSFER ... IF account GE|LE|EQ amount, does "
         "what it is for\r\n"},
        {"EXEC", "-ERR EXEC without MULTI\r\n"},
        {"DISCARD", "-ERR DISCARD without MULTI\r\n"},
        {"OPEN carol USD NOCEILING", "-ERR syntax error at 'NOCEILING'; it is OPEN account asset [OVERDRAFT "
                                     "amount | UNLIMITED] [CEILING amount]\r\n"},
        {"TRANSFER t1 alice bob -1", "-ERR '-1' is not an amount; it must be a decimal number such as 12.34, "
                                     "without sign\r\n"},
        {"TRANSFER t1 alice bob 1e3",
         "-ERR '1e3' is not an amount; it must be a decimal number such as 12.34, "
         "without sign\r\n"},
        {"TRANSFER t1 alice bob 340282366920938463463374607431768211456",
         "-ERR amount '340282366920938463463374607431768211456' is too large: its digits must fit 128 "
         "bits\r\n"},
        {"TRANSFER t1 alice bob 0", "-AMOUNT the amount is zero; it must be more\r\n"},
        {"TRANSFER t1 alice bob 1.001", "-AMOUNT 1.001 has 3 fraction digits, USD has 2\r\n"},
        {"TRANSFER @t1 alice bob 1",
         "-ERR transfer id '@t1' begins with @; such ids are the server's own\r\n"},
        {"TRANSFER t1 @mine bob 1", "-ERR account id '@mine' begins with @; of those a client may name only "
                                    "@world/ASSET\r\n"},
        {"TRANSFER t/# alice bob 1",
         "-ERR 't/#' is not a transfer id; an id is 1 to 64 bytes of A-Z a-z 0-9 _ "
         ". : @ / { } -\r\n"},
        {"TRANSFER \"a b\" alice bob 1",
         "-ERR 'a b' is not a transfer id; an id is 1 to 64 bytes of A-Z a-z 0-9 "
         "_ . : @ / { } -\r\n"},
        {"TRANSFER t1 alice \"bo\\x00b\\r\\n\" 1",
         "-ERR 'bo' is not an account id; an id is 1 to 64 bytes of A-Z "
         "a-z 0-9 _ . : @ / { } -\r\n"},
        {"OPEN @x USD", "-ERR account id '@x' begins with @; such ids are the server's own\r\n"},
        {"OPEN carol US$",
         "-ERR 'US$' is not an asset code; a code is 1 to 12 bytes of A-Z a-z 0-9 _ . -\r\n"},
        {"OPEN carol USD OVERDRAFT", "-ERR syntax error at 'OVERDRAFT'; it is OPEN account asset [OVERDRAFT "
                                     "amount | UNLIMITED] [CEILING amount]\r\n"},
        {"OPEN carol USD OVERDRAFT 1 UNLIMITED", "-ERR syntax error at 'UNLIMITED'; it is OPEN account asset "
                                                 "[OVERDRAFT amount | UNLIMITED] [CEILING amount]\r\n"},
        {"ASSET GEM 19", "-ERR scale is '19'; it must be a whole number from 0 to 18\r\n"},
        {"ACCOUNTS x", "-ERR cursor is 'x'; it must be a whole number from 0 to 9223372036854775807\r\n"},
        {"ACCOUNTS COUNT 1001", "-ERR COUNT is '1001'; it must be a whole number from 1 to 1000\r\n"},
        {"DEPOSIT d2 alice 1 NOT e",
         "-ERR syntax error at 'NOT'; it is DEPOSIT id account amount [NOTE text]\r\n"},
        {"HELLO 4", "-NOPROTO protocol version '4' is not spoken here; 2 and 3 are\r\n"},
        {"SELECT 1", "-ERR DB index is out of range\r\n"},
        {"CLIENT NAP",
         "-ERR unknown subcommand 'NAP' of CLIENT; it has ID, INFO, GETNAME, SETNAME, SETINFO, LIST, KILL, "
         "NO-EVICT and NO-TOUCH\r\n"},
        {"CLIENT LIST IDS 1",
         "-ERR syntax error at 'IDS'; it is CLIENT LIST [TYPE normal] [ID id [id ...]]\r\n"},
        {"CLIENT LIST ID x",
         "-ERR client id is 'x'; it must be a whole number from 1 to 9223372036854775807\r\n"},
        {"CLIENT KILL", "-ERR wrong number of arguments for 'CLIENT KILL'\r\n"},
        {"CLIENT KILL ID 1 SKIPME",
         "-ERR syntax error at 'SKIPME'; it is CLIENT KILL address | [ID id] [ADDR address] [LADDR address] "
         "[SKIPME yes|no] [USER user] [TYPE type]\r\n"},
        {"CLIENT KILL SKIPME maybe", "-ERR SKIPME is 'maybe'; it must be yes or no\r\n"},
        {"CLIENT KILL SKIPME yes USER eve", "-ERR no such user 'eve'; the only one is default\r\n"},
        {"CLIENT KILL TYPE odd ID 1",
         "-ERR unknown client type 'odd'; it must be normal, master, replica or pubsub\r\n"},
        {"CLIENT NO-EVICT maybe", "-ERR syntax error at 'maybe'; it is CLIENT NO-EVICT|NO-TOUCH on|off\r\n"},
        {"SLOWLOG SLOW", "-ERR unknown subcommand 'SLOW' of SLOWLOG; it has GET, LEN, RESET and HELP\r\n"},
        {"SLOWLOG GET -2", "-ERR count (-1 asks for all) is '-2'; it must be a whole number from 0 to "
                           "9223372036854775807\r\n"},
        {"SLOWLOG LEN 1", "-ERR wrong number of arguments for 'SLOWLOG LEN'\r\n"},
    };
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    arrange(&client);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        client_ask(&client, cases[i].line, cases[i].answer);
    }
    expect_untouched(&client);
    client_close(&client);
    server_stop(server);
}

Test(bad_input, answers_broken_framing_and_closes)
{
    static const struct {
        const char *bytes;
        const char *answer;
    } cases[] = {
        {"*1\r\n$-1\r\n", "-ERR Protocol error: bulk length -1 is negative\r\n"},
        {"*1\r\n$65537\r\n", "-ERR Protocol error: bulk length 65537 is over 65536\r\n"},
        {"*1\r\n$x\r\n", "-ERR Protocol error: bulk length 'x' is not a number\r\n"},
        {"*1\r\n+PING\r\n", "-ERR Protocol error: expected '$', got '+'\r\n"},
        {"*1025\r\n", "-ERR Protocol error: 1025 arguments, at most 1024 are taken\r\n"},
        {"*1\r\n$4\r\nPINGxx", "-ERR Protocol error: argument of 4 bytes is not followed by CRLF\r\n"},
        {"TRANSFER t1 alice bob \"1\r\n", "-ERR Protocol error: unbalanced quotes in argument 5\r\n"},
    };
    struct server *server = fixture_start(2);
    struct client witness = client_connect(server);
    arrange(&witness);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct client client = client_connect(server);
        client_send(&client, "PING\r\n", 6);
        client_send(&client, cases[i].bytes, strlen(cases[i].bytes));
        client_send(&client, "TRANSFER t2 alice bob 1\r\n", 25);
        client_expect(&client, "+PONG\r\n", cases[i].bytes);
        client_expect(&client, cases[i].answer, cases[i].bytes);
        client_expect_closed(&client, cases[i].bytes);
        client_close(&client);
    }
    expect_untouched(&witness);
    client_close(&witness);
    server_stop(server);
}

Test(bad_input, refuses_what_is_too_large_however_it_arrives)
{
    static char filler[1228800];
    struct server *server = fixture_start(1);
    memset(filler, 'x', sizeof filler);
    struct client client = client_connect(server);
    client_send(&client, filler, 71680); /* an inline request without an end */
    client_expect(&client, "-ERR Protocol error: inline request is over 65536 bytes\r\n", "inline");
    client_expect_closed(&client, "inline");
    client_close(&client);

    client = client_connect(server);
    client_send(&client, "*20\r\n", 5);
    for (int i = 0; i < 20; i++) { /* each argument is small enough, their sum is not */
        client_send(&client, "$65536\r\n", 8);
        if (!client_send(&client, filler, 65536) || !client_send(&client, "\r\n", 2)) {
            break;
        }
    }
    client_expect(&client, "-ERR Protocol error: request larger than 1048576 bytes\r\n", "request");
    client_close(&client);
    server_stop(server);
}

/* Replies to `script` are the same every time it is sent: its transfer is a replay after the first time. */
static const char script[] = "*5\r\n$8\r\nTRANSFER\r\n$2\r\nt1\r\n$5\r\nalice\r\n$3\r\nbob\r\n$4\r\n1.23\r\n"
                             "\r\n"
                             "BALANCE 'alice'\r\n"
                             "*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\n"
                             "balances \"bob\" nobody\n"
                             "*1\r\n$4\r\nPING\r\n";
static const char script_replies[] =
    ":4\r\n$5\r\n48.77\r\n$4\r\n\r\n\r\n\r\n*2\r\n$4\r\n1.23\r\n$-1\r\n+PONG\r\n";

Test(bad_input, understands_requests_cut_at_every_byte)
{
    struct server *server = fixture_start(1);
    struct client client = client_connect(server);
    struct client other = client_connect(server);
    arrange(&client);
    for (size_t cut = 1; cut < sizeof script - 1; cut++) {
        char about[64];
        snprintf(about, sizeof about, "cut at byte %zu", cut);
        client_send(&client, script, cut);
        client_ask(&other, "PING", "+PONG\r\n"); /* so that the first part is read by itself */
        client_send(&client, script + cut, sizeof script - 1 - cut);
        client_expect(&client, script_replies, about);
    }
    for (size_t i = 0; i < sizeof script - 1; i++) {
        client_send(&client, script + i, 1);
    }
    client_expect(&client, script_replies, "byte by byte");
    client_close(&other);
    client_close(&client);
    server_stop(server);
}

Test(bad_input, understands_many_requests_in_one_write)
{
    enum { TIMES = 500 };
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    struct buffer all = {0};
    arrange(&client);
    for (int i = 0; i < TIMES; i++) {
        buffer_append(&all, script, sizeof script - 1);
    }
    client_send(&client, all.bytes, buffer_length(&all));
    for (int i = 0; i < TIMES; i++) {
        client_expect(&client, script_replies, "merged");
    }
    buffer_free(&all);
    client_close(&client);
    server_stop(server);
}

Test(bad_input, answers_everything_to_a_client_that_will_send_no_more)
{
    enum { TIMES = 2000 };
    struct server *server = fixture_start(3);
    struct client client = client_connect(server);
    struct buffer all = {0};
    arrange(&client);
    for (int i = 0; i < TIMES; i++) {
        buffer_printf(&all, "TRANSFER h%d alice bob 0.01\r\nECHO %04d\r\n", i, i);
    }
    buffer_printf(&all, "TRANSFER unfinished alice bob 1");
    client_send(&client, all.bytes, buffer_length(&all));
    shutdown(client.fd, SHUT_WR);
    for (int i = 0; i < TIMES; i++) {
        char line[64];
        char echo[32];
        cr_assert(client_line(&client, line, sizeof line));
        cr_assert_eq(line[0], ':', "%s", line);
        snprintf(echo, sizeof echo, "$4\r\n%04d\r\n", i);
        client_expect(&client, echo, "half closed");
    }
    client_expect_closed(&client, "half closed");
    buffer_free(&all);
    client_close(&client);
    server_stop(server);
}

Test(bad_input, moves_no_money_for_a_request_that_was_never_finished)
{
    static const char request[] =
        "*5\r\n$8\r\nTRANSFER\r\n$2\r\nt1\r\n$5\r\nalice\r\n$3\r\nbob\r\n$4\r\n1.23\r\n";
    struct server *server = fixture_start(2);
    struct client witness = client_connect(server);
    arrange(&witness);
    for (size_t length = 1; length < sizeof request - 1; length++) {
        struct client client = client_connect(server);
        client_send(&client, request, length);
        client_close(&client);
    }
    expect_untouched(&witness);
    client_close(&witness);
    server_stop(server);
}

Test(bad_input, survives_clients_that_leave_without_reading_their_answers)
{
    enum { CLIENTS = 50, TIMES = 300 };
    struct server *server = fixture_start(3);
    struct client witness = client_connect(server);
    arrange(&witness);
    for (int c = 0; c < CLIENTS; c++) {
        struct client client = client_connect(server);
        for (int i = 0; i < TIMES; i++) {
            client_say(&client, "TRANSFER c%d-%d alice bob 0.01", c, i);
            client_say(&client, "TRANSFER d%d-%d bob alice 0.01", c, i);
        }
        client_close(&client);
    }
    client_ask(&witness, "DBSIZE", ":2\r\n");
    client_ask(&witness, "BALANCE @world/USD", "$6\r\n-50.00\r\n");
    client_close(&witness);
    server_stop(server);
}

Test(bad_input, keeps_every_answer_for_a_client_that_reads_late)
{
    enum { TIMES = 20000, SIZE = 512 };
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    char text[SIZE + 1];
    char expected[SIZE + 16];
    memset(text, 'e', SIZE);
    text[SIZE] = '\0';
    snprintf(expected, sizeof expected, "$%d\r\n%s\r\n", SIZE, text);
    struct buffer all = {0};
    for (int i = 0; i < TIMES; i++) {
        buffer_printf(&all, "ECHO %s\r\n", text);
    }
    /* More than the server lets pile up: it stops reading until we read. */
    for (size_t sent = 0; sent < buffer_length(&all);) {
        ssize_t more = send(client.fd, all.bytes + sent, buffer_length(&all) - sent, MSG_DONTWAIT);
        if (more > 0) {
            sent += (size_t)more;
        } else {
            client_fill(&client, buffer_length(&client.in) + 1);
        }
    }
    for (int i = 0; i < TIMES; i++) {
        client_expect(&client, expected, "late");
    }
    buffer_free(&all);
    client_close(&client);
    server_stop(server);
}
