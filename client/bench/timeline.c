/* timeline.c: see timeline.h. */
#include "client/bench/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_MIN 64

const struct percentile percentiles[PERCENTILES] = {{"p50", 50},     {"p90", 90},       {"p99", 99},
                                                    {"p99.9", 99.9}, {"p99.99", 99.99}, {"max", 100}};

struct timeline_row timeline_row(const struct tally_second *second, double end_s, double length_s)
{
    struct timeline_row row = {.end_s = end_s,
                               .length_s = length_s,
                               .requests = second->latency.total,
                               .rejected = second->rejected};
    for (size_t i = 0; i < PERCENTILES; i++)
        row.latency_us[i] = (double)histogram_percentile(&second->latency, percentiles[i].percent) / 1e3;
    return row;
}

void timeline_add(struct timeline *timeline, struct timeline_row row)
{
    if (timeline->count == timeline->room) {
        timeline->room = timeline->room > 0 ? 2 * timeline->room : ROWS_MIN;
        struct timeline_row *rows = realloc(timeline->rows, timeline->room * sizeof *rows);
        if (rows == NULL) {
            (void)fputs("bursar bench: out of memory\n", stderr);
            abort();
        }
        timeline->rows = rows;
    }
    timeline->rows[timeline->count++] = row;
}

bool timeline_write_csv(const struct timeline *timeline, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    (void)fprintf(file, "seconds,requests,rejected");
    for (size_t i = 0; i < PERCENTILES; i++)
        (void)fprintf(file, ",%s_us", percentiles[i].name);
    (void)fputc('\n', file);
    for (size_t row = 0; row < timeline->count; row++) {
        const struct timeline_row *at = &timeline->rows[row];
        (void)fprintf(file, "%.3f,%lu,%lu", at->end_s, (unsigned long)at->requests,
                      (unsigned long)at->rejected);
        for (size_t i = 0; i < PERCENTILES; i++)
            (void)fprintf(file, ",%.1f", at->latency_us[i]);
        (void)fputc('\n', file);
    }
    bool well = ferror(file) == 0;
    return fclose(file) == 0 && well;
}

void timeline_free(struct timeline *timeline)
{
    free(timeline->rows);
}
