/* archive_state.h: what an archive is made of, for the files that read and write it. See archive.h. */
#ifndef BURSAR_SERVER_ARCHIVE_STATE_H
#define BURSAR_SERVER_ARCHIVE_STATE_H

#include <sqlite3.h>

#include "server/archive.h"
#include "server/books.h"

/** The statements that folding uses. */
enum archive_statement {
    ARCHIVE_BEGIN,
    ARCHIVE_COMMIT,
    ARCHIVE_ADD_TRANSFER,
    ARCHIVE_ADD_ACCOUNT,
    ARCHIVE_ADD_TOTALS,
    ARCHIVE_SET_TOTALS,
    ARCHIVE_ADD_ASSET,
    ARCHIVE_DEFINE_ASSET,
    ARCHIVE_SET_META,
    ARCHIVE_STATEMENTS
};

/** One asset, its row being its place + 1. */
struct archive_sum {
    struct asset_tag tag;
    bool defined;
    bool world_dirty;
    struct archive_totals totals; /* of all accounts, @world included */
    struct total world_debits;
    struct total world_credits;
    sequence_t world_entry; /* newest that touched @world; 0: none, and it has no row */
};

struct archive {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[ARCHIVE_STATEMENTS];
    struct ledger_id ledger;
    struct stamp committed; /* where the database stands */
    struct stamp folded;    /* and where it will after the next commit */
    bool folding;           /* a transaction is open */
    struct books books;
    uint32_t asset_count;
    struct archive_sum assets[ASSETS_MAX];
};

/** The number under which an asset's @world is in the database. */
static inline int64_t archive_world(uint32_t asset)
{
    return -(int64_t)asset - 1;
}

/** Writes an error that names the file: a sentence, or what SQLite says of what it was doing. Return false.
 */
__attribute__((format(printf, 3, 4))) bool archive_fail(const struct archive *archive, char *error,
                                                        const char *format, ...);
bool archive_fail_sqlite(const struct archive *archive, char *error, const char *doing);

/** The place of an asset; -1: it is not there. */
int archive_asset_find(const struct archive *archive, const struct asset_tag *tag);

/** Adds an asset in memory. False, with `error`: there are too many. */
bool archive_asset_add(struct archive *archive, const struct asset_tag *tag, bool defined, char *error);

/** Whether debits equal credits in every asset. False, with `error`. */
bool archive_balanced(const struct archive *archive, char *error);

#endif
