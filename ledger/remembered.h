/* remembered.h: the transfers that were made, by id: what makes a retry safe and what LOOKUP shows.
 *
 * Entries lie one after another in large chunks in the order in which they were made, and never move. There
 * are far more of them than accounts, so they are packed: a transfer of one leg between accounts of this
 * shard takes about 48 bytes and its id.
 *
 *     entry:  struct remembered_entry, id, legs, note; padded to 8 bytes
 *     leg:    amount length (1 to 16), amount (little endian), asset (2), from, to
 *     from, to:  0 and a pointer to the account (8), when it lives on this shard; else length (1 to 64) and
 * id
 */
#ifndef BURSAR_LEDGER_REMEMBERED_H
#define BURSAR_LEDGER_REMEMBERED_H

#include "ledger/account.h"
#include "ledger/asset.h"
#include "ledger/index.h"

/** How one transfer is kept. */
struct remembered_entry {
    struct stamp stamp; /* of its first leg */
    uint16_t size;      /* bytes in all, a multiple of 8 */
    uint16_t note_length;
    uint8_t leg_count;
    uint8_t id_length;
    uint8_t type; /* enum transfer_type */
    uint8_t spare;
    uint8_t bytes[];
};

struct remembered {
    const struct assets *assets; /* the shard's; borrowed */
    struct index index;          /* of references: an entry's chunk and place in it */
    char **chunks;
    uint32_t chunk_count;
    uint32_t chunk_used; /* bytes of the newest chunk */
    uint64_t count;
};

/** Starts empty; zeroed before. `assets` outlives it. */
void remembered_init(struct remembered *remembered, const struct assets *assets);

/** The transfer with this id; NULL when none is remembered. */
struct remembered_entry *remembered_find(const struct remembered *remembered, const char *id, size_t length,
                                         uint64_t hash);

/** Whether a request asks for exactly what the entry did: the same kind, legs, amounts (5.0 is 5.00) and
 * note. */
bool remembered_matches(const struct remembered *remembered, const struct remembered_entry *entry,
                        const struct transfer_message *message);

/** Adds a transfer that was committed: the asset of each leg is filled in, and all amounts fit theirs.
 * `parties` are the from and the to of each leg in turn where they are accounts of this shard, NULL where
 * they are not. */
struct remembered_entry *remembered_add(struct remembered *remembered, const struct transfer_message *message,
                                        const struct account *const *parties, struct stamp stamp);

/** Bytes that remembered_answer needs for the entry. */
size_t remembered_answer_size(const struct remembered_entry *entry);

/** Fills in an answer of that size, all but its head and `seen`. */
void remembered_answer(const struct remembered *remembered, const struct remembered_entry *entry,
                       struct lookup_answer *answer);

/** Prefetches what remembered_find reads first for `hash`. A new id is the rule, and for it that is all. */
void remembered_prefetch(const struct remembered *remembered, uint64_t hash);

/** Releases all memory. */
void remembered_free(struct remembered *remembered);

#endif
