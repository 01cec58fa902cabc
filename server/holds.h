/* holds.h: the open holds, by id: what folding needs to know of them. Kept in memory beside the database, for
 * as long as they are open.
 */
#ifndef BURSAR_SERVER_HOLDS_H
#define BURSAR_SERVER_HOLDS_H

#include "ledger/message.h"
#include "proto/resp.h"

/** One hold. */
struct open_hold {
    amount_t remaining; /* still held, never 0 */
    uint64_t hash;      /* of its id */
    sequence_t number;
    sequence_t from; /* accounts, by the number of their opening; 0: @world */
    sequence_t to;
    uint64_t deadline; /* nanoseconds since the epoch; 0: none */
    uint8_t id_length;
    char id[IDENT_MAX];
};

/** A zeroed one is empty. */
struct holds {
    struct open_hold *rows; /* owned; in no order */
    uint32_t *slots;        /* owned; open addressing: a row's place + 1, 0: free */
    uint32_t count;
    uint32_t capacity;  /* of rows */
    uint32_t slot_mask; /* slots - 1, a power of two less one; at most half are used */
};

/** The open hold with an id; NULL: there is none. Good until the next holds_add or holds_remove. */
struct open_hold *holds_find(const struct holds *holds, struct slice id);

/** Adds a hold, zeroed but for its id, which no open one has. */
struct open_hold *holds_add(struct holds *holds, struct slice id);

/** Removes one of them. */
void holds_remove(struct holds *holds, struct open_hold *hold);

/** Releases all memory; it is empty afterwards. */
void holds_free(struct holds *holds);

#endif
