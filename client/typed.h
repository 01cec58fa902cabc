/* typed.h: a line that is being typed: its whole words, and the word at its end that may still grow. */
#ifndef BURSAR_CLIENT_TYPED_H
#define BURSAR_CLIENT_TYPED_H

#include "proto/commands.h"

/** Bytes of a line that is looked at: what is longer gets neither hints nor completion. */
#define TYPED_MAX 4096

struct typed {
    struct request whole;          /* the words before the last one */
    struct slice last;             /* what stands after the last blank, as it was typed; may be empty */
    const struct command *command; /* whose arguments are typed; NULL: none is known */
    char text[TYPED_MAX];
};

/** Cuts `length` bytes of a line. False when it is too long or has wrong quotes; an open quote is part of the
 * last word. */
bool typed_split(struct typed *typed, const char *line, size_t length);

/** Appends how the command goes on after the whole words. For a name that is typed but not ended by a blank,
 * its arguments; for the beginning of one name only, the whole of it. Nothing when nothing is known. */
void typed_hint(const struct typed *typed, struct buffer *hint);

#endif
