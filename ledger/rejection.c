/* rejection.c: see rejection.h. */
#include "ledger/rejection.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
    [REJECTION_IDREUSED] = "IDREUSED",     [REJECTION_SAMEACCOUNT] = "SAMEACCOUNT",
    [REJECTION_NOACCOUNT] = "NOACCOUNT",   [REJECTION_CLOSED] = "CLOSED",
    [REJECTION_FROZEN] = "FROZEN",         [REJECTION_ASSET] = "ASSET",
    [REJECTION_AMOUNT] = "AMOUNT",         [REJECTION_OVERFLOW] = "OVERFLOW",
    [REJECTION_CONDITION] = "CONDITION",   [REJECTION_INSUFFICIENT] = "INSUFFICIENT",
    [REJECTION_CEILING] = "CEILING",       [REJECTION_NOHOLD] = "NOHOLD",
    [REJECTION_CAPTURED] = "CAPTURED",     [REJECTION_VOIDED] = "VOIDED",
    [REJECTION_EXPIRED] = "EXPIRED",       [REJECTION_LEFT] = "AMOUNT",
    [REJECTION_NOTRANSFER] = "NOTRANSFER", [REJECTION_REVERSED] = "REVERSED",
    [REJECTION_EXISTS] = "EXISTS",         [REJECTION_NOTEMPTY] = "NOTEMPTY",
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

/* Why an amount, written so, is none of the asset. */
static void write_decimal(struct text *text, bool negative, struct decimal written,
                          const struct asset_tag *asset)
{
    char digits[AMOUNT_TEXT_MAX];
    const char *sign = negative ? "-" : "";
    int length = (int)decimal_format(written, digits);
    if (written.digits > asset->scale)
        text_add(text, "%s%.*s has %u fraction digits, %.*s has %u", sign, length, digits, written.digits,
                 (int)asset->length, asset->code, asset->scale);
    else
        text_add(text, "%s%.*s has more digits than fit 128 bits in the smallest unit of %.*s", sign, length,
                 digits, (int)asset->length, asset->code);
}

static void write_amount(struct text *text, const struct leg *leg, const struct asset_tag *asset)
{
    if (leg->mantissa == 0)
        text_add(text, "the amount is zero; it must be more");
    else
        write_decimal(text, false, (struct decimal){leg->mantissa, leg->digits}, asset);
}

/* Payer first, whichever side was looked at first. */
static void write_assets(struct text *text, const struct transfer_message *message)
{
    const struct rejection *rejection = &message->rejection;
    const struct leg *leg = &transfer_legs(message)[rejection->leg];
    const struct asset_tag *from = rejection->to_side ? &rejection->other : &rejection->asset;
    const struct asset_tag *to = rejection->to_side ? &rejection->asset : &rejection->other;
    text_add(text, "%.*s holds %.*s, %.*s holds %.*s", (int)leg->from.length,
             message_text(message, leg->from.offset), (int)from->length, from->code, (int)leg->to.length,
             message_text(message, leg->to.offset), (int)to->length, to->code);
}

static void write_insufficient(struct text *text, const struct rejection *rejection, int length,
                               const char *account)
{
    const struct asset_tag *asset = &rejection->asset;
    if (rejection->unlimited) {
        text_add(text, "%.*s is unlimited; a sweep needs an account that can be emptied", length, account);
        return;
    }
    text_add(text, "%.*s has %s", length, account, rejection->bound ? "at most " : "");
    text_balance(text, rejection->have, asset);
    text_add(text, " %.*s available, ", (int)asset->length, asset->code);
    if (rejection->need == 0) {
        text_add(text, "nothing to sweep");
        return;
    }
    text_amount(text, rejection->need, asset);
    text_add(text, " needed");
}

static void write_ceiling(struct text *text, const struct rejection *rejection, int length,
                          const char *account)
{
    const struct asset_tag *asset = &rejection->asset;
    text_add(text, "%.*s has room for %s", length, account, rejection->bound ? "at most " : "");
    text_balance(text, rejection->have, asset);
    text_add(text, " %.*s below its ceiling, ", (int)asset->length, asset->code);
    text_amount(text, rejection->need, asset);
    text_add(text, " would come in");
}

/* What is wrong with a condition, or with the account that is only looked at. */
static void write_condition(struct text *text, const struct transfer_message *message,
                            const struct operation *operation)
{
    static const char *const words[] = {[RELATION_AT_LEAST] = "at least",
                                        [RELATION_AT_MOST] = "at most",
                                        [RELATION_EXACTLY] = "exactly",
                                        [RELATION_ANY] = ""};
    const struct rejection *rejection = &message->rejection;
    const struct condition *condition =
        &transfer_conditions(message)[operation->condition + rejection->condition - 1];
    const struct asset_tag *asset = &condition->asset;
    const struct decimal level = {condition->mantissa, condition->digits};
    int length = condition->account.length;
    const char *account = message_text(message, condition->account.offset);
    if (rejection->code == REJECTION_NOACCOUNT) {
        text_add(text, "%.*s does not exist", length, account);
        return;
    }
    if (rejection->code == REJECTION_AMOUNT) {
        write_decimal(text, condition->negative, level, asset);
        return;
    }
    char digits[AMOUNT_TEXT_MAX];
    int have = (int)total_difference_format(condition->credits, condition->debits, asset->scale, digits);
    text_add(text, "%.*s has %.*s %.*s, needed is %s %s", length, account, have, digits, (int)asset->length,
             asset->code, words[condition->relation], condition->negative && level.mantissa != 0 ? "-" : "");
    amount_t amount;
    bool fits = decimal_to_amount(level, asset->scale, &amount);
    assert(fits);
    text_amount(text, amount, asset);
}

