/* tools.h: the client's own commands, which no server knows, as rows of one table: dispatch and help come
 * from it.
 */
#ifndef BURSAR_CLIENT_TOOLS_H
#define BURSAR_CLIENT_TOOLS_H

#include "client/options.h"
#include "client/setup.h"

struct tool {
    const char *name;                 /* in small letters */
    const char *synopsis;             /* what follows the name: "[COMMAND]"; empty: nothing */
    const char *summary;              /* a sentence without a full stop */
    const struct option_row *options; /* its own, which follow the name; NULL: none */
    /** Runs it: argv[0] is the name. Returns an exit status (enum exit_status). */
    int (*run)(int argc, char **argv, const struct setup *setup);
};

/** The rows; the last has a NULL name. */
extern const struct tool tools[];

/** The row of a name, in any case; NULL when there is none. A tool goes before a server's command. */
const struct tool *tool_find(const char *name);

#endif
