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
    MESSAGE_TRANSFER, /* move money: TRANSFER, DEPOSIT, WITHDRAW */
    MESSAGE_OPEN,     /* open an account */
    MESSAGE_DEFINE,   /* define an asset */
    MESSAGE_READ,     /* look at accounts: BALANCE, BALANCES, ACCOUNT */
    MESSAGE_LOOKUP,   /* look up a transfer by its id */
    MESSAGE_SURVEY,   /* totals by asset of the whole ledger: TRIAL, ASSETS, DBSIZE */
    MESSAGE_PAGE,     /* list accounts in the order of their opening */
    MESSAGE_DECISION, /* shard to shard: what became of something prepared */
    MESSAGE_OUTCOME   /* shard to the origin: what became of a request */
};

struct message {
    uint32_t size;    /* bytes in all, this head included; a multiple of MESSAGE_ALIGN */
    uint8_t kind;     /* enum message_kind */
    uint8_t answered; /* 1 on the way back: for the origin's connections, not for its shard */
    uint8_t origin;   /* the worker whose connection asked */
    uint8_t spare;
    uint64_t ticket; /* the origin's own word for the request; the ledger only hands it back */
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
    uint8_t shard; /* where it lives; of a world account, where its side of a leg is executed */
    bool world;    /* an asset's @world account, which has a stripe on every shard */
    uint8_t spare;
};

/** An asset as messages carry it, so that no two tables need agree. An empty one has length 0. */
struct asset_tag {
    char code[ASSET_CODE_MAX];
    uint8_t length;
    uint8_t scale;
    uint8_t spare[2];
};

/** The codes of errors, in no order: the order of checks is rules.h's. */
enum rejection_code {
    REJECTION_NONE,
    REJECTION_IDREUSED,
    REJECTION_SAMEACCOUNT,
    REJECTION_NOACCOUNT,
    REJECTION_ASSET,
    REJECTION_AMOUNT,
    REJECTION_OVERFLOW,
    REJECTION_INSUFFICIENT,
    REJECTION_CEILING,
    REJECTION_EXISTS
};

/** The first thing found wrong so far, in the order of checks. All zero: nothing. */
struct rejection {
    uint32_t rank; /* its place in the order of checks: less is reported first */
    uint8_t code;  /* enum rejection_code */
    uint8_t leg;   /* which leg, from 0 */
    bool to_side;  /* the account at fault is the leg's `to` */
    bool bound;    /* `have` is the most (or the least) it can be, other transfers being undecided */
    balance_t have;
    amount_t need;
    struct asset_tag asset; /* the asset of the account at fault */
    struct asset_tag other; /* REJECTION_ASSET: that of the leg's other account */
};

/** One leg: `amount` from `from` to `to`. */
struct leg {
    amount_t mantissa; /* the amount as it was written: a decimal, split to keep the leg small */
    struct name from;
    struct name to;
    sequence_t from_number; /* the number of each account's opening, filled in by its shard; 0: @world */
    sequence_t to_number;
    struct asset_tag asset; /* filled in by the first shard that knows */
    uint8_t digits;
    uint8_t spare[15];
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
    TRANSFER_EXPIRE  /* the same, by itself */
};

/** Whether a transfer of this type moves money. */
static inline bool transfer_moves(uint8_t type)
{
    return type <= TRANSFER_REVERSE;
}

/** What can be changed of an account. The values are in the journal. */
enum change_type { CHANGE_LIMIT, CHANGE_FREEZE, CHANGE_THAW, CHANGE_CLOSE };

struct transfer_message {
    struct message head;
    struct route route;
    struct name id;
    struct rejection rejection; /* code not NONE: doomed, reserves nothing further */
    uint32_t note;              /* offset of the note's text */
    uint16_t note_length;
    uint16_t leg_count;
    uint8_t type; /* enum transfer_type */
    uint8_t spare[7];
    struct leg legs[];
};

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
    uint8_t spare[13];
    struct total debits; /* of a world account, over all its stripes */
    struct total credits;
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
    bool whole; /* reads a world account, and so every shard at one moment */
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
    uint8_t type; /* enum transfer_type */
    bool found;   /* false: nothing below is set */
    uint8_t spare[14];
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

struct decision_message {
    struct message head;
    sequence_t seen;
    uint32_t slot; /* what the receiver prepared */
    bool commit;   /* else: it never happened */
    uint8_t spare[3];
    struct stamp stamp;        /* of the first leg, when it commits */
    struct asset_tag assets[]; /* of each leg, when it commits and the receiver keeps its id; else none */
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
 * a key touch the same account or the same transfer id. Writes at most 2 * LEGS_MAX + 1 or VIEWS_MAX keys to
 * `keys` and returns how many; @world accounts have none. Only for composed requests. */
size_t message_keys(const struct message *message, uint64_t *keys);
#define MESSAGE_KEYS_MAX 1024

/** Whether a request concerns every shard, and so everything else that its connection has in flight. */
bool message_is_whole(const struct message *message);

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
