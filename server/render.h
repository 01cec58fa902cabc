/* render.h: from the ledger's answers to replies. */
#ifndef BURSAR_SERVER_RENDER_H
#define BURSAR_SERVER_RENDER_H

#include "ledger/message.h"
#include "proto/commands.h"
#include "proto/reply.h"

/** Appends the reply to a request that was `command`. `text` is what was kept of it: for LOOKUP the id, for
 *  ACCOUNTS the pattern, if it had one. */
void render_answer(struct reply *reply, enum command_id command, const struct message *answer,
                   struct slice text);

#endif
