/* tally.h: what one thread of load counts: answers by kind of request, rejections by their code, and the
 * second that passes, which the reporter takes away as it ends.
 */
#ifndef BURSAR_CLIENT_BENCH_TALLY_H
#define BURSAR_CLIENT_BENCH_TALLY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/bench/histogram.h"

#define TALLY_CODES_MAX 32 /* kinds of rejection told apart; others count together */
#define TALLY_CODE_MAX  24 /* bytes of a code, with the NUL */

/** Answers of one kind of request, accepted or not. */
struct tally_kind {
    struct histogram latency; /* nanoseconds; its total is how many */
    uint64_t rejected;
};

/** The answers of a stretch of time. */
struct tally_second {
    struct histogram latency;
    uint64_t rejected;
};

struct tally_code {
    char code[TALLY_CODE_MAX]; /* "INSUFFICIENT" */
    uint64_t count;
};

struct tally {
    struct tally_kind *kinds; /* owned */
    unsigned count;
    bool measured; /* what is counted by kind and by code; the seconds are of all that comes */
    struct tally_code codes[TALLY_CODES_MAX]; /* the last is of all that found no room */
    char rejection[256];                      /* the first, for people */
    pthread_mutex_t lock;                     /* of `now`: held for a moment by both sides */
    struct tally_second *now;                 /* owned */
    struct tally_second *spare;               /* owned; the reporter's, empty but while it reads it */
};

/** Prepares for `kinds` kinds. Ends the process when there is no memory. */
void tally_prepare(struct tally *tally, unsigned kinds);

/** Counts `times` answers of one kind. The caller holds the lock. */
void tally_answers(struct tally *tally, unsigned kind, uint64_t latency_ns, uint64_t times);

/** Counts one of them as rejected, for the `length` bytes at `text`: "CODE sentence". The caller holds the
 * lock. */
void tally_rejection(struct tally *tally, unsigned kind, const char *text, size_t length);

/** Adds what was counted since the last time to `into`. The reporter. */
void tally_take(struct tally *tally, struct tally_second *into);

/** Adds all that `other` counted by kind and by code; its seconds are not. */
void tally_merge(struct tally *tally, const struct tally *other);

void tally_free(struct tally *tally);

#endif
