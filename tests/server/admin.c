/* admin.c: what operators look at: the clients of all workers, the slow log, INFO's rates. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

enum { CLIENTS = 5, TEXT_MAX = 1024 };

static void line_of(struct client *client, char *line)
{
    cr_assert(client_line(client, line, TEXT_MAX), "the server closed");
}

/** The number in a reply's head line: of an integer, an array, a bulk string. */
static long number_of(struct client *client, char kind)
{
    char line[TEXT_MAX];
    line_of(client, line);
    cr_assert_eq(line[0], kind, "%s", line);
    return strtol(line + 1, NULL, 10);
}

static void text_of(struct client *client, char *text)
{
    long length = number_of(client, '$');
    line_of(client, text);
    cr_assert_eq((long)strlen(text), length, "%s", text);
}

/** The value of "name=value" in a line of CLIENT LIST. */
static const char *field_of(const char *line, const char *name)
{
    static char value[TEXT_MAX];
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %s=", name);
    const char *at = strstr(line, wanted);
    cr_assert_not_null(at, "%s has no %s", line, name);
    snprintf(value, sizeof value, "%s", at + strlen(wanted));
    value[strcspn(value, " ")] = '\0';
    return value;
}

/** Asks for a list of clients: their ids and names, space between. */
static const char *clients_listed(struct client *client, const char *question)
{
    static char found[TEXT_MAX];
    char line[TEXT_MAX];
    client_say(client, "%s", question);
    long left = number_of(client, '$');
    for (found[0] = '\0'; left > 0; left -= (long)strlen(line) + 1) {
        cr_assert(client_fill(client, (size_t)left));
        char *end = memchr(client->in.bytes + client->in.start, '\n', (size_t)left);
        snprintf(line, sizeof line, "%.*s", (int)(end - client->in.bytes - (long)client->in.start),
                 client->in.bytes + client->in.start);
        buffer_consume(&client->in, strlen(line) + 1);
        cr_assert_str_eq(field_of(line, "user"), "default");
        size_t length = strlen(found);
        snprintf(found + length, sizeof found - length, "%ld=%s ", strtol(line + 3, NULL, 10),
                 field_of(line, "name"));
    }
    client_expect(client, "\r\n", question);
    return found;
}

static struct server *serve(unsigned workers, int64_t slower_than, int64_t max_len)
{
    char error[SERVER_ERROR_MAX] = "";
    struct config config = fixture_config(workers);
    config.slowlog_slower_than = slower_than;
    config.slowlog_max_len = max_len;
    struct server *server = server_start(&config, error);
    cr_assert_not_null(server, "%s", error);
    return server;
}

/** Connects clients named c1, c2 and so on, whose ids are 1, 2 and so on. */
static void clients_connect(const struct server *server, struct client *clients)
{
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_connect(server);
        client_say(&clients[i], "CLIENT SETNAME c%d", i + 1);
        client_expect(&clients[i], "+OK\r\n", "a name");
    }
}

static void clients_close(struct client *clients)
{
    for (int i = 0; i < CLIENTS; i++) {
        client_close(&clients[i]);
    }
}

Test(admin, lists_the_clients_of_all_workers_in_the_order_of_their_coming)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct server *server = fixture_start(workers);
        struct client clients[CLIENTS];
        clients_connect(server, clients);
        cr_assert_str_eq(clients_listed(&clients[2], "CLIENT LIST"), "1=c1 2=c2 3=c3 4=c4 5=c5 ");
        cr_assert_str_eq(clients_listed(&clients[0], "CLIENT LIST ID 4 2 77"), "2=c2 4=c4 ");
        cr_assert_str_eq(clients_listed(&clients[1], "CLIENT LIST TYPE normal ID 1"), "1=c1 ");
        cr_assert_str_eq(clients_listed(&clients[3], "CLIENT LIST TYPE pubsub"), "");
        cr_assert_str_eq(clients_listed(&clients[4], "CLIENT INFO"), "5=c5 ");
        clients_close(clients);
        server_stop(server);
    }
}

Test(admin, answers_an_errand_in_its_turn)
{
    struct server *server = fixture_start(3);
    struct client client = client_connect(server);
    client_say(&client,
               "OPEN a USD\r\nOPEN b USD\r\nCLIENT KILL ID 9\r\nPING\r\nSLOWLOG LEN\r\nOPEN a USD\r\n"
               "CLIENT KILL 1.2.3.4:5\r\nBALANCES a b\r\nSLOWLOG RESET\r\nSLOWLOG GET 0");
    client_expect(&client, ":#\r\n:#\r\n:0\r\n+PONG\r\n:", "up to LEN");
    char line[TEXT_MAX];
    line_of(&client, line);
    client_expect(&client, ":#\r\n-ERR No such client\r\n*2\r\n$4\r\n0.00\r\n$4\r\n0.00\r\n+OK\r\n*0\r\n",
                  "the rest");
    client_close(&client);
    server_stop(server);
}

