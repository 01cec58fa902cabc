/* errand.h: a question that goes from worker to worker, for what only each worker itself may look at: its
 * connections, its slow log.
 *
 * An errand begins at the worker whose client asks, goes round the others in their order and comes home last,
 * where the answer is made. So every worker's state is still touched by that worker alone, and two errands
 * from one worker see every other in the order in which they began. A worker without errands pays one
 * load a turn.
 */
#ifndef BURSAR_SERVER_ERRAND_H
#define BURSAR_SERVER_ERRAND_H

#include <stdint.h>

#include "proto/buffer.h"
#include "proto/reply.h"

struct errand;
struct worker;

/** What an errand does. */
struct errand_kind {
    /** Looks at one worker, and may change it, in its thread. */
    void (*look)(struct worker *worker, struct errand *errand);
    /** Answers, after every worker was looked at. In the thread of the worker it came from. */
    void (*answer)(struct errand *errand, struct reply *reply);
};

struct errand {
    struct errand *next; /* before it in the pile at a worker */
    const struct errand_kind *kind;
    uint64_t ticket;     /* of the request it answers */
    unsigned origin;     /* the worker it comes from */
    struct buffer asked; /* the question, as its kind writes it */
    struct buffer found; /* what the workers had to tell, likewise */
};

/** An errand with nothing asked yet. The caller owns it until errand_begin. */
struct errand *errand_new(const struct errand_kind *kind);

/** Sends it off, to come back to `worker` with `ticket`. Worker's thread. */
void errand_begin(struct errand *errand, struct worker *worker, uint64_t ticket);

/** Receives the errands that wait at `worker`, in the order of their coming: sends each on, or to
 * dispatch_errand if it is home. Worker's thread. */
void errand_receive(struct worker *worker);

/** Releases it. */
void errand_free(struct errand *errand);

/** Releases those that still wait at `worker`, whose thread has ended. */
void errand_discard(struct worker *worker);

#endif
