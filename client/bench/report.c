/* report.c: see report.h. */
#include "client/bench/report.h"

#include <stdio.h>

static const struct {
    const char *name;
    double percent;
} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}, {"max", 100}};
#define PERCENTILES (sizeof percentiles / sizeof percentiles[0])

void report_progress(double at_s, double seconds, uint64_t done, uint64_t rejected, uint64_t longest_ns,
                     bool warmup)
{
    (void)fprintf(stderr, "%5.0f s  %10.0f transfers/s  %lu rejected  longest %.2f ms%s\n", at_s,
                  (double)done / seconds, (unsigned long)rejected, (double)longest_ns / 1e6,
                  warmup ? "  (warming up)" : "");
}

static double percentile_us(const struct report *report, size_t i)
{
    return (double)histogram_percentile(&report->latency, percentiles[i].percent) / 1e3;
}

void report_summary(const struct plan *plan, const struct report *report)
{
    double rate = report->seconds > 0 ? (double)report->done / report->seconds : 0;
    if (plan->json) {
        printf("{\"connections\":%u,\"depth\":%u,\"threads\":%u,\"accounts\":%lu,\"transfers\":%lu,"
               "\"rejected\":%lu,\"seconds\":%.3f,\"transfers_per_second\":%.0f,\"latency_us\":{",
               plan->connections, plan->depth, plan->threads, (unsigned long)plan->accounts,
               (unsigned long)report->done, (unsigned long)report->rejected, report->seconds, rate);
        for (size_t i = 0; i < PERCENTILES; i++)
            printf("%s\"%s\":%.1f", i > 0 ? "," : "", percentiles[i].name, percentile_us(report, i));
        printf("}}\n");
        return;
    }
    printf("%u connections, %u in flight on each, %u thread%s, %lu accounts\n", plan->connections,
           plan->depth, plan->threads, plan->threads == 1 ? "" : "s", (unsigned long)plan->accounts);
    printf("transfers    %12lu\n", (unsigned long)report->done);
    printf("rejected     %12lu\n", (unsigned long)report->rejected);
    printf("seconds      %12.3f\n", report->seconds);
    printf("transfers/s  %12.0f\n", rate);
    for (size_t i = 0; i < PERCENTILES; i++)
        printf("%-6s       %12.1f us\n", percentiles[i].name, percentile_us(report, i));
}
