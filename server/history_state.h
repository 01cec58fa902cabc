/* history_state.h: what a question becomes while it is answered, for the files that do so. See history.h. */
#ifndef BURSAR_SERVER_HISTORY_STATE_H
#define BURSAR_SERVER_HISTORY_STATE_H

#include <sqlite3.h>
#include <string.h>

#include "ledger/record.h"
#include "proto/reply.h"
#include "server/archive_state.h"
#include "server/history.h"

/** Room for any error: what SQLite or the journal says, with the file's name. */
#define HISTORY_ERROR_MAX 1024

/** Bytes of a kind's name. */
#define KIND_MAX 16

/** A balance, as the difference of two sums, which need no order to be added to. */
struct standing {
    struct total plus;
    struct total minus;
};

/** One entry of an account, complete in itself. */
struct entry {
    struct stamp stamp;
    amount_t amount;
    struct standing after; /* the account's balance then */
    bool debit;            /* the amount left the account */
    uint8_t kind_length;
    uint8_t id_length;
    uint8_t other_length;
    uint16_t note_length;
    char kind[KIND_MAX];
    char id[IDENT_MAX];
    char other[IDENT_MAX]; /* id of the other account */
    char note[NOTE_MAX];
};

/** The last `capacity` of the entries that were pushed. */
struct entries {
    struct entry *slots; /* owned */
    uint32_t capacity;
    uint64_t pushed;
};

/** Which entries a question is about. */
struct range {
    sequence_t from; /* first and last number, */
    sequence_t to;
    uint64_t from_ns; /* and first and last time */
    uint64_t to_ns;
};

/** A leg of what was looked up. */
struct past_leg {
    amount_t amount;
    struct asset_tag asset;
    uint8_t from_length;
    uint8_t to_length;
    char from[IDENT_MAX];
    char to[IDENT_MAX];
};

/** What became of it. */
enum past_state {
    PAST_POSTED,
    PAST_REVERSED,
    PAST_HELD,
    PAST_CAPTURED,
    PAST_VOIDED,
    PAST_EXPIRED,
    PAST_DONE
};

/** What LOOKUP found. */
struct past {
    struct stamp stamp;
    amount_t remaining; /* of a hold: still held */
    uint64_t deadline;  /* of a hold: nanoseconds since the epoch; 0: none */
    uint16_t leg_count;
    uint16_t note_length;
    uint8_t type;  /* enum transfer_type */
    uint8_t state; /* enum past_state */
    char note[NOTE_MAX];
    struct past_leg legs[LEGS_MAX];
};

/** Ids that are in no run yet: of the numbers from `first` on, before `next`. */
struct recent {
    sequence_t first;
    sequence_t next;
    struct buffer parts[RUN_PARTS]; /* struct archive_pair, by the first byte of the hash, as in runs;
                                       ascending by number */
};

/** A question being answered. */
struct search {
    struct standing standing; /* at the number that was read up to */
    struct range range;
    struct question *question;
    struct reply reply;
    struct entries old;     /* of the snapshot, from new to old */
    struct entries young;   /* of the journal, from old to new */
    struct past *past;      /* owned; NULL: it is no LOOKUP */
    struct stamp opened;    /* zero: of a @world, which always was */
    int64_t account;        /* its number in the database; of a @world that has no entry yet, 0 */
    struct asset_tag asset; /* that it holds */
    bool found;             /* the account, or what was looked up, exists, as far as was read */
    bool world;             /* it is an asset's @world */
    bool wants_tail;        /* the answer depends on the journal's tail */
    bool failed;            /* the reply is an error already */
};

/** The statements. */
enum history_statement {
    HISTORY_BEGIN,
    HISTORY_END,
    HISTORY_META,
    HISTORY_ACCOUNT,
    HISTORY_ASSET,
    HISTORY_NAME,
    HISTORY_ENTRY,
    HISTORY_LANDMARK,
    HISTORY_TIME,
    HISTORY_RUNS,
    HISTORY_RUNS_LAST,
    HISTORY_RECENT,
    HISTORY_TRANSFER,
    HISTORY_LEGS,
    HISTORY_EVENT,
    HISTORY_HOLD,
    HISTORY_STATEMENTS
};

