/* report.h: what the load generator tells, while it runs and at the end. */
#ifndef BURSAR_CLIENT_BENCH_REPORT_H
#define BURSAR_CLIENT_BENCH_REPORT_H

#include "client/bench/load.h"

/** What all threads together did while measuring. */
struct report {
    uint64_t done;
    uint64_t rejected;
    double seconds;
    struct histogram latency; /* nanoseconds */
};

/** Writes a line for the second that just passed: accepted, rejected, longest latency. */
void report_progress(double at_s, double seconds, uint64_t done, uint64_t rejected, uint64_t longest_ns,
                     bool warmup);

/** Writes the summary to stdout, for people or as one line of JSON. */
void report_summary(const struct plan *plan, const struct report *report);

#endif
