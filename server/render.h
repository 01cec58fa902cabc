/* render.h: from the ledger's answers to replies. */
#ifndef BURSAR_SERVER_RENDER_H
#define BURSAR_SERVER_RENDER_H

#include "ledger/message.h"
#include "proto/commands.h"
#include "proto/reply.h"

/** The name of a type of transfer (enum transfer_type). */
const char *render_kind(uint8_t type);

/** What became of something with an id. */
struct render_state {
    const char *name;   /* "posted", "reversed", ... */
    bool hold;          /* it is a hold, and has */
    amount_t remaining; /* so much left, */
    uint64_t deadline;  /* until then, nanoseconds since the epoch; 0: for ever */
};

/** Appends the reply to a LOOKUP of `id`. */
void render_lookup(struct reply *reply, const struct lookup_answer *answer, struct slice id,
                   const struct render_state *state);

/** Appends the reply to a request that was `command`. `text` is what was kept of it: for LOOKUP the id, for
 *  ACCOUNTS the pattern, if it had one. */
void render_answer(struct reply *reply, enum command_id command, const struct message *answer,
                   struct slice text);

#endif
