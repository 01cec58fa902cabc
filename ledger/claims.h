/* claims.h: names that are not in the tables yet, but that undecided transactions have a say in.
 *
 * A transfer's id, from its prepare to its decision: whoever brings the same id meanwhile waits. And the id
 * of an account that was found missing: an answer that depends on it staying missing holds it as a reader,
 * and an OPEN waits. There are only as many claims as there are undecided transactions and messages that
 * wait.
 */
#ifndef BURSAR_LEDGER_CLAIMS_H
#define BURSAR_LEDGER_CLAIMS_H

#include "ledger/account.h"

#define CLAIMS_BUCKETS 1024 /* a few times the transactions usually undecided at once */

enum claim_space { CLAIM_ACCOUNT, CLAIM_TRANSFER };

struct claim {
    struct contention contention; /* first: a contention without an account is a claim's */
    struct claim *next;           /* in the same bucket */
    uint64_t hash;
    uint8_t space; /* enum claim_space */
    uint8_t length;
    char text[IDENT_MAX];
};

/** A zeroed struct claims is empty. */
struct claims {
    struct claim *buckets[CLAIMS_BUCKETS];
    uint32_t count;
};

/** The claim on a name; NULL when there is none. */
struct claim *claims_find(const struct claims *claims, enum claim_space space, const char *text,
                          const struct name *name);

/** The same, made when there is none. */
struct claim *claims_get(struct claims *claims, struct pool *pool, enum claim_space space, const char *text,
                         const struct name *name);

/** Drops a claim that nobody holds and nobody waits for. */
void claims_drop(struct claims *claims, struct pool *pool, struct claim *claim);

#endif
