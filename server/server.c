/* server.c: starting, waiting, stopping. */
#include "server/server.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "server/log.h"
#include "server/memory.h"

/* How long a stopping server waits for clients to read their answers. */
#define DRAIN_US 5000000

/* File descriptors besides the clients': listeners, each worker's pipe, eventfd and epoll, and spare ones. */
#define FDS_BASE       64
#define FDS_PER_WORKER 4

/* SIGTERM and SIGINT stop this one; set while server_run runs. */
static _Atomic(struct server *) signalled;

static void server_on_signal(int number)
{
    (void)number;
    struct server *server = atomic_load(&signalled);
    if (server) {
        server_request_stop(server);
    }
}

/** Lets the process have as many file descriptors as its clients need, as far as the system allows. */
static void server_raise_limits(const struct config *config)
{
    rlim_t wanted = (rlim_t)(config->max_clients + FDS_BASE + FDS_PER_WORKER * config->workers);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
        log_write(LOG_WARN, "max-clients is %ld, but the system allows this process only %lu open files",
                  (long)config->max_clients, (unsigned long)limit.rlim_cur);
    }
}

static struct server *server_new(const struct config *config)
{
    struct server *server = memory_zeroed(1, sizeof *server);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    server->config = *config;
    server->started_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    server->stopfd = eventfd(0, EFD_CLOEXEC);
    sequence_init(&server->sequence);
    commitlog_open(&server->log, (enum durability)config->durability);
    if (server->stopfd < 0 || getrandom(&server->seed, sizeof server->seed, 0) != sizeof server->seed) {
        log_write(LOG_ERROR, "the system gives no eventfd or no random bytes: %s", strerror(errno));
        abort();
    }
    return server;
}

struct server *server_start(const struct config *config, char *error)
{
    signal(SIGPIPE, SIG_IGN);
    server_raise_limits(config);
    struct server *server = server_new(config);
    if (!acceptor_open(&server->acceptor, server, error)) {
        close(server->stopfd);
        free(server);
        return NULL;
    }
    unsigned count = (unsigned)config->workers;
    server->workers = memory_zeroed(count, sizeof *server->workers);
    atomic_store(&server->undrained, count);
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        good = good && worker_open(&server->workers[i], server, i);
    }
    for (unsigned i = 0; i < count; i++) {
        good = good && worker_start(&server->workers[i]);
    }
    if (!good || !acceptor_start(&server->acceptor)) {
        /* Some threads may run already, and nothing was served yet: there is nothing to save. */
        log_write(LOG_ERROR, "can't start %u workers: %s", count, strerror(errno));
        abort();
    }
    return server;
}

uint16_t server_port(const struct server *server)
{
    return server->acceptor.port;
}

void server_request_stop(struct server *server)
{
    eventfd_write(server->stopfd, 1);
}

void server_wait(struct server *server)
{
    eventfd_t asked = 0;
    while (eventfd_read(server->stopfd, &asked) != 0 && errno == EINTR) {
        /* a signal came in between: its handler asks for the stop */
    }
}

void server_stop(struct server *server)
{
    unsigned count = (unsigned)server->config.workers;
    struct timespec now;
    acceptor_stop(&server->acceptor);
    clock_gettime(CLOCK_MONOTONIC, &now);
    atomic_store(&server->drain_until_us,
                 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 + DRAIN_US);
    atomic_store(&server->phase, SERVER_DRAINING);
    for (unsigned i = 0; i < count; i++) {
        inbox_wake(&server->workers[i].inbox);
    }
    for (unsigned i = 0; i < count; i++) {
        worker_join(&server->workers[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        worker_close(&server->workers[i]);
    }
    acceptor_close(&server->acceptor);
    close(server->stopfd);
    free(server->workers);
    free(server);
}

int server_run(const struct config *config)
{
    char error[SERVER_ERROR_MAX];
    log_set_level((enum log_level)config->log_level);
    if (chdir(config->dir) != 0) {
        log_write(LOG_ERROR, "can't work in directory '%s': %s", config->dir, strerror(errno));
        return EXIT_FAILURE;
    }
    struct server *server = server_start(config, error);
    if (!server) {
        log_write(LOG_ERROR, "%s", error);
        return EXIT_FAILURE;
    }
    atomic_store(&signalled, server);
    struct sigaction action = {.sa_handler = server_on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    log_write(LOG_INFO, "bursard %s serves on %s port %u with %ld workers, durability none", BURSAR_VERSION,
              config->bind, server_port(server), (long)config->workers);
    if (config->unix_socket[0] != '\0') {
        log_write(LOG_INFO, "and on %s", config->unix_socket);
    }
    server_wait(server);
    log_write(LOG_INFO, "stopping: answers in flight are finished first");
    atomic_store(&signalled, NULL);
    server_stop(server);
    log_write(LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}
