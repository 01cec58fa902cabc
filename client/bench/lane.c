/* lane.c: see lane.h. */
#include "client/bench/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "proto/answer.h"

#define READ_SIZE 262144

static bool fail(struct lanes *lanes, const char *what)
{
    (void)snprintf(lanes->load->error, sizeof lanes->load->error, "%s", what);
    return false;
}

static bool lane_watch(struct lanes *lanes, struct lane *lane, int operation)
{
    struct epoll_event event = {.events = EPOLLIN | (lane->blocked ? EPOLLOUT : 0), .data.ptr = lane};
    return epoll_ctl(lanes->epoll, operation, lane->link.fd, &event) == 0 || fail(lanes, strerror(errno));
}

bool lane_open(struct lanes *lanes, unsigned index)
{
    struct lane *lane = &lanes->lanes[index];
    lane->number = lanes->load->first_connection + index;
    if (!link_open(&lane->link, &lanes->plan->place))
        return fail(lanes, lane->link.error);
    if (fcntl(lane->link.fd, F_SETFL, O_NONBLOCK) != 0)
        return fail(lanes, strerror(errno));
    lane->volleys = calloc(lanes->plan->depth, sizeof *lane->volleys);
    lane->kinds = calloc(lanes->plan->depth, sizeof *lane->kinds);
    if (lane->volleys == NULL || lane->kinds == NULL)
        return fail(lanes, "out of memory");
    return lane_watch(lanes, lane, EPOLL_CTL_ADD);
}

void lane_close(struct lane *lane)
{
    link_close(&lane->link);
    buffer_free(&lane->out);
    free(lane->volleys);
    free(lane->kinds);
}

bool lane_send(struct lanes *lanes, struct lane *lane)
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
            return fail(lanes, strerror(errno));
    }
    return lane->blocked == was_blocked || lane_watch(lanes, lane, EPOLL_CTL_MOD);
}

/* How many more requests may begin now, at most `wanted`; their numbers start at *first. */
static unsigned begin(struct lanes *lanes, unsigned wanted, uint64_t *first)
{
    struct load_shared *shared = lanes->load->shared;
    if (wanted == 0 || atomic_load_explicit(&shared->phase, memory_order_relaxed) == LOAD_STOP)
        return 0;
    *first = atomic_fetch_add_explicit(&shared->begun, wanted, memory_order_relaxed);
    uint64_t limit = lanes->plan->requests > 0 ? lanes->plan->requests : PLAN_REQUESTS_MAX;
    if (*first + wanted <= limit)
        return wanted;
    return *first >= limit ? 0 : (unsigned)(limit - *first);
}

static void lane_compose(struct lanes *lanes, struct lane *lane, uint64_t number)
{
    unsigned line = compose(lanes->mix, &lane->composer, &lanes->dice, number, &lane->out);
    if (lanes->mix->kinds > 1) {
        unsigned place = lane->oldest + lane->inflight;
        if (place >= lanes->plan->depth)
            place -= lanes->plan->depth;
        lane->kinds[place] = (uint8_t)lanes->mix->lines[line].kind;
    }
    lane->inflight++;
}

static void add_volley(struct lanes *lanes, struct lane *lane, uint64_t since_ns, unsigned count)
{
    unsigned place = (lane->first + lane->volley_count++) % lanes->plan->depth;
    lane->volleys[place] = (struct lane_volley){since_ns, count};
}

