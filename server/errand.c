/* errand.c: each worker has a pile of errands: many push, the worker takes the whole pile and turns it over.
 */
#include "server/errand.h"

#include <stdlib.h>

#include "server/dispatch.h"
#include "server/memory.h"
#include "server/server.h"

struct errand *errand_new(const struct errand_kind *kind)
{
    struct errand *errand = memory_zeroed(1, sizeof *errand);
    errand->kind = kind;
    return errand;
}

void errand_free(struct errand *errand)
{
    buffer_free(&errand->asked);
    buffer_free(&errand->found);
    free(errand);
}

/** Lays it on the pile of the worker after `worker`. */
static void errand_send(struct errand *errand, const struct worker *worker)
{
    struct server *server = worker->server;
    struct worker *to = &server->workers[(worker->index + 1) % (unsigned)server->config.workers];
    errand->next = atomic_load(&to->errands);
    while (!atomic_compare_exchange_weak(&to->errands, &errand->next, errand)) {
        /* another came in between, and is errand->next now */
    }
    inbox_wake(&to->inbox);
}

void errand_begin(struct errand *errand, struct worker *worker, uint64_t ticket)
{
    errand->origin = worker->index;
    errand->ticket = ticket;
    errand_send(errand, worker);
}

/** The whole pile of a worker, oldest first. */
static struct errand *errand_take_all(struct worker *worker)
{
    struct errand *oldest = NULL;
    struct errand *pile = atomic_exchange(&worker->errands, NULL);
    while (pile) {
        struct errand *before = pile->next;
        pile->next = oldest;
        oldest = pile;
        pile = before;
    }
    return oldest;
}

void errand_receive(struct worker *worker)
{
    if (!atomic_load_explicit(&worker->errands, memory_order_relaxed)) {
        return;
    }
    struct errand *errand = errand_take_all(worker);
    while (errand) {
        struct errand *next = errand->next;
        errand->kind->look(worker, errand);
        if (errand->origin == worker->index) {
            dispatch_errand(worker, errand);
            errand_free(errand);
        } else {
            errand_send(errand, worker);
        }
        errand = next;
    }
}

void errand_discard(struct worker *worker)
{
    struct errand *errand = errand_take_all(worker);
    while (errand) {
        struct errand *next = errand->next;
        errand_free(errand);
        errand = next;
    }
}
