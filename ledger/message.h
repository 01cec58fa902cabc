/* message.h: what a shard may be told, and what it may tell.
 *
 * A message is a flat run of bytes, a multiple of MESSAGE_ALIGN long: fixed fields, then arrays, then the
 * text of names, all addressed by offsets from the message's start. It can be copied anywhere and handed to
 * any thread. A request is composed once, at the size it will always have; the shards it visits fill in what
 * they know.
 *
 * A request visits the shards of its `members` in ascending order and is decided by the highest. Where it
 * changed nothing but asked a question, it then goes back to its origin as it is, marked `answered`;
 * everything else is answered by an outcome_message.
 */
#ifndef BURSAR_LEDGER_MESSAGE_H
#define BURSAR_LEDGER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/amount.h"
#include "proto/ident.h"

#define MESSAGE_ALIGN 16

/** One bit a shard in a message's members. */
#define SHARDS_MAX 64

/** Legs of one transfer; what a visit to a shard costs is bounded by it. */
#define LEGS_MAX 128

/** Bytes of a note. */
#define NOTE_MAX 256

/** Commands of one transaction, and conditions in it: as many as legs. */
#define OPERATIONS_MAX LEGS_MAX
#define CONDITIONS_MAX LEGS_MAX

/** Conditions of one command. */
#define OPERATION_CONDITIONS_MAX 16

/** Seconds that a hold may live: a hundred years. */
#define TTL_MAX UINT64_C(3153600000)

/** Assets a ledger may define, the ones known from the start included. */
#define ASSETS_MAX 1024

/** Accounts that one BALANCES may ask for: what one request's arguments can name. */
#define VIEWS_MAX 1023

/** Accounts that one page of a listing may examine. */
#define PAGE_MAX 1000

/** A place in the log. The first record has number 1. Inside a batch, before its numbers are claimed, a
 * number is provisional: SEQUENCE_PROVISIONAL + how many the batch used before it. Provisional numbers never
 * leave a batch: shard_seal makes them real. */
typedef uint64_t sequence_t;
#define SEQUENCE_PROVISIONAL (UINT64_C(1) << 63)

/** When and where in the log something happened. */
struct stamp {
    sequence_t number;
    uint64_t time; /* nanoseconds since the epoch; strictly increasing with the number */
};

enum message_kind {
    MESSAGE_TRANSFER, /* a transaction: move, hold and release money, all or nothing */
    MESSAGE_OPEN,     /* open an account */
    MESSAGE_CHANGE,   /* change an account's limits or state */
    MESSAGE_DEFINE,   /* define an asset */
    MESSAGE_READ,     /* look at accounts: BALANCE, BALANCES, ACCOUNT */
    MESSAGE_LOOKUP,   /* look up a transfer by its id */
    MESSAGE_SURVEY,   /* totals by asset of the whole ledger: TRIAL, ASSETS, DBSIZE */
    MESSAGE_PAGE,     /* list accounts in the order of their opening */
    MESSAGE_CLOCK,    /* to a shard from its owner: what time it is */
    MESSAGE_STRIPE,   /* shard to shard: spread an account over all shards, or gather it again */
    MESSAGE_DECISION, /* shard to shard: what became of something prepared */
    MESSAGE_OUTCOME   /* shard to the origin: what became of a request */
};

struct message {
    uint32_t size;    /* bytes in all, this head included; a multiple of MESSAGE_ALIGN */
    uint8_t kind;     /* enum message_kind */
    uint8_t answered; /* 1 on the way back: for the origin's connections, not for its shard */
    uint8_t origin;   /* the worker whose connection asked */
    bool internal;    /* a shard began it: nobody is to be answered */
    uint64_t ticket;  /* the origin's own word for the request; the ledger only hands it back */
};

/** Where a request goes. Follows the head of every kind that shards pass on. */
struct route {
    uint64_t members; /* bit s: shard s takes part */
    sequence_t seen; /* the newest number that the shards visited so far know of: what an answer depends on */
    uint32_t
        slots; /* offset of a uint32_t for each member but the highest: where it keeps what it prepared */
    uint32_t spare;
};

