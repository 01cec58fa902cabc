/* bench.c: the load generator's options, and the course of a run. See bench.h. */
#include "client/bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/bench/report.h"
#include "client/bench/setup.h"
#include "client/call.h"

#define THREADS_MAX 64

static const char usage[] =
    "bursar bench: load for a server, and how it bears it\n"
    "\n"
    "  bursar [-h host] [-p port] [-u socket] bench [options]\n"
    "\n"
    "  -c, --connections N  connections (50)\n"
    "  -P, --depth N        transfers in flight on each (16)\n"
    "  -t, --threads N      threads of the generator (1)\n"
    "  -d, --seconds N      how long to measure (10), or\n"
    "  -n, --transfers N    how many transfers to measure\n"
    "  -w, --warmup N       seconds not measured, first (0)\n"
    "  -a, --accounts N     accounts, payer and payee picked at random (1000000)\n"
    "      --prefix TEXT    what account names start with (bench:)\n"
    "      --asset CODE     their asset (USD)\n"
    "      --no-setup       the accounts are open and have money\n"
    "      --hot KIND       one payee for all: an account that is unlimited, or limited\n"
    "      --same-shard     payer, payee and id share a hash tag\n"
    "      --seed N         of the random choices (1)\n"
    "      --json           print the summary as JSON\n"
    "      --help           this\n";

enum option_code {
    OPTION_PREFIX = 256,
    OPTION_ASSET,
    OPTION_NO_SETUP,
    OPTION_HOT,
    OPTION_SAME_SHARD,
    OPTION_SEED,
    OPTION_JSON,
    OPTION_HELP
};

static const struct option options[] = {
    {"connections", required_argument, NULL, 'c'},    {"depth", required_argument, NULL, 'P'},
    {"threads", required_argument, NULL, 't'},        {"seconds", required_argument, NULL, 'd'},
    {"transfers", required_argument, NULL, 'n'},      {"warmup", required_argument, NULL, 'w'},
    {"accounts", required_argument, NULL, 'a'},       {"prefix", required_argument, NULL, OPTION_PREFIX},
    {"asset", required_argument, NULL, OPTION_ASSET}, {"no-setup", no_argument, NULL, OPTION_NO_SETUP},
    {"hot", required_argument, NULL, OPTION_HOT},     {"same-shard", no_argument, NULL, OPTION_SAME_SHARD},
    {"seed", required_argument, NULL, OPTION_SEED},   {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},         {NULL, 0, NULL, 0},
};

/* A whole number from `low` to `high`. Says what is wrong and returns false otherwise. */
static bool parse_number(const char *name, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end;
    uint64_t value = strtoull(optarg, &end, 10);
    if (*optarg >= '0' && *optarg <= '9' && *end == '\0' && value >= low && value <= high) {
        *out = value;
        return true;
    }
    (void)fprintf(stderr, "bursar bench: %s %s is not a whole number from %lu to %lu\n", name, optarg,
                  (unsigned long)low, (unsigned long)high);
    return false;
}

static bool parse_unsigned(const char *name, unsigned low, unsigned high, unsigned *out)
{
    uint64_t value = 0;
    if (!parse_number(name, low, high, &value))
        return false;
    *out = (unsigned)value;
    return true;
}

static bool parse_hot(enum plan_hot *hot)
{
    if (strcmp(optarg, "unlimited") == 0)
        *hot = PLAN_UNLIMITED;
    else if (strcmp(optarg, "limited") == 0)
        *hot = PLAN_LIMITED;
    else {
        (void)fprintf(stderr, "bursar bench: --hot %s is neither unlimited nor limited\n", optarg);
        return false;
    }
    return true;
}

static bool parse_names(const struct plan *plan)
{
    if (strlen(plan->prefix) > PLAN_PREFIX_MAX || !ident_valid(plan->prefix, strlen(plan->prefix)) ||
        strchr(plan->prefix, '{') != NULL || plan->prefix[0] == '@') {
        (void)fprintf(stderr, "bursar bench: --prefix %s is not the start of an id of at most %d bytes\n",
                      plan->prefix, PLAN_PREFIX_MAX);
        return false;
    }
    return true;
}

