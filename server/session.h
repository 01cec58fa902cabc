/* session.h: what a connection may ask about itself and about the server, without the ledger: PING, HELLO,
 * CLIENT, CONFIG, INFO and their like, as far as Redis 7 clients need them to connect and look.
 */
#ifndef BURSAR_SERVER_SESSION_H
#define BURSAR_SERVER_SESSION_H

#include <stdint.h>

#include "proto/commands.h"
#include "proto/reply.h"
#include "proto/resp.h"

/** Bytes of a name that a client gives its connection or its library. */
#define SESSION_NAME_MAX 64

/** What a connection is, as its client set it up. */
struct session {
    uint64_t id;           /* never used twice */
    uint64_t connected_us; /* monotonic clock */
    int version;           /* of the protocol: 2 or 3 */
    char name[SESSION_NAME_MAX + 1];
    char library[SESSION_NAME_MAX + 1];
    char library_version[SESSION_NAME_MAX + 1];
};

struct connection;
struct errand;

/** Answers a command that does not concern the ledger, whose arity fits; or returns the errand that will
 * bring its answer, for the caller to begin. */
struct errand *session_answer(struct connection *connection, const struct command *command,
                              const struct request *request, struct reply *reply);

#endif
