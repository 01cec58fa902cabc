/* visit.h: a transaction's visit to one shard: what it touches there, found once.
 *
 * Accounts that it moves money on or has a condition on, and ids: those that its commands bring along, and
 * those of the holds and transfers that they refer to.
 */
#ifndef BURSAR_LEDGER_VISIT_H
#define BURSAR_LEDGER_VISIT_H

#include "ledger/account.h"
#include "ledger/hold.h"
#include "ledger/remembered.h"
#include "ledger/stripes.h"

struct shard;

#define VISIT_TOUCHES_MAX (2 * LEGS_MAX + CONDITIONS_MAX)
#define VISIT_IDS_MAX     (2 * OPERATIONS_MAX)

/** What a leg does to an account when its amount is known only as it is decided. Until then as much is
 * reserved as it can be. */
enum late {
    LATE_NONE,
    LATE_SWEPT,        /* it is credited: the end of a sweep */
    LATE_CAPTURED_OUT, /* less is held out of it, and it is debited */
    LATE_CAPTURED_IN,
    LATE_RELEASED_OUT, /* less is held out of it */
    LATE_RELEASED_IN
};

/** An account that a transaction touches on this shard, and what the steps checked so far do to it. */
struct touch {
    const struct name *name;       /* NULL: an @world */
    struct account *account;       /* NULL: it does not exist, or only a stripe of it is here */
    struct stripe *stripe;         /* where its money is; NULL: in the account */
    struct contention *contention; /* what is open on it or on its name; NULL: nothing */
    union {
        struct effect effect;    /* without a stripe */
        struct stripe_sums sums; /* with one */
    };
    uint8_t last; /* the last number that changes it, counted from the transaction's first */
    uint8_t late; /* enum late */
    bool writes;  /* a step changes it */
    bool reads;   /* the answer depends on its balance */
};

/** An id that a command brings or refers to, and that is kept on this shard. */
struct id_touch {
    struct contention *contention; /* what is open on it; NULL: nothing */
    struct hold *hold;             /* what has this id: one of these, or neither */
    struct remembered_entry *entry;
    amount_t left; /* a reference to a hold: what the steps checked so far leave of it, */
    uint8_t state; /* and the enum hold_state that they leave it in */
    uint8_t operation;
    bool reference; /* else it is the command's own */
};

#define TOUCH_NONE (-1)

/** What a transaction touches on this shard. */
struct visit {
    uint32_t touch_count;
    uint32_t id_count;
    bool stale;   /* an account was taken for spread that is not, or the other way: to be routed anew */
    bool unfound; /* what a reference was found to be is not so any more: to be found anew */
    int16_t from[LEGS_MAX]; /* the leg's touch; TOUCH_NONE: it is on another shard, or an @world
                               whose asset is not known yet */
    int16_t to[LEGS_MAX];
    int16_t conditions[CONDITIONS_MAX]; /* the condition's touch */
    struct id_touch ids[VISIT_IDS_MAX]; /* in the order of commands, own before reference */
    struct touch touches[VISIT_TOUCHES_MAX];
};

/** Finds what a transaction touches here. Retries touch nothing but their id. */
void visit_make(struct visit *visit, const struct shard *shard, const struct transfer_message *transfer);

/** The touch of this shard's stripe of an asset's @world, made when there is none. Returns its place. */
int16_t visit_world(struct visit *visit, struct stripe *stripe);

/** The name that an id touch is of. */
const struct name *id_touch_name(const struct transfer_message *transfer, const struct id_touch *id);

/** What one leg does to one of its accounts, all at once. */
struct step {
    amount_t debits; /* smallest units; posted */
    amount_t credits;
    amount_t held_out; /* held more */
    amount_t held_in;
    amount_t released_out; /* held less */
    amount_t released_in;
};

/** Adds one step to a touch. `last`: its number, counted from the transaction's first. */
void touch_step(struct touch *touch, const struct step *step, unsigned last);

#endif
