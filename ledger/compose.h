/* compose.h: from checked arguments to messages: hashes names, finds their shards, lays out the bytes.
 *
 * Every function appends one message to `out`, which stays the caller's, and returns a pointer to it that is
 * good until the next append. Its first shard is members_first(route.members). Names must be valid ids
 * (ident.h), or
 * "@world/CODE" where an account is meant; nothing here can fail.
 */
#ifndef BURSAR_LEDGER_COMPOSE_H
#define BURSAR_LEDGER_COMPOSE_H

#include "ledger/message.h"
#include "ledger/stripes.h"
#include "proto/buffer.h"
#include "proto/resp.h"

/** Who asks, and how many shards there are to be asked. */
struct sender {
    uint64_t ticket;
    uint64_t seed;                 /* as in shard_config */
    const struct stripes *stripes; /* of the sender's own shard: which accounts are spread; NULL: none are */
    unsigned shards;               /* 1 to SHARDS_MAX */
    uint8_t origin;                /* worker */
};

/** One leg as it was asked for. */
struct leg_text {
    struct slice from;
    struct slice to;
    struct decimal amount;
};

/** One condition as it was asked for. */
struct condition_text {
    struct slice account;
    struct decimal level; /* without its sign */
    bool negative;
    enum relation relation;
};

/** One command of a transaction as it was asked for. Fields that its type does not use are zero. */
struct operation_text {
    struct slice id;             /* of all but BALANCE */
    struct slice reference;      /* CAPTURE, EXTEND, VOID: the hold; REVERSE: the transfer */
    struct slice note;           /* at most NOTE_MAX bytes; length 0: none */
    const struct leg_text *legs; /* TRANSFER, DEPOSIT, WITHDRAW ("@world" for one side), HOLD, SWEEP;
                                    CAPTURE: its amount alone; BALANCE: its account as `from` alone;
                                    REVERSE: none, or those of the transfer as they will be */
    const struct condition_text *conditions;
    uint64_t ttl; /* HOLD, EXTEND: seconds, 1 to TTL_MAX; HOLD: 0 for ever */
    enum transfer_type type;
    unsigned leg_count;       /* 1 to LEGS_MAX where the type has legs, else 0 */
    unsigned condition_count; /* TRANSFER: at most OPERATION_CONDITIONS_MAX */
    bool amount_given;        /* SWEEP, CAPTURE: the leg's amount counts; else all there is */
    bool keep;                /* CAPTURE */
};

/** Legs that a command takes of a transaction's LEGS_MAX. REVERSE is never one of several. */
static inline unsigned operation_text_legs(const struct operation_text *text)
{
    return text->leg_count > 0 ? text->leg_count : 1;
}

/** Whether `text` names an asset's @world account: "@world/CODE". */
bool compose_is_world(struct slice text);

/** A transaction of `count` commands, 1 to OPERATIONS_MAX, with at most LEGS_MAX legs and CONDITIONS_MAX
 * conditions (BALANCE has one) in all. `several`: it is an EXEC, answered by the message itself; else `count`
 * is 1, and the answer a number. */
struct transfer_message *compose_transaction(struct buffer *out, const struct sender *sender, unsigned count,
                                             const struct operation_text *texts, bool several);

/** A transfer of 1 to LEGS_MAX legs with a note of at most NOTE_MAX bytes (length 0: none). */
struct transfer_message *compose_transfer(struct buffer *out, const struct sender *sender, struct slice id,
                                          unsigned leg_count, const struct leg_text *legs, struct slice note);

/** A transfer between an account and the @world of its asset: TRANSFER_DEPOSIT brings money in,
 *  TRANSFER_WITHDRAW takes it out. */
struct transfer_message *compose_world_transfer(struct buffer *out, const struct sender *sender,
                                                enum transfer_type type, struct slice id,
                                                struct slice account, struct decimal amount,
                                                struct slice note);

/** Finds the shards of a transaction's names anew and sets its route: to the shard of the first reference
 * that is not found yet, else to all that take part. */
void compose_route(struct transfer_message *transfer, const struct sender *sender);

/** Puts a name in the place of one that a transaction has room for (IDENT_MAX bytes at its offset). */
void compose_name(struct transfer_message *transfer, struct name *name, struct slice text,
                  const struct sender *sender);

/** The opening of an account; the caller sets the options in the message. */
struct open_message *compose_open(struct buffer *out, const struct sender *sender, struct slice account,
                                  struct slice asset);

/** A change of an account; the caller sets the limits in the message. */
struct change_message *compose_change(struct buffer *out, const struct sender *sender, struct slice account,
                                      enum change_type type);

/** The definition of an asset with a valid code and a scale of 0 to AMOUNT_SCALE_MAX. */
struct define_message *compose_define(struct buffer *out, const struct sender *sender, struct slice code,
                                      unsigned scale);

/** A look at 1 to VIEWS_MAX accounts at one moment. */
struct read_message *compose_read(struct buffer *out, const struct sender *sender, unsigned count,
                                  const struct slice *accounts);

/** A look at a transfer. */
struct lookup_message *compose_lookup(struct buffer *out, const struct sender *sender, struct slice id);

/** The totals of every asset. */
struct survey_message *compose_survey(struct buffer *out, const struct sender *sender);

/** The next `count` (1 to PAGE_MAX) accounts opened after number `after`: 0, or a number that a page ended
 *  with. */
struct page_message *compose_page(struct buffer *out, const struct sender *sender, sequence_t after,
                                  unsigned count);

/** An account to be spread over all shards, or gathered. */
struct stripe_message *compose_stripe(struct buffer *out, const struct sender *sender, struct slice account,
                                      bool spread);

#endif
