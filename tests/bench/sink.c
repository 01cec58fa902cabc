/* sink.c: a server that costs next to nothing, to measure what the load generator itself can do.
 *
 *   bench_sink [PORT]     on 127.0.0.1; 0, the default: a free port, printed to stdout
 *
 * It answers ":1" to each request and understands none: a request is a '*', the head of its array, which
 * stands nowhere else in what the generator makes for accounts. One thread, one read and one write for all
 * that came together. Ends with SIGTERM or SIGINT, and tells how much it took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define READ_SIZE  1048576
#define REPLY      ":1\r\n"
#define REPLY_SIZE (sizeof REPLY - 1)
#define EVENTS_MAX 64
#define FDS_MAX    65536
#define COUNT_RUN  255 /* bytes whose matches fit in eight bits */

static char input[READ_SIZE];
static char replies[READ_SIZE / 8]; /* as many answers as a write takes at most */
static uint64_t owed[FDS_MAX];      /* by descriptor: bytes of answers that the socket did not take yet */
static uint64_t requests;
static volatile sig_atomic_t ended;

static void end(int number)
{
    ended = number;
}

/* How many '*' there are. Sums of eight bits, which the compiler makes vectors of. */
static uint64_t count_requests(const char *bytes, size_t length)
{
    uint64_t count = 0;
    for (size_t from = 0; from < length; from += COUNT_RUN) {
        size_t run = length - from < COUNT_RUN ? length - from : COUNT_RUN;
        uint8_t matches = 0;
        for (size_t i = 0; i < run; i++)
            matches = (uint8_t)(matches + (bytes[from + i] == '*'));
        count += matches;
    }
    return count;
}

static int listening_socket(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    expect(fd >= 0, "no socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    expect(bind(fd, (struct sockaddr *)&address, length) == 0, "cannot bind the port");
    expect(listen(fd, 1024) == 0, "cannot listen");
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    return fd;
}

static void watch(int epoll, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    expect(epoll_ctl(epoll, operation, fd, &event) == 0, "cannot watch a socket");
}

static void take_connection(int epoll, int listening)
{
    int on = 1;
    int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    expect(fd < FDS_MAX, "too many connections");
    owed[fd] = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
}

/* Writes what is owed; while the socket takes no more, reads nothing either. False when it is lost. */
static bool answer(int epoll, int fd)
{
    while (owed[fd] > 0) {
        uint64_t phase = (REPLY_SIZE - owed[fd] % REPLY_SIZE) % REPLY_SIZE; /* bytes of one already written */
        size_t size = owed[fd] < sizeof replies - phase ? owed[fd] : sizeof replies - phase;
        ssize_t sent = send(fd, replies + phase, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0) {
            watch(epoll, EPOLL_CTL_MOD, fd, EPOLLOUT);
            return true;
        }
        owed[fd] -= (uint64_t)sent;
    }
    return true;
}

static bool serve(int epoll, int fd, uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        if (!answer(epoll, fd))
            return false;
        if (owed[fd] == 0)
            watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
        return true;
    }
    ssize_t length = recv(fd, input, sizeof input, 0);
    if (length <= 0)
        return length < 0 && errno == EAGAIN;
    uint64_t count = count_requests(input, (size_t)length);
    requests += count;
    owed[fd] += count * REPLY_SIZE;
    return answer(epoll, fd);
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    for (size_t i = 0; i < sizeof replies; i += REPLY_SIZE)
        memcpy(replies + i, REPLY, REPLY_SIZE);
    int listening = listening_socket(argc > 1 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, EPOLL_CTL_ADD, listening, EPOLLIN);
    while (!ended) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listening)
                take_connection(epoll, listening);
            else if (!serve(epoll, fd, events[i].events))
                close(fd);
        }
    }
    (void)fprintf(stderr, "%lu requests, %.3f s of processor time\n", (unsigned long)requests,
                  clock_s(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}
