/* bench.h: "bursar bench", the load generator. */
#ifndef BURSAR_CLIENT_BENCH_BENCH_H
#define BURSAR_CLIENT_BENCH_BENCH_H

#include "client/link.h"

/** Runs "bench" with its options: argv[0] is "bench". `place` is where the server is unless an option says
 * else. Returns an exit status as the client's: 1 when a transfer was rejected or the ledger is out of
 * balance. */
int bench_main(int argc, char **argv, const struct place *place);

#endif
