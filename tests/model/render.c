/* render.c: see render.h. */
#include "tests/model/render.h"

#include <assert.h>
#include <string.h>

#include "tests/model/sight.h"

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

static const struct route *request_change(const struct call *call, const struct sender *sender,
                                          struct buffer *out)
{
    static const enum change_type types[] = {[CALL_LIMIT] = CHANGE_LIMIT,
                                             [CALL_FREEZE] = CHANGE_FREEZE,
                                             [CALL_THAW] = CHANGE_THAW,
                                             [CALL_CLOSE] = CHANGE_CLOSE};
    struct change_message *change = compose_change(out, sender, slice_of(call->name), types[call->kind]);
    change->overdraft = call->overdraft.mantissa;
    change->overdraft_digits = call->overdraft.digits;
    change->ceiling = call->ceiling.mantissa;
    change->ceiling_digits = call->ceiling.digits;
    change->overdraft_given = call->has_overdraft;
    change->unlimited = call->unlimited;
    change->ceiling_given = call->has_ceiling;
    change->no_ceiling = call->no_ceiling;
    return &change->route;
}

/* Room for what the operations of a request point to. */
struct texts {
    struct operation_text operations[OPERATIONS_MAX];
    struct leg_text legs[LEGS_MAX];
    struct condition_text conditions[CONDITIONS_MAX];
    unsigned operation_count;
    unsigned leg_count;
    unsigned condition_count;
};

static const enum transfer_type types[] = {
    [CALL_TRANSFER] = TRANSFER_TRANSFER, [CALL_DEPOSIT] = TRANSFER_DEPOSIT,
    [CALL_WITHDRAW] = TRANSFER_WITHDRAW, [CALL_SWEEP] = TRANSFER_SWEEP,
    [CALL_HOLD] = TRANSFER_HOLD,         [CALL_CAPTURE] = TRANSFER_CAPTURE,
    [CALL_EXTEND] = TRANSFER_EXTEND,     [CALL_VOID] = TRANSFER_VOID,
    [CALL_REVERSE] = TRANSFER_REVERSE,   [CALL_BALANCES] = TRANSFER_BALANCE};

static void texts_add_legs(struct texts *texts, const struct call *call, struct operation_text *text)
{
    text->legs = &texts->legs[texts->leg_count];
    text->leg_count = call->leg_count;
    for (unsigned i = 0; i < call->leg_count; i++)
        texts->legs[texts->leg_count + i] =
            (struct leg_text){slice_of(call->legs[i].from), slice_of(call->legs[i].to), call->legs[i].amount};
    struct leg_text *first = &texts->legs[texts->leg_count];
    if (call->kind == CALL_BALANCES)
        *first = (struct leg_text){.from = slice_of(call->accounts[0])};
    if (call->kind == CALL_CAPTURE)
        *first = (struct leg_text){.amount = call->amount};
    if (call->kind == CALL_SWEEP)
        first->amount = call->amount;
    if (call->kind == CALL_BALANCES || (call->kind == CALL_CAPTURE && call->has_amount))
        text->leg_count = 1;
    texts->leg_count += operation_text_legs(text);
}

static void texts_add_conditions(struct texts *texts, const struct call *call, struct operation_text *text)
{
    static const enum relation relations[] = {[CALL_AT_LEAST] = RELATION_AT_LEAST,
                                              [CALL_AT_MOST] = RELATION_AT_MOST,
                                              [CALL_EXACTLY] = RELATION_EXACTLY};
    text->conditions = &texts->conditions[texts->condition_count];
    text->condition_count = call->condition_count;
    for (unsigned i = 0; i < call->condition_count; i++) {
        const struct call_condition *condition = &call->conditions[i];
        texts->conditions[texts->condition_count++] =
            (struct condition_text){.account = slice_of(condition->account),
                                    .level = condition->amount,
                                    .negative = condition->negative,
                                    .relation = relations[condition->relation]};
    }
}

static void texts_add(struct texts *texts, const struct call *call)
{
    struct operation_text *text = &texts->operations[texts->operation_count++];
    *text = (struct operation_text){.type = types[call->kind],
                                    .ttl = call->seconds,
                                    .amount_given = call->has_amount,
                                    .keep = call->keep};
    if (call->kind != CALL_BALANCES)
        text->id = slice_of(call->name);
    if (call->target != NULL)
        text->reference = slice_of(call->target);
    if (call->note != NULL)
        text->note = slice_of(call->note);
    texts_add_legs(texts, call, text);
    texts_add_conditions(texts, call, text);
}