/** A name inside a message. */
struct name {
    uint64_t hash;
    uint32_t offset; /* of its text in the message */
    uint8_t length;
    uint8_t shard; /* where it lives; of a world or striped account, where its side of a leg is executed */
    bool world;    /* an asset's @world account, which has a stripe on every shard */
    bool striped;  /* so has this one, as far as whoever composed the message knew */
};

/** An asset as messages carry it, so that no two tables need agree. An empty one has length 0. */
struct asset_tag {
    char code[ASSET_CODE_MAX];
    uint8_t length;
    uint8_t scale;
    uint8_t spare[2];
};

/** The state of an account, and of a hold. The values are in the journal or the snapshot. */
enum account_state { ACCOUNT_OPEN, ACCOUNT_FROZEN, ACCOUNT_CLOSED };
enum hold_state { HOLD_OPEN, HOLD_CAPTURED, HOLD_VOIDED, HOLD_EXPIRED };

/** The codes of errors, in no order: the order of checks is rules.h's. */
enum rejection_code {
    REJECTION_NONE,
    REJECTION_IDREUSED,
    REJECTION_SAMEACCOUNT,
    REJECTION_NOACCOUNT,
    REJECTION_CLOSED,
    REJECTION_FROZEN,
    REJECTION_ASSET,
    REJECTION_AMOUNT,
    REJECTION_OVERFLOW,
    REJECTION_CONDITION,
    REJECTION_INSUFFICIENT,
    REJECTION_CEILING,
    REJECTION_NOHOLD,
    REJECTION_CAPTURED,
    REJECTION_VOIDED,
    REJECTION_EXPIRED,
    REJECTION_LEFT, /* more than the hold has left; said as AMOUNT */
    REJECTION_NOTRANSFER,
    REJECTION_REVERSED,
    REJECTION_EXISTS,
    REJECTION_NOTEMPTY
};

/** The first thing found wrong so far, in the order of checks. All zero: nothing. */
struct rejection {
    uint32_t rank;     /* its place in the order of checks: less is reported first */
    uint8_t code;      /* enum rejection_code */
    uint8_t leg;       /* which leg, from 0 */
    uint8_t condition; /* which condition is at fault, + 1; 0: none, a leg is */
    bool to_side;      /* the account at fault is the leg's `to` */
    bool bound;        /* `have` is the most (or the least) it can be, other transfers being undecided */
    bool unlimited;    /* SWEEP: the account has no limit, and so no end of what is available */
    balance_t have;
    amount_t need;
    struct asset_tag asset; /* the asset of the account at fault */
    struct asset_tag other; /* REJECTION_ASSET: that of the leg's other account */
};

/** What a command with legs does, and what its id is kept as. The values are in the journal. */
enum transfer_type {
    TRANSFER_TRANSFER, /* money moves */
    TRANSFER_DEPOSIT,
    TRANSFER_WITHDRAW,
    TRANSFER_SWEEP,
    TRANSFER_CAPTURE, /* of a hold; it moves, and what was held and does not move is released */
    TRANSFER_REVERSE,
    TRANSFER_HOLD,   /* money is held */
    TRANSFER_EXTEND, /* a hold lives longer */
    TRANSFER_VOID,   /* what is held is released */
    TRANSFER_EXPIRE, /* the same, by itself */
    TRANSFER_BALANCE /* a look at an account among other commands: leaves nothing behind */
};

/** Whether a transfer of this type moves money. */
static inline bool transfer_moves(uint8_t type)
{
    return type <= TRANSFER_REVERSE;
}

/** What can be changed of an account. The values are in the journal. */
enum change_type { CHANGE_LIMIT, CHANGE_FREEZE, CHANGE_THAW, CHANGE_CLOSE };

