/* help.h: what the client says about itself and about commands, all from the command table. */
#ifndef BURSAR_CLIENT_HELP_H
#define BURSAR_CLIENT_HELP_H

#include <stdio.h>

#include "proto/commands.h"

/** Writes the options and the commands by group. */
void help_all(FILE *out);

/** Writes one command's syntax, what it does and what it answers. */
void help_command(FILE *out, const struct command *command);

/** Writes that there is no such command, and which names are near it. */
void help_unknown(FILE *out, struct slice name);

#endif
