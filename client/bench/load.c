/* load.c: see load.h. */
#include "client/bench/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE  262144
#define EVENTS_MAX 256
#define WAIT_MS    100

/* Requests that were sent together. */
struct volley {
    uint64_t sent_ns;
    uint32_t count; /* not answered yet */
};

/* One connection; its volleys are a ring of at most `depth`. */
struct lane {
    struct link link;
    struct buffer out;
    struct volley *volleys;
    unsigned first;
    unsigned volley_count;
    unsigned inflight;
    bool blocked; /* the socket took no more */
};

struct loading {
    struct load *load;
    const struct plan *plan;
    struct lane *lanes;
    int epoll;
    uint64_t dice;
    unsigned inflight; /* on all lanes */
};

uint64_t load_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool fail(struct load *load, const char *what)
{
    (void)snprintf(load->error, sizeof load->error, "%s", what);
    return false;
}

/* How many more transfers may begin now, at most `wanted`; their numbers start at *first. */
static unsigned begin(struct loading *loading, unsigned wanted, uint64_t *first)
{
    struct load_shared *shared = loading->load->shared;
    if (wanted == 0 || atomic_load_explicit(&shared->phase, memory_order_relaxed) == LOAD_STOP)
        return 0;
    *first = atomic_fetch_add_explicit(&shared->begun, wanted, memory_order_relaxed);
    uint64_t limit = loading->plan->transfers;
    if (limit == 0 || *first + wanted <= limit)
        return wanted;
    return *first >= limit ? 0 : (unsigned)(limit - *first);
}

static bool lane_watch(struct loading *loading, struct lane *lane, int operation)
{
    struct epoll_event event = {.events = EPOLLIN | (lane->blocked ? EPOLLOUT : 0), .data.ptr = lane};
    return epoll_ctl(loading->epoll, operation, lane->link.fd, &event) == 0 ||
           fail(loading->load, strerror(errno));
}

static bool lane_send(struct loading *loading, struct lane *lane)
{
    bool was_blocked = lane->blocked;
    lane->blocked = false;
    while (buffer_length(&lane->out) > 0 && !lane->blocked) {
        ssize_t sent =
            send(lane->link.fd, lane->out.bytes + lane->out.start, buffer_length(&lane->out), MSG_NOSIGNAL);
        if (sent >= 0)
            buffer_consume(&lane->out, (size_t)sent);
        else if (errno == EAGAIN)
            lane->blocked = true;
        else if (errno != EINTR)
            return fail(loading->load, strerror(errno));
    }
    return lane->blocked == was_blocked || lane_watch(loading, lane, EPOLL_CTL_MOD);
}

/* Fills the lane up to the depth. */
static bool lane_fill(struct loading *loading, struct lane *lane)
{
    uint64_t first = 0;
    unsigned count = begin(loading, loading->plan->depth - lane->inflight, &first);
    if (count == 0)
        return true;
    for (unsigned i = 0; i < count; i++)
        plan_transfer(loading->plan, &loading->dice, first + i, &lane->out);
    unsigned place = (lane->first + lane->volley_count++) % loading->plan->depth;
    lane->volleys[place] = (struct volley){load_clock(), count};
    lane->inflight += count;
    loading->inflight += count;
    return lane_send(loading, lane);
}

/* Scans whole replies at the start of the input: each is one line, ":number" or "-CODE sentence". */
static unsigned scan(struct load *load, struct buffer *in, unsigned *rejected)
{
    unsigned answers = 0;
    for (;;) {
        const char *at = in->bytes + in->start;
        size_t length = buffer_length(in);
        const char *end = length > 0 ? memchr(at, '\n', length) : NULL;
        if (end == NULL)
            return answers;
        if (*at != ':') {
            if (load->rejection[0] == '\0')
                (void)snprintf(load->rejection, sizeof load->rejection, "%.*s", (int)(end - at - 2), at + 1);
            ++*rejected;
        }
        answers++;
        buffer_consume(in, (size_t)(end - at) + 1);
    }
}

