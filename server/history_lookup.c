/* history_lookup.c: what has a certain id. Where it is, the runs tell, by the hash of the id; for what is too
 * new to be in a run, a list of the same pairs is made, once, and kept for the next question. Reversals are
 * listed by the id of what they reverse too.
 */
#include <string.h>

#include "ledger/asset.h"
#include "server/history_state.h"
#include "server/render_values.h"

#define NS_PER_SECOND UINT64_C(1000000000)

static const char *const states[] = {
    [PAST_POSTED] = "posted",     [PAST_REVERSED] = "reversed", [PAST_HELD] = "held",
    [PAST_CAPTURED] = "captured", [PAST_VOIDED] = "voided",     [PAST_EXPIRED] = "expired",
    [PAST_DONE] = "done"};

/** Brings the list of recent ids up to the snapshot. */
static bool recent_refresh(struct history *history)
{
    struct recent *recent = &history->recent;
    sqlite3_stmt *rows = history->statements[HISTORY_RECENT];
    sequence_t first = 1;
    if (snapshot_row(history, HISTORY_RUNS_LAST) == SQLITE_ROW) {
        first = (sequence_t)sqlite3_column_int64(history->statements[HISTORY_RUNS_LAST], 0) + 1;
        snapshot_row_end(history, HISTORY_RUNS_LAST);
    }
    if (recent->first != first || recent->next > history->snapshot.number + 1) {
        for (unsigned part = 0; part < RUN_PARTS; part++) {
            buffer_consume(&recent->parts[part], buffer_length(&recent->parts[part]));
        }
        recent->first = recent->next = first;
    }
    if (recent->next > history->snapshot.number) {
        return true;
    }
    sqlite3_bind_int64(rows, 1, (int64_t)recent->next);
    int result = snapshot_row(history, HISTORY_RECENT);
    for (; result == SQLITE_ROW; result = sqlite3_step(rows)) {
        struct slice id = snapshot_text(rows, 1);
        const struct archive_pair pair = {ident_hash(id.text, id.length, 0),
                                          (sequence_t)sqlite3_column_int64(rows, 0)};
        buffer_append(&recent->parts[pair.hash >> 56], &pair, sizeof pair);
    }
    snapshot_row_end(history, HISTORY_RECENT);
    recent->next = result == SQLITE_DONE ? history->snapshot.number + 1 : 0; /* 0: it is made again */
    return result == SQLITE_DONE ||
           snapshot_damaged(history, "ids can't be read behind number", (int64_t)first);
}

static bool type_of(struct history *history, struct slice kind, sequence_t number, uint8_t *type)
{
    for (*type = TRANSFER_TRANSFER; *type <= TRANSFER_EXPIRE; (*type)++) {
        const char *name = render_kind(*type);
        if (slices_equal(kind, (struct slice){name, strlen(name)})) {
            return true;
        }
    }
    return snapshot_damaged(history, "an unknown kind has number", (int64_t)number);
}

/** Fills in what the rows of transfers and of events begin with alike: id, kind, time, note. */
static bool past_begin(struct history *history, sqlite3_stmt *row, sequence_t number, struct past *past)
{
    past->stamp = (struct stamp){number, (uint64_t)sqlite3_column_int64(row, 2)};
    past->leg_count = 0;
    past->note_length = (uint16_t)entry_text(past->note, sizeof past->note, snapshot_text(row, 3));
    return type_of(history, snapshot_text(row, 1), number, &past->type);
}

/** Adds a leg from the columns of a row: two ids, an amount, code and scale of the asset. */
static bool past_leg(struct history *history, sqlite3_stmt *row, int column, struct past *past)
{
    struct past_leg *leg = &past->legs[past->leg_count++];
    leg->from_length = (uint8_t)entry_text(leg->from, sizeof leg->from, snapshot_text(row, column));
    leg->to_length = (uint8_t)entry_text(leg->to, sizeof leg->to, snapshot_text(row, column + 1));
    leg->asset = asset_tag_of(snapshot_text(row, column + 3), (unsigned)sqlite3_column_int(row, column + 4));
    return snapshot_amount(history, row, column + 2, &leg->amount);
}

/** Reads the legs of a transfer: rows up to the next first leg. */
static bool legs_read(struct history *history, struct past *past)
{
    sqlite3_stmt *row = history->statements[HISTORY_LEGS];
    sqlite3_bind_int64(row, 1, (int64_t)past->stamp.number);
    int result = snapshot_row(history, HISTORY_LEGS);
    bool good = result == SQLITE_ROW;
    while (good && result == SQLITE_ROW && past->leg_count < LEGS_MAX &&
           sqlite3_column_int(row, 5) == past->leg_count) {
        good = past_leg(history, row, 0, past);
        result = sqlite3_step(row);
    }
    snapshot_row_end(history, HISTORY_LEGS);
    return good;
}

