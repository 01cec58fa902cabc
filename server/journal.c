/* journal.c: writing the journal. */
#include "server/journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/batch.h"
#include "server/directory.h"
#include "server/journal_record.h"
#include "server/memory.h"
#include "server/segment.h"

/* Spares that trimming keeps ready: with a fast load a segment lasts a second, as long as a snapshot takes.
 */
#define SPARES_READY 2

/* Bytes that are written once more at a time. */
#define REWRITE_SIZE 1048576

static char *path_new(const char *dir)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/journal", dir);
    char *copy = strdup(path);
    assert(copy);
    return copy;
}

bool journal_create(const char *dir, struct ledger_id ledger, uint64_t segment_size, char *error)
{
    const struct journal_place start = {.segment = 0};
    char *path = path_new(dir);
    bool good = mkdir(path, 0750) == 0 || errno == EEXIST;
    if (!good) {
        (void)snprintf(error, JOURNAL_ERROR_MAX, "directory '%.512s' can't be made: %s", path,
                       strerror(errno));
    }
    int fd = good ? segment_make(path, ledger, 1, segment_size, &start, error) : -1;
    if (fd >= 0) {
        close(fd);
    }
    good = fd >= 0 && directory_sync(dir, error);
    free(path);
    return good;
}

/** Starts an empty batch: a head to be filled in. */
static void batch_begin(struct journal *journal)
{
    buffer_consume(&journal->batch, buffer_length(&journal->batch));
    memset(buffer_reserve(&journal->batch, sizeof(struct batch_head)), 0, sizeof(struct batch_head));
    journal->batch.end += sizeof(struct batch_head);
    journal->batch_last = journal->place.last;
    journal->batch_count = 0;
    journal->continues = false;
}

static enum append_result failed(const struct journal *journal, const char *what, const char *why,
                                 char *error)
{
    char path[PATH_MAX];
    segment_path(path, journal->path, journal->place.segment);
    (void)snprintf(error, JOURNAL_ERROR_MAX,
                   "%s '%.384s' at offset %" PRIu64 ", after number %" PRIu64 ", failed: %s", what, path,
                   journal->place.offset, journal->place.last.number, why);
    return APPEND_UNKNOWN;
}

/** Writes the segment's batches once more, as they were read. After an fdatasync that failed the system may
 * take a page for written that is not on the disk, and show it all the same: what was replayed must be there.
 */
static bool segment_rewrite(const struct journal *journal, char *error)
{
    char *bytes = memory_zeroed(1, REWRITE_SIZE);
    bool good = true;
    errno = EIO; /* what a short one means */
    for (uint64_t at = JOURNAL_ALIGN; good && at < journal->place.offset; at += REWRITE_SIZE) {
        uint64_t left = journal->place.offset - at;
        size_t length = left < REWRITE_SIZE ? (size_t)left : REWRITE_SIZE;
        good = pread(journal->fd, bytes, length, (off_t)at) == (ssize_t)length &&
               pwrite(journal->fd, bytes, length, (off_t)at) == (ssize_t)length;
    }
    free(bytes);
    if (!good) {
        failed(journal, "writing once more what is in", strerror(errno), error);
    }
    return good;
}

bool journal_acquire(struct journal *journal, const char *dir, struct ledger_id ledger,
                     const struct journal_place *place, uint64_t segment_size, char *error)
{
    struct segment_head head;
    char *path = path_new(dir);
    int fd = segment_open(path, place->segment, ledger, true, &head, error);
    if (fd < 0) {
        free(path);
        return false;
    }
    *journal = (struct journal){.path = path,
                                .ledger = ledger,
                                .place = *place,
                                .size = head.size,
                                .segment_size = segment_size,
                                .fd = fd,
                                .unsynced = true};
    batch_begin(journal);
    /* A process that died may have left its last batch, and the name of this segment, where the machine's
     * death would still take them. They are here to stay before anything is built on them. */
    if (!segment_rewrite(journal, error) || journal_sync(journal, error) != APPEND_OK ||
        !directory_sync(path, error) || journal_append(journal, true, error) != APPEND_OK) {
        journal_close(journal);
        return false;
    }
    return true;
}

static_assert(sizeof(struct batch_head) + JOURNAL_RUN_MAX <= JOURNAL_SEGMENT_MIN - JOURNAL_ALIGN,
              "an empty batch has room for any transaction");

bool journal_has_room(const struct journal *journal, const struct record *record)
{
    if (journal->continues) {
        return true; /* there was when the first came */
    }
    bool several = (record->flags & RECORD_CONTINUES) != 0;
    uint64_t most = journal->segment_size - JOURNAL_ALIGN;
    most = most < JOURNAL_BATCH_MAX ? most : JOURNAL_BATCH_MAX;
    return buffer_length(&journal->batch) + (several ? JOURNAL_RUN_MAX : JOURNAL_RECORD_MAX) <= most;
}

