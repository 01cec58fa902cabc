/* shrink.c: from a run that fails to a small one that does. See runner.h.
 *
 * A plan with something left out goes another way through the dice, so each is tried with a few schedules;
 * what fails with one of them is gone on with. That it fails in the same way is not asked for.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/runner.h"

#define SCHEDULES 12
#define TRIES_MAX 3000 /* runs in all */

struct shrinking {
    struct plan best;
    unsigned tries;
};

/* Whether it fails with some schedule: then it is the best so far. */
static bool keep_if_failing(struct shrinking *shrinking, const struct plan *plan)
{
    struct plan tried = *plan;
    for (unsigned i = 0; i < SCHEDULES && shrinking->tries < TRIES_MAX; i++) {
        tried.schedule = i == 0 ? plan->schedule : plan->schedule * 31 + i;
        shrinking->tries++;
        if (runner_try(&tried, false, true))
            continue;
        shrinking->best = tried;
        return true;
    }
    return false;
}

static void shrink_faults(struct shrinking *shrinking)
{
    for (unsigned events = 0; events < 4; events++) {
        struct plan plan = shrinking->best;
        plan.events = events;
        if (keep_if_failing(shrinking, &plan))
            break;
    }
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        struct plan plan = shrinking->best;
        plan.faults &= ~(1U << i);
        if (plan.faults != shrinking->best.faults)
            (void)keep_if_failing(shrinking, &plan);
    }
}

static void shrink_counts(struct shrinking *shrinking)
{
    for (unsigned shards = 1; shards <= 4; shards++) {
        struct plan plan = shrinking->best;
        plan.shards = shards;
        if (keep_if_failing(shrinking, &plan))
            break;
    }
    for (unsigned clients = 1; clients <= 8; clients *= 2) {
        struct plan plan = shrinking->best;
        plan.clients = clients;
        if (keep_if_failing(shrinking, &plan))
            break;
    }
}

/* Calls are cut off at the end, by halves first; then left out, in runs that become shorter. */
static void shrink_calls(struct shrinking *shrinking)
{
    for (size_t cut = shrinking->best.calls / 2; cut > 0; cut /= 2) {
        struct plan plan = shrinking->best;
        while (plan.calls > cut) {
            plan.calls -= cut;
            if (!keep_if_failing(shrinking, &plan))
                break;
            plan = shrinking->best;
        }
    }
    for (size_t run = shrinking->best.calls / 4; run > 0; run /= 2) {
        for (size_t from = 0; from < shrinking->best.calls; from += run) {
            struct plan plan = shrinking->best;
            bool any = false;
            for (size_t i = from; i < from + run && i < plan.calls; i++) {
                any |= !plan.skipped[i];
                plan.skipped[i] = true;
            }
            if (any)
                (void)keep_if_failing(shrinking, &plan);
        }
    }
}

struct plan runner_shrink(const struct plan *plan)
{
    struct shrinking shrinking = {.best = *plan};
    shrink_faults(&shrinking);
    shrink_counts(&shrinking);
    shrink_calls(&shrinking);
    return shrinking.best;
}
