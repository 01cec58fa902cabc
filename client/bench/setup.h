/* setup.h: what a run of the load generator needs before it, and checks after it. */
#ifndef BURSAR_CLIENT_BENCH_SETUP_H
#define BURSAR_CLIENT_BENCH_SETUP_H

#include "client/bench/plan.h"

/** Opens the plan's accounts and puts money into each, pipelined, with progress on stderr. Accounts that
 * exist from an earlier run are used as they are, with more money. False, with link->error set, when it can't
 * be done. */
bool setup_accounts(struct link *link, const struct plan *plan);

/** Asks for the trial balance of the plan's asset and writes it to stderr. False, with link->error set, when
 * debits and credits differ or the server does not say. */
bool setup_trial(struct link *link, const struct plan *plan);

/** Asks how many holds are open on the server, and writes it to stderr. False, with link->error set, when it
 * does not say. */
bool setup_open_holds(struct link *link);

#endif
