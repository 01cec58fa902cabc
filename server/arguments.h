/* arguments.h: reading one argument of a request, with an error for people when it is not what it should be.
 *
 * Each function returns whether the argument is good; when it is not, it has appended the error to the reply.
 */
#ifndef BURSAR_SERVER_ARGUMENTS_H
#define BURSAR_SERVER_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/amount.h"
#include "proto/commands.h"
#include "proto/reply.h"
#include "proto/resp.h"
#include "server/inquiry.h"

/** Whether `argument` is `word`, in any case. */
bool argument_is(struct slice argument, const char *word);

/** A decimal amount. */
bool argument_amount(struct reply *reply, struct slice argument, struct decimal *amount);

/** A balance: a decimal that may be negative. -0 is not. */
bool argument_balance(struct reply *reply, struct slice argument, struct decimal *balance, bool *negative);

/** A whole number from `min` to `max`, called `what`. */
bool argument_integer(struct reply *reply, struct slice argument, const char *what, uint64_t min,
                      uint64_t max, uint64_t *number);

/** A place in the log: a number, or a time. */
bool argument_place(struct reply *reply, struct slice argument, struct inquiry_place *place);

/** An account that a client opened or may open. */
bool argument_own_account(struct reply *reply, struct slice argument);

/** An account as above, or an asset's @world. */
bool argument_account(struct reply *reply, struct slice argument);

/** The id of a transfer: of one to be made, or, with `made`, of one that may have been made by the server. */
bool argument_transfer(struct reply *reply, struct slice argument, bool made);

/** The code of an asset. */
bool argument_asset(struct reply *reply, struct slice argument);

/** The text of a note. */
bool argument_note(struct reply *reply, struct slice argument);

/** Appends the error for an argument that fits nowhere in `syntax`. Returns false. */
bool argument_unexpected(struct reply *reply, struct slice argument, const char *syntax);

/** The same, with the syntax of a command. */
bool argument_misplaced(struct reply *reply, struct slice argument, const struct command *command);

#endif
