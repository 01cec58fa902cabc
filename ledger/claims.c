/* claims.c: see claims.h. */
#include "ledger/claims.h"

#include <string.h>

struct claim *claims_find(const struct claims *claims, enum claim_space space, const char *text,
                          const struct name *name)
{
    if (claims->count == 0)
        return NULL;
    for (struct claim *claim = claims->buckets[name->hash % CLAIMS_BUCKETS]; claim != NULL;
         claim = claim->next) {
        if (claim->hash == name->hash && claim->space == space && claim->length == name->length &&
            memcmp(claim->text, text, name->length) == 0)
            return claim;
    }
    return NULL;
}

struct claim *claims_get(struct claims *claims, struct pool *pool, enum claim_space space, const char *text,
                         const struct name *name)
{
    struct claim *claim = claims_find(claims, space, text, name);
    if (claim != NULL)
        return claim;
    struct claim **bucket = &claims->buckets[name->hash % CLAIMS_BUCKETS];
    claim = pool_take(pool, sizeof *claim);
    *claim =
        (struct claim){.next = *bucket, .hash = name->hash, .space = (uint8_t)space, .length = name->length};
    memcpy(claim->text, text, name->length);
    *bucket = claim;
    claims->count++;
    return claim;
}

void claims_drop(struct claims *claims, struct pool *pool, struct claim *claim)
{
    const struct contention *contention = &claim->contention;
    if (contention->writers > 0 || contention->readers > 0 || contention->line.first != NULL)
        return;
    struct claim **link = &claims->buckets[claim->hash % CLAIMS_BUCKETS];
    while (*link != claim)
        link = &(*link)->next;
    *link = claim->next;
    claims->count--;
    pool_give(pool, claim, sizeof *claim);
}
