/* table.h: rows under headings, gathered from a reply and then written for people, aligned, or as CSV.
 *
 * Columns come into being as they are first named, so that records of different kinds share a table. A record
 * that holds a list, as a transfer its legs, becomes several rows: what it has once is on the first; in CSV
 * it is repeated, so that each row stands for itself.
 */
#ifndef BURSAR_CLIENT_TABLE_H
#define BURSAR_CLIENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/text.h"
#include "proto/buffer.h"
#include "proto/resp.h"

/** More columns than any reply of the protocol has; those beyond are left out. */
#define TABLE_COLUMNS_MAX 64

struct table_column {
    struct slice group; /* the list it is of: "legs"; empty: of the record itself */
    struct slice name;
    bool mixed;     /* some cell is no number */
    bool filled;    /* some cell is not nil */
    unsigned width; /* of its widest cell, as a terminal shows it */
};

struct table_cell {
    size_t row;
    size_t column;
    struct slice text;
    bool nil;
};

/** A zeroed table is an empty one. Its texts belong to the caller and outlive it, unless table_own made them.
 */
struct table {
    struct table_column columns[TABLE_COLUMNS_MAX];
    size_t column_count;
    struct table_cell *cells; /* as they were put */
    size_t cell_count;
    size_t cell_room;
    size_t *records; /* of each row: the first row of its record */
    size_t row_count;
    size_t row_room;
    char **texts; /* what table_own copied */
    size_t text_count;
    size_t text_room;
};

/** How a table is written for people. */
struct table_look {
    bool colour;
    unsigned indent; /* blanks before each line */
    unsigned width;  /* columns of the terminal; 0: unbounded */
};

/** The column of a name, made if there is none yet; TABLE_COLUMNS_MAX when there is no room. */
size_t table_column(struct table *table, struct slice group, struct slice name);

/** Begins a row and returns its index. `record` is the first row of the record it belongs to; SIZE_MAX:
 * itself.
 */
size_t table_row(struct table *table, size_t record);

/** Sets a cell of a row that has begun; nil: `text` is shown to people only. Does nothing when `column` is
 * TABLE_COLUMNS_MAX. */
void table_put(struct table *table, size_t row, size_t column, struct slice text, bool nil);

/** A copy of a text that lives as long as the table. */
struct slice table_own(struct table *table, struct slice text);

/** Writes headings and rows, aligned, numbers to the right. False, with nothing written, when it is wider
 * than the terminal even without the columns that are nil everywhere and the fractions of times. */
bool table_people(const struct table *table, struct buffer *out, const struct table_look *look);

/** Writes headings and rows as CSV; lines end with a line feed. */
void table_csv(const struct table *table, struct buffer *out);

/** Releases its memory. */
void table_free(struct table *table);

#endif
