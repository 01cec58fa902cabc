/* load.c: see load.h. */
#include "client/bench/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "client/bench/lane.h"

#define EVENTS_MAX 256
#define WAIT_NS    UINT64_C(100000000) /* how often a thread looks whether the run is over */
#define SECOND_NS  UINT64_C(1000000000)

/* Which requests of the thread's lanes are due next: the lanes take turns. */
struct turn {
    unsigned lane;
    uint64_t round;
};

uint64_t load_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static bool fail(struct load *load, const char *what)
{
    (void)snprintf(load->error, sizeof load->error, "%s", what);
    return false;
}

static bool stopped(const struct load *load)
{
    const struct load_shared *shared = load->shared;
    uint64_t limit = shared->plan->requests;
    return atomic_load_explicit(&shared->phase, memory_order_relaxed) == LOAD_STOP ||
           (limit > 0 && atomic_load_explicit(&shared->begun, memory_order_relaxed) >= limit);
}

static uint64_t due_ns(const struct load *load, const struct turn *turn)
{
    return pace_due(&load->shared->pace, load->first_connection + turn->lane, turn->round);
}

/* Notes what is due by now, and sends it where a lane has room. */
static bool send_due(struct lanes *lanes, struct turn *turn)
{
    struct load *load = lanes->load;
    uint64_t now = load_clock();
    unsigned touched = 0;
    unsigned first = turn->lane;
    while (due_ns(load, turn) <= now) {
        lanes->lanes[turn->lane].owed++;
        touched += touched < load->connections;
        if (++turn->lane == load->connections) {
            turn->lane = 0;
            turn->round++;
        }
    }
    for (unsigned i = 0; i < touched; i++) {
        struct lane *lane = &lanes->lanes[(first + i) % load->connections];
        if (lane->inflight < lanes->plan->depth && !lane_fill(lanes, lane))
            return false;
    }
    return true;
}

/* Waits until a socket is ready or `wait_ns` have passed, and serves what is. */
static bool serve(struct lanes *lanes, uint64_t wait_ns)
{
    struct epoll_event events[EVENTS_MAX];
    const struct timespec wait = {.tv_sec = (time_t)(wait_ns / SECOND_NS),
                                  .tv_nsec = (long)(wait_ns % SECOND_NS)};
    int count = epoll_pwait2(lanes->epoll, events, EVENTS_MAX, &wait, NULL);
    if (count < 0 && errno != EINTR)
        return fail(lanes->load, strerror(errno));
    for (int i = 0; i < count; i++) {
        struct lane *lane = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) != 0 && !lane_send(lanes, lane))
            return false;
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0 && !lane_receive(lanes, lane))
            return false;
    }
    return true;
}

/* How far behind its times an open loop is. */
static void note_behind(struct lanes *lanes)
{
    struct load *load = lanes->load;
    uint64_t now = load_clock();
    for (unsigned i = 0; i < load->connections; i++) {
        const struct lane *lane = &lanes->lanes[i];
        if (lane->owed == 0)
            continue;
        uint64_t due = pace_due(&load->shared->pace, lane->number, lane->rounds);
        load->behind += lane->owed;
        if (now > due && now - due > load->behind_ns)
            load->behind_ns = now - due;
    }
}

/* Waits for what is in flight, no longer than the client waits for a reply. */
static bool finish(struct lanes *lanes)
{
    uint64_t end = load_clock() + (uint64_t)lanes->plan->place.timeout_ms * 1000000;
    for (unsigned i = 0; i < lanes->load->connections; i++) {
        if (!lane_fill(lanes, &lanes->lanes[i]))
            return false;
    }
    while (lanes->inflight > 0) {
        if (load_clock() > end)
            return fail(lanes->load, "no answer in time to what is in flight; --timeout waits longer");
        if (!serve(lanes, WAIT_NS))
            return false;
    }
    return true;
}

static bool closed_loop(struct lanes *lanes)
{
    for (unsigned i = 0; i < lanes->load->connections; i++) {
        if (!lane_fill(lanes, &lanes->lanes[i]))
            return false;
    }
    while (!stopped(lanes->load)) {
        if (!serve(lanes, WAIT_NS))
            return false;
    }
    return finish(lanes);
}

static bool open_loop(struct lanes *lanes)
{
    struct turn turn = {0};
    /* Otherwise the kernel lets a thread sleep 50 microseconds longer than it asked for. */
    (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    while (!stopped(lanes->load)) {
        if (!send_due(lanes, &turn))
            return false;
        uint64_t now = load_clock();
        uint64_t due = due_ns(lanes->load, &turn);
        uint64_t wait = due > now ? due - now : 0;
        if (!serve(lanes, wait < WAIT_NS ? wait : WAIT_NS))
            return false;
    }
    note_behind(lanes);
    return finish(lanes);
}

static uint64_t cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_NS +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

void *load_run(void *context)
{
    struct load *load = context;
    const struct plan *plan = load->shared->plan;
    struct lanes lanes = {
        .load = load, .plan = plan, .mix = load->shared->mix, .dice = plan->seed + 1 + load->index};
    lanes.lanes = calloc(load->connections, sizeof *lanes.lanes);
    lanes.epoll = epoll_create1(EPOLL_CLOEXEC);
    bool well = (lanes.lanes != NULL && lanes.epoll >= 0) || fail(load, strerror(errno));
    unsigned opened = 0;
    for (plan_roll(&lanes.dice, 2); well && opened < load->connections; opened++)
        well = lane_open(&lanes, opened);
    (void)pthread_barrier_wait(&load->shared->ready);
    (void)pthread_barrier_wait(&load->shared->ready);
    uint64_t cpu_before = cpu_ns();
    if (well)
        (void)(plan->rate > 0 ? open_loop(&lanes) : closed_loop(&lanes));
    load->cpu_ns = cpu_ns() - cpu_before;
    for (unsigned i = 0; i < opened; i++)
        lane_close(&lanes.lanes[i]);
    free(lanes.lanes);
    if (lanes.epoll >= 0)
        close(lanes.epoll);
    atomic_store(&load->ended, true);
    return NULL;
}