static bool hold_read(struct history *history, struct past *past)
{
    sqlite3_stmt *row = history->statements[HISTORY_HOLD];
    sqlite3_bind_int64(row, 1, (int64_t)past->stamp.number);
    if (snapshot_row(history, HISTORY_HOLD) != SQLITE_ROW) {
        return snapshot_damaged(history, "there is no hold", (int64_t)past->stamp.number);
    }
    struct slice name = snapshot_text(row, 0);
    past->state = PAST_HELD;
    while (past->state < PAST_EXPIRED &&
           !slices_equal(name, (struct slice){states[past->state], strlen(states[past->state])})) {
        past->state++;
    }
    past->deadline = (uint64_t)sqlite3_column_int64(row, 2);
    bool good = snapshot_amount(history, row, 1, &past->remaining);
    snapshot_row_end(history, HISTORY_HOLD);
    return good;
}

/** Looks whether transfer `number` has the id, or reverses what has it. */
static bool transfer_try(struct history *history, struct search *search, sequence_t number, bool *there)
{
    struct slice id = inquiry_text(search->question->inquiry);
    struct past *past = search->past;
    sqlite3_stmt *row = history->statements[HISTORY_TRANSFER];
    sqlite3_bind_int64(row, 1, (int64_t)number);
    int result = snapshot_row(history, HISTORY_TRANSFER);
    *there = result == SQLITE_ROW;
    if (!*there) {
        return result == SQLITE_DONE;
    }
    bool good = true;
    uint8_t type = TRANSFER_TRANSFER;
    if (slices_equal(snapshot_text(row, 0), id)) {
        good = past_begin(history, row, number, past) && legs_read(history, past);
        search->found = good;
    } else if (slices_equal(snapshot_text(row, 4), id)) {
        good = type_of(history, snapshot_text(row, 1), number, &type);
        past->state = type == TRANSFER_REVERSE ? PAST_REVERSED : past->state;
    }
    snapshot_row_end(history, HISTORY_TRANSFER);
    return good;
}

/** Looks whether event `number`, a HOLD, EXTEND or VOID, has the id. */
static bool event_try(struct history *history, struct search *search, sequence_t number)
{
    struct past *past = search->past;
    sqlite3_stmt *row = history->statements[HISTORY_EVENT];
    sqlite3_bind_int64(row, 1, (int64_t)number);
    int result = snapshot_row(history, HISTORY_EVENT);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE;
    }
    bool good = true;
    if (slices_equal(snapshot_text(row, 0), inquiry_text(search->question->inquiry))) {
        good = past_begin(history, row, number, past) && past_leg(history, row, 4, past);
        past->state = PAST_DONE;
        search->found = good;
    }
    snapshot_row_end(history, HISTORY_EVENT);
    return good && (!search->found || past->type != TRANSFER_HOLD || hold_read(history, past));
}

/** Tries the numbers that ids of this hash have, newest first, until the id is found. */
static bool pairs_try(struct history *history, struct search *search, uint64_t hash,
                      const struct archive_pair *pairs, size_t count)
{
    for (size_t i = count; i-- > 0 && !search->found && pairs[i].hash == hash;) {
        bool there = false;
        bool late = pairs[i].number > search->question->inquiry->seen;
        if (!late && (!transfer_try(history, search, pairs[i].number, &there) ||
                      (!there && !event_try(history, search, pairs[i].number)))) {
            return false;
        }
    }
    return true;
}

/** Looks in the list of recent ids, which is in the order of numbers. */
static bool recent_search(struct history *history, struct search *search, uint64_t hash)
{
    const struct buffer *list = &history->recent.parts[hash >> 56];
    const struct archive_pair *pairs = (const struct archive_pair *)(const void *)(list->bytes + list->start);
    bool good = true;
    for (size_t i = buffer_length(list) / sizeof *pairs; good && i-- > 0 && !search->found;) {
        good = pairs[i].hash != hash || pairs_try(history, search, hash, &pairs[i], 1);
    }
    return good;
}

/** Looks in one run: pairs in the order of hashes, and then of numbers. */
static bool run_search(struct history *history, struct search *search, uint64_t hash,
                       const struct archive_pair *pairs, size_t count)
{
    size_t low = 0;
    size_t high = count; /* behind the last one of this hash */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pairs[middle].hash <= hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return pairs_try(history, search, hash, pairs, low);
}

bool lookup_search(struct history *history, struct search *search)
{
    struct slice id = inquiry_text(search->question->inquiry);
    uint64_t hash = ident_hash(id.text, id.length, 0);
    sqlite3_stmt *runs = history->statements[HISTORY_RUNS];
    search->past->state = PAST_POSTED;
    search->wants_tail = search->question->inquiry->seen > history->snapshot.number;
    if (!recent_refresh(history) || !recent_search(history, search, hash)) {
        return false;
    }
    sqlite3_bind_int64(runs, 1, (int64_t)(hash >> 56));
    bool good = true;
    for (int result = snapshot_row(history, HISTORY_RUNS); good && result == SQLITE_ROW && !search->found;
         result = sqlite3_step(runs)) {
        const struct archive_pair *pairs = sqlite3_column_blob(runs, 0);
        good =
            run_search(history, search, hash, pairs, (size_t)sqlite3_column_bytes(runs, 0) / sizeof *pairs);
    }
    snapshot_row_end(history, HISTORY_RUNS);
    return good;
}

