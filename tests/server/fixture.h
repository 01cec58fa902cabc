/* fixture.h: a real server in this process and plain clients for it: sockets, bytes, and nothing clever. */
#ifndef BURSAR_TESTS_SERVER_FIXTURE_H
#define BURSAR_TESTS_SERVER_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/buffer.h"
#include "server/server.h"

/** One connection of a client; its socket blocks. */
struct client {
    int fd;
    struct buffer in; /* read and not yet taken */
};

/** A server on a free port with `workers` workers that keeps nothing, and otherwise the defaults. Ended with
 * server_stop. */
struct server *fixture_start(unsigned workers);

/** The config that fixture_start uses, to be changed before server_start. */
struct config fixture_config(unsigned workers);

/** The seed of random tests: BURSAR_SEED, or else one picked now. Tests print it. */
uint64_t fixture_seed(void);

/** The next number of a random sequence whose state is `*state`. */
uint64_t fixture_random(uint64_t *state);

/** Makes an empty directory; its path is the caller's, and both go with dir_remove. */
char *dir_make(void);

/** Removes a directory and all that is in it, and frees its path. */
void dir_remove(char *dir);

/** Connects over TCP. */
struct client client_connect(const struct server *server);

/** Connects over a Unix socket; fd is -1 where nobody listens. */
struct client client_connect_unix(const char *path);

void client_close(struct client *client);

/** Sends bytes, however long it takes. False when the server closed the connection. */
bool client_send(struct client *client, const void *bytes, size_t length);

/** Sends a line and CRLF. */
__attribute__((format(printf, 2, 3))) void client_say(struct client *client, const char *format, ...);

/** Reads until `length` bytes are in client->in. False when the connection ends before, or after 20 seconds
 * of silence. */
bool client_fill(struct client *client, size_t length);

/** Takes one line, without its CRLF, as NUL-terminated text of at most size - 1 bytes. False at the end of
 * the connection. */
bool client_line(struct client *client, char *line, size_t size);

/** Fails the test unless exactly these bytes come next; '#' stands for any byte. `about` tells which case. */
void client_expect(struct client *client, const char *expected, const char *about);

/** Says a line and expects exactly this answer. */
void client_ask(struct client *client, const char *line, const char *expected);

/** Fails the test unless the server closes the connection with nothing more to read. */
void client_expect_closed(struct client *client, const char *about);

#endif
