/* restart.c: the end of a server and the start of the next. See world.h.
 *
 * A start does what server/recovery.c and server/server.c do, with the archiver's snapshot in place of
 * SQLite's: the snapshot's records, then the journal's behind them, are replayed into empty shards, and the
 * journal is taken over.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/directory.h"
#include "tests/sim/world.h"

#define ATTEMPTS_STRUCK 3  /* starts in a row that something may happen to */
#define STRIKES_MAX     80 /* calls to the disk within which it does */

/* A byte that is not what was written, while nobody runs. */
struct damage {
    struct disk_place place;
    uint8_t bits; /* 0: none */
};

static struct damage damage_do(struct world *world)
{
    struct damage damage = {0};
    if (!world_may(world, FAULT_FLIP) || dice_below(&world->dice, 2) > 0 ||
        !disk_pick(&world->dice, &damage.place))
        return damage;
    /* Half the time among the newest batches. */
    uint64_t pages = world->tip.offset / JOURNAL_ALIGN;
    if (strcmp(damage.place.name, world->tip.name) == 0 && pages > 3 && dice_below(&world->dice, 2) == 0)
        damage.place.offset =
            damage.place.offset % JOURNAL_ALIGN + JOURNAL_ALIGN * (pages - 1 - dice_below(&world->dice, 3));
    /* The last batch is not spared because it is safe, but because nobody could tell: docs/journal.md says
     * so. */
    if (strcmp(damage.place.name, world->tip.name) == 0 && damage.place.offset >= world->tip.offset)
        return damage;
    damage.bits = (uint8_t)(1U << dice_below(&world->dice, 8));
    disk_flip(&damage.place, damage.bits);
    world->tally->flips++;
    return damage;
}

static void damage_undo(struct damage *damage)
{
    if (damage->bits != 0)
        disk_flip(&damage->place, damage->bits);
    damage->bits = 0;
}

/* Makes the first journal, or goes on with one that somebody made who died soon. */
static bool journal_make(const struct world *world, char *error)
{
    struct journal_reader reader = {0};
    if (!journal_exists(DISK_ROOT))
        return journal_create(DISK_ROOT, world->ledger, WORLD_SEGMENT, error);
    if (!journal_reader_open(&reader, DISK_ROOT, (struct ledger_id){0}, 0, error))
        return false;
    bool good = directory_sync(reader.path, error);
    journal_reader_close(&reader);
    return good;
}

/* A new ledger has a journal first, then the snapshot, whose name is synced, and the journal's with it. */
static bool ledger_make(struct world *world, char *error)
{
    world->made = world->made || (journal_make(world, error) && directory_sync(DISK_ROOT, error));
    return world->made;
}

/* All that is on the disk behind the snapshot. */
static bool journal_load(const struct world *world, struct buffer *records, struct journal_place *place,
                         char *error)
{
    struct journal_reader reader = {0};
    if (!journal_reader_open(&reader, DISK_ROOT, world->ledger, world->archive.number, error))
        return false;
    enum journal_read result = JOURNAL_BATCH;
    while (result == JOURNAL_BATCH)
        result = journal_read_last(&reader, records, error);
    *place = reader.place;
    journal_reader_close(&reader);
    return result == JOURNAL_END;
}

/* What is there must be what was written, from its beginning, and at least what was said to be durable. */
static void check_loaded(const struct world *world, const struct buffer *records, sequence_t newest)
{
    const struct buffer *written = cluster_records(world->cluster);
    size_t length = buffer_length(records);
    if (newest < world->durable)
        world_fail(world, "the journal ends at number %llu, and up to %llu was said to be durable",
                   (unsigned long long)newest, (unsigned long long)world->durable);
    if (length > buffer_length(written) ||
        (length > 0 && memcmp(records->bytes + records->start, written->bytes + written->start, length) != 0))
        world_fail(world, "what the journal holds, up to number %llu, is not what was written",
                   (unsigned long long)newest);
    const struct record *last = NULL;
    for (size_t at = records->start; at < records->end; at += last->size)
        last = (const struct record *)(const void *)(records->bytes + at);
    if (last != NULL && (last->flags & RECORD_CONTINUES) != 0)
        world_fail(world, "the journal ends within a transaction, at number %llu",
                   (unsigned long long)newest);
}

