/* commands.c: each command's exact reply, in both versions of the protocol, on any number of workers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

/** What is said and what is heard. '#' stands for any byte, in times. */
struct dialogue {
    const char *line;
    const char *resp2;
    const char *resp3; /* NULL: the same */
};

#define TIME "$30\r\n####-##-##T##:##:##.#########Z\r\n"

static const struct dialogue dialogues[] = {
    {"PING", "+PONG\r\n", NULL},
    {"PING hello", "$5\r\nhello\r\n", NULL},
    {"ECHO hello", "$5\r\nhello\r\n", NULL},
    {"SELECT 0", "+OK\r\n", NULL},
    {"ASSET GEM 3", "+OK\r\n", NULL},
    {"ASSET GEM 3", "+OK\r\n", NULL},
    {"OPEN alice USD", ":2\r\n", NULL},
    {"OPEN bob USD OVERDRAFT 5.00 CEILING 100", ":3\r\n", NULL},
    {"open carol USD unlimited", ":4\r\n", NULL},
    {"OPEN gems GEM", ":5\r\n", NULL},
    {"OPEN alice USD", ":2\r\n", NULL},
    {"DEPOSIT d1 alice 50 NOTE 'first money'", ":6\r\n", NULL},
    {"TRANSFER t1 alice bob 12.34", ":7\r\n", NULL},
    {"TRANSFER t1 alice bob 12.340", ":7\r\n", NULL},
    {"TRANSFER t1 alice bob 12.34", ":7\r\n", NULL},
    {"TRANSFER t1 alice bob 12.35",
     "-IDREUSED id t1 was used before for something else; a new transfer needs a new id\r\n", NULL},
    {"TRANSFER t2 alice bob 1 bob alice 2 NOTE both", ":8\r\n", NULL},
    {"WITHDRAW w1 bob 1.34", ":10\r\n", NULL},
    /* An answer may overtake the news of it to other shards, and then a rejection says "at most". A read
     * waits for that news. */
    {"BALANCES alice bob carol", "*3\r\n$5\r\n38.66\r\n$5\r\n10.00\r\n$4\r\n0.00\r\n", NULL},
    {"TRANSFER t3 alice bob 100", "-INSUFFICIENT alice has 38.66 USD available, 100.00 needed\r\n", NULL},
    {"TRANSFER t3 carol bob 100",
     "-CEILING bob has room for 90.00 USD below its ceiling, 100.00 would come in\r\n", NULL},
    {"TRANSFER t3 alice nobody 1", "-NOACCOUNT nobody does not exist\r\n", NULL},
    {"TRANSFER t3 alice gems 1", "-ASSET alice holds USD, gems holds GEM\r\n", NULL},
    {"BALANCE alice", "$5\r\n38.66\r\n", NULL},
    {"BALANCE nobody", "-NOACCOUNT nobody does not exist\r\n", NULL},
    {"BALANCE @world/USD", "$6\r\n-48.66\r\n", NULL},
    {"BALANCES alice nobody bob @world/GEM", "*4\r\n$5\r\n38.66\r\n$-1\r\n$5\r\n10.00\r\n$5\r\n0.000\r\n",
     "*4\r\n$5\r\n38.66\r\n_\r\n$5\r\n10.00\r\n$5\r\n0.000\r\n"},
    {"ACCOUNT bob",
     "*26\r\n$7\r\naccount\r\n$3\r\nbob\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$7\r\nbalance\r\n$5\r\n10.00\r\n"
     "$9\r\navailable\r\n$5\r\n15.00\r\n$6\r\ndebits\r\n$4\r\n3.34\r\n$7\r\ncredits\r\n$5\r\n13.34\r\n"
     "$8\r\nheld_out\r\n$4\r\n0.00\r\n$7\r\nheld_in\r\n$4\r\n0.00\r\n$9\r\noverdraft\r\n$4\r\n5.00\r\n"
     "$7\r\nceiling\r\n$6\r\n100.00\r\n$5\r\nstate\r\n$4\r\nopen\r\n$9\r\nopened_at\r\n" TIME
     "$8\r\nlast_seq\r\n:10\r\n",
     "%13\r\n$7\r\naccount\r\n$3\r\nbob\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$7\r\nbalance\r\n$5\r\n10.00\r\n"
     "$9\r\navailable\r\n$5\r\n15.00\r\n$6\r\ndebits\r\n$4\r\n3.34\r\n$7\r\ncredits\r\n$5\r\n13.34\r\n"
     "$8\r\nheld_out\r\n$4\r\n0.00\r\n$7\r\nheld_in\r\n$4\r\n0.00\r\n$9\r\noverdraft\r\n$4\r\n5.00\r\n"
     "$7\r\nceiling\r\n$6\r\n100.00\r\n$5\r\nstate\r\n$4\r\nopen\r\n$9\r\nopened_at\r\n" TIME
     "$8\r\nlast_seq\r\n:10\r\n"},
    {"ACCOUNT carol",
     "*26\r\n$7\r\naccount\r\n$5\r\ncarol\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$7\r\nbalance\r\n$4\r\n0.00\r\n"
     "$9\r\navailable\r\n$9\r\nUNLIMITED\r\n$6\r\ndebits\r\n$4\r\n0.00\r\n$7\r\ncredits\r\n$4\r\n0.00\r\n"
     "$8\r\nheld_out\r\n$4\r\n0.00\r\n$7\r\nheld_in\r\n$4\r\n0.00\r\n$9\r\noverdraft\r\n$9\r\nUNLIMITED\r\n"
     "$7\r\nceiling\r\n$-1\r\n$5\r\nstate\r\n$4\r\nopen\r\n$9\r\nopened_at\r\n" TIME
     "$8\r\nlast_seq\r\n:#\r\n",
     "%13\r\n$7\r\naccount\r\n$5\r\ncarol\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$7\r\nbalance\r\n$4\r\n0.00\r\n"
     "$9\r\navailable\r\n$9\r\nUNLIMITED\r\n$6\r\ndebits\r\n$4\r\n0.00\r\n$7\r\ncredits\r\n$4\r\n0.00\r\n"
     "$8\r\nheld_out\r\n$4\r\n0.00\r\n$7\r\nheld_in\r\n$4\r\n0.00\r\n$9\r\noverdraft\r\n$9\r\nUNLIMITED\r\n"
     "$7\r\nceiling\r\n_\r\n$5\r\nstate\r\n$4\r\nopen\r\n$9\r\nopened_at\r\n" TIME
     "$8\r\nlast_seq\r\n:#\r\n"},
    {"ACCOUNT nobody", "-NOACCOUNT nobody does not exist\r\n", NULL},
    {"LOOKUP t2",
     "*14\r\n$2\r\nid\r\n$2\r\nt2\r\n$3\r\nseq\r\n:8\r\n$4\r\nkind\r\n$8\r\ntransfer\r\n$4\r\nlegs\r\n*2\r\n"
     "*8\r\n$4\r\nfrom\r\n$5\r\nalice\r\n$2\r\nto\r\n$3\r\nbob\r\n$6\r\namount\r\n$4\r\n1.00\r\n"
     "$5\r\nasset\r\n$3\r\nUSD\r\n*8\r\n$4\r\nfrom\r\n$3\r\nbob\r\n$2\r\nto\r\n$5\r\nalice\r\n"
     "$6\r\namount\r\n$4\r\n2.00\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$5\r\nstate\r\n$6\r\nposted\r\n"
     "$4\r\nnote\r\n$4\r\nboth\r\n$4\r\ntime\r\n" TIME,
     "%7\r\n$2\r\nid\r\n$2\r\nt2\r\n$3\r\nseq\r\n:8\r\n$4\r\nkind\r\n$8\r\ntransfer\r\n$4\r\nlegs\r\n*2\r\n"
     "%4\r\n$4\r\nfrom\r\n$5\r\nalice\r\n$2\r\nto\r\n$3\r\nbob\r\n$6\r\namount\r\n$4\r\n1.00\r\n"
     "$5\r\nasset\r\n$3\r\nUSD\r\n%4\r\n$4\r\nfrom\r\n$3\r\nbob\r\n$2\r\nto\r\n$5\r\nalice\r\n"
     "$6\r\namount\r\n$4\r\n2.00\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$5\r\nstate\r\n$6\r\nposted\r\n"
     "$4\r\nnote\r\n$4\r\nboth\r\n$4\r\ntime\r\n" TIME},
    {"LOOKUP w1",
     "*14\r\n$2\r\nid\r\n$2\r\nw1\r\n$3\r\nseq\r\n:10\r\n$4\r\nkind\r\n$8\r\nwithdraw\r\n$4\r\nlegs\r\n*1\r\n"
     "*8\r\n$4\r\nfrom\r\n$3\r\nbob\r\n$2\r\nto\r\n$10\r\n@world/USD\r\n$6\r\namount\r\n$4\r\n1.34\r\n"
     "$5\r\nasset\r\n$3\r\nUSD\r\n$5\r\nstate\r\n$6\r\nposted\r\n$4\r\nnote\r\n$-1\r\n$4\r\ntime\r\n" TIME,
     "%7\r\n$2\r\nid\r\n$2\r\nw1\r\n$3\r\nseq\r\n:10\r\n$4\r\nkind\r\n$8\r\nwithdraw\r\n$4\r\nlegs\r\n*1\r\n"
     "%4\r\n$4\r\nfrom\r\n$3\r\nbob\r\n$2\r\nto\r\n$10\r\n@world/USD\r\n$6\r\namount\r\n$4\r\n1.34\r\n"
     "$5\r\nasset\r\n$3\r\nUSD\r\n$5\r\nstate\r\n$6\r\nposted\r\n$4\r\nnote\r\n_\r\n$4\r\ntime\r\n" TIME},
    {"LOOKUP t3", "$-1\r\n", "_\r\n"},
    {"ACCOUNTS", "*2\r\n$1\r\n0\r\n*4\r\n$5\r\nalice\r\n$3\r\nbob\r\n$5\r\ncarol\r\n$4\r\ngems\r\n", NULL},
    {"ACCOUNTS COUNT 2", "*2\r\n$1\r\n3\r\n*2\r\n$5\r\nalice\r\n$3\r\nbob\r\n", NULL},
    {"ACCOUNTS 3 COUNT 2", "*2\r\n$1\r\n0\r\n*2\r\n$5\r\ncarol\r\n$4\r\ngems\r\n", NULL},
    {"ACCOUNTS 0 MATCH *o* COUNT 3", "*2\r\n$1\r\n4\r\n*2\r\n$3\r\nbob\r\n$5\r\ncarol\r\n", NULL},
    {"ASSETS", "*4\r\n$3\r\nUSD\r\n:2\r\n$3\r\nGEM\r\n:3\r\n",
     "%2\r\n$3\r\nUSD\r\n:2\r\n$3\r\nGEM\r\n:3\r\n"},
    {"TRIAL",
     "*4\r\n$3\r\nseq\r\n:10\r\n$6\r\nassets\r\n*2\r\n"
     "*8\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$6\r\ndebits\r\n$5\r\n66.68\r\n$7\r\ncredits\r\n$5\r\n66.68\r\n"
     "$8\r\naccounts\r\n:3\r\n*8\r\n$5\r\nasset\r\n$3\r\nGEM\r\n$6\r\ndebits\r\n$5\r\n0.000\r\n"
     "$7\r\ncredits\r\n$5\r\n0.000\r\n$8\r\naccounts\r\n:1\r\n",
     "%2\r\n$3\r\nseq\r\n:10\r\n$6\r\nassets\r\n*2\r\n"
     "%4\r\n$5\r\nasset\r\n$3\r\nUSD\r\n$6\r\ndebits\r\n$5\r\n66.68\r\n$7\r\ncredits\r\n$5\r\n66.68\r\n"
     "$8\r\naccounts\r\n:3\r\n%4\r\n$5\r\nasset\r\n$3\r\nGEM\r\n$6\r\ndebits\r\n$5\r\n0.000\r\n"
     "$7\r\ncredits\r\n$5\r\n0.000\r\n$8\r\naccounts\r\n:1\r\n"},
    {"DBSIZE", ":4\r\n", NULL},
    {"CLIENT GETNAME", "$-1\r\n", "_\r\n"},
    {"CLIENT SETNAME till-7", "+OK\r\n", NULL},
    {"CLIENT GETNAME", "$6\r\ntill-7\r\n", NULL},
    {"CLIENT SETINFO LIB-NAME mine", "+OK\r\n", NULL},
    {"CONFIG GET time*", "*2\r\n$7\r\ntimeout\r\n$2\r\n60\r\n", "%1\r\n$7\r\ntimeout\r\n$2\r\n60\r\n"},
    {"CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n", "%1\r\n$4\r\nsave\r\n$0\r\n\r\n"},
    {"CONFIG GET appendonly", "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
     "%1\r\n$10\r\nappendonly\r\n$2\r\nno\r\n"},
    {"CONFIG GET maxmemory", "*0\r\n", "%0\r\n"},
    {"AUTH default any", "+OK\r\n", NULL},
    {"AUTH eve secret", "-WRONGPASS there is no user 'eve'; the only one is default\r\n", NULL},
    {"AUTH secret",
     "-ERR AUTH with a password, but there is none: whoever can connect is let in; leave it out\r\n", NULL},
    {"TRANSFER * alice bob 1", ":11\r\n", NULL},
    {"TRANSFER * alice bob 1", ":12\r\n", NULL},
    {"RESET", "+RESET\r\n", NULL},
    {"CLIENT GETNAME", "$-1\r\n", NULL},
};

