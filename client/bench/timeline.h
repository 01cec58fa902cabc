/* timeline.h: how a run went, second by second. */
#ifndef BURSAR_CLIENT_BENCH_TIMELINE_H
#define BURSAR_CLIENT_BENCH_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "client/bench/tally.h"

/** The percentiles that are told, wherever any are; the last is the maximum. */
#define PERCENTILES 6
struct percentile {
    const char *name;
    double percent;
};
extern const struct percentile percentiles[PERCENTILES];

/** One second, or what was left at the end. */
struct timeline_row {
    double end_s; /* since the start of what is measured */
    double length_s;
    uint64_t requests; /* answered, accepted or not */
    uint64_t rejected;
    double latency_us[PERCENTILES];
};

/** A zeroed one is empty. */
struct timeline {
    struct timeline_row *rows; /* owned */
    size_t count;
    size_t room;
};

/** What `second` says, as a row. */
struct timeline_row timeline_row(const struct tally_second *second, double end_s, double length_s);

void timeline_add(struct timeline *timeline, struct timeline_row row);

/** Writes the rows as CSV, with a head. False, with errno, when the file can't be written. */
bool timeline_write_csv(const struct timeline *timeline, const char *path);

void timeline_free(struct timeline *timeline);

#endif
