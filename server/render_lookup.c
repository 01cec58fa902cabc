/* render_lookup.c: what became of a transfer or a hold. */
#include <assert.h>
#include <string.h>

#include "server/render_values.h"

#define NS_PER_SECOND UINT64_C(1000000000)

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

static const char *lookup_state(const struct lookup_answer *answer)
{
    static const char *const holds[] = {[HOLD_OPEN] = "held",
                                        [HOLD_CAPTURED] = "captured",
                                        [HOLD_VOIDED] = "voided",
                                        [HOLD_EXPIRED] = "expired"};
    if (answer->type == TRANSFER_HOLD) {
        return holds[answer->state];
    }
    if (!transfer_moves(answer->type)) {
        return "done";
    }
    return answer->reversed ? "reversed" : "posted";
}

/** What there is to say of a hold beyond a transfer. */
static void reply_hold(struct reply *reply, const struct lookup_answer *answer)
{
    reply_text(reply, "remaining");
    reply_amount(reply, answer->remaining, answer->legs[0].asset.scale);
    reply_text(reply, "expires_at");
    if (answer->ttl != 0) {
        value_time(reply, answer->dated.time + answer->ttl * NS_PER_SECOND);
    } else {
        reply_nil(reply);
    }
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

void render_lookup(struct reply *reply, const struct lookup_answer *answer, struct slice id)
{
    if (!answer->found) {
        reply_nil(reply);
        return;
    }
    bool hold = answer->type == TRANSFER_HOLD;
    reply_map(reply, hold ? 9 : 7);
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
    reply_text(reply, lookup_state(answer));
    reply_text(reply, "note");
    if (answer->note_length > 0) {
        reply_bulk(reply, message_text(answer, answer->note), answer->note_length);
    } else {
        reply_nil(reply);
    }
    reply_text(reply, "time");
    value_time(reply, answer->stamp.time);
    if (hold) {
        reply_hold(reply, answer);
    }
}