/** When what a HOLD or an EXTEND gives life to expires; 0: never. */
static uint64_t deadline_of(const struct record *record)
{
    uint64_t ttl = record_terms(record).ttl;
    return ttl > 0 ? record->stamp.time + ttl * 1000000000 : 0;
}

/** Makes a record what was found. */
static bool past_take(struct history *history, struct past *past, const struct record *record)
{
    bool good = true;
    past->stamp = record->stamp;
    past->type = record->type;
    past->leg_count = record->leg_count;
    past->note_length = (uint16_t)entry_text(past->note, sizeof past->note, record_note(record));
    past->state = transfer_moves(record->type) ? PAST_POSTED : PAST_DONE;
    for (unsigned i = 0; good && i < record->leg_count; i++) {
        const struct record_leg *from = &record_legs(record)[i];
        struct past_leg *leg = &past->legs[i];
        leg->amount = from->amount;
        good = tail_name(history, from->from, leg->from, &leg->from_length, &leg->asset) &&
               tail_name(history, from->to, leg->to, &leg->to_length, &leg->asset);
    }
    if (record->type == TRANSFER_HOLD) {
        past->state = PAST_HELD;
        past->remaining = record_legs(record)->amount;
        past->deadline = deadline_of(record);
    }
    return good;
}

/** What a record makes of what was found, and is its reference. */
static void past_change(struct past *past, const struct record *record)
{
    struct record_terms terms = record_terms(record);
    switch ((enum transfer_type)record->type) {
    case TRANSFER_REVERSE: past->state = PAST_REVERSED; break;
    case TRANSFER_CAPTURE:
        past->remaining -= record_legs(record)->amount + terms.released;
        past->state = past->remaining == 0 ? PAST_CAPTURED : PAST_HELD;
        break;
    case TRANSFER_EXTEND: past->deadline = deadline_of(record); break;
    case TRANSFER_VOID:
    case TRANSFER_EXPIRE:
        past->remaining = 0;
        past->state = record->type == TRANSFER_VOID ? PAST_VOIDED : PAST_EXPIRED;
        break;
    default: break;
    }
}

bool lookup_move(struct history *history, struct search *search, const struct record *record)
{
    struct slice id = inquiry_text(search->question->inquiry);
    struct past *past = search->past;
    bool good = true;
    if (record->stamp.number > search->question->inquiry->seen) {
        return true;
    }
    if (search->found && slices_equal(record_reference(record), id)) {
        past_change(past, record);
    }
    if (slices_equal(record_id(record), id)) {
        search->found = true;
        good = past_take(history, past, record);
    }
    return good;
}

/** Appends text to a message and returns its offset there. */
static uint32_t text_append(struct buffer *message, const char *text, size_t length)
{
    uint32_t offset = (uint32_t)buffer_length(message);
    buffer_append(message, text, length);
    return offset;
}

void lookup_reply(struct search *search)
{
    struct past *past = search->past;
    struct buffer message = {0};
    if (!search->found) {
        reply_nil(&search->reply);
        return;
    }
    struct lookup_answer answer = {.stamp = past->stamp,
                                   .note_length = past->note_length,
                                   .leg_count = past->leg_count,
                                   .type = past->type,
                                   .reversed = past->state == PAST_REVERSED,
                                   .found = true};
    if (past->type == TRANSFER_HOLD) {
        answer.state = (uint8_t)(HOLD_OPEN + (past->state - PAST_HELD));
        answer.remaining = past->remaining;
        answer.ttl = past->deadline > 0; /* counted so that it ends then */
        answer.dated.time = past->deadline - NS_PER_SECOND;
    }
    struct lookup_leg legs[LEGS_MAX] = {0};
    buffer_append(&message, &answer, sizeof answer);
    buffer_append(&message, legs, past->leg_count * sizeof *legs);
    for (unsigned i = 0; i < past->leg_count; i++) {
        const struct past_leg *leg = &past->legs[i];
        legs[i] = (struct lookup_leg){.amount = leg->amount,
                                      .asset = leg->asset,
                                      .from = text_append(&message, leg->from, leg->from_length),
                                      .to = text_append(&message, leg->to, leg->to_length),
                                      .from_length = leg->from_length,
                                      .to_length = leg->to_length};
    }
    answer.note = text_append(&message, past->note, past->note_length);
    memcpy(message.bytes, &answer, sizeof answer);
    memcpy(message.bytes + sizeof answer, legs, past->leg_count * sizeof *legs);
    render_lookup(&search->reply, (const struct lookup_answer *)(const void *)message.bytes,
                  inquiry_text(search->question->inquiry));
    buffer_free(&message);
}
