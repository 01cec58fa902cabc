/* history.c: what a server tells of an account's past: all of it, in order, at once after it happened, under
 * load and after a restart.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

enum { ACCOUNTS = 5, TRANSFERS = 1500, ENTRIES_MAX = 8000, SEEN_TRANSFERS = 400 };

/** One entry as the server told it; amounts in cents. */
struct told {
    long seq;
    long amount;
    long balance;
    char id[72]; /* no padding behind it: entries are compared as bytes */
    char other[72];
};

/** "-12.34" as -1234. */
static long cents(const char *text)
{
    const char *point = strchr(text, '.');
    cr_assert(point && strlen(point) == 3, "%s", text);
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s%s", (int)(point - text), text, point + 1);
    return strtol(digits, NULL, 10);
}

/** Reads a bulk string, nil or a number, as text. */
static void value_read(struct client *client, char *value, size_t size)
{
    char line[512];
    cr_assert(client_line(client, line, sizeof line));
    if (line[0] == '$' && line[1] != '-') {
        cr_assert(client_line(client, value, size));
    } else {
        cr_assert(line[0] == '$' || line[0] == ':', "%s", line);
        snprintf(value, size, "%s", line[0] == '$' ? "" : line + 1);
    }
}

static void entry_read(struct client *client, struct told *told)
{
    char line[64];
    cr_assert(client_line(client, line, sizeof line));
    cr_assert_str_eq(line, "*16");
    for (int i = 0; i < 8; i++) {
        char key[64];
        char value[512];
        value_read(client, key, sizeof key);
        value_read(client, value, sizeof value);
        if (strcmp(key, "seq") == 0)
            told->seq = strtol(value, NULL, 10);
        else if (strcmp(key, "amount") == 0)
            told->amount = cents(value);
        else if (strcmp(key, "balance") == 0)
            told->balance = cents(value);
        else if (strcmp(key, "id") == 0)
            snprintf(told->id, sizeof told->id, "%.64s", value);
        else if (strcmp(key, "account") == 0)
            snprintf(told->other, sizeof told->other, "%.64s", value);
    }
}

/** Reads the answer to a HISTORY. Returns how many entries it had. */
static unsigned history_read(struct client *client, struct told *told, unsigned max)
{
    char line[512];
    cr_assert(client_line(client, line, sizeof line));
    cr_assert_eq(line[0], '*', "%s", line);
    unsigned count = (unsigned)strtoul(line + 1, NULL, 10);
    cr_assert_leq(count, max);
    for (unsigned i = 0; i < count; i++)
        entry_read(client, &told[i]);
    return count;
}

static long balance_ask(struct client *client, const char *account)
{
    char value[64];
    client_say(client, "BALANCE %s", account);
    value_read(client, value, sizeof value);
    return cents(value);
}

/** Pages through everything an account has, forward or back. */
static unsigned pages_read(struct client *client, const char *account, bool reverse, unsigned page,
                           struct told *told)
{
    unsigned count = 0;
    unsigned got = 0;
    long place = 0;
    do {
        if (place == 0)
            client_say(client, "HISTORY %s COUNT %u%s", account, page, reverse ? " REV" : "");
        else if (reverse)
            client_say(client, "HISTORY %s REV TO %ld COUNT %u", account, place - 1, page);
        else
            client_say(client, "HISTORY %s FROM %ld COUNT %u", account, place + 1, page);
        got = history_read(client, told + count, ENTRIES_MAX - count);
        count += got;
        place = count > 0 ? told[count - 1].seq : 0;
    } while (got == page);
    return count;
}

/** A statement adds up, line by line, to the balance; and read from its end it is the same. */
static void expect_statement(struct client *client, const char *account, unsigned page)
{
    struct told *forward = calloc((size_t)2 * ENTRIES_MAX, sizeof *forward);
    struct told *back = forward + ENTRIES_MAX;
    long balance = balance_ask(client, account);
    unsigned count = pages_read(client, account, false, page, forward);
    long sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += forward[i].amount;
        cr_assert_eq(forward[i].balance, sum, "%s, entry %u", account, i);
        cr_assert(i == 0 || forward[i].seq > forward[i - 1].seq);
    }
    cr_assert_eq(sum, balance, "%s: %ld, %ld", account, sum, balance);
    cr_assert_eq(pages_read(client, account, true, page, back), count);
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(memcmp(&forward[i], &back[count - 1 - i], sizeof *forward), 0, "%s, entry %u", account,
                     i);
    free(forward);
}