void journal_add(struct journal *journal, const struct record *record)
{
    struct buffer *batch = &journal->batch;
    uint8_t *room = (uint8_t *)buffer_reserve(batch, JOURNAL_RECORD_MAX);
    const uint8_t *end = journal_record_pack(record, journal->batch_last, room);
    batch->end += (size_t)(end - room);
    journal->batch_last.number = record->stamp.number + record->leg_count - 1U;
    journal->batch_last.time = record->stamp.time + record->leg_count - 1U;
    journal->batch_count++;
    journal->continues = (record->flags & RECORD_CONTINUES) != 0;
}

/** Goes on in a new segment. */
static enum append_result segment_roll(struct journal *journal, char *error)
{
    enum append_result result = journal_sync(journal, error);
    if (result != APPEND_OK) {
        return result;
    }
    int fd = segment_make(journal->path, journal->ledger, journal->place.segment + 1, journal->segment_size,
                          &journal->place, error);
    if (fd < 0) {
        return APPEND_UNKNOWN;
    }
    close(journal->fd);
    journal->fd = fd;
    journal->size = journal->segment_size;
    journal->place.segment++;
    journal->place.offset = JOURNAL_ALIGN;
    return APPEND_OK;
}

/** Completes the batch's head, and pads the batch with zeros. Returns the size. */
static size_t batch_finish(struct journal *journal)
{
    struct buffer *batch = &journal->batch;
    size_t length = buffer_length(batch) - sizeof(struct batch_head);
    size_t size = (size_t)batch_size(length);
    size_t padding = size - buffer_length(batch);
    memset(buffer_reserve(batch, padding), 0, padding);
    batch->end += padding;
    struct batch_head head = {.magic = BATCH_MAGIC,
                              .length = (uint32_t)length,
                              .count = journal->batch_count,
                              .next = journal->place.last.number + 1,
                              .time = journal->place.last.time,
                              .chain = {journal->place.chain[0], journal->place.chain[1]}};
    char *bytes = batch->bytes + batch->start;
    memcpy(bytes, &head, sizeof head);
    segment_checksum(bytes + sizeof head.checksum, BATCH_SUMMED + length, journal->ledger, head.checksum);
    memcpy(bytes, head.checksum, sizeof head.checksum);
    return size;
}

enum append_result journal_append(struct journal *journal, bool sync, char *error)
{
    assert(!journal->continues);
    size_t size = batch_finish(journal);
    if (journal->place.offset + size > journal->size) {
        enum append_result result = segment_roll(journal, error);
        if (result != APPEND_OK) {
            return result;
        }
    }
    const char *bytes = journal->batch.bytes + journal->batch.start;
    ssize_t written = pwrite(journal->fd, bytes, size, (off_t)journal->place.offset);
    if (written != (ssize_t)size) {
        return failed(journal, "writing",
                      written < 0 ? strerror(errno) : "only a part was written: the disk is full", error);
    }
    journal->unsynced = true;
    if (sync && journal_sync(journal, error) != APPEND_OK) {
        return APPEND_UNKNOWN;
    }
    journal->place.offset += size;
    journal->place.last = journal->batch_last;
    memcpy(journal->place.chain, bytes, sizeof journal->place.chain);
    batch_begin(journal);
    return APPEND_OK;
}

enum append_result journal_sync(struct journal *journal, char *error)
{
    if (journal->unsynced && fdatasync(journal->fd) != 0) {
        return failed(journal, "fdatasync of", strerror(errno), error);
    }
    journal->unsynced = false;
    return APPEND_OK;
}

void journal_close(struct journal *journal)
{
    if (!journal->path) {
        return;
    }
    close(journal->fd);
    buffer_free(&journal->batch);
    free(journal->path);
    *journal = (struct journal){.fd = -1};
}

bool journal_trim(const char *dir, struct ledger_id ledger, sequence_t number, uint64_t segment_size,
                  uint64_t *segments, uint64_t *bytes, char *error)
{
    struct segment_list list;
    char *path = path_new(dir);
    bool good = segment_list(path, &list, error);
    unsigned spares = 0;
    for (unsigned place = 0; place < SEGMENT_SPARES; place++) {
        spares += list.spares[place];
    }
    bool changed = false;
    for (; good && list.first < list.last; list.first++, list.count--) {
        struct segment_head next;
        int fd = segment_open(path, list.first + 1, ledger, false, &next, error);
        good = fd >= 0;
        if (good) {
            close(fd);
        }
        if (!good || next.next > number + 1) {
            break;
        }
        good = segment_release(path, list.first, segment_size, error);
        changed = true;
        spares++;
    }
    for (; good && spares < SPARES_READY; spares++) {
        good = segment_spare_make(path, segment_size, error);
        changed = true;
    }
    good = good && (!changed || directory_sync(path, error));
    *segments = list.count;
    *bytes = list.count * segment_size;
    free(path);
    return good;
}
