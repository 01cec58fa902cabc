/* main.c: the simulator's command line. See docs/testing.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/model/script.h"
#include "tests/sim/runner.h"

static const char usage[] =
    "usage: sim [--seconds S] [--seeds N] [--first SEED] [--jobs J] [--no-shrink]\n"
    "       sim --seed SEED [--schedule SEED] [--calls N] [--skip FROM-TO,...] [--list] [--shrink]\n"
    "either with: [--clients N] [--shards N] [--events N] [--without "
    "kill|power|sync|write|read|full|flip|timeout]...\n"
    "Without a number of seeds it runs for --seconds, 60 if not given, with seeds that nobody tried "
    "before.\n";

struct options {
    struct plan plan;
    uint64_t seeds;
    uint64_t first;
    unsigned seconds;
    unsigned jobs;
    bool one;    /* --seed */
    bool shrink; /* what fails */
    bool list;   /* the calls of the script */
};

static _Noreturn void refuse(const char *what)
{
    (void)fprintf(stderr, "sim: %s\n%s", what, usage);
    exit(2);
}

static uint64_t number_of(const char *text)
{
    char *end;
    uint64_t number = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || end == text || *end != '\0')
        refuse("an option needs a number");
    return number;
}

static void read_without(struct plan *plan, const char *word)
{
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        if (word != NULL && strcmp(word, plan_fault_words[i]) == 0) {
            plan->faults &= ~(1U << i);
            return;
        }
    }
    refuse("--without needs a kind of fault");
}

static void read_skip(struct plan *plan, const char *text)
{
    while (text != NULL && *text != '\0') {
        char *end;
        size_t from = strtoull(text, &end, 10);
        size_t to = *end == '-' ? strtoull(end + 1, &end, 10) : from;
        for (size_t i = from; i <= to && i < PLAN_CALLS; i++)
            plan->skipped[i] = true;
        text = *end == ',' ? end + 1 : "";
    }
}

/* An option that has no value. */
static bool read_flag(struct options *options, const char *word)
{
    if (strcmp(word, "--shrink") == 0)
        options->shrink = true;
    else if (strcmp(word, "--no-shrink") == 0)
        options->shrink = false;
    else if (strcmp(word, "--list") == 0)
        options->list = true;
    else
        return false;
    return true;
}

static void read_option(struct options *options, const char *word, const char *value)
{
    struct plan *plan = &options->plan;
    if (strcmp(word, "--seed") == 0) {
        options->one = true;
        options->shrink = false;
        plan->seed = plan->schedule = number_of(value);
    } else if (strcmp(word, "--schedule") == 0)
        plan->schedule = number_of(value);
    else if (strcmp(word, "--calls") == 0)
        plan->calls = number_of(value) < PLAN_CALLS ? number_of(value) : PLAN_CALLS;
    else if (strcmp(word, "--skip") == 0)
        read_skip(plan, value);
    else if (strcmp(word, "--clients") == 0)
        plan->clients = (unsigned)number_of(value) < 24 ? (unsigned)number_of(value) : 24;
    else if (strcmp(word, "--shards") == 0)
        plan->shards = (unsigned)number_of(value) < 16 ? (unsigned)number_of(value) : 16;
    else if (strcmp(word, "--events") == 0)
        plan->events = (unsigned)number_of(value);
    else if (strcmp(word, "--without") == 0)
        read_without(plan, value);
    else if (strcmp(word, "--seconds") == 0)
        options->seconds = (unsigned)number_of(value);
    else if (strcmp(word, "--seeds") == 0)
        options->seeds = number_of(value);
    else if (strcmp(word, "--first") == 0)
        options->first = number_of(value);
    else if (strcmp(word, "--jobs") == 0)
        options->jobs = (unsigned)number_of(value);
    else
        refuse("there is no such option");
}

static struct options options_read(int argc, char **argv)
{
    struct options options = {.plan = {.calls = PLAN_CALLS, .events = PLAN_ANY, .faults = FAULT_ALL},
                              .shrink = true,
                              .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
                              /* Seconds, with room below for a day's seeds: no two runs share one. */
                              .first = (uint64_t)time(NULL) * 100000};
    for (int i = 1; i < argc; i++) {
        if (read_flag(&options, argv[i]))
            continue;
        read_option(&options, argv[i], argv[i + 1]); /* argv ends with NULL */
        i++;
    }
    if (options.seeds == 0 && options.seconds == 0)
        options.seconds = 60;
    if (options.jobs == 0)
        options.jobs = 1;
    return options;
}

static void calls_list(const struct plan *plan)
{
    struct script script;
    script_make_whole(&script, plan->seed, PLAN_CALLS);
    for (size_t i = 0; i < plan->calls; i++) {
        struct buffer text = {0};
        if (plan->skipped[i])
            continue;
        call_write(&script.calls[i], &text);
        printf("%3zu: %.*s\n", i, (int)text.end, text.bytes);
        buffer_free(&text);
    }
    script_free(&script);
}

/* What to do about a plan that failed. */
static void explain(const struct plan *plan, bool shrink)
{
    printf("replay it with:\n  ");
    runner_print(plan);
    if (!shrink)
        return;
    printf("shrinking ...\n");
    (void)fflush(stdout);
    struct plan small = runner_shrink(plan);
    size_t calls = 0;
    for (size_t i = 0; i < small.calls; i++)
        calls += !small.skipped[i];
    printf("with %zu calls:\n  ", calls);
    runner_print(&small);
    (void)runner_try(&small, false, false);
}

static int one(const struct options *options)
{
    if (options->list)
        calls_list(&options->plan);
    if (runner_try(&options->plan, true, false)) {
        printf("seed %llu: good, twice the same\n", (unsigned long long)options->plan.seed);
        return EXIT_SUCCESS;
    }
    if (options->shrink)
        explain(&options->plan, true);
    return EXIT_FAILURE;
}

static void tally_print(const struct tally *tally, uint64_t first)
{
    printf("%llu seeds from %llu: %llu steps, %llu answers, %llu numbers, %llu retries, %llu found parked\n",
           (unsigned long long)tally->runs, (unsigned long long)first, (unsigned long long)tally->steps,
           (unsigned long long)tally->answers, (unsigned long long)tally->records,
           (unsigned long long)tally->retries, (unsigned long long)tally->parkings);
    printf("%llu starts, %llu power cuts, %llu ends by the disk, %llu that lost what nobody was told, "
           "%llu flipped bits, %llu of them refused, %llu segments begun, %llu trims\n",
           (unsigned long long)tally->restarts, (unsigned long long)tally->cuts,
           (unsigned long long)tally->failures, (unsigned long long)tally->lost,
           (unsigned long long)tally->flips, (unsigned long long)tally->refused,
           (unsigned long long)tally->rolls, (unsigned long long)tally->trims);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    struct tally tally = {0};
    uint64_t failed = 0;
    if (options.one)
        return one(&options);
    bool good = runner_many(&options.plan, options.first, options.seeds, options.seconds, options.jobs,
                            &tally, &failed);
    tally_print(&tally, options.first);
    if (good)
        return EXIT_SUCCESS;
    struct plan plan = options.plan;
    plan.seed = plan.schedule = failed;
    printf("seed %llu failed; ", (unsigned long long)failed);
    explain(&plan, options.shrink);
    return EXIT_FAILURE;
}
