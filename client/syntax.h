/* syntax.h: where in a command's syntax somebody is who has typed some of its words: what may come next, and
 * how the rest of it reads. From the command table, so that every command of the server is known.
 */
#ifndef BURSAR_CLIENT_SYNTAX_H
#define BURSAR_CLIENT_SYNTAX_H

#include "proto/buffer.h"
#include "proto/commands.h"

/** More things that may come next than any command has. */
#define SYNTAX_EXPECTED_MAX 16

/** One thing that may come next. */
struct syntax_expected {
    const struct argument *argument;
    bool token; /* its keyword; else its value */
};

struct syntax {
    struct syntax_expected expected[SYNTAX_EXPECTED_MAX];
    size_t expected_count;
    bool wrong; /* the words are not of this command: nothing is expected */
};

/** Told of each word that is the value of an argument. */
typedef void syntax_word(void *context, const struct argument *argument, struct slice word);

/** Follows the `count` words after the command's name. Appends to `rest`, unless NULL, how the syntax goes
 * on: "to amount [from to amount ...] [NOTE text]"; calls `word`, unless NULL, for each value. */
void syntax_follow(const struct command *command, const struct slice *words, size_t count,
                   struct syntax *syntax, struct buffer *rest, syntax_word *word, void *context);

#endif