static void run_dialogues(unsigned workers, bool resp3)
{
    struct server *server = fixture_start(workers);
    struct client client = client_connect(server);
    if (resp3) {
        client_ask(&client, "HELLO 3",
                   "%7\r\n$6\r\nserver\r\n$6\r\nbursar\r\n$7\r\nversion\r\n$5\r\n" BURSAR_VERSION
                   "\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
                   "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    }
    for (size_t i = 0; i < sizeof dialogues / sizeof dialogues[0]; i++) {
        const struct dialogue *dialogue = &dialogues[i];
        const char *expected = resp3 && dialogue->resp3 ? dialogue->resp3 : dialogue->resp2;
        client_ask(&client, dialogue->line, expected);
    }
    client_close(&client);
    server_stop(server);
}

Test(commands, answer_exactly_this_in_resp2)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        run_dialogues(workers, false);
    }
}

Test(commands, answer_exactly_this_in_resp3)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        run_dialogues(workers, true);
    }
}

Test(commands, answer_in_the_version_that_was_spoken_when_they_were_asked)
{
    struct server *server = fixture_start(3);
    struct client client = client_connect(server);
    client_say(&client, "LOOKUP a\r\nLOOKUP b\r\nHELLO 3\r\nLOOKUP c\r\nHELLO 2\r\nLOOKUP d");
    client_expect(&client, "$-1\r\n$-1\r\n%7\r\n", "version 2, then HELLO 3");
    client_expect(&client, "$6\r\nserver\r\n$6\r\nbursar\r\n$7\r\nversion\r\n$5\r\n" BURSAR_VERSION "\r\n",
                  "3");
    client_expect(&client, "$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n", "3");
    client_expect(&client, "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n_\r\n*14\r\n", "HELLO 2");
    client_close(&client);
    server_stop(server);
}

