/* acceptor.c: listening sockets and the thread behind them. */
#include "server/acceptor.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/log.h"
#include "server/loop.h"
#include "server/server.h"

/* Connections that may wait to be accepted: the kernel cuts it to its own bound. */
#define BACKLOG 4096

/* How long accepting rests when the system has no file descriptor left: it would only fail again. */
#define PAUSE_US 100000

static void accept_pause(struct acceptor *acceptor)
{
    struct timeval pause = {.tv_usec = PAUSE_US};
    event_del(acceptor->tcp);
    if (acceptor->local) {
        event_del(acceptor->local);
    }
    event_add(acceptor->resume, &pause);
}

static void accept_resume(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct acceptor *acceptor = context;
    event_add(acceptor->tcp, NULL);
    if (acceptor->local) {
        event_add(acceptor->local, NULL);
    }
}

static void connection_refuse(struct acceptor *acceptor, int fd, const char *error)
{
    /* A fresh socket's buffer is empty: the line fits, or the client is gone. */
    ssize_t ignored = send(fd, error, strlen(error), MSG_NOSIGNAL);
    (void)ignored;
    close(fd);
    atomic_fetch_add(&acceptor->server->refused, 1);
}

/** Hands a socket to the next worker. */
static void connection_deal(struct acceptor *acceptor, int fd)
{
    static const char loading[] = "-LOADING bursar is loading the ledger; try again in a moment\r\n";
    static const char full[] = "-ERR max number of clients reached\r\n";
    struct server *server = acceptor->server;
    if (atomic_load(&server->phase) == SERVER_LOADING) {
        connection_refuse(acceptor, fd, loading);
        return;
    }
    if (atomic_fetch_add(&server->clients, 1) >= (uint32_t)server->config.max_clients) {
        atomic_fetch_sub(&server->clients, 1);
        connection_refuse(acceptor, fd, full);
        return;
    }
    struct worker *worker = &server->workers[acceptor->next];
    acceptor->next = (acceptor->next + 1) % (unsigned)server->config.workers;
    if (write(worker->handover_write, &fd, sizeof fd) != (ssize_t)sizeof fd) {
        atomic_fetch_sub(&server->clients, 1);
        connection_refuse(acceptor, fd, full);
    }
}

static void accept_ready(evutil_socket_t listener, short what, void *context)
{
    (void)what;
    struct acceptor *acceptor = context;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            int on = 1;
            if (listener == acceptor->tcp_fd) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
            }
            connection_deal(acceptor, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_write(LOG_WARN, "no connection can be accepted for now: %s", strerror(errno));
            accept_pause(acceptor);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
        /* Else the client gave up before it was accepted: on to the next. */
    }
}

static void accept_stop(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct acceptor *acceptor = context;
    event_base_loopbreak(acceptor->base);
}

static int tcp_listen_at(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = reason;
    return -1;
}

/** The port that a listening TCP socket got. */
static uint16_t socket_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } bound = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t length = sizeof bound;
    bool known = getsockname(fd, &bound.any, &length) == 0;
    assert(known);
    return ntohs(bound.any.sa_family == AF_INET6 ? bound.ipv6.sin6_port : bound.ipv4.sin_port);
}

static bool tcp_open(struct acceptor *acceptor, const struct config *config, char *error)
{
    char port[8];
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    snprintf(port, sizeof port, "%ld", (long)config->port);
    int status = getaddrinfo(config->bind, port, &hints, &found);
    if (status != 0) {
        snprintf(error, SERVER_ERROR_MAX, "can't listen on address '%.256s': %s", config->bind,
                 gai_strerror(status));
        return false;
    }
    acceptor->tcp_fd = tcp_listen_at(found);
    freeaddrinfo(found);
    if (acceptor->tcp_fd < 0) {
        snprintf(error, SERVER_ERROR_MAX, "can't listen on %.256s port %s: %s", config->bind, port,
                 strerror(errno));
        return false;
    }
    acceptor->port = socket_port(acceptor->tcp_fd);
    return true;
}

/** Whether a Unix socket file can be taken: nothing is there, or the socket of a server that is gone, which
 * is removed. */
static bool local_path_free(const struct sockaddr_un *address, char *error)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0) {
        return true;
    }
    if (!S_ISSOCK(status.st_mode)) {
        snprintf(error, SERVER_ERROR_MAX, "can't listen on '%s': a file that is no socket is there",
                 address->sun_path);
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 &&
                   errno == ECONNREFUSED;
    if (probe >= 0) {
        close(probe);
    }
    if (!refused) {
        snprintf(error, SERVER_ERROR_MAX, "can't listen on '%s': another server is there", address->sun_path);
        return false;
    }
    unlink(address->sun_path);
    return true;
}

static bool local_open(struct acceptor *acceptor, const struct config *config, char *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert(strlen(config->unix_socket) < sizeof address.sun_path);
    memcpy(address.sun_path, config->unix_socket, strlen(config->unix_socket) + 1);
    if (!local_path_free(&address, error)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        snprintf(error, SERVER_ERROR_MAX, "can't listen on '%s': %s", address.sun_path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    acceptor->local_fd = fd;
    return true;
}

bool acceptor_open(struct acceptor *acceptor, struct server *server, char *error)
{
    const struct config *config = &server->config;
    *acceptor = (struct acceptor){.server = server, .tcp_fd = -1, .local_fd = -1, .stop_fd = -1};
    if (!tcp_open(acceptor, config, error) ||
        (config->unix_socket[0] != '\0' && !local_open(acceptor, config, error))) {
        acceptor_close(acceptor);
        return false;
    }
    acceptor->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    acceptor->base = loop_new();
    if (acceptor->stop_fd < 0 || !acceptor->base) {
        snprintf(error, SERVER_ERROR_MAX, "can't start accepting: %s", strerror(errno));
        acceptor_close(acceptor);
        return false;
    }
    short reading = EV_READ | EV_PERSIST;
    acceptor->tcp = event_new(acceptor->base, acceptor->tcp_fd, reading, accept_ready, acceptor);
    acceptor->stop = event_new(acceptor->base, acceptor->stop_fd, EV_READ, accept_stop, acceptor);
    acceptor->resume = event_new(acceptor->base, -1, 0, accept_resume, acceptor);
    event_add(acceptor->tcp, NULL);
    event_add(acceptor->stop, NULL);
    if (acceptor->local_fd >= 0) {
        acceptor->local = event_new(acceptor->base, acceptor->local_fd, reading, accept_ready, acceptor);
        event_add(acceptor->local, NULL);
    }
    return true;
}

static void *acceptor_run(void *context)
{
    struct acceptor *acceptor = context;
    pthread_setname_np(pthread_self(), "acceptor");
    event_base_dispatch(acceptor->base);
    return NULL;
}

bool acceptor_start(struct acceptor *acceptor)
{
    errno = pthread_create(&acceptor->thread, NULL, acceptor_run, acceptor);
    return errno == 0;
}

void acceptor_stop(struct acceptor *acceptor)
{
    eventfd_write(acceptor->stop_fd, 1);
    pthread_join(acceptor->thread, NULL);
}

void acceptor_close(struct acceptor *acceptor)
{
    struct event *events[] = {acceptor->tcp, acceptor->local, acceptor->stop, acceptor->resume};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i]) {
            event_free(events[i]);
        }
    }
    if (acceptor->base) {
        event_base_free(acceptor->base);
    }
    if (acceptor->local_fd >= 0) {
        unlink(acceptor->server->config.unix_socket);
    }
    int fds[] = {acceptor->tcp_fd, acceptor->local_fd, acceptor->stop_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}
