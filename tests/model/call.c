/* call.c: see call.h. */
#include "tests/model/call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    struct word *older;
    char text[];
};

const char *words_keep(struct words *words, const char *text, size_t length)
{
    struct word *word = malloc(sizeof *word + length + 1);
    assert(word != NULL);
    word->older = words->newest;
    memcpy(word->text, text, length);
    word->text[length] = '\0';
    words->newest = word;
    return word->text;
}

const char *words_printf(struct words *words, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof text);
    return words_keep(words, text, (size_t)length);
}

void words_free(struct words *words)
{
    while (words->newest != NULL) {
        struct word *word = words->newest;
        words->newest = word->older;
        free(word);
    }
}

struct decimal call_amount(const char *text)
{
    struct decimal value = {0};
    enum decimal_status status = decimal_parse(text, strlen(text), &value);
    assert(status == DECIMAL_OK);
    return value;
}

struct call call_plain(enum call_kind kind, const char *name)
{
    return (struct call){.kind = kind, .name = name};
}

struct call call_open(const char *account, const char *asset)
{
    return (struct call){.kind = CALL_OPEN, .name = account, .asset = asset};
}

static struct call call_leg(enum call_kind kind, const char *id, const char *from, const char *to,
                            const char *amount)
{
    struct call call = {.kind = kind, .name = id, .note = "", .leg_count = 1};
    call.legs[0] = (struct call_leg){from, to, call_amount(amount)};
    return call;
}

struct call call_transfer(const char *id, const char *from, const char *to, const char *amount)
{
    return call_leg(CALL_TRANSFER, id, from, to, amount);
}

struct call call_deposit(const char *id, const char *account, const char *amount)
{
    return call_leg(CALL_DEPOSIT, id, "@world", account, amount);
}

struct call call_withdraw(const char *id, const char *account, const char *amount)
{
    return call_leg(CALL_WITHDRAW, id, account, "@world", amount);
}

struct call call_balance(const char *account)
{
    return (struct call){.kind = CALL_BALANCES, .account_count = 1, .accounts = {account}};
}

bool call_moves_money(const struct call *call)
{
    return call->kind == CALL_TRANSFER || call->kind == CALL_DEPOSIT || call->kind == CALL_WITHDRAW;
}

static void write_decimal(struct buffer *out, const char *before, struct decimal value)
{
    char text[AMOUNT_TEXT_MAX];
    buffer_printf(out, "%s%.*s", before, (int)decimal_format(value, text), text);
}

static void write_open(const struct call *call, struct buffer *out)
{
    buffer_printf(out, "OPEN %s %s", call->name, call->asset);
    if (call->unlimited)
        buffer_printf(out, " UNLIMITED");
    else
        write_decimal(out, " OVERDRAFT ", call->overdraft);
    if (call->has_ceiling)
        write_decimal(out, " CEILING ", call->ceiling);
}

static void write_legs(const struct call *call, const char *word, struct buffer *out)
{
    buffer_printf(out, "%s %s", word, call->name);
    for (unsigned i = 0; i < call->leg_count; i++) {
        const struct call_leg *leg = &call->legs[i];
        if (call->kind != CALL_DEPOSIT)
            buffer_printf(out, " %s", leg->from);
        if (call->kind != CALL_WITHDRAW)
            buffer_printf(out, " %s", leg->to);
        write_decimal(out, " ", leg->amount);
    }
    if (call->note[0] != '\0')
        buffer_printf(out, " NOTE '%s'", call->note);
}

void call_write(const struct call *call, struct buffer *out)
{
    switch (call->kind) {
    case CALL_ASSET: buffer_printf(out, "ASSET %s %u", call->name, call->scale); return;
    case CALL_ASSETS: buffer_printf(out, "ASSETS"); return;
    case CALL_OPEN: write_open(call, out); return;
    case CALL_BALANCES:
        buffer_printf(out, "BALANCES");
        for (unsigned i = 0; i < call->account_count; i++)
            buffer_printf(out, " %s", call->accounts[i]);
        return;
    case CALL_ACCOUNT: buffer_printf(out, "ACCOUNT %s", call->name); return;
    case CALL_ACCOUNTS:
        buffer_printf(out, "ACCOUNTS %llu COUNT %u", (unsigned long long)call->after, call->count);
        return;
    case CALL_TRANSFER: write_legs(call, "TRANSFER", out); return;
    case CALL_DEPOSIT: write_legs(call, "DEPOSIT", out); return;
    case CALL_WITHDRAW: write_legs(call, "WITHDRAW", out); return;
    case CALL_LOOKUP: buffer_printf(out, "LOOKUP %s", call->name); return;
    case CALL_TRIAL: buffer_printf(out, "TRIAL"); return;
    case CALL_DBSIZE: buffer_printf(out, "DBSIZE"); return;
    }
}
