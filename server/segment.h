/* segment.h: the files of the journal: their names, their heads, and how they come to be.
 *
 * DIR/journal holds segments, 00000001.log and so on without a gap, and spares: files of a segment's size
 * that are ready to become one, spare-0 to spare-3. A file has all its blocks from the start, written with
 * zeros or taken over from a segment that is no longer needed: overwriting blocks that exist is several times
 * cheaper to make durable than adding new ones. A file gets its segment's name only when its head is durable,
 * so a named segment always has a good head.
 */
#ifndef BURSAR_SERVER_SEGMENT_H
#define BURSAR_SERVER_SEGMENT_H

#include "server/journal.h"

#define SEGMENT_SPARES 4

/** The first block of a segment file, little endian, the rest of the block zero. */
struct segment_head {
    uint64_t checksum[2]; /* XXH3-128 of what follows, keyed by the ledger's id */
    char magic[8];        /* SEGMENT_MAGIC */
    uint32_t version;     /* SEGMENT_VERSION: of the head, the batches and the records in them */
    uint32_t ordinal;     /* which segment this is, from 1 */
    struct ledger_id ledger;
    uint64_t size;     /* of the file */
    sequence_t next;   /* the number that the first record in it has */
    uint64_t time;     /* of the newest number before it; 0: there is none */
    uint64_t chain[2]; /* checksum of the last batch before it; zero: there is none */
};

#define SEGMENT_MAGIC   "BURSARSG"
#define SEGMENT_VERSION 2 /* 1, which has no records of file kinds 4 and 5, is read too */

/** Which files are there. */
struct segment_list {
    uint32_t first; /* least and greatest ordinal; 0: there is no segment */
    uint32_t last;
    uint32_t count;
    bool spares[SEGMENT_SPARES];
};

/** Writes the path of a segment to `path`, which has PATH_MAX bytes. */
void segment_path(char *path, const char *journal, uint32_t ordinal);

/** Lists DIR/journal. False, with `error` and errno, when it can't be read. */
bool segment_list(const char *journal, struct segment_list *list, char *error);

/** Opens a segment and reads its head. `ledger`: whose it must be; zero: anybody's. Returns the file
 *  descriptor, for reading, and for writing where `write`; -1, with `error`. */
int segment_open(const char *journal, uint32_t ordinal, struct ledger_id ledger, bool write,
                 struct segment_head *head, char *error);

/** Makes a new segment behind `place` from a spare, or else from nothing, durable with its name. Returns its
 *  file descriptor; -1, with `error`. */
int segment_make(const char *journal, struct ledger_id ledger, uint32_t ordinal, uint64_t size,
                 const struct journal_place *before, char *error);

/** Makes a file of zeros a spare, if there is room for one. */
bool segment_spare_make(const char *journal, uint64_t size, char *error);

/** Makes a segment that is no longer needed a spare if its size is `size` and there is room for one, else
 * deletes it. The name is not gone for certain before directory_sync. */
bool segment_release(const char *journal, uint32_t ordinal, uint64_t size, char *error);

/** The checksum of `length` bytes in a ledger's files. */
void segment_checksum(const void *bytes, size_t length, struct ledger_id ledger, uint64_t *checksum);

#endif
