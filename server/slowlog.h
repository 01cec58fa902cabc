/* slowlog.h: the requests that took long, as Redis's SLOWLOG tells them.
 *
 * What a request took is known only when its answer leaves, after the disk; what it asked is known only when
 * it is read. So each connection keeps a shortened copy of its unanswered requests, in their order, which is
 * the order of the answers too, and drops it when the answer leaves: only a slow one is looked at again. Each
 * worker has a log of its own, and an errand gathers them.
 */
#ifndef BURSAR_SERVER_SLOWLOG_H
#define BURSAR_SERVER_SLOWLOG_H

#include "proto/commands.h"
#include "server/asking.h"
#include "server/errand.h"

/** What one connection keeps. A zeroed one is empty and owns no memory. */
struct kept {
    struct buffer requests; /* a queue, oldest first (slowlog.c) */
    uint32_t answered;      /* requests whose answer is in the output or left: counted for ever, wrapping */
    uint32_t left;          /* of them, those whose answer left */
};

/** One worker's log: a ring of its newest entries. */
struct slowlog {
    struct buffer *entries; /* owned; `capacity` of them, each used again with its memory; NULL: none yet */
    uint32_t capacity;
    uint64_t added;    /* since the start or the last RESET */
    int64_t slower_us; /* requests that took so long or longer are logged; negative: none are */
};

/** Releases everything. */
void slowlog_close(struct slowlog *log);

/** Keeps a request that was just read, parsed from the bytes `raw`. Each that gets an answer is to be kept,
 * once, in order; `command` is NULL where there is no such command, `request` where there was no request at
 * all. Worker's thread. */
void slowlog_keep(struct connection *connection, const struct command *command, const struct request *request,
                  struct slice raw);

/** Says that the answers to the first `answered` requests (counted as kept.answered is) may leave now: logs
 * those that took too long. Worker's thread. */
void slowlog_release(struct connection *connection, uint32_t answered);

/** Answers SLOWLOG, or returns the errand that will bring the answer. */
struct errand *slowlog_answer(const struct asking *it);

#endif
