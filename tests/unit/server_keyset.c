/* server_keyset.c: the counted set against a plain array. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "server/keyset.h"

enum { KEYS = 200, STEPS = 100000 };

/* Spread badly, so that keys collide. */
static uint64_t key_name(uint64_t key)
{
    return key * key * UINT64_C(0xdeadbeefcafef00d);
}

Test(keyset, holds_a_key_until_it_was_removed_as_often_as_it_was_added)
{
    const char *chosen = getenv("BURSAR_SEED");
    unsigned seed = chosen ? (unsigned)strtoul(chosen, NULL, 10) : (unsigned)time(NULL);
    unsigned random = seed;
    unsigned counts[KEYS] = {0};
    struct keyset set = {0};
    cr_assert(!keyset_has(&set, 0));
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned key = (unsigned)rand_r(&random) % KEYS;
        /* Long runs of adding and of removing, so that the set fills and empties. */
        if ((step / 500) % 2 == 0) {
            keyset_add(&set, key_name(key));
            counts[key]++;
        } else if (counts[key] > 0) {
            keyset_remove(&set, key_name(key));
            counts[key]--;
        }
        unsigned asked = (unsigned)rand_r(&random) % KEYS;
        cr_assert_eq(keyset_has(&set, key_name(asked)), counts[asked] > 0, "step %u, key %u, BURSAR_SEED=%u",
                     step, asked, seed);
    }
    for (unsigned key = 0; key < KEYS; key++) {
        for (; counts[key] > 0; counts[key]--) {
            keyset_remove(&set, key_name(key));
        }
        cr_assert(!keyset_has(&set, key_name(key)), "key %u, BURSAR_SEED=%u", key, seed);
    }
    cr_assert_eq(set.used, 0);
    keyset_free(&set);
}
