/* print.h: replies as text. For people: aligned tables. Plain, for other programs: one value a line, a map as
 * "key TAB value" lines. Errors are not printed here but told to the caller.
 */
#ifndef BURSAR_CLIENT_PRINT_H
#define BURSAR_CLIENT_PRINT_H

#include "proto/answer.h"
#include "proto/buffer.h"
#include "proto/resp.h"

enum print_form { PRINT_PEOPLE, PRINT_PLAIN, PRINT_JSON };

/** Appends the whole reply in `length` bytes at `bytes`, each line ended. It must be whole (answer_skip). */
void print_reply(struct buffer *out, const char *bytes, size_t length, enum print_form form);

/** The same for the reply to BALANCES of `accounts`: each balance beside its account. */
void print_balances(struct buffer *out, const char *bytes, size_t length, const struct slice *accounts,
                    enum print_form form);

#endif
