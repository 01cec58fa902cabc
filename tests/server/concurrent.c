/* concurrent.c: many clients move money between few accounts at once, and the books balance at every moment.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

enum {
    MOVERS = 6,
    ACCOUNTS = 5,
    WINDOWS = 150,   /* of each mover */
    WINDOW = 16,     /* requests sent before any answer is read */
    SUM_CENTS = 5000 /* ten units on each account */
};

/** One client thread. What it finds wrong is reported by the test's own thread. */
struct mover {
    struct server *server;
    pthread_t thread;
    unsigned index;
    uint64_t random;
    unsigned moved;
    unsigned refused;
    char wrong[256]; /* empty: nothing */
};

/** Writes one random request: a transfer of one or two legs, or now and then a replay of the one before. */
static void mover_request(struct mover *mover, struct buffer *out, unsigned number)
{
    unsigned a = (unsigned)(fixture_random(&mover->random) % ACCOUNTS);
    unsigned b = (a + 1 + (unsigned)(fixture_random(&mover->random) % (ACCOUNTS - 1))) % ACCOUNTS;
    unsigned c = (b + 1 + (unsigned)(fixture_random(&mover->random) % (ACCOUNTS - 1))) % ACCOUNTS;
    unsigned cents = 1 + (unsigned)(fixture_random(&mover->random) % 900);
    buffer_printf(out, "TRANSFER m%u-%u hot%u hot%u %u.%02u", mover->index, number, a, b, cents / 100,
                  cents % 100);
    if (fixture_random(&mover->random) % 4 == 0) {
        buffer_printf(out, " hot%u hot%u 0.%02u", b, c, 1 + cents % 99);
    }
    buffer_printf(out, "\r\n");
}

static void mover_judge(struct mover *mover, const char *line)
{
    if (line[0] == ':') {
        mover->moved++;
    } else if (strncmp(line, "-INSUFFICIENT ", 14) == 0 || strncmp(line, "-CEILING ", 9) == 0) {
        mover->refused++;
    } else {
        snprintf(mover->wrong, sizeof mover->wrong, "a transfer answered %.200s", line);
    }
}

static void *mover_run(void *context)
{
    struct mover *mover = context;
    struct client client = client_connect(mover->server);
    for (unsigned window = 0; window < WINDOWS && mover->wrong[0] == '\0'; window++) {
        struct buffer requests = {0};
        for (unsigned i = 0; i < WINDOW; i++) {
            mover_request(mover, &requests, window * WINDOW + i);
        }
        client_send(&client, requests.bytes, buffer_length(&requests));
        buffer_free(&requests);
        for (unsigned i = 0; i < WINDOW; i++) {
            char line[256] = "nothing";
            client_line(&client, line, sizeof line);
            mover_judge(mover, line);
        }
    }
    client_close(&client);
    return NULL;
}

/** Reads a bulk string of an amount with two digits, as cents. */
static int64_t take_cents(struct client *client)
{
    char line[64];
    cr_assert(client_line(client, line, sizeof line));
    cr_assert_eq(line[0], '$', "%s", line);
    cr_assert(client_line(client, line, sizeof line));
    bool below = line[0] == '-';
    char *point = NULL;
    int64_t units = strtoll(below ? line + 1 : line, &point, 10);
    cr_assert_eq(*point, '.', "%s", line);
    int64_t cents = units * 100 + strtoll(point + 1, NULL, 10);
    return below ? -cents : cents;
}

/** All balances at one moment: none beyond its limit, and no money in two places or in none. */
static void expect_balanced(struct client *client, uint64_t seed)
{
    char line[64];
    int64_t sum = 0;
    client_say(client, "BALANCES hot0 hot1 hot2 hot3 hot4");
    cr_assert(client_line(client, line, sizeof line));
    cr_assert_str_eq(line, "*5");
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        int64_t cents = take_cents(client);
        int64_t least = i == 0 ? -500 : 0;
        int64_t most = i == 1 ? 2000 : INT64_MAX;
        cr_assert(cents >= least && cents <= most, "hot%u stands at %" PRId64 " cents, BURSAR_SEED=%" PRIu64,
                  i, cents, seed);
        sum += cents;
    }
    cr_assert_eq(sum, SUM_CENTS, "the sum is %" PRId64 " cents, BURSAR_SEED=%" PRIu64, sum, seed);
}

