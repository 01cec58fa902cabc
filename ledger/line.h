/* line.h: messages that wait, first come first served.
 *
 * A message that can't be answered yet parks: it takes a place in the line of every account and id it touches
 * on this shard, all at once. Whoever touches one of them later stands behind it. It is tried again when it
 * is first in all its lines and something it waits for was decided. As places are taken all at once, no two
 * messages of a shard can wait for each other; as nobody passes, none waits forever.
 */
#ifndef BURSAR_LEDGER_LINE_H
#define BURSAR_LEDGER_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/message.h"
#include "ledger/pool.h"

struct parked;

/** Where a parked message stands in one line. */
struct line_place {
    struct line_place *next; /* behind it in the same line */
    struct line *line;
    struct parked *parked;
};

/** Those who wait for one thing. A zeroed line is empty. */
struct line {
    struct line_place *first;
    struct line_place *last;
};

/** A message that waits, with its places. */
struct parked {
    struct parked *next; /* in a queue; see below */
    uint32_t size;       /* bytes of this struct, its places and its message */
    uint32_t place_count;
    uint32_t behind; /* lines in which it is not first */
    bool queued;     /* it is in the queue of those to be tried again */
    struct message *message;
    struct line_place places[];
};

/** Parked messages in the order in which they are to be tried. A zeroed queue is empty. */
struct parked_queue {
    struct parked *first;
    struct parked *last;
};

/** A copy of `message` that waits at the end of each of `count` different lines. */
struct parked *line_park(struct pool *pool, const struct message *message, struct line *const *lines,
                         uint32_t count);

/** Queues the first of the line to be tried again, when it is first in all its lines. */
void line_wake(struct line *line, struct parked_queue *ready);

/** Takes `parked`, which is first in all its lines, out of them, and queues whoever is now first everywhere.
 */
void line_leave(struct parked *parked, struct parked_queue *ready);

/** Moves everybody in `from` to `to`, which is empty: the thing they wait for is kept elsewhere from now on.
 */
void line_move(struct line *from, struct line *to);

/** Releases a message that is in no line and no queue. */
void parked_free(struct pool *pool, struct parked *parked);

/** Adds to the end of a queue. */
void parked_push(struct parked_queue *queue, struct parked *parked);

/** Takes the first of a queue; NULL when it is empty. */
struct parked *parked_pop(struct parked_queue *queue);

#endif
