/* archive_state.h: what an archive is made of, for the files that read and write it. See archive.h. */
#ifndef BURSAR_SERVER_ARCHIVE_STATE_H
#define BURSAR_SERVER_ARCHIVE_STATE_H

#include <sqlite3.h>

#include "server/archive.h"
#include "server/books.h"
#include "server/holds.h"

/** An account has a landmark for every so many of its entries. */
#define LANDMARK_EVERY 64

/** Numbers whose ids one row of runs for each part covers, at least. */
#define RUN_NUMBERS 1048576

/** Rows of a run: by the first byte of an id's hash. */
#define RUN_PARTS 256

/** The statements that folding uses. */
enum archive_statement {
    ARCHIVE_BEGIN,
    ARCHIVE_COMMIT,
    ARCHIVE_ADD_TRANSFER,
    ARCHIVE_ADD_ACCOUNT,
    ARCHIVE_SET_LIMITS,
    ARCHIVE_SET_STATE,
    ARCHIVE_SET_TOTALS,
    ARCHIVE_ADD_ASSET,
    ARCHIVE_DEFINE_ASSET,
    ARCHIVE_ADD_HOLD,
    ARCHIVE_SET_HOLD,
    ARCHIVE_ADD_EVENT,
    ARCHIVE_ADD_LANDMARK,
    ARCHIVE_ADD_RUN,
    ARCHIVE_SET_META,
    ARCHIVE_STATEMENTS
};

/** The columns of events, as its statement numbers them. */
enum archive_event {
    EVENT_NUMBER = 1,
    EVENT_TIME,
    EVENT_KIND,
    EVENT_ID,
    EVENT_REFERENCE,
    EVENT_ACCOUNT,
    EVENT_DEBIT,
    EVENT_CREDIT,
    EVENT_AMOUNT,
    EVENT_OVERDRAFT,
    EVENT_CEILING,
    EVENT_ASSET,
    EVENT_TTL,
    EVENT_TERMS,
    EVENT_FLAGS,
    EVENT_NOTE
};

/** An asset's @world account. */
struct archive_world {
    struct total debits;
    struct total credits;
    struct total held_out;
    struct total held_in;
    sequence_t entry; /* newest leg that touched it; 0: none */
    sequence_t last;  /* newest number that changed it; 0: none */
    uint64_t entries; /* legs that touched it */
    bool known;       /* it has its rows */
    bool dirty;       /* it changed since they were written */
};

/** One asset, its row being its place + 1. */
struct archive_sum {
    struct asset_tag tag;
    bool defined;
    struct archive_totals totals; /* of all accounts, @world included */
    struct total held_out;        /* from all accounts, @world included */
    struct total held_in;
    struct archive_world world;
};

/** A balance on the way of an account, not yet written. */
struct archive_landmark {
    struct total debits;
    struct total credits;
    int64_t account;
    sequence_t number;
    uint64_t entries;
};

/** What a run is made of: where an id is. */
struct archive_pair {
    uint64_t hash; /* of the id, seed 0 */
    sequence_t number;
};

struct archive {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[ARCHIVE_STATEMENTS]; /* NULL where it is only read */
    struct ledger_id ledger;
    struct stamp committed; /* where the database stands */
    struct stamp folded;    /* and where it will after the next commit */
    bool folding;           /* a transaction is open */
    struct books books;
    struct holds holds;
    struct buffer landmarks; /* of struct archive_landmark */
    struct buffer pairs;     /* of struct archive_pair, ascending by number: ids that are in no run yet */
    sequence_t run_first;    /* the first number that is in no run */
    sequence_t run_numbers;  /* numbers that a run covers at least: RUN_NUMBERS, but in tests */
    uint32_t asset_count;
    struct archive_sum assets[ASSETS_MAX];
};

/** The names of states and kinds, as the database has them, and how many there are. */
extern const char *const archive_account_states[3]; /* by enum book_state */
extern const char *const archive_hold_states[4];    /* by enum archive_hold_state */
extern const char *const archive_kinds[10];         /* by enum transfer_type */
extern const char *const archive_changes[4];        /* by enum change_type */

/** The number under which an asset's @world is in the database. */
static inline int64_t archive_world(uint32_t asset)
{
    return -(int64_t)asset - 1;
}

/** Subtracts. False, doing nothing, when `sum` is less. */
static inline bool archive_total_take(struct total *sum, amount_t value)
{
    if (sum->high == 0 && sum->low < value) {
        return false;
    }
    sum->high -= sum->low < value;
    sum->low -= value;
    return true;
}

/* ---- archive.c ---- */

/** Writes an error that names the file: a sentence, or what SQLite says of what it was doing. Return false.
 */
