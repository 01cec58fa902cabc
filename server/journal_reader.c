/* journal_reader.c: reading the journal, at rest or behind the writer. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/batch.h"
#include "server/journal_record.h"
#include "server/memory.h"
#include "server/segment.h"

/** What lies at a place. */
enum found {
    FOUND_BATCH,   /* the next batch, whole */
    FOUND_NOTHING, /* anything else: the end, or damage */
    FOUND_FAILURE  /* the disk fails */
};

__attribute__((format(printf, 3, 4))) static enum journal_read damaged(const struct journal_reader *reader,
                                                                       char *error, const char *format, ...)
{
    char path[PATH_MAX];
    va_list arguments;
    segment_path(path, reader->path, reader->place.segment);
    int length = snprintf(error, JOURNAL_ERROR_MAX,
                          "the journal is damaged: '%.384s', offset %" PRIu64 ", after number %" PRIu64 ": ",
                          path, reader->place.offset, reader->place.last.number);
    va_start(arguments, format);
    (void)vsnprintf(error + length, JOURNAL_ERROR_MAX - (size_t)length, format, arguments);
    va_end(arguments);
    return JOURNAL_DAMAGED;
}

static enum journal_read failed(const struct journal_reader *reader, char *error)
{
    char path[PATH_MAX];
    segment_path(path, reader->path, reader->place.segment);
    (void)snprintf(error, JOURNAL_ERROR_MAX, "can't read '%.384s' at offset %" PRIu64 ": %s", path,
                   reader->place.offset, strerror(errno));
    return JOURNAL_DAMAGED;
}

/** Moves to the start of a segment. False, with `error`. */
static bool segment_enter(struct journal_reader *reader, uint32_t ordinal, char *error)
{
    struct segment_head head;
    int fd = segment_open(reader->path, ordinal, reader->ledger, false, &head, error);
    if (fd < 0) {
        return false;
    }
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    reader->fd = fd;
    reader->ledger = head.ledger;
    reader->segment_size = head.size;
    reader->place = (struct journal_place){.segment = ordinal,
                                           .offset = JOURNAL_ALIGN,
                                           .last = {head.next - 1, head.time},
                                           .chain = {head.chain[0], head.chain[1]}};
    return true;
}

static void reader_start(struct journal_reader *reader, const char *dir, struct ledger_id ledger,
                         sequence_t after)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/journal", dir);
    *reader = (struct journal_reader){.path = strdup(path), .ledger = ledger, .after = after, .fd = -1};
    assert(reader->path);
}

/** Enters the newest segment that begins at or before number `next`. */
static bool segment_search(struct journal_reader *reader, const struct segment_list *list, sequence_t next,
                           char *error)
{
    if (list->count != list->last - list->first + 1) {
        (void)snprintf(error, JOURNAL_ERROR_MAX,
                       "segments are missing in '%.512s': there are %" PRIu32 " of those from %08" PRIu32
                       ".log to %08" PRIu32 ".log; restore them from a backup",
                       reader->path, list->count, list->first, list->last);
        return false;
    }
    for (uint32_t ordinal = list->last; ordinal >= list->first; ordinal--) {
        if (!segment_enter(reader, ordinal, error)) {
            return false;
        }
        if (reader->place.last.number < next) {
            return true;
        }
    }
    (void)snprintf(error, JOURNAL_ERROR_MAX,
                   "numbers %" PRIu64 " to %" PRIu64
                   " are missing: the journal in '%.512s' begins after them, and the "
                   "snapshot ends before; restore the segments that hold them from a backup",
                   next, reader->place.last.number, reader->path);
    return false;
}

bool journal_reader_open(struct journal_reader *reader, const char *dir, struct ledger_id ledger,
                         sequence_t after, char *error)
{
    struct segment_list list;
    reader_start(reader, dir, ledger, after);
    bool good = segment_list(reader->path, &list, error);
    if (good && list.count == 0) {
        (void)snprintf(error, JOURNAL_ERROR_MAX,
                       "there is no segment in '%.512s'; restore the journal from a backup", reader->path);
        good = false;
    }
    good = good && segment_search(reader, &list, after + 1, error);
    if (!good) {
        journal_reader_close(reader);
    }
    return good;
}