/** TRIAL: debits equal credits. */
static void expect_trial(struct client *client, uint64_t seed)
{
    char line[64];
    client_say(client, "TRIAL");
    client_expect(client, "*4\r\n$3\r\nseq\r\n", "TRIAL");
    cr_assert(client_line(client, line, sizeof line));
    client_expect(client, "$6\r\nassets\r\n*1\r\n*8\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$6\r\ndebits\r\n",
                  "TRIAL");
    int64_t debits = take_cents(client);
    client_expect(client, "$7\r\ncredits\r\n", "TRIAL");
    int64_t credits = take_cents(client);
    client_expect(client, "$8\r\naccounts\r\n:5\r\n", "TRIAL");
    cr_assert_eq(debits, credits, "debits %" PRId64 ", credits %" PRId64 ", BURSAR_SEED=%" PRIu64, debits,
                 credits, seed);
}

static void arrange(struct client *client)
{
    static const char *const options[ACCOUNTS] = {" OVERDRAFT 5", " CEILING 20", "", "", ""};
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        char line[64];
        client_say(client, "OPEN hot%u USD%s", i, options[i]);
        cr_assert(client_line(client, line, sizeof line));
        client_say(client, "DEPOSIT start%u hot%u 10.00", i, i);
        cr_assert(client_line(client, line, sizeof line));
        cr_assert_eq(line[0], ':', "%s", line);
    }
}

static void run_movers(unsigned workers, uint64_t seed)
{
    struct mover movers[MOVERS] = {0};
    struct server *server = fixture_start(workers);
    struct client client = client_connect(server);
    arrange(&client);
    for (unsigned i = 0; i < MOVERS; i++) {
        movers[i] = (struct mover){.server = server, .index = i, .random = seed + i};
        pthread_create(&movers[i].thread, NULL, mover_run, &movers[i]);
    }
    for (unsigned i = 0; i < 200; i++) {
        expect_balanced(&client, seed);
        expect_trial(&client, seed);
    }
    unsigned moved = 0;
    unsigned refused = 0;
    for (unsigned i = 0; i < MOVERS; i++) {
        pthread_join(movers[i].thread, NULL);
        cr_assert_str_empty(movers[i].wrong, "%s, BURSAR_SEED=%" PRIu64, movers[i].wrong, seed);
        moved += movers[i].moved;
        refused += movers[i].refused;
    }
    expect_balanced(&client, seed);
    expect_trial(&client, seed);
    cr_assert_eq(moved + refused, MOVERS * WINDOWS * WINDOW);
    cr_assert(moved > 0 && refused > 0, "%u moved, %u refused: the test tests nothing", moved, refused);
    client_close(&client);
    server_stop(server);
}

Test(concurrent, no_limit_breaks_and_no_money_is_lost_whoever_moves_it)
{
    uint64_t seed = fixture_seed();
    for (unsigned workers = 1; workers <= 4; workers++) {
        fprintf(stderr, "concurrent: BURSAR_SEED=%" PRIu64 ", %u workers\n", seed, workers);
        run_movers(workers, seed);
    }
}

Test(concurrent, an_id_moves_money_once_whoever_uses_it_first)
{
    enum { IDS = 300, CLIENTS = 4 };
    struct server *server = fixture_start(3);
    struct client clients[CLIENTS];
    char first[64];
    char line[64];
    for (unsigned c = 0; c < CLIENTS; c++) {
        clients[c] = client_connect(server);
    }
    arrange(&clients[0]);
    for (unsigned id = 0; id < IDS; id++) {
        for (unsigned c = 0; c < CLIENTS; c++) {
            client_say(&clients[c], "TRANSFER same%u hot2 hot3 0.01", id);
        }
        cr_assert(client_line(&clients[0], first, sizeof first));
        for (unsigned c = 1; c < CLIENTS; c++) {
            cr_assert(client_line(&clients[c], line, sizeof line));
            cr_assert_str_eq(line, first);
        }
    }
    client_ask(&clients[0], "BALANCES hot2 hot3", "*2\r\n$4\r\n7.00\r\n$5\r\n13.00\r\n");
    for (unsigned c = 0; c < CLIENTS; c++) {
        client_close(&clients[c]);
    }
    server_stop(server);
}
