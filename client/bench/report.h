/* report.h: what the load generator tells, while it runs and at the end. */
#ifndef BURSAR_CLIENT_BENCH_REPORT_H
#define BURSAR_CLIENT_BENCH_REPORT_H

#include "client/bench/mix.h"
#include "client/bench/timeline.h"

/** What all threads together did while measuring. */
struct report {
    struct tally tally; /* by kind of request */
    struct tally_kind total;
    struct timeline timeline;
    double seconds;
    uint64_t answers; /* warm-up and all: what processor time was spent on */
    uint64_t cpu_ns;
    uint64_t behind;    /* open loop: requests that were due and not sent at the end */
    uint64_t behind_ns; /* how long the oldest of them had been due */
};

/** Writes a line for the second that just passed to stderr. */
void report_progress(const struct timeline_row *row, bool warmup);

/** Writes the summary to stdout, for people or as one line of JSON. */
void report_summary(const struct plan *plan, const struct mix *mix, const struct report *report);

/** The run in one line: connections, depth, load. */
void report_parameters(const struct plan *plan, char *text, size_t size);

#endif
