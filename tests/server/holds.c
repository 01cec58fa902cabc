/* holds.c: what is held, changed, swept and reversed: each command over a real socket, its answers and its
 * errors, on any number of workers.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

/** What is said, and what is heard: '#' stands for any byte. */
struct dialogue {
    const char *line;
    const char *answer;
};

/** Holds a dialogue, after an opening that all have in common, on 1 to 3 workers. A rejection may say "at
 * most" as long as the news of a decision is on its way: dialogues look at the accounts before, and a look
 * waits. */
static void converse(const struct dialogue *dialogues, size_t count)
{
    static const struct dialogue opening[] = {
        {"OPEN alice USD", ":1\r\n"},
        {"OPEN bob USD OVERDRAFT 5.00", ":2\r\n"},
        {"OPEN shop USD CEILING 200", ":3\r\n"},
        {"DEPOSIT d1 alice 100", ":4\r\n"},
        {"OPEN gold EUR", ":5\r\n"},
        {"OPEN free USD UNLIMITED", ":6\r\n"},
    };
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct server *server = fixture_start(workers);
        struct client client = client_connect(server);
        for (size_t i = 0; i < sizeof opening / sizeof opening[0]; i++) {
            client_ask(&client, opening[i].line, opening[i].answer);
        }
        for (size_t i = 0; i < count; i++) {
            client_ask(&client, dialogues[i].line, dialogues[i].answer);
        }
        client_close(&client);
        server_stop(server);
    }
}

#define CONVERSE(dialogues) converse(dialogues, sizeof(dialogues) / sizeof(dialogues)[0])

Test(holds, keep_money_until_it_is_captured_or_voided)
{
    static const struct dialogue dialogues[] = {
        {"HOLD h1 alice shop 60.00 NOTE 'room 7'", ":7\r\n"},
        {"HOLD h1 alice shop 60 NOTE 'room 7'", ":7\r\n"},
        {"HOLD h1 alice shop 60 TTL 9 NOTE 'room 7'",
         "-IDREUSED id h1 was used before for something else; a new transfer needs a new id\r\n"},
        {"BALANCES alice shop", "*2\r\n$6\r\n100.00\r\n$4\r\n0.00\r\n"},
        {"TRANSFER t1 alice bob 40.01", "-INSUFFICIENT alice has 40.00 USD available, 40.01 needed\r\n"},
        {"HOLD h2 alice shop 40.01", "-INSUFFICIENT alice has 40.00 USD available, 40.01 needed\r\n"},
        {"TRANSFER t1 free shop 140.01",
         "-CEILING shop has room for 140.00 USD below its ceiling, 140.01 would come in\r\n"},
        {"CAPTURE c1 h1 70", "-AMOUNT hold h1 has 60.00 USD left, 70.00 asked\r\n"},
        {"CAPTURE c1 h1 0", "-AMOUNT the amount is zero; it must be more\r\n"},
        {"CAPTURE c1 h1 1.001", "-AMOUNT 1.001 has 3 fraction digits, USD has 2\r\n"},
        {"CAPTURE c1 h1 20 KEEP", ":8\r\n"},
        {"CAPTURE c1 h1 20.00 KEEP", ":8\r\n"},
        {"CAPTURE c1 h1 20",
         "-IDREUSED id c1 was used before for something else; a new transfer needs a new id\r\n"},
        {"BALANCES alice shop", "*2\r\n$5\r\n80.00\r\n$5\r\n20.00\r\n"},
        {"EXTEND e1 h1 1000", ":9\r\n"},
        {"EXTEND e1 h1 1000", ":9\r\n"},
        {"CAPTURE c2 h1", ":10\r\n"},
        {"CAPTURE c2 h1", ":10\r\n"},
        {"BALANCES alice shop", "*2\r\n$5\r\n40.00\r\n$5\r\n60.00\r\n"},
        {"CAPTURE c3 h1", "-CAPTURED hold h1 was captured before\r\n"},
        {"VOID v1 h1", "-CAPTURED hold h1 was captured before\r\n"},
        {"EXTEND e2 h1 5", "-CAPTURED hold h1 was captured before\r\n"},
        {"HOLD h2 alice shop 10", ":11\r\n"},
        {"VOID v1 h2", ":12\r\n"},
        {"VOID v1 h2", ":12\r\n"},
        {"VOID v2 h2", "-VOIDED hold h2 was voided\r\n"},
        {"CAPTURE c3 h2", "-VOIDED hold h2 was voided\r\n"},
        {"CAPTURE c3 h9", "-NOHOLD h9 is not a hold\r\n"},
        {"VOID v2 d1", "-NOHOLD d1 is not a hold\r\n"},
        {"EXTEND e2 v1 5", "-NOHOLD v1 is not a hold\r\n"},
        {"HOLD h3 alice shop 30", ":13\r\n"},
        {"CAPTURE c3 h3 10", ":14\r\n"}, /* what is not captured is released */
        {"VOID v2 h3", "-CAPTURED hold h3 was captured before\r\n"},
        {"BALANCES alice shop", "*2\r\n$5\r\n30.00\r\n$5\r\n70.00\r\n"},
        {"SWEEP s1 alice bob", ":15\r\n"},
        {"BALANCES alice bob", "*2\r\n$4\r\n0.00\r\n$5\r\n30.00\r\n"},
        {"HOLD * bob shop 1", ":16\r\n"},
    };
    CONVERSE(dialogues);
}

