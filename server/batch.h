/* batch.h: the head of a batch in the journal. docs/journal.md tells the format's story. */
#ifndef BURSAR_SERVER_BATCH_H
#define BURSAR_SERVER_BATCH_H

#include <assert.h>

#include "server/journal.h"

/** Little endian; `length` bytes of packed records follow, then zeros up to a multiple of JOURNAL_ALIGN. */
struct batch_head {
    uint64_t checksum[2]; /* XXH3-128 of the rest of the head and the records, keyed by the ledger's id */
    char magic[8];        /* BATCH_MAGIC */
    uint32_t length;      /* bytes of records */
    uint32_t count;       /* records */
    sequence_t next;      /* the number of the first record, or that it would have */
    uint64_t time;        /* of the newest number before it; 0: there is none */
    uint64_t chain[2];    /* checksum of the batch before it; zero: it is the ledger's first */
};
static_assert(sizeof(struct batch_head) == 64, "as docs/journal.md says");

#define BATCH_MAGIC "BURSARBT"

/** Bytes of the head that the checksum covers, with the records that follow. */
#define BATCH_SUMMED (sizeof(struct batch_head) - sizeof(((struct batch_head *)0)->checksum))

/** What a batch with `length` bytes of records takes on the disk. */
static inline uint64_t batch_size(uint64_t length)
{
    return (sizeof(struct batch_head) + length + JOURNAL_ALIGN - 1) & ~(uint64_t)(JOURNAL_ALIGN - 1);
}

#endif
