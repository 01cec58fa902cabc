/* feed_names.h: what the accounts are called that commit records name by number.
 *
 * Most are in the snapshot; those opened since are in the journal's tail, which whoever reads it tells here.
 * Names looked up lately are kept, a bounded number of them, so that the followers of a busy ledger ask
 * SQLite seldom. The feed's thread.
 */
#ifndef BURSAR_SERVER_FEED_NAMES_H
#define BURSAR_SERVER_FEED_NAMES_H

#include <stdbool.h>

#include "ledger/record.h"

struct feed_archive;

/** One account. */
struct feed_name {
    struct slice id;
    struct asset_tag asset;
};

/** A name that was looked up in the snapshot. */
struct feed_name_kept {
    sequence_t number; /* of the account's opening; 0: the slot is free */
    struct asset_tag asset;
    uint8_t length;
    char id[IDENT_MAX];
};

struct feed_names {
    struct feed_archive *archive; /* borrowed; NULL: there is no snapshot */
    struct feed_name_kept *kept;  /* owned; a number's slot is given by its hash */
    struct buffer tail;           /* accounts that are in the tail, ascending by number */
    struct buffer texts;          /* their ids */
    uint64_t texts_begun;         /* place of texts' first byte in the stream of all such ids */
};

/** Empty names, over a snapshot. */
void feed_names_open(struct feed_names *names, struct feed_archive *archive);

/** Takes in an opening of the journal's tail; its number is above those of all before. */
void feed_names_add(struct feed_names *names, const struct record *open);

/** Forgets openings up to `number`: the snapshot has them. */
void feed_names_forget(struct feed_names *names, sequence_t number);

/** What the account opened with `number` is called; the id is good until the next call. False, with `error`
 * (JOURNAL_ERROR_MAX bytes): nobody knows it, or SQLite fails. */
bool feed_names_find(struct feed_names *names, sequence_t number, struct feed_name *name, char *error);

/** Releases everything. */
void feed_names_close(struct feed_names *names);

#endif
