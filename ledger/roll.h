/* roll.h: accounts by the number of their opening, as records name them. Needed only while a ledger is
 * rebuilt: afterwards requests name accounts by id.
 */
#ifndef BURSAR_LEDGER_ROLL_H
#define BURSAR_LEDGER_ROLL_H

#include "ledger/account.h"

/** The largest number it can keep: two thousand years of a million a second. */
#define ROLL_NUMBER_MAX ((UINT64_C(1) << 56) - 1)

struct roll_entry {
    sequence_t number : 56; /* 0: the entry is free */
    uint64_t shard : 8;     /* whose account it is */
    struct account *account;
};

/** A zeroed one is empty. */
struct roll {
    struct roll_entry *entries; /* owned; open addressing, linear probing, at most half full */
    uint64_t capacity;          /* a power of two, or 0 */
    uint64_t count;
};

/** The entry where a search for `number` begins; the roll is not empty. */
static inline struct roll_entry *roll_home(const struct roll *roll, sequence_t number)
{
    /* Numbers often follow one another: the golden ratio's multiples spread them evenly (Knuth, TAOCP 3,
     * 6.4). */
    unsigned shift = 64 - (unsigned)__builtin_ctzll(roll->capacity);
    return &roll->entries[number * UINT64_C(0x9E3779B97F4A7C15) >> shift];
}

/** The account that was opened with `number`; NULL: none was. */
const struct roll_entry *roll_find(const struct roll *roll, sequence_t number);

/** Makes room for `count` accounts in all, so that adding them moves nothing. */
void roll_reserve(struct roll *roll, uint64_t count);

/** Adds an account; `number` must not be there yet. */
void roll_add(struct roll *roll, sequence_t number, unsigned shard, struct account *account);

/** Releases all memory; the roll is empty afterwards. */
void roll_free(struct roll *roll);

#endif