/** One leg: `amount` from `from` to `to`. */
struct leg {
    amount_t mantissa; /* the amount as it was written: a decimal, split to keep the leg small */
    amount_t amount;   /* smallest units, filled in by the first shard that knows the asset */
    struct name from;
    struct name to;
    sequence_t from_number; /* the number of each account's opening, filled in by its shard; 0: @world */
    sequence_t to_number;
    struct asset_tag asset; /* filled in by the first shard that knows */
    uint8_t digits;
    bool settled; /* `amount` is filled in */
    uint8_t spare[14];
};

/** What an account's balance must be. */
enum relation { RELATION_AT_LEAST, RELATION_AT_MOST, RELATION_EXACTLY, RELATION_ANY /* only to be told */ };

/** A condition on an account's balance, as it stands before the first leg of its command. */
struct condition {
    amount_t mantissa; /* of the balance it is compared with, without its sign */
    struct name account;
    struct asset_tag asset; /* filled in by the account's shard */
    struct total credits;   /* filled in: the account's, of a striped one added up */
    struct total debits;
    uint8_t digits;
    bool negative;
    uint8_t relation; /* enum relation */
    uint8_t spare[13];
};

/* Flags of an operation. */
#define OPERATION_KEEP    1  /* CAPTURE: the rest stays held */
#define OPERATION_ALL     2  /* CAPTURE, SWEEP: all there is; no amount was given */
#define OPERATION_FOUND   4  /* what its reference names was found, and its legs follow from it */
#define OPERATION_MISSING 8  /* it was looked for, and is not there */
#define OPERATION_LATE    16 /* SWEEP: where the money goes was visited before where it comes from */

/** One command of a transaction. */
struct operation {
    amount_t amount; /* a found hold: what it had left; SWEEP: the room below `to`'s ceiling, once LATE, */
    amount_t room;   /* and for its total */
    struct name id;  /* length 0: it has none */
    struct name reference; /* the hold or transfer it is about; length 0: none */
    uint64_t terms;        /* hash of what was asked beyond legs, note and reference; 0: nothing was */
    uint64_t ttl;          /* HOLD, EXTEND: seconds; 0: for ever */
    sequence_t number; /* a retry, and what it was answered the first time; when decided, its first number */
    uint32_t note;     /* offset of the note's text */
    uint16_t note_length;
    uint8_t type;  /* enum transfer_type */
    uint8_t flags; /* OPERATION_KEEP, ... */
    uint8_t leg;   /* its first leg */
    uint8_t leg_count;
    uint8_t condition; /* its first condition */
    uint8_t condition_count;
    bool retry; /* `number` is that of the first time: it does nothing now */
    uint8_t spare[11];
};

/** A transaction. Before it visits the shards of its accounts it finds out, from the shards of its
 * references, what its legs are. */
struct transfer_message {
    struct message head;
    struct route route;
    struct rejection rejection; /* code not NONE: doomed, reserves nothing further */
    uint64_t now;               /* EXPIRE: the clock that it is due by */
    uint32_t legs;              /* offsets of its legs and conditions */
    uint32_t conditions;
    uint8_t operation_count;
    uint8_t leg_count;
    uint8_t condition_count;
    bool finding; /* on its way to the shards of its references */
    bool whole;   /* a condition is on an account that every shard has a stripe of */
    bool several; /* EXEC: answered by the message itself */
    uint8_t spare[10];
    struct operation operations[];
};

static inline struct leg *transfer_legs(const struct transfer_message *transfer)
{
    return (struct leg *)(void *)((char *)(uintptr_t)transfer + transfer->legs);
}

static inline struct condition *transfer_conditions(const struct transfer_message *transfer)
{
    return (struct condition *)(void *)((char *)(uintptr_t)transfer + transfer->conditions);
}

/** The operation that a leg is of. */
const struct operation *transfer_operation(const struct transfer_message *transfer, unsigned leg);

/** How many numbers an operation takes when it is done: one a leg, none for a look or a retry. */
static inline unsigned operation_numbers(const struct operation *operation)
{
    return operation->retry || operation->type == TRANSFER_BALANCE ? 0 : operation->leg_count;
}

