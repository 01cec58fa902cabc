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
#include "ledger/compose.h"
#include "ledger/hold.h"
#include "ledger/pool.h"
#include "ledger/remembered.h"
#include "ledger/shard.h"
#include "ledger/stripes.h"
#include "ledger/visit.h"

/** Things that a request touches are found once and kept apart: one for each account and id. */
#define WAITS_MAX 1024
static_assert(WAITS_MAX >= VIEWS_MAX && WAITS_MAX >= VISIT_TOUCHES_MAX + VISIT_IDS_MAX,
              "all that one request touches");

/** One thing that an undecided transaction has a claim to on this shard: as a writer, who will change it, or
 * as a reader, whose answer depends on it staying as it is. */
struct reservation {
    struct contention *contention; /* of an account or a name; NULL: of neither */
    struct stripe *stripe;         /* what it will post to; NULL: the contention's account, if any */
    union {
        struct effect effect;    /* what it will do, to an account */
        struct stripe_sums sums; /* to a stripe */
    };
    uint8_t last; /* the last number that touches it is the first one plus this */
    uint8_t late; /* enum late: what it does with the amount of the first leg, which the decision brings */
    bool reader;
};

/** What one transaction prepared here and has not heard the decision of. */
struct prepared {
    uint32_t size; /* bytes in all */
    uint32_t reservation_count;
    struct message *message; /* a copy, where the commit needs more than the reservations: an id's or a
                                reference's shard, a definition */
    bool gate;               /* it holds the whole shard */
    struct reservation reservations[];
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
    struct stripes stripes;
    struct remembered remembered;
    struct holds holds;
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
    struct unsealed undated;          /* of struct hold: to be dated once their stamps are real */
    struct unsealed discarded;        /* of memory that the lists above may point to: released by the seal */
    uint64_t now;                     /* the newest time that a clock message told */
    uint64_t outdated;                /* ids from before this time may be forgotten; 0: none */
    struct parked_queue changes;      /* changes of accounts that are being gathered */

    struct shard_numbers count;
    struct assets assets;
    struct visit visit;  /* scratch of the transfer at hand */
    struct buffer draft; /* and of a message being composed here */
};

/** Takes `count` provisional numbers of this batch and returns the first. */
sequence_t shard_number(struct shard *shard, uint32_t count);

/** Sets a number that is kept in the tables to the greater of itself and `number`; sealed with the batch. */
void shard_advance(struct shard *shard, sequence_t *kept, sequence_t number);

/** Has a stamp that is kept in the tables sealed with the batch. */
void shard_unsealed(struct shard *shard, struct stamp *kept);

/** Has a hold's deadline count from `hold->dated` once that is real. */
void shard_undated(struct shard *shard, struct hold *hold);

/** Forgets what is remembered from before shard->outdated: at most so many transfers, and as many ended
 * holds. */
void shard_forget(struct shard *shard, unsigned count);

/** For each id that is remembered so many are forgotten that are outdated: as fast as they come, and no
 * slower where many became so while nothing came. */
#define FORGOTTEN_FOR_EACH 2

/** Releases memory from malloc in which a number or a stamp may be unsealed. */
void shard_discard(struct shard *shard, void *memory);

/** Adds a thing to wait for. A thing may come twice. */
void shard_wait(struct shard *shard, struct contention *contention);

/** The contention of an account, or of a name that is in no table, made when there is none. */
struct contention *shard_contention(struct shard *shard, struct account *account);
struct contention *shard_claim(struct shard *shard, enum claim_space space, const void *message,
                               const struct name *name);

/** The text of a name in a message. */
static inline struct slice name_text(const void *message, const struct name *name)
{
    return (struct slice){message_text(message, name->offset), name->length};
}

/** The account that `name` in `message` names, or NULL, and its contention, or NULL when nothing is open on
 * it. */
struct account *shard_find(const struct shard *shard, const void *message, const struct name *name,
                           struct contention **contention);

/** Drops what is kept for a thing that nobody holds and nobody waits for any more. */
void shard_release(struct shard *shard, struct contention *contention);

/** Whether this shard is the one that decides a request. */
bool shard_decides(const struct shard *shard, const struct route *route);

/** Room to note what a request prepares here: `count` zeroed reservations. */
struct prepared *shard_prepare(struct shard *shard, uint32_t count);

/** Notes in `message` where `prepared` is kept and passes the message on to the next of its shards. */
void shard_pass_on(struct shard *shard, struct message *message, struct route *route,
                   struct prepared *prepared, struct outbox *outbox);

/** Takes what was prepared in a slot; the caller gives it back to the pool. */
struct prepared *shard_unprepare(struct shard *shard, uint32_t slot);

/** Who a shard is, when it composes a message itself: in the name of `message`'s origin, or, NULL, nobody's.
 */
struct sender shard_sender(const struct shard *shard, const struct message *message);

/** Sends a request to its first shard, as if it came new; to this one, it is taken next. It must not hold a
 * provisional number: it may wait here for long. */
