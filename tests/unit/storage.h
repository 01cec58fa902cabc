/* storage.h: a directory of its own for each test of files, and random commit records to fill it with. */
#ifndef BURSAR_TESTS_UNIT_STORAGE_H
#define BURSAR_TESTS_UNIT_STORAGE_H

#include <stdbool.h>

#include "ledger/record.h"
#include "server/journal.h"
#include "tests/unit/proto_dice.h"

#define STORAGE_LEDGER ((struct ledger_id){{0x1234567890abcdef, 0xfedcba0987654321}})

/** A new, empty directory under /tmp; storage_remove deletes it with all that is in it, and frees the path.
 */
char *storage_make(void);
void storage_remove(char *dir);

/** The path of a file in it, good until the next call but one. */
const char *storage_path(const char *dir, const char *name);

/** A whole file in memory, to be freed; and back again. */
char *storage_read(const char *path, size_t *size);
void storage_write(const char *path, const char *bytes, size_t size);

/** A hold of a story that is still open. */
struct story_hold {
    char id[IDENT_MAX];
    uint8_t id_length;
    sequence_t number;
    struct record_leg leg; /* its amount is what is still held */
    uint64_t deadline;     /* 0: none */
};

/** Random records that follow one another and contradict nothing: openings with any limits in USD, JPY and
 * assets defined on the way, changes of them, transfers of 1 to 128 legs with notes of any bytes and amounts
 * up to 2^100, their reversals, holds and all that can become of them, and transactions of several. */
struct story {
    struct dice dice;
    struct stamp last;
    struct story_hold holds[64];
    struct record_leg done[LEGS_MAX]; /* a transfer that can be reversed */
    sequence_t accounts[64]; /* numbers of those in USD that money moves between, all without limits */
    sequence_t others[64];   /* numbers of accounts that are empty */
    sequence_t frozen;       /* the one account that is; 0: none */
    sequence_t begun;        /* first number of the transaction of several that is being told; 0: none is */
    unsigned hold_count;
    unsigned account_count;
    unsigned other_count;
    unsigned defined;
    uint16_t done_count; /* its legs; 0: there is none */
    uint8_t done_id_length;
    uint8_t flags; /* of the record being told */
    char done_id[IDENT_MAX];
};

/** Appends `count` records of the story. */
void story_tell(struct story *story, unsigned count, struct buffer *records);

#endif