Test(admin, kills_whom_the_filter_names)
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct server *server = fixture_start(workers);
        struct client clients[CLIENTS];
        char line[TEXT_MAX];
        clients_connect(server, clients);
        client_ask(&clients[0], "CLIENT KILL ID 3 SKIPME yes", ":1\r\n");
        client_expect_closed(&clients[2], "killed by id");
        client_ask(&clients[0], "CLIENT KILL ID 1", ":0\r\n"); /* SKIPME is yes by default */
        client_say(&clients[1], "CLIENT INFO");
        number_of(&clients[1], '$');
        line_of(&clients[1], line); /* it ends with LF, */
        client_expect(&clients[1], "\r\n", "and its reply with CRLF");
        client_say(&clients[0], "CLIENT KILL %s", field_of(line, "addr"));
        client_expect(&clients[0], "+OK\r\n", "killed by address");
        client_expect_closed(&clients[1], "killed by address");
        cr_assert_str_eq(clients_listed(&clients[0], "CLIENT LIST"), "1=c1 4=c4 5=c5 ");
        client_ask(&clients[0], "CLIENT KILL TYPE replica SKIPME no", ":0\r\n");
        client_say(&clients[0], "CLIENT KILL LADDR %s ID 5", field_of(line, "laddr"));
        client_expect(&clients[0], ":1\r\n", "killed by local address and id");
        client_ask(&clients[0], "CLIENT KILL TYPE normal USER default SKIPME no", ":2\r\n");
        client_expect_closed(&clients[0], "it killed itself, after its answer");
        client_expect_closed(&clients[3], "killed with all others");
        clients_close(clients);
        server_stop(server);
    }
}

Test(admin, does_what_a_killed_client_asked_before)
{
    struct server *server = fixture_start(3);
    struct client clients[CLIENTS];
    clients_connect(server, clients);
    client_ask(&clients[0], "OPEN a USD", ":1\r\n");
    client_ask(&clients[1], "DEPOSIT d a 1", ":2\r\n");
    client_ask(&clients[0], "CLIENT KILL TYPE normal", ":4\r\n");
    client_ask(&clients[0], "BALANCE a", "$4\r\n1.00\r\n");
    clients_close(clients);
    server_stop(server);
}

/** One entry of SLOWLOG GET, its arguments with a space after each. */
struct slow {
    long id;
    long us;
    char args[TEXT_MAX];
    char address[TEXT_MAX];
    char name[TEXT_MAX];
};

static void slow_read(struct client *client, struct slow *slow)
{
    char text[TEXT_MAX];
    cr_assert_eq(number_of(client, '*'), 6);
    slow->id = number_of(client, ':');
    cr_assert_gt(number_of(client, ':'), 1700000000);
    slow->us = number_of(client, ':');
    slow->args[0] = '\0';
    for (long left = number_of(client, '*'); left > 0; left--) {
        text_of(client, text);
        size_t length = strlen(slow->args);
        snprintf(slow->args + length, sizeof slow->args - length, "%s ", text);
    }
    text_of(client, slow->address);
    text_of(client, slow->name);
}

Test(admin, slowlog_gathers_the_newest_requests_of_all_workers)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct server *server = serve(workers, 0, 3);
        struct client clients[CLIENTS];
        struct slow slow;
        clients_connect(server, clients);
        for (int i = 0; i < CLIENTS; i++) {
            client_say(&clients[i], "OPEN a%d USD", i);
            client_line(&clients[i], slow.args, TEXT_MAX);
        }
        client_ask(&clients[0], "SLOWLOG LEN", ":3\r\n");
        client_say(&clients[4], "SLOWLOG GET -1");
        cr_assert_eq(number_of(&clients[4], '*'), 3);
        slow_read(&clients[4], &slow);
        cr_assert_str_eq(slow.args, "SLOWLOG LEN ");
        cr_assert_str_eq(slow.name, "c1");
        for (int i = 4; i >= 3; i--) {
            char expected[64];
            snprintf(expected, sizeof expected, "OPEN a%d USD ", i);
            slow_read(&clients[4], &slow);
            cr_assert_str_eq(slow.args, expected);
            cr_assert_eq(slow.id, CLIENTS + i); /* after as many names, other accounts */
            cr_assert_eq(strncmp(slow.address, "127.0.0.1:", 10), 0);
            cr_assert_eq(slow.name[1], '1' + i);
        }
        client_ask(&clients[1], "SLOWLOG RESET", "+OK\r\n");
        client_ask(&clients[1], "SLOWLOG LEN", ":1\r\n"); /* the RESET itself */
        clients_close(clients);
        server_stop(server);
    }
}

