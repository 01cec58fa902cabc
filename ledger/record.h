/* record.h: commit records, the shards' account of what happened: all that a log need keep.
 *
 * One command that changed something is one record, and a transaction of several commands (EXEC) is a run of
 * records of which all but the last have RECORD_CONTINUES: they happened together, and whoever keeps them
 * keeps them together. Records are written by the shard that decided. They name accounts by number (the
 * sequence number of their opening), so a transfer of one leg with a 36-byte id is 112 bytes here. Like a
 * message, a record is flat and a multiple of MESSAGE_ALIGN long; it has its real numbers after shard_seal.
 *
 *     opening:     struct record, struct record_options, id
 *     definition:  struct record, struct asset_tag
 *     change:      struct record, struct record_change
 *     transfer:    struct record, legs, [struct record_terms], id, note, reference
 */
#ifndef BURSAR_LEDGER_RECORD_H
#define BURSAR_LEDGER_RECORD_H

#include "ledger/message.h"
#include "proto/buffer.h"
#include "proto/resp.h"

enum record_kind {
    RECORD_OPEN = 1,
    RECORD_DEFINE,
    RECORD_TRANSFER, /* what has legs: money moved, held or released; enum transfer_type says which */
    RECORD_CHANGE    /* of an account's limits or state; enum change_type says which */
};

/* Flags of a record. */
#define RECORD_KEEP      1 /* CAPTURE: the rest stays held */
#define RECORD_CONTINUES 2 /* the next record belongs to the same transaction */
#define RECORD_HAS_TERMS 4 /* a struct record_terms follows the legs */

struct record {
    uint32_t size;      /* bytes in all */
    uint8_t kind;       /* enum record_kind */
    uint8_t type;       /* RECORD_TRANSFER: enum transfer_type; RECORD_CHANGE: enum change_type; else 0 */
    uint16_t leg_count; /* numbers and times it takes, one a leg; 1 when it is no transfer */
    uint8_t flags;      /* RECORD_KEEP, ... */
    uint8_t reference_length; /* of the id of the hold or transfer that it is about; 0: about none */
    uint16_t id_length;       /* of the account or transfer; 0: an expiry, a change */
    uint16_t note_length;
    uint16_t spare;
    struct stamp stamp; /* of the first leg; those that follow have the next numbers and times */
};

/** One leg of a transfer. Of a hold, what it holds; of a void or an expiry, what it releases; of an
 * extension, the hold's accounts and 0. */
struct record_leg {
    amount_t amount; /* the asset's smallest units */
    sequence_t from; /* the account's number; 0: the @world of the other's asset */
    sequence_t to;
};

/** What only few transfers have. */
struct record_terms {
    amount_t released; /* CAPTURE: what it releases beyond its amount */
    uint64_t ttl;      /* HOLD, EXTEND: seconds to live, from its own time; 0: for ever */
    uint64_t terms;    /* hash of what else was asked for, so that a retry can be told from another request */
};

struct record_options {
    amount_t overdraft;
    amount_t ceiling;
    struct asset_tag asset;
    bool unlimited;
    bool has_ceiling;
    uint8_t spare[14];
};

/** A change: of the limits, to these; of the state, as its type says, and then the limits are zero. */
struct record_change {
    amount_t overdraft;
    amount_t ceiling;
    sequence_t account; /* its number */
    bool unlimited;
    bool has_ceiling;
    uint8_t spare[6];
};

/** All of a transfer's record but its legs. */
struct record_parts {
    struct slice id;
    struct slice note;
    struct slice reference;
    struct record_terms terms; /* all zero: it has none */
    uint16_t leg_count;
    uint8_t type;  /* enum transfer_type */
    uint8_t flags; /* RECORD_KEEP, RECORD_CONTINUES */
};

/** The parts of a record of each kind; they live as long as it. */
static inline const struct record_leg *record_legs(const struct record *record)
{
    return (const struct record_leg *)(const void *)(record + 1);
}

static inline struct record_terms record_terms(const struct record *record)
{
    if ((record->flags & RECORD_HAS_TERMS) == 0)
        return (struct record_terms){0};
    return *(const struct record_terms *)(const void *)(record_legs(record) + record->leg_count);
}

static inline struct slice record_id(const struct record *record)
{
    const char *text = (const char *)(record + 1);
    if (record->kind == RECORD_OPEN)
        text += sizeof(struct record_options);
    else if (record->kind == RECORD_TRANSFER)
        text += record->leg_count * sizeof(struct record_leg) +
                ((record->flags & RECORD_HAS_TERMS) != 0 ? sizeof(struct record_terms) : 0);
    return (struct slice){text, record->id_length};
}

static inline struct slice record_note(const struct record *record)
{
    struct slice id = record_id(record);
    return (struct slice){id.text + id.length, record->note_length};
}

static inline struct slice record_reference(const struct record *record)
{
    struct slice note = record_note(record);
    return (struct slice){note.text + note.length, record->reference_length};
}

static inline const struct record_options *record_options(const struct record *record)
{
    return (const struct record_options *)(const void *)(record + 1);
}

static inline const struct asset_tag *record_asset(const struct record *record)
{
    return (const struct asset_tag *)(const void *)(record + 1);
}

static inline const struct record_change *record_change(const struct record *record)
{
    return (const struct record_change *)(const void *)(record + 1);
}

/** Appends the record of a transfer with its legs still zero: returns them, to be filled in before the next
 * append. */
struct record_leg *record_transfer(struct buffer *records, const struct record_parts *parts,
                                   struct stamp stamp);

/** Appends the record of an opening. */
void record_open(struct buffer *records, const char *id, size_t length, const struct record_options *options,
                 struct stamp stamp);

/** Appends the record of a definition. */
void record_define(struct buffer *records, const struct asset_tag *asset, struct stamp stamp);

/** Appends the record of a change. */
void record_changed(struct buffer *records, enum change_type type, const struct record_change *change,
                    struct stamp stamp);

/** Makes the provisional numbers of a record real: `first` is the stamp of its batch's first number. */
void record_seal(struct record *record, struct stamp first);

#endif
