/* request.h: from the arguments of a ledger command to the message that asks it.
 *
 * Everything that can be judged without the ledger is judged here: the shape of the request, ids, numbers,
 * options that exclude each other. What is wrong with them is an ERR; what is wrong with the money is the
 * shards' to say.
 */
#ifndef BURSAR_SERVER_REQUEST_H
#define BURSAR_SERVER_REQUEST_H

#include "ledger/message.h"
#include "proto/commands.h"
#include "proto/reply.h"
#include "proto/resp.h"

struct worker;

/** Composes the message, or the inquiry (inquiry.h), for a command that reads or writes the ledger and whose
 * arity fits, with the ticket that worker->sender has, in worker->draft. It is good until the next one.
 * `text` becomes what rendering its answer needs of the request (an id, a pattern; at most FLIGHT_ASIDE_MAX
 * bytes), or stays empty. NULL when the arguments are wrong: the error was appended to `reply`. */
const struct message *request_compose(struct worker *worker, const struct command *command,
                                      const struct request *request, struct reply *reply, struct slice *text);

#endif
