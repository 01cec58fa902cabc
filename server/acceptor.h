/* acceptor.h: one thread that accepts connections, on TCP and on a Unix socket, and deals them out to the
 * workers in turn.
 */
#ifndef BURSAR_SERVER_ACCEPTOR_H
#define BURSAR_SERVER_ACCEPTOR_H

#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

struct acceptor {
    struct server *server;
    pthread_t thread;
    struct event_base *base;
    struct event *tcp;    /* a connection waits on TCP */
    struct event *local;  /* a connection waits on the Unix socket; NULL: there is none */
    struct event *stop;   /* the server stops */
    struct event *resume; /* accepting goes on after a pause */
    int tcp_fd;
    int local_fd; /* -1: none */
    int stop_fd;  /* an eventfd */
    uint16_t port;
    unsigned next; /* worker that gets the next connection */
};

/** Opens the sockets that the server's config names. False when that fails: `error`, which has
 * SERVER_ERROR_MAX bytes, says why; what was opened is closed. A Unix socket that no server answers on is
 * replaced. */
bool acceptor_open(struct acceptor *acceptor, struct server *server, char *error);

/** Starts its thread. False, with errno set, when the system refuses. */
bool acceptor_start(struct acceptor *acceptor);

/** Ends its thread: no connection is accepted any more. */
void acceptor_stop(struct acceptor *acceptor);

/** Releases everything and removes the Unix socket. */
void acceptor_close(struct acceptor *acceptor);

#endif
