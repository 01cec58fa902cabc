/* history_reply.c: what was found, as replies. */
#include <string.h>

#include "proto/commands.h"
#include "server/history_state.h"
#include "server/moment.h"

static void reply_standing(struct reply *reply, const struct standing *standing, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, total_difference_format(standing->plus, standing->minus, scale, text));
}

static void reply_entry(struct reply *reply, const struct entry *entry, unsigned scale)
{
    char time[MOMENT_TEXT_MAX];
    struct standing amount = {0};
    standing_move(&amount, entry->amount, entry->debit, true);
    reply_map(reply, 8);
    reply_text(reply, "seq");
    reply_integer(reply, (int64_t)entry->stamp.number);
    reply_text(reply, "time");
    reply_bulk(reply, time, moment_format(entry->stamp.time, time));
    reply_text(reply, "id");
    reply_bulk(reply, entry->id, entry->id_length);
    reply_text(reply, "kind");
    reply_bulk(reply, entry->kind, entry->kind_length);
    reply_text(reply, "account");
    reply_bulk(reply, entry->other, entry->other_length);
    reply_text(reply, "amount");
    reply_standing(reply, &amount, scale);
    reply_text(reply, "balance");
    reply_standing(reply, &entry->after, scale);
    reply_text(reply, "note");
    if (entry->note_length > 0) {
        reply_bulk(reply, entry->note, entry->note_length);
    } else {
        reply_nil(reply);
    }
}

/** The i-th entry in the order asked for: `old` goes from new to old, `young` from old to new. */
static const struct entry *entry_pick(const struct search *search, uint32_t i)
{
    uint32_t old = entries_count(&search->old);
    uint32_t young = entries_count(&search->young);
    if (search->question->inquiry->reverse) {
        return i < young ? entries_at(&search->young, young - 1 - i) : entries_at(&search->old, i - young);
    }
    return i < old ? entries_at(&search->old, old - 1 - i) : entries_at(&search->young, i - old);
}

static void reply_history(struct search *search)
{
    uint32_t count = entries_count(&search->old) + entries_count(&search->young);
    uint32_t wanted = search->question->inquiry->count;
    count = count < wanted ? count : wanted;
    reply_array(&search->reply, count);
    for (uint32_t i = 0; i < count; i++) {
        reply_entry(&search->reply, entry_pick(search, i), search->asset.scale);
    }
}

static void reply_balance_at(struct search *search)
{
    struct slice name = inquiry_text(search->question->inquiry);
    const struct inquiry_place *place = &search->question->inquiry->to;
    if (place->value < (place->is_time ? search->opened.time : search->opened.number)) {
        reply_errorf(&search->reply, "NOACCOUNT", "%.*s was opened later, by number %lu", (int)name.length,
                     name.text, search->opened.number);
        return;
    }
    reply_standing(&search->reply, &search->standing, search->asset.scale);
}

void search_reply(struct search *search)
{
    struct slice name = inquiry_text(search->question->inquiry);
    if (!search->found) {
        reply_errorf(&search->reply, "NOACCOUNT", "%.*s does not exist", (int)name.length, name.text);
    } else if (search->question->inquiry->command == COMMAND_HISTORY) {
        reply_history(search);
    } else {
        reply_balance_at(search);
    }
}
