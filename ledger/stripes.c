/* stripes.c: see stripes.h. */
#include "ledger/stripes.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/pool.h"

struct stripe *stripes_find(const struct stripes *stripes, const char *id, size_t length, uint64_t hash)
{
    if (stripes->count == 0)
        return NULL;
    struct index_walk walk = index_search(&stripes->index, hash);
    for (uint32_t place; (place = index_next(&walk)) != INDEX_NONE;) {
        struct stripe *stripe = stripes->places[place];
        if (stripe->id_length == length && memcmp(stripe->id, id, length) == 0)
            return stripe;
    }
    return NULL;
}

bool stripes_spread(const struct stripes *stripes, struct slice id, uint64_t hash)
{
    if (stripes->spread_count == 0)
        return false;
    const struct stripe *stripe = stripes_find(stripes, id.text, id.length, hash);
    return stripe != NULL && stripe->spread;
}

/* A place that is free. */
static uint32_t place_find(struct stripes *stripes)
{
    for (uint32_t place = stripes->count; place-- > 0 && stripes->count == stripes->capacity;) {
        if (stripes->places[place] == NULL)
            return place;
    }
    if (stripes->count == stripes->capacity) {
        uint32_t capacity = stripes->capacity == 0 ? 16 : stripes->capacity * 2;
        struct stripe **places = pool_table(64, capacity * sizeof(void *));
        if (stripes->count > 0)
            memcpy((void *)places, (void *)stripes->places, stripes->count * sizeof(void *));
        free((void *)stripes->places);
        stripes->places = places;
        stripes->capacity = capacity;
    }
    return stripes->count++;
}

struct stripe *stripes_add(struct stripes *stripes, const char *id, size_t length, uint64_t hash)
{
    struct stripe *stripe = pool_table(64, sizeof *stripe);
    stripe->hash = hash;
    stripe->place = place_find(stripes);
    stripe->id_length = (uint8_t)length;
    memcpy(stripe->id, id, length);
    stripes->places[stripe->place] = stripe;
    index_insert(&stripes->index, hash, stripe->place);
    return stripe;
}

void stripes_remove(struct stripes *stripes, struct stripe *stripe)
{
    index_remove(&stripes->index, stripe->hash, stripe->place);
    stripes->places[stripe->place] = NULL;
    stripes_mark(stripes, stripe, false);
}

void stripes_mark(struct stripes *stripes, struct stripe *stripe, bool spread)
{
    if (stripe->spread && !spread)
        stripes->spread_count--;
    if (!stripe->spread && spread)
        stripes->spread_count++;
    stripes->changes++;
    stripe->spread = spread;
}

void stripe_sums_add(struct stripe_sums *sums, const struct stripe_sums *part)
{
    total_merge(&sums->debits, part->debits);
    total_merge(&sums->credits, part->credits);
    total_wrap(&sums->held_out, part->held_out);
    total_wrap(&sums->held_in, part->held_in);
    if (part->last > sums->last)
        sums->last = part->last;
}

void stripes_free(struct stripes *stripes)
{
    for (uint32_t place = 0; place < stripes->count; place++)
        free(stripes->places[place]);
    free((void *)stripes->places);
    index_free(&stripes->index);
    memset(stripes, 0, sizeof *stripes);
}
