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
#include "proto/buffer.h"
#include "proto/resp.h"

/** Who asks, and how many shards there are to be asked. */
struct sender {
    uint64_t ticket;
    uint64_t seed;   /* as in shard_config */
    unsigned shards; /* 1 to SHARDS_MAX */
    uint8_t origin;  /* worker */
};

/** One leg as it was asked for. */
struct leg_text {
    struct slice from;
    struct slice to;
    struct decimal amount;
};

/** Whether `text` names an asset's @world account: "@world/CODE". */
bool compose_is_world(struct slice text);

/** A transfer of 1 to LEGS_MAX legs with a note of at most NOTE_MAX bytes (length 0: none). */
struct transfer_message *compose_transfer(struct buffer *out, const struct sender *sender, struct slice id,
                                          unsigned leg_count, const struct leg_text *legs, struct slice note);

/** A transfer between an account and the @world of its asset: TRANSFER_DEPOSIT brings money in,
 *  TRANSFER_WITHDRAW takes it out. */
struct transfer_message *compose_world_transfer(struct buffer *out, const struct sender *sender,
                                                enum transfer_type type, struct slice id,
                                                struct slice account, struct decimal amount,
                                                struct slice note);

/** The opening of an account; the caller sets the options in the message. */
struct open_message *compose_open(struct buffer *out, const struct sender *sender, struct slice account,
                                  struct slice asset);

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

#endif
