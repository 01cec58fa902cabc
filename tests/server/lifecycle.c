/* lifecycle.c: starting, stopping, and the bounds on who may be connected and for how long. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

/** A path for a Unix socket in a fresh directory. */
struct place {
    char directory[64];
    char path[96];
};

static struct place place_make(void)
{
    struct place place = {.directory = "/tmp/bursar-test-XXXXXX"};
    cr_assert_not_null(mkdtemp(place.directory));
    snprintf(place.path, sizeof place.path, "%s/socket", place.directory);
    return place;
}

static void place_remove(const struct place *place)
{
    unlink(place->path);
    rmdir(place->directory);
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/** Runs a whole server in a process of its own, as main does, and connects to it. */
static pid_t process_start(const struct place *place, struct client *client)
{
    struct config config = fixture_config(3);
    config.log_level = 3;
    snprintf(config.unix_socket, sizeof config.unix_socket, "%s", place->path);
    pid_t process = fork();
    cr_assert_geq(process, 0);
    if (process == 0) {
        _exit(server_run(&config));
    }
    do {
        wait_ms(5);
        *client = client_connect_unix(place->path);
    } while (client->fd < 0);
    return process;
}

static void expect_exit_0(pid_t process)
{
    int status = -1;
    cr_assert_eq(waitpid(process, &status, 0), process);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %d", status);
}

/** Opens two accounts and sends `count` transfers between them in one write. */
static void send_transfers(struct client *client, unsigned count)
{
    struct buffer requests = {0};
    buffer_printf(&requests, "OPEN a USD UNLIMITED\r\nOPEN b USD UNLIMITED\r\n");
    for (unsigned i = 0; i < count; i++) {
        buffer_printf(&requests, "TRANSFER t%u a b 1\r\n", i);
    }
    client_send(client, requests.bytes, buffer_length(&requests));
    buffer_free(&requests);
}

Test(lifecycle, a_shutdown_answers_everything_asked_before_it)
{
    enum { COUNT = 3000 };
    struct place place = place_make();
    struct client client;
    char line[64];
    pid_t process = process_start(&place, &client);
    send_transfers(&client, COUNT);
    client_say(&client, "SHUTDOWN NOSAVE");
    for (unsigned i = 0; i < COUNT + 2; i++) {
        cr_assert(client_line(&client, line, sizeof line), "the connection ended after %u answers", i);
        cr_assert_eq(line[0], ':', "%s", line);
    }
    client_expect_closed(&client, "SHUTDOWN");
    expect_exit_0(process);
    cr_assert_neq(access(place.path, F_OK), 0, "the socket file is left behind");
    client_close(&client);
    place_remove(&place);
}

static void expect_signal_stops(int number)
{
    struct place place = place_make();
    struct client client;
    char line[64];
    pid_t process = process_start(&place, &client);
    struct client idle = client_connect_unix(place.path);
    client_ask(&idle, "PING", "+PONG\r\n");
    send_transfers(&client, 3000);
    cr_assert(client_line(&client, line, sizeof line));
    kill(process, number);
    while (client_line(&client, line, sizeof line)) {
        cr_assert_eq(line[0], ':', "%s", line);
    }
    cr_assert_eq(buffer_length(&client.in), 0, "half an answer");
    client_expect_closed(&idle, "idle");
    expect_exit_0(process);
    client_close(&idle);
    client_close(&client);
    place_remove(&place);
}

Test(lifecycle, sigterm_finishes_what_is_in_flight_and_exits_0)
{
    expect_signal_stops(SIGTERM);
}

Test(lifecycle, sigint_does_the_same)
{
    expect_signal_stops(SIGINT);
}

Test(lifecycle, more_clients_than_allowed_are_told_so)
{
    struct config config = fixture_config(2);
    char error[SERVER_ERROR_MAX] = "";
    config.max_clients = 2;
    struct server *server = server_start(&config, error);
    struct client first = client_connect(server);
    struct client second = client_connect(server);
    client_ask(&first, "PING", "+PONG\r\n");
    client_ask(&second, "PING", "+PONG\r\n");
    struct client third = client_connect(server);
    client_expect(&third, "-ERR max number of clients reached\r\n", "third client");
    client_expect_closed(&third, "third client");
    client_close(&third);
    client_close(&first);
    bool in = false;
    for (unsigned tries = 0; tries < 200 && !in;
         tries++) { /* the server notices the hang-up a little later */
        third = client_connect(server);
        client_say(&third, "PING");
        cr_assert(client_fill(&third, 1));
        in = third.in.bytes[third.in.start] == '+';
        client_close(&third);
        wait_ms(in ? 0 : 10);
    }
    cr_assert(in, "no place was freed");
    client_close(&second);
    server_stop(server);
}

/* Else clients could take what the journal and the snapshot need, and end the server. */
Test(lifecycle, where_the_system_allows_few_files_fewer_clients_are_let_in)
{
    struct rlimit few = {128, 128};
    struct config config = fixture_config(2);
    char error[SERVER_ERROR_MAX] = "";
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct server *server = server_start(&config, error);
    struct client client = client_connect(server);
    client_ask(&client, "CONFIG GET max-clients", "*2\r\n$11\r\nmax-clients\r\n$2\r\n56\r\n");
    client_close(&client);
    server_stop(server);
}

Test(lifecycle, a_request_left_unfinished_times_out_and_an_idle_connection_does_not)
{
    struct config config = fixture_config(1);
    char error[SERVER_ERROR_MAX] = "";
    config.timeout = 1;
    struct server *server = server_start(&config, error);
    struct client idle = client_connect(server);
    struct client half = client_connect(server);
    client_ask(&idle, "PING", "+PONG\r\n");
    client_send(&half, "*1\r\n$4\r\nPI", 10);
    client_expect(&half, "-ERR timeout: a request stayed unfinished for 1 seconds\r\n", "half a request");
    client_expect_closed(&half, "half a request");
    client_ask(&idle, "PING", "+PONG\r\n");
    client_close(&half);
    client_close(&idle);
    server_stop(server);
}

Test(lifecycle, quit_answers_and_closes)
{
    struct server *server = fixture_start(2);
    struct client client = client_connect(server);
    client_say(&client, "OPEN a USD\r\nQUIT\r\nPING");
    client_expect(&client, ":1\r\n+OK\r\n", "QUIT");
    client_expect_closed(&client, "QUIT");
    client_close(&client);
    server_stop(server);
}

static struct server *start_at(const struct place *place, char *error)
{
    struct config config = fixture_config(1);
    snprintf(config.unix_socket, sizeof config.unix_socket, "%s", place->path);
    return server_start(&config, error);
}

Test(lifecycle, a_unix_socket_is_taken_over_from_the_dead_but_not_from_the_living)
{
    struct place place = place_make();
    char error[SERVER_ERROR_MAX] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place.path, strlen(place.path) + 1);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);

    struct server *server = start_at(&place, error);
    cr_assert_not_null(server, "%s", error);
    struct client client = client_connect_unix(place.path);
    client_ask(&client, "PING", "+PONG\r\n");

    char expected[SERVER_ERROR_MAX];
    cr_assert_null(start_at(&place, error));
    snprintf(expected, sizeof expected, "can't listen on '%s': another server is there", place.path);
    cr_assert_str_eq(error, expected);
    client_ask(&client, "PING", "+PONG\r\n");
    client_close(&client);
    server_stop(server);
    cr_assert_neq(access(place.path, F_OK), 0, "the socket file is left behind");
    place_remove(&place);
}

Test(lifecycle, a_file_that_is_no_socket_is_left_alone)
{
    struct place place = place_make();
    char error[SERVER_ERROR_MAX] = "";
    char expected[SERVER_ERROR_MAX];
    FILE *file = fopen(place.path, "w");
    fclose(file);
    cr_assert_null(start_at(&place, error));
    snprintf(expected, sizeof expected, "can't listen on '%s': a file that is no socket is there",
             place.path);
    cr_assert_str_eq(error, expected);
    cr_assert_eq(access(place.path, F_OK), 0, "the file is gone");
    place_remove(&place);
}

Test(lifecycle, a_port_in_use_is_an_error_that_names_it)
{
    struct config config = fixture_config(1);
    char error[SERVER_ERROR_MAX] = "";
    char expected[SERVER_ERROR_MAX];
    struct server *server = server_start(&config, error);
    cr_assert_not_null(server, "%s", error);
    config.port = server_port(server);
    cr_assert_null(server_start(&config, error));
    snprintf(expected, sizeof expected, "can't listen on 127.0.0.1 port %u: Address already in use",
             server_port(server));
    cr_assert_str_eq(error, expected);
    server_stop(server);
}
