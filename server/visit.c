/* visit.c: each worker has a pile of visits: many push, the worker takes the whole pile and turns it over. */
#include "server/visit.h"

#include <stdlib.h>

#include "server/dispatch.h"
#include "server/memory.h"
#include "server/server.h"

struct visit *visit_new(const struct visit_kind *kind)
{
    struct visit *visit = memory_zeroed(1, sizeof *visit);
    visit->kind = kind;
    return visit;
}

void visit_free(struct visit *visit)
{
    buffer_free(&visit->asked);
    buffer_free(&visit->found);
    free(visit);
}

/** Lays it on the pile of the worker after `worker`. */
static void visit_send(struct visit *visit, const struct worker *worker)
{
    struct server *server = worker->server;
    struct worker *to = &server->workers[(worker->index + 1) % (unsigned)server->config.workers];
    visit->next = atomic_load(&to->visits);
    while (!atomic_compare_exchange_weak(&to->visits, &visit->next, visit)) {
        /* another came in between, and is visit->next now */
    }
    inbox_wake(&to->inbox);
}

void visit_begin(struct visit *visit, struct worker *worker, uint64_t ticket)
{
    visit->origin = worker->index;
    visit->ticket = ticket;
    visit_send(visit, worker);
}

/** The whole pile of a worker, oldest first. */
static struct visit *visit_take_all(struct worker *worker)
{
    struct visit *oldest = NULL;
    struct visit *pile = atomic_exchange(&worker->visits, NULL);
    while (pile) {
        struct visit *before = pile->next;
        pile->next = oldest;
        oldest = pile;
        pile = before;
    }
    return oldest;
}

void visit_receive(struct worker *worker)
{
    if (!atomic_load_explicit(&worker->visits, memory_order_relaxed)) {
        return;
    }
    struct visit *visit = visit_take_all(worker);
    while (visit) {
        struct visit *next = visit->next;
        visit->kind->look(worker, visit);
        if (visit->origin == worker->index) {
            dispatch_visit(worker, visit);
            visit_free(visit);
        } else {
            visit_send(visit, worker);
        }
        visit = next;
    }
}

void visit_discard(struct worker *worker)
{
    struct visit *visit = visit_take_all(worker);
    while (visit) {
        struct visit *next = visit->next;
        visit_free(visit);
        visit = next;
    }
}
