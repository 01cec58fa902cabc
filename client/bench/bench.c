/* bench.c: the course of a run of the load generator. See bench.h. */
#include "client/bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/bench/load.h"
#include "client/bench/options.h"
#include "client/bench/picture.h"
#include "client/bench/report.h"
#include "client/bench/setup.h"
#include "client/call.h"

#define NAP_NS    10000000 /* how often it is looked whether a second or the run is over */
#define SECOND_NS UINT64_C(1000000000)

/* A run under way, as the thread sees it that started the others. */
struct course {
    const struct plan *plan;
    struct load_shared *shared;
    struct load *loads;
    struct report *report;
    struct tally_second *second; /* what is taken of the second that ends */
    uint64_t start_ns;
    uint64_t measuring_ns; /* since when it counts */
    uint64_t told_ns;      /* the end of the last second that was told */
    uint64_t next_ns;      /* when the next ends: whole seconds, however late it is noticed */
    bool warm;
};

static bool any_failed(const struct course *course)
{
    for (unsigned i = 0; i < course->plan->threads; i++) {
        if (atomic_load(&course->loads[i].ended) && course->loads[i].error[0] != '\0')
            return true;
    }
    return false;
}

static bool all_ended(const struct course *course)
{
    for (unsigned i = 0; i < course->plan->threads; i++) {
        if (!atomic_load(&course->loads[i].ended))
            return false;
    }
    return true;
}

/* Takes what the second that ends at `now` brought, tells it and keeps it. */
static void tell_second(struct course *course, uint64_t now, bool aloud)
{
    memset(course->second, 0, sizeof *course->second);
    for (unsigned i = 0; i < course->plan->threads; i++)
        tally_take(&course->loads[i].tally, course->second);
    double since = (double)(now - (course->warm ? course->measuring_ns : course->start_ns)) / 1e9;
    struct timeline_row row = timeline_row(course->second, since, (double)(now - course->told_ns) / 1e9);
    course->told_ns = now;
    if (aloud)
        report_progress(&row, !course->warm);
    if (course->warm && (aloud || row.requests > 0)) /* what is left at the end may be nothing */
        timeline_add(&course->report->timeline, row);
}

static bool is_over(const struct course *course, uint64_t now)
{
    if (course->plan->requests > 0)
        return all_ended(course);
    return course->warm && now - course->measuring_ns >= course->plan->seconds * SECOND_NS;
}

/* Changes the phases in time, and tells each second how it goes. */
static void watch(struct course *course)
{
    struct load_shared *shared = course->shared;
    uint64_t now = course->start_ns;
    while (!is_over(course, now) && !any_failed(course)) {
        const struct timespec nap = {.tv_nsec = NAP_NS};
        nanosleep(&nap, NULL);
        now = load_clock();
        if (!course->warm && now - course->start_ns >= course->plan->warmup * SECOND_NS) {
            tell_second(course, now, false);
            course->warm = true;
            course->measuring_ns = now;
            course->next_ns = now + SECOND_NS;
            atomic_store(&shared->phase, LOAD_MEASURE);
        }
        if (now >= course->next_ns) {
            tell_second(course, now, true);
            course->next_ns += SECOND_NS;
        }
    }
    course->report->seconds = (double)(now - course->measuring_ns) / 1e9;
    atomic_store(&shared->phase, LOAD_STOP);
}

static void loads_start(struct course *course)
{
    const struct plan *plan = course->plan;
    unsigned first = 0;
    for (unsigned i = 0; i < plan->threads; i++) {
        struct load *load = &course->loads[i];
        load->shared = course->shared;
        load->index = i;
        load->first_connection = first;
        load->connections =
            plan->connections / plan->threads + (i < plan->connections % plan->threads ? 1 : 0);
        first += load->connections;
        tally_prepare(&load->tally, course->shared->mix->kinds);
        if (pthread_create(&load->thread, NULL, load_run, load) != 0) {
            (void)fputs("bursar bench: no thread could be started\n", stderr);
            abort();
        }
    }
}

/* Waits for a thread's end and adds what it did. False when it could not go on: it has said why. */
static bool load_finish(struct load *load, struct report *report)
{
    bool well = load->error[0] == '\0';
    if (!well)
        (void)fprintf(stderr, "bursar bench: %s\n", load->error);
    if (load->tally.rejection[0] != '\0')
        (void)fprintf(stderr, "first rejection: %s\n", load->tally.rejection);
    tally_merge(&report->tally, &load->tally);
    report->answers += load->answers;
    report->cpu_ns += load->cpu_ns;
    report->behind += load->behind;
    if (load->behind_ns > report->behind_ns)
        report->behind_ns = load->behind_ns;
    return well;
}

