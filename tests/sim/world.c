/* world.c: the scheduler of a run. See world.h and plan.h. */
#include "tests/sim/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const plan_fault_words[FAULT_KINDS] = {"kill", "power", "sync", "write",
                                                   "read", "full",  "flip", "timeout"};

/* A run has so many faults at most, and disk faults strike within so many calls. */
#define EVENTS_MAX  6
#define STRIKES_MAX 40

void world_fail(const struct world *world, const char *format, ...)
{
    va_list arguments;
    (void)fflush(stdout);
    (void)fprintf(stderr, "seed %llu, step %llu, %u shards: ", (unsigned long long)world->plan->seed,
                  (unsigned long long)world->steps, world->shards);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

bool world_may(const struct world *world, enum plan_fault fault)
{
    return (world->plan->faults & 1U << fault) != 0;
}

/* A worker has sealed a batch. Its thread may be stopped here for any time before the log gets to hear. */
static void on_sealed(void *context, unsigned worker, const struct buffer *records)
{
    struct world *world = context;
    buffer_append(&world->sealed[worker], records->bytes + records->start, buffer_length(records));
}

static struct world *world_create(const struct plan *plan, struct tally *tally)
{
    struct world *world = calloc(1, sizeof *world);
    assert(world != NULL);
    world->plan = plan;
    world->tally = tally;
    world->dice = (struct dice){.seed = plan->schedule, .state = ~plan->schedule};
    world->ledger = (struct ledger_id){{dice_next(&world->dice), dice_next(&world->dice)}};
    script_make_whole(&world->script, plan->seed, PLAN_CALLS);
    unsigned most = plan->clients == 0 ? CLIENTS_MAX : plan->clients;
    world->client_count = 1 + dice_below(&world->dice, most);
    world->events = plan->events == PLAN_ANY ? dice_below(&world->dice, EVENTS_MAX + 1) : plan->events;
    world->cluster = cluster_create(&(struct cluster_config){.shards = 1,
                                                             .seed = dice_next(&world->dice),
                                                             .batch_max = 1 + dice_below(&world->dice, 6),
                                                             .clock_jumps = true,
                                                             .sealed = on_sealed,
                                                             .context = world});
    world->calm = CALM_STEPS;
    disk_reset();
    return world;
}

static void world_free(struct world *world)
{
    archive_stop(world);
    turn_close(&world->log);
    cluster_free(world->cluster);
    for (unsigned i = 0; i < WORLD_SHARDS; i++)
        buffer_free(&world->sealed[i]);
    buffer_free(&world->archive.records);
    script_free(&world->script);
    free(world->hearings);
    free(world);
    disk_reset();
}

/* A worker's thread goes on, and hands its records to the log. */
static void hand(struct world *world, unsigned worker)
{
    struct buffer *records = &world->sealed[worker];
    (void)commitlog_lags(&world->log, worker);
    if (buffer_length(records) > 0)
        commitlog_append(&world->log, worker, records);
}

static void hand_any(struct world *world)
{
    hand(world, dice_below(&world->dice, world->shards));
}

/* The log's thread takes a turn; the process may end in it. */
static enum turn log_turn(struct world *world)
{
    struct journal_place before = world->log.journal.place;
    enum turn turn = turn_take(&world->log);
    const struct journal_place *after = &world->log.journal.place;
    if (turn != TURN_DONE)
        return turn;
    bool rolled = after->segment != before.segment;
    world->tally->rolls += rolled;
    world->tip.offset = rolled ? JOURNAL_ALIGN : before.offset;
    (void)snprintf(world->tip.name, sizeof world->tip.name, "%08u.log", after->segment);
    return turn;
}

/* Something goes wrong, now or in one of the next calls to the disk. */
static void fault_begin(struct world *world)
{
    static const enum disk_fault faults[FAULT_KINDS] = {
        [FAULT_KILL] = DISK_STOP,        [FAULT_POWER] = DISK_STOP,     [FAULT_SYNC] = DISK_FAIL_SYNC,
        [FAULT_WRITE] = DISK_FAIL_WRITE, [FAULT_READ] = DISK_FAIL_READ, [FAULT_FULL] = DISK_FULL};
    enum plan_fault fault = (enum plan_fault)dice_below(&world->dice, FAULT_FLIP);
    world->events--;
    if (!world_may(world, fault))
        return;
    enum disk_fault strike = faults[fault];
    if (strike == DISK_STOP && dice_below(&world->dice, 3) == 0)
        strike = DISK_STOP_NAMED;
    if (fault <= FAULT_POWER && dice_below(&world->dice, 2) == 0)
        restart_crash(world);
    else
        disk_plan(strike, dice_below(&world->dice, STRIKES_MAX),
                  (struct dice){.seed = world->dice.seed, .state = dice_next(&world->dice)});
}

/* What the scheduler may choose, and how often it does in this run. */
enum action { ACT_ASK, ACT_STEP, ACT_HAND, ACT_LOG, ACT_HEAR, ACT_ARCHIVE, ACT_PATIENCE, ACTIONS };

static void odds_throw(struct world *world, unsigned *odds)
{
    static const unsigned most[ACTIONS] = {
        [ACT_ASK] = 8,  [ACT_STEP] = 40,   [ACT_HAND] = 12,   [ACT_LOG] = 6,
        [ACT_HEAR] = 6, [ACT_ARCHIVE] = 3, [ACT_PATIENCE] = 2};
    for (unsigned i = 0; i < ACTIONS; i++)
        odds[i] = 1 + dice_below(&world->dice, most[i]);
    if (dice_below(&world->dice, 3) == 0)
        odds[ACT_ARCHIVE] = 0; /* it is slow, and segments are neither given up nor made ready */
}

static enum action action_pick(struct world *world, const unsigned *odds)
{
    unsigned all = 0;
    for (unsigned i = 0; i < ACTIONS; i++)
        all += odds[i];
    unsigned throw = dice_below(&world->dice, all);
    unsigned action = 0;
    while (throw >= odds[action])
        throw -= odds[action++];
    return (enum action)action;
}

/* False: the process has ended. */
static bool act(struct world *world, enum action action)
{
    switch (action) {
    case ACT_ASK: (void)clients_ask(world); break;
    case ACT_STEP: (void)cluster_step(world->cluster); break;
    case ACT_HAND: hand_any(world); break;
    case ACT_LOG: return log_turn(world) != TURN_FAILED;
    case ACT_HEAR: clients_hear(world); break;
    case ACT_ARCHIVE: archive_turn(world); break;
    case ACT_PATIENCE: clients_lose_patience(world); break;
    case ACTIONS: break;
    }
    return !disk_stopped();
}

static void step_count(struct world *world)
{
    world->steps++;
    world->hash = hash_add(world->hash, &world->dice.state, sizeof world->dice.state);
    if (world->steps > WORLD_STEP_MAX)
        world_fail(world, "somebody waits for ever: %zu calls are under way", world->flight_count);
}

/* Faults come at any step until there were enough. */
static void play(struct world *world)
{
    unsigned odds[ACTIONS];
    odds_throw(world, odds);
    while (!clients_done(world)) {
        step_count(world);
        if (world->events > 0 && dice_below(&world->dice, world->calm) == 0)
            fault_begin(world);
        if (!act(world, action_pick(world, odds))) {
            world->tally->failures++;
            restart_crash(world);
        }
    }
}

/* Nothing goes wrong any more, and everything that is under way comes to its end. */
static void settle(struct world *world)
{
    disk_plan(DISK_GOOD, 0, world->dice);
    bool busy = true;
    while (busy) {
        step_count(world);
        busy = cluster_step(world->cluster);
        for (unsigned i = 0; i < world->shards; i++)
            hand(world, i);
        enum turn turn = log_turn(world);
        if (turn == TURN_FAILED) {
            restart_crash(world); /* the disk had become full before */
            return;
        }
        busy |= turn == TURN_DONE;
        clients_hear(world);
    }
    if (world->flight_count > 0)
        world_fail(world, "at rest %zu calls were never answered", world->flight_count);
    struct shard_numbers numbers = cluster_count(world->cluster);
    if (numbers.parked > 0 || numbers.prepared > 0)
        world_fail(world, "at rest %llu messages are parked and %llu transactions prepared",
                   (unsigned long long)numbers.parked, (unsigned long long)numbers.prepared);
}

uint64_t plan_run(const struct plan *plan, struct tally *tally)
{
    struct world *world = world_create(plan, tally);
    restart_up(world);
    play(world);
    world->events = 0;
    for (settle(world); !clients_done(world); settle(world))
        clients_insist(world);
    verdict(world);
    uint64_t disks = disk_hash();
    uint64_t hash = hash_add(world->hash, &disks, sizeof disks);
    tally->runs++;
    tally->steps += world->steps;
    tally->answers += world->hearing_count;
    tally->parkings += cluster_parkings(world->cluster);
    world_free(world);
    return hash;
}
