/* multi.c: MULTI, EXEC and DISCARD over a real socket, on any number of workers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static void arrange(struct client *client)
{
    client_ask(client, "OPEN alice USD", ":1\r\n");
    client_ask(client, "OPEN bob USD", ":2\r\n");
    client_ask(client, "OPEN shop USD", ":3\r\n");
    client_ask(client, "DEPOSIT d1 alice 100", ":4\r\n");
    client_ask(client, "HOLD h1 alice shop 10", ":5\r\n");
}

/** Queues lines, each of which must be taken. */
static void queue(struct client *client, const char *const *lines, size_t count)
{
    client_ask(client, "MULTI", "+OK\r\n");
    for (size_t i = 0; i < count; i++) {
        client_ask(client, lines[i], "+QUEUED\r\n");
    }
}

#define QUEUE(client, ...)                                    \
    do {                                                      \
        static const char *const lines[] = {__VA_ARGS__};     \
        queue(client, lines, sizeof lines / sizeof lines[0]); \
    } while (0)

/** Runs a test on 1 to 3 workers. */
static void on_any_workers(void (*test)(struct client *))
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct server *server = fixture_start(workers);
        struct client client = client_connect(server);
        arrange(&client);
        test(&client);
        client_close(&client);
        server_stop(server);
    }
}

static void executes_in_order(struct client *client)
{
    QUEUE(client, "transfer m1 alice bob 10 NOTE x IF alice GE 100", "BALANCE bob",
          "TRANSFER m2 bob shop 4 shop bob 1", "BALANCE bob", "DEPOSIT m3 shop 1", "WITHDRAW m4 bob 2",
          "HOLD m5 bob shop 1 TTL 100", "CAPTURE m6 h1 6", "BALANCE shop", "BALANCE @world/USD");
    client_ask(client, "EXEC",
               "*10\r\n:6\r\n$5\r\n10.00\r\n:7\r\n$4\r\n7.00\r\n:9\r\n:10\r\n:11\r\n:12\r\n$5\r\n10.00\r\n"
               "$6\r\n-99.00\r\n");
    client_ask(client, "TRANSFER m7 alice bob 1", ":13\r\n");
}

Test(multi, executes_all_in_order)
{
    on_any_workers(executes_in_order);
}

static void rejects_all(struct client *client)
{
    client_ask(client, "BALANCES alice bob shop", "*3\r\n$6\r\n100.00\r\n$4\r\n0.00\r\n$4\r\n0.00\r\n");
    QUEUE(client, "TRANSFER m1 alice bob 10", "TRANSFER m2 bob shop 10.01 shop bob 1");
    client_ask(client, "EXEC",
               "-EXECABORT command 2, TRANSFER: INSUFFICIENT leg 1: bob has 10.00 USD available, 10.01 "
               "needed\r\n");
    QUEUE(client, "DEPOSIT m1 alice 1", "BALANCE nobody", "VOID m2 h9");
    client_ask(client, "EXEC", "-EXECABORT command 2, BALANCE: NOACCOUNT nobody does not exist\r\n");
    QUEUE(client, "DEPOSIT m1 alice 1", "VOID m2 h1", "CAPTURE m3 h1");
    client_ask(client, "EXEC", "-EXECABORT command 3, CAPTURE: VOIDED hold h1 was voided\r\n");
    QUEUE(client, "HOLD m1 alice shop 1", "CAPTURE m2 m1");
    client_ask(client, "EXEC", "-EXECABORT command 2, CAPTURE: NOHOLD m1 is not a hold\r\n");
    QUEUE(client, "DEPOSIT m1 alice 1", "TRANSFER d1 alice bob 1");
    client_ask(client, "EXEC",
               "-EXECABORT command 2, TRANSFER: IDREUSED id d1 was used before for something else; a new "
               "transfer needs a new id\r\n");
    client_ask(client, "BALANCES alice bob shop", "*3\r\n$6\r\n100.00\r\n$4\r\n0.00\r\n$4\r\n0.00\r\n");
    client_ask(client, "CAPTURE c1 h1", ":6\r\n");
}

Test(multi, happens_all_or_not_at_all)
{
    on_any_workers(rejects_all);
}