void shard_send(struct shard *shard, const struct message *message, struct route *route,
                struct outbox *outbox);

/** What becomes of a request. */
struct decided {
    bool commit;        /* it happens now, */
    struct stamp stamp; /* and this is its first number */
    const void *told;   /* what some members are to hear beside, */
    size_t told_size;
    uint64_t told_to; /* and which: as bits */
};

/** Tells every shard that prepared the request that it is decided. */
void shard_decide(struct shard *shard, const struct message *message, const struct route *route,
                  const struct decided *decided, struct outbox *outbox);

/** The same for what changes nothing: a question that is answered, a request that is refused. */
void shard_free_all(struct shard *shard, const struct message *message, const struct route *route,
                    struct outbox *outbox);

/** Posts to an account, and sums to a stripe: the two places where money changes. An effect may hold besides.
 */
void account_post(struct shard *shard, struct account *account, amount_t debits, amount_t credits,
                  sequence_t number);
void shard_post(struct shard *shard, struct account *account, const struct effect *effect, sequence_t number);
void shard_post_stripe(struct shard *shard, struct stripe *stripe, const struct stripe_sums *sums,
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
bool find_take(struct shard *shard, struct transfer_message *transfer, bool again, struct outbox *outbox);
bool open_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
bool change_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
bool read_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
bool lookup_take(struct shard *shard, struct message *message, bool again, struct outbox *outbox);
void define_take(struct shard *shard, struct message *message, struct outbox *outbox);
void survey_take(struct shard *shard, struct message *message, struct outbox *outbox);
void page_take(struct shard *shard, struct message *message, struct outbox *outbox);
void stripe_take(struct shard *shard, struct message *head, struct outbox *outbox);
void clock_take(struct shard *shard, const struct message *message, struct outbox *outbox);
void decision_take(struct shard *shard, const struct message *message);

/** Takes a transaction that is as most are. False, with nothing changed, when it isn't: then it goes the long
 * way. */
bool plain_take(struct shard *shard, struct transfer_message *transfer, struct outbox *outbox);

/** Tells the other shards of a transaction that it happens, and those who need it what became of its legs. */
void transfer_decide(struct shard *shard, const struct transfer_message *transfer, struct stamp first,
                     struct outbox *outbox);

/** The place in the asset table of a leg's asset; `from` and `to` are its accounts where they are here. */
uint16_t leg_asset(const struct shard *shard, const struct leg *leg, const struct account *from,
                   const struct account *to);

/** Begins a transaction anew that has nothing reserved any more, or tells its shards so first: from finding
 * what it refers to, or from visiting its shards. */
void transfer_restart(struct shard *shard, struct transfer_message *transfer, bool find,
                      struct outbox *outbox);

/** What a committed transaction leaves behind on this shard beside money: ids kept here are remembered, holds
 * kept here change. `first` is the stamp of its first number. `visit` finds the accounts, or NULL. */
void operations_commit(struct shard *shard, struct transfer_message *transfer, const struct visit *visit,
                       struct stamp first);

/** Appends the records of a committed transaction. */
void operations_record(const struct transfer_message *transfer, struct stamp first, struct buffer *records);

/** Whether a command asks for exactly what a hold was made for. */
bool operation_asks_for_hold(const struct shard *shard, const struct transfer_message *transfer,
                             const struct operation *operation, const struct hold *hold);

/** The limits of an account, and setting them; its money goes where they want it. */
struct record_options;
struct record_options account_options(const struct shard *shard, const struct account *account);
void account_limit(struct shard *shard, struct account *account, const struct record_options *options);

/** Turns an option's amount into smallest units. Rejects the request and returns false when it does not fit
 * the asset. */
bool option_amount(struct shard *shard, const struct message *message, const char *option,
                   struct decimal written, const struct asset_tag *asset, amount_t *out,
                   struct outbox *outbox);

/** What an account has been debited and credited, and what is held out of it and in for it, on this shard. */
struct stripe_sums account_sums(const struct shard *shard, const struct account *account);

/** Answers "CODE sentence". */
__attribute__((format(printf, 5, 6))) void shard_refuse(struct shard *shard, const struct message *message,
                                                        struct outbox *outbox, enum rejection_code code,
                                                        const char *format, ...);

/** Has an account spread over all shards if it may be and is not. */
void stripe_consider(struct shard *shard, struct account *account, struct outbox *outbox);

/** Has an account gathered, and a request about it taken again once it is. */
void stripe_gather(struct shard *shard, struct account *account, const struct message *message,
                   struct outbox *outbox);

/** What a shard does when it hears that an account was spread or gathered. */
void stripe_commit(struct shard *shard, struct stripe_message *message);

/** Fills in what the decision tells. */
void stripe_told(struct stripe_message *message, const struct decision_message *decision);

/** Applies a definition that is decided. */
void define_commit(struct shard *shard, const struct asset_tag *tag);

#endif
