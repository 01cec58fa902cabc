/* durable.c: what a server keeps: the same ledger after a restart, on any number of workers, and in the
 * snapshot.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

enum { ACCOUNTS = 7, TRANSFERS = 3000 };

static void money_move(struct client *client, uint64_t *random, unsigned first)
{
    char line[512];
    for (unsigned i = 0; i < TRANSFERS; i++) {
        unsigned from = (unsigned)(fixture_random(random) % ACCOUNTS);
        unsigned to = (from + 1 + (unsigned)(fixture_random(random) % (ACCOUNTS - 1))) % ACCOUNTS;
        client_say(client, "TRANSFER t%u a%u a%u %u.%02u NOTE n%u", first + i, from, to,
                   (unsigned)(fixture_random(random) % 20), 1 + i % 99, i);
    }
    for (unsigned i = 0; i < TRANSFERS; i++)
        cr_assert(client_line(client, line, sizeof line));
}

static void accounts_open(struct client *client)
{
    char line[512];
    for (unsigned i = 0; i < ACCOUNTS; i++)
        client_say(client, "OPEN a%u USD OVERDRAFT %u CEILING 900\r\nDEPOSIT d%u a%u 100", i, i, i, i);
    for (unsigned i = 0; i < 2 * ACCOUNTS; i++) {
        cr_assert(client_line(client, line, sizeof line));
        cr_assert_eq(line[0], ':', "%s", line);
    }
}

/** Everything that can be asked of the ledger, as bytes. */
static struct buffer ledger_ask(struct client *client)
{
    struct buffer all = {0};
    char line[512];
    client_say(client, "TRIAL\r\nASSETS\r\nACCOUNTS 0 COUNT 100\r\nBALANCES a0 a1 a2 a3 a4 a5 a6 @world/USD");
    for (unsigned i = 0; i < ACCOUNTS; i++)
        client_say(client, "ACCOUNT a%u", i);
    for (unsigned i = 0; i < 2 * TRANSFERS; i += 7)
        client_say(client, "LOOKUP t%u", i);
    client_say(client, "LOOKUP d0\r\nECHO the-end");
    do {
        cr_assert(client_line(client, line, sizeof line));
        buffer_printf(&all, "%s\n", line);
    } while (strcmp(line, "the-end") != 0);
    return all;
}

static void expect_same(const struct buffer *before, const struct buffer *after)
{
    cr_assert(buffer_length(before) == buffer_length(after) &&
                  memcmp(before->bytes, after->bytes, buffer_length(before)) == 0,
              "before:\n%.*s\nafter:\n%.*s", (int)buffer_length(before), before->bytes,
              (int)buffer_length(after), after->bytes);
}

static void expect_restarts_invisible(enum durability durability)
{
    static const unsigned workers[] = {3, 1, 4, 2};
    char *dir = fixture_dir_make();
    uint64_t random = fixture_seed();
    struct buffer before = {0};
    for (unsigned round = 0; round < sizeof workers / sizeof workers[0]; round++) {
        struct server *server = fixture_dir_serve(dir, workers[round], durability);
        struct client client = client_connect(server);
        if (round == 0) {
            accounts_open(&client);
            client_ask(&client, "ASSET POINTS 3", "+OK\r\n");
        } else {
            struct buffer after = ledger_ask(&client);
            expect_same(&before, &after);
            buffer_free(&after);
        }
        if (round < 2)
            money_move(&client, &random, round * TRANSFERS);
        buffer_free(&before);
        before = ledger_ask(&client);
        client_close(&client);
        server_stop(server);
    }
    buffer_free(&before);
    fixture_dir_remove(dir);
}

Test(durable, a_restart_on_any_number_of_workers_changes_nothing)
{
    expect_restarts_invisible(DURABILITY_SYNC);
}

Test(durable, nor_does_it_where_the_disk_may_lag)
{
    expect_restarts_invisible(DURABILITY_ASYNC);
}