/* One try. False: `error` says why there is no server. */
static bool start(struct world *world, struct damage *damage, char *error)
{
    struct journal_place place = {0};
    struct buffer records = {0};
    const struct buffer *snapshot = &world->archive.records;
    if (buffer_length(snapshot) > 0)
        buffer_append(&records, snapshot->bytes + snapshot->start, buffer_length(snapshot));
    bool good = ledger_make(world, error) && journal_load(world, &records, &place, error) && !disk_stopped();
    if (good) {
        uint64_t before = buffer_length(cluster_records(world->cluster));
        check_loaded(world, &records, place.last.number);
        world->tally->lost += before > buffer_length(&records);
        world->shards =
            1 + dice_below(&world->dice, world->plan->shards == 0 ? WORLD_SHARDS : world->plan->shards);
        if (!cluster_recover(world->cluster, world->shards, &records, error))
            world_fail(world, "what was written can't be replayed: %s", error);
    }
    buffer_free(&records);
    damage_undo(damage); /* it has met whom it might concern */
    if (!good)
        return false;
    turn_open(&world->log, world->shards);
    if (!journal_acquire(&world->log.journal, DISK_ROOT, world->ledger, &place, WORLD_SEGMENT, error)) {
        turn_close(&world->log);
        return false;
    }
    world->tip.offset = place.offset;
    (void)snprintf(world->tip.name, sizeof world->tip.name, "%08u.log", world->log.journal.place.segment);
    if (world->log.journal.place.segment != place.segment)
        world->tip.offset = JOURNAL_ALIGN;
    turn_begin(&world->log, place.last.number);
    clients_disconnect(world, place.last.number);
    return true;
}

static void power_cut(struct world *world)
{
    disk_cut(&world->dice);
    world->tally->cuts++;
}

static void strike_plan(struct world *world)
{
    static const struct {
        enum plan_fault fault;
        enum disk_fault strike;
    } strikes[] = {{FAULT_KILL, DISK_STOP},      {FAULT_SYNC, DISK_FAIL_SYNC}, {FAULT_WRITE, DISK_FAIL_WRITE},
                   {FAULT_READ, DISK_FAIL_READ}, {FAULT_READ, DISK_FAIL_LOOK}, {FAULT_FULL, DISK_FULL}};
    unsigned which = dice_below(&world->dice, sizeof strikes / sizeof strikes[0]);
    unsigned calls = dice_below(&world->dice, STRIKES_MAX);
    struct dice dice = {.seed = world->dice.seed, .state = dice_next(&world->dice)};
    if (world->events > 0 && dice_below(&world->dice, 3) == 0 && world_may(world, strikes[which].fault))
        disk_plan(strikes[which].strike, calls, dice);
}

void restart_up(struct world *world)
{
    char error[JOURNAL_ERROR_MAX + REPLAY_ERROR_MAX] = "";
    struct damage damage = damage_do(world);
    for (unsigned attempt = 0;; attempt++) {
        bool damaged = damage.bits != 0;
        if (attempt < ATTEMPTS_STRUCK)
            strike_plan(world);
        if (start(world, &damage, error))
            break;
        bool struck = disk_struck() || disk_stopped();
        if (!struck && !damaged)
            world_fail(world, "the server does not start: %s", error);
        world->tally->refused += damaged && !struck;
        if (world_may(world, FAULT_POWER) && dice_below(&world->dice, 2) == 0)
            power_cut(world);
        else
            disk_mend();
    }
    world->tally->restarts++;
    world->calm = dice_below(&world->dice, 3) == 0 ? CALM_STEPS_FEW : CALM_STEPS;
    world->hash = hash_add(world->hash, &world->shards, sizeof world->shards);
    if (dice_below(&world->dice, 4) == 0)
        verdict_conserved(world);
}

/* Nothing of the process is left. */
static void gone(struct world *world)
{
    sequence_t durable = commitlog_durable(&world->log);
    world->durable = durable > world->durable ? durable : world->durable;
    archive_stop(world);
    turn_close(&world->log);
    for (unsigned i = 0; i < WORLD_SHARDS; i++)
        buffer_consume(&world->sealed[i], buffer_length(&world->sealed[i]));
}

void restart_crash(struct world *world)
{
    world->crashed = true;
    gone(world);
    if (world_may(world, FAULT_POWER) && dice_below(&world->dice, 2) == 0)
        power_cut(world);
    else
        disk_mend();
    restart_up(world);
}

void restart_stop(struct world *world)
{
    if (!turn_stop(&world->log) && !disk_struck()) /* it may have become full before */
        world_fail(world, "the journal can't be closed");
    gone(world);
    disk_mend();
    restart_up(world);
}
