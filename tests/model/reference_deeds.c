/* reference_deeds.c: what has an id: retries of all kinds, and the commands that post legs at once: TRANSFER,
 * DEPOSIT, WITHDRAW, SWEEP, REVERSE; and MULTI, which does several.
 */
#include "tests/model/reference_state.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* 5.0 is 5.00. */
static bool same_number(struct decimal a, struct decimal b)
{
    a = decimal_normalize(a);
    b = decimal_normalize(b);
    return a.mantissa == b.mantissa && a.digits == b.digits;
}

static bool same_legs(const struct call *a, const struct call *b)
{
    if (a->leg_count != b->leg_count)
        return false;
    for (unsigned i = 0; i < a->leg_count; i++) {
        if (!same_text(a->legs[i].from, b->legs[i].from) || !same_text(a->legs[i].to, b->legs[i].to))
            return false;
        /* A sweep's legs have their amount from its account. */
        if (a->kind != CALL_SWEEP && !same_number(a->legs[i].amount, b->legs[i].amount))
            return false;
    }
    return true;
}

static bool same_conditions(const struct call *a, const struct call *b)
{
    if (a->condition_count != b->condition_count)
        return false;
    for (unsigned i = 0; i < a->condition_count; i++) {
        const struct call_condition *one = &a->conditions[i];
        const struct call_condition *other = &b->conditions[i];
        bool zero = one->amount.mantissa == 0;
        if (!same_text(one->account, other->account) || one->relation != other->relation ||
            !same_number(one->amount, other->amount) || (one->negative != other->negative && !zero))
            return false;
    }
    return true;
}

/* Whether a command asks for what was done. The legs of one that refers to an older command are the older's.
 */
static bool same_contents(const struct call *done, const struct call *call)
{
    return done->kind == call->kind && same_text(done->target, call->target) &&
           (call->target != NULL || same_legs(done, call)) && same_conditions(done, call) &&
           same_text(done->note, call->note) && done->seconds == call->seconds && done->keep == call->keep &&
           done->has_amount == call->has_amount && same_number(done->amount, call->amount);
}

bool reference_answered(const struct books *books, const struct call *call, struct buffer *reply)
{
    const struct reference_deed *deed = reference_deed(books, call->name);
    if (deed == NULL)
        return false;
    if (same_contents(deed->call, call))
        reference_answer(reply, deed->stamp.number);
    else
        buffer_printf(reply,
                      "-IDREUSED id %s was used before for something else; a new transfer needs a new id",
                      call->name);
    return true;
}

/* Posts all legs of a deed's call, or answers why they can't be. */
static void legs_post(struct books *books, struct reference_deed *deed, struct buffer *reply)
{
    struct trial trial = {.books = books, .call = deed->call, .reply = reply};
    for (; trial.leg < deed->call->leg_count; trial.leg++) {
        if (!reference_leg(&trial))
            return;
        struct stamp stamp = reference_post(&trial);
        if (trial.leg == 0)
            deed->stamp = stamp;
    }
    reference_answer(reply, deed->stamp.number);
}

void reference_transfer(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *deed = reference_deed_add(books, call);
    deed->state = STATE_POSTED;
    legs_post(books, deed, reply);
}

/* How much a sweep moves: all that is available, at most MAX. Zero where it moves nothing. */
static amount_t sweep_amount(const struct reference_account *from, const struct call *call, amount_t max)
{
    struct total has = reference_plus(from->credits, from->overdraft);
    struct total owes = reference_sum(from->debits, from->held_out);
    if (from->unlimited || !reference_less(owes, has))
        return 0;
    amount_t available = has.low - owes.low; /* of a limited account it fits: twice 2^126 - 1 at most */
    return call->has_amount && max < available ? max : available;
}

