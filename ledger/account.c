/* account.c: see account.h. */
#include "ledger/account.h"

void effect_add(struct effect *effect, amount_t debits, amount_t credits, balance_t held_out,
                balance_t held_in)
{
    effect->debits += debits;
    effect->credits += credits;
    effect->held_out += held_out;
    effect->held_in += held_in;
    balance_t pay = effect_pay(effect);
    balance_t take = effect_take(effect);
    balance_t out = (balance_t)effect->debits + effect->held_out;
    balance_t in = (balance_t)effect->credits + effect->held_in;
    if (pay < effect->trough)
        effect->trough = pay;
    if (take > effect->peak)
        effect->peak = take;
    if (out > effect->out_peak)
        effect->out_peak = out;
    if (in > effect->in_peak)
        effect->in_peak = in;
}

static balance_t below(balance_t value)
{
    return value < 0 ? value : 0;
}

static balance_t above(balance_t value)
{
    return value > 0 ? value : 0;
}

/* What an effect adds to the sums. */
static struct open_effects open_part(const struct effect *effect)
{
    balance_t balance = effect_balance(effect);
    return (struct open_effects){.low = below(balance),
                                 .high = above(balance),
                                 .pay_high = above(effect_pay(effect)),
                                 .take_low = below(effect_take(effect)),
                                 .trough = effect->trough,
                                 .peak = effect->peak,
                                 .out_low = below((balance_t)effect->debits + effect->held_out),
                                 .out_peak = effect->out_peak,
                                 .in_low = below((balance_t)effect->credits + effect->held_in),
                                 .in_peak = effect->in_peak};
}

void open_effects_add(struct open_effects *open, const struct effect *effect)
{
    struct open_effects part = open_part(effect);
    open->low += part.low;
    open->high += part.high;
    open->pay_high += part.pay_high;
    open->take_low += part.take_low;
    open->trough += part.trough;
    open->peak += part.peak;
    open->out_low += part.out_low;
    open->out_peak += part.out_peak;
    open->in_low += part.in_low;
    open->in_peak += part.in_peak;
}

void open_effects_remove(struct open_effects *open, const struct effect *effect)
{
    struct open_effects part = open_part(effect);
    open->low -= part.low;
    open->high -= part.high;
    open->pay_high -= part.pay_high;
    open->take_low -= part.take_low;
    open->trough -= part.trough;
    open->peak -= part.peak;
    open->out_low -= part.out_low;
    open->out_peak -= part.out_peak;
    open->in_low -= part.in_low;
    open->in_peak -= part.in_peak;
}
