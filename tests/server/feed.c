/* feed.c: FEED over real sockets: who waits is woken, who left is let go, who does not read harms nobody. The
 * records themselves are tests/unit/server_feed.c's, restarts are feed.py's.
 */
#include <criterion/criterion.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

enum { FOLLOWERS = 200 };

/** A server that keeps a ledger in a directory of its own, with accounts a and b open: numbers 1 and 2. */
struct place {
    char dir[32];
    struct server *server;
    struct client client;
};

static struct place place_open(void)
{
    char error[SERVER_ERROR_MAX] = "";
    struct place place = {.dir = "/tmp/bursar-test-XXXXXX"};
    struct config config = fixture_config(2);
    cr_assert_not_null(mkdtemp(place.dir));
    config.durability = DURABILITY_SYNC;
    snprintf(config.dir, sizeof config.dir, "%s", place.dir);
    place.server = server_start(&config, error);
    cr_assert_not_null(place.server, "%s", error);
    place.client = client_connect(place.server);
    client_ask(&place.client, "OPEN a USD", ":1\r\n");
    client_ask(&place.client, "OPEN b USD OVERDRAFT 1000000", ":2\r\n");
    return place;
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static void place_close(struct place *place)
{
    client_close(&place->client);
    server_stop(place->server);
    cr_assert_eq(nftw(place->dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#define NIL "$-1\r\n"

/* The answer that has exactly the deposit of 5.00 to account a, as number `seq`. */
#define DEPOSIT(seq)                                                                             \
    "*1\r\n*16\r\n$3\r\nseq\r\n:" seq "\r\n$4\r\nlast\r\n:" seq                                  \
    "\r\n$4\r\ntime\r\n$30\r\n##############################\r\n$4\r\nkind\r\n$7\r\ndeposit\r\n" \
    "$9\r\ncontinues\r\n:0\r\n$2\r\nid\r\n$2\r\nd" seq                                           \
    "\r\n$4\r\nlegs\r\n*1\r\n*8\r\n$4\r\nfrom\r\n$10\r\n@world/USD\r\n$2\r\nto\r\n$1\r\na\r\n"   \
    "$6\r\namount\r\n$4\r\n5.00\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$4\r\nnote\r\n" NIL

Test(feed, answers_what_there_is_and_nil_beyond_it)
{
    struct place place = place_open();
    client_ask(&place.client, "FEED FROM 3", NIL);
    client_ask(&place.client, "DEPOSIT d3 a 5", ":3\r\n");
    client_ask(&place.client, "FEED FROM 3", DEPOSIT("3"));
    client_ask(&place.client, "feed block 0 count 1000 from 3", DEPOSIT("3"));
    client_ask(&place.client, "FEED FROM 4 COUNT 5", NIL);
    uint64_t begun_ms = clock_ms();
    client_ask(&place.client, "FEED FROM 4 BLOCK 100", NIL);
    cr_assert_geq(clock_ms() - begun_ms, 99);
    place_close(&place);
}

Test(feed, refuses_what_it_does_not_understand)
{
    static const char *const cases[][2] = {
        {"FEED FROM",
         "-ERR wrong number of arguments for 'feed' command; it is FEED FROM seq [COUNT n] [BLOCK "
         "milliseconds]\r\n"},
        {"FEED TO 3", "-ERR syntax error at 'TO'; it is FEED FROM seq [COUNT n] [BLOCK milliseconds]\r\n"},
        {"FEED FROM 3 BLOCK",
         "-ERR syntax error at 'BLOCK'; it is FEED FROM seq [COUNT n] [BLOCK milliseconds]\r\n"},
        {"FEED FROM 3 FROM 4",
         "-ERR syntax error at 'FROM'; it is FEED FROM seq [COUNT n] [BLOCK milliseconds]\r\n"},
        {"FEED COUNT 3",
         "-ERR syntax error at 'COUNT'; it is FEED FROM seq [COUNT n] [BLOCK milliseconds]\r\n"},
        {"FEED FROM -1", "-ERR FROM is '-1'; it must be a whole number from 0 to 9223372036854775807\r\n"},
        {"FEED FROM 1 COUNT 1001", "-ERR COUNT is '1001'; it must be a whole number from 1 to 1000\r\n"},
        {"FEED FROM 1 COUNT 0", "-ERR COUNT is '0'; it must be a whole number from 1 to 1000\r\n"},
        {"FEED FROM 1 BLOCK x", "-ERR BLOCK is 'x'; it must be a whole number from 0 to 3153600000000\r\n"},
    };
    struct place place = place_open();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        client_ask(&place.client, cases[i][0], cases[i][1]);
    place_close(&place);
}

Test(feed, has_nothing_to_tell_where_nothing_is_kept)
{
    struct server *server = fixture_start(1);
    struct client client = client_connect(server);
    client_ask(&client, "FEED FROM 1",
               "-ERR durability is none: nothing is kept, so there is nothing to follow\r\n");
    client_close(&client);
    server_stop(server);
}

Test(feed, names_the_first_number_that_is_kept)
{
    struct place place = place_open();
    char path[64];
    sqlite3 *db = NULL;
    client_ask(&place.client, "DEPOSIT d3 a 5", ":3\r\n");
    client_ask(&place.client, "SAVE", "+OK\r\n");
    snprintf(path, sizeof path, "%s/ledger.db", place.dir);
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "DELETE FROM events WHERE number < 3", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    client_ask(&place.client, "FEED FROM 2",
               "-GONE number 2 is not kept any more; the first that is kept is 3\r\n");
    client_ask(&place.client, "FEED FROM 3", DEPOSIT("3"));
    place_close(&place);
}

Test(feed, tells_what_its_own_connection_did_just_before)
{
    struct place place = place_open();
    for (unsigned i = 3; i < 300; i++) {
        char expected[1024];
        client_say(&place.client, "DEPOSIT d%u a 5\r\nFEED FROM %u", i, i);
        snprintf(expected, sizeof expected, ":%u\r\n*1\r\n*16\r\n$3\r\nseq\r\n:%u\r\n", i, i);
        client_expect(&place.client, expected, "the number, and the record of that number");
        client_say(&place.client, "ECHO end");
        char line[256];
        do {
            cr_assert(client_line(&place.client, line, sizeof line));
        } while (strcmp(line, "end") != 0);
    }
    place_close(&place);
}

Test(feed, wakes_all_who_wait)
{
    static struct client followers[FOLLOWERS];
    struct place place = place_open();
    for (unsigned i = 0; i < FOLLOWERS; i++) {
        followers[i] = client_connect(place.server);
        client_say(&followers[i], "FEED FROM %u BLOCK 0\r\nPING", i % 4 == 3 ? 4 : 3);
    }
    client_ask(&place.client, "DEPOSIT d3 a 5", ":3\r\n");
    for (unsigned i = 0; i < FOLLOWERS; i++) {
        if (i % 4 != 3) {
            client_expect(&followers[i], DEPOSIT("3") "+PONG\r\n", "a follower from number 3 on");
        }
    }
    client_ask(&place.client, "DEPOSIT d4 a 5", ":4\r\n");
    for (unsigned i = 0; i < FOLLOWERS; i++) {
        if (i % 4 == 3) {
            client_expect(&followers[i], DEPOSIT("4") "+PONG\r\n", "a follower from number 4 on");
        }
        client_close(&followers[i]);
    }
    place_close(&place);
}

/** Asks until the server has `expected` connections. */
static void expect_connections(struct place *place, unsigned expected)
{
    char wanted[64];
    char line[256] = "";
    snprintf(wanted, sizeof wanted, "connected_clients:%u", expected);
    for (uint64_t begun_ms = clock_ms(); strcmp(line, wanted) != 0;) {
        cr_assert_lt(clock_ms() - begun_ms, 10000, "there are not %u connections but %s", expected, line);
        client_say(&place->client, "INFO clients");
        do {
            cr_assert(client_line(&place->client, line, sizeof line));
        } while (strncmp(line, "connected_clients:", strlen("connected_clients:")) != 0);
        char more[256];
        client_say(&place->client, "ECHO end");
        do {
            cr_assert(client_line(&place->client, more, sizeof more));
        } while (strcmp(more, "end") != 0);
    }
}

Test(feed, lets_go_of_who_left)
{
    struct place place = place_open();
    for (unsigned i = 0; i < 20; i++) {
        struct client follower = client_connect(place.server);
        client_say(&follower, "FEED FROM 3 BLOCK 0");
        expect_connections(&place, 2);
        if (i % 2 == 0) {
            shutdown(follower.fd, SHUT_WR);
            client_expect(&follower, NIL, "it will ask no more, and need not wait");
            client_expect_closed(&follower, "all is answered");
        }
        client_close(&follower);
        expect_connections(&place, 1);
    }
    place_close(&place);
}

Test(feed, waits_for_nothing_once_its_client_has_said_all)
{
    struct place place = place_open();
    struct client follower = client_connect(place.server);
    for (unsigned i = 0; i < 100; i++)
        client_say(&follower, "DEPOSIT x%u a 5", i);
    client_say(&follower, "FEED FROM 1000 BLOCK 0");
    shutdown(follower.fd, SHUT_WR);
    for (unsigned i = 0; i < 100; i++) {
        char line[64];
        cr_assert(client_line(&follower, line, sizeof line));
    }
    client_expect(&follower, NIL, "it is asked only after the client's last byte");
    client_expect_closed(&follower, "all is answered");
    client_close(&follower);
    place_close(&place);
}

Test(feed, a_stop_ends_all_waiting)
{
    struct place place = place_open();
    struct client follower = client_connect(place.server);
    client_say(&follower, "FEED FROM 3 BLOCK 0");
    expect_connections(&place, 2);
    uint64_t begun_ms = clock_ms();
    place_close(&place);
    cr_assert_lt(clock_ms() - begun_ms, 4000);
    client_expect(&follower, NIL, "there is nothing to tell, and will not be");
    client_expect_closed(&follower, "the server stopped");
    client_close(&follower);
}

Test(feed, who_never_reads_harms_nobody)
{
    enum { TRANSFERS = 2000, QUESTIONS = 2000 };
    struct place place = place_open();
    struct client deaf = client_connect(place.server);
    char line[256];
    for (unsigned i = 0; i < TRANSFERS; i++)
        client_say(&place.client, "TRANSFER t%u b a 1 NOTE n", i);
    for (unsigned i = 0; i < TRANSFERS; i++)
        cr_assert(client_line(&place.client, line, sizeof line));
    /* 400 KiB each: many times what may be kept for a client. */
    for (unsigned i = 0; i < QUESTIONS; i++)
        client_say(&deaf, "FEED FROM 1 COUNT 1000");
    for (unsigned i = 0; i < 200; i++) {
        char answer[32];
        uint64_t begun_ms = clock_ms();
        client_say(&place.client, "TRANSFER u%u b a 1", i);
        snprintf(answer, sizeof answer, ":%u\r\n", 3 + TRANSFERS + i);
        client_expect(&place.client, answer, "a transfer beside it");
        cr_assert_lt(clock_ms() - begun_ms, 1000);
    }
    client_ask(&place.client, "FEED FROM 100000", NIL);
    expect_connections(&place, 2);
    client_close(&deaf);
    expect_connections(&place, 1);
    place_close(&place);
}
