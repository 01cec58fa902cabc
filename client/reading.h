/* reading.h: a walk over one whole reply, item by item. */
#ifndef BURSAR_CLIENT_READING_H
#define BURSAR_CLIENT_READING_H

#include <assert.h>
#include <stdbool.h>

#include "proto/answer.h"
#include "proto/resp.h"

/** Where in a reply, which answer_skip found whole. A copy is a look ahead. */
struct reading {
    const char *bytes;
    size_t length;
    size_t position;
};

/** The next item: a scalar, or the head of an aggregate whose items follow. */
static inline struct answer reading_next(struct reading *reading)
{
    struct answer item = {0};
    enum answer_status status = answer_next(reading->bytes, reading->length, &reading->position, &item);
    assert(status == ANSWER_OK);
    return item;
}

/** Passes over the next item with all that is in it. */
static inline void reading_skip(struct reading *reading)
{
    enum answer_status status = answer_skip(reading->bytes, reading->length, &reading->position);
    assert(status == ANSWER_OK);
}

static inline bool answer_is_list(const struct answer *item)
{
    return item->kind == ANSWER_ARRAY || item->kind == ANSWER_SET || item->kind == ANSWER_PUSH;
}

static inline bool answer_is_aggregate(const struct answer *item)
{
    return item->kind == ANSWER_MAP || answer_is_list(item);
}

/** A scalar as text; empty for nil. */
static inline struct slice answer_text(const struct answer *item)
{
    if (item->kind == ANSWER_BOOLEAN)
        return slice_of(item->integer != 0 ? "true" : "false");
    return item->text != NULL ? (struct slice){item->text, item->length} : (struct slice){"", 0};
}

#endif