bool journal_reader_open_oldest(struct journal_reader *reader, const char *dir, char *error)
{
    struct segment_list list;
    reader_start(reader, dir, (struct ledger_id){0}, 0);
    bool good = segment_list(reader->path, &list, error);
    if (good && list.count == 0) {
        (void)snprintf(error, JOURNAL_ERROR_MAX, "there is no segment in '%.512s'", reader->path);
        good = false;
    }
    good = good && segment_enter(reader, list.first, error);
    if (!good) {
        journal_reader_close(reader);
    }
    return good;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (!reader->path) {
        return;
    }
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    buffer_free(&reader->bytes);
    free(reader->path);
    *reader = (struct journal_reader){.fd = -1};
}

bool journal_exists(const char *dir)
{
    char path[PATH_MAX];
    char error[JOURNAL_ERROR_MAX];
    struct segment_list list;
    (void)snprintf(path, sizeof path, "%s/journal", dir);
    return segment_list(path, &list, error) ? list.count > 0 : errno != ENOENT;
}

/** Reads a batch's head and records at an offset into reader->bytes. Nothing: no whole batch lies there. */
static enum found batch_read(struct journal_reader *reader, uint64_t offset)
{
    struct buffer *bytes = &reader->bytes;
    buffer_consume(bytes, buffer_length(bytes));
    if (offset + JOURNAL_ALIGN > reader->segment_size) {
        return FOUND_NOTHING;
    }
    char *room = buffer_reserve(bytes, JOURNAL_ALIGN);
    ssize_t got = pread(reader->fd, room, JOURNAL_ALIGN, (off_t)offset);
    if (got != JOURNAL_ALIGN) {
        return got < 0 ? FOUND_FAILURE : FOUND_NOTHING;
    }
    struct batch_head head;
    memcpy(&head, room, sizeof head);
    uint64_t size = batch_size(head.length);
    if (memcmp(head.magic, BATCH_MAGIC, sizeof head.magic) != 0 || size > JOURNAL_BATCH_MAX ||
        offset + size > reader->segment_size) {
        return FOUND_NOTHING;
    }
    bytes->end += JOURNAL_ALIGN;
    if (size > JOURNAL_ALIGN) {
        size_t rest = (size_t)size - JOURNAL_ALIGN;
        got = pread(reader->fd, buffer_reserve(bytes, rest), rest, (off_t)(offset + JOURNAL_ALIGN));
        if (got != (ssize_t)rest) {
            return got < 0 ? FOUND_FAILURE : FOUND_NOTHING;
        }
        bytes->end += rest;
    }
    uint64_t checksum[2];
    segment_checksum(bytes->bytes + bytes->start + sizeof checksum, BATCH_SUMMED + head.length,
                     reader->ledger, checksum);
    return memcmp(checksum, head.checksum, sizeof checksum) == 0 ? FOUND_BATCH : FOUND_NOTHING;
}

static struct batch_head batch_head_of(const struct journal_reader *reader)
{
    struct batch_head head;
    memcpy(&head, reader->bytes.bytes + reader->bytes.start, sizeof head);
    return head;
}

/** Reads the batch at the reader's place, if it is the next one. */
static enum found batch_next(struct journal_reader *reader)
{
    enum found found = batch_read(reader, reader->place.offset);
    if (found != FOUND_BATCH) {
        return found;
    }
    struct batch_head head = batch_head_of(reader);
    bool linked = head.next == reader->place.last.number + 1 &&
                  memcmp(head.chain, reader->place.chain, sizeof head.chain) == 0;
    return linked ? FOUND_BATCH : FOUND_NOTHING;
}