/* Reads the options. True: go on; else end with *status. */
static bool parse_options(int argc, char **argv, struct plan *plan, int *status)
{
    int option;
    bool well = true;
    *status = EXIT_USAGE;
    optind = 0; /* the client's own options were read before: start afresh */
    while (well && (option = getopt_long(argc, argv, "+c:P:t:d:n:w:a:", options, NULL)) != -1) {
        switch (option) {
        case 'c': well = parse_unsigned("--connections", 1, 10000, &plan->connections); break;
        case 'P': well = parse_unsigned("--depth", 1, 100000, &plan->depth); break;
        case 't': well = parse_unsigned("--threads", 1, THREADS_MAX, &plan->threads); break;
        case 'd': well = parse_unsigned("--seconds", 1, 1000000, &plan->seconds); break;
        case 'n': well = parse_number("--transfers", 1, UINT64_MAX / 2, &plan->transfers); break;
        case 'w': well = parse_unsigned("--warmup", 0, 1000000, &plan->warmup); break;
        case 'a': well = parse_number("--accounts", 2, 999999999, &plan->accounts); break;
        case OPTION_PREFIX: plan->prefix = optarg; break;
        case OPTION_ASSET: plan->asset = optarg; break;
        case OPTION_NO_SETUP: plan->setup = false; break;
        case OPTION_HOT: well = parse_hot(&plan->hot); break;
        case OPTION_SAME_SHARD: plan->same_shard = true; break;
        case OPTION_SEED: well = parse_number("--seed", 1, UINT64_MAX / 2, &plan->seed); break;
        case OPTION_JSON: plan->json = true; break;
        case OPTION_HELP:
            (void)fputs(usage, stdout);
            *status = EXIT_DONE;
            return false;
        default: (void)fputs("bursar bench --help lists the options\n", stderr); return false;
        }
    }
    if (well && optind < argc) {
        (void)fprintf(stderr, "bursar bench: '%s' is no option\n", argv[optind]);
        well = false;
    }
    if (plan->threads > plan->connections)
        plan->threads = plan->connections;
    return well && parse_names(plan);
}

static uint64_t sum(struct load *loads, unsigned count, bool rejected)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < count; i++)
        total += atomic_load_explicit(rejected ? &loads[i].rejected : &loads[i].done, memory_order_relaxed);
    return total;
}

static uint64_t take_longest(struct load *loads, unsigned count)
{
    uint64_t longest = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t recent = atomic_exchange_explicit(&loads[i].recent, 0, memory_order_relaxed);
        longest = recent > longest ? recent : longest;
    }
    return longest;
}

static bool all_begun(struct load_shared *shared)
{
    uint64_t limit = shared->plan->transfers;
    return limit > 0 && atomic_load_explicit(&shared->begun, memory_order_relaxed) >= limit;
}

/* Lets the threads run, changes the phases in time, and tells each second how it goes. Returns the seconds
 * that were measured. */