/* Notes the latency of `answers`, the oldest in flight. */
static void lane_account(struct loading *loading, struct lane *lane, unsigned answers, bool measure)
{
    struct load *load = loading->load;
    uint64_t now = load_clock();
    uint64_t longest = atomic_load_explicit(&load->recent, memory_order_relaxed);
    while (answers > 0) {
        struct volley *volley = &lane->volleys[lane->first];
        unsigned count = answers < volley->count ? answers : volley->count;
        uint64_t latency = now - volley->sent_ns;
        if (measure)
            histogram_add(&load->measured, latency, count);
        if (latency > longest)
            atomic_store_explicit(&load->recent, longest = latency, memory_order_relaxed);
        volley->count -= count;
        answers -= count;
        lane->inflight -= count;
        loading->inflight -= count;
        if (volley->count == 0) {
            lane->first = (lane->first + 1) % loading->plan->depth;
            lane->volley_count--;
        }
    }
}

static bool lane_receive(struct loading *loading, struct lane *lane)
{
    struct load *load = loading->load;
    char *room = buffer_reserve(&lane->link.in, READ_SIZE);
    ssize_t length = recv(lane->link.fd, room, READ_SIZE, 0);
    if (length == 0)
        return fail(load, "the server closed a connection");
    if (length < 0)
        return errno == EAGAIN || errno == EINTR || fail(load, strerror(errno));
    lane->link.in.end += (size_t)length;

    unsigned rejected = 0;
    unsigned answers = scan(load, &lane->link.in, &rejected);
    if (answers > lane->inflight)
        return fail(load, "more answers than requests");
    bool measure = atomic_load_explicit(&load->shared->phase, memory_order_relaxed) == LOAD_MEASURE;
    lane_account(loading, lane, answers, measure);
    atomic_fetch_add_explicit(&load->done, answers - rejected, memory_order_relaxed);
    atomic_fetch_add_explicit(&load->rejected, rejected, memory_order_relaxed);
    if (measure) {
        load->measured_done += answers - rejected;
        load->measured_rejected += rejected;
    }
    return lane_fill(loading, lane);
}

static bool lane_open(struct loading *loading, struct lane *lane)
{
    if (!link_open(&lane->link, &loading->plan->place))
        return fail(loading->load, lane->link.error);
    if (fcntl(lane->link.fd, F_SETFL, O_NONBLOCK) != 0)
        return fail(loading->load, strerror(errno));
    lane->volleys = calloc(loading->plan->depth, sizeof *lane->volleys);
    if (lane->volleys == NULL)
        return fail(loading->load, "out of memory");
    return lane_watch(loading, lane, EPOLL_CTL_ADD) && lane_fill(loading, lane);
}

/* Waits for answers until nothing is in flight any more. False when something failed. */
static bool loading_go(struct loading *loading)
{
    while (loading->inflight > 0) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(loading->epoll, events, EVENTS_MAX, WAIT_MS);
        if (count < 0 && errno != EINTR)
            return fail(loading->load, strerror(errno));
        for (int i = 0; i < count; i++) {
            struct lane *lane = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0 && !lane_send(loading, lane))
                return false;
            if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0 && !lane_receive(loading, lane))
                return false;
        }
    }
    return true;
}

void *load_run(void *context)
{
    struct load *load = context;
    const struct plan *plan = load->shared->plan;
    struct loading loading = {.load = load, .plan = plan, .dice = plan->seed + 1 + load->index};
    loading.lanes = calloc(load->connections, sizeof *loading.lanes);
    loading.epoll = epoll_create1(EPOLL_CLOEXEC);
    bool well = (loading.lanes != NULL && loading.epoll >= 0) || fail(load, strerror(errno));
    unsigned opened = 0;
    for (plan_roll(&loading.dice, 2); well && opened < load->connections; opened++)
        well = lane_open(&loading, &loading.lanes[opened]);
    if (well)
        loading_go(&loading);
    for (unsigned i = 0; i < opened; i++) {
        link_close(&loading.lanes[i].link);
        buffer_free(&loading.lanes[i].out);
        free(loading.lanes[i].volleys);
    }
    free(loading.lanes);
    if (loading.epoll >= 0)
        close(loading.epoll);
    return NULL;
}
