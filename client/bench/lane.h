/* lane.h: one connection of the load: what it has sent, and what came back. */
#ifndef BURSAR_CLIENT_BENCH_LANE_H
#define BURSAR_CLIENT_BENCH_LANE_H

#include "client/bench/compose.h"
#include "client/bench/load.h"

/** Requests that were sent together, or that were due together. */
struct lane_volley {
    uint64_t since_ns; /* latencies count from here */
    uint32_t count;    /* not answered yet */
};

/** Volleys and kinds are rings of `depth`. */
struct lane {
    struct link link;
    struct buffer out;
    struct composer composer;
    struct lane_volley *volleys; /* owned */
    uint8_t *kinds;              /* owned: of the requests in flight */
    unsigned first;              /* the oldest volley */
    unsigned volley_count;
    unsigned oldest; /* the place of the oldest request in kinds */
    unsigned inflight;
    unsigned number; /* of the connection */
    uint64_t owed;   /* requests that are due and not sent */
    uint64_t rounds; /* requests that were due and are sent */
    bool blocked;    /* the socket took no more */
};

/** What the lanes of one thread share. */
struct lanes {
    struct load *load;
    const struct plan *plan;
    const struct mix *mix;
    struct lane *lanes;
    int epoll;
    uint64_t dice;
    unsigned inflight; /* on all */
};

/** Connects lane `index`. False, with load->error set, when that fails; lane_close is due in any case. */
bool lane_open(struct lanes *lanes, unsigned index);

void lane_close(struct lane *lane);

/** Sends what may be sent: up to the depth, and in an open loop no more than is due. When the run is over,
 * what lines with "+" still lack. False, with load->error set, when the connection is lost. */
bool lane_fill(struct lanes *lanes, struct lane *lane);

/** Goes on sending, when the socket takes more. False as above. */
bool lane_send(struct lanes *lanes, struct lane *lane);

/** Takes what has come, and sends as much again. False as above. */
bool lane_receive(struct lanes *lanes, struct lane *lane);

#endif
