/* render_values.h: the values that replies are made of, and the larger replies themselves. */
#ifndef BURSAR_SERVER_RENDER_VALUES_H
#define BURSAR_SERVER_RENDER_VALUES_H

#include "ledger/message.h"
#include "proto/commands.h"
#include "proto/reply.h"

/** A total in its asset's digits. */
void value_total(struct reply *reply, struct total total, unsigned scale);

/** plus - minus, with its sign. */
void value_difference(struct reply *reply, struct total plus, struct total minus, unsigned scale);

/** Nanoseconds since the epoch as RFC 3339 has it, in UTC. */
void value_time(struct reply *reply, uint64_t time_ns);

/** The reply to BALANCE, BALANCES or ACCOUNT. */
void render_read(struct reply *reply, enum command_id command, const struct read_message *read);

/** The name of a type of transfer (enum transfer_type). */
const char *render_kind(uint8_t type);

/** The reply to LOOKUP of `id`. */
void render_lookup(struct reply *reply, const struct lookup_answer *answer, struct slice id);

#endif
