/* history.h: what was, read from the disk: HISTORY, BALANCE ... AT, and LOOKUP of what no shard remembers.
 *
 * An answer is as of one number that is durable when it is given. Up to the number S where the snapshot
 * stands the entries come from SQLite, in one read transaction: each transfer row names the entry before it
 * on both of its accounts, landmarks say where in a long history a place is, and runs, which are sorted by
 * the hash of ids, where a transfer is; so what is read is proportional to what is told. What came after S is
 * found by reading the journal from there. Where the snapshot has moved on meanwhile, and the journal's
 * segments were given up behind it, all is done once more.
 */
#ifndef BURSAR_SERVER_HISTORY_H
#define BURSAR_SERVER_HISTORY_H

#include "server/inquiry.h"
#include "server/journal.h"

struct history;

/** One inquiry and what becomes of it. */
struct question {
    const struct inquiry *inquiry; /* borrowed */
    struct buffer reply;           /* the answer, in the protocol's form; the caller's to release */
};

/** Questions that are answered together at most. */
#define QUESTIONS_MAX 64

/** A reader of DIR, a directory of this ledger. Nothing is opened before it is needed. Used by one thread. */
struct history *history_new(const char *dir, struct ledger_id ledger);

/** Releases it. */
void history_free(struct history *history);

/** Answers 1 to QUESTIONS_MAX questions as of number `durable`, which is in the journal and covers what each
 * of them must know of. Nothing with a time up to `now_ns` comes later. All of them share one reading of the
 * journal. What goes wrong with the disk is an ERR in the reply. */
void history_answer(struct history *history, struct question *questions, unsigned count, sequence_t durable,
                    uint64_t now_ns);

/** The service's thread. */
void *history_thread(void *context);

#endif
