/* remembered.h: the transfers that were made, by id: what makes a retry safe and what LOOKUP shows.
 *
 * Entries lie one after another in large chunks in the order in which they were made, and never move; the
 * oldest are forgotten first, a few at a time. There are far more of them than accounts, so they are packed:
 * a transfer of one leg between accounts of this shard takes about 44 bytes and its id. Holds are not here
 * but in hold.h.
 *
 *   - entry: struct remembered_entry, id, legs, note, [terms (8), reference]; padded to 8 bytes
 *   - leg: amount length (1 to 16), amount (little endian), asset (2), from, to
 *   - from, to: 0 and the lower bytes of a pointer to the account (6), when it lives on this shard; else
 *     length (1 to 64), id
 */
#ifndef BURSAR_LEDGER_REMEMBERED_H
#define BURSAR_LEDGER_REMEMBERED_H

#include "ledger/account.h"
#include "ledger/asset.h"
#include "ledger/index.h"

/* Flags of an entry. */
#define REMEMBERED_REVERSED  1
#define REMEMBERED_HAS_TERMS 2 /* terms and a reference end it */

/** How one transfer is kept. */
struct remembered_entry {
    struct stamp stamp; /* of its first leg */
    uint16_t size;      /* bytes in all, a multiple of 8 */
    uint16_t note_length;
    uint8_t leg_count;
    uint8_t id_length;
    uint8_t type;  /* enum transfer_type */
    uint8_t flags; /* REMEMBERED_REVERSED, ... */
    uint8_t bytes[];
};

/** One side of a leg that is to be remembered, or is: an account of this shard, or else its id. */
struct remembered_party {
    const struct account *account;
    struct slice id; /* set by remembered_leg too where it is an account's */
};

/** One leg that is to be remembered, or is. */
struct remembered_leg {
    amount_t amount; /* smallest units */
    uint16_t asset;  /* its place in the asset table */
    struct remembered_party from;
    struct remembered_party to;
};

/** All of a transfer but its legs. */
struct remembered_parts {
    struct slice id;
    struct slice note;
    struct slice reference;
    uint64_t hash; /* of its id */
    uint64_t terms;
    struct stamp stamp;
    uint8_t type; /* enum transfer_type */
    uint8_t leg_count;
};

/** The most chunks that may be in use at once: 32 GiB of entries. */
#define REMEMBERED_CHUNKS_MAX 16384

struct remembered {
    const struct assets *assets;          /* the shard's; borrowed */
    uint64_t seed;                        /* of the ids' hash */
    struct index index;                   /* of references: an entry's chunk and place in it */
    char *chunks[REMEMBERED_CHUNKS_MAX];  /* a ring */
    uint32_t used[REMEMBERED_CHUNKS_MAX]; /* bytes of each */
    char *spare;                          /* the last chunk that was given up, for the next; NULL: none */
    uint32_t oldest;                      /* chunk with the oldest entry */
    uint32_t oldest_at;                   /* and its place there, in bytes */
    uint64_t oldest_hash;                 /* of its id, while there is one */
    uint32_t chunk_count;                 /* in use, from the oldest on */
    uint32_t chunk_max;                   /* at most so many: more, and the oldest are forgotten early */
    uint64_t count;
    uint64_t early; /* entries that were forgotten early */
};

/** Starts empty; zeroed before. `assets` outlives it. `memory`: bytes of entries, at most, roughly; 0: as
 * many as there can be. */
void remembered_init(struct remembered *remembered, const struct assets *assets, uint64_t seed,
                     uint64_t memory);

/** The transfer with this id, the newest if it was used again after it had been forgotten by another run of
 * the server; NULL when none is remembered. */
struct remembered_entry *remembered_find(const struct remembered *remembered, const char *id, size_t length,
                                         uint64_t hash);

/** Whether a command of a transaction asks for exactly what the entry did: the same kind, legs, amounts (5.0
 * is 5.00), note, reference and terms. */
bool remembered_matches(const struct remembered *remembered, const struct remembered_entry *entry,
                        const struct transfer_message *message, const struct operation *operation);

/** Adds a transfer that was committed. Forgets old ones where memory is short. */
struct remembered_entry *remembered_add(struct remembered *remembered, const struct remembered_parts *parts,
                                        const struct remembered_leg *legs);

/** Unpacks the legs of an entry to `legs`, which has room for LEGS_MAX. */
void remembered_legs(const struct remembered_entry *entry, struct remembered_leg *legs);

/** Its id and its note. They live as long as it. */
struct slice remembered_id(const struct remembered_entry *entry);
struct slice remembered_note(const struct remembered_entry *entry);

/** Forgets the oldest entries that were made before `time`, at most `count`. */
void remembered_forget(struct remembered *remembered, uint64_t time, unsigned count);

/** Prefetches what remembered_find reads first for `hash`. A new id is the rule, and for it that is all. */
void remembered_prefetch(const struct remembered *remembered, uint64_t hash);

/** Releases all memory. */
void remembered_free(struct remembered *remembered);

#endif