/** Says lines, and keeps what is answered to each of them. */
static void lines_ask(struct client *client, const char *const *lines, size_t count, struct buffer *answers)
{
    char line[512];
    for (size_t i = 0; i < count; i++)
        client_say(client, "%s", lines[i]);
    client_say(client, "ECHO the-end");
    do {
        cr_assert(client_line(client, line, sizeof line));
        buffer_printf(answers, "%s\n", line);
    } while (strcmp(line, "the-end") != 0);
}

#define LINES_ASK(client, lines, answers) lines_ask(client, lines, sizeof(lines) / sizeof(lines)[0], answers)

/* Retries are answered as the commands were, whatever became of what they made. */
Test(durable, holds_states_limits_and_reversals_outlive_a_restart)
{
    static const char *const openings[] = {"OPEN alice USD", "OPEN bob USD", "OPEN shop USD", "OPEN old USD"};
    static const char *const asked[] = {
        "DEPOSIT d1 alice 100", "HOLD h1 alice shop 20 TTL 100 NOTE 'room 7'",
        "CAPTURE c1 h1 5 KEEP", "EXTEND e1 h1 200",
        "HOLD h2 alice shop 1", "VOID v2 h2",
        "HOLD h3 alice shop 2", "CAPTURE c3 h3",
        "HOLD h4 alice bob 3",  "TRANSFER t1 alice bob 10 IF bob EQ 0",
        "REVERSE r1 t1",        "SWEEP s1 alice bob MAX 7",
    };
    static const char *const changes[] = {"LIMIT shop CEILING 500", "FREEZE bob", "CLOSE old", "MULTI",
                                          "DEPOSIT m1 alice 1",     "VOID m2 h4", "EXEC"};
    static const char *const looks[] = {
        "ACCOUNT alice", "ACCOUNT bob", "ACCOUNT shop", "ACCOUNT old",  "LOOKUP h1", "LOOKUP h2", "LOOKUP h3",
        "LOOKUP h4",     "LOOKUP t1",   "LOOKUP r1",    "LOOKUP c1",    "LOOKUP e1", "LOOKUP v2", "LOOKUP m2",
        "VOID x h3",     "VOID x h2",   "REVERSE x t1", "OPEN old USD", "TRIAL",
    };
    char *dir = fixture_dir_make();
    struct buffer answered = {0};
    struct buffer seen = {0};
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct server *server = fixture_dir_serve(dir, workers, DURABILITY_SYNC);
        struct client client = client_connect(server);
        struct buffer answers = {0};
        struct buffer views = {0};
        if (workers == 1)
            LINES_ASK(&client, openings, &views);
        LINES_ASK(&client, asked, &answers);
        if (workers == 1)
            LINES_ASK(&client, changes, &views);
        buffer_consume(&views, buffer_length(&views));
        LINES_ASK(&client, looks, &views);
        if (workers > 1) {
            expect_same(&answered, &answers);
            expect_same(&seen, &views);
        }
        buffer_free(&answered);
        buffer_free(&seen);
        answered = answers;
        seen = views;
        client_close(&client);
        server_stop(server);
    }
    cr_assert_null(memchr(answered.bytes, '-', buffer_length(&answered) - strlen("the-end\n")));
    buffer_free(&answered);
    buffer_free(&seen);
    fixture_dir_remove(dir);
}

