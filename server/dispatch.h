/* dispatch.h: from a connection's bytes to messages for shards, and from their answers to its replies.
 *
 * The one place that knows the order of a connection: which request may start beside those in flight, and
 * whose answer is written next.
 */
#ifndef BURSAR_SERVER_DISPATCH_H
#define BURSAR_SERVER_DISPATCH_H

#include "ledger/message.h"
#include "proto/buffer.h"
#include "server/connection.h"
#include "server/errand.h"

/** Takes as many requests from the start of `input` as are whole and may be taken now; the rest stays there.
 */
void dispatch_input(struct connection *connection, struct buffer *input);

/** Goes on with what had to wait: a held request, then the backlog. */
void dispatch_resume(struct connection *connection);

/** Has a FEED that the connection waits for answer at once: the client is gone, or soon will be. */
void dispatch_release(struct connection *connection);

/** Ends a connection whose request stayed unfinished for too long. */
void dispatch_timeout(struct connection *connection);

/** Brings an answer to the connection it is for, if that is still there. */
void dispatch_answer(struct worker *worker, const struct message *answer);

/** Brings the answer of an errand that came home, likewise. */
void dispatch_errand(struct worker *worker, struct errand *errand);

#endif
