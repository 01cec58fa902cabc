/* history_tail.c: entries of the journal, from the snapshot on. */
#include <assert.h>
#include <string.h>

#include "ledger/asset.h"
#include "proto/commands.h"
#include "server/history_state.h"
#include "server/render_values.h"

/* Room for newcomers above this size is given back after use: whoever loads millions of accounts does so
 * once. */
#define NEWCOMERS_KEPT 1048576

/** The newcomer with this number; NULL: the account was there before. */
static const struct newcomer *newcomer_find(const struct history *history, sequence_t number)
{
    const struct buffer *newcomers = &history->newcomers;
    const struct newcomer *rows =
        (const struct newcomer *)(const void *)(newcomers->bytes + newcomers->start);
    size_t low = 0;
    size_t high = buffer_length(newcomers) / sizeof *rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows[middle].number == number) {
            return &rows[middle];
        }
        if (rows[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

bool tail_name(struct history *history, sequence_t account, char *id, uint8_t *length,
               struct asset_tag *asset)
{
    if (account == 0) {
        *length = (uint8_t)entry_text(id, IDENT_MAX, (struct slice){WORLD_ID, sizeof WORLD_ID - 1});
        return true;
    }
    if (account <= history->snapshot.number) {
        return snapshot_name(history, (int64_t)account, id, length, asset);
    }
    const struct newcomer *newcomer = newcomer_find(history, account);
    assert(newcomer); /* who is opened behind the snapshot is met before what names it */
    *length = newcomer->id_length;
    *asset = newcomer->asset;
    memcpy(id, newcomer->id, newcomer->id_length);
    return true;
}

static void visit_open(struct history *history, struct search *searches, unsigned count,
                       const struct record *record)
{
    struct slice id = record_id(record);
    struct newcomer newcomer = {.number = record->stamp.number,
                                .asset = record_options(record)->asset,
                                .id_length = (uint8_t)id.length};
    memcpy(newcomer.id, id.text, id.length);
    buffer_append(&history->newcomers, &newcomer, sizeof newcomer);
    for (unsigned i = 0; i < count; i++) {
        struct search *search = &searches[i];
        if (search->wants_tail && !search->past && !search->found &&
            slices_equal(id, inquiry_text(search->question->inquiry))) {
            search->found = true;
            search->account = (int64_t)record->stamp.number;
            search->asset = record_options(record)->asset;
            search->opened = record->stamp;
        }
    }
}

static void visit_define(struct search *searches, unsigned count, const struct record *record)
{
    const struct asset_tag *asset = record_asset(record);
    for (unsigned i = 0; i < count; i++) {
        struct search *search = &searches[i];
        if (search->wants_tail && !search->found && search->world) {
            struct slice code = inquiry_text(search->question->inquiry);
            code.text += sizeof WORLD_ID; /* and the slash */
            code.length -= sizeof WORLD_ID;
            search->found = slices_equal(code, (struct slice){asset->code, asset->length});
            search->asset = *asset;
        }
    }
}

/** Whether a leg touches the account, and on which side. */
static bool leg_concerns(struct history *history, const struct search *search, const struct record_leg *leg,
                         bool *concerns, bool *debit)
{
    sequence_t account = search->world ? 0 : (sequence_t)search->account;
    *debit = leg->from == account;
    *concerns = leg->from == account || leg->to == account;
    if (!*concerns || !search->world) {
        return true;
    }
    char id[IDENT_MAX];
    uint8_t length;
    struct asset_tag asset;
    if (!tail_name(history, *debit ? leg->to : leg->from, id, &length, &asset)) {
        return false;
    }
    *concerns = asset_tag_equal(&asset, &search->asset);
    return true;
}

/** Writes down an entry: leg `i` of a transfer, on one side. */
static bool entry_fill(struct history *history, const struct search *search, const struct record *record,
                       unsigned i, bool debit, struct entry *entry)
{
    const struct record_leg *leg = &record_legs(record)[i];
    const char *kind = render_kind(record->type);
    entry->stamp = (struct stamp){record->stamp.number + i, record->stamp.time + i};
    entry->amount = leg->amount;
    entry->after = search->standing;
    entry->debit = debit;
    entry->kind_length =
        (uint8_t)entry_text(entry->kind, sizeof entry->kind, (struct slice){kind, strlen(kind)});
    entry->id_length = (uint8_t)entry_text(entry->id, sizeof entry->id, record_id(record));
    entry->note_length = (uint16_t)entry_text(entry->note, sizeof entry->note, record_note(record));
    sequence_t other = debit ? leg->to : leg->from;
    struct asset_tag asset;
    if (other != 0) {
        return tail_name(history, other, entry->other, &entry->other_length, &asset);
    }
    static const char world[] = WORLD_ID "/";
    asset = search->asset;
    memcpy(entry->other, world, sizeof world - 1);
    memcpy(entry->other + sizeof world - 1, asset.code, asset.length);
    entry->other_length = (uint8_t)(sizeof world - 1 + asset.length);
    return true;
}

/** Moves one search over one leg. */
static bool search_move(struct history *history, struct search *search, const struct record *record,
                        unsigned i)
{
    const struct record_leg *leg = &record_legs(record)[i];
    struct stamp stamp = {record->stamp.number + i, record->stamp.time + i};
    bool concerns = false;
    bool debit = false;
    if (!search->wants_tail || !search->found || search->past || range_ends_before(&search->range, stamp)) {
        return true;
    }
    if (!leg_concerns(history, search, leg, &concerns, &debit)) {
        return false;
    }
    if (!concerns) {
        return true;
    }
    standing_move(&search->standing, leg->amount, debit, true);
    bool full = !search->question->inquiry->reverse &&
                search->old.pushed + search->young.pushed >= search->young.capacity;
    if (full || range_begins_after(&search->range, stamp)) {
        return true;
    }
    return entry_fill(history, search, record, i, debit, entries_push(&search->young));
}

static bool visit_transfer(struct history *history, struct search *searches, unsigned count,
                           const struct record *record)
{
    for (unsigned i = 0; i < record->leg_count; i++) {
        for (unsigned k = 0; k < count; k++) {
            if (!search_move(history, &searches[k], record, i)) {
                return false;
            }
        }
    }
    return true;
}

/** Moves the LOOKUPs. */
static bool visit_id(struct history *history, struct search *searches, unsigned count,
                     const struct record *record)
{
    bool good = true;
    for (unsigned i = 0; good && i < count; i++) {
        good = !searches[i].past || !searches[i].wants_tail || lookup_move(history, &searches[i], record);
    }
    return good;
}

static bool visit_record(struct history *history, struct search *searches, unsigned count,
                         const struct record *record)
{
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: visit_open(history, searches, count, record); return true;
    case RECORD_DEFINE: visit_define(searches, count, record); return true;
    case RECORD_TRANSFER:
        return visit_id(history, searches, count, record) &&
               (!transfer_moves(record->type) || visit_transfer(history, searches, count, record));
    case RECORD_CHANGE: break;
    }
    return true;
}

/** Visits all records that were read. */
static bool records_visit(struct history *history, struct search *searches, unsigned count)
{
    struct buffer *records = &history->records;
    bool good = true;
    while (good && buffer_length(records) > 0) {
        const struct record *record = (const struct record *)(const void *)(records->bytes + records->start);
        good = visit_record(history, searches, count, record);
        buffer_consume(records, record->size);
    }
    buffer_consume(records, buffer_length(records));
    return good;
}

bool tail_search(struct history *history, struct search *searches, unsigned count, sequence_t durable)
{
    struct journal_reader *place = &history->reader;
    sequence_t after = history->snapshot.number;
    if (!place->path && !journal_reader_open(place, history->dir, history->ledger, after, history->error)) {
        return false;
    }
    journal_reader_seek(place, after);
    /* Another reader goes to the end; this one waits where the next reading will begin. */
    struct journal_reader reader;
    if (!journal_reader_copy(&reader, place, history->error)) {
        return false;
    }
    buffer_consume(&history->newcomers, buffer_length(&history->newcomers));
    enum journal_read read;
    bool good;
    do {
        read = journal_read_next(&reader, durable, &history->records, history->error);
        good = read != JOURNAL_DAMAGED && records_visit(history, searches, count);
    } while (good && read == JOURNAL_BATCH);
    journal_reader_close(&reader);
    if (history->newcomers.capacity > NEWCOMERS_KEPT) {
        buffer_free(&history->newcomers);
    }
    if (!good) {
        journal_reader_close(place); /* its segment may have been given up */
    }
    return good;
}
