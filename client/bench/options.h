/* options.h: the load generator's options. */
#ifndef BURSAR_CLIENT_BENCH_OPTIONS_H
#define BURSAR_CLIENT_BENCH_OPTIONS_H

#include "client/bench/plan.h"
#include "client/options.h"

/** The rows, for --help. */
extern const struct option_row bench_options[];

/** Reads the options: argv[0] is "bench". What is given is set in `plan`, which has the defaults. True: go
 * on. False: end with *status; what there was to say was said. */
bool bench_options_read(int argc, char **argv, struct plan *plan, int *status);

#endif
