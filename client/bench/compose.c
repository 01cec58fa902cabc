/* compose.c: see compose.h. */
#include "client/bench/compose.h"

#include "client/bench/put.h"

_Static_assert(PLAN_REQUESTS_MAX <= UINT64_C(1) << (6 * COMPOSE_NUMBER_LETTERS), "ids of one run differ");

/* One request in the making. */
struct request_now {
    const struct mix *mix;
    uint64_t *dice;
    struct compose_id id;
    struct compose_id again;
    uint64_t from;   /* the latest <account> */
    bool together;   /* its accounts share a tag */
    bool from_taken; /* the next <account> is a new one */
};

static char *put_id(const struct plan *plan, const struct compose_id *id, char *at)
{
    if (plan->same_shard_share != PLAN_ANY_SHARD)
        at = plan_tag(id->account, at);
    at = put_letters(at, plan->nonce, COMPOSE_NONCE_LETTERS);
    return put_letters(at, id->number, COMPOSE_NUMBER_LETTERS);
}

static uint64_t next_account(struct request_now *now)
{
    if (now->from_taken)
        now->from = now->together ? pick_near(&now->mix->pick, now->dice, now->from)
                                  : pick_account(&now->mix->pick, now->dice);
    now->from_taken = true;
    return now->from;
}

/* Writes a value, and returns what is behind it. */
static char *put_value(struct request_now *now, enum mix_value value, char *at)
{
    const struct plan *plan = now->mix->plan;
    switch (value) {
    case MIX_ID: return put_id(plan, &now->id, at);
    case MIX_ID_AGAIN: return put_id(plan, &now->again, at);
    case MIX_ACCOUNT: return at + plan_account(plan, next_account(now), at);
    case MIX_ACCOUNT_AGAIN: return at + plan_account(plan, now->from, at);
    case MIX_OTHER:
        return at + plan_account(plan, pick_other(&now->mix->pick, now->dice, now->from, now->together), at);
    case MIX_AMOUNT:
        return put_number(at,
                          plan->amount_low + plan_roll(now->dice, plan->amount_high - plan->amount_low + 1));
    case MIX_HOT: return at + plan_hot_account(plan, at);
    case MIX_NUMBER: return put_number(at, now->id.number);
    case MIX_TEXT: break;
    }
    return at;
}

/* Bytes of fixed length, with values patched in. */
static char *put_fixed(struct request_now *now, const struct mix_step *step, char *at)
{
    const struct mix *mix = now->mix;
    const struct mix_part *parts = (const struct mix_part *)(void *)mix->parts.bytes + step->part;
    memcpy(at, mix->text.bytes + step->text, step->length);
    for (size_t i = 0; i < step->parts; i++)
        (void)put_value(now, parts[i].value, at + parts[i].at);
    return at + step->length;
}

/* A word whose length is known when it is written: it is moved behind its head then. */
static char *put_word(struct request_now *now, const struct mix_step *step, char *at)
{
    const struct mix *mix = now->mix;
    const struct mix_part *parts = (const struct mix_part *)(void *)mix->parts.bytes + step->part;
    char *word = at + 1 + DIGITS_MAX + 2;
    char *end = word;
    for (size_t i = 0; i < step->parts; i++) {
        end = put_text(end, mix->text.bytes + parts[i].at, parts[i].length);
        end = put_value(now, parts[i].value, end);
    }
    size_t length = (size_t)(end - word);
    *at++ = '$';
    at = put_number(at, length);
    at = put_text(at, "\r\n", 2);
    memmove(at, word, length);
    return put_text(at + length, "\r\n", 2);
}

/* The line whose turn it is. */
static unsigned choose(const struct mix *mix, struct composer *composer, uint64_t *dice)
{
    if (composer->within)
        return composer->line;
    if (mix->count == 1)
        return 0;
    uint64_t roll = plan_roll(dice, mix->weight);
    unsigned line = 0;
    while (mix->lines[line].weight_end <= roll)
        line++;
    return line;
}

unsigned compose(const struct mix *mix, struct composer *composer, uint64_t *dice, uint64_t number,
                 struct buffer *out)
{
    unsigned chosen = choose(mix, composer, dice);
    const struct mix_line *line = &mix->lines[chosen];
    struct request_now now = {
        .mix = mix, .dice = dice, .again = line->follows ? composer->head : composer->latest};
    if (line->has_accounts) {
        now.from = pick_account(&mix->pick, dice);
        now.together = pick_together(&mix->pick, dice);
    }
    now.id = (struct compose_id){number, line->has_accounts ? now.from : now.again.account};

    char *start = buffer_reserve(out, line->room);
    char *at = start;
    const struct mix_step *steps = (const struct mix_step *)(void *)mix->steps.bytes + line->step;
    for (size_t i = 0; i < line->steps; i++)
        at = steps[i].varies ? put_word(&now, &steps[i], at) : put_fixed(&now, &steps[i], at);
    out->end += (size_t)(at - start);

    if (line->has_id)
        composer->latest = now.id;
    if (!line->follows)
        composer->head = composer->latest;
    composer->line = chosen + 1;
    composer->within = chosen + 1 < mix->count && mix->lines[chosen + 1].follows;
    return chosen;
}
