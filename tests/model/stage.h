/* stage.h: a ledger of three shards and the reference beside it, with every kind of account on every shard,
 * for tests of which of several errors is reported.
 */
#ifndef BURSAR_TESTS_MODEL_STAGE_H
#define BURSAR_TESTS_MODEL_STAGE_H

#include <stddef.h>

#include "tests/model/cluster.h"
#include "tests/model/reference.h"

#define STAGE_SHARDS 3

/** What accounts there are on every shard. */
enum role {
    ROLE_RICH,    /* USD, much of it, no limits to what it takes */
    ROLE_POOR,    /* USD, empty */
    ROLE_FULL,    /* USD, empty, with a ceiling of zero: can neither pay nor take */
    ROLE_WORN,    /* USD, empty, but its debits can't grow any more; nor its credits */
    ROLE_BRIM,    /* USD, at a ceiling that is all its credits can ever be */
    ROLE_EURO,    /* EUR, much of it */
    ROLE_FROZEN,  /* USD, empty, frozen */
    ROLE_CLOSED,  /* EUR, empty, closed; it was frozen before */
    ROLE_MISSING, /* nobody */
    ROLES
};

struct stage {
    struct cluster *cluster;
    struct reference *reference;
    struct words words;
    const char *accounts[ROLES][STAGE_SHARDS];
    const char *used[STAGE_SHARDS]; /* ids that are taken: of deposits */
    unsigned names;                 /* made so far */
    uint64_t clock;                 /* the newest time told */
};

/** Both ledgers with all accounts. stage_clear releases it. */
struct stage stage_set(void);
void stage_clear(struct stage *stage);

/** A name that lives on `shard`, a new one each time. */
const char *stage_name(struct stage *stage, const char *word, unsigned shard);

/** Has both ledgers do it, and expects them to answer the same. Returns the answer. */
const char *stage_call(struct stage *stage, const struct call *call);

/** The same, and expects the answer to begin like this. */
void stage_expect(struct stage *stage, const struct call *call, const char *begin);

/** Two minutes pass, and what is due expires. */
void stage_wait(struct stage *stage);

/** Where a part of a command is placed: a digit of `placement` to base STAGE_SHARDS. */
unsigned stage_place(unsigned placement, unsigned part);

#endif
