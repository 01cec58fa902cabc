/* archive_schema.h: the tables of DIR/ledger.db, for people as much as for recovery. docs/snapshots.md tells
 * what each column means.
 */
#ifndef BURSAR_SERVER_ARCHIVE_SCHEMA_H
#define BURSAR_SERVER_ARCHIVE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

/** Marks the file as ours: "brsr". */
#define ARCHIVE_APPLICATION 0x62727372

/** The version of the schema that this server writes; the database's user_version. */
#define ARCHIVE_VERSION 2

/** Brings a database from version `version` (0: an empty file) to ARCHIVE_VERSION, in the transaction that
 * the caller has begun. False: SQLite failed, and sqlite3_errmsg tells why. What SQL can't tell, the entries
 * and landmarks of version 1's transfers, is archive_history's. */
bool archive_migrate(sqlite3 *db, int version);

#endif
