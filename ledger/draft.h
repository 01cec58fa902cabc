/* draft.h: a message under construction: fixed fields, then text, then a slot for each member but the last.
 * For the files that compose messages.
 */
#ifndef BURSAR_LEDGER_DRAFT_H
#define BURSAR_LEDGER_DRAFT_H

#include "ledger/compose.h"

struct draft {
    char *message;
    const struct sender *sender;
    uint32_t text; /* where the next text goes */
};

/** Starts a message of `fixed` bytes before its text, with room for `text` bytes and any slots after them.
 * Only the fixed part is zeroed. */
struct draft draft_start(struct buffer *out, const struct sender *sender, enum message_kind kind,
                         size_t fixed, size_t text);

/** Adds text, and room for text that follows later. */
void draft_text(struct draft *draft, uint32_t *offset, const char *text, size_t length);
void draft_room(struct draft *draft, uint32_t *offset, size_t length);

/** Adds a name. */
void draft_name(struct draft *draft, struct name *name, struct slice text);

/** Fills in all of a name but where its text is. */
void name_set(struct name *name, struct slice text, const struct sender *sender);

/** Ends the message; `route` is its route, and it may ever have `members_max` members. */
void draft_end(struct draft *draft, struct buffer *out, struct route *route, uint64_t members,
               unsigned members_max);

/** The members of a request that concerns every shard. */
uint64_t members_all(unsigned shards);

#endif
