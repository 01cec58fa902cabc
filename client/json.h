/* json.h: replies as JSON, one line each. Maps are objects; integers are numbers; amounts, like all text,
 * strings, as no reader of JSON may be trusted with more than a double; nil is null; an error is
 * {"error":{"code":"...","message":"..."}}. Bytes that are not UTF-8 become U+FFFD.
 */
#ifndef BURSAR_CLIENT_JSON_H
#define BURSAR_CLIENT_JSON_H

#include "proto/buffer.h"
#include "proto/resp.h"

/** Appends the whole reply in `length` bytes at `bytes`, which answer_skip found whole. */
void json_reply(struct buffer *out, const char *bytes, size_t length);

/** Appends the reply to BALANCES as an object: each account's balance. */
void json_balances(struct buffer *out, const char *bytes, size_t length, const struct slice *accounts);

#endif
