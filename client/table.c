/* table.c: see table.h. */
#include "client/table.h"

#include <stdlib.h>
#include <string.h>

#define GAP         2   /* blanks between columns */
#define CELLS_FIRST 256 /* cells there is room for at first */
#define CUT_LEAST   8   /* columns of a note that is cut */
#define TIME_LENGTH 30  /* 2026-11-25T09:30:00.123456789Z, or with fewer digits */
#define TIME_SECOND 19  /* of these, up to the second */

static void *grow(void *array, size_t *room, size_t used, size_t size)
{
    if (used < *room)
        return array;
    *room = *room == 0 ? CELLS_FIRST : *room * 2;
    void *grown = reallocarray(array, *room, size);
    if (grown == NULL)
        abort();
    return grown;
}

size_t table_column(struct table *table, struct slice group, struct slice name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (slice_equal(table->columns[i].group, group) && slice_equal(table->columns[i].name, name))
            return i;
    }
    if (table->column_count == TABLE_COLUMNS_MAX)
        return TABLE_COLUMNS_MAX;
    table->columns[table->column_count] =
        (struct table_column){.group = group, .name = name, .width = text_width(name)};
    return table->column_count++;
}

size_t table_row(struct table *table, size_t record)
{
    table->records = grow(table->records, &table->row_room, table->row_count, sizeof *table->records);
    table->records[table->row_count] = record == SIZE_MAX ? table->row_count : record;
    return table->row_count++;
}

void table_put(struct table *table, size_t row, size_t column, struct slice text, bool nil)
{
    if (column == TABLE_COLUMNS_MAX)
        return;
    table->cells = grow(table->cells, &table->cell_room, table->cell_count, sizeof *table->cells);
    table->cells[table->cell_count++] = (struct table_cell){row, column, text, nil};
    struct table_column *of = &table->columns[column];
    unsigned width = text_width(text);
    of->filled |= !nil;
    of->mixed |= !nil && !text_is_number(text);
    of->width = width > of->width ? width : of->width;
}

struct slice table_own(struct table *table, struct slice text)
{
    char *copy = malloc(text.length + 1);
    if (copy == NULL)
        abort();
    if (text.length > 0)
        memcpy(copy, text.text, text.length);
    table->texts = grow(table->texts, &table->text_room, table->text_count, sizeof *table->texts);
    table->texts[table->text_count++] = copy;
    return (struct slice){copy, text.length};
}

/* The cells as a grid, row by row: of each the index of its cell and one, 0 where nothing was put. To be
 * freed. */
static size_t *grid_make(const struct table *table)
{
    size_t *grid = calloc(table->row_count * table->column_count + 1, sizeof *grid);
    if (grid == NULL)
        abort();
    for (size_t i = 0; i < table->cell_count; i++)
        grid[table->cells[i].row * table->column_count + table->cells[i].column] = i + 1;
    return grid;
}

static const struct table_cell *grid_at(const struct table *table, const size_t *grid, size_t row,
                                        size_t column)
{
    size_t cell = grid[row * table->column_count + column];
    return cell > 0 ? &table->cells[cell - 1] : NULL;
}

static bool is_column(const struct table_column *column, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (slice_equal(column->name, slice_of(*names)))
            return true;
    }
    return false;
}

/* Numbers stand to the right, unless they are names that happen to have digits only. */
static bool is_right(const struct table_column *column)
{
    static const char *const names[] = {"id",       "account", "from", "to", "hold",
                                        "transfer", "note",    "name", NULL};
    return !column->mixed && column->filled && !is_column(column, names);
}

static enum text_sign column_sign(const struct table *table, const struct table_column *column)
{
    static const char *const amount[] = {"amount", NULL};
    static const char *const balance[] = {"balance", NULL};
    static const char *const others[] = {"available", NULL};
    if (is_column(column, balance) || is_column(column, others))
        return TEXT_DEBIT;
    /* Beside a balance, an amount is what changed it. */
    for (size_t i = 0; is_column(column, amount) && i < table->column_count; i++) {
        if (is_column(&table->columns[i], balance))
            return TEXT_CHANGE;
    }
    return TEXT_PLAIN;
}

static bool is_time(struct slice text)
{
    return text.length > TIME_SECOND + 1 && text.length <= TIME_LENGTH && text.text[10] == 'T' &&
           text.text[text.length - 1] == 'Z' && text.text[TIME_SECOND] == '.';
}

/* The columns that people are shown, and how wide. */
struct plan {
    bool shown[TABLE_COLUMNS_MAX];
    unsigned widths[TABLE_COLUMNS_MAX];
    bool seconds; /* times without their fraction */
};

static unsigned plan_width(const struct table *table, const struct plan *plan, const struct table_look *look)
{
    unsigned width = look->indent;
    for (size_t i = 0; i < table->column_count; i++)
        width += plan->shown[i] ? plan->widths[i] + GAP : 0;
    return width > GAP ? width - GAP : 0;
}

static bool plan_fits(const struct table *table, const struct plan *plan, const struct table_look *look)
{
    return look->width == 0 || plan_width(table, plan, look) <= look->width;
}

