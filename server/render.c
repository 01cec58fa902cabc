/* render.c: one function for each kind of answer. */
#include "server/render.h"

#include <assert.h>
#include <fnmatch.h>
#include <string.h>

#include "server/flight.h"
#include "server/moment.h"

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

static void reply_total(struct reply *reply, struct total total, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, total_format(total, scale, text));
}

static void reply_difference(struct reply *reply, struct total plus, struct total minus, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, total_difference_format(plus, minus, scale, text));
}

/** RFC 3339, in UTC, to the nanosecond. */
static void reply_time(struct reply *reply, uint64_t time_ns)
{
    char text[MOMENT_TEXT_MAX];
    reply_bulk(reply, text, moment_format(time_ns, text));
}

static struct slice view_name(const struct read_message *read, const struct view *view)
{
    return (struct slice){message_text(read, view->account.offset), view->account.length};
}

static void reply_no_account(struct reply *reply, struct slice name)
{
    reply_errorf(reply, "NOACCOUNT", "%.*s does not exist", (int)name.length, name.text);
}

static void reply_view_balance(struct reply *reply, const struct view *view)
{
    reply_difference(reply, view->credits, view->debits, view->asset.scale);
}

static void reply_view_available(struct reply *reply, const struct view *view)
{
    if (view->unlimited) {
        reply_text(reply, "UNLIMITED");
        return;
    }
    struct total plus = view->credits;
    total_add(&plus, view->overdraft);
    reply_difference(reply, plus, view->debits, view->asset.scale);
}

static void reply_view_limits(struct reply *reply, const struct view *view)
{
    reply_text(reply, "overdraft");
    if (view->unlimited) {
        reply_text(reply, "UNLIMITED");
    } else {
        reply_amount(reply, view->overdraft, view->asset.scale);
    }
    reply_text(reply, "ceiling");
    if (view->has_ceiling) {
        reply_amount(reply, view->ceiling, view->asset.scale);
    } else {
        reply_nil(reply);
    }
}

static void reply_view(struct reply *reply, const struct read_message *read, const struct view *view)
{
    struct slice name = view_name(read, view);
    unsigned scale = view->asset.scale;
    reply_map(reply, 13);
    reply_text(reply, "account");
    reply_bulk(reply, name.text, name.length);
    reply_text(reply, "asset");
    reply_bulk(reply, view->asset.code, view->asset.length);
    reply_text(reply, "balance");
    reply_view_balance(reply, view);
    reply_text(reply, "available");
    reply_view_available(reply, view);
    reply_text(reply, "debits");
    reply_total(reply, view->debits, scale);
    reply_text(reply, "credits");
    reply_total(reply, view->credits, scale);
    reply_text(reply, "held_out");
    reply_amount(reply, 0, scale);
    reply_text(reply, "held_in");
    reply_amount(reply, 0, scale);
    reply_view_limits(reply, view);
    reply_text(reply, "state");
    reply_text(reply, "open");
    reply_text(reply, "opened_at");
    reply_time(reply, view->opened.time);
    reply_text(reply, "last_seq");
    reply_integer(reply, (int64_t)view->last);
}

static void render_read(struct reply *reply, enum command_id command, const struct read_message *read)
{
    if (command == COMMAND_BALANCES) {
        reply_array(reply, read->view_count);
        for (uint32_t i = 0; i < read->view_count; i++) {
            if (read->views[i].exists) {
                reply_view_balance(reply, &read->views[i]);
            } else {
                reply_nil(reply);
            }
        }
        return;
    }
    const struct view *view = &read->views[0];
    if (!view->exists) {
        reply_no_account(reply, view_name(read, view));
    } else if (command == COMMAND_BALANCE) {
        reply_view_balance(reply, view);
    } else {
        reply_view(reply, read, view);
    }
}

/** An account of a leg. A deposit's or withdrawal's other side is kept as "@world" alone. */
static void reply_leg_account(struct reply *reply, struct slice name, const struct asset_tag *asset)
{
    static const char world[] = "@world";
    if (name.length == sizeof world - 1 && memcmp(name.text, world, name.length) == 0) {
        reply_textf(reply, "%s/%.*s", world, (int)asset->length, asset->code);
    } else {
        reply_bulk(reply, name.text, name.length);
    }
}

static void reply_leg(struct reply *reply, const struct lookup_answer *answer, const struct lookup_leg *leg)
{
    struct slice from = {message_text(answer, leg->from), leg->from_length};
    struct slice to = {message_text(answer, leg->to), leg->to_length};
    reply_map(reply, 4);
    reply_text(reply, "from");
    reply_leg_account(reply, from, &leg->asset);
    reply_text(reply, "to");
    reply_leg_account(reply, to, &leg->asset);
    reply_text(reply, "amount");
    reply_amount(reply, leg->amount, leg->asset.scale);
    reply_text(reply, "asset");
    reply_bulk(reply, leg->asset.code, leg->asset.length);
}

const char *render_kind(uint8_t type)
{
    static const char *const kinds[] = {
        [TRANSFER_TRANSFER] = "transfer", [TRANSFER_DEPOSIT] = "deposit", [TRANSFER_WITHDRAW] = "withdraw",
        [TRANSFER_SWEEP] = "sweep",       [TRANSFER_CAPTURE] = "capture", [TRANSFER_REVERSE] = "reverse",
        [TRANSFER_HOLD] = "hold",         [TRANSFER_EXTEND] = "extend",   [TRANSFER_VOID] = "void",
        [TRANSFER_EXPIRE] = "expire"};
    assert(type < sizeof kinds / sizeof kinds[0]);
    return kinds[type];
}

void render_lookup(struct reply *reply, const struct lookup_answer *answer, struct slice id,
                   const struct render_state *state)
{
    if (!answer->found) {
        reply_nil(reply);
        return;
    }
    reply_map(reply, state->hold ? 9 : 7);
    reply_text(reply, "id");
    reply_bulk(reply, id.text, id.length);
    reply_text(reply, "seq");
    reply_integer(reply, (int64_t)answer->stamp.number);
    reply_text(reply, "kind");
    reply_text(reply, render_kind(answer->type));
    reply_text(reply, "legs");
    reply_array(reply, answer->leg_count);
    for (unsigned i = 0; i < answer->leg_count; i++) {
        reply_leg(reply, answer, &answer->legs[i]);
    }
    reply_text(reply, "state");
    reply_text(reply, state->name);
    reply_text(reply, "note");
    if (answer->note_length > 0) {
        reply_bulk(reply, message_text(answer, answer->note), answer->note_length);
    } else {
        reply_nil(reply);
    }
    reply_text(reply, "time");
    reply_time(reply, answer->stamp.time);
    if (!state->hold) {
        return;
    }
    reply_text(reply, "remaining");
    reply_amount(reply, state->remaining, answer->legs[0].asset.scale);
    reply_text(reply, "expires_at");
    if (state->deadline > 0) {
        reply_time(reply, state->deadline);
    } else {
        reply_nil(reply);
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
            reply_total(reply, row->debits, row->asset.scale);
            reply_text(reply, "credits");
            reply_total(reply, row->credits, row->asset.scale);
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
    case MESSAGE_LOOKUP: render_lookup(reply, body, text, &(struct render_state){.name = "posted"}); return;
    case MESSAGE_SURVEY: render_survey(reply, command, body); return;
    case MESSAGE_PAGE: render_page(reply, body, text); return;
    case MESSAGE_TRANSFER:
    case MESSAGE_OPEN:
    case MESSAGE_DEFINE:
    case MESSAGE_DECISION: break;
    }
    assert(false && "a shard answers only what asks");
}
