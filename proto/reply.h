/* reply.h: from answers to bytes, in RESP2 or RESP3. Each function appends one item to a buffer. */
#ifndef BURSAR_PROTO_REPLY_H
#define BURSAR_PROTO_REPLY_H

#include <stdbool.h>

#include "proto/amount.h"
#include "proto/buffer.h"
#include "proto/resp.h"

/** Where replies go, and in which version of the protocol. */
struct reply {
    struct buffer *out; /* borrowed */
    int version;        /* 2 or 3 */
};

/** "+text": a simple string. `text` has no line end in it. */
void reply_simple(struct reply *reply, const char *text);

/** "-CODE sentence". The sentence may quote what a client sent: bytes that are not printable ASCII, line ends
 *  among them, are replaced by '?'. */
void reply_error(struct reply *reply, const char *code, const char *sentence, size_t length);

/** "-CODE ..." with a formatted sentence, under the same rule; cut at 1,000 bytes. */
__attribute__((format(printf, 3, 4))) void reply_errorf(struct reply *reply, const char *code,
                                                        const char *format, ...);

/** ":value". */
void reply_integer(struct reply *reply, int64_t value);

/** "$length bytes". */
void reply_bulk(struct reply *reply, const char *text, size_t length);

/** A bulk string of a NUL-terminated text. */
void reply_text(struct reply *reply, const char *text);

/** A bulk string with a formatted text of any length. */
__attribute__((format(printf, 2, 3))) void reply_textf(struct reply *reply, const char *format, ...);

/** RESP3: a verbatim string "=len txt:..."; RESP2: a bulk string. For INFO. */
void reply_verbatim(struct reply *reply, const char *text, size_t length);

/** Nil: "$-1" in RESP2, "_" in RESP3. */
void reply_nil(struct reply *reply);

/** Yes or no: ":1" or ":0" in RESP2, "#t" or "#f" in RESP3. */
void reply_boolean(struct reply *reply, bool value);

/** The head of an array; `count` items must follow. */
void reply_array(struct reply *reply, size_t count);

/** The head of a map; `count` pairs, key then value, must follow. An array of 2 * count items in RESP2. */
void reply_map(struct reply *reply, size_t count);

/** The head of a set; `count` items must follow. An array in RESP2. */
void reply_set(struct reply *reply, size_t count);

/** Bulk strings of exact amounts, with exactly `scale` fraction digits. */
void reply_amount(struct reply *reply, amount_t value, unsigned scale);
void reply_balance(struct reply *reply, balance_t value, unsigned scale);

#endif