/** An account that was opened in the tail. */
struct newcomer {
    sequence_t number;
    struct asset_tag asset;
    uint8_t id_length;
    char id[IDENT_MAX];
};

struct history {
    char *dir;
    struct ledger_id ledger;
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *statements[HISTORY_STATEMENTS];
    struct stamp snapshot;        /* where the read transaction stands */
    struct journal_reader reader; /* at or before it */
    struct buffer records;        /* of the batch at hand */
    struct buffer newcomers;      /* struct newcomer, ascending */
    struct recent recent;
    char error[HISTORY_ERROR_MAX];
};

/** Whether a number or its time comes before the range, or after it. */
static inline bool range_begins_after(const struct range *range, struct stamp stamp)
{
    return stamp.number < range->from || stamp.time < range->from_ns;
}

static inline bool range_ends_before(const struct range *range, struct stamp stamp)
{
    return stamp.number > range->to || stamp.time > range->to_ns;
}

static inline bool slices_equal(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/** A slot for one more entry, zeroed; with capacity 0: NULL. */
struct entry *entries_push(struct entries *entries);

/** How many are kept, and the i-th of them in the order of their coming. */
uint32_t entries_count(const struct entries *entries);
const struct entry *entries_at(const struct entries *entries, uint32_t i);

/** Copies text into a field of an entry; what is too long can't be and is cut. Returns the length. */
size_t entry_text(char *field, size_t size, struct slice text);

/** Moves a standing over an entry: forward, or back to where it was before it. */
void standing_move(struct standing *standing, amount_t amount, bool debit, bool forward);

/* ---- history_snapshot.c ---- */

/** Begins a read transaction, at history->snapshot. False, with history->error. */
bool snapshot_begin(struct history *history);

/** Ends it. */
void snapshot_end(struct history *history);

/** Finds the account, where it stands at the snapshot, and its entries in range there. False, with
 * history->error. */
bool snapshot_search(struct history *history, struct search *search);

/** The id, and the asset, of account number `account`, which is in the snapshot. False, with history->error.
 */
bool snapshot_name(struct history *history, int64_t account, char *id, uint8_t *length,
                   struct asset_tag *asset);

/** Runs a statement to its first row: SQLITE_ROW, SQLITE_DONE, or a failure, with history->error. Where there
 * is no row it is reset; else snapshot_row_end does that. */
int snapshot_row(struct history *history, enum history_statement which);
void snapshot_row_end(struct history *history, enum history_statement which);

/** The value of a column: text, or an amount, which is false, with history->error, when it is none. */
struct slice snapshot_text(sqlite3_stmt *statement, int column);
bool snapshot_amount(struct history *history, sqlite3_stmt *statement, int column, amount_t *amount);

/** Writes history->error: what contradicts itself, at which number. Returns false. */
bool snapshot_damaged(struct history *history, const char *what, int64_t number);

/* ---- history_lookup.c ---- */

/** Finds what has the id that a LOOKUP asks for, at the snapshot. False, with history->error. */
bool lookup_search(struct history *history, struct search *search);

/** Moves a LOOKUP over a record with legs. False, with history->error. */
bool lookup_move(struct history *history, struct search *search, const struct record *record);

/** Appends the answer to a LOOKUP that is complete. */
void lookup_reply(struct search *search);

/* ---- history_tail.c ---- */

/** The id and the asset of an account that a record names; of 0, which is the @world of some asset, "@world"
 * and no asset. False, with history->error. */
bool tail_name(struct history *history, sequence_t account, char *id, uint8_t *length,
               struct asset_tag *asset);

/** Reads the journal from the snapshot to `durable` for all searches that want it, and moves them on. False,
 * with history->error: the disk fails, or the journal has been given up behind a newer snapshot. */
bool tail_search(struct history *history, struct search *searches, unsigned count, sequence_t durable);

/* ---- history_reply.c ---- */

/** Appends the answer to a search that is complete. */
void search_reply(struct search *search);

#endif