static const struct route *request_transfer(const struct call *call, const struct sender *sender,
                                            struct buffer *out)
{
    struct texts texts;
    texts.operation_count = texts.leg_count = texts.condition_count = 0;
    bool several = call->kind == CALL_MULTI;
    for (unsigned i = 0; i < (several ? call->part_count : 1); i++)
        texts_add(&texts, several ? &call->parts[i] : call);
    return &compose_transaction(out, sender, texts.operation_count, texts.operations, several)->route;
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
    case CALL_LIMIT:
    case CALL_FREEZE:
    case CALL_THAW:
    case CALL_CLOSE: route = request_change(call, sender, out); break;
    case CALL_TRANSFER:
    case CALL_DEPOSIT:
    case CALL_WITHDRAW:
    case CALL_SWEEP:
    case CALL_HOLD:
    case CALL_CAPTURE:
    case CALL_EXTEND:
    case CALL_VOID:
    case CALL_REVERSE:
    case CALL_MULTI: route = request_transfer(call, sender, out); break;
    case CALL_LOOKUP: route = &compose_lookup(out, sender, slice_of(call->name))->route; break;
    case CALL_TRIAL:
    case CALL_ASSETS:
    case CALL_DBSIZE: route = &compose_survey(out, sender)->route; break;
    case CALL_CLOCK:
    case CALL_EXPIRE: break; /* nobody asks for them */
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

static const char *const account_states[] = {
    [ACCOUNT_OPEN] = "open", [ACCOUNT_FROZEN] = "frozen", [ACCOUNT_CLOSED] = "closed"};

static sequence_t reply_read(const struct call *call, const struct read_message *read, struct buffer *reply)
{
    for (uint32_t i = 0; i < read->view_count; i++) {
        const struct view *view = &read->views[i];
        char code[ASSET_CODE_MAX + 1];
        struct sight sight = {.state = account_states[view->state],
                              .asset = code_of(&view->asset, code),
                              .scale = view->asset.scale,
                              .unlimited = view->unlimited,
                              .has_ceiling = view->has_ceiling,
                              .overdraft = view->overdraft,
                              .ceiling = view->ceiling,
                              .debits = view->debits,
                              .credits = view->credits,
                              .held_out = view->held_out,
                              .held_in = view->held_in,
                              .opened = view->opened,
                              .last = view->last};
        if (call->kind == CALL_ACCOUNT)
            sight_account(view->exists ? &sight : NULL, reply);
        else
            sight_balance(view->exists ? &sight : NULL, reply);
    }
    return read->route.seen;
}

static const char *state_of(const struct lookup_answer *answer)
{
    static const char *const holds[] = {[HOLD_OPEN] = "held",
                                        [HOLD_CAPTURED] = "captured",
                                        [HOLD_VOIDED] = "voided",
                                        [HOLD_EXPIRED] = "expired"};
    if (answer->type == TRANSFER_HOLD)
        return holds[answer->state];
    if (!transfer_moves(answer->type))
        return "done";
    return answer->reversed ? "reversed" : "posted";
}

static sequence_t reply_lookup(const struct lookup_answer *answer, struct buffer *reply)
{
    static const enum call_kind kinds[] = {
        [TRANSFER_TRANSFER] = CALL_TRANSFER, [TRANSFER_DEPOSIT] = CALL_DEPOSIT,
        [TRANSFER_WITHDRAW] = CALL_WITHDRAW, [TRANSFER_SWEEP] = CALL_SWEEP,
        [TRANSFER_CAPTURE] = CALL_CAPTURE,   [TRANSFER_REVERSE] = CALL_REVERSE,
        [TRANSFER_HOLD] = CALL_HOLD,         [TRANSFER_EXTEND] = CALL_EXTEND,
        [TRANSFER_VOID] = CALL_VOID};
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
    sight_state(state_of(answer), reply);
    if (answer->type == TRANSFER_HOLD)
        sight_hold(answer->remaining, answer->legs[0].asset.scale,
                   answer->ttl != 0 ? answer->dated.time + answer->ttl * 1000000000 : 0, reply);
    return answer->seen;
}

/* An EXEC: each command's number, or the balance it saw. */
static sequence_t reply_several(const struct transfer_message *transfer, struct buffer *reply)
{
    for (unsigned i = 0; i < transfer->operation_count; i++) {
        const struct operation *operation = &transfer->operations[i];
        buffer_printf(reply, i == 0 ? "[" : ", ");
        if (operation->type != TRANSFER_BALANCE) {
            buffer_printf(reply, ":%llu", (unsigned long long)operation->number);
            continue;
        }
        const struct condition *seen = &transfer_conditions(transfer)[operation->condition];
        char text[AMOUNT_TEXT_MAX];
        int length = (int)total_difference_format(seen->credits, seen->debits, seen->asset.scale, text);
        buffer_printf(reply, "%.*s", length, text);
    }
    buffer_printf(reply, "]");
    return transfer->route.seen;
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
    case MESSAGE_TRANSFER: seen = reply_several(body, reply); break;
    case MESSAGE_OPEN:
    case MESSAGE_CHANGE:
    case MESSAGE_DEFINE:
    case MESSAGE_CLOCK:
    case MESSAGE_STRIPE:
    case MESSAGE_DECISION: assert(false && "this is no answer"); break;
    }
    buffer_append(reply, "", 1);
    return seen;
}