static void retries(struct client *client)
{
    QUEUE(client, "TRANSFER m1 alice bob 10", "VOID m2 h1", "BALANCE bob");
    client_ask(client, "EXEC", "*3\r\n:6\r\n:7\r\n$5\r\n10.00\r\n");
    QUEUE(client, "TRANSFER m1 alice bob 10.0", "TRANSFER m3 bob shop 1", "VOID m2 h1", "BALANCE bob");
    client_ask(client, "EXEC", "*4\r\n:6\r\n:8\r\n:7\r\n$4\r\n9.00\r\n");
    QUEUE(client, "TRANSFER m1 alice bob 10", "VOID m2 h1");
    client_ask(client, "EXEC", "*2\r\n:6\r\n:7\r\n");
    QUEUE(client, "TRANSFER * alice bob 1", "TRANSFER * alice bob 1");
    client_ask(client, "EXEC", "*2\r\n:9\r\n:10\r\n");
}

Test(multi, executes_what_was_not_executed_before)
{
    on_any_workers(retries);
}

static void refuses_to_queue(struct client *client)
{
    static const char allowed[] =
        " is not allowed in a transaction; TRANSFER, DEPOSIT, WITHDRAW, HOLD, CAPTURE, VOID "
        "and BALANCE are\r\n";
    static const struct {
        const char *line;
        const char *answer;
        bool not_allowed;
    } cases[] = {
        {"TRANSFER m9", "-ERR wrong number of arguments for 'transfer' command; ", false},
        {"TRANSFER m9 alice bob x", "-ERR 'x' is not an amount; it must be a decimal number such as 12.34, ",
         false},
        {"TRANSFER m1 alice bob 1", "-ERR id m1 is used twice in one transaction\r\n", false},
        {"VOID m1 h1", "-ERR id m1 is used twice in one transaction\r\n", false},
        {"FROBNICATE", "-ERR unknown command 'FROBNICATE', with args beginning with: \r\n", false},
        {"BALANCE bob AT 1", "-ERR BALANCE of another time is not allowed in a transaction\r\n", false},
        {"PING", "-ERR PING", true},
        {"HELLO 3", "-ERR HELLO", true},
        {"OPEN carol USD", "-ERR OPEN", true},
        {"REVERSE m9 d1", "-ERR REVERSE", true},
        {"SWEEP m9 alice bob", "-ERR SWEEP", true},
        {"EXTEND m9 h1 1", "-ERR EXTEND", true},
        {"BALANCES alice", "-ERR BALANCES", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[256];
        QUEUE(client, "TRANSFER m1 alice bob 1");
        client_say(client, "%s", cases[i].line);
        client_expect(client, cases[i].answer, cases[i].line);
        if (cases[i].not_allowed) {
            client_expect(client, allowed, cases[i].line);
        } else if (cases[i].answer[strlen(cases[i].answer) - 1] != '\n') {
            cr_assert(client_line(client, line, sizeof line));
        }
        client_ask(client, "TRANSFER m2 alice bob 1", "+QUEUED\r\n");
        client_ask(client, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
        client_ask(client, "BALANCE bob", "$4\r\n0.00\r\n");
    }
}

Test(multi, that_was_told_nonsense_does_nothing)
{
    on_any_workers(refuses_to_queue);
}

static void ends(struct client *client)
{
    client_ask(client, "EXEC", "-ERR EXEC without MULTI\r\n");
    client_ask(client, "DISCARD", "-ERR DISCARD without MULTI\r\n");
    client_ask(client, "MULTI", "+OK\r\n");
    client_ask(client, "EXEC", "*0\r\n");
    QUEUE(client, "TRANSFER m1 alice bob 1");
    client_ask(client, "MULTI", "-ERR MULTI calls can not be nested\r\n");
    client_ask(client, "EXEC", "*1\r\n:6\r\n");
    QUEUE(client, "TRANSFER m2 alice bob 1");
    client_ask(client, "DISCARD", "+OK\r\n");
    client_ask(client, "EXEC", "-ERR EXEC without MULTI\r\n");
    QUEUE(client, "TRANSFER m2 alice bob 1");
    client_ask(client, "RESET", "+RESET\r\n");
    client_ask(client, "EXEC", "-ERR EXEC without MULTI\r\n");
    client_ask(client, "UNWATCH", "+OK\r\n");
    client_ask(client, "BALANCE bob", "$4\r\n1.00\r\n");
}

Test(multi, ends_with_exec_discard_or_reset)
{
    on_any_workers(ends);
}

static void is_bounded(struct client *client)
{
    client_ask(client, "MULTI", "+OK\r\n");
    for (int i = 0; i < 128; i++) {
        client_ask(client, i % 2 == 0 ? "TRANSFER * alice bob 0.01" : "BALANCE bob", "+QUEUED\r\n");
    }
    client_ask(client, "BALANCE bob", "-ERR a transaction has at most 128 commands\r\n");
    client_ask(client, "DISCARD", "+OK\r\n");
    client_ask(client, "MULTI", "+OK\r\n");
    for (int i = 0; i < 64; i++) {
        client_ask(client, "TRANSFER * alice bob 0.02 bob alice 0.01", "+QUEUED\r\n");
    }
    client_ask(client, "VOID * h1", "-ERR a transaction of 129 legs; at most 128 are taken\r\n");
    client_ask(client, "DISCARD", "+OK\r\n");
    client_ask(client, "MULTI", "+OK\r\n");
    for (int i = 0; i < 64; i++) {
        client_ask(client, "TRANSFER * alice bob 0.02 bob alice 0.01", "+QUEUED\r\n");
    }
    client_say(client, "EXEC\r\nBALANCE bob");
    client_expect(client, "*64\r\n:6\r\n:8\r\n", "EXEC");
    char line[32];
    for (int i = 10; i < 134; i += 2) {
        cr_assert(client_line(client, line, sizeof line));
    }
    cr_assert_str_eq(line, ":132");
    client_expect(client, "$4\r\n0.64\r\n", "what was moved");
    client_ask(client, "MULTI", "+OK\r\n");
    for (int i = 0; i < 128; i += 2) {
        client_ask(client, "TRANSFER * alice bob 0.01 IF alice GE 0 IF bob GE 0", "+QUEUED\r\n");
    }
    client_ask(client, "BALANCE bob",
               "-ERR a transaction has at most 128 conditions, each BALANCE counted as one\r\n");
    client_ask(client, "DISCARD", "+OK\r\n");
}

Test(multi, is_bounded)
{
    on_any_workers(is_bounded);
}

/* A number of seconds may have many leading zeros: the words of few commands can be large. */
Test(multi, keeps_a_bounded_number_of_bytes)
{
    static char line[60000] = "HOLD * alice bob 0.01 TTL ";
    char answer[128];
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    arrange(&client);
    memset(line + strlen(line), '0', sizeof line - strlen(line));
    snprintf(line + sizeof line - 4, 4, "1\r\n");
    client_ask(&client, "MULTI", "+OK\r\n");
    unsigned queued = 0;
    do {
        cr_assert(client_send(&client, line, sizeof line - 1));
        cr_assert(client_line(&client, answer, sizeof answer));
    } while (strcmp(answer, "+QUEUED") == 0 && ++queued < 128);
    cr_expect_str_eq(answer, "-ERR the commands of a transaction have at most 1048576 bytes");
    cr_expect_eq(queued, 17);
    client_close(&client);
    server_stop(server);
}

/* Commands behind an EXEC see its effects, and those before it are seen by it, however deep the pipeline. */
static void keeps_order(struct client *client)
{
    struct buffer requests = {0};
    enum { ROUNDS = 200 };
    for (int i = 0; i < ROUNDS; i++) {
        buffer_printf(&requests, "TRANSFER a%d alice bob 0.10\r\nMULTI\r\nBALANCE bob\r\n", i);
        buffer_printf(&requests, "TRANSFER b%d bob shop 0.10\r\nEXEC\r\nBALANCE shop\r\n", i);
    }
    cr_assert(client_send(client, requests.bytes, buffer_length(&requests)));
    for (int i = 0; i < ROUNDS; i++) {
        char expected[256];
        char shop[16];
        int length = snprintf(shop, sizeof shop, "%d.%d0", (i + 1) / 10, (i + 1) % 10);
        snprintf(expected, sizeof expected,
                 ":%d\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$4\r\n0.10\r\n:%d\r\n$%d\r\n%s\r\n", 6 + 2 * i,
                 7 + 2 * i, length, shop);
        client_expect(client, expected, "a round");
    }
    buffer_free(&requests);
}

Test(multi, keeps_the_order_of_a_pipeline)
{
    on_any_workers(keeps_order);
}