/* Notes since when the latencies of `count` new requests run. */
static void note_times(struct lanes *lanes, struct lane *lane, unsigned count)
{
    const struct pace *pace = &lanes->load->shared->pace;
    if (pace->rate == 0) {
        add_volley(lanes, lane, load_clock(), count);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        add_volley(lanes, lane, pace_due(pace, lane->number, lane->rounds++), 1);
    lane->owed -= count;
}

/* When the run is over: what lines with "+" still lack, so that no hold is left open. */
static void lane_finish(struct lanes *lanes, struct lane *lane)
{
    while (lane->composer.within && lane->inflight < lanes->plan->depth) {
        uint64_t number = atomic_fetch_add_explicit(&lanes->load->shared->begun, 1, memory_order_relaxed);
        lane_compose(lanes, lane, number);
        add_volley(lanes, lane, load_clock(), 1);
        lanes->inflight++;
    }
}

bool lane_fill(struct lanes *lanes, struct lane *lane)
{
    uint64_t first = 0;
    unsigned wanted = lanes->plan->depth - lane->inflight;
    if (lanes->plan->rate > 0 && wanted > lane->owed)
        wanted = (unsigned)lane->owed;
    unsigned count = begin(lanes, wanted, &first);
    for (unsigned i = 0; i < count; i++)
        lane_compose(lanes, lane, first + i);
    if (count > 0)
        note_times(lanes, lane, count);
    lanes->inflight += count;
    if (count < wanted ||
        atomic_load_explicit(&lanes->load->shared->phase, memory_order_relaxed) == LOAD_STOP)
        lane_finish(lanes, lane);
    return lane->blocked || lane_send(lanes, lane);
}

/* The kind of the `index`-th request in flight. */
static unsigned kind_at(const struct lanes *lanes, const struct lane *lane, unsigned index)
{
    return lanes->mix->kinds > 1 ? lane->kinds[(lane->oldest + index) % lanes->plan->depth] : 0;
}

/* A reply that is not an integer. False when it is no reply. */
static bool scan_other(struct lanes *lanes, struct lane *lane, unsigned *answers, size_t *position)
{
    const struct buffer *in = &lane->link.in;
    const char *bytes = in->bytes + in->start;
    size_t start = *position;
    enum answer_status status = answer_skip(bytes, buffer_length(in), position);
    if (status == ANSWER_BROKEN)
        return fail(lanes, "a reply makes no sense: is this a server of the Redis protocol?");
    if (status == ANSWER_MORE)
        return true;
    struct answer item;
    size_t head = start;
    (void)answer_next(bytes, buffer_length(in), &head, &item);
    if (item.kind == ANSWER_PUSH)
        return true;
    if (item.kind == ANSWER_ERROR && *answers < lane->inflight)
        tally_rejection(&lanes->load->tally, kind_at(lanes, lane, *answers), item.text, item.length);
    ++*answers;
    return true;
}

/* Takes whole replies from the start of the input, and counts them. Nearly all are ":number". */
static bool scan(struct lanes *lanes, struct lane *lane, unsigned *answers)
{
    struct buffer *in = &lane->link.in;
    const char *bytes = in->bytes + in->start;
    size_t length = buffer_length(in);
    size_t position = 0;
    while (position < length) {
        size_t before = position;
        if (bytes[position] == ':') {
            const char *end = memchr(bytes + position, '\n', length - position);
            if (end == NULL)
                break;
            position = (size_t)(end - bytes) + 1;
            ++*answers;
        } else if (!scan_other(lanes, lane, answers, &position)) {
            return false;
        }
        if (position == before)
            break;
    }
    buffer_consume(in, position);
    return *answers <= lane->inflight || fail(lanes, "more answers than requests");
}

/* Counts the latency of `count` answers, the oldest in flight. */
static void count_latency(struct lanes *lanes, struct lane *lane, uint64_t latency, unsigned count)
{
    struct tally *tally = &lanes->load->tally;
    if (lanes->mix->kinds == 1) {
        tally_answers(tally, 0, latency, count);
        return;
    }
    unsigned counts[MIX_LINES_MAX] = {0};
    for (unsigned i = 0; i < count; i++)
        counts[kind_at(lanes, lane, i)]++;
    for (unsigned kind = 0; kind < lanes->mix->kinds; kind++) {
        if (counts[kind] > 0)
            tally_answers(tally, kind, latency, counts[kind]);
    }
}

/* Takes `answers`, the oldest in flight, off it, and notes their latency. */
static void lane_account(struct lanes *lanes, struct lane *lane, unsigned answers)
{
    unsigned depth = lanes->plan->depth;
    uint64_t now = load_clock();
    while (answers > 0) {
        struct lane_volley *volley = &lane->volleys[lane->first];
        unsigned count = answers < volley->count ? answers : volley->count;
        count_latency(lanes, lane, now > volley->since_ns ? now - volley->since_ns : 0, count);
        volley->count -= count;
        answers -= count;
        lane->inflight -= count;
        lanes->inflight -= count;
        lane->oldest = (lane->oldest + count) % depth;
        if (volley->count == 0) {
            lane->first = lane->first + 1 == depth ? 0 : lane->first + 1;
            lane->volley_count--;
        }
    }
}

bool lane_receive(struct lanes *lanes, struct lane *lane)
{
    struct load *load = lanes->load;
    char *room = buffer_reserve(&lane->link.in, READ_SIZE);
    ssize_t length = recv(lane->link.fd, room, READ_SIZE, 0);
    if (length == 0)
        return fail(lanes, "the server closed a connection");
    if (length < 0)
        return errno == EAGAIN || errno == EINTR || fail(lanes, strerror(errno));
    lane->link.in.end += (size_t)length;

    /* In an open loop what was due in time counts, whenever its answer comes. */
    int phase = atomic_load_explicit(&load->shared->phase, memory_order_relaxed);
    unsigned answers = 0;
    (void)pthread_mutex_lock(&load->tally.lock);
    load->tally.measured = phase == LOAD_MEASURE || (phase == LOAD_STOP && lanes->plan->rate > 0);
    bool well = scan(lanes, lane, &answers);
    if (well)
        lane_account(lanes, lane, answers);
    (void)pthread_mutex_unlock(&load->tally.lock);
    load->answers += answers;
    return well && lane_fill(lanes, lane);
}
