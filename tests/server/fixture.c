/* fixture.c: see fixture.h. */
#include "fixture.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server/log.h"
#include "tests/unit/temporary.h"

/* Far more than any answer takes, even on a loaded machine under a sanitizer. */
#define SILENCE_MS 20000

struct config fixture_config(unsigned workers)
{
    struct config config;
    config_default(&config);
    config.port = 0;
    config.workers = workers;
    config.durability = DURABILITY_NONE;
    log_set_level(LOG_ERROR);
    return config;
}

struct server *fixture_start(unsigned workers)
{
    struct config config = fixture_config(workers);
    char error[SERVER_ERROR_MAX] = "";
    struct server *server = server_start(&config, error);
    cr_assert_not_null(server, "%s", error);
    return server;
}

char *fixture_dir_make(void)
{
    char *dir = temporary_make();
    cr_assert_not_null(dir);
    return dir;
}

void fixture_dir_remove(char *dir)
{
    cr_assert(temporary_remove(dir));
}

struct config fixture_dir_config(const char *dir, unsigned workers, enum durability durability)
{
    struct config config = fixture_config(workers);
    config.durability = durability;
    config.segment_size = 64;
    snprintf(config.dir, sizeof config.dir, "%s", dir);
    return config;
}

struct server *fixture_dir_serve(const char *dir, unsigned workers, enum durability durability)
{
    char error[SERVER_ERROR_MAX] = "";
    struct config config = fixture_dir_config(dir, workers, durability);
    struct server *server = server_start(&config, error);
    cr_assert_not_null(server, "%s", error);
    return server;
}

uint64_t fixture_seed(void)
{
    const char *chosen = getenv("BURSAR_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return chosen ? strtoull(chosen, NULL, 10) : (uint64_t)now.tv_nsec;
}

uint64_t fixture_random(uint64_t *state)
{
    /* D. Knuth's MMIX generator; its low bits are poor, so the high ones are used. */
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

struct client client_connect(const struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server_port(server))};
    int on = 1;
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int status = connect(client.fd, (struct sockaddr *)&address, sizeof address);
    cr_assert_eq(status, 0, "can't connect to port %u", server_port(server));
    setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return client;
}

struct client client_connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct client client = {.fd = socket(AF_UNIX, SOCK_STREAM, 0)};
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(client.fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(client.fd);
        client.fd = -1;
    }
    return client;
}

void client_close(struct client *client)
{
    close(client->fd);
    buffer_free(&client->in);
    client->fd = -1;
}

bool client_send(struct client *client, const void *bytes, size_t length)
{
    for (size_t sent = 0; sent < length;) {
        ssize_t more = send(client->fd, (const char *)bytes + sent, length - sent, MSG_NOSIGNAL);
        if (more < 0) {
            return false;
        }
        sent += (size_t)more;
    }
    return true;
}

void client_say(struct client *client, const char *format, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 2, format, arguments);
    va_end(arguments);
    line[length] = '\r';
    line[length + 1] = '\n';
    client_send(client, line, (size_t)length + 2);
}

bool client_fill(struct client *client, size_t length)
{
    while (buffer_length(&client->in) < length) {
        struct pollfd readable = {.fd = client->fd, .events = POLLIN};
        if (poll(&readable, 1, SILENCE_MS) != 1) {
            return false;
        }
        char *room = buffer_reserve(&client->in, 65536);
        ssize_t more = recv(client->fd, room, 65536, 0);
        if (more <= 0) {
            return false;
        }
        client->in.end += (size_t)more;
    }
    return true;
}

bool client_line(struct client *client, char *line, size_t size)
{
    for (;;) {
        const char *start = client->in.bytes + client->in.start;
        size_t length = buffer_length(&client->in);
        const char *end = length ? memchr(start, '\n', length) : NULL;
        if (end) {
            size_t taken = (size_t)(end - start);
            size_t kept = taken - 1 < size - 1 ? taken - 1 : size - 1;
            memcpy(line, start, kept);
            line[kept] = '\0';
            buffer_consume(&client->in, taken + 1);
            return true;
        }
        if (!client_fill(client, length + 1)) {
            return false;
        }
    }
}

void client_expect(struct client *client, const char *expected, const char *about)
{
    size_t length = strlen(expected);
    client_fill(client, length);
    size_t there = buffer_length(&client->in) < length ? buffer_length(&client->in) : length;
    const char *got = client->in.bytes + client->in.start;
    bool same = there == length;
    for (size_t i = 0; same && i < length; i++) {
        same = expected[i] == '#' || expected[i] == got[i];
    }
    cr_assert(same, "%s\n  answered: %.*s\n  expected: %s", about, (int)there, got, expected);
    buffer_consume(&client->in, length);
}

void client_ask(struct client *client, const char *line, const char *expected)
{
    client_say(client, "%s", line);
    client_expect(client, expected, line);
}

void client_expect_closed(struct client *client, const char *about)
{
    bool more = client_fill(client, 1);
    char byte = 0;
    cr_assert(!more, "%s: more came: %.*s", about, (int)buffer_length(&client->in),
              client->in.bytes + client->in.start);
    cr_assert_leq(recv(client->fd, &byte, 1, MSG_DONTWAIT), 0, "%s: the connection is still open", about);
}
