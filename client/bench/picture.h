/* picture.h: a run drawn by gnuplot: throughput and percentiles over time, and how latencies are distributed.
 */
#ifndef BURSAR_CLIENT_BENCH_PICTURE_H
#define BURSAR_CLIENT_BENCH_PICTURE_H

#include "client/bench/report.h"

/** Whether gnuplot can be run. */
bool picture_possible(void);

/** Draws the run to plan->picture_path, which ends with .svg or .png. False, after a message on stderr, when
 * gnuplot fails. */
bool picture_draw(const struct plan *plan, const struct report *report);

#endif
