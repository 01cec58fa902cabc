/* state.h: what a shard is made of, for the files of the ledger that handle its messages. See shard.h.
 *
 * A handler, X_take(), looks at a request on the shard it has come to. It first only asks: what the request
 * touches, and whether the answer is certain. If it is not, it returns false, having changed nothing and
 * having left in `shard->waits` the things it must wait for; the shard parks it and tries it again later,
 * with `again` set. Else it does everything at once: reserves and passes the request on, or decides and
 * answers it.
 */
#ifndef BURSAR_LEDGER_STATE_H
#define BURSAR_LEDGER_STATE_H

#include "ledger/accounts.h"
#include "ledger/asset.h"
#include "ledger/claims.h"
#include "ledger/pool.h"
#include "ledger/remembered.h"
#include "ledger/rules.h"
#include "ledger/shard.h"

/** Things that a request touches are found once and kept apart: one for each account and id. */
#define WAITS_MAX (VIEWS_MAX > 2 * LEGS_MAX + 1 ? VIEWS_MAX : 2 * LEGS_MAX + 1)

/** One thing that an undecided transaction holds on this shard. */
struct hold {
    struct contention *contention; /* of an account or a name; NULL: a stripe of an @world */
    struct asset *world;           /* whose stripe, when contention is NULL */
    amount_t debits;               /* what it will post if it commits; none for a reader or a name */
    amount_t credits;
    balance_t trough; /* the lowest and highest points that its legs reach here on the way */
    balance_t peak;
    uint8_t last_leg; /* the last leg that touches it: its number is the first leg's plus this */
    bool reader;
};

/** What one transaction prepared here and has not heard the decision of. */
struct prepared {
    uint32_t size; /* bytes in all */
    uint32_t hold_count;
    struct message
        *message; /* a copy, where the commit needs more than the holds: an id's shard, a definition */
    bool gate;    /* it holds the whole shard */
    struct hold holds[];
};

/** A shard that answers about its whole self, or is waiting to, takes requests one after another. */
struct gate {
    bool held;                 /* by a request that concerns all shards and is prepared here */
    struct parked_queue queue; /* requests that came since, or wait to be the one that holds it */
};

/** A list of places to be given their real numbers by the next seal. */
struct unsealed {
    void **places;
    uint32_t count;
    uint32_t capacity;
};

struct shard {
    struct shard_config config;
    struct accounts accounts;
    struct remembered remembered;
    struct claims claims;
    struct pool pool;

    struct prepared **slots; /* by slot; NULL: free */
    uint32_t *free_slots;
    uint32_t slot_count;
    uint32_t free_count;

    struct parked_queue ready; /* parked messages to be tried again */
    struct gate gate;
    struct contention *waits[WAITS_MAX]; /* what a handler that returned false must wait for */
    uint32_t wait_count;

    uint64_t used;                    /* numbers of this batch */
    sequence_t horizon;               /* the newest number that this shard knows of */
    struct unsealed unsealed_numbers; /* of sequence_t */
    struct unsealed unsealed_stamps;  /* of struct stamp */

    struct shard_numbers count;
    struct assets assets;
    struct visit visit; /* scratch of the transfer at hand */
};

/** Takes `count` provisional numbers of this batch and returns the first. */
sequence_t shard_number(struct shard *shard, uint32_t count);

/** Sets a number that is kept in the tables to the greater of itself and `number`; sealed with the batch. */
void shard_advance(struct shard *shard, sequence_t *kept, sequence_t number);

/** Has a stamp that is kept in the tables sealed with the batch. */
void shard_unsealed(struct shard *shard, struct stamp *kept);

/** Adds a thing to wait for. A thing may come twice. */
void shard_wait(struct shard *shard, struct contention *contention);

/** The contention of an account, or of a name that is in no table, made when there is none. */
struct contention *shard_contention(struct shard *shard, struct account *account);
struct contention *shard_claim(struct shard *shard, enum claim_space space, const void *message,
                               const struct name *name);

/** The account that `name` in `message` names, or NULL, and its contention, or NULL when nothing is open on
 * it. */
struct account *shard_find(const struct shard *shard, const void *message, const struct name *name,
                           struct contention **contention);

/** Drops what is kept for a thing that nobody holds and nobody waits for any more. */
void shard_release(struct shard *shard, struct contention *contention);

/** Whether this shard is the one that decides a request. */
bool shard_decides(const struct shard *shard, const struct route *route);

/** Room to note what a request prepares here: `hold_count` zeroed holds. */
struct prepared *shard_prepare(struct shard *shard, uint32_t hold_count);

/** Notes in `message` where `prepared` is kept and passes the message on to the next of its shards. */
void shard_pass_on(struct shard *shard, struct message *message, struct route *route,
                   struct prepared *prepared, struct outbox *outbox);

/** Takes what was prepared in a slot; the caller gives it back to the pool. */
struct prepared *shard_unprepare(struct shard *shard, uint32_t slot);

/** Tells every shard that prepared the request that it is decided. `with_assets`: the members (bits) that are
 * to hear the asset of each leg of `transfer` too. */
void shard_decide(struct shard *shard, const struct message *message, const struct route *route, bool commit,
                  struct stamp stamp, uint64_t with_assets, struct outbox *outbox);

/** Posts debits and credits to an account: the one place where an account's money changes. */
void shard_post(struct shard *shard, struct account *account, amount_t debits, amount_t credits,
                sequence_t number);

/** Posts to this shard's stripe of an asset's @world. */
void shard_post_world(struct shard *shard, struct asset *asset, amount_t debits, amount_t credits,
                      sequence_t number);

/** Answers the origin of a request. */
void shard_answer_ok(struct shard *shard, const struct message *message, sequence_t seen,
                     struct outbox *outbox);
void shard_answer_number(struct shard *shard, const struct message *message, sequence_t seen,
                         sequence_t number, struct outbox *outbox);
void shard_answer_rejected(struct shard *shard, const struct message *message, sequence_t seen,
                           const char *text, size_t length, struct outbox *outbox);

/** The handlers. */
bool transfer_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
bool open_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
bool read_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
bool lookup_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
void define_take(struct shard *shard, struct message *message, struct outbox *outbox);
void survey_take(struct shard *shard, struct message *message, struct outbox *outbox);
void page_take(struct shard *shard, struct message *message, struct outbox *outbox);
void decision_take(struct shard *shard, const struct message *message);

struct record_options;

/** Gives a new account the limits that its opening asks for. */
void account_limit(struct shard *shard, struct account *account, const struct record_options *options);

/** Applies a definition that is decided. */
void define_commit(struct shard *shard, const struct asset_tag *tag);

#endif