Test(durable, a_hold_expires_though_the_server_was_stopped_meanwhile)
{
    char *dir = fixture_dir_make();
    struct server *server = fixture_dir_serve(dir, 3, DURABILITY_SYNC);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN alice USD UNLIMITED", ":1\r\n");
    client_ask(&client, "OPEN bob USD CEILING 10", ":2\r\n");
    client_ask(&client, "HOLD h1 alice bob 10 TTL 1", ":3\r\n");
    client_ask(&client, "HOLD h2 alice bob 1",
               "-CEILING bob has room for 0.00 USD below its ceiling, 1.00 would come in\r\n");
    client_close(&client);
    server_stop(server);
    usleep(1000000);
    server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    client = client_connect(server);
    client_ask(&client, "CAPTURE c1 h1", "-EXPIRED hold h1 has expired\r\n");
    client_ask(&client, "BALANCE bob", "$4\r\n0.00\r\n");
    client_ask(&client, "HOLD h2 alice bob 10", ":5\r\n");
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

/** Bytes of all rows that a query yields from the snapshot. */
static void snapshot_ask(const char *dir, const char *sql, struct buffer *out)
{
    char path[256];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW)
        buffer_printf(out, "%s\n", (const char *)sqlite3_column_text(statement, 0));
    buffer_append(out, "", 1);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

Test(durable, save_brings_the_snapshot_to_all_that_came_before_it)
{
    char *dir = fixture_dir_make();
    uint64_t random = fixture_seed();
    struct server *server = fixture_dir_serve(dir, 3, DURABILITY_SYNC);
    struct client client = client_connect(server);
    accounts_open(&client);
    for (unsigned round = 0; round < 3; round++) {
        struct buffer kept = {0};
        char expected[512] = "";
        money_move(&client, &random, round * TRANSFERS);
        client_ask(&client, "SAVE", "+OK\r\n");
        snapshot_ask(dir, "SELECT balance FROM balances WHERE id LIKE 'a%' ORDER BY id", &kept);
        client_say(&client, "BALANCES a0 a1 a2 a3 a4 a5 a6");
        char line[64];
        cr_assert(client_line(&client, line, sizeof line));
        for (unsigned i = 0; i < ACCOUNTS; i++) {
            cr_assert(client_line(&client, line, sizeof line) && client_line(&client, line, sizeof line));
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s\n", line);
        }
        cr_assert_str_eq(kept.bytes, expected, "seed %" PRIu64, random);
        buffer_free(&kept);
    }
    client_say(&client, "LASTSAVE");
    char line[64];
    cr_assert(client_line(&client, line, sizeof line));
    cr_assert_gt(strtol(line + 1, NULL, 10), 1700000000);
    client_close(&client);
    server_stop(server);
    fixture_dir_remove(dir);
}

Test(durable, save_without_a_disk_says_why_not)
{
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    client_ask(&client, "SAVE",
               "-ERR durability is none: nothing is kept, so there is nothing to save to\r\n");
    client_close(&client);
    server_stop(server);
}

Test(durable, a_directory_has_one_server)
{
    char *dir = fixture_dir_make();
    char error[SERVER_ERROR_MAX] = "";
    char expected[SERVER_ERROR_MAX];
    struct server *server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    struct config config = fixture_dir_config(dir, 2, DURABILITY_SYNC);
    cr_assert_null(server_start(&config, error));
    snprintf(expected, sizeof expected,
             "directory '%s' is in use by process %d: a ledger has one server; stop that one first", dir,
             (int)getpid());
    cr_assert_str_eq(error, expected);
    server_stop(server);
    server_stop(fixture_dir_serve(dir, 1, DURABILITY_SYNC));
    fixture_dir_remove(dir);
}

Test(durable, half_a_ledger_is_refused_and_a_whole_journal_makes_its_snapshot_again)
{
    char *dir = fixture_dir_make();
    char path[256];
    char error[SERVER_ERROR_MAX] = "";
    struct server *server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN a USD", ":1\r\n");
    client_close(&client);
    server_stop(server);
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    cr_assert_eq(unlink(path), 0);
    server = fixture_dir_serve(dir, 2, DURABILITY_SYNC);
    client = client_connect(server);
    client_ask(&client, "OPEN a USD", ":1\r\n");
    client_ask(&client, "OPEN b USD", ":2\r\n");
    client_close(&client);
    server_stop(server);

    snprintf(path, sizeof path, "%s/journal/00000001.log", dir);
    cr_assert_eq(unlink(path), 0);
    struct config config = fixture_dir_config(dir, 2, DURABILITY_SYNC);
    cr_assert_null(server_start(&config, error));
    cr_assert_not_null(strstr(error, "there is no segment in"), "%s", error);
    fixture_dir_remove(dir);
}
