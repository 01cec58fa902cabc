/* journal_record.h: commit records as the journal packs them. docs/journal.md has every byte.
 *
 * A record of one leg with a 36-byte id takes about 50 bytes. Its number is not in it: records in a batch
 * have consecutive numbers, and a transfer takes one for each leg. Numbers are unsigned LEB128.
 */
#ifndef BURSAR_SERVER_JOURNAL_RECORD_H
#define BURSAR_SERVER_JOURNAL_RECORD_H

#include "ledger/record.h"

/** The most that one record takes: 128 legs of two numbers and an amount, the longest ids and note. */
#define JOURNAL_RECORD_MAX 6144

/** The most that all records of one transaction take: 128 of one leg, each with the longest ids and note. */
#define JOURNAL_RUN_MAX 61248

/** Packs a record to `out`, which has room for JOURNAL_RECORD_MAX bytes. `before` is the stamp of the last
 * number before it; returns the end of what was written. */
uint8_t *journal_record_pack(const struct record *record, struct stamp before, uint8_t *out);

/** Unpacks the record at `at` and appends it to `records` exactly as the shard made it. `before`: as above;
 * it is moved on to the record's last number. Returns the end of what was read; NULL when the bytes up to
 * `end` are no record. */
const uint8_t *journal_record_unpack(const uint8_t *at, const uint8_t *end, struct stamp *before,
                                     struct buffer *records);

#endif
