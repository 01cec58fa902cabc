/* lister.h: asks a server for names to complete, on a connection of its own: a transaction on the shell's is
 * not disturbed, and one that answers slowly is not waited for.
 */
#ifndef BURSAR_CLIENT_LISTER_H
#define BURSAR_CLIENT_LISTER_H

#include "client/complete.h"
#include "client/link.h"

struct lister {
    struct place place; /* with a short timeout */
    struct link link;
};

/** Begins; connects when it is first asked. */
void lister_init(struct lister *lister, const struct place *place);

/** Adds to `names` those of a kind that the server has and that begin with `prefix`: as many as can be told
 * in a moment. A complete_ask: `context` is the lister. Says nothing when there is no server. */
void lister_ask(void *context, struct names *names, enum names_kind kind, struct slice prefix);

/** Closes its connection. */
void lister_close(struct lister *lister);

#endif