struct open_message {
    struct message head;
    struct route route;
    struct name account;
    struct asset_tag asset; /* its scale is filled in by the shard */
    amount_t overdraft;     /* mantissa */
    amount_t ceiling;       /* mantissa */
    uint8_t overdraft_digits;
    uint8_t ceiling_digits;
    bool unlimited;   /* no limit on its debt; overdraft is 0 */
    bool has_ceiling; /* else ceiling is 0 */
    uint8_t spare[12];
};

/** A change of an account's limits, or of its state. Fields of limits that are not given stay as they are. */
struct change_message {
    struct message head;
    struct route route;
    struct name account;
    amount_t overdraft; /* mantissa */
    amount_t ceiling;   /* mantissa */
    uint8_t overdraft_digits;
    uint8_t ceiling_digits;
    uint8_t type; /* enum change_type */
    bool overdraft_given;
    bool unlimited;
    bool ceiling_given;
    bool no_ceiling;
    uint8_t spare[9];
};

struct define_message {
    struct message head;
    struct route route;
    struct asset_tag asset;
};

/** What a reader may know of one account. */
struct view {
    struct name account;
    bool exists;
    bool unlimited;
    bool has_ceiling;
    uint8_t state; /* enum account_state */
    uint8_t spare[12];
    struct total debits; /* of a striped account, over all its stripes */
    struct total credits;
    struct total held_out;
    struct total held_in;
    amount_t overdraft;
    amount_t ceiling;
    struct asset_tag asset;
    struct stamp opened;
    sequence_t last; /* the newest number that changed it; 0: none did */
    sequence_t spare_last;
};

struct read_message {
    struct message head;
    struct route route;
    uint32_t view_count;
    bool whole; /* reads a striped account, and so every shard at one moment */
    uint8_t spare[11];
    struct view views[];
};

struct lookup_message {
    struct message head;
    struct route route;
    struct name id;
};

/** One leg of a remembered transfer. */
struct lookup_leg {
    amount_t amount; /* the asset's smallest units */
    struct asset_tag asset;
    uint32_t from; /* offsets of the names' text */
    uint32_t to;
    uint8_t from_length;
    uint8_t to_length;
    uint8_t spare[6];
};

/** The answer to a lookup_message: kind MESSAGE_LOOKUP, answered. */
struct lookup_answer {
    struct message head;
    sequence_t seen;
    struct stamp stamp;
    uint32_t note; /* offset of the note's text */
    uint16_t note_length;
    uint16_t leg_count;
    uint8_t type;  /* enum transfer_type */
    uint8_t state; /* HOLD: enum hold_state */
    bool reversed;
    bool found; /* false: nothing else is set */
    uint8_t spare[4];
    uint64_t ttl;       /* HOLD: seconds to live, from `dated`; 0: for ever */
    struct stamp dated; /* HOLD: of what its time to live counts from */
    amount_t remaining; /* HOLD: what is still held */
    struct lookup_leg legs[];
};

/** The whole ledger's totals in one asset. */
struct survey_row {
    struct asset_tag asset;
    struct total debits;
    struct total credits;
    uint64_t accounts; /* opened by clients */
    bool defined;      /* by a client, not known from the start */
    uint8_t spare[7];
};

struct survey_message {
    struct message head;
    struct route route;
    sequence_t number; /* filled in by the decider: the totals are those after this record */
    uint32_t row_count;
    uint32_t spare;
    struct survey_row rows[ASSETS_MAX]; /* by the order of definition, the same on every shard */
};

struct page_entry {
    sequence_t number; /* of the account's opening */
    uint8_t length;
    char text[IDENT_MAX];
    uint8_t spare[7];
};

struct page_message {
    struct message head;
    struct route route;
    sequence_t after;     /* accounts opened after this number */
    uint32_t count;       /* at most so many: 1 to PAGE_MAX */
    uint32_t entry_count; /* found so far */
    bool more;            /* there are more than these */
    uint8_t spare[15];
    struct page_entry entries[]; /* ascending by number */
};

/** What the decision of a transaction tells of a leg to who needs it. */
struct decided_leg {
    amount_t amount;   /* smallest units */
    amount_t released; /* of a hold: how much less is held now */
    struct asset_tag asset;
};

