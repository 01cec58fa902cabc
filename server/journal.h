/* journal.h: the commit log on this machine's disk, and the one seam through which the server knows any log:
 * acquire, append, tail, trim.
 *
 * The journal is a chain of batches in segment files under DIR/journal. A batch is written once, at a
 * multiple of JOURNAL_ALIGN, so that no byte that is durable is ever written again; it carries a checksum and
 * the checksum of the batch before. Segments have their size from the start, and are used again after the
 * snapshot has passed them: overwriting blocks that exist is what makes fdatasync cheap. docs/journal.md has
 * every byte.
 *
 * One thread appends. Any number of others tail, each with a reader of its own, and one trims.
 */
#ifndef BURSAR_SERVER_JOURNAL_H
#define BURSAR_SERVER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/record.h"
#include "proto/buffer.h"

/** Where batches begin: a multiple of every disk's sector and of the page cache's pages. */
#define JOURNAL_ALIGN 4096

/** The largest batch, padding included. */
#define JOURNAL_BATCH_MAX 4194304

/** Bounds of a segment's size. */
#define JOURNAL_SEGMENT_MIN 65536
#define JOURNAL_SEGMENT_MAX 1073741824

/** Room for any error that these functions write: a sentence that names the file, the offset, the number, and
 * what to do. */
#define JOURNAL_ERROR_MAX 768

/** Which ledger a file belongs to: random, chosen when the directory was new. Also keys the checksums. */
struct ledger_id {
    uint64_t words[2];
};

/** The place behind a whole batch. */
struct journal_place {
    uint32_t segment;  /* the segment file's ordinal; the first has 1 */
    uint64_t offset;   /* in that file, a multiple of JOURNAL_ALIGN */
    struct stamp last; /* of the newest number before it; zero: there is none */
    uint64_t chain[2]; /* checksum of the batch before it, or what its segment's head says */
};

/* ---- tail: reading, for recovery, the archiver, --verify and --dump-journal ---- */

enum journal_read {
    JOURNAL_BATCH,  /* a batch was read */
    JOURNAL_END,    /* nothing follows yet */
    JOURNAL_DAMAGED /* what follows can't be trusted, or the disk fails; the error says why */
};

/** A reader. */
struct journal_reader {
    char *path; /* of DIR/journal; owned; NULL: closed */
    struct ledger_id ledger;
    struct journal_place place; /* where the next batch begins */
    sequence_t after;           /* records up to this number are not wanted */
    int fd;                     /* of the segment that place is in */
    uint64_t segment_size;
    struct buffer bytes; /* the batch as it is on disk */
    bool torn;           /* after JOURNAL_END of journal_read_last: a batch begins here that is not whole */
};

/** Opens DIR/journal at the start of the segment that holds number `after` + 1, or at the end of the journal
 *  if `after` is its last number. False, with `error`, when there is no such segment, when a file is of
 *  another ledger (unless `ledger` is zero: then the first segment's is taken) or another format, or when the
 *  disk fails. */
bool journal_reader_open(struct journal_reader *reader, const char *dir, struct ledger_id ledger,
                         sequence_t after, char *error);

/** Opens DIR/journal at the start of its oldest segment, whichever ledger it is of. False, with `error`. */
bool journal_reader_open_oldest(struct journal_reader *reader, const char *dir, char *error);

/** Reads the next batch that ends at or before number `durable`, and appends its records, unpacked
 * (record.h), to `records`. A batch may be empty. For the archiver: everything up to `durable` is known to be
 * there, so it is damage if it is not. */
enum journal_read journal_read_next(struct journal_reader *reader, sequence_t durable, struct buffer *records,
                                    char *error);

/** The same for whoever finds the journal at rest: reads to its end. An unfinished last batch ends it, and is
 *  told by `torn`; but where a batch is broken and a later one, or a later segment, exists, it is damage. */
enum journal_read journal_read_last(struct journal_reader *reader, struct buffer *records, char *error);

/** Says that records up to a later number `after` are not wanted either, and moves on towards it. What is
 * passed over is followed by its links alone, neither unpacked nor checked; where a link is not what it must
 * be, it goes no further, and reading will tell. */
void journal_reader_seek(struct journal_reader *reader, sequence_t after);

/** Opens another reader at the same place, to be closed as well. False, with `error`, where the system gives
 * no file descriptor for it: then there is nothing to close. */
bool journal_reader_copy(struct journal_reader *copy, const struct journal_reader *reader, char *error);

/** Closes it. */
void journal_reader_close(struct journal_reader *reader);

/* ---- acquire, append ---- */

enum append_result {
    APPEND_OK,     /* the batch is in the log: with sync, durable */
    APPEND_FENCED, /* another owner has taken the log: never this driver's */
    APPEND_UNKNOWN /* it failed, and nobody can tell how much of it is there: the process must end */
};

/** The writer. */
struct journal {
    char *path; /* of DIR/journal; owned */
    struct ledger_id ledger;
    struct journal_place place;
    int fd;                  /* of the segment that place is in */
    uint64_t size;           /* of that segment */
    uint64_t segment_size;   /* of those to be made */
    struct buffer batch;     /* the batch being made: head, then packed records */
    struct stamp batch_last; /* of the newest number in it */
    uint32_t batch_count;    /* records in it */
    bool continues;          /* the last of them does: those that follow must come into it too */
    bool unsynced;           /* something was written since the last fdatasync */
};

/** Whether DIR/journal has any segment. One that can't be read counts as having some. */
bool journal_exists(const char *dir);

/** Makes DIR/journal with a first, empty segment; DIR exists. For a new ledger; an earlier try that did not
 * get so far as a segment does no harm. */
bool journal_create(const char *dir, struct ledger_id ledger, uint64_t segment_size, char *error);

/** Takes the journal over at `place`, where a reader found its end: sees to it that what was read is durable,
 *  and appends an empty batch there, so that what lies before is known to be whole from now on. New segments
 * will be `segment_size` bytes long. */
bool journal_acquire(struct journal *journal, const char *dir, struct ledger_id ledger,
                     const struct journal_place *place, uint64_t segment_size, char *error);

/** Whether the batch has room for one more record, and where that continues, for all of its transaction. */
bool journal_has_room(const struct journal *journal, const struct record *record);

/** Packs a record behind those of the batch; its number follows theirs. Only where there is room. A record
 * that continues must be followed by the others of its transaction before the batch is appended: then all
 * are in the journal, or none. */
void journal_add(struct journal *journal, const struct record *record);

/** Writes the batch, and with `sync` waits until the disk has it. An empty batch is written too: it closes
 *  what lies before it. On anything but APPEND_OK, `error` says what failed and where. */
enum append_result journal_append(struct journal *journal, bool sync, char *error);

/** Waits until the disk has all that was written without sync. */
enum append_result journal_sync(struct journal *journal, char *error);

/** Releases everything. What was not appended is forgotten. */
void journal_close(struct journal *journal);

/* ---- trim ---- */

/** Gives up segments all of whose numbers are at most `number`, for use as new ones or for good, and sees to
 *  it that the next new segment is at hand. Not the appending thread; one thread at a time. False, with
 *  `error`, when the disk fails. `segments` and `bytes`: how many
 *  segments there are afterwards, spares not counted, and what they take. */
bool journal_trim(const char *dir, struct ledger_id ledger, sequence_t number, uint64_t segment_size,
                  uint64_t *segments, uint64_t *bytes, char *error);

#endif