/* Runs the load and fills in the report. False when a thread could not go on. */
static bool run(const struct plan *plan, const struct mix *mix, struct report *report)
{
    struct load_shared shared = {
        .plan = plan, .mix = mix, .phase = plan->warmup > 0 ? LOAD_WARMUP : LOAD_MEASURE};
    struct course course = {.plan = plan,
                            .shared = &shared,
                            .loads = calloc(plan->threads, sizeof *course.loads),
                            .report = report,
                            .second = calloc(1, sizeof *course.second),
                            .warm = plan->warmup == 0};
    if (course.loads == NULL || course.second == NULL)
        abort();
    tally_prepare(&report->tally, mix->kinds);
    (void)pthread_barrier_init(&shared.ready, NULL, plan->threads + 1);
    loads_start(&course);
    (void)pthread_barrier_wait(&shared.ready);
    course.start_ns = course.measuring_ns = course.told_ns = load_clock();
    course.next_ns = course.start_ns + SECOND_NS;
    shared.pace =
        (struct pace){.rate = plan->rate, .connections = plan->connections, .start_ns = course.start_ns};
    (void)pthread_barrier_wait(&shared.ready);
    watch(&course);
    bool well = true;
    for (unsigned i = 0; i < plan->threads; i++)
        pthread_join(course.loads[i].thread, NULL);
    if (plan->rate > 0 || plan->requests > 0) /* else what came after the last second is not measured */
        tell_second(&course, load_clock(), false);
    for (unsigned i = 0; i < plan->threads; i++) {
        well = load_finish(&course.loads[i], report) && well;
        tally_free(&course.loads[i].tally);
    }
    for (unsigned kind = 0; kind < mix->kinds; kind++) {
        histogram_merge(&report->total.latency, &report->tally.kinds[kind].latency);
        report->total.rejected += report->tally.kinds[kind].rejected;
    }
    (void)pthread_barrier_destroy(&shared.ready);
    free(course.loads);
    free(course.second);
    return well;
}

/* Connects for what is said before and after the load, in RESP3. */
static bool greet(struct link *link, const struct plan *plan)
{
    const struct slice hello[] = {{"HELLO", 5}, {"3", 1}};
    struct buffer out = {0};
    link_format(&out, hello, 2);
    size_t size = link_open(link, &plan->place) && link_send(link, &out) ? link_receive(link) : 0;
    buffer_free(&out);
    if (size > 0)
        buffer_consume(&link->in, size);
    return size > 0;
}

/* Whether a file can be written, so that it is known before the run. It is made, if it is not there. */
static bool writable(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "ae") : NULL;
    if (file != NULL)
        return fclose(file) == 0;
    if (path != NULL)
        (void)fprintf(stderr, "bursar bench: can't write '%s': %s\n", path, strerror(errno));
    return path == NULL;
}

/* Writes what was asked for beside the summary. */
static bool write_files(const struct plan *plan, const struct report *report)
{
    bool well = true;
    if (plan->csv_path != NULL && !timeline_write_csv(&report->timeline, plan->csv_path)) {
        (void)fprintf(stderr, "bursar bench: can't write '%s'\n", plan->csv_path);
        well = false;
    }
    return (plan->picture_path == NULL || picture_draw(plan, report)) && well;
}

static int bench(const struct plan *plan, const struct mix *mix, struct report *report)
{
    struct link link = {.fd = -1};
    int status = EXIT_NO_CONNECTION;
    bool talks = plan->setup || plan->check;
    if (talks && (!greet(&link, plan) || (plan->setup && !setup_accounts(&link, plan))))
        (void)fprintf(stderr, "bursar bench: %s\n", link.error);
    else if (run(plan, mix, report)) {
        report_summary(plan, mix, report);
        bool written = write_files(plan, report);
        status = report->total.rejected > 0 || !written ? EXIT_REJECTED : EXIT_DONE;
        if (plan->check && (!setup_trial(&link, plan) || !setup_open_holds(&link))) {
            (void)fprintf(stderr, "bursar bench: %s\n", link.error);
            status = EXIT_REJECTED;
        }
    }
    link_close(&link);
    return status;
}

int bench_main(int argc, char **argv, const struct place *place)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct plan plan = {
        .place = *place,
        .accounts = 1000000,
        .connections = 50,
        .depth = 16,
        .threads = 1,
        .seconds = 10,
        .amount_low = 1,
        .amount_high = 9,
        .legs = 1,
        .same_shard_share = PLAN_ANY_SHARD,
        .prefix = "bench:",
        .asset = "USD",
        .setup = true,
        .check = true,
        .seed = 1,
        /* 40 bits of microseconds, which pass in 12 days, and the process: no two runs at once share both. */
        .nonce = ((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000) << 24 |
                 ((uint64_t)getpid() & 0xffffff),
    };
    int status;
    char error[MIX_ERROR_MAX];
    struct mix mix;
    if (!bench_options_read(argc, argv, &plan, &status))
        return status;
    if (plan.picture_path != NULL && !picture_possible()) {
        (void)fputs("bursar bench: --picture needs gnuplot, which is not there; install gnuplot-nox\n",
                    stderr);
        return EXIT_USAGE;
    }
    if (!mix_prepare(&mix, &plan, error)) {
        (void)fprintf(stderr, "bursar bench: '%s' %s\n", plan.mix_path, error);
        mix_free(&mix);
        return EXIT_USAGE;
    }
    if (!writable(plan.csv_path) || !writable(plan.picture_path)) {
        mix_free(&mix);
        return EXIT_USAGE;
    }
    if (mix.uses_hot && plan.hot == PLAN_UNIFORM) /* so that it is opened */
        plan.hot = PLAN_UNLIMITED;
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL)
        abort();
    status = bench(&plan, &mix, report);
    tally_free(&report->tally);
    timeline_free(&report->timeline);
    free(report);
    mix_free(&mix);
    return status;
}