static void money_move(struct client *client, uint64_t *random, unsigned first, unsigned count)
{
    char line[512];
    for (unsigned i = 0; i < count; i++) {
        unsigned from = (unsigned)(fixture_random(random) % ACCOUNTS);
        unsigned to = (from + 1 + (unsigned)(fixture_random(random) % (ACCOUNTS - 1))) % ACCOUNTS;
        client_say(client, "TRANSFER t%u a%u a%u %u.%02u a%u a%u 0.01", first + i, from, to,
                   (unsigned)(fixture_random(random) % 20), 1 + i % 99, to, from);
    }
    for (unsigned i = 0; i < count; i++) {
        cr_assert(client_line(client, line, sizeof line));
        cr_assert_eq(line[0], ':', "%s", line);
    }
}

static void accounts_open(struct client *client)
{
    char line[512];
    for (unsigned i = 0; i < ACCOUNTS; i++)
        client_say(client, "OPEN a%u USD UNLIMITED\r\nDEPOSIT d%u a%u 100", i, i, i);
    for (unsigned i = 0; i < 2 * ACCOUNTS; i++)
        cr_assert(client_line(client, line, sizeof line) && line[0] == ':', "%s", line);
}

Test(history, a_statement_adds_up_to_the_balance_after_restarts_too)
{
    char *dir = fixture_dir_make();
    uint64_t random = fixture_seed();
    for (unsigned workers = 3; workers > 0; workers--) {
        struct server *server = fixture_dir_serve(dir, workers, DURABILITY_SYNC);
        struct client client = client_connect(server);
        if (workers == 3)
            accounts_open(&client);
        for (unsigned part = 0; part < 2; part++) {
            money_move(&client, &random, (2 * workers + part) * TRANSFERS / 2, TRANSFERS / 2);
            expect_statement(&client, "a1", 1000);
            if (part == 0)
                client_ask(&client, "SAVE", "+OK\r\n");
        }
        expect_statement(&client, "a0", 7);
        expect_statement(&client, "@world/USD", 2);
        client_close(&client);
        server_stop(server);
    }
    fixture_dir_remove(dir);
}

/** Somebody else's transfers, until told to end. */
struct load {
    struct server *server;
    _Atomic bool end;
};

static void *load_thread(void *context)
{
    struct load *load = context;
    struct client client = client_connect(load->server);
    uint64_t random = 1;
    for (unsigned round = 10; !atomic_load(&load->end); round++)
        money_move(&client, &random, round * 100, 100);
    client_close(&client);
    return NULL;
}

Test(history, tells_of_a_transfer_as_soon_as_it_is_made_under_load)
{
    char *dir = fixture_dir_make();
    struct load load = {.server = fixture_dir_serve(dir, 3, DURABILITY_SYNC)};
    struct client client = client_connect(load.server);
    pthread_t thread;
    accounts_open(&client);
    cr_assert_eq(pthread_create(&thread, NULL, load_thread, &load), 0);
    client_ask(&client, "OPEN mine{x} USD UNLIMITED\r\nPING", ":#");
    char line[512];
    while (client_line(&client, line, sizeof line) && strcmp(line, "+PONG") != 0)
        continue;
    for (unsigned i = 0; i < SEEN_TRANSFERS; i++) {
        struct told told[2];
        /* All in one go: the second HISTORY must not see what comes after it. */
        client_say(&client,
                   "TRANSFER mine%u mine{x} a%u 0.03\r\nHISTORY mine{x} REV COUNT 2\r\n"
                   "TRANSFER mine%u-more a%u mine{x} 0.02\r\nBALANCE mine{x}",
                   i, i % ACCOUNTS, i, i % ACCOUNTS);
        cr_assert(client_line(&client, line, sizeof line) && line[0] == ':', "%s", line);
        long seq = strtol(line + 1, NULL, 10);
        cr_assert_eq(history_read(&client, told, 2), i == 0 ? 1U : 2U);
        cr_assert(told[0].seq == seq && told[0].amount == -3 && told[0].balance == -(long)i - 3, "%u: %ld", i,
                  told[0].balance);
        cr_assert(client_line(&client, line, sizeof line) && line[0] == ':', "%s", line);
        value_read(&client, line, sizeof line);
        cr_assert_eq(cents(line), -(long)i - 1);
    }
    atomic_store(&load.end, true);
    pthread_join(thread, NULL);
    expect_statement(&client, "mine{x}", 500);
    client_close(&client);
    server_stop(load.server);
    fixture_dir_remove(dir);
}

