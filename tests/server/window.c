/* window.c: how long ids are remembered. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static struct server *start(unsigned workers, int64_t id_window, int64_t id_memory)
{
    struct config config = fixture_config(workers);
    char error[SERVER_ERROR_MAX];
    config.id_window = id_window;
    config.id_memory = id_memory;
    struct server *server = server_start(&config, error);
    cr_assert_not_null(server, "%s", error);
    return server;
}

/** A number that INFO tells. */
static uint64_t info_value(struct client *client, const char *key)
{
    char line[256];
    char wanted[64];
    uint64_t value = UINT64_MAX;
    snprintf(wanted, sizeof wanted, "%s:%%" SCNu64, key);
    client_say(client, "INFO shards\r\nPING");
    while (client_line(client, line, sizeof line) && strcmp(line, "+PONG") != 0) {
        sscanf(line, wanted, &value);
    }
    return value;
}

Test(window, forgets_ids_when_it_is_over_but_none_of_an_open_hold)
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct server *server = start(workers, 1, 0);
        struct client client = client_connect(server);
        client_ask(&client, "OPEN alice USD", ":1\r\n");
        client_ask(&client, "OPEN bob USD", ":2\r\n");
        client_ask(&client, "DEPOSIT d1 alice 10", ":3\r\n");
        client_ask(&client, "HOLD h1 alice bob 1", ":4\r\n");
        client_ask(&client, "HOLD h2 alice bob 1", ":5\r\n");
        client_ask(&client, "VOID v2 h2", ":6\r\n");
        client_ask(&client, "DEPOSIT d1 alice 10", ":3\r\n");
        cr_expect_eq(info_value(&client, "open_holds"), 1);
        usleep(2300000); /* the window, and the second in which a shard is told the time, and some more */
        client_ask(&client, "LOOKUP d1", "$-1\r\n");
        client_ask(&client, "LOOKUP h2", "$-1\r\n");
        client_ask(&client, "DEPOSIT d1 alice 10", ":7\r\n");
        client_ask(&client, "HOLD h1 alice bob 1", ":4\r\n");
        client_ask(&client, "CAPTURE c1 h1", ":8\r\n");
        client_close(&client);
        server_stop(server);
    }
}

/* Each worker has at least 6 MiB, for some 100,000 ids of deposits. */
Test(window, is_cut_short_where_memory_does_not_last)
{
    enum { DEPOSITS = 200000 };
    struct server *server = start(1, 86400, 1);
    struct client client = client_connect(server);
    struct buffer requests = {0};
    client_ask(&client, "OPEN alice USD", ":1\r\n");
    for (int i = 0; i < DEPOSITS; i++) {
        buffer_printf(&requests, "DEPOSIT deposit-%d alice 1\r\n", i);
        if (buffer_length(&requests) > 100000 || i == DEPOSITS - 1) {
            buffer_printf(&requests, "PING\r\n");
            cr_assert(client_send(&client, requests.bytes + requests.start, buffer_length(&requests)));
            buffer_consume(&requests, buffer_length(&requests));
            char line[64] = "";
            while (strcmp(line, "+PONG") != 0) {
                cr_assert(client_line(&client, line, sizeof line));
            }
        }
    }
    cr_expect_gt(info_value(&client, "ids_forgotten_early"), 0);
    client_ask(&client, "DEPOSIT deposit-0 alice 1", ":200002\r\n");
    client_ask(&client, "DEPOSIT deposit-199999 alice 1", ":200001\r\n");
    buffer_free(&requests);
    client_close(&client);
    server_stop(server);
}
