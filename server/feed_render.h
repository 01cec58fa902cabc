/* feed_render.h: a commit record as the feed tells it, in the protocol's words. docs/protocol.md has the
 * maps. */
#ifndef BURSAR_SERVER_FEED_RENDER_H
#define BURSAR_SERVER_FEED_RENDER_H

#include "ledger/record.h"
#include "proto/reply.h"
#include "server/feed_names.h"

/** Appends one record as a map. False, with `error` (JOURNAL_ERROR_MAX bytes), when an account's name can't
 * be found; then the reply ends in the middle of the map. The feed's thread. */
bool feed_render(struct reply *reply, const struct record *record, struct feed_names *names, char *error);

#endif
