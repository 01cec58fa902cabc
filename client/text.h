/* text.h: texts of others on a terminal: what they take of a line, and nothing that moves the cursor. */
#ifndef BURSAR_CLIENT_TEXT_H
#define BURSAR_CLIENT_TEXT_H

#include <stdbool.h>

#include "proto/buffer.h"
#include "proto/resp.h"

/** What colour a number's sign earns. */
enum text_sign {
    TEXT_PLAIN, /* none */
    TEXT_DEBIT, /* negative: red */
    TEXT_CHANGE /* negative: red, positive: green */
};

/** Whether `text` is a decimal number with or without a minus, as amounts and integers are written. */
bool text_is_number(struct slice text);

/** Appends `text` so that a terminal shows it and obeys nothing in it: control bytes become \n, \t, \xHH. */
void text_show(struct buffer *out, struct slice text);

/** How many columns of a terminal `text` takes as text_show writes it, by the locale's characters. */
unsigned text_width(struct slice text);

/** The longest start of `text` that takes at most `width` columns. */
struct slice text_cut(struct slice text, unsigned width);

/** Appends a number in the colour of its sign; without one when `colour` is false. */
void text_signed(struct buffer *out, struct slice number, enum text_sign sign, bool colour);

/** Appends a heading, bold when `colour` is true. */
void text_heading(struct buffer *out, struct slice heading, bool colour);

/** Appends one field of CSV as RFC 4180 has it: in quotes if it has a comma, a quote or a line end. */
void text_csv(struct buffer *out, struct slice text);

#endif
