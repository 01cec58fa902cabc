/* commitlog.h: where commit records go, and how far they are safe.
 *
 * Workers hand over each turn's records under the numbers they claimed for it, and let a reply out only when
 * everything it depends on is durable. The log's own thread puts the records of all workers in the order of
 * their numbers, writes what has come meanwhile as one batch (group commit), and publishes one number. A
 * write or fdatasync that fails ends the process: it is never tried again, and nothing after it is ever
 * acknowledged.
 */
#ifndef BURSAR_SERVER_COMMITLOG_H
#define BURSAR_SERVER_COMMITLOG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "ledger/message.h"
#include "proto/buffer.h"
#include "server/counters.h"
#include "server/inbox.h"
#include "server/journal.h"

/** What "durable" means. */
enum durability {
    DURABILITY_SYNC,  /* on the disk */
    DURABILITY_ASYNC, /* written; on the disk a few milliseconds later */
    DURABILITY_NONE   /* nothing is kept */
};

/** Whoever waits for the log: each worker, and the followers: the archiver and the services. */
struct log_waiter {
    _Alignas(
        64) _Atomic sequence_t wanted; /* wake it once this is durable; 0: it does not sleep for the log */
    int wakefd;                        /* an eventfd; borrowed */
};

/** What INFO tells. Written by the log's thread. */
struct log_counters {
    counter_t newest;       /* the newest number written */
    counter_t batches;      /* written, those of no record not counted */
    counter_t bytes;        /* padding included */
    counter_t syncs;        /* calls of fdatasync */
    counter_t sync_us;      /* that they took together, */
    counter_t sync_us_max;  /* at most, */
    counter_t sync_us_last; /* and the last time */
};

/* One exists, so its padding does not matter. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct commitlog {
    _Alignas(64) _Atomic sequence_t durable; /* this record and all before it are safe */
    enum durability durability;
    unsigned workers;
    unsigned followers;
    uint64_t sync_interval_us;  /* ASYNC: between two calls of fdatasync */
    struct inbox inbox;         /* from each worker */
    struct buffer *unsent;      /* each worker's records that found its lane full */
    struct log_waiter *waiters; /* of each worker, then of each follower */
    struct buffer *lanes;       /* the batch at hand of each worker; the log's thread's */
    struct journal journal;
    struct log_counters counters;
    pthread_t thread;
    bool started;
    _Atomic bool stopping;
};

/** Opens a log for `workers` workers and `followers` other threads that wait for it. False, with errno set,
 * when the system refuses. With DURABILITY_NONE that is all: records are dropped and everything counts as
 * durable. */
bool commitlog_open(struct commitlog *log, enum durability durability, unsigned workers, unsigned followers,
                    uint64_t sync_interval_us);

/** Sets the eventfd that wakes waiter `index`: a worker's index, or `workers` + a
 * follower's: 0 is the archiver's, then come the services'. */
void commitlog_watch(struct commitlog *log, unsigned index, int wakefd);

/** Starts the thread behind `log->journal`, which the caller has acquired and the log owns from now on;
 * `newest` is the last number in it. False, with errno set, when the system refuses. */
bool commitlog_start(struct commitlog *log, sequence_t newest);

/** Writes everything out, closes the journal behind a last empty batch, and ends the thread. No worker may
 * append any more. */
void commitlog_stop(struct commitlog *log);

/** Releases everything. */
void commitlog_close(struct commitlog *log);

/** Takes a worker's sealed records, in the order of their numbers, out of `records`, which is empty
 *  afterwards. Worker `index`'s thread. */
void commitlog_append(struct commitlog *log, unsigned index, struct buffer *records);

/** Whether records of worker `index` have yet to be handed to the log's thread, because it is far behind; if
 * so, tries again. Worker's thread. */
bool commitlog_lags(struct commitlog *log, unsigned index);

/** The newest number that is safe together with all before it. Never goes back. Any thread. */
static inline sequence_t commitlog_durable(const struct commitlog *log)
{
    return atomic_load(&log->durable);
}

/** Announces that waiter `index` sleeps until more than `seen` is durable. False when it is already: then it
 * must not. The waiter's thread. */
bool commitlog_sleep(struct commitlog *log, unsigned index, sequence_t seen);

/** Ends what commitlog_sleep announced. The waiter's thread. */
void commitlog_awake(struct commitlog *log, unsigned index);

#endif
