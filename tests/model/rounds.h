/* rounds.h: how often a random test repeats, and with which seeds.
 *
 * BURSAR_SEED=n replays the one round with that seed; else seeds count up from the clock.
 * BURSAR_ROUNDS=percent scales how many there are, 100 being what every run of the tests does.
 */
#ifndef BURSAR_TESTS_MODEL_ROUNDS_H
#define BURSAR_TESTS_MODEL_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

/** How many rounds a test that usually does `standard` (> 0) does in this run: at least one. */
unsigned rounds_of(unsigned standard);

/** The seed of a round. It is printed if the process aborts before the next round begins. */
uint64_t rounds_seed(unsigned round);

/** Whether one round is being replayed, so that what holds over many rounds need not hold. */
bool rounds_replay(void);

#endif
