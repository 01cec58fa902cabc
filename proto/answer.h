/* answer.h: from reply bytes to items, for whoever asked. RESP2 and RESP3 alike.
 *
 * A reply is read from bytes that lie in one run: answer_skip tells whether it is whole, answer_next walks
 * its items in the order they were written. An aggregate is its head followed by its items, so a reader of
 * nested replies recurses over one position; nothing is allocated and texts point into the caller's bytes.
 * Format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
#ifndef BURSAR_PROTO_ANSWER_H
#define BURSAR_PROTO_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#define ANSWER_LINE_MAX  65536     /* bytes of a head or of a simple text, without its line end */
#define ANSWER_TEXT_MAX  536870912 /* bytes of one bulk text: what Redis allows */
#define ANSWER_COUNT_MAX 1048576   /* items of one aggregate: a damaged head is not waited for */
#define ANSWER_DEPTH_MAX 16        /* aggregates within each other; COMMAND DOCS needs 8 */

enum answer_kind {
    ANSWER_SIMPLE,  /* +text */
    ANSWER_ERROR,   /* -CODE sentence, or RESP3's !length: the text without its mark */
    ANSWER_INTEGER, /* :integer; text too, as it was written */
    ANSWER_TEXT,    /* $length, or RESP3's =length without its "txt:" */
    ANSWER_NIL,     /* $-1, *-1, _ */
    ANSWER_ARRAY,   /* *count */
    ANSWER_MAP,     /* %count: count pairs, key then value */
    ANSWER_SET,     /* ~count */
    ANSWER_PUSH,    /* >count */
    ANSWER_BOOLEAN, /* #t, #f: integer is 1 or 0 */
    ANSWER_NUMBER   /* ,double and (big number: as text, since neither fits an integer exactly */
};

enum answer_status {
    ANSWER_OK,
    ANSWER_MORE,  /* bytes are missing */
    ANSWER_BROKEN /* not RESP, or beyond the bounds above: the connection can't be read any further */
};

/** One item: a scalar with its value, or the head of an aggregate. */
struct answer {
    enum answer_kind kind;
    const char *text; /* points into the bytes read, not NUL-terminated; NULL where the kind has no text */
    size_t length;    /* bytes of text; 0 where there is none */
    int64_t integer;  /* INTEGER and BOOLEAN; else 0 */
    size_t count;     /* items that follow an ARRAY, SET or PUSH; pairs that follow a MAP; else 0 */
};

/** Reads the item at `*position` of `length` bytes at `bytes`: a scalar whole, an aggregate's head alone.
 *  On ANSWER_OK fills `item` and moves `*position` past what it read; else writes neither. */
enum answer_status answer_next(const char *bytes, size_t length, size_t *position, struct answer *item);

/** Skips the whole reply at `*position`, everything in it included. On ANSWER_OK moves `*position` past it;
 * else leaves it. ANSWER_BROKEN also when aggregates lie more than ANSWER_DEPTH_MAX deep. */
enum answer_status answer_skip(const char *bytes, size_t length, size_t *position);

#endif
