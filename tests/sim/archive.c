/* archive.c: the archiver. See world.h. What it reads must be what was written: restart.c looks. */
#include <string.h>

#include "tests/sim/world.h"

#define BATCHES_MAX 6 /* that one snapshot takes in */

/* An error is no surprise where the disk was struck. The reader is opened again the next time. */
static void give_up(struct world *world, const char *error)
{
    if (!disk_struck() && !disk_stopped())
        world_fail(world, "the archiver can't go on: %s", error);
    archive_stop(world);
}

/* Adds what is durable to the snapshot, all of it or nothing. */
static bool follow(struct world *world, char *error)
{
    struct archiver_state *archive = &world->archive;
    struct buffer records = {0};
    enum journal_read result = JOURNAL_BATCH;
    for (unsigned left = 1 + dice_below(&world->dice, BATCHES_MAX); left > 0 && result == JOURNAL_BATCH;
         left--)
        result = journal_read_next(&archive->reader, commitlog_durable(&world->log), &records, error);
    if (result != JOURNAL_DAMAGED) {
        if (buffer_length(&records) > 0)
            buffer_append(&archive->records, records.bytes + records.start, buffer_length(&records));
        if (archive->number < archive->reader.place.last.number) /* it begins where its segment does */
            archive->number = archive->reader.place.last.number;
    }
    buffer_free(&records);
    return result != JOURNAL_DAMAGED;
}

void archive_turn(struct world *world)
{
    char error[JOURNAL_ERROR_MAX] = "";
    struct archiver_state *archive = &world->archive;
    uint64_t segments;
    uint64_t bytes;
    bool good = archive->reader.path != NULL ||
                journal_reader_open(&archive->reader, DISK_ROOT, world->ledger, archive->number, error);
    if (good && archive->reader.place.last.number > archive->number)
        world_fail(world, "the archiver begins behind number %llu, and its snapshot ends at %llu",
                   (unsigned long long)archive->reader.place.last.number,
                   (unsigned long long)archive->number);
    if (!good || !follow(world, error)) {
        give_up(world, error);
        return;
    }
    if (dice_below(&world->dice, 3) > 0)
        return;
    world->tally->trims++;
    if (!journal_trim(DISK_ROOT, world->ledger, archive->number, WORLD_SEGMENT, &segments, &bytes, error))
        give_up(world, error);
}

void archive_stop(struct world *world)
{
    journal_reader_close(&world->archive.reader);
}
