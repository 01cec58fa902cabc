/* record.h: commit records, the shards' account of what happened: all that a log need keep.
 *
 * One record is one transaction, written by the shard that decided it; its atomicity is the atomicity of the
 * record. Records name accounts by number (the sequence number of their opening), so a transfer of one leg
 * with a 36-byte id is 112 bytes here. Like a message, a record is flat and a multiple of MESSAGE_ALIGN long;
 * it has its real numbers after shard_seal.
 */
#ifndef BURSAR_LEDGER_RECORD_H
#define BURSAR_LEDGER_RECORD_H

#include "ledger/message.h"
#include "proto/buffer.h"
#include "proto/resp.h"

enum record_kind { RECORD_OPEN = 1, RECORD_DEFINE, RECORD_TRANSFER };

struct record {
    uint32_t size;      /* bytes in all */
    uint8_t kind;       /* enum record_kind */
    uint8_t type;       /* RECORD_TRANSFER: enum transfer_type */
    uint16_t leg_count; /* numbers and times it takes, one a leg; 1 when it is no transfer */
    uint32_t spare;
    uint16_t id_length; /* of the account or transfer; its text ends the record, then the note's */
    uint16_t note_length;
    struct stamp stamp; /* of the first leg; those that follow have the next numbers and times */
};

/** After the struct record of a RECORD_TRANSFER, one for each leg. */
struct record_leg {
    amount_t amount; /* the asset's smallest units */
    sequence_t from; /* the account's number; 0: the @world of the other's asset */
    sequence_t to;
};

/** After the struct record of a RECORD_OPEN. */
struct record_options {
    amount_t overdraft;
    amount_t ceiling;
    struct asset_tag asset;
    bool unlimited;
    bool has_ceiling;
    uint8_t spare[14];
};

/** After the struct record of a RECORD_DEFINE: a struct asset_tag. */

/** Appends the record of a transfer whose accounts' numbers and assets are all filled in. */
void record_transfer(struct buffer *records, const struct transfer_message *message, struct stamp stamp);

/** Appends a transfer's record with its legs still zero, for whoever fills them in from elsewhere: returns
 * them. They may be written until the next append. */
struct record_leg *record_transfer_begin(struct buffer *records, uint8_t type, uint16_t leg_count,
                                         struct slice id, struct slice note, struct stamp stamp);

/** Appends the record of an opening. */
void record_open(struct buffer *records, const char *id, size_t length, const struct record_options *options,
                 struct stamp stamp);

/** Appends the record of a definition. */
void record_define(struct buffer *records, const struct asset_tag *asset, struct stamp stamp);

/** Makes the provisional numbers of a record real: `first` is the stamp of its batch's first number. */
void record_seal(struct record *record, struct stamp first);

#endif
