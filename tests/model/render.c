/* render.c: see render.h. */
#include "tests/model/render.h"

#include <assert.h>
#include <string.h>

#include "tests/model/sight.h"

static struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static const struct route *request_open(const struct call *call, const struct sender *sender,
                                        struct buffer *out)
{
    struct open_message *open = compose_open(out, sender, slice_of(call->name), slice_of(call->asset));
    open->overdraft = call->overdraft.mantissa;
    open->overdraft_digits = call->overdraft.digits;
    open->ceiling = call->ceiling.mantissa;
    open->ceiling_digits = call->ceiling.digits;
    open->unlimited = call->unlimited;
    open->has_ceiling = call->has_ceiling;
    return &open->route;
}

static const struct route *request_transfer(const struct call *call, const struct sender *sender,
                                            struct buffer *out)
{
    struct leg_text legs[LEGS_MAX];
    assert(call->leg_count >= 1 && call->leg_count <= LEGS_MAX);
    for (unsigned i = 0; i < call->leg_count; i++)
        legs[i] =
            (struct leg_text){slice_of(call->legs[i].from), slice_of(call->legs[i].to), call->legs[i].amount};
    struct slice id = slice_of(call->name);
    struct slice note = slice_of(call->note);
    if (call->kind == CALL_TRANSFER)
        return &compose_transfer(out, sender, id, call->leg_count, legs, note)->route;
    bool deposit = call->kind == CALL_DEPOSIT;
    return &compose_world_transfer(out, sender, deposit ? TRANSFER_DEPOSIT : TRANSFER_WITHDRAW, id,
                                   deposit ? legs[0].to : legs[0].from, legs[0].amount, note)
                ->route;
}

static const struct route *request_read(const struct call *call, const struct sender *sender,
                                        struct buffer *out)
{
    struct slice accounts[CALL_ACCOUNTS_MAX];
    if (call->kind == CALL_ACCOUNT) {
        accounts[0] = slice_of(call->name);
        return &compose_read(out, sender, 1, accounts)->route;
    }
    for (unsigned i = 0; i < call->account_count; i++)
        accounts[i] = slice_of(call->accounts[i]);
    return &compose_read(out, sender, call->account_count, accounts)->route;
}

unsigned render_request(const struct call *call, const struct sender *sender, struct buffer *out)
{
    const struct route *route = NULL;
    switch (call->kind) {
    case CALL_ASSET: route = &compose_define(out, sender, slice_of(call->name), call->scale)->route; break;
    case CALL_OPEN: route = request_open(call, sender, out); break;
    case CALL_BALANCES:
    case CALL_ACCOUNT: route = request_read(call, sender, out); break;
    case CALL_ACCOUNTS: route = &compose_page(out, sender, call->after, call->count)->route; break;
    case CALL_TRANSFER:
    case CALL_DEPOSIT:
    case CALL_WITHDRAW: route = request_transfer(call, sender, out); break;
    case CALL_LOOKUP: route = &compose_lookup(out, sender, slice_of(call->name))->route; break;
    case CALL_TRIAL:
    case CALL_ASSETS:
    case CALL_DBSIZE: route = &compose_survey(out, sender)->route; break;
    case CALL_LIMIT:
    case CALL_FREEZE:
    case CALL_THAW:
    case CALL_CLOSE:
    case CALL_SWEEP:
    case CALL_HOLD:
    case CALL_CAPTURE:
    case CALL_EXTEND:
    case CALL_VOID:
    case CALL_REVERSE:
    case CALL_MULTI:
    case CALL_CLOCK:
    case CALL_EXPIRE: break; /* only the reference knows them */
    }
    assert(route != NULL);
    return members_first(route->members);
}

static sequence_t reply_outcome(const struct outcome_message *outcome, struct buffer *reply)
{
    switch ((enum outcome_status)outcome->status) {
    case OUTCOME_OK: buffer_printf(reply, "+OK"); break;
    case OUTCOME_NUMBER: buffer_printf(reply, ":%llu", (unsigned long long)outcome->number); break;
    case OUTCOME_REJECTED: buffer_printf(reply, "-%.*s", outcome->text_length, outcome->text); break;
    }
    return outcome->seen;
}

