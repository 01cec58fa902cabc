/* render.c: one function for each kind of answer. */
#include "server/render.h"

#include <assert.h>
#include <fnmatch.h>
#include <string.h>

#include "server/flight.h"
#include "server/render_values.h"

static void render_outcome(struct reply *reply, const struct outcome_message *outcome)
{
    switch ((enum outcome_status)outcome->status) {
    case OUTCOME_OK: reply_simple(reply, "OK"); return;
    case OUTCOME_NUMBER: reply_integer(reply, (int64_t)outcome->number); return;
    case OUTCOME_REJECTED: break;
    }
    char code[32];
    const char *space = memchr(outcome->text, ' ', outcome->text_length);
    assert(space && (size_t)(space - outcome->text) < sizeof code);
    size_t length = (size_t)(space - outcome->text);
    memcpy(code, outcome->text, length);
    code[length] = '\0';
    reply_error(reply, code, space + 1, outcome->text_length - length - 1);
}

/** EXEC: what each command answers. */
static void render_execution(struct reply *reply, const struct transfer_message *transfer)
{
    reply_array(reply, transfer->operation_count);
    for (unsigned i = 0; i < transfer->operation_count; i++) {
        const struct operation *operation = &transfer->operations[i];
        if (operation->type == TRANSFER_BALANCE) {
            const struct condition *look = &transfer_conditions(transfer)[operation->condition];
            value_difference(reply, look->credits, look->debits, look->asset.scale);
        } else {
            reply_integer(reply, (int64_t)operation->number);
        }
    }
}

static bool total_is_zero(const struct total *total)
{
    return total->low == 0 && total->high == 0;
}

static bool row_in_use(const struct survey_row *row)
{
    return row->accounts > 0 || !total_is_zero(&row->debits) || !total_is_zero(&row->credits);
}

static void render_trial(struct reply *reply, const struct survey_message *survey)
{
    size_t count = 0;
    for (uint32_t i = 0; i < survey->row_count; i++) {
        count += row_in_use(&survey->rows[i]);
    }
    reply_map(reply, 2);
    reply_text(reply, "seq");
    reply_integer(reply, (int64_t)survey->number);
    reply_text(reply, "assets");
    reply_array(reply, count);
    for (uint32_t i = 0; i < survey->row_count; i++) {
        const struct survey_row *row = &survey->rows[i];
        if (row_in_use(row)) {
            reply_map(reply, 4);
            reply_text(reply, "asset");
            reply_bulk(reply, row->asset.code, row->asset.length);
            reply_text(reply, "debits");
            value_total(reply, row->debits, row->asset.scale);
            reply_text(reply, "credits");
            value_total(reply, row->credits, row->asset.scale);
            reply_text(reply, "accounts");
            reply_integer(reply, (int64_t)row->accounts);
        }
    }
}

static void render_assets(struct reply *reply, const struct survey_message *survey)
{
    size_t count = 0;
    for (uint32_t i = 0; i < survey->row_count; i++) {
        count += survey->rows[i].defined || row_in_use(&survey->rows[i]);
    }
    reply_map(reply, count);
    for (uint32_t i = 0; i < survey->row_count; i++) {
        const struct survey_row *row = &survey->rows[i];
        if (row->defined || row_in_use(row)) {
            reply_bulk(reply, row->asset.code, row->asset.length);
            reply_integer(reply, row->asset.scale);
        }
    }
}

static void render_survey(struct reply *reply, enum command_id command, const struct survey_message *survey)
{
    if (command == COMMAND_TRIAL) {
        render_trial(reply, survey);
        return;
    }
    if (command == COMMAND_ASSETS) {
        render_assets(reply, survey);
        return;
    }
    uint64_t accounts = 0;
    for (uint32_t i = 0; i < survey->row_count; i++) {
        accounts += survey->rows[i].accounts;
    }
    reply_integer(reply, (int64_t)accounts);
}

static bool entry_matches(const struct page_entry *entry, const char *pattern)
{
    char name[IDENT_MAX + 1];
    memcpy(name, entry->text, entry->length);
    name[entry->length] = '\0';
    return pattern[0] == '\0' || fnmatch(pattern, name, FNM_NOESCAPE) == 0;
}

static void render_page(struct reply *reply, const struct page_message *page, struct slice text)
{
    char pattern[FLIGHT_ASIDE_MAX + 1];
    memcpy(pattern, text.text, text.length);
    pattern[text.length] = '\0';
    size_t count = 0;
    for (uint32_t i = 0; i < page->entry_count; i++) {
        count += entry_matches(&page->entries[i], pattern);
    }
    bool more = page->more && page->entry_count > 0;
    reply_array(reply, 2);
    reply_textf(reply, "%lu", more ? page->entries[page->entry_count - 1].number : 0);
    reply_array(reply, count);
    for (uint32_t i = 0; i < page->entry_count; i++) {
        if (entry_matches(&page->entries[i], pattern)) {
            reply_bulk(reply, page->entries[i].text, page->entries[i].length);
        }
    }
}

void render_answer(struct reply *reply, enum command_id command, const struct message *answer,
                   struct slice text)
{
    const void *body = answer;
    switch ((enum message_kind)answer->kind) {
    case MESSAGE_OUTCOME: render_outcome(reply, body); return;
    case MESSAGE_READ: render_read(reply, command, body); return;
    case MESSAGE_LOOKUP: render_lookup(reply, body, text); return;
    case MESSAGE_SURVEY: render_survey(reply, command, body); return;
    case MESSAGE_PAGE: render_page(reply, body, text); return;
    case MESSAGE_TRANSFER: render_execution(reply, body); return;
    case MESSAGE_OPEN:
    case MESSAGE_CHANGE:
    case MESSAGE_DEFINE:
    case MESSAGE_CLOCK:
    case MESSAGE_STRIPE:
    case MESSAGE_DECISION: break;
    }
    assert(false && "a shard answers only what asks");
}
