/* clients.c: who asks, and what they hear. See world.h.
 *
 * A client repeats a call until it is answered. An attempt that it gave up goes on all the same, and what
 * would have been its answer is checked as well.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

#define PATIENCE_MAX 3000 /* steps, of the first attempt; then always twice as many */

static void attempt(struct world *world, struct client *client)
{
    struct flight *flight = &world->flights[world->flight_count++];
    client->ticket = cluster_submit(world->cluster, client->call);
    client->patience =
        world->steps + ((20 + (uint64_t)dice_below(&world->dice, PATIENCE_MAX)) << client->attempts++);
    client->waits = true;
    *flight = (struct flight){client->call, client->ticket};
}

/* The next call of the script that is not left out; NULL: there is none. */
static const struct call *call_next(struct world *world)
{
    const struct plan *plan = world->plan;
    while (world->next_call < plan->calls && plan->skipped[world->next_call])
        world->next_call++;
    if (world->next_call >= plan->calls)
        return NULL;
    struct call *call = &world->script.calls[world->next_call++];
    if (call->after > world->durable) /* cursors come from replies: none is of the future */
        call->after = world->durable;
    return call;
}

bool clients_ask(struct world *world)
{
    struct client *client = &world->clients[dice_below(&world->dice, world->client_count)];
    if (client->waits || world->flight_count == FLIGHTS_MAX)
        return false;
    if (client->call == NULL)
        client->call = call_next(world);
    if (client->call != NULL)
        attempt(world, client);
    return client->call != NULL;
}

void clients_lose_patience(struct world *world)
{
    for (unsigned i = 0; i < world->client_count; i++) {
        struct client *client = &world->clients[i];
        if (!client->waits || client->patience > world->steps || !world_may(world, FAULT_TIMEOUT) ||
            world->flight_count == FLIGHTS_MAX)
            continue;
        world->tally->retries++;
        attempt(world, client);
    }
}

static void hear(struct world *world, const struct flight *flight, const struct cluster_answer *answer)
{
    if ((world->hearing_count & (world->hearing_count - 1)) == 0) {
        size_t room = world->hearing_count == 0 ? 1 : 2 * world->hearing_count;
        world->hearings = realloc(world->hearings, room * sizeof *world->hearings);
        assert(world->hearings != NULL);
    }
    struct hearing *hearing = &world->hearings[world->hearing_count++];
    *hearing = (struct hearing){flight->call, *answer};
    if (hearing->answer.seen < world->started)
        hearing->answer.seen = world->started;
    world->hash = hash_add(world->hash, answer->text, strlen(answer->text));
    for (unsigned i = 0; i < world->client_count; i++) {
        struct client *client = &world->clients[i];
        if (client->waits && client->ticket == flight->ticket)
            *client = (struct client){0};
    }
}

void clients_hear(struct world *world)
{
    sequence_t durable = commitlog_durable(&world->log);
    world->durable = durable > world->durable ? durable : world->durable;
    for (size_t i = world->flight_count; i-- > 0;) {
        struct flight flight = world->flights[i];
        const struct cluster_answer *answer = cluster_answer(world->cluster, flight.ticket);
        if (answer->text == NULL || answer->seen > durable)
            continue;
        hear(world, &flight, answer);
        world->flights[i] = world->flights[--world->flight_count];
    }
}

/* What lies behind `newest` never was. An answer that was heard depends on nothing there, and so is true of
 * the log's new end as well as of any later one that there was. */
static void clamp(sequence_t *number, sequence_t newest)
{
    if (*number > newest)
        *number = newest;
}

void clients_disconnect(struct world *world, sequence_t newest)
{
    for (size_t i = 0; i < world->hearing_count; i++) {
        clamp(&world->hearings[i].answer.submitted, newest);
        clamp(&world->hearings[i].answer.answered, newest);
    }
    for (unsigned i = 0; i < world->client_count; i++)
        world->clients[i].waits = false;
    world->flight_count = 0;
    world->started = newest;
}

bool clients_done(const struct world *world)
{
    for (unsigned i = 0; i < world->client_count; i++) {
        if (world->clients[i].call != NULL)
            return false;
    }
    return world->next_call >= world->plan->calls;
}

void clients_insist(struct world *world)
{
    for (unsigned i = 0; i < world->client_count; i++) {
        struct client *client = &world->clients[i];
        if (client->call != NULL && !client->waits)
            attempt(world, client);
    }
}
