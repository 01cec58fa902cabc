/* setup.h: what was chosen: where the server is, how replies are printed, where the history is kept. An
 * option goes before the environment (BURSAR_URL, NO_COLOR), that before the configuration file, that before
 * the default.
 */
#ifndef BURSAR_CLIENT_SETUP_H
#define BURSAR_CLIENT_SETUP_H

#include <stdbool.h>

#include "client/link.h"
#include "client/print.h"
#include "client/url.h"

/** All that was chosen, checked. Not to be copied: `place` points at `url`. */
struct setup {
    struct place place;
    struct print_style style;
    char *history; /* the file of the shell's history; NULL: where it is by default; empty: none */
    struct url url;
};

/** Reads options, environment and configuration file; the words after the options begin at optind. True: go
 * on. False: the client ends with *status; what there was to say was said. */
bool setup_read(struct setup *setup, int argc, char **argv, int *status);

#endif
