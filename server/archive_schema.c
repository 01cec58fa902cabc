/* archive_schema.c: SQL. */
#include "server/archive_schema.h"

#include <stdio.h>

/* What brings version n to n + 1. Once released, a step never changes: a later version gets a step of its
 * own.
 */
static const char *const steps[ARCHIVE_VERSION] = {
    /* 0 to 1: the tables. Amounts are smallest units: INTEGER while they fit 64 bits, else decimal TEXT. */
    "CREATE TABLE meta (\n"
    "  ledger TEXT NOT NULL,            -- which ledger this is, as its journal says too\n"
    "  number INTEGER NOT NULL,         -- the ledger as of this number\n"
    "  time_ns INTEGER NOT NULL,        -- its time, nanoseconds since 1970\n"
    "  server TEXT NOT NULL             -- version of bursard that wrote it last\n"
    ") STRICT;\n"
    "CREATE TABLE assets (\n"
    "  asset INTEGER PRIMARY KEY,\n"
    "  code TEXT NOT NULL UNIQUE,\n"
    "  scale INTEGER NOT NULL,          -- fraction digits\n"
    "  unit INTEGER NOT NULL,           -- smallest units in one: 10 to the scale\n"
    "  defined INTEGER                  -- number of its definition; NULL: known from the start\n"
    ") STRICT;\n"
    "CREATE TABLE accounts (\n"
    "  account INTEGER PRIMARY KEY,     -- number of its opening; below zero: the asset's @world\n"
    "  id TEXT NOT NULL UNIQUE,\n"
    "  asset INTEGER NOT NULL REFERENCES assets,\n"
    "  overdraft ANY,                   -- NULL: unlimited\n"
    "  ceiling ANY,                     -- NULL: none\n"
    "  opened_ns INTEGER NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE totals (\n"
    "  account INTEGER PRIMARY KEY REFERENCES accounts,\n"
    "  debits ANY NOT NULL,\n"
    "  credits ANY NOT NULL,\n"
    "  entry INTEGER NOT NULL           -- newest transfer row that touches the account; 0: none\n"
    ") STRICT;\n"
    "CREATE TABLE transfers (\n"
    "  number INTEGER PRIMARY KEY,\n"
    "  leg INTEGER NOT NULL,            -- 0, 1, ...: the first leg is number - leg\n"
    "  id TEXT,                         -- of the transfer; id, kind and note are on its first leg\n"
    "  kind TEXT,                       -- transfer, deposit, withdraw\n"
    "  time_ns INTEGER NOT NULL,\n"
    "  debit INTEGER NOT NULL REFERENCES accounts,\n"
    "  credit INTEGER NOT NULL REFERENCES accounts,\n"
    "  amount ANY NOT NULL,\n"
    "  debit_before INTEGER NOT NULL,   -- the debit account's entry before this one; 0: none\n"
    "  credit_before INTEGER NOT NULL,\n"
    "  note ANY                         -- TEXT, or BLOB where it is not UTF-8\n"
    ") STRICT;\n"
    "CREATE VIEW balances AS\n"
    "  SELECT id, code AS asset,\n"
    "    CASE WHEN typeof(debits) <> 'integer' OR typeof(credits) <> 'integer'\n"
    "      THEN credits || ' - ' || debits || ' / 10^' || scale\n"
    "      ELSE iif(credits < debits, '-', '') || (abs(credits - debits) / unit) ||\n"
    "        iif(scale > 0, printf('.%0*d', scale, abs(credits - debits) % unit), '') END AS balance,\n"
    "    debits, credits, account\n"
    "  FROM accounts JOIN totals USING (account) JOIN assets USING (asset);\n"
    "CREATE VIEW legs AS\n"
    "  SELECT t.number, first.id, first.kind, d.id AS debit, c.id AS credit, code AS asset,\n"
    "    CASE WHEN typeof(t.amount) <> 'integer' THEN t.amount || ' / 10^' || scale\n"
    "      ELSE (t.amount / unit) || iif(scale > 0, printf('.%0*d', scale, t.amount % unit), '') END AS "
    "amount,\n"
    "    datetime(t.time_ns / 1000000000, 'unixepoch') || printf('.%09d', t.time_ns % 1000000000) AS time,\n"
    "    first.note\n"
    "  FROM transfers t JOIN transfers first ON first.number = t.number - t.leg\n"
    "    JOIN accounts d ON d.account = t.debit JOIN accounts c ON c.account = t.credit\n"
    "    JOIN assets ON assets.asset = iif(t.debit > 0, d.asset, c.asset);\n"
    "CREATE VIEW entries AS\n"
    "  SELECT debit AS account, number, number - leg AS first, time_ns, credit AS other, amount, -1 AS sign\n"
    "    FROM transfers\n"
    "  UNION ALL\n"
    "  SELECT credit, number, number - leg, time_ns, debit, amount, 1 FROM transfers;\n"
    "CREATE VIEW statement AS\n"
    "  SELECT a.id AS account, e.number, datetime(e.time_ns / 1000000000, 'unixepoch') AS time, t.id,\n"
    "    o.id AS other, code AS asset, iif(e.sign < 0, '-', '') || e.amount AS units,\n"
    "    iif(max(typeof(e.amount) = 'text') OVER entry, NULL, sum(e.sign * e.amount) OVER entry) AS "
    "balance_units,\n"
    "    t.note\n"
    "  FROM entries e JOIN accounts a USING (account) JOIN accounts o ON o.account = e.other\n"
    "    JOIN transfers t ON t.number = e.first JOIN assets ON assets.asset = a.asset\n"
    "  WINDOW entry AS (PARTITION BY a.id ORDER BY e.number);\n",
};

bool archive_migrate(sqlite3 *db, int version)
{
    char pragmas[128];
    bool good = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (; good && version < ARCHIVE_VERSION; version++) {
        good = sqlite3_exec(db, steps[version], NULL, NULL, NULL) == SQLITE_OK;
    }
    (void)snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                   ARCHIVE_APPLICATION, ARCHIVE_VERSION);
    return good && sqlite3_exec(db, pragmas, NULL, NULL, NULL) == SQLITE_OK;
}
