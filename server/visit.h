/* visit.h: a question that goes from worker to worker, for what only each worker itself may look at: its
 * connections, its slow log.
 *
 * A visit begins at the worker whose client asks, goes round the others in their order and comes home last,
 * where the answer is made. So every worker's state is still touched by that worker alone, and two visits
 * from one worker see every other in the order in which they began. A worker that nobody visits pays one
 * load a turn.
 */
#ifndef BURSAR_SERVER_VISIT_H
#define BURSAR_SERVER_VISIT_H

#include <stdint.h>

#include "proto/buffer.h"
#include "proto/reply.h"

struct visit;
struct worker;

/** What a visit does. */
struct visit_kind {
    /** Looks at one worker, and may change it, in its thread. */
    void (*look)(struct worker *worker, struct visit *visit);
    /** Answers, after every worker was looked at. In the thread of the worker it came from. */
    void (*answer)(struct visit *visit, struct reply *reply);
};

struct visit {
    struct visit *next; /* before it in the pile at a worker */
    const struct visit_kind *kind;
    uint64_t ticket;     /* of the request it answers */
    unsigned origin;     /* the worker it comes from */
    struct buffer asked; /* the question, as its kind writes it */
    struct buffer found; /* what the workers had to tell, likewise */
};

/** A visit with nothing asked yet. The caller owns it until visit_begin. */
struct visit *visit_new(const struct visit_kind *kind);

/** Sends it off, to come back to `worker` with `ticket`. Worker's thread. */
void visit_begin(struct visit *visit, struct worker *worker, uint64_t ticket);

/** Receives the visits that wait at `worker`, in the order of their coming: sends each on, or to
 * dispatch_visit if it is home. Worker's thread. */
void visit_receive(struct worker *worker);

/** Releases it. */
void visit_free(struct visit *visit);

/** Releases those that still wait at `worker`, whose thread has ended. */
void visit_discard(struct worker *worker);

#endif