Test(history, a_balance_is_told_as_it_was)
{
    char *dir = fixture_dir_make();
    struct server *server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN a USD", ":1\r\n");
    client_ask(&client, "OPEN b USD", ":2\r\n");
    client_ask(&client, "DEPOSIT d a 5", ":3\r\n");
    client_ask(&client, "TRANSFER t a b 1 b a 0.25 a b 0.05", ":4\r\n");
    for (unsigned saved = 0; saved < 2; saved++) {
        client_ask(&client, "BALANCE a AT 0", "-NOACCOUNT a was opened later, by number 1\r\n");
        client_ask(&client, "BALANCE b AT 1", "-NOACCOUNT b was opened later, by number 2\r\n");
        client_ask(&client, "BALANCE a AT 1", "$4\r\n0.00\r\n");
        client_ask(&client, "BALANCE a AT 3", "$4\r\n5.00\r\n");
        client_ask(&client, "BALANCE a AT 4", "$4\r\n4.00\r\n");
        client_ask(&client, "balance a at 5", "$4\r\n4.25\r\n");
        client_ask(&client, "BALANCE a AT 6", "$4\r\n4.20\r\n");
        client_ask(&client, "BALANCE @world/USD AT 2", "$4\r\n0.00\r\n");
        client_ask(&client, "BALANCE @world/USD AT 6", "$5\r\n-5.00\r\n");
        client_ask(&client, "BALANCE a AT 7", "-ERR number 7 is in the future; the newest one is 6\r\n");
        client_ask(&client, "BALANCE a AT 2001-01-01T00:00:00Z",
                   "-NOACCOUNT a was opened later, by number 1\r\n");
        client_ask(&client, "BALANCE a AT 2500-01-01T00:00:00Z", "-ERR that time is in the future\r\n");
        client_ask(&client, "BALANCE nobody AT 3", "-NOACCOUNT nobody does not exist\r\n");
        client_ask(&client, "SAVE", "+OK\r\n");
    }
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

/* The clock is set back: times that replies show are past all the same. */
Test(history, what_the_ledger_dated_is_not_in_the_future)
{
    char *dir = fixture_dir_make();
    struct server *server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN a USD", ":1\r\n");
    sequence_pass(&server->sequence, UINT64_C(4102444800000000000)); /* 2100-01-01 */
    client_ask(&client, "DEPOSIT d a 5", ":2\r\n");
    client_ask(&client, "BALANCE a AT 2100-01-01T00:00:00.000000001Z", "$4\r\n5.00\r\n");
    client_ask(&client, "BALANCE a AT 2100-01-01T00:00:00Z", "$4\r\n0.00\r\n");
    client_ask(&client, "BALANCE a AT 2100-01-01T00:00:01Z", "-ERR that time is in the future\r\n");
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

Test(history, tells_what_is_wrong_with_a_request)
{
    static const char syntax[] =
        "it is HISTORY account [FROM number|time] [TO number|time] [REV] [COUNT n]\r\n";
    static const char *const cases[][2] = {
        {"HISTORY a FROM", "-ERR syntax error at 'FROM'; "},
        {"HISTORY a REV REV", "-ERR syntax error at 'REV'; "},
        {"HISTORY a FROM 1 FROM 2", "-ERR syntax error at 'FROM'; "},
        {"HISTORY a LIMIT 1", "-ERR syntax error at 'LIMIT'; "},
    };
    static const char *const others[][2] = {
        {"HISTORY a COUNT 0", "-ERR COUNT is '0'; it must be a whole number from 1 to 1000\r\n"},
        {"HISTORY a COUNT 1001", "-ERR COUNT is '1001'; it must be a whole number from 1 to 1000\r\n"},
        {"HISTORY a TO 2026-02-29T00:00:00Z",
         "-ERR '2026-02-29T00:00:00Z' is neither a number nor a time; a time is in UTC, such as "
         "2026-05-01T09:30:00Z\r\n"},
        {"HISTORY @other", "-ERR account id '@other' begins with @; of those a client may name only "
                           "@world/ASSET\r\n"},
        {"BALANCE a AT", "-ERR syntax error at 'AT'; it is BALANCE account [AT number|time]\r\n"},
        {"BALANCE a b c", "-ERR syntax error at 'b'; it is BALANCE account [AT number|time]\r\n"},
        {"HISTORY a", "-NOACCOUNT a does not exist\r\n"},
        {"HISTORY @world/XYZ", "-NOACCOUNT @world/XYZ does not exist\r\n"},
        {"HISTORY @world/EUR", "*0\r\n"},
    };
    char *dir = fixture_dir_make();
    struct server *server = fixture_dir_serve(dir, 2, DURABILITY_ASYNC);
    struct client client = client_connect(server);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "%s%s", cases[i][1], syntax);
        client_ask(&client, cases[i][0], expected);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        client_ask(&client, others[i][0], others[i][1]);
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

Test(history, nobody_has_any_where_nothing_is_kept)
{
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN a USD", ":1\r\n");
    client_ask(&client, "HISTORY a", "-ERR durability is none: nothing is kept, so there is no history\r\n");
    client_ask(&client, "BALANCE a AT 1",
               "-ERR durability is none: nothing is kept, so there is no history\r\n");
    client_close(&client);
    server_stop(server);
}

Test(history, an_id_that_nothing_has_is_looked_for_on_the_disk_and_answered_in_its_turn)
{
    char *dir = fixture_dir_make();
    struct server *server = fixture_dir_serve(dir, 3, DURABILITY_SYNC);
    struct client client = client_connect(server);
    accounts_open(&client);
    for (unsigned i = 0; i < 20; i++) {
        client_say(&client, "LOOKUP none%u\r\nECHO %u\r\nLOOKUP none%u\r\nBALANCE nobody\r\nLOOKUP a0", i,
                   i % 10, i);
        client_expect(&client, "$-1\r\n$1\r\n#\r\n$-1\r\n-NOACCOUNT nobody does not exist\r\n$-1\r\n",
                      "order");
        if (i == 10)
            client_ask(&client, "SAVE", "+OK\r\n");
    }
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

Test(history, who_hangs_up_does_no_harm_and_who_waits_is_answered_at_a_stop)
{
    char *dir = fixture_dir_make();
    struct server *server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    struct client client = client_connect(server);
    accounts_open(&client);
    for (unsigned i = 0; i < 50; i++) {
        struct client passing = client_connect(server);
        client_say(&passing, "TRANSFER p%u a0 a1 1\r\nHISTORY a0\r\nHISTORY a1\r\nHISTORY a0", i);
        client_close(&passing);
    }
    client_ask(&client, "PING", "+PONG\r\n");
    client_say(&client, "TRANSFER last a3 a4 1\r\nHISTORY a4 REV COUNT 1");
    char line[512];
    struct told told;
    cr_assert(client_line(&client, line, sizeof line) && line[0] == ':', "%s", line);
    server_stop(server);
    cr_assert_eq(history_read(&client, &told, 1), 1);
    cr_assert_str_eq(told.id, "last");
    cr_assert_str_eq(told.other, "a3");
    client_close(&client);
    fixture_dir_remove(dir);
}