static void plan_shorten_times(const struct table *table, struct plan *plan)
{
    plan->seconds = true;
    memset(plan->widths, 0, sizeof plan->widths);
    for (size_t i = 0; i < table->column_count; i++)
        plan->widths[i] = text_width(table->columns[i].name);
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct table_cell *cell = &table->cells[i];
        unsigned width = is_time(cell->text) ? TIME_SECOND + 1 : text_width(cell->text);
        if (width > plan->widths[cell->column])
            plan->widths[cell->column] = width;
    }
}

/* Cuts the texts that nobody copies into a command, as far as they may be. */
static void plan_cut_notes(const struct table *table, struct plan *plan, const struct table_look *look)
{
    static const char *const names[] = {"note", "arguments", NULL};
    for (size_t i = 0; i < table->column_count; i++) {
        unsigned width = plan_width(table, plan, look);
        if (width <= look->width || !plan->shown[i] || !is_column(&table->columns[i], names))
            continue;
        unsigned over = width - look->width;
        if (plan->widths[i] > CUT_LEAST)
            plan->widths[i] = plan->widths[i] > over + CUT_LEAST ? plan->widths[i] - over : CUT_LEAST;
    }
}

/* Takes what there is room for: all; not what is nil everywhere; times to the second; the beginnings of
 * notes. */
static bool plan_make(const struct table *table, struct plan *plan, const struct table_look *look)
{
    *plan = (struct plan){.seconds = false};
    for (size_t i = 0; i < table->column_count; i++) {
        plan->shown[i] = true;
        plan->widths[i] = table->columns[i].width;
    }
    if (plan_fits(table, plan, look))
        return true;
    for (size_t i = 0; i < table->column_count; i++)
        plan->shown[i] = table->columns[i].filled;
    if (plan_fits(table, plan, look))
        return true;
    plan_shorten_times(table, plan);
    if (!plan_fits(table, plan, look))
        plan_cut_notes(table, plan, look);
    return plan_fits(table, plan, look);
}

/* A cell in its column: blanks before it or after it, none at the end of a line. */
static void write_cell(const struct table *table, size_t column, const struct table_cell *cell,
                       const struct plan *plan, struct buffer *out, unsigned *blanks, bool colour)
{
    const struct table_column *of = &table->columns[column];
    struct slice text = cell != NULL ? cell->text : (struct slice){"", 0};
    bool shortened = plan->seconds && is_time(text);
    unsigned width = shortened ? TIME_SECOND + 1 : text_width(text);
    bool cut = width > plan->widths[column];
    if (cut) {
        text = text_cut(text, plan->widths[column] - 1);
        width = text_width(text) + 1;
    }
    unsigned free = plan->widths[column] - width;
    unsigned before = *blanks + (is_right(of) ? free : 0);
    *blanks = (is_right(of) ? 0 : free) + GAP;
    if (text.length == 0) {
        *blanks += before;
        return;
    }
    buffer_printf(out, "%*s", (int)before, "");
    if (shortened) {
        buffer_append(out, text.text, TIME_SECOND);
        buffer_append(out, "Z", 1);
    } else
        text_signed(out, text, column_sign(table, of), colour);
    buffer_printf(out, "%s", cut ? "…" : "");
}

static void write_headings(const struct table *table, const struct plan *plan, struct buffer *out,
                           const struct table_look *look)
{
    unsigned blanks = look->indent;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!plan->shown[i])
            continue;
        const struct table_column *column = &table->columns[i];
        unsigned free = plan->widths[i] - text_width(column->name);
        buffer_printf(out, "%*s", (int)(blanks + (is_right(column) ? free : 0)), "");
        text_heading(out, column->name, look->colour);
        blanks = (is_right(column) ? 0 : free) + GAP;
    }
    buffer_append(out, "\n", 1);
}

bool table_people(const struct table *table, struct buffer *out, const struct table_look *look)
{
    struct plan plan;
    if (!plan_make(table, &plan, look))
        return false;
    size_t *grid = grid_make(table);
    write_headings(table, &plan, out, look);
    for (size_t row = 0; row < table->row_count; row++) {
        unsigned blanks = look->indent;
        for (size_t i = 0; i < table->column_count; i++) {
            if (plan.shown[i])
                write_cell(table, i, grid_at(table, grid, row, i), &plan, out, &blanks, look->colour);
        }
        buffer_append(out, "\n", 1);
    }
    free(grid);
    return true;
}

void table_csv(const struct table *table, struct buffer *out)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct slice group = table->columns[i].group;
        buffer_printf(out, "%s%.*s%s", i > 0 ? "," : "", (int)group.length, group.text,
                      group.length > 0 ? "." : "");
        text_csv(out, table->columns[i].name);
    }
    buffer_append(out, "\n", 1);
    size_t *grid = grid_make(table);
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            size_t from = table->columns[i].group.length > 0 ? row : table->records[row];
            const struct table_cell *cell = grid_at(table, grid, from, i);
            buffer_printf(out, "%s", i > 0 ? "," : "");
            if (cell != NULL && !cell->nil)
                text_csv(out, cell->text);
        }
        buffer_append(out, "\n", 1);
    }
    free(grid);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->text_count; i++)
        free(table->texts[i]);
    free(table->texts);
    free(table->cells);
    free(table->records);
    *table = (struct table){.cells = NULL};
}