/** The value of a "key:value" line of INFO. */
static uint64_t info_value(struct client *client, const char *key)
{
    char line[256];
    char wanted[64];
    uint64_t value = UINT64_MAX;
    snprintf(wanted, sizeof wanted, "%s:%%lu", key);
    client_say(client, "INFO\r\nPING");
    while (client_line(client, line, sizeof line) && strcmp(line, "+PONG") != 0) {
        sscanf(line, wanted, &value);
    }
    return value;
}

Test(commands, info_counts_what_happened)
{
    struct server *server = fixture_start(3);
    struct client client = client_connect(server);
    struct client other = client_connect(server);
    client_ask(&other, "PING", "+PONG\r\n");
    client_ask(&client, "OPEN a USD", ":1\r\n");
    client_ask(&client, "OPEN b USD", ":2\r\n");
    client_ask(&client, "DEPOSIT d a 5", ":3\r\n");
    client_ask(&client, "BALANCE a", "$4\r\n5.00\r\n");
    client_ask(&client, "TRANSFER t a b 6", "-INSUFFICIENT a has 5.00 USD available, 6.00 needed\r\n");
    client_ask(&client, "DBSIZE", ":2\r\n"); /* has visited every worker: their counts are published */
    client_ask(&client, "DBSIZE", ":2\r\n");
    cr_assert_eq(info_value(&client, "connected_clients"), 2);
    cr_assert_eq(info_value(&client, "accounts"), 2);
    cr_assert_eq(info_value(&client, "remembered_ids"), 1);
    cr_assert_eq(info_value(&client, "committed_records"), 3);
    cr_assert_eq(info_value(&client, "rejected_commands"), 1);
    cr_assert_eq(info_value(&client, "loading"), 0);
    cr_assert_gt(info_value(&client, "used_memory_rss"), 0);
    cr_assert_gt(info_value(&client, "requests_measured"), 5);
    client_close(&other);
    client_close(&client);
    server_stop(server);
}

Test(commands, info_shows_only_the_sections_asked_for)
{
    struct server *server = fixture_start(1);
    struct client client = client_connect(server);
    client_ask(&client, "INFO Cluster nonsense Replication",
               "$80\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n"
               "# Cluster\r\ncluster_enabled:0\r\n\r\n");
    client_close(&client);
    server_stop(server);
}
