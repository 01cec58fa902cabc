/* archiver.h: the thread that keeps the snapshot close behind the journal.
 *
 * It follows the durable journal and folds it into the archive, so workers never wait for it and nothing is
 * copied or forked; where it falls behind, the journal is its buffer. Each snapshot begins with a survey of
 * all shards (as TRIAL asks for): the archive is brought to exactly the number that the survey holds for, and
 * what the journal adds up to must be what the shards have. A difference would mean that the log and the
 * ledger disagree: the one thing that must never happen, so it stops the process.
 */
#ifndef BURSAR_SERVER_ARCHIVER_H
#define BURSAR_SERVER_ARCHIVER_H

#include <pthread.h>

#include "server/archive.h"
#include "server/counters.h"
#include "server/inbox.h"
#include "server/journal.h"

struct server;

/** The ticket of the archiver's own surveys: no connection's, whose index is never so high. */
#define ARCHIVER_TICKET UINT64_MAX

/** What INFO tells. Written by the archiver's thread. */
struct archiver_counters {
    counter_t number;   /* where the snapshot stands */
    counter_t time;     /* seconds since the epoch when it was last brought forward, or found up to date */
    counter_t taken;    /* snapshots since the start */
    counter_t last_us;  /* what the last one took */
    counter_t segments; /* of the journal, */
    counter_t bytes;    /* and their size */
};

/* One exists, so its padding does not matter. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct archiver {
    struct server *server;
    struct archive *archive; /* owned; NULL: nothing is kept */
    struct journal_reader reader;
    struct buffer unfolded; /* records read and not folded yet */
    struct inbox inbox;     /* answered surveys, from each worker */
    sequence_t folded;      /* the newest number folded */
    bool asked;             /* a survey of its own is on its way */
    struct archiver_counters counters;
    pthread_t thread;
    bool started;
    _Atomic bool stopping;
};

/** Opens the inbox; also where no archiver will run. False, with errno set, when the system refuses. */
bool archiver_open(struct archiver *archiver, struct server *server);

/** Starts the thread behind `archiver->archive`, which the caller has set, loaded. False, with `error`
 * (JOURNAL_ERROR_MAX bytes), when the journal can't be read or the system refuses. */
bool archiver_start(struct archiver *archiver, char *error);

/** Takes a last snapshot, of everything, and ends the thread. The log has stopped. */
void archiver_stop(struct archiver *archiver);

/** Releases everything. */
void archiver_close(struct archiver *archiver);

#endif
