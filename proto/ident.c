/* ident.c: on the path of every command, twice per transfer and more: the alphabet is one table, the hash is
 * inlined.
 */
#include "proto/ident.h"

#include <assert.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* The alphabets, as bits of a byte's entry in the table. */
#define IN_IDENT      1
#define IN_ASSET_CODE 2

#define I IN_IDENT
#define B (IN_IDENT | IN_ASSET_CODE)

/* By byte; those from 0x80 up are in neither. */
static const uint8_t alphabet[256] = {
    /* clang-format off */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, B, B, I, /*  !"#$%&'()*+,-./ */
    B, B, B, B, B, B, B, B, B, B, I, 0, 0, 0, 0, 0, /* 0123456789:;<=>? */
    I, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* @ABCDEFGHIJKLMNO */
    B, B, B, B, B, B, B, B, B, B, B, 0, 0, 0, 0, B, /* PQRSTUVWXYZ[\]^_ */
    0, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* `abcdefghijklmno */
    B, B, B, B, B, B, B, B, B, B, B, I, 0, I, 0, 0, /* pqrstuvwxyz{|}~  */
    /* clang-format on */
};

#undef I
#undef B

/* Whether all of `text` is in the alphabet `set`. */
static bool alphabet_has(const char *text, size_t length, unsigned set)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned common = set;
    for (; length >= 4; length -= 4, at += 4) /* gcc leaves the loop as it is written */
        common &= alphabet[at[0]] & alphabet[at[1]] & alphabet[at[2]] & alphabet[at[3]];
    for (; length > 0; length--, at++)
        common &= alphabet[*at];
    return common != 0;
}

bool ident_valid(const char *text, size_t length)
{
    return length >= 1 && length <= IDENT_MAX && alphabet_has(text, length, IN_IDENT);
}

bool ident_asset_code_valid(const char *text, size_t length)
{
    return length >= 1 && length <= ASSET_CODE_MAX && alphabet_has(text, length, IN_ASSET_CODE);
}

uint64_t ident_hash(const char *text, size_t length, uint64_t seed)
{
    return XXH3_64bits_withSeed(text, length, seed);
}

unsigned ident_shard(const char *text, size_t length, uint64_t hash, uint64_t seed, unsigned shards)
{
    assert(shards >= 1 && shards <= IDENT_SHARDS_MAX);
    const char *open = memchr(text, '{', length);
    if (open != NULL) {
        const char *tag = open + 1;
        const char *close = memchr(tag, '}', length - (size_t)(tag - text));
        if (close != NULL && close != tag)
            hash = ident_hash(tag, (size_t)(close - tag), seed);
    }
    /* Bits 32 to 53: tables are indexed by those below and above, and would fill unevenly if all ids of a
     * shard agreed in theirs. */
    uint64_t bits = hash >> 32 & 0x3fffff;
    return (unsigned)(bits * shards >> 22);
}
