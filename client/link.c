/* link.c: see link.h. */
#include "client/link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/answer.h"

#define READ_SIZE 65536

static bool fail(struct link *link, const char *what, const char *why)
{
    const struct place *place = &link->place;
    if (place->socket != NULL)
        (void)snprintf(link->error, sizeof link->error, "%s %s: %s", what, place->socket, why);
    else
        (void)snprintf(link->error, sizeof link->error, "%s %s:%s: %s", what, place->host, place->port, why);
    return false;
}

static bool fail_lost(struct link *link, const char *why)
{
    link->lost = true;
    return fail(link, "lost the connection to", why);
}

/* Sending has the timeout as a bound, too: a server that reads nothing must not hang us. */
static void set_timeout(int fd, int timeout_ms)
{
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000L};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

static bool connect_unix(struct link *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = link->place.socket;
    if (strlen(path) >= sizeof address.sun_path)
        return fail(link, "cannot connect to", "the path is longer than a socket's may be");
    memcpy(address.sun_path, path, strlen(path) + 1);
    link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0 || connect(link->fd, (struct sockaddr *)&address, sizeof address) != 0)
        return fail(link, "cannot connect to", strerror(errno));
    return true;
}

/* Tries each address of the host in turn. */
static bool connect_tcp(struct link *link)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int status = getaddrinfo(link->place.host, link->place.port, &hints, &found);
    if (status != 0)
        return fail(link, "cannot find", gai_strerror(status));
    int why = 0;
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next) {
        link->fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        if (link->fd < 0)
            continue;
        set_timeout(link->fd, link->place.timeout_ms); /* bounds connect() as well */
        if (connect(link->fd, one->ai_addr, one->ai_addrlen) == 0)
            break;
        why = errno == EINPROGRESS ? ETIMEDOUT : errno;
        close(link->fd);
        link->fd = -1;
    }
    freeaddrinfo(found);
    if (link->fd < 0)
        return fail(link, "cannot connect to", strerror(why));
    int on = 1;
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return true;
}

bool link_open(struct link *link, const struct place *place)
{
    *link = (struct link){.place = *place, .fd = -1};
    if (place->socket == NULL ? connect_tcp(link) : connect_unix(link)) {
        set_timeout(link->fd, place->timeout_ms);
        return true;
    }
    return false;
}

void link_patience(struct link *link, int timeout_ms)
{
    link->place.timeout_ms = timeout_ms;
    set_timeout(link->fd, timeout_ms);
}

void link_format(struct buffer *out, const struct slice *arguments, size_t count)
{
    buffer_printf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "$%zu\r\n", arguments[i].length);
        buffer_append(out, arguments[i].text, arguments[i].length);
        buffer_append(out, "\r\n", 2);
    }
}

bool link_send(struct link *link, struct buffer *out)
{
    while (buffer_length(out) > 0) {
        ssize_t sent = send(link->fd, out->bytes + out->start, buffer_length(out), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail_lost(link, errno == EAGAIN ? "it takes nothing" : strerror(errno));
        buffer_consume(out, (size_t)sent);
    }
    return true;
}

bool link_read(struct link *link)
{
    char *room = buffer_reserve(&link->in, READ_SIZE);
    ssize_t length;
    do
        length = recv(link->fd, room, READ_SIZE, 0);
    while (length < 0 && errno == EINTR);
    if (length == 0)
        return fail_lost(link, "it was closed");
    if (length < 0)
        return fail_lost(link, strerror(errno));
    link->in.end += (size_t)length;
    return true;
}

bool link_whole(struct link *link, size_t *size)
{
    *size = 0;
    if (buffer_length(&link->in) == 0)
        return true;
    enum answer_status status = answer_skip(link->in.bytes + link->in.start, buffer_length(&link->in), size);
    return status != ANSWER_BROKEN ||
           fail(link, "not a server of this protocol at", "its reply makes no sense");
}

size_t link_receive(struct link *link)
{
    for (;;) {
        size_t size;
        if (!link_whole(link, &size))
            return 0;
        if (size > 0)
            return size;
        struct pollfd wait = {.fd = link->fd, .events = POLLIN};
        int ready = poll(&wait, 1, link->place.timeout_ms);
        if (ready == 0) {
            link->late = true;
            fail(link, "no answer in time from", "it may be overloaded; --timeout waits longer");
            return 0;
        }
        if (ready < 0 && place_interrupted(&link->place)) {
            link->interrupted = true;
            fail(link, "interrupted while waiting for", "no answer yet");
            return 0;
        }
        if (ready > 0 && !link_read(link))
            return 0;
    }
}

void link_close(struct link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    buffer_free(&link->in);
}
