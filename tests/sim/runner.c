/* runner.c: see runner.h. */
#include "tests/sim/runner.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX    64
#define RUN_SECONDS 60 /* that one run may take */
#define TWICE_EVERY 16 /* seeds, of which one is run twice */

/* What the jobs tell, each in its own place; the memory is shared by them all. */
struct job {
    struct tally tally;
    uint64_t seed; /* that it runs */
};

struct shared {
    _Atomic uint64_t failed; /* the least seed that did; UINT64_MAX: none */
    struct job jobs[JOBS_MAX];
};

/* Ends the process where a run does not do the same again. */
static void run(const struct plan *plan, bool twice, struct tally *tally)
{
    struct tally again = {0};
    (void)alarm(RUN_SECONDS);
    uint64_t hash = plan_run(plan, tally);
    if (!twice)
        return;
    (void)alarm(RUN_SECONDS);
    uint64_t other = plan_run(plan, &again);
    if (other == hash)
        return;
    (void)fprintf(stderr, "seed %llu: two runs differ: %016llx and %016llx\n", (unsigned long long)plan->seed,
                  (unsigned long long)hash, (unsigned long long)other);
    exit(EXIT_FAILURE);
}

static void silence(void)
{
    if (freopen("/dev/null", "w", stderr) == NULL)
        exit(EXIT_FAILURE);
}

static bool ended_well(pid_t process)
{
    int status = 0;
    return waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool runner_try(const struct plan *plan, bool twice, bool quiet)
{
    (void)fflush(stdout);
    pid_t process = fork();
    assert(process >= 0);
    if (process == 0) {
        struct tally tally = {0};
        if (quiet)
            silence();
        run(plan, twice, &tally);
        exit(EXIT_SUCCESS);
    }
    return ended_well(process);
}

static void job_run(const struct plan *base, uint64_t first, uint64_t end, unsigned step, time_t end_time,
                    struct shared *shared, struct job *job)
{
    for (uint64_t seed = first; seed < end && seed < atomic_load(&shared->failed); seed += step) {
        struct plan plan = *base;
        if (end_time != 0 && time(NULL) >= end_time)
            break;
        plan.seed = plan.schedule = job->seed = seed;
        run(&plan, seed % TWICE_EVERY == 0, &job->tally);
    }
    exit(EXIT_SUCCESS);
}

static void tally_add(struct tally *sum, const struct tally *one)
{
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)one;
    static_assert(sizeof *sum % sizeof *to == 0, "all fields of a tally are counts");
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

/* Waits for all jobs. When one fails the others need go no further than its seed. */
static void jobs_wait(const pid_t *processes, unsigned jobs, struct shared *shared)
{
    int status = 0;
    for (unsigned left = jobs; left > 0; left--) {
        pid_t process = waitpid(-1, &status, 0);
        assert(process > 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            continue;
        for (unsigned i = 0; i < jobs; i++) {
            if (processes[i] == process && shared->jobs[i].seed < atomic_load(&shared->failed))
                atomic_store(&shared->failed, shared->jobs[i].seed);
        }
    }
}

bool runner_many(const struct plan *base, uint64_t first, uint64_t seeds, unsigned seconds, unsigned jobs,
                 struct tally *tally, uint64_t *failed)
{
    pid_t processes[JOBS_MAX];
    jobs = jobs < JOBS_MAX ? jobs : JOBS_MAX;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(shared != MAP_FAILED);
    atomic_store(&shared->failed, UINT64_MAX);
    time_t end_time = seconds == 0 ? 0 : time(NULL) + seconds;
    (void)fflush(stdout);
    for (unsigned i = 0; i < jobs; i++) {
        processes[i] = fork();
        assert(processes[i] >= 0);
        if (processes[i] == 0)
            job_run(base, first + i, seeds == 0 ? UINT64_MAX : first + seeds, jobs, end_time, shared,
                    &shared->jobs[i]);
    }
    jobs_wait(processes, jobs, shared);
    for (unsigned i = 0; i < jobs; i++)
        tally_add(tally, &shared->jobs[i].tally);
    *failed = atomic_load(&shared->failed);
    (void)munmap(shared, sizeof *shared);
    return *failed == UINT64_MAX;
}

void runner_print(const struct plan *plan)
{
    printf("scripts/sim --seed %llu", (unsigned long long)plan->seed);
    if (plan->schedule != plan->seed)
        printf(" --schedule %llu", (unsigned long long)plan->schedule);
    if (plan->clients != 0)
        printf(" --clients %u", plan->clients);
    if (plan->shards != 0)
        printf(" --shards %u", plan->shards);
    if (plan->events != PLAN_ANY)
        printf(" --events %u", plan->events);
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        if ((plan->faults & 1U << i) == 0)
            printf(" --without %s", plan_fault_words[i]);
    }
    if (plan->calls != PLAN_CALLS)
        printf(" --calls %zu", plan->calls);
    const char *separator = " --skip ";
    for (size_t i = 0; i < plan->calls; i++) {
        if (!plan->skipped[i])
            continue;
        size_t last = i;
        while (last + 1 < plan->calls && plan->skipped[last + 1])
            last++;
        printf("%s%zu-%zu", separator, i, last);
        separator = ",";
        i = last;
    }
    printf("\n");
}