__attribute__((format(printf, 3, 4))) bool archive_fail(const struct archive *archive, char *error,
                                                        const char *format, ...);
bool archive_fail_sqlite(const struct archive *archive, char *error, const char *doing);

/** The place of an asset; -1: it is not there. */
int archive_asset_find(const struct archive *archive, const struct asset_tag *tag);

/** Adds an asset in memory. False, with `error`: there are too many. */
bool archive_asset_add(struct archive *archive, const struct asset_tag *tag, bool defined, char *error);

/** Whether debits equal credits in every asset, and what accounts have held out and in is what open holds
 * hold. False, with `error`. */
bool archive_balanced(const struct archive *archive, char *error);

/* ---- archive_write.c: rows ---- */

/** Runs a statement that yields no row, and makes it ready for the next time. False, with `error`. */
bool archive_step(struct archive *archive, enum archive_statement which, char *error);

/** Bind a number; an amount or total, INTEGER where it fits 64 bits, else decimal TEXT; text, NULL where it
 * is empty; a note, BLOB where it is not UTF-8; a number, NULL where it is 0. What they point to must live
 * until archive_step. */
void archive_bind_number(sqlite3_stmt *statement, int at, uint64_t number);
void archive_bind_total(sqlite3_stmt *statement, int at, struct total value);
void archive_bind_amount(sqlite3_stmt *statement, int at, amount_t amount);
void archive_bind_text(sqlite3_stmt *statement, int at, struct slice text);
void archive_bind_note(sqlite3_stmt *statement, int at, struct slice note);
void archive_bind_optional(sqlite3_stmt *statement, int at, uint64_t number);

/** Binds the overdraft to `at` and the ceiling to `at` + 1. */
void archive_bind_limits(sqlite3_stmt *statement, int at, const struct record_options *options);

/** The statement that adds an event, with the record's number, time and flags bound, and nothing else. */
sqlite3_stmt *archive_event(struct archive *archive, const struct record *record, const char *kind);

/** Adds an account's rows. False, with `error`. */
bool archive_account_insert(struct archive *archive, int64_t account, struct slice id, uint32_t asset,
                            const struct record_options *options, uint64_t opened, char *error);

/** Writes the totals that changed. False, with `error`. */
bool archive_totals_write(struct archive *archive, char *error);

/* ---- archive_transfer.c ---- */

/** One side of a leg. */
struct archive_side {
    struct book *book;       /* NULL: it is the asset's @world */
    struct archive_sum *sum; /* the asset */
    int64_t account;         /* its number in the database */
    sequence_t before;       /* its newest entry before this one */
};

/** Finds both sides of a leg of number `number`, and gives an asset's @world its rows at `time` when it is
 * first used. False, with `error`: there can't be such a leg. */
bool archive_sides_find(struct archive *archive, const struct record_leg *leg, struct stamp stamp,
                        struct archive_side *from, struct archive_side *to, char *error);

/** Moves an amount from one to the other. False, with `error`: a total would be too large. */
bool archive_post(struct archive *archive, struct archive_side *from, struct archive_side *to,
                  amount_t amount, sequence_t number, char *error);

/** Folds a record with legs. False, with `error`. */
bool archive_transfer_fold(struct archive *archive, const struct record *record, char *error);

/* ---- archive_history.c: landmarks and runs ---- */

/** Notes a landmark. False, with `error`, when it has to write some and can't. */
bool archive_landmark_add(struct archive *archive, const struct archive_landmark *landmark, char *error);

/** Writes the landmarks that were noted. False, with `error`. */
bool archive_landmarks_write(struct archive *archive, char *error);

/** Notes where an id is, for the run to come. */
void archive_pair_add(struct archive *archive, struct slice id, sequence_t number);

/** Writes a run up to number `last` if there are enough numbers for it. False, with `error`. */
bool archive_run_write(struct archive *archive, sequence_t last, char *error);

/** Notes the ids of the database that are in no run, and writes runs where there are enough for it. In no
 *  transaction. False, with `error`. */
bool archive_runs_catch_up(struct archive *archive, char *error);

/** Within a migration from version 1, which had none: counts the entries of every account and writes its
 *  landmarks. Nothing was loaded before, and nothing is afterwards. False, with `error`. */
bool archive_history_make(struct archive *archive, char *error);

/* ---- archive_load.c ---- */

/** Loads assets and accounts, handing them on where there is a visitor. False, with `error`. */
bool archive_load_books(struct archive *archive, const struct archive_visitor *visitor, char *error);

/* ---- archive_load_past.c ---- */

/** Loads open holds, and with a visitor hands on what is to be remembered. False, with `error`. */
bool archive_load_past(struct archive *archive, const struct archive_visitor *visitor, uint64_t since_ns,
                       char *error);

#endif
