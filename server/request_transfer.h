/* request_transfer.h: reading the commands that move or hold money, alone or as one of a transaction's. */
#ifndef BURSAR_SERVER_REQUEST_TRANSFER_H
#define BURSAR_SERVER_REQUEST_TRANSFER_H

#include <stdbool.h>

#include "ledger/compose.h"
#include "proto/commands.h"
#include "proto/reply.h"
#include "proto/resp.h"

struct worker;

/** Bytes of an id made for '*': "@t/", when the server started (microseconds, 16 hexadecimal digits), the
 * worker (2), and a count. Together they are never used twice, restarts included. */
#define MADE_ID_MAX (3 + 16 + 2 + 16)

/** The commands of one transaction as they were asked for. What the slices point to is the caller's, but for
 * the ids made here. Only the counts need be zeroed. */
struct transaction_text {
    unsigned count; /* of commands */
    unsigned leg_count;
    unsigned condition_count;
    struct operation_text operations[OPERATIONS_MAX];
    struct leg_text legs[LEGS_MAX]; /* of all commands; one that has none takes one nevertheless */
    struct condition_text conditions[CONDITIONS_MAX]; /* of all commands; BALANCE takes one */
    char made[OPERATIONS_MAX][MADE_ID_MAX];
};

/** Whether a transaction may consist of this command and others. */
bool transaction_may_have(enum command_id command);

/** Reads one more command, whose arity fits, into `text`. False when something is wrong with it: the error
 * was appended to `reply`, and `text` is of no use any more. */
bool transaction_read(struct worker *worker, const struct command *command, const struct slice *args,
                      uint32_t argc, struct reply *reply, struct transaction_text *text);

#endif