/** Unpacks the batch that was read and moves behind it. */
static enum journal_read batch_unpack(struct journal_reader *reader, struct buffer *records, char *error)
{
    struct batch_head head = batch_head_of(reader);
    const uint8_t *at = (const uint8_t *)reader->bytes.bytes + reader->bytes.start + sizeof head;
    const uint8_t *end = at + head.length;
    struct stamp last = reader->place.last;
    bool continues = false;
    for (uint32_t i = 0; i < head.count; i++) {
        size_t before = buffer_length(records);
        at = journal_record_unpack(at, end, &last, records);
        if (!at) {
            return damaged(reader, error,
                           "record %" PRIu32 " of the batch there, after number %" PRIu64 ", can't be read",
                           i, last.number);
        }
        const struct record *record =
            (const struct record *)(const void *)(records->bytes + records->start + before);
        continues = (record->flags & RECORD_CONTINUES) != 0;
        if (last.number <= reader->after) {
            records->end = records->start + before;
        }
    }
    if (at != end || continues || head.time != reader->place.last.time) {
        return damaged(reader, error, "the batch there contradicts itself");
    }
    reader->place.last = last;
    reader->place.offset += batch_size(head.length);
    memcpy(reader->place.chain, head.checksum, sizeof head.checksum);
    return JOURNAL_BATCH;
}

/** Moves on to the next segment, which must continue this one. */
static bool segment_follow(struct journal_reader *reader, char *error)
{
    struct journal_place before = reader->place;
    char path[PATH_MAX];
    if (!segment_enter(reader, before.segment + 1, error)) {
        return false;
    }
    if (reader->place.last.number == before.last.number && reader->place.last.time == before.last.time &&
        memcmp(reader->place.chain, before.chain, sizeof before.chain) == 0) {
        return true;
    }
    sequence_t begins = reader->place.last.number + 1;
    segment_path(path, reader->path, before.segment + 1);
    reader->place = before;
    damaged(reader, error,
            "no whole batch is there, and '%.256s', which begins at number %" PRIu64
            ", does not continue from here; restore both from a backup",
            path, begins);
    return false;
}

/** Whether there is such a segment. Where the system can't tell it counts as there: opening it says why. */
static bool segment_exists(const struct journal_reader *reader, uint32_t ordinal)
{
    char path[PATH_MAX];
    segment_path(path, reader->path, ordinal);
    return access(path, F_OK) == 0 || errno != ENOENT;
}

enum journal_read journal_read_next(struct journal_reader *reader, sequence_t durable, struct buffer *records,
                                    char *error)
{
    while (reader->place.last.number < durable) {
        switch (batch_next(reader)) {
        case FOUND_BATCH: return batch_unpack(reader, records, error);
        case FOUND_FAILURE: return failed(reader, error);
        case FOUND_NOTHING: break;
        }
        if (!segment_exists(reader, reader->place.segment + 1)) {
            return damaged(reader, error, "the next batch was written there, and is not there any more");
        }
        if (!segment_follow(reader, error)) {
            return JOURNAL_DAMAGED;
        }
    }
    return JOURNAL_END;
}

/** Reads a batch's head alone. False: there is none at this offset. */
static bool head_read(const struct journal_reader *reader, uint64_t offset, struct batch_head *head)
{
    return offset + JOURNAL_ALIGN <= reader->segment_size &&
           pread(reader->fd, head, sizeof *head, (off_t)offset) == (ssize_t)sizeof *head &&
           memcmp(head->magic, BATCH_MAGIC, sizeof head->magic) == 0 &&
           batch_size(head->length) <= JOURNAL_BATCH_MAX;
}

static bool chains_equal(const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, 2 * sizeof *a) == 0;
}

/** Moves to the start of the next segment, if it begins at or before number `next` behind a batch with the
 * checksum `chain`. */
