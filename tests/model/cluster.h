/* cluster.h: the shards of one ledger in one thread, with a scheduler that does what threads might.
 *
 * There is a lane, first in first out, from every worker to every worker, and a few that clients submit into.
 * A scheduler step delivers some messages of one lane to their worker, or ends the batch of a worker: claims
 * its numbers, seals it and puts what it left into lanes. Which of these happens is a throw of the dice, so
 * everything that depends on a race between threads happens in some run, and again with the same seed.
 */
#ifndef BURSAR_TESTS_MODEL_CLUSTER_H
#define BURSAR_TESTS_MODEL_CLUSTER_H

#include "ledger/shard.h"
#include "tests/model/call.h"

struct cluster_config {
    unsigned shards;    /* 1 to SHARDS_MAX */
    uint64_t seed;      /* of the scheduler's dice and of the hash of ids */
    unsigned batch_max; /* messages of a lane delivered at once, at most */
    bool clock_jumps;   /* the clock moves on between batches, as real ones do; else each number is one
                           nanosecond after the one before */
    /* Hears what a worker sealed, before any message of that batch leaves; NULL: nobody does. */
    void (*sealed)(void *context, unsigned worker, const struct buffer *records);
    void *context;
};

/** What became of a submitted call. */
struct cluster_answer {
    char *text;           /* NULL: it is under way */
    sequence_t submitted; /* the newest number claimed when it was submitted */
    sequence_t answered;  /* the newest number claimed when it was answered */
    sequence_t seen;      /* the number its answer depends on */
    uint64_t steps;       /* scheduler steps from submission to answer */
};

struct cluster;

/** Empty shards; the caller frees them. */
struct cluster *cluster_create(const struct cluster_config *config);
void cluster_free(struct cluster *cluster);

/** Submits a call, which must live until it is answered. Returns its ticket: 0, 1, 2 ... */
size_t cluster_submit(struct cluster *cluster, const struct call *call);

/** One step of the scheduler. False: there is nothing under way. */
bool cluster_step(struct cluster *cluster);

/** The answer of a ticket, good until the next submission; its text lives as long as the cluster. */
const struct cluster_answer *cluster_answer(const struct cluster *cluster, size_t ticket);

/** Submits a call, runs until nothing is under way, and returns the text of its answer. */
const char *cluster_call(struct cluster *cluster, const struct call *call);

/** All records so far, in the order of their numbers (record.h). That their numbers are consecutive and their
 * times strictly increase is checked as they come. */
const struct buffer *cluster_records(const struct cluster *cluster);

/** The newest number claimed; 0: none was. */
sequence_t cluster_claimed(const struct cluster *cluster);

/** Kills the cluster, whatever is under way, and starts it again with `shards` shards from its records alone
 * (replay.h). Calls that were not answered never will be: submit them again. */
void cluster_restart(struct cluster *cluster, unsigned shards);

/** The same from other records, which replace those so far. False, with `error` (REPLAY_ERROR_MAX): a replay
 * refuses them; then nothing but another recovery may follow. */
bool cluster_recover(struct cluster *cluster, unsigned shards, const struct buffer *records, char *error);

/** The counters of all shards, summed. */
struct shard_numbers cluster_count(const struct cluster *cluster);

/** Messages found parked, summed over all batches. */
uint64_t cluster_parkings(const struct cluster *cluster);

/** The shard that an id belongs to. */
unsigned cluster_shard(const struct cluster *cluster, const char *id);

#endif
