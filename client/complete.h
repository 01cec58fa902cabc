/* complete.h: what the Tab key may put in the place of the word at the end of a line. */
#ifndef BURSAR_CLIENT_COMPLETE_H
#define BURSAR_CLIENT_COMPLETE_H

#include "client/names.h"
#include "client/typed.h"

#define COMPLETE_MAX 200 /* candidates that are offered */

struct completion {
    char texts[COMPLETE_MAX][NAMES_LENGTH_MAX + 1];
    size_t count;
    bool more; /* there are others */
};

/** Asks elsewhere for names of a kind that begin with `prefix`, and adds them to `names`. */
typedef void complete_ask(void *context, struct names *names, enum names_kind kind, struct slice prefix);

/** Finds the candidates, in order: commands and tools for the first word, keywords and subcommands by the
 * syntax, names of the kind that is expected. `ask` is called for kinds a server can be asked for. */
void complete_find(struct completion *completion, const struct typed *typed, struct names *names,
                   complete_ask *ask, void *context);

/** How many bytes all candidates begin with; 0 when there are none. Cases of letters differ. */
size_t complete_common(const struct completion *completion);

#endif