static bool segment_skip(struct journal_reader *reader, const uint64_t *chain, sequence_t next)
{
    char error[JOURNAL_ERROR_MAX];
    struct segment_head head;
    uint32_t ordinal = reader->place.segment + 1;
    if (!segment_exists(reader, ordinal)) {
        return false;
    }
    int fd = segment_open(reader->path, ordinal, reader->ledger, false, &head, error);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 && head.next <= next && chains_equal(head.chain, chain) &&
           segment_enter(reader, ordinal, error);
}

/** Moves behind the batch at the reader's place, if the next one begins at or before number `next`. */
static bool batch_skip(struct journal_reader *reader, sequence_t next)
{
    struct journal_place *place = &reader->place;
    struct batch_head head;
    struct batch_head follower;
    if (!head_read(reader, place->offset, &head)) {
        return segment_skip(reader, place->chain, next);
    }
    if (head.next != place->last.number + 1 || !chains_equal(head.chain, place->chain)) {
        return false;
    }
    uint64_t behind = place->offset + batch_size(head.length);
    if (!head_read(reader, behind, &follower) || !chains_equal(follower.chain, head.checksum)) {
        return segment_skip(reader, head.checksum, next);
    }
    if (follower.next > next) {
        return false;
    }
    place->offset = behind;
    place->last = (struct stamp){follower.next - 1, follower.time};
    memcpy(place->chain, head.checksum, sizeof place->chain);
    return true;
}

void journal_reader_seek(struct journal_reader *reader, sequence_t after)
{
    assert(after >= reader->after);
    reader->after = after;
    while (reader->place.last.number < after && batch_skip(reader, after + 1)) {
        /* one batch after another */
    }
}

bool journal_reader_copy(struct journal_reader *copy, const struct journal_reader *reader, char *error)
{
    int fd = fcntl(reader->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        snprintf(error, JOURNAL_ERROR_MAX, "the journal in '%.256s' can't be opened once more: %s",
                 reader->path, strerror(errno));
        return false;
    }
    *copy = *reader;
    copy->path = strdup(reader->path);
    copy->fd = fd;
    copy->bytes = (struct buffer){0};
    if (!copy->path) {
        abort();
    }
    return true;
}

/** Looks behind the last good batch. Where a later one lies there, the one between is damaged; batches that a
 * recycled file had before all have lower numbers. */
static enum journal_read rest_check(struct journal_reader *reader, char *error)
{
    for (uint64_t offset = reader->place.offset; offset < reader->segment_size; offset += JOURNAL_ALIGN) {
        enum found found = batch_read(reader, offset);
        if (found == FOUND_FAILURE) {
            return failed(reader, error);
        }
        struct batch_head head = {0};
        if (buffer_length(&reader->bytes) > 0) {
            head = batch_head_of(reader);
        }
        if (found == FOUND_BATCH && head.next > reader->place.last.number) {
            return damaged(reader, error,
                           "no whole batch is there, but a later one, with number %" PRIu64
                           ", is at offset %" PRIu64 "; restore the file from a backup",
                           head.next, offset);
        }
        if (offset == reader->place.offset) {
            reader->torn = head.next == reader->place.last.number + 1;
        }
    }
    return JOURNAL_END;
}

enum journal_read journal_read_last(struct journal_reader *reader, struct buffer *records, char *error)
{
    for (;;) {
        switch (batch_next(reader)) {
        case FOUND_BATCH: return batch_unpack(reader, records, error);
        case FOUND_FAILURE: return failed(reader, error);
        case FOUND_NOTHING: break;
        }
        if (!segment_exists(reader, reader->place.segment + 1)) {
            break;
        }
        if (!segment_follow(reader, error)) {
            return JOURNAL_DAMAGED;
        }
    }
    if (rest_check(reader, error) == JOURNAL_DAMAGED) {
        return JOURNAL_DAMAGED;
    }
    if (reader->place.last.number < reader->after) {
        return damaged(reader, error,
                       "the journal ends there, and the snapshot stands at number %" PRIu64
                       ": they are not of the same time; restore both from one backup",
                       reader->after);
    }
    return JOURNAL_END;
}
