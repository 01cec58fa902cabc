/* compose.h: requests from a mix, one after another. */
#ifndef BURSAR_CLIENT_BENCH_COMPOSE_H
#define BURSAR_CLIENT_BENCH_COMPOSE_H

#include "client/bench/mix.h"

#define COMPOSE_NONCE_LETTERS  11                                               /* for 64 bits */
#define COMPOSE_NUMBER_LETTERS 7                                                /* for PLAN_REQUESTS_MAX */
#define COMPOSE_ID_LENGTH      (COMPOSE_NONCE_LETTERS + COMPOSE_NUMBER_LETTERS) /* without a tag */

/** An id of this run. */
struct compose_id {
    uint64_t number;
    uint64_t account; /* whose tag it has, where names have tags */
};

/** Where one connection is in the mix. A zeroed one is at the start. */
struct composer {
    struct compose_id latest; /* what <id-again> is in a line of its own */
    struct compose_id head;   /* and in lines with "+": of the line they belong to */
    unsigned line;            /* of the mix: the next, if `within` */
    bool within;              /* lines with "+" are still to come */
};

/** Appends the next request, with `number`, which no other of this run has. Returns the line it is of. */
unsigned compose(const struct mix *mix, struct composer *composer, uint64_t *dice, uint64_t number,
                 struct buffer *out);

#endif
