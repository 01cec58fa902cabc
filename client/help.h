/* help.h: what the client says about itself and about commands, all from the tables of options, tools and
 * commands. */
#ifndef BURSAR_CLIENT_HELP_H
#define BURSAR_CLIENT_HELP_H

#include <stdio.h>

#include "proto/commands.h"

/** Writes the options, the tools, and the commands by group. */
void help_all(FILE *out);

/** Writes what the shell's user needs: its keys, and the commands by group. */
void help_shell(FILE *out);

/** Writes one command's syntax, what it does and what it answers. */
void help_command(FILE *out, const struct command *command);

/** "help [COMMAND]", argv[0] being "help": all of it, or about one tool or command. Returns an exit status.
 */
int help_main(int argc, char **argv);

/** Writes that there is no such command, and which names are near it. */
void help_unknown(FILE *out, struct slice name);

#endif
