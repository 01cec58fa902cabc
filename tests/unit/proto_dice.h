/* proto_dice.h: random numbers for tests that can be had again: from BURSAR_SEED when it is set, else from
 * the clock. A test names dice.seed in the message of every assertion. A fuzzer throws them itself: the first
 * are bytes that it gives.
 */
#ifndef BURSAR_TESTS_UNIT_PROTO_DICE_H
#define BURSAR_TESTS_UNIT_PROTO_DICE_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct dice {
    uint64_t seed;
    uint64_t state;
    const uint8_t *given; /* what is thrown next, a byte a throw; */
    size_t given_count;   /* so many, before it is random again */
};

static inline struct dice dice_of(uint64_t seed)
{
    return (struct dice){.seed = seed, .state = seed};
}

static inline struct dice dice_begin(void)
{
    const char *text = getenv("BURSAR_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    return dice_of(seed);
}

/** 64 random bits: splitmix64. */
static inline uint64_t dice_next(struct dice *dice)
{
    if (dice->given_count > 0) {
        dice->given_count--;
        return *dice->given++;
    }
    uint64_t bits = dice->state += 0x9e3779b97f4a7c15U;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebU;
    return bits ^ bits >> 31;
}

/** A random number below `limit` (> 0). */
static inline unsigned dice_below(struct dice *dice, unsigned limit)
{
    return (unsigned)(dice_next(dice) % limit);
}

#endif
