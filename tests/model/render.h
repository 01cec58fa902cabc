/* render.h: between calls and messages: what the server does with requests and replies, in the text form of
 * the model tests.
 */
#ifndef BURSAR_TESTS_MODEL_RENDER_H
#define BURSAR_TESTS_MODEL_RENDER_H

#include "ledger/compose.h"
#include "tests/model/call.h"

/** Appends the message that asks for a call. Returns the shard it goes to first. */
unsigned render_request(const struct call *call, const struct sender *sender, struct buffer *out);

/** Empties `reply` and fills it with the text of an answer to `call`, NUL-terminated. Returns the number that
 * must be durable before the client hears of it. */
sequence_t render_reply(const struct call *call, const struct message *answer, struct buffer *reply);

#endif