static double watch(struct load_shared *shared, struct load *loads)
{
    const struct plan *plan = shared->plan;
    uint64_t start = load_clock();
    uint64_t measuring = start;
    uint64_t reported = start;
    uint64_t done = 0;
    uint64_t rejected = 0;
    bool warm = plan->warmup == 0;
    for (;;) {
        const struct timespec nap = {.tv_nsec = 10000000};
        nanosleep(&nap, NULL);
        uint64_t now = load_clock();
        if (!warm && now - start >= plan->warmup * UINT64_C(1000000000)) {
            warm = true;
            measuring = now;
            atomic_store(&shared->phase, LOAD_MEASURE);
        }
        if (now - reported >= 1000000000) {
            uint64_t done_now = sum(loads, plan->threads, false);
            uint64_t rejected_now = sum(loads, plan->threads, true);
            report_progress((double)(now - start) / 1e9, (double)(now - reported) / 1e9, done_now - done,
                            rejected_now - rejected, take_longest(loads, plan->threads), !warm);
            done = done_now;
            rejected = rejected_now;
            reported = now;
        }
        bool over = plan->transfers > 0 ? all_begun(shared)
                                        : warm && now - measuring >= plan->seconds * UINT64_C(1000000000);
        bool failed = false;
        for (unsigned i = 0; i < plan->threads; i++)
            failed |= loads[i].error[0] != '\0';
        if (over || failed) {
            atomic_store(&shared->phase, over && plan->transfers > 0 ? LOAD_MEASURE : LOAD_STOP);
            return (double)(now - measuring) / 1e9;
        }
    }
}

/* Runs the load and fills in the report. False when a thread could not go on: it has said why. */
static bool run(const struct plan *plan, struct report *report)
{
    struct load_shared shared = {.plan = plan, .phase = plan->warmup > 0 ? LOAD_WARMUP : LOAD_MEASURE};
    struct load *loads = calloc(plan->threads, sizeof *loads);
    if (loads == NULL)
        abort();
    uint64_t start = load_clock();
    for (unsigned i = 0; i < plan->threads; i++) {
        loads[i].shared = &shared;
        loads[i].index = i;
        loads[i].connections =
            plan->connections / plan->threads + (i < plan->connections % plan->threads ? 1 : 0);
        if (pthread_create(&loads[i].thread, NULL, load_run, &loads[i]) != 0)
            abort();
    }
    report->seconds = watch(&shared, loads);
    bool well = true;
    for (unsigned i = 0; i < plan->threads; i++) {
        pthread_join(loads[i].thread, NULL);
        if (loads[i].error[0] != '\0')
            (void)fprintf(stderr, "bursar bench: %s\n", loads[i].error);
        well = well && loads[i].error[0] == '\0';
        if (loads[i].rejection[0] != '\0')
            (void)fprintf(stderr, "first rejection: %s\n", loads[i].rejection);
        report->done += loads[i].measured_done;
        report->rejected += loads[i].measured_rejected;
        histogram_merge(&report->latency, &loads[i].measured);
    }
    if (plan->transfers > 0) /* to the last answer */
        report->seconds = (double)(load_clock() - start) / 1e9;
    free(loads);
    return well;
}

static int bench(const struct plan *plan)
{
    struct report *report = calloc(1, sizeof *report);
    struct link link;
    if (report == NULL)
        abort();
    int status = EXIT_NO_CONNECTION;
    const struct slice hello[] = {{"HELLO", 5}, {"3", 1}};
    struct buffer out = {0};
    link_format(&out, hello, 2);
    bool well = link_open(&link, &plan->place) && link_send(&link, &out);
    size_t size = well ? link_receive(&link) : 0;
    buffer_free(&out);
    well = size > 0;
    if (well) {
        buffer_consume(&link.in, size);
        well = !plan->setup || setup_accounts(&link, plan);
    }
    if (!well)
        (void)fprintf(stderr, "bursar bench: %s\n", link.error);
    else if (run(plan, report)) {
        report_summary(plan, report);
        status = report->rejected > 0 ? EXIT_REJECTED : EXIT_DONE;
        if (!setup_trial(&link, plan)) {
            (void)fprintf(stderr, "bursar bench: %s\n", link.error);
            status = EXIT_REJECTED;
        }
    }
    link_close(&link);
    free(report);
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
        .prefix = "bench:",
        .asset = "USD",
        .setup = true,
        .seed = 1,
        /* 40 bits of microseconds, which pass in 12 days, and the process: no two runs at once share both. */
        .nonce = ((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000) << 24 |
                 ((uint64_t)getpid() & 0xffffff),
    };
    int status;
    if (!parse_options(argc, argv, &plan, &status))
        return status;
    return bench(&plan);
}