Test(holds, expire_by_themselves)
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct server *server = fixture_start(workers);
        struct client client = client_connect(server);
        client_ask(&client, "OPEN alice USD", ":1\r\n");
        client_ask(&client, "OPEN bob USD", ":2\r\n");
        client_ask(&client, "DEPOSIT d1 alice 100", ":3\r\n");
        client_ask(&client, "HOLD short alice bob 60 TTL 1", ":4\r\n");
        client_ask(&client, "HOLD long alice bob 10 TTL 1", ":5\r\n");
        client_ask(&client, "EXTEND e1 long 1000", ":6\r\n");
        client_ask(&client, "HOLD more alice bob 60",
                   "-INSUFFICIENT alice has 30.00 USD available, 60.00 needed\r\n");
        usleep(1100000); /* nobody speaks: the server wakes by itself */
        client_ask(&client, "CAPTURE c1 short", "-EXPIRED hold short has expired\r\n");
        client_ask(&client, "VOID v1 short", "-EXPIRED hold short has expired\r\n");
        client_ask(&client, "HOLD more alice bob 60", ":8\r\n"); /* the expiry was 7 */
        client_ask(&client, "CAPTURE c2 long", ":9\r\n");
        client_ask(&client, "BALANCES alice bob", "*2\r\n$5\r\n90.00\r\n$5\r\n10.00\r\n");
        client_close(&client);
        server_stop(server);
    }
}

/** How long, in milliseconds, until a server holds nothing any more: INFO wakes nobody but who answers it. */
static uint64_t milliseconds_until_nothing_is_held(struct client *client)
{
    struct timespec start;
    struct timespec now;
    uint64_t open = 1;
    char line[256];
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (open != 0) {
        usleep(20000);
        client_say(client, "INFO shards\r\nPING");
        while (client_line(client, line, sizeof line) && strcmp(line, "+PONG") != 0) {
            const char key[] = "open_holds:";
            if (strncmp(line, key, strlen(key)) == 0) {
                open = strtoull(line + strlen(key), NULL, 10);
            }
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(now.tv_sec - start.tv_sec) * 1000 + (uint64_t)(now.tv_nsec / 1000000) -
           (uint64_t)(start.tv_nsec / 1000000);
}

/* A sleeping worker wakes for it. The tick of every second would do so too, but from the second round on,
 * which begins right behind one, only a second late. */
Test(holds, expire_when_it_is_time)
{
    struct server *server = fixture_start(3);
    struct client client = client_connect(server);
    client_ask(&client, "OPEN alice USD", ":1\r\n");
    client_ask(&client, "OPEN bob USD UNLIMITED", ":2\r\n");
    uint64_t soonest = UINT64_MAX;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10; i++) {
            client_say(&client, "HOLD h%d-%d bob alice 1 TTL 1", round, i);
            client_expect(&client, ":#", "HOLD");
            char line[16];
            cr_assert(client_line(&client, line, sizeof line));
        }
        uint64_t taken = milliseconds_until_nothing_is_held(&client);
        cr_expect_geq(taken, 800, "%" PRIu64 " ms", taken);
        soonest = round > 0 && taken < soonest ? taken : soonest;
    }
    cr_expect_lt(soonest, 1500, "%" PRIu64 " ms", soonest);
    client_close(&client);
    server_stop(server);
}

