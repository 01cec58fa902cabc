/* setup.h: what the client's own options say: where the server is, and how replies are printed. */
#ifndef BURSAR_CLIENT_SETUP_H
#define BURSAR_CLIENT_SETUP_H

#include <stdbool.h>

#include "client/link.h"
#include "client/print.h"

/** All that was chosen, checked. Its texts live as long as the process. */
struct setup {
    struct place place;
    enum print_form form;
};

/** Reads the options of `argv`; the words after them begin at optind. True: go on. False: the client ends
 * with *status; what there was to say was said. */
bool setup_read(struct setup *setup, int argc, char **argv, int *status);

#endif
