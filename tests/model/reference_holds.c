/* reference_holds.c: HOLD, and what becomes of it: CAPTURE, EXTEND, VOID, or its deadline comes. */
#include "tests/model/reference_state.h"

void reference_hold(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *deed = reference_deed_add(books, call);
    struct trial trial = {.books = books, .call = deed->call, .reply = reply};
    if (!reference_leg(&trial))
        return;
    total_add(&trial.from->held_out, trial.amount);
    total_add(&trial.to->held_in, trial.amount);
    deed->state = STATE_HELD;
    deed->stamp = reference_number(books);
    deed->remaining = trial.amount;
    if (call->seconds > 0)
        deed->deadline = deed->stamp.time + call->seconds * REFERENCE_SECOND;
    trial.from->last = trial.to->last = deed->stamp.number;
    reference_answer(reply, deed->stamp.number);
}

/* The hold that a command is about; answers why there is nothing to be done with it. */
static struct reference_deed *hold_find(const struct books *books, const char *id, struct buffer *reply)
{
    struct reference_deed *hold = reference_deed(books, id);
    if (hold == NULL || hold->call->kind != CALL_HOLD)
        buffer_printf(reply, "-NOHOLD %s is not a hold", id);
    else if (hold->state == STATE_CAPTURED)
        buffer_printf(reply, "-CAPTURED hold %s was captured before", id);
    else if (hold->state == STATE_VOIDED)
        buffer_printf(reply, "-VOIDED hold %s was voided", id);
    else if (hold->state == STATE_EXPIRED)
        buffer_printf(reply, "-EXPIRED hold %s has expired", id);
    else
        return hold;
    return NULL;
}

/* The accounts of a hold. */
static struct trial hold_trial(struct books *books, const struct reference_deed *hold, struct buffer *reply)
{
    struct trial trial = {.books = books, .call = hold->call, .reply = reply};
    reference_find_sides(&trial);
    return trial;
}

/* Adds a command on a hold, which has the hold's leg. */
static struct reference_deed *deed_on(struct books *books, const struct call *call,
                                      const struct reference_deed *hold, amount_t amount)
{
    struct reference_deed *deed = reference_deed_add(books, call);
    const struct reference_account *from = reference_find(books, hold->call->legs[0].from);
    deed->call->leg_count = 1;
    deed->call->legs[0] = hold->call->legs[0];
    deed->call->legs[0].amount = (struct decimal){amount, (uint8_t)books->assets[from->asset].scale};
    deed->state = STATE_DONE;
    return deed;
}

/* Takes from what is held. */
static void hold_release(const struct trial *trial, struct reference_deed *hold, amount_t amount)
{
    hold->remaining -= amount;
    trial->from->held_out = reference_minus(trial->from->held_out, amount);
    trial->to->held_in = reference_minus(trial->to->held_in, amount);
}

/* Whether a CAPTURE's amount is there to be captured; answers why not. */
static bool capture_fits(struct trial *trial, const struct reference_deed *hold, const struct call *call)
{
    trial->amount = hold->remaining;
    if (!call->has_amount)
        return true;
    if (!reference_amount(trial, call->amount))
        return false;
    if (trial->amount <= hold->remaining)
        return true;
    const struct reference_asset *asset = &trial->books->assets[trial->from->asset];
    char left[AMOUNT_TEXT_MAX];
    char asked[AMOUNT_TEXT_MAX];
    int left_length = (int)amount_format(hold->remaining, asset->scale, left);
    int asked_length = (int)amount_format(trial->amount, asset->scale, asked);
    buffer_printf(trial->reply, "-AMOUNT hold %s has %.*s %s left, %.*s asked", call->target, left_length,
                  left, asset->code, asked_length, asked);
    return false;
}

void reference_capture(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *hold = hold_find(books, call->target, reply);
    if (hold == NULL)
        return;
    struct trial trial = hold_trial(books, hold, reply);
    if (!capture_fits(&trial, hold, call) || !reference_not_frozen(&trial))
        return;
    hold_release(&trial, hold, call->keep ? trial.amount : hold->remaining);
    if (hold->remaining == 0)
        hold->state = STATE_CAPTURED;
    struct reference_deed *deed = deed_on(books, call, hold, trial.amount);
    deed->state = STATE_POSTED;
    deed->stamp = reference_post(&trial);
    reference_answer(reply, deed->stamp.number);
}

void reference_extend(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *hold = hold_find(books, call->target, reply);
    if (hold == NULL)
        return;
    struct reference_deed *deed = deed_on(books, call, hold, 0);
    deed->stamp = reference_number(books);
    hold->deadline = deed->stamp.time + call->seconds * REFERENCE_SECOND;
    reference_answer(reply, deed->stamp.number);
}

/* Releases all that is held. */
static struct stamp hold_end(struct books *books, struct reference_deed *hold, enum reference_state state)
{
    struct trial trial = hold_trial(books, hold, NULL);
    struct stamp stamp = reference_number(books);
    hold_release(&trial, hold, hold->remaining);
    hold->state = state;
    trial.from->last = trial.to->last = stamp.number;
    return stamp;
}

void reference_void(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *hold = hold_find(books, call->target, reply);
    if (hold == NULL)
        return;
    struct reference_deed *deed = deed_on(books, call, hold, hold->remaining);
    deed->stamp = hold_end(books, hold, STATE_VOIDED);
    reference_answer(reply, deed->stamp.number);
}

/* The hold whose deadline came first, of those whose deadline has come; NULL when there is none. Deeds are in
 * the order of their numbers. */
static struct reference_deed *hold_due(const struct books *books, uint64_t time)
{
    struct reference_deed *due = NULL;
    for (size_t i = 0; i < books->deed_count; i++) {
        struct reference_deed *deed = &books->deeds[i];
        if (deed->state == STATE_HELD && deed->deadline != 0 && deed->deadline <= time &&
            (due == NULL || deed->deadline < due->deadline))
            due = deed;
    }
    return due;
}

void reference_clock(struct books *books, const struct call *call, struct buffer *reply)
{
    if (books->clock < call->time)
        books->clock = call->time;
    for (struct reference_deed *due; (due = hold_due(books, call->time)) != NULL;)
        hold_end(books, due, STATE_EXPIRED);
    buffer_printf(reply, "+OK");
}

void reference_expire(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_deed *hold = hold_find(books, call->name, reply);
    if (hold == NULL)
        return;
    if (hold->deadline == 0 || hold->deadline > books->clock)
        buffer_printf(reply, "-EARLY hold %s does not expire yet", call->name);
    else
        reference_answer(reply, hold_end(books, hold, STATE_EXPIRED).number);
}