Test(accounts, change_their_limits_and_their_state)
{
    static const struct dialogue dialogues[] = {
        {"LIMIT alice OVERDRAFT 20 CEILING 150", "+OK\r\n"},
        {"LIMIT alice CEILING 150.00", "+OK\r\n"}, /* nothing new: no number */
        {"OPEN alice USD OVERDRAFT 20 CEILING 150", ":1\r\n"},
        {"OPEN alice USD", "-EXISTS alice is open with other options: asset USD, overdraft 20.00, ceiling "
                           "150.00\r\n"},
        {"TRANSFER t1 alice free 120.01", "-INSUFFICIENT alice has 120.00 USD available, 120.01 needed\r\n"},
        {"TRANSFER t1 free alice 50.01",
         "-CEILING alice has room for 50.00 USD below its ceiling, 50.01 would come in\r\n"},
        {"TRANSFER t1 alice free 110", ":8\r\n"},
        {"LIMIT alice OVERDRAFT 0 NOCEILING", "+OK\r\n"}, /* beyond it: stays so */
        {"BALANCE alice", "$6\r\n-10.00\r\n"},
        {"TRANSFER t2 alice free 1", "-INSUFFICIENT alice has -10.00 USD available, 1.00 needed\r\n"},
        {"LIMIT alice UNLIMITED", "+OK\r\n"},
        {"TRANSFER t2 alice free 10", ":11\r\n"},
        {"LIMIT alice OVERDRAFT 1.001", "-AMOUNT overdraft 1.001 has 3 fraction digits, USD has 2\r\n"},
        {"LIMIT nobody UNLIMITED", "-NOACCOUNT nobody does not exist\r\n"},
        {"FREEZE nobody", "-NOACCOUNT nobody does not exist\r\n"},
        {"HOLD h1 free bob 5", ":12\r\n"},
        {"FREEZE bob", "+OK\r\n"},
        {"FREEZE bob", "+OK\r\n"},
        {"TRANSFER t3 free bob 1", "-FROZEN bob is frozen\r\n"},
        {"TRANSFER t3 bob free 1", "-FROZEN bob is frozen\r\n"},
        {"HOLD h2 bob free 1", "-FROZEN bob is frozen\r\n"},
        {"CAPTURE c1 h1", "-FROZEN bob is frozen\r\n"},
        {"EXTEND e1 h1 60", ":14\r\n"},
        {"BALANCE bob", "$4\r\n0.00\r\n"},
        {"CLOSE bob", "-NOTEMPTY bob has 0.00 USD held out and 5.00 USD held in; capture or void first\r\n"},
        {"VOID v1 h1", ":15\r\n"},
        {"THAW bob", "+OK\r\n"},
        {"TRANSFER t3 free bob 1", ":17\r\n"},
        {"BALANCE bob", "$4\r\n1.00\r\n"},
        {"CLOSE bob", "-NOTEMPTY bob has a balance of 1.00 USD; only an empty account can be closed\r\n"},
        {"WITHDRAW w1 bob 1", ":18\r\n"},
        {"CLOSE bob", "+OK\r\n"},
        {"CLOSE bob", "+OK\r\n"},
        {"CLOSE nobody", "-NOACCOUNT nobody does not exist\r\n"},
        {"THAW bob", "-CLOSED bob is closed\r\n"},
        {"LIMIT bob UNLIMITED", "-CLOSED bob is closed\r\n"},
        {"TRANSFER t4 free bob 1", "-CLOSED bob is closed\r\n"},
        {"OPEN bob USD", "-CLOSED bob is closed, and its id is never used again\r\n"},
        {"BALANCE bob", "$4\r\n0.00\r\n"},
        {"DBSIZE", ":5\r\n"},
        {"OPEN carol USD", ":20\r\n"},
    };
    CONVERSE(dialogues);
}

Test(transfers, happen_only_under_their_conditions)
{
    static const struct dialogue dialogues[] = {
        {"TRANSFER t1 alice bob 1 IF alice GE 100.01",
         "-CONDITION alice has 100.00 USD, needed is at least 100.01\r\n"},
        {"TRANSFER t1 alice bob 1 IF alice LE 99",
         "-CONDITION alice has 100.00 USD, needed is at most 99.00\r\n"},
        {"TRANSFER t1 alice bob 1 IF alice GE 1 IF bob EQ -0.01",
         "-CONDITION bob has 0.00 USD, needed is exactly -0.01\r\n"},
        {"TRANSFER t1 alice bob 1 IF nobody GE 1", "-NOACCOUNT nobody does not exist\r\n"},
        {"TRANSFER t1 alice bob 1 IF bob GE 0.001", "-AMOUNT 0.001 has 3 fraction digits, USD has 2\r\n"},
        {"TRANSFER t1 alice bob 1 IF @world/USD LE -100 NOTE paid IF gold EQ 0", ":7\r\n"},
        {"TRANSFER t1 alice bob 1.0 NOTE paid IF @world/USD LE -100.0 IF gold EQ -0", ":7\r\n"},
        {"TRANSFER t1 alice bob 1 NOTE paid",
         "-IDREUSED id t1 was used before for something else; a new transfer needs a new id\r\n"},
        {"TRANSFER t2 bob free 1 free alice 1 IF bob EQ 1", ":8\r\n"}, /* as it stands before the first leg */
        {"BALANCES alice bob", "*2\r\n$6\r\n100.00\r\n$4\r\n0.00\r\n"},
        /* Accounts may be called as options are. */
        {"OPEN IF USD", ":10\r\n"},
        {"OPEN NOTE USD", ":11\r\n"},
        {"TRANSFER t3 alice IF 5 IF NOTE 2 NOTE free 1 IF IF EQ 0 NOTE IF", ":12\r\n"},
        {"BALANCES IF NOTE", "*2\r\n$4\r\n3.00\r\n$4\r\n1.00\r\n"},
    };
    CONVERSE(dialogues);
}

