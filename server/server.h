/* server.h: the whole server as one value: what its threads share, how it starts and how it stops. */
#ifndef BURSAR_SERVER_SERVER_H
#define BURSAR_SERVER_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/acceptor.h"
#include "server/archiver.h"
#include "server/commitlog.h"
#include "server/config.h"
#include "server/rates.h"
#include "server/sequence.h"
#include "server/service.h"
#include "server/worker.h"

enum server_phase {
    SERVER_LOADING, /* whoever connects is told to come back */
    SERVER_RUNNING,
    SERVER_DRAINING /* no request is read any more; those in flight are finished and their answers written */
};

/** Digits of the name that a server has from its start to its stop. */
#define SERVER_RUN_ID 40

/* One exists, so its padding does not matter. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct server {
    struct sequence sequence;
    struct config config;
    struct commitlog log;
    struct archiver archiver;
    struct service services[SERVICE_COUNT];
    struct acceptor acceptor;
    struct worker *workers;          /* config.workers of them; owned */
    uint64_t seed;                   /* keys the hash of ids */
    uint64_t started_ns;             /* nanoseconds since the epoch */
    int lock;                        /* of the directory; -1: it is not used */
    int stopfd;                      /* an eventfd: readable once a stop was asked for */
    _Atomic int phase;               /* enum server_phase */
    _Atomic unsigned undrained;      /* workers that still have connections while draining */
    _Atomic uint64_t drain_until_us; /* monotonic clock: when draining is given up */
    _Atomic uint32_t clients;        /* connections open or on their way to a worker */
    _Atomic uint64_t client_ids;     /* connections ever numbered */
    _Atomic uint64_t refused;        /* connections ever turned away */
    _Atomic uint64_t slow_ids;       /* entries ever made in slow logs */
    struct rates rates;
    char run_id[SERVER_RUN_ID + 1]; /* hexadecimal digits, others at each start */
};

/** Room for any error of server_start. */
#define SERVER_ERROR_MAX 1280

/** Starts a server: opens its sockets and starts its threads. The caller owns it and ends it with
 * server_stop. NULL when it can't start: `error`, which has SERVER_ERROR_MAX bytes, says in a sentence why.
 */
struct server *server_start(const struct config *config, char *error);

/** The TCP port it listens on. */
uint16_t server_port(const struct server *server);

/** Asks for a stop. Any thread, and signal handlers. */
void server_request_stop(struct server *server);

/** Waits until a stop is asked for. */
void server_wait(struct server *server);

/** Stops accepting and reading, finishes what is in flight, writes the answers, for at most five seconds,
 * ends all threads and releases the server. */
void server_stop(struct server *server);

/** Starts a server, runs it until SIGTERM, SIGINT or SHUTDOWN, and stops it. Returns the process's exit
 * status: 0, or 1 when it could not start, which the log tells. */
int server_run(const struct config *config);

#endif
