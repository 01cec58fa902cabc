/* hold.h: the holds of one shard, found by their id, and by who is due next.
 *
 * A hold lives on the shard of its id, from the HOLD until the id is forgotten: while it is open, and for the
 * id window after it ended, since who comes too late is told what became of it. What it holds is counted on
 * its accounts' shards.
 */
#ifndef BURSAR_LEDGER_HOLD_H
#define BURSAR_LEDGER_HOLD_H

#include "ledger/index.h"
#include "ledger/message.h"
#include "proto/resp.h"

struct hold {
    amount_t amount;    /* smallest units */
    amount_t remaining; /* what is still held; 0 once it ended */
    struct stamp stamp;
    struct stamp dated; /* of what its deadline counts from: itself, or its last extension */
    struct stamp ended; /* of what ended it; 0: it is open */
    uint64_t ttl;       /* seconds, from `dated`; 0: it never expires */
    uint64_t terms;     /* as asked for, see struct operation */
    uint64_t hash;      /* of its id */
    struct hold *next;  /* among those that ended, in the order in which they did */
    uint32_t place;     /* in the table */
    uint32_t due;       /* place among those that expire, + 1; 0: it is not there */
    uint16_t asset;     /* its place in the asset table */
    uint16_t note_length;
    uint8_t state; /* enum hold_state */
    uint8_t id_length;
    uint8_t from_length;
    uint8_t to_length;
    char text[]; /* id, from, to, note */
};

/** A zeroed one is empty. */
struct holds {
    struct index index;   /* of places */
    struct hold **places; /* owned, and what they point to; NULL: free */
    uint32_t *free_places;
    uint32_t count; /* places ever used */
    uint32_t capacity;
    uint32_t free_count;
    uint64_t open;     /* holds that are open */
    struct hold **due; /* those that expire: a heap by deadline */
    uint32_t due_count;
    uint32_t due_capacity;
    struct hold *ended_first; /* those that ended */
    struct hold *ended_last;
};

/** A new hold as it was asked for. Texts are copied. */
struct hold_parts {
    struct slice id;
    struct slice from;
    struct slice to;
    struct slice note;
    uint64_t hash; /* of its id */
    amount_t amount;
    uint64_t ttl;
    uint64_t terms;
    uint16_t asset;
};

/** The hold with this id; NULL: there is none. */
struct hold *holds_find(const struct holds *holds, const char *id, size_t length, uint64_t hash);

/** Adds an open hold, whose id must not be there yet. It is not dated yet. */
struct hold *holds_add(struct holds *holds, const struct hold_parts *parts, struct stamp stamp);

/** Forgets the deadline of a hold: before its ttl or `dated` changes. */
void holds_undate(struct holds *holds, struct hold *hold);

/** Its deadline counts from `hold->dated` from now on, whose number and time are real. */
void holds_date(struct holds *holds, struct hold *hold);

/** Its time of expiry, nanoseconds since the epoch; UINT64_MAX: it has none, or is not dated yet. */
uint64_t hold_deadline(const struct hold *hold);

/** Ends an open hold. Its stamp `ended` is the caller's to set. */
void holds_end(struct holds *holds, struct hold *hold, enum hold_state state);

/** The open hold that expires next, if its deadline is at or before `now`, taken out of those that are due;
 * NULL: there is none. */
struct hold *holds_pop_due(struct holds *holds, uint64_t now);

/** The next deadline; UINT64_MAX: nothing expires. */
uint64_t holds_next_deadline(const struct holds *holds);

/** Puts the holds that ended into the order in which they did, whatever the order of holds_end: a snapshot
 * tells of them in the order in which they were made. */
void holds_sort_ended(struct holds *holds);

/** Forgets a hold that has ended, whenever that was. */
void holds_drop(struct holds *holds, struct hold *hold);

/** Forgets the hold that ended first, if that was before `time` and its stamps are real. False: it was not.
 */
bool holds_forget(struct holds *holds, uint64_t time);

static inline struct slice hold_id(const struct hold *hold)
{
    return (struct slice){hold->text, hold->id_length};
}

static inline struct slice hold_from(const struct hold *hold)
{
    return (struct slice){hold->text + hold->id_length, hold->from_length};
}

static inline struct slice hold_to(const struct hold *hold)
{
    return (struct slice){hold->text + hold->id_length + hold->from_length, hold->to_length};
}

static inline struct slice hold_note(const struct hold *hold)
{
    return (struct slice){hold->text + hold->id_length + hold->from_length + hold->to_length,
                          hold->note_length};
}

/** Releases all memory. */
void holds_free(struct holds *holds);

#endif
