/* shell.h: the interactive shell: commands typed on a terminal, with history, hints and completion. */
#ifndef BURSAR_CLIENT_SHELL_H
#define BURSAR_CLIENT_SHELL_H

#include "client/setup.h"

/** Runs until quit, exit or Ctrl-D. Returns an exit status: EXIT_DONE, whatever the server rejected;
 * EXIT_NO_CONNECTION when there is no terminal to work on. */
int shell_run(const struct setup *setup);

#endif
