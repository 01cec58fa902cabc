/* print.h: replies as text. For people: aligned tables, with the sign of money in colour. Plain, for other
 * programs: one value a line, a map as "key TAB value" lines. CSV: a heading and rows for maps and lists of
 * maps. Errors are not printed here but told to the caller.
 */
#ifndef BURSAR_CLIENT_PRINT_H
#define BURSAR_CLIENT_PRINT_H

#include <stdbool.h>

#include "proto/buffer.h"
#include "proto/resp.h"

enum print_form { PRINT_PEOPLE, PRINT_PLAIN, PRINT_JSON, PRINT_CSV };

/** How replies are printed. */
struct print_style {
    enum print_form form;
    bool colour;    /* PEOPLE only */
    unsigned width; /* PEOPLE: columns that a table may take, else it is written as lists; 0: unbounded */
};

/** Appends the whole reply in `length` bytes at `bytes`, each line ended. It must be whole (answer_skip). */
void print_reply(struct buffer *out, const char *bytes, size_t length, const struct print_style *style);

/** The same, in the form that befits the command: the `count` words of the request. Balances stand beside
 * their accounts, connections and slow requests under headings. */
void print_answer(struct buffer *out, const struct slice *words, size_t count, const char *bytes,
                  size_t length, const struct print_style *style);

#endif