Test(admin, slowlog_shortens_what_is_long_and_hides_passwords)
{
    struct server *server = serve(2, 0, 128);
    struct client client = client_connect(server);
    struct slow slow;
    char answer[TEXT_MAX];
    client_say(&client, "ECHO %0200d", 7);
    text_of(&client, answer);
    client_say(&client, "BALANCES%s", " a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6");
    cr_assert_eq(number_of(&client, '*'), 32);
    for (int i = 0; i < 32; i++) {
        client_expect(&client, "$-1\r\n", "no account");
    }
    client_ask(&client, "HELLO 2 AUTH eve secret",
               "-WRONGPASS there is no user 'eve'; the only one is default\r\n");
    client_say(&client, "AUTH secret");
    line_of(&client, answer);
    client_say(&client, "SLOWLOG GET");
    cr_assert_eq(number_of(&client, '*'), 4);
    slow_read(&client, &slow);
    cr_assert_str_eq(slow.args, "AUTH ... (1 more arguments) ");
    slow_read(&client, &slow);
    cr_assert_str_eq(slow.args, "HELLO ... (4 more arguments) ");
    slow_read(&client, &slow);
    cr_assert_str_eq(
        slow.args,
        "BALANCES a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 ... (2 more arguments) ");
    slow_read(&client, &slow);
    cr_assert_eq(strlen(slow.args), strlen("ECHO ") + 128 + strlen("... (72 more bytes) "));
    client_close(&client);
    server_stop(server);
}

Test(admin, slowlog_keeps_only_what_is_slow)
{
    static const struct {
        int64_t slower_than;
        int64_t max_len;
    } cases[] = {{-1, 128}, {0, 0}, {3600000000, 128}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server *server = serve(2, cases[i].slower_than, cases[i].max_len);
        struct client client = client_connect(server);
        client_ask(&client, "OPEN a USD", ":1\r\n");
        client_ask(&client, "PING", "+PONG\r\n");
        client_ask(&client, "SLOWLOG LEN", ":0\r\n");
        client_ask(&client, "SLOWLOG GET", "*0\r\n");
        client_close(&client);
        server_stop(server);
    }
}

Test(admin, slowlog_does_not_count_the_time_before_a_request_came)
{
    struct server *server = serve(1, 400000, 128);
    struct client client = client_connect(server);
    client_ask(&client, "PING", "+PONG\r\n");
    usleep(700000);
    client_ask(&client, "PING", "+PONG\r\n");
    client_ask(&client, "SLOWLOG LEN", ":0\r\n");
    client_close(&client);
    server_stop(server);
}

/** The value of a "key:value" line of INFO. */
static long info_value(struct client *client, const char *key)
{
    char line[TEXT_MAX];
    long value = -1;
    client_say(client, "INFO\r\nPING");
    while (client_line(client, line, sizeof line) && strcmp(line, "+PONG") != 0) {
        if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
            value = strtol(line + strlen(key) + 1, NULL, 10);
        }
    }
    return value;
}

Test(admin, slowlog_counts_the_wait_for_the_disk)
{
    char error[SERVER_ERROR_MAX] = "";
    char *dir = fixture_dir_make();
    struct config config = fixture_config(2);
    struct slow slow;
    config.durability = DURABILITY_SYNC;
    config.segment_size = 64;
    config.slowlog_slower_than = 0;
    snprintf(config.dir, sizeof config.dir, "%s", dir);
    struct server *server = server_start(&config, error);
    cr_assert_not_null(server, "%s", error);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN a USD", ":1\r\n");
    client_ask(&client, "SLOWLOG RESET", "+OK\r\n");
    client_ask(&client, "DEPOSIT d a 1", ":2\r\n");
    client_say(&client, "SLOWLOG GET 1");
    cr_assert_eq(number_of(&client, '*'), 1);
    slow_read(&client, &slow);
    cr_assert_str_eq(slow.args, "DEPOSIT d a 1 ");
    cr_assert_geq(slow.us, info_value(&client, "fdatasync_us_last"));
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

Test(admin, info_tells_a_rate)
{
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    long most = 0;
    for (int i = 0; i < 40 && most == 0; i++) { /* looked at once a second */
        usleep(50000);
        most = info_value(&client, "instantaneous_ops_per_sec");
    }
    for (int i = 0; i < 60 && most < 5; i++) {
        usleep(50000);
        most = info_value(&client, "instantaneous_ops_per_sec");
    }
    cr_assert(most >= 5 && most <= 100, "%ld", most);
    client_close(&client);
    server_stop(server);
}
