/* multi.h: MULTI, EXEC and DISCARD: commands of one connection, kept until they become one transaction.
 *
 * A command is read when it is queued, so that what is wrong with it is said at once, and again at EXEC: what
 * is kept in between are its words, in a bounded amount.
 */
#ifndef BURSAR_SERVER_MULTI_H
#define BURSAR_SERVER_MULTI_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/message.h"
#include "proto/buffer.h"
#include "proto/commands.h"
#include "proto/reply.h"
#include "proto/resp.h"

struct connection;

/** Bytes that the queued commands of a connection may take. */
#define MULTI_BYTES_MAX 1048576

/** What is queued. A zeroed one is none, and owns no memory. */
struct multi {
    struct buffer queue;      /* commands, each a struct queued (multi.c) */
    uint32_t count;           /* of them */
    uint32_t leg_count;       /* that they take of a transaction's */
    uint32_t condition_count; /* likewise */
    bool open;                /* MULTI was said */
    bool failed;              /* something was wrong since: EXEC will refuse */
};

/** Whether a command is for the queue now: it is neither executed nor answered, except with QUEUED. `command`
 * may be NULL, an unknown one. */
bool multi_takes(const struct multi *multi, const struct command *command);

/** Whether EXEC has something to execute; else multi_answer answers it. */
bool multi_is_ready(const struct multi *multi);

/** Queues a command that multi_takes and whose arity fits, and answers it. False: with an error. */
bool multi_queue(struct connection *connection, const struct command *command, const struct request *request,
                 struct reply *reply);

/** Notes that a command was no good, if MULTI was said. */
void multi_fail(struct multi *multi);

/** Answers MULTI, DISCARD, WATCH and UNWATCH, and an EXEC for which multi_is_ready does not hold. */
void multi_answer(struct multi *multi, const struct command *command, struct reply *reply);

/** Composes the transaction of a queue that multi_is_ready, as request_compose does, and empties the queue.
 */
const struct message *multi_compose(struct connection *connection, struct reply *reply);

/** Forgets what is queued, and that MULTI was said. */
void multi_reset(struct multi *multi);

#endif
