/* remembered.h: the transfers that were made, by id: what makes a retry safe and what LOOKUP shows.
 *
 * An entry is the transfer's contents and where the log has it. Entries lie one after another in large chunks
 * in the order in which they were made, and never move.
 */
#ifndef BURSAR_LEDGER_REMEMBERED_H
#define BURSAR_LEDGER_REMEMBERED_H

#include "ledger/index.h"
#include "ledger/message.h"

/** One leg as it was made; its names follow in the entry's text. */
struct remembered_leg {
    amount_t amount; /* the asset's smallest units */
    struct asset_tag asset;
    uint8_t from_length;
    uint8_t to_length;
    uint8_t spare[14];
};

/** One transfer. After the legs: the id, each leg's from and to, the note, not separated. */
struct remembered_entry {
    struct stamp stamp; /* of its first leg */
    uint32_t size;      /* bytes in all, a multiple of MESSAGE_ALIGN */
    uint16_t leg_count;
    uint16_t note_length;
    uint8_t id_length;
    uint8_t type; /* enum transfer_type */
    uint8_t spare[6];
    struct remembered_leg legs[];
};

/** A zeroed struct remembered is empty. */
struct remembered {
    struct index index; /* of references: an entry's chunk and place in it */
    char **chunks;
    uint32_t chunk_count;
    uint32_t chunk_used; /* bytes of the newest chunk */
    uint64_t count;
};

/** The transfer with this id; NULL when none is remembered. */
struct remembered_entry *remembered_find(const struct remembered *remembered, const char *id, size_t length,
                                         uint64_t hash);

/** Whether a request asks for exactly what the entry did: the same kind, legs, amounts (5.0 is 5.00) and
 * note. */
bool remembered_matches(const struct remembered_entry *entry, const struct transfer_message *message);

/** Adds a transfer that was committed: the asset of each leg is filled in, and all amounts fit theirs. */
struct remembered_entry *remembered_add(struct remembered *remembered, const struct transfer_message *message,
                                        struct stamp stamp);

/** Bytes that remembered_answer needs for the entry. */
size_t remembered_answer_size(const struct remembered_entry *entry);

/** Fills in an answer of that size, all but its head and `seen`. */
void remembered_answer(const struct remembered_entry *entry, struct lookup_answer *answer);

/** Prefetches, in two stages, what remembered_find reads for `hash`. */
void remembered_prefetch(const struct remembered *remembered, uint64_t hash, int stage);

/** Releases all memory. */
void remembered_free(struct remembered *remembered);

#endif
