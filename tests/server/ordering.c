/* ordering.c: a connection sees its own effects, in its own order, however deep it pipelines. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

enum { ACCOUNTS = 6, ROUNDS = 3000, START_CENTS = 100000 };

/** What the answers must be, worked out as the requests are written. */
struct script {
    struct buffer requests;
    struct buffer replies; /* '#' stands for a sequence number */
    int64_t cents[ACCOUNTS];
    uint64_t random;
    unsigned ids;
};

static void reply_cents(struct script *script, int64_t cents)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
    buffer_printf(&script->replies, "$%d\r\n%s\r\n", length, text);
}

static void script_transfer(struct script *script)
{
    unsigned from = (unsigned)(fixture_random(&script->random) % ACCOUNTS);
    unsigned to = (from + 1 + (unsigned)(fixture_random(&script->random) % (ACCOUNTS - 1))) % ACCOUNTS;
    int64_t cents = 1 + (int64_t)(fixture_random(&script->random) % 500);
    if (script->cents[from] < cents) {
        return;
    }
    script->cents[from] -= cents;
    script->cents[to] += cents;
    buffer_printf(&script->requests, "TRANSFER t%u acct%u acct%u %" PRId64 ".%02" PRId64 "\r\n",
                  script->ids++, from, to, cents / 100, cents % 100);
    buffer_printf(&script->replies, ":#\r\n");
}

static void script_balance(struct script *script)
{
    unsigned account = (unsigned)(fixture_random(&script->random) % ACCOUNTS);
    buffer_printf(&script->requests, "BALANCE acct%u\r\n", account);
    reply_cents(script, script->cents[account]);
}

static void script_balances(struct script *script)
{
    buffer_printf(&script->requests, "BALANCES acct0 acct3 acct5\r\n");
    buffer_printf(&script->replies, "*3\r\n");
    reply_cents(script, script->cents[0]);
    reply_cents(script, script->cents[3]);
    reply_cents(script, script->cents[5]);
}

static void script_round(struct script *script, unsigned round)
{
    switch (fixture_random(&script->random) % 16) {
    case 0:
        buffer_printf(&script->requests, "ECHO %06u\r\n", round);
        buffer_printf(&script->replies, "$6\r\n%06u\r\n", round);
        break;
    case 1: script_balances(script); break;
    case 2:
        buffer_printf(&script->requests, "DBSIZE\r\n");
        buffer_printf(&script->replies, ":%d\r\n", ACCOUNTS);
        break;
    case 3:
        buffer_printf(&script->requests, "TRANSFER x%u acct1 acct1 1\r\n", round);
        buffer_printf(&script->replies, "-SAMEACCOUNT from and to are both acct1\r\n");
        break;
    case 4:
        buffer_printf(&script->requests, "BALANCE @world/USD\r\n");
        buffer_printf(&script->replies, "$8\r\n-6000.00\r\n");
        break;
    case 5:
    case 6:
    case 7: script_balance(script); break;
    default: script_transfer(script); break;
    }
}

/** Compares the answers as they come; '#' in `expected` stands for any digits. */
static void expect_replies(struct client *client, const struct buffer *expected)
{
    const char *want = expected->bytes;
    const char *end = want + buffer_length(expected);
    char line[512];
    for (unsigned number = 0; want < end; number++) {
        const char *stop = strstr(want, "\r\n");
        size_t length = (size_t)(stop - want);
        cr_assert(client_line(client, line, sizeof line), "the connection ended at line %u", number);
        bool any_number = length == 2 && want[1] == '#' && line[0] == ':';
        cr_assert(any_number || (strlen(line) == length && memcmp(line, want, length) == 0),
                  "line %u: answered %s, expected %.*s", number, line, (int)length, want);
        want = stop + 2;
    }
}

static void run_script(unsigned workers, uint64_t seed)
{
    struct server *server = fixture_start(workers);
    struct client client = client_connect(server);
    struct script script = {.random = seed};
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        script.cents[i] = START_CENTS;
        buffer_printf(&script.requests, "OPEN acct%u USD\r\nDEPOSIT d%u acct%u 1000\r\n", i, i, i);
        buffer_printf(&script.replies, ":#\r\n:#\r\n");
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        script_round(&script, round);
    }
    buffer_append(&script.replies, "", 1);
    script.replies.end--;
    client_send(&client, script.requests.bytes, buffer_length(&script.requests));
    expect_replies(&client, &script.replies);
    buffer_free(&script.requests);
    buffer_free(&script.replies);
    client_close(&client);
    server_stop(server);
}

Test(ordering, a_pipeline_sees_its_own_effects_in_order_on_any_number_of_workers)
{
    uint64_t seed = fixture_seed();
    for (unsigned workers = 1; workers <= 4; workers++) {
        fprintf(stderr, "ordering: BURSAR_SEED=%" PRIu64 ", %u workers\n", seed, workers);
        run_script(workers, seed);
    }
}

Test(ordering, a_pipeline_longer_than_what_may_be_in_flight_is_answered_whole)
{
    enum { TIMES = 20000 };
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    struct buffer requests = {0};
    for (unsigned i = 0; i < TIMES; i++) {
        buffer_printf(&requests, "OPEN account:%u USD\r\n", i);
    }
    client_send(&client, requests.bytes, buffer_length(&requests));
    for (unsigned i = 0; i < TIMES; i++) {
        char line[64];
        cr_assert(client_line(&client, line, sizeof line));
        cr_assert_eq(line[0], ':', "%s", line);
    }
    client_ask(&client, "DBSIZE", ":20000\r\n");
    buffer_free(&requests);
    client_close(&client);
    server_stop(server);
}
