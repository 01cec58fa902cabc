/* turn.h: the commit log's thread, one turn at a time.
 *
 * server/commitlog.c runs as it is, on the simulated disk, but in the simulator's one thread: what its thread
 * does without a pause is done here when the scheduler says so. Where it ends the process, only the turn
 * ends.
 */
#ifndef BURSAR_TESTS_SIM_TURN_H
#define BURSAR_TESTS_SIM_TURN_H

#include "server/commitlog.h"

enum turn {
    TURN_IDLE,  /* nothing has come that could be written */
    TURN_DONE,  /* a batch was written, synced and published */
    TURN_FAILED /* the process has ended */
};

/** Opens a log for `workers` workers. Its journal is the caller's to acquire. */
void turn_open(struct commitlog *log, unsigned workers);

/** Begins behind number `newest`, which is durable. */
void turn_begin(struct commitlog *log, sequence_t newest);

/** What the log's thread does between two pauses. */
enum turn turn_take(struct commitlog *log);

/** What it does last, when it is asked to stop: everything is written already. False: the process has ended.
 */
bool turn_stop(struct commitlog *log);

/** The process is gone. */
void turn_close(struct commitlog *log);

#endif