static bool sweep_moves(const struct trial *trial)
{
    const struct reference_account *from = trial->from;
    const struct reference_asset *asset = &trial->books->assets[from->asset];
    if (trial->amount > 0)
        return true;
    if (from->unlimited) {
        buffer_printf(trial->reply,
                      "-INSUFFICIENT %s is unlimited; a sweep needs an account that can be emptied",
                      from->id);
        return false;
    }
    char available[AMOUNT_TEXT_MAX];
    int length =
        (int)total_difference_format(reference_plus(from->credits, from->overdraft),
                                     reference_sum(from->debits, from->held_out), asset->scale, available);
    buffer_printf(trial->reply, "-INSUFFICIENT %s has %.*s %s available, nothing to sweep", from->id, length,
                  available, asset->code);
    return false;
}

void reference_sweep(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *deed = reference_deed_add(books, call);
    struct trial trial = {.books = books, .call = deed->call, .reply = reply};
    deed->state = STATE_POSTED;
    if (!reference_sides(&trial) || (call->has_amount && !reference_amount(&trial, call->amount)))
        return;
    trial.amount = sweep_amount(trial.from, call, trial.amount);
    if (!reference_totals(&trial) || !sweep_moves(&trial) || !reference_ceiling(&trial))
        return;
    deed->call->legs[0].amount =
        (struct decimal){trial.amount, (uint8_t)books->assets[trial.from->asset].scale};
    deed->stamp = reference_post(&trial);
    reference_answer(reply, deed->stamp.number);
}

/* Whether it is a transfer of some kind, that can be reversed. */
static bool is_posted(const struct reference_deed *deed)
{
    return deed->state == STATE_POSTED || deed->state == STATE_REVERSED;
}

void reference_reverse(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *deed = reference_deed_add(books, call);
    struct reference_deed *before = reference_deed(books, call->target);
    if (before == NULL || !is_posted(before)) {
        buffer_printf(reply, "-NOTRANSFER %s is not a transfer that is remembered", call->target);
        return;
    }
    if (before->state == STATE_REVERSED) {
        buffer_printf(reply, "-REVERSED %s was reversed before", call->target);
        return;
    }
    before->state = STATE_REVERSED;
    deed->state = STATE_POSTED;
    deed->call->leg_count = before->call->leg_count;
    for (unsigned i = 0; i < before->call->leg_count; i++) {
        struct trial leg = {.books = books, .call = before->call, .leg = i};
        reference_find_sides(&leg);
        deed->call->legs[before->call->leg_count - 1 - i] =
            (struct call_leg){leg.to->id, leg.from->id, before->call->legs[i].amount};
    }
    legs_post(books, deed, reply);
}

/* An id that two parts have; NULL when there is none. */
static const char *id_twice(const struct call *multi)
{
    for (unsigned i = 0; i < multi->part_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct call *parts = multi->parts;
            if (call_has_id(&parts[i]) && call_has_id(&parts[j]) && same_text(parts[i].name, parts[j].name))
                return parts[i].name;
        }
    }
    return NULL;
}

/* False: it was refused. */
static bool part_execute(struct books *books, const struct call *part, struct buffer *reply)
{
    if (call_has_id(part)) {
        reference_do(books, part, reply);
        return reply->bytes[0] != '-';
    }
    if (reference_find(books, part->accounts[0]) == NULL) {
        buffer_printf(reply, "-NOACCOUNT %s does not exist", part->accounts[0]);
        return false;
    }
    reference_look(books, part, reply);
    reply->end--; /* the space after a balance */
    return true;
}

void reference_multi(struct books *books, const struct call *call, struct buffer *reply)
{
    const char *twice = id_twice(call);
    if (twice != NULL) {
        buffer_printf(reply, "-ERR id %s is used twice in one transaction", twice);
        return;
    }
    struct buffer part = {0};
    buffer_printf(reply, "[");
    for (unsigned i = 0; i < call->part_count; i++) {
        part.end = 0;
        if (!part_execute(books, &call->parts[i], &part)) {
            reply->end = 0;
            buffer_printf(reply, "-EXECABORT command %u, %s: %.*s", i + 1, call_word(&call->parts[i]),
                          (int)part.end - 1, part.bytes + 1);
            buffer_free(&part);
            return;
        }
        buffer_printf(reply, "%s%.*s", i == 0 ? "" : ", ", (int)part.end, part.bytes);
    }
    buffer_printf(reply, "]");
    buffer_free(&part);
}