Test(transfers, sweep_and_reverse)
{
    static const struct dialogue dialogues[] = {
        {"SWEEP s1 alice shop MAX 30", ":7\r\n"},
        {"SWEEP s1 alice shop MAX 30.0", ":7\r\n"},
        {"SWEEP s1 alice shop",
         "-IDREUSED id s1 was used before for something else; a new transfer needs a new id\r\n"},
        {"SWEEP s2 alice shop MAX 0", "-AMOUNT the amount is zero; it must be more\r\n"},
        {"SWEEP s2 bob alice", ":8\r\n"}, /* its overdraft */
        {"BALANCES alice bob shop", "*3\r\n$5\r\n75.00\r\n$5\r\n-5.00\r\n$5\r\n30.00\r\n"},
        {"SWEEP s3 bob alice", "-INSUFFICIENT bob has 0.00 USD available, nothing to sweep\r\n"},
        {"SWEEP s3 free alice",
         "-INSUFFICIENT free is unlimited; a sweep needs an account that can be emptied\r\n"},
        {"SWEEP s3 @world/USD alice",
         "-INSUFFICIENT @world/USD is unlimited; a sweep needs an account that can be emptied\r\n"},
        {"SWEEP s3 gold alice", "-ASSET gold holds EUR, alice holds USD\r\n"},
        {"TRANSFER t1 alice shop 5 free alice 1", ":9\r\n"},
        {"REVERSE r1 t1", ":11\r\n"},
        {"REVERSE r1 t1", ":11\r\n"},
        {"REVERSE r1 s1",
         "-IDREUSED id r1 was used before for something else; a new transfer needs a new id\r\n"},
        {"BALANCES alice shop free", "*3\r\n$5\r\n75.00\r\n$5\r\n30.00\r\n$4\r\n0.00\r\n"},
        {"REVERSE r2 t1", "-REVERSED t1 was reversed before\r\n"},
        {"REVERSE r2 nothing", "-NOTRANSFER nothing is not a transfer that is remembered\r\n"},
        {"HOLD h1 alice shop 1", ":13\r\n"},
        {"REVERSE r2 h1", "-NOTRANSFER h1 is not a transfer that is remembered\r\n"},
        {"REVERSE r2 r1", ":14\r\n"}, /* a reversal can be reversed as well */
        {"BALANCES alice shop free", "*3\r\n$5\r\n71.00\r\n$5\r\n35.00\r\n$5\r\n-1.00\r\n"},
        {"REVERSE r3 d1", "-INSUFFICIENT alice has 70.00 USD available, 100.00 needed\r\n"},
        {"DEPOSIT d2 bob 5", ":16\r\n"},
        {"REVERSE r3 d2", ":17\r\n"},
        {"BALANCE @world/USD", "$7\r\n-100.00\r\n"},
    };
    CONVERSE(dialogues);
}

/* Captures of different holds are in flight together; what follows them waits for their effects. */
Test(holds, are_captured_many_at_once_and_in_order)
{
    enum { HOLDS = 500 };
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct server *server = fixture_start(workers);
        struct client client = client_connect(server);
        struct buffer requests = {0};
        buffer_printf(&requests, "OPEN alice USD\r\nOPEN bob USD\r\nDEPOSIT d alice 1000\r\n");
        for (int i = 0; i < HOLDS; i++) {
            buffer_printf(&requests, "HOLD h%d alice bob 2\r\n", i);
        }
        for (int i = 0; i < HOLDS; i++) {
            buffer_printf(&requests, i % 2 == 0 ? "CAPTURE c%d h%d\r\n" : "VOID c%d h%d\r\n", i, i);
        }
        buffer_printf(&requests, "BALANCES alice bob\r\nCAPTURE late h0\r\n");
        cr_assert(client_send(&client, requests.bytes, buffer_length(&requests)));
        char line[128];
        for (int i = 0; i < 3 + 2 * HOLDS; i++) {
            cr_assert(client_line(&client, line, sizeof line) && line[0] == ':', "%d: %s", i, line);
        }
        client_expect(&client, "*2\r\n$6\r\n500.00\r\n$6\r\n500.00\r\n", "what was captured");
        client_expect(&client, "-CAPTURED hold h0 was captured before\r\n", "a capture that comes late");
        buffer_free(&requests);
        client_close(&client);
        server_stop(server);
    }
}