/* An asset's code, NUL-terminated, in `code`. */
static const char *code_of(const struct asset_tag *asset, char code[ASSET_CODE_MAX + 1])
{
    memcpy(code, asset->code, asset->length);
    code[asset->length] = '\0';
    return code;
}

static sequence_t reply_read(const struct call *call, const struct read_message *read, struct buffer *reply)
{
    for (uint32_t i = 0; i < read->view_count; i++) {
        const struct view *view = &read->views[i];
        char code[ASSET_CODE_MAX + 1];
        struct sight sight = {.state = "open",
                              .asset = code_of(&view->asset, code),
                              .scale = view->asset.scale,
                              .unlimited = view->unlimited,
                              .has_ceiling = view->has_ceiling,
                              .overdraft = view->overdraft,
                              .ceiling = view->ceiling,
                              .debits = view->debits,
                              .credits = view->credits,
                              .opened = view->opened,
                              .last = view->last};
        if (call->kind == CALL_ACCOUNT)
            sight_account(view->exists ? &sight : NULL, reply);
        else
            sight_balance(view->exists ? &sight : NULL, reply);
    }
    return read->route.seen;
}

static sequence_t reply_lookup(const struct lookup_answer *answer, struct buffer *reply)
{
    static const enum call_kind kinds[] = {[TRANSFER_TRANSFER] = CALL_TRANSFER,
                                           [TRANSFER_DEPOSIT] = CALL_DEPOSIT,
                                           [TRANSFER_WITHDRAW] = CALL_WITHDRAW};
    if (!answer->found) {
        sight_nothing(reply);
        return answer->seen;
    }
    sight_head(kinds[answer->type], answer->stamp, reply);
    for (unsigned i = 0; i < answer->leg_count; i++) {
        const struct lookup_leg *leg = &answer->legs[i];
        char code[ASSET_CODE_MAX + 1];
        sight_leg(message_text(answer, leg->from), leg->from_length, message_text(answer, leg->to),
                  leg->to_length, reply);
        sight_amount(leg->amount, code_of(&leg->asset, code), leg->asset.scale, reply);
    }
    sight_note(message_text(answer, answer->note), answer->note_length, reply);
    sight_state("posted", reply);
    return answer->seen;
}

static sequence_t reply_survey(const struct call *call, const struct survey_message *survey,
                               struct buffer *reply)
{
    uint64_t accounts = 0;
    sight_totals_of(call->kind, survey->number, reply);
    for (uint32_t i = 0; i < survey->row_count; i++) {
        const struct survey_row *row = &survey->rows[i];
        char code[ASSET_CODE_MAX + 1];
        accounts += row->accounts;
        if (row->accounts > 0 || row->defined)
            sight_totals(call->kind, code_of(&row->asset, code), row->asset.scale, row->debits, row->credits,
                         row->accounts, reply);
    }
    sight_count(call->kind, accounts, reply);
    return survey->route.seen;
}

static sequence_t reply_page(const struct page_message *page, struct buffer *reply)
{
    for (uint32_t i = 0; i < page->entry_count; i++)
        sight_listed(page->entries[i].number, page->entries[i].text, page->entries[i].length, reply);
    sight_more(page->more, reply);
    return page->route.seen;
}

sequence_t render_reply(const struct call *call, const struct message *answer, struct buffer *reply)
{
    const void *body = answer;
    sequence_t seen = 0;
    reply->start = reply->end = 0;
    switch ((enum message_kind)answer->kind) {
    case MESSAGE_OUTCOME: seen = reply_outcome(body, reply); break;
    case MESSAGE_READ: seen = reply_read(call, body, reply); break;
    case MESSAGE_LOOKUP: seen = reply_lookup(body, reply); break;
    case MESSAGE_SURVEY: seen = reply_survey(call, body, reply); break;
    case MESSAGE_PAGE: seen = reply_page(body, reply); break;
    case MESSAGE_TRANSFER:
    case MESSAGE_OPEN:
    case MESSAGE_DEFINE:
    case MESSAGE_DECISION: assert(false && "this is no answer"); break;
    }
    buffer_append(reply, "", 1);
    return seen;
}
