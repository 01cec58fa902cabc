/* rejection.c: see rejection.h. */
#include "ledger/rejection.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
    [REJECTION_IDREUSED] = "IDREUSED",
    [REJECTION_SAMEACCOUNT] = "SAMEACCOUNT",
    [REJECTION_NOACCOUNT] = "NOACCOUNT",
    [REJECTION_ASSET] = "ASSET",
    [REJECTION_AMOUNT] = "AMOUNT",
    [REJECTION_OVERFLOW] = "OVERFLOW",
    [REJECTION_INSUFFICIENT] = "INSUFFICIENT",
    [REJECTION_CEILING] = "CEILING",
    [REJECTION_EXISTS] = "EXISTS",
};

const char *rejection_code_name(enum rejection_code code)
{
    assert(code > REJECTION_NONE && code < sizeof names / sizeof names[0]);
    return names[code];
}

/* Text being written, cut at its room. */
struct text {
    char *out;
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text->out + text->length, REJECTION_TEXT_MAX - text->length, format, arguments);
    va_end(arguments);
    assert(written >= 0 && text->length + (size_t)written < REJECTION_TEXT_MAX);
    text->length += (size_t)written;
}

static void text_amount(struct text *text, amount_t amount, const struct asset_tag *asset)
{
    char digits[AMOUNT_TEXT_MAX];
    text_add(text, "%.*s", (int)amount_format(amount, asset->scale, digits), digits);
}

static void text_balance(struct text *text, balance_t balance, const struct asset_tag *asset)
{
    char digits[AMOUNT_TEXT_MAX];
    text_add(text, "%.*s", (int)balance_format(balance, asset->scale, digits), digits);
}

static void write_amount(struct text *text, const struct leg *leg, const struct asset_tag *asset)
{
    if (leg->mantissa == 0) {
        text_add(text, "the amount is zero; it must be more");
        return;
    }
    char digits[AMOUNT_TEXT_MAX];
    int length = (int)decimal_format((struct decimal){leg->mantissa, leg->digits}, digits);
    if (leg->digits > asset->scale)
        text_add(text, "%.*s has %u fraction digits, %.*s has %u", length, digits, leg->digits,
                 (int)asset->length, asset->code, asset->scale);
    else
        text_add(text, "%.*s has more digits than fit 128 bits in the smallest unit of %.*s", length, digits,
                 (int)asset->length, asset->code);
}

/* Payer first, whichever side was looked at first. */
static void write_assets(struct text *text, const struct transfer_message *message)
{
    const struct rejection *rejection = &message->rejection;
    const struct leg *leg = &message->legs[rejection->leg];
    const struct asset_tag *from = rejection->to_side ? &rejection->other : &rejection->asset;
    const struct asset_tag *to = rejection->to_side ? &rejection->asset : &rejection->other;
    text_add(text, "%.*s holds %.*s, %.*s holds %.*s", (int)leg->from.length,
             message_text(message, leg->from.offset), (int)from->length, from->code, (int)leg->to.length,
             message_text(message, leg->to.offset), (int)to->length, to->code);
}

static void write_sentence(struct text *text, const struct transfer_message *message)
{
    const struct rejection *rejection = &message->rejection;
    const struct leg *leg = &message->legs[rejection->leg];
    const struct name *at_fault = rejection->to_side ? &leg->to : &leg->from;
    int length = at_fault->length;
    const char *account = message_text(message, at_fault->offset);
    const struct asset_tag *asset = &rejection->asset;
    const char *most = rejection->bound ? "at most " : "";

    switch ((enum rejection_code)rejection->code) {
    case REJECTION_IDREUSED:
        text_add(text, "id %.*s was used before for something else; a new transfer needs a new id",
                 (int)message->id.length, message_text(message, message->id.offset));
        return;
    case REJECTION_SAMEACCOUNT: text_add(text, "from and to are both %.*s", length, account); return;
    case REJECTION_NOACCOUNT: text_add(text, "%.*s does not exist", length, account); return;
    case REJECTION_ASSET: write_assets(text, message); return;
    case REJECTION_AMOUNT: write_amount(text, leg, asset); return;
    case REJECTION_OVERFLOW:
        text_add(text, "the %s of %.*s would add up to more than 2^127 - 1 of the smallest unit of %.*s",
                 rejection->to_side ? "credits" : "debits", length, account, (int)asset->length, asset->code);
        return;
    case REJECTION_INSUFFICIENT:
        text_add(text, "%.*s has %s", length, account, most);
        text_balance(text, rejection->have, asset);
        text_add(text, " %.*s available, ", (int)asset->length, asset->code);
        text_amount(text, rejection->need, asset);
        text_add(text, " needed");
        return;
    case REJECTION_CEILING:
        text_add(text, "%.*s has room for %s", length, account, most);
        text_balance(text, rejection->have, asset);
        text_add(text, " %.*s below its ceiling, ", (int)asset->length, asset->code);
        text_amount(text, rejection->need, asset);
        text_add(text, " would come in");
        return;
    case REJECTION_NONE:
    case REJECTION_EXISTS: break;
    }
    assert(false && "a transfer is not rejected for this");
}

size_t rejection_write(const struct transfer_message *message, char *out)
{
    struct text text = {out, 0};
    text_add(&text, "%s ", rejection_code_name(message->rejection.code));
    if (message->leg_count > 1 && message->rejection.code != REJECTION_IDREUSED)
        text_add(&text, "leg %u: ", message->rejection.leg + 1U);
    write_sentence(&text, message);
    return text.length;
}
