/* connect.h: from a place to a connection that is ready, and a new one after it was lost. */
#ifndef BURSAR_CLIENT_CONNECT_H
#define BURSAR_CLIENT_CONNECT_H

#include "client/link.h"

/** How long and how often to try again. A zeroed one begins; zero it whenever an answer came. */
struct connect_retry {
    int64_t deadline_ms; /* of a clock that never jumps: when to give up; 0: not lost yet */
    int64_t pause_ms;    /* before the next try */
};

/** Connects and asks for RESP3, in which maps are told from arrays. A server that is still loading is waited
 * for, up to the place's timeout, and a connection
 * that ends at once is tried a few times; a server that is not there is not waited for. False, with
 * link->error set, when it can't be. */
bool connect_open(struct link *link, const struct place *place);

/** Connects again, after a connection was lost: the first time at once, and then after pauses that grow,
 * until it is done or the place's timeout has passed since `retry` began. What had come and was not taken is
 * gone. False, with link->error set. */
bool connect_again(struct link *link, struct connect_retry *retry);

/** Whether the other side has not closed the connection, as far as can be known without sending. */
bool connect_alive(const struct link *link);

#endif