/* What is wrong with the hold or transfer that a command refers to. */
static void write_reference(struct text *text, const struct transfer_message *message,
                            const struct operation *operation)
{
    const struct rejection *rejection = &message->rejection;
    const struct asset_tag *asset = &rejection->asset;
    int length = operation->reference.length;
    const char *id = message_text(message, operation->reference.offset);
    switch ((enum rejection_code)rejection->code) {
    case REJECTION_NOHOLD: text_add(text, "%.*s is not a hold", length, id); return;
    case REJECTION_CAPTURED: text_add(text, "hold %.*s was captured before", length, id); return;
    case REJECTION_VOIDED: text_add(text, "hold %.*s was voided", length, id); return;
    case REJECTION_EXPIRED: text_add(text, "hold %.*s has expired", length, id); return;
    case REJECTION_NOTRANSFER:
        text_add(text, "%.*s is not a transfer that is remembered", length, id);
        return;
    case REJECTION_REVERSED: text_add(text, "%.*s was reversed before", length, id); return;
    default: break;
    }
    text_add(text, "hold %.*s has ", length, id);
    text_amount(text, (amount_t)rejection->have, asset); /* it may take all 128 bits */
    text_add(text, " %.*s left, ", (int)asset->length, asset->code);
    text_amount(text, rejection->need, asset);
    text_add(text, " asked");
}

/* What is wrong with a leg. */
static void write_leg(struct text *text, const struct transfer_message *message)
{
    const struct rejection *rejection = &message->rejection;
    const struct leg *leg = &transfer_legs(message)[rejection->leg];
    const struct name *at_fault = rejection->to_side ? &leg->to : &leg->from;
    int length = at_fault->length;
    const char *account = message_text(message, at_fault->offset);
    const struct asset_tag *asset = &rejection->asset;
    switch ((enum rejection_code)rejection->code) {
    case REJECTION_SAMEACCOUNT: text_add(text, "from and to are both %.*s", length, account); return;
    case REJECTION_NOACCOUNT: text_add(text, "%.*s does not exist", length, account); return;
    case REJECTION_CLOSED: text_add(text, "%.*s is closed", length, account); return;
    case REJECTION_FROZEN: text_add(text, "%.*s is frozen", length, account); return;
    case REJECTION_ASSET: write_assets(text, message); return;
    case REJECTION_AMOUNT: write_amount(text, leg, asset); return;
    case REJECTION_OVERFLOW:
        text_add(text, "the %s of %.*s would add up to more than 2^126 - 1 of the smallest unit of %.*s",
                 rejection->to_side ? "credits" : "debits", length, account, (int)asset->length, asset->code);
        return;
    case REJECTION_INSUFFICIENT: write_insufficient(text, rejection, length, account); return;
    case REJECTION_CEILING: write_ceiling(text, rejection, length, account); return;
    default: break;
    }
    assert(false && "a leg is not rejected for this");
}

static bool is_about_reference(uint8_t code)
{
    return code >= REJECTION_NOHOLD && code <= REJECTION_REVERSED;
}

static void write_sentence(struct text *text, const struct transfer_message *message,
                           const struct operation *operation)
{
    const struct rejection *rejection = &message->rejection;
    if (rejection->code == REJECTION_IDREUSED)
        text_add(text, "id %.*s was used before for something else; a new transfer needs a new id",
                 (int)operation->id.length, message_text(message, operation->id.offset));
    else if (rejection->condition > 0)
        write_condition(text, message, operation);
    else if (is_about_reference(rejection->code))
        write_reference(text, message, operation);
    else {
        if (operation->leg_count > 1)
            text_add(text, "leg %u: ", rejection->leg - operation->leg + 1U);
        write_leg(text, message);
    }
}

size_t rejection_write(const struct transfer_message *message, char *out)
{
    static const char *const commands[] = {"TRANSFER", "DEPOSIT", "WITHDRAW", "SWEEP",  "CAPTURE", "REVERSE",
                                           "HOLD",     "EXTEND",  "VOID",     "EXPIRE", "BALANCE"};
    const struct operation *operation = transfer_operation(message, message->rejection.leg);
    struct text text = {out, 0};
    if (message->several)
        text_add(&text, "EXECABORT command %u, %s: ", (unsigned)(operation - message->operations) + 1U,
                 commands[operation->type]);
    text_add(&text, "%s ", rejection_code_name(message->rejection.code));
    write_sentence(&text, message, operation);
    return text.length;
}