struct decision_message {
    struct message head;
    sequence_t seen;
    uint32_t slot; /* what the receiver prepared */
    bool commit;   /* else: it never happened */
    uint8_t spare[3];
    struct stamp stamp; /* of the first number, when it commits; of a spread account, its opening */
    _Alignas(
        MESSAGE_ALIGN) char told[]; /* when it commits and the receiver needs to know more: of a transaction
                                       a struct decided_leg for each leg, of a gathered account its sums */
};

struct clock_message {
    struct message head;
    uint64_t now; /* nanoseconds since the epoch */
    uint64_t spare;
};

/** The money of one stripe, or of several. What is held is signed, in two's complement: a hold may be placed
 * on one stripe and released on another. */
struct stripe_sums {
    struct total debits;
    struct total credits;
    struct total held_out;
    struct total held_in;
    sequence_t last; /* newest number that changed it; 0: none */
    uint64_t spare;
};

/** Spreads an account over all shards, or gathers it on its own. It changes nothing that anybody can see. */
struct stripe_message {
    struct message head;
    struct route route;
    struct name account;
    struct stripe_sums sums; /* gather: of the stripes on the shards visited so far */
    sequence_t number;       /* spread: of the account's opening, filled in by its shard */
    uint16_t asset;
    bool spread;
    uint8_t spare[5];
};

enum outcome_status {
    OUTCOME_OK,      /* done; nothing to tell */
    OUTCOME_NUMBER,  /* done; `number` is the answer */
    OUTCOME_REJECTED /* `text` is "CODE sentence" */
};

struct outcome_message {
    struct message head;
    sequence_t seen; /* must be durable before the client hears of this */
    sequence_t number;
    uint8_t status; /* enum outcome_status */
    uint8_t spare;
    uint16_t text_length;
    uint32_t spare2;
    char text[];
};

/** The text at `offset` of a message. */
static inline const char *message_text(const void *message, uint32_t offset)
{
    return (const char *)message + offset;
}

/** The shard that a request with these members goes to first: the lowest. */
static inline unsigned members_first(uint64_t members)
{
    return (unsigned)__builtin_ctzll(members);
}

/** The shard that decides: the highest. */
static inline unsigned members_last(uint64_t members)
{
    return 63U - (unsigned)__builtin_clzll(members);
}

/** The next member above `shard`, which must not be the last. */
static inline unsigned members_next(uint64_t members, unsigned shard)
{
    return members_first(members & ~((UINT64_C(2) << shard) - 1));
}

/** What a request touches, for whoever must keep requests of one connection in order: two requests that share
 * a key touch the same account or the same transfer id. Writes at most MESSAGE_KEYS_MAX keys to `keys` and
 * returns how many; accounts with a stripe on every shard have none. Only for composed requests. */
size_t message_keys(const struct message *message, uint64_t *keys);
#define MESSAGE_KEYS_MAX 1024

/** Whether a request enters a shard only when nothing is undecided there, and holds all of it. */
bool message_is_whole(const struct message *message);

/** Whether nothing else of the same connection may be in flight beside a request: it concerns every shard, or
 * what it touches is not known yet. */
bool message_is_alone(const struct message *message);

/** Makes a number real if it is provisional: `first` is the stamp of the batch's first record. */
static inline void sequence_seal(sequence_t *number, struct stamp first)
{
    if ((*number & SEQUENCE_PROVISIONAL) != 0)
        *number = first.number + (*number - SEQUENCE_PROVISIONAL);
}

/** The same for a stamp, whose time follows from its number. */
static inline void stamp_seal(struct stamp *stamp, struct stamp first)
{
    if ((stamp->number & SEQUENCE_PROVISIONAL) != 0)
        stamp->time = first.time + (stamp->number - SEQUENCE_PROVISIONAL);
    sequence_seal(&stamp->number, first);
}

/** Makes the provisional numbers of an outgoing message real: `first` is the stamp of the batch's first
 * record. */
void message_seal(struct message *message, struct stamp first);

#endif
