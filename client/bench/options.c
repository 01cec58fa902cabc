/* options.c: see options.h. */
#include "client/bench/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/zipf.h"
#include "client/call.h"

#define THREADS_MAX 64
#define DEPTH_MAX   100000
#define SECONDS_MAX 1000000
#define RATE_MAX    100000000

enum bench_option {
    BENCH_CONNECTIONS,
    BENCH_DEPTH,
    BENCH_THREADS,
    BENCH_RATE,
    BENCH_SECONDS,
    BENCH_REQUESTS,
    BENCH_WARMUP,
    BENCH_ACCOUNTS,
    BENCH_AMOUNTS,
    BENCH_ZIPF,
    BENCH_HOT,
    BENCH_SAME_SHARD,
    BENCH_SAME_SHARD_SHARE,
    BENCH_LEGS,
    BENCH_HOLDS,
    BENCH_READS,
    BENCH_MIX,
    BENCH_PREFIX,
    BENCH_ASSET,
    BENCH_NO_SETUP,
    BENCH_NO_CHECK,
    BENCH_SEED,
    BENCH_JSON,
    BENCH_CSV,
    BENCH_PICTURE,
    BENCH_HELP,
    BENCH_OPTION_COUNT
};

const struct option_row bench_options[BENCH_OPTION_COUNT + 1] = {
    [BENCH_CONNECTIONS] = {"connections", 'c', "N", "50", "connections"},
    [BENCH_DEPTH] = {"depth", 'P', "N", "16", "requests in flight on each"},
    [BENCH_THREADS] = {"threads", 't', "N", "1", "threads of the generator"},
    [BENCH_RATE] = {"rate", 'r', "N", NULL,
                    "open loop: so many requests a second, each at its time; latencies run from then"},
    [BENCH_SECONDS] = {"seconds", 'd', "N", "10", "how long to measure, or"},
    [BENCH_REQUESTS] = {"requests", 'n', "N", NULL, "how many requests to measure"},
    [BENCH_WARMUP] = {"warmup", 'w', "N", "0", "seconds not measured, first"},
    [BENCH_ACCOUNTS] = {"accounts", 'a', "N", "1000000", "accounts, picked at random"},
    [BENCH_AMOUNTS] = {"amounts", 0, "LOW-HIGH", "1-9", "whole units that a transfer moves"},
    [BENCH_ZIPF] = {"zipf", 0, "S", NULL, "pick the k-th busiest account in proportion to 1 / k^S, 0.99 say"},
    [BENCH_HOT] = {"hot", 0, "KIND", NULL, "one payee for all: an account that is unlimited, or limited"},
    [BENCH_SAME_SHARD] = {"same-shard", 0, NULL, NULL, "the same as --same-shard-share 100"},
    [BENCH_SAME_SHARD_SHARE] =
        {"same-shard-share", 0, "PERCENT", NULL,
         "of so many transfers payer, payee and id share a hash tag; of the others the accounts do not"},
    [BENCH_LEGS] = {"legs", 0, "N", "1", "legs of each transfer"},
    [BENCH_HOLDS] = {"holds", 0, "PERCENT", "0", "transfers made as a HOLD and its CAPTURE or VOID"},
    [BENCH_READS] = {"reads", 0, "PERCENT", "0", "requests that are a BALANCE"},
    [BENCH_MIX] = {"mix", 0, "FILE", NULL,
                   "what to send instead: lines of a weight and a command, with <id>, <account> and so on"},
    [BENCH_PREFIX] = {"prefix", 0, "TEXT", "bench:", "what account names start with"},
    [BENCH_ASSET] = {"asset", 0, "CODE", "USD", "their asset"},
    [BENCH_NO_SETUP] = {"no-setup", 0, NULL, NULL, "the accounts are open and have money"},
    [BENCH_NO_CHECK] = {"no-check", 0, NULL, NULL, "ask for no trial balance at the end"},
    [BENCH_SEED] = {"seed", 0, "N", "1", "of the random choices"},
    [BENCH_JSON] = {"json", 0, NULL, NULL, "print the summary as JSON"},
    [BENCH_CSV] = {"csv", 0, "FILE", NULL, "write a row for each second to a file"},
    [BENCH_PICTURE] = {"picture", 0, "FILE", NULL,
                       "draw throughput, percentiles and latencies: FILE.svg or FILE.png, by gnuplot"},
    [BENCH_HELP] = {"help", 0, NULL, NULL, "tell this"},
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
    (void)fprintf(stderr, "bursar bench: --%s %s is not a whole number from %lu to %lu\n", name, optarg,
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

static bool parse_percent(const char *name, int *out)
{
    unsigned value = 0;
    bool well = parse_unsigned(name, 0, 100, &value);
    *out = (int)value;
    return well;
}

static bool parse_amounts(struct plan *plan)
{
    char *end;
    unsigned long low = strtoul(optarg, &end, 10);
    unsigned long high = low;
    bool digits = *optarg >= '0' && *optarg <= '9';
    if (digits && *end == '-') {
        digits = end[1] >= '0' && end[1] <= '9';
        high = strtoul(end + 1, &end, 10);
    }
    if (digits && *end == '\0' && low >= 1 && low <= high && high <= PLAN_AMOUNT_MAX) {
        plan->amount_low = low;
        plan->amount_high = high;
        return true;
    }
    (void)fprintf(stderr, "bursar bench: --amounts %s is not LOW-HIGH, whole numbers from 1 to %d\n", optarg,
                  PLAN_AMOUNT_MAX);
    return false;
}

static bool parse_zipf(struct plan *plan)
{
    char *end;
    plan->skew = strtod(optarg, &end);
    if (end != optarg && *end == '\0' && plan->skew > 0 && plan->skew <= ZIPF_SKEW_MAX)
        return true;
    (void)fprintf(stderr, "bursar bench: --zipf %s is not a number above 0 and up to %d\n", optarg,
                  ZIPF_SKEW_MAX);
    return false;
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

static bool parse_picture(struct plan *plan)
{
    const char *ending = strrchr(optarg, '.');
    plan->picture_path = optarg;
    if (ending != NULL && (strcmp(ending, ".svg") == 0 || strcmp(ending, ".png") == 0))
        return true;
    (void)fprintf(stderr, "bursar bench: --picture %s does not end with .svg or .png\n", optarg);
    return false;
}

static bool parse(enum bench_option option, struct plan *plan)
{
    const char *name = bench_options[option].name;
    switch (option) {
    case BENCH_CONNECTIONS: return parse_unsigned(name, 1, 10000, &plan->connections);
    case BENCH_DEPTH: return parse_unsigned(name, 1, DEPTH_MAX, &plan->depth);
    case BENCH_THREADS: return parse_unsigned(name, 1, THREADS_MAX, &plan->threads);
    case BENCH_RATE: return parse_number(name, 1, RATE_MAX, &plan->rate);
    case BENCH_SECONDS: return parse_unsigned(name, 1, SECONDS_MAX, &plan->seconds);
    case BENCH_REQUESTS: return parse_number(name, 1, PLAN_REQUESTS_MAX, &plan->requests);
    case BENCH_WARMUP: return parse_unsigned(name, 0, SECONDS_MAX, &plan->warmup);
    case BENCH_ACCOUNTS: return parse_number(name, 2, 999999999, &plan->accounts);
    case BENCH_AMOUNTS: return parse_amounts(plan);
    case BENCH_ZIPF: return parse_zipf(plan);
    case BENCH_HOT: return parse_hot(&plan->hot);
    case BENCH_SAME_SHARD: plan->same_shard_share = 100; return true;
    case BENCH_SAME_SHARD_SHARE: return parse_percent(name, &plan->same_shard_share);
    case BENCH_LEGS: return parse_unsigned(name, 1, PLAN_LEGS_MAX, &plan->legs);
    case BENCH_HOLDS: return parse_unsigned(name, 0, 100, &plan->holds);
    case BENCH_READS: return parse_unsigned(name, 0, 100, &plan->reads);
    case BENCH_MIX: plan->mix_path = optarg; return true;
    case BENCH_PREFIX: plan->prefix = optarg; return true;
    case BENCH_ASSET: plan->asset = optarg; return true;
    case BENCH_NO_SETUP: plan->setup = false; return true;
    case BENCH_NO_CHECK: plan->check = false; return true;
    case BENCH_SEED: return parse_number(name, 1, UINT64_MAX / 2, &plan->seed);
    case BENCH_JSON: plan->json = true; return true;
    case BENCH_CSV: plan->csv_path = optarg; return true;
    case BENCH_PICTURE: return parse_picture(plan);
    case BENCH_HELP:
    case BENCH_OPTION_COUNT: break;
    }
    return false;
}

/* What can only be judged of all options together. */
static bool plan_fits(const struct plan *plan)
{
    if (strlen(plan->prefix) > PLAN_PREFIX_MAX || !ident_valid(plan->prefix, strlen(plan->prefix)) ||
        strchr(plan->prefix, '{') != NULL || plan->prefix[0] == '@') {
        (void)fprintf(stderr, "bursar bench: --prefix %s is not the start of an id of at most %d bytes\n",
                      plan->prefix, PLAN_PREFIX_MAX);
        return false;
    }
    if (plan->same_shard_share != PLAN_ANY_SHARD && plan->same_shard_share < 100 &&
        plan->accounts <= PLAN_GROUP) {
        (void)fprintf(stderr,
                      "bursar bench: --accounts %lu all share one hash tag; --same-shard-share %d needs more "
                      "than %d\n",
                      (unsigned long)plan->accounts, plan->same_shard_share, PLAN_GROUP);
        return false;
    }
    if (plan->mix_path != NULL && (plan->legs != 1 || plan->holds > 0 || plan->reads > 0)) {
        (void)fprintf(stderr,
                      "bursar bench: --legs, --holds and --reads say nothing beside --mix %s, which says it "
                      "all\n",
                      plan->mix_path);
        return false;
    }
    return true;
}

static void help(void)
{
    (void)fputs("bursar bench: load for a server, and how it bears it\n\n"
                "  bursar [-h host] [-p port] [-u socket] bench [options]\n\n",
                stdout);
    options_help(stdout, bench_options);
}

bool bench_options_read(int argc, char **argv, struct plan *plan, int *status)
{
    int option;
    *status = EXIT_USAGE;
    optind = 0; /* the client's own options were read before: start afresh */
    while ((option = options_next(bench_options, argc, argv)) >= 0) {
        if (option == BENCH_HELP) {
            help();
            *status = EXIT_DONE;
            return false;
        }
        if (!parse((enum bench_option)option, plan))
            return false;
    }
    if (option == OPTIONS_WRONG) {
        (void)fputs("bursar bench --help lists the options\n", stderr);
        return false;
    }
    if (optind < argc) {
        (void)fprintf(stderr, "bursar bench: '%s' is no option\n", argv[optind]);
        return false;
    }
    if (plan->threads > plan->connections)
        plan->threads = plan->connections;
    return plan_fits(plan);
}
