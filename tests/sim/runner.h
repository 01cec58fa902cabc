/* runner.h: runs in processes of their own, since a run that goes wrong ends its process. */
#ifndef BURSAR_TESTS_SIM_RUNNER_H
#define BURSAR_TESTS_SIM_RUNNER_H

#include "tests/sim/plan.h"

/** Whether a run goes well; with `quiet`, nobody hears what it says otherwise. A run that takes longer than a
 * minute does not. `twice`: it must do the same twice. */
bool runner_try(const struct plan *plan, bool twice, bool quiet);

/** Runs seeds from `first` on, for as many as `seeds` (0: no end) or as long as `seconds` (0: no end), on
 * `jobs` processors. Returns false at the first that fails, in `failed`. Adds up what they did. */
bool runner_many(const struct plan *base, uint64_t first, uint64_t seeds, unsigned seconds, unsigned jobs,
                 struct tally *tally, uint64_t *failed);

/** The smallest plan found that fails as well: fewer faults, clients, shards and calls. */
struct plan runner_shrink(const struct plan *plan);

/** Writes the command that runs a plan. */
void runner_print(const struct plan *plan);

#endif
