/* archive.h: the snapshot, DIR/ledger.db: an SQLite database that is the exact ledger as of one number.
 *
 * Made for people with the sqlite3 shell as much as for recovery; docs/snapshots.md shows its tables. It is
 * brought forward by folding commit records into it, many in one transaction, so at every moment, also after
 * a crash, it stands at one number. Beside it, the archive keeps each account's totals and newest entry in
 * memory, because reading them back for every record would cost more than everything else.
 *
 * All of it is used by one thread at a time.
 */
#ifndef BURSAR_SERVER_ARCHIVE_H
#define BURSAR_SERVER_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/record.h"
#include "server/journal.h"

/** Room for any error: a sentence that names the file and what to do. */
#define ARCHIVE_ERROR_MAX 768

struct archive;

/** Makes DIR/ledger.db, with no accounts, at number 0. False, with `error`, when it exists or can't be made.
 */
bool archive_create(const char *dir, struct ledger_id ledger, char *error);

/** Opens DIR/ledger.db; the caller owns the archive. `readonly` for checking. NULL, with `error`: not there,
 * not a database, damaged, of another format or a later version (which names both). */
struct archive *archive_open(const char *dir, bool readonly, char *error);

/** Releases it. What was folded since the last archive_commit is forgotten. NULL is allowed. */
void archive_close(struct archive *archive);

/** Which ledger it is of. */
struct ledger_id archive_ledger(const struct archive *archive);

/** The number it stands at, and its time; zero: none yet. */
struct stamp archive_stamp(const struct archive *archive);

/** How many accounts it has; those of @world count too. */
uint64_t archive_accounts(const struct archive *archive);

/** One asset as the archive has it. */
struct archive_asset {
    struct asset_tag tag;
    bool defined;              /* by a client */
    struct total world_debits; /* of its @world account */
    struct total world_credits;
    sequence_t world_last; /* newest number that changed @world; 0: none */
};

/** An account as it stands. */
struct archive_account {
    struct total debits;
    struct total credits;
    sequence_t last; /* newest number that changed it; 0: none */
    uint8_t state;   /* 0 open, 1 frozen, 2 closed */
};

enum archive_hold_state { ARCHIVE_HELD, ARCHIVE_CAPTURED, ARCHIVE_VOIDED, ARCHIVE_EXPIRED };

/** A hold as it stands. */
struct archive_hold {
    amount_t remaining; /* still held */
    uint64_t deadline;  /* nanoseconds since the epoch; 0: none */
    uint64_t ended;     /* when it was captured, voided or expired; 0: it is held */
    uint8_t state;      /* enum archive_hold_state */
};

/** Who is told what is in the archive. Each returns false, with `error` written, to stop. */
struct archive_visitor {
    void *context;
    /** Every asset that is in the database, before all accounts. */
    bool (*asset)(void *context, const struct archive_asset *asset, char *error);
    /** An account as the RECORD_OPEN that would open it with the limits that it has now, ascending by number.
     */
    bool (*account)(void *context, const struct record *open, const struct archive_account *account,
                    char *error);
    /** A hold as the RECORD_TRANSFER that made it, after all accounts; ascending by number, together with
     * transfers. */
    bool (*hold)(void *context, const struct record *hold, const struct archive_hold *state, char *error);
    /** Whatever else has an id, as its RECORD_TRANSFER: money moved, EXTEND, VOID. NULL: neither these nor
     * holds are told. */
    bool (*transfer)(void *context, const struct record *transfer, char *error);
};

/** Reads what recovery needs, and keeps what folding needs. Call it once, first, also for an empty archive;
 *  `visitor` may be NULL. Of transfers it tells those that happened at `since_ns` or later (nanoseconds since
 *  the epoch; 0: all), of holds those that are held or ended then. False, with `error`, when what it reads
 *  contradicts itself (debits and credits of an asset differ, an account of no asset, what accounts have held
 *  is not what open holds hold, ...) or the visitor stops it. */
bool archive_load(struct archive *archive, const struct archive_visitor *visitor, uint64_t since_ns,
                  char *error);

/** Folds in one record, the next after all that were folded. False, with `error`, when it contradicts what is
 *  there (an account that was never opened, a number out of order) or SQLite fails. */
bool archive_fold(struct archive *archive, const struct record *record, char *error);

/** Brings the memory that archive_fold(record) will need nearer to the processor. Stage 0, some records
 * ahead, fetches table slots; stage 1, fewer ahead, what they point to. */
void archive_prefetch(const struct archive *archive, const struct record *record, int stage);

/** Makes what was folded durable, at one number, after checking that debits equal credits in every asset.
 *  Does nothing when nothing was folded. False, with `error`: the database stands where it stood. */
bool archive_commit(struct archive *archive, char *error);

/** The totals of one asset over all its accounts, @world included, of all that was folded; zero for one that
 *  it does not have. */
struct archive_totals {
    struct total debits;
    struct total credits;
    struct total held; /* by open holds */
    uint64_t accounts; /* @world not counted */
};
struct archive_totals archive_totals(const struct archive *archive, const struct asset_tag *asset);

#endif
