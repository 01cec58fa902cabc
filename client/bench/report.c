/* report.c: see report.h. */
#include "client/bench/report.h"

#include <stdio.h>

void report_progress(const struct timeline_row *row, bool warmup)
{
    (void)fprintf(stderr, "%5.0f s  %10.0f requests/s  %lu rejected  p50 %.2f  p99 %.2f  longest %.2f ms%s\n",
                  row->end_s, (double)row->requests / row->length_s, (unsigned long)row->rejected,
                  row->latency_us[0] / 1e3, row->latency_us[2] / 1e3, row->latency_us[PERCENTILES - 1] / 1e3,
                  warmup ? "  (warming up)" : "");
}

static uint64_t done(const struct tally_kind *kind)
{
    return kind->latency.total - kind->rejected;
}

static double percentile_us(const struct tally_kind *kind, size_t i)
{
    return (double)histogram_percentile(&kind->latency, percentiles[i].percent) / 1e3;
}

static double per_second(const struct report *report)
{
    return report->seconds > 0 ? (double)done(&report->total) / report->seconds : 0;
}

static double per_cpu_second(const struct report *report)
{
    return report->cpu_ns > 0 ? (double)report->answers / ((double)report->cpu_ns / 1e9) : 0;
}

static void print_latency_json(const struct tally_kind *kind)
{
    printf("\"latency_us\":{");
    for (size_t i = 0; i < PERCENTILES; i++)
        printf("%s\"%s\":%.1f", i > 0 ? "," : "", percentiles[i].name, percentile_us(kind, i));
    printf("}");
}

static void print_codes_json(const struct tally *tally)
{
    printf("\"rejections\":{");
    bool first = true;
    for (unsigned i = 0; i < TALLY_CODES_MAX; i++) {
        if (tally->codes[i].count > 0)
            printf("%s\"%s\":%lu", first ? "" : ",", tally->codes[i].code,
                   (unsigned long)tally->codes[i].count);
        first = first && tally->codes[i].count == 0;
    }
    printf("}");
}

static void print_json(const struct plan *plan, const struct mix *mix, const struct report *report)
{
    printf("{\"connections\":%u,\"depth\":%u,\"threads\":%u,\"accounts\":%lu,\"rate\":%lu,\"requests\":%lu,"
           "\"rejected\":%lu,\"seconds\":%.3f,\"requests_per_second\":%.0f,",
           plan->connections, plan->depth, plan->threads, (unsigned long)plan->accounts,
           (unsigned long)plan->rate, (unsigned long)done(&report->total),
           (unsigned long)report->total.rejected, report->seconds, per_second(report));
    print_latency_json(&report->total);
    printf(",");
    print_codes_json(&report->tally);
    printf(",\"behind\":%lu,\"behind_seconds\":%.3f,\"cpu_seconds\":%.3f,\"requests_per_cpu_second\":%.0f,"
           "\"kinds\":{",
           (unsigned long)report->behind, (double)report->behind_ns / 1e9, (double)report->cpu_ns / 1e9,
           per_cpu_second(report));
    for (unsigned i = 0; i < mix->kinds; i++) {
        const struct tally_kind *kind = &report->tally.kinds[i];
        printf("%s\"%s\":{\"requests\":%lu,\"rejected\":%lu,", i > 0 ? "," : "", mix->labels[i],
               (unsigned long)done(kind), (unsigned long)kind->rejected);
        print_latency_json(kind);
        printf("}");
    }
    printf("}}\n");
}

/* A row for each kind of request, when there are several. */
static void print_kinds(const struct mix *mix, const struct report *report)
{
    if (mix->kinds == 1)
        return;
    printf("\n%-20s %12s %10s", "latencies in us", "done", "rejected");
    for (size_t i = 0; i < PERCENTILES; i++)
        printf(" %10s", percentiles[i].name);
    printf("\n");
    for (unsigned kind = 0; kind < mix->kinds; kind++) {
        const struct tally_kind *at = &report->tally.kinds[kind];
        printf("%-20s %12lu %10lu", mix->labels[kind], (unsigned long)done(at), (unsigned long)at->rejected);
        for (size_t i = 0; i < PERCENTILES; i++)
            printf(" %10.1f", percentile_us(at, i));
        printf("\n");
    }
}

/* What is sent, where that is not the usual: ", ..." */
static void load_words(const struct plan *plan, char *text, size_t size)
{
    char *at = text;
    char *end = text + size;
    *at = '\0';
    if (plan->hot != PLAN_UNIFORM)
        at += snprintf(at, (size_t)(end - at), ", one payee for all");
    if (plan->same_shard_share != PLAN_ANY_SHARD)
        at += snprintf(at, (size_t)(end - at), ", %d%% of one shard", plan->same_shard_share);
    if (plan->legs != 1)
        at += snprintf(at, (size_t)(end - at), ", %u legs", plan->legs);
    if (plan->holds > 0)
        at += snprintf(at, (size_t)(end - at), ", %u%% holds", plan->holds);
    if (plan->reads > 0)
        at += snprintf(at, (size_t)(end - at), ", %u%% reads", plan->reads);
    if (plan->mix_path != NULL)
        (void)snprintf(at, (size_t)(end - at), ", a mix");
}

void report_parameters(const struct plan *plan, char *text, size_t size)
{
    char rate[64] = "closed loop";
    char zipf[32] = "";
    char load[128];
    load_words(plan, load, sizeof load);
    if (plan->rate > 0)
        (void)snprintf(rate, sizeof rate, "%lu requests/s asked for", (unsigned long)plan->rate);
    if (plan->skew > 0)
        (void)snprintf(zipf, sizeof zipf, " (zipf %g)", plan->skew);
    (void)snprintf(text, size, "%u connection%s, %u in flight on each, %u thread%s, %lu accounts%s, %s%s",
                   plan->connections, plan->connections == 1 ? "" : "s", plan->depth, plan->threads,
                   plan->threads == 1 ? "" : "s", (unsigned long)plan->accounts, zipf, rate, load);
}

void report_summary(const struct plan *plan, const struct mix *mix, const struct report *report)
{
    if (plan->json) {
        print_json(plan, mix, report);
        return;
    }
    char parameters[256];
    report_parameters(plan, parameters, sizeof parameters);
    printf("%s\n", parameters);
    printf("requests     %12lu\n", (unsigned long)done(&report->total));
    printf("rejected     %12lu\n", (unsigned long)report->total.rejected);
    for (unsigned i = 0; i < TALLY_CODES_MAX; i++) {
        if (report->tally.codes[i].count > 0)
            printf("  %-22s %lu\n", report->tally.codes[i].code, (unsigned long)report->tally.codes[i].count);
    }
    printf("seconds      %12.3f\n", report->seconds);
    printf("requests/s   %12.0f\n", per_second(report));
    for (size_t i = 0; i < PERCENTILES; i++)
        printf("%-6s       %12.1f us\n", percentiles[i].name, percentile_us(&report->total, i));
    print_kinds(mix, report);
    if (plan->rate > 0 && report->behind > 0)
        printf("behind at the end: %lu requests were due and not sent, the oldest for %.3f s\n",
               (unsigned long)report->behind, (double)report->behind_ns / 1e9);
    else if (plan->rate > 0)
        printf("behind at the end: nothing\n");
    printf("the generator used %.3f s of processor time, %.2f M requests per second of it\n",
           (double)report->cpu_ns / 1e9, per_cpu_second(report) / 1e6);
}
