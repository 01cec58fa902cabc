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

struct call call_hold(const char *id, const char *from, const char *to, const char *amount, uint64_t seconds)
{
    struct call call = call_leg(CALL_HOLD, id, from, to, amount);
    call.seconds = seconds;
    return call;
}

struct call call_undo(enum call_kind kind, const char *id, const char *target)
{
    return (struct call){.kind = kind, .name = id, .target = target};
}

struct call call_extend(const char *id, const char *hold, uint64_t seconds)
{
    return (struct call){.kind = CALL_EXTEND, .name = id, .target = hold, .seconds = seconds};
}

struct call call_capture(const char *id, const char *hold, const char *amount)
{
    struct call call = {.kind = CALL_CAPTURE, .name = id, .target = hold, .has_amount = amount != NULL};
    if (amount != NULL)
        call.amount = call_amount(amount);
    return call;
}

struct call call_sweep(const char *id, const char *from, const char *to, const char *max)
{
    struct call call = {.kind = CALL_SWEEP, .name = id, .leg_count = 1, .has_amount = max != NULL};
    call.legs[0] = (struct call_leg){.from = from, .to = to};
    if (max != NULL)
        call.amount = call_amount(max);
    return call;
}

struct call call_multi(const struct call *parts, unsigned count)
{
    return (struct call){.kind = CALL_MULTI, .parts = parts, .part_count = count};
}

struct call call_clock(uint64_t time)
{
    return (struct call){.kind = CALL_CLOCK, .time = time};
}

void call_add_condition(struct call *call, const char *account, enum call_relation relation,
                        const char *amount)
{
    assert(call->condition_count < CALL_CONDITIONS_MAX);
    bool negative = amount[0] == '-';
    call->conditions[call->condition_count++] =
        (struct call_condition){account, relation, negative, call_amount(amount + negative)};
}

bool call_moves_money(const struct call *call)
{
    return call->kind == CALL_TRANSFER || call->kind == CALL_DEPOSIT || call->kind == CALL_WITHDRAW;
}

bool call_has_id(const struct call *call)
{
    return call_moves_money(call) || (call->kind >= CALL_SWEEP && call->kind <= CALL_REVERSE);
}

const char *call_word(const struct call *call)
{
    static const char *const words[] = {
        [CALL_ASSET] = "ASSET",       [CALL_ASSETS] = "ASSETS",   [CALL_OPEN] = "OPEN",
        [CALL_BALANCES] = "BALANCES", [CALL_ACCOUNT] = "ACCOUNT", [CALL_ACCOUNTS] = "ACCOUNTS",
        [CALL_TRANSFER] = "TRANSFER", [CALL_DEPOSIT] = "DEPOSIT", [CALL_WITHDRAW] = "WITHDRAW",
        [CALL_LOOKUP] = "LOOKUP",     [CALL_TRIAL] = "TRIAL",     [CALL_DBSIZE] = "DBSIZE",
        [CALL_LIMIT] = "LIMIT",       [CALL_FREEZE] = "FREEZE",   [CALL_THAW] = "THAW",
        [CALL_CLOSE] = "CLOSE",       [CALL_SWEEP] = "SWEEP",     [CALL_HOLD] = "HOLD",
        [CALL_CAPTURE] = "CAPTURE",   [CALL_EXTEND] = "EXTEND",   [CALL_VOID] = "VOID",
        [CALL_REVERSE] = "REVERSE",   [CALL_MULTI] = "MULTI",     [CALL_CLOCK] = "CLOCK",
        [CALL_EXPIRE] = "EXPIRE"};
    return call->kind == CALL_BALANCES && call->account_count == 1 ? "BALANCE" : words[call->kind];
}

static void write_decimal(struct buffer *out, const char *before, struct decimal value)
{
    char text[AMOUNT_TEXT_MAX];
    buffer_printf(out, "%s%.*s", before, (int)decimal_format(value, text), text);
}

static void write_options(const struct call *call, struct buffer *out)
{
    if (call->unlimited)
        buffer_printf(out, " UNLIMITED");
    else if (call->kind == CALL_OPEN || call->has_overdraft)
        write_decimal(out, " OVERDRAFT ", call->overdraft);
    if (call->has_ceiling)
        write_decimal(out, " CEILING ", call->ceiling);
    if (call->no_ceiling)
        buffer_printf(out, " NOCEILING");
}

static void write_legs(const struct call *call, struct buffer *out)
{
    for (unsigned i = 0; i < call->leg_count; i++) {
        const struct call_leg *leg = &call->legs[i];
        if (call->kind != CALL_DEPOSIT)
            buffer_printf(out, " %s", leg->from);
        if (call->kind != CALL_WITHDRAW)
            buffer_printf(out, " %s", leg->to);
        if (call->kind != CALL_SWEEP)
            write_decimal(out, " ", leg->amount);
    }
}

static void write_conditions(const struct call *call, struct buffer *out)
{
    static const char *const relations[] = {"GE", "LE", "EQ"};
    for (unsigned i = 0; i < call->condition_count; i++) {
        const struct call_condition *condition = &call->conditions[i];
        buffer_printf(out, " IF %s %s", condition->account, relations[condition->relation]);
        write_decimal(out, condition->negative ? " -" : " ", condition->amount);
    }
}

static void write_parts(const struct call *call, struct buffer *out)
{
    for (unsigned i = 0; i < call->part_count; i++) {
        buffer_printf(out, "%s", i == 0 ? " " : "; ");
        call_write(&call->parts[i], out);
    }
    buffer_printf(out, " EXEC");
}

void call_write(const struct call *call, struct buffer *out)
{
    buffer_printf(out, "%s", call_word(call));
    if (call->name != NULL)
        buffer_printf(out, " %s", call->name);
    if (call->target != NULL)
        buffer_printf(out, " %s", call->target);
    if (call->kind == CALL_ASSET)
        buffer_printf(out, " %u", call->scale);
    if (call->kind == CALL_OPEN)
        buffer_printf(out, " %s", call->asset);
    if (call->kind == CALL_ACCOUNTS)
        buffer_printf(out, " %llu COUNT %u", (unsigned long long)call->after, call->count);
    if (call->kind == CALL_CLOCK)
        buffer_printf(out, " %llu", (unsigned long long)call->time);
    if (call->kind == CALL_OPEN || call->kind == CALL_LIMIT)
        write_options(call, out);
    for (unsigned i = 0; i < call->account_count; i++)
        buffer_printf(out, " %s", call->accounts[i]);
    write_legs(call, out);
    if (call->has_amount)
        write_decimal(out, call->kind == CALL_SWEEP ? " MAX " : " ", call->amount);
    if (call->seconds > 0)
        buffer_printf(out, "%s%llu", call->kind == CALL_HOLD ? " TTL " : " ",
                      (unsigned long long)call->seconds);
    if (call->keep)
        buffer_printf(out, " KEEP");
    write_conditions(call, out);
    if (call->note != NULL && call->note[0] != '\0')
        buffer_printf(out, " NOTE '%s'", call->note);
    if (call->kind == CALL_MULTI)
        write_parts(call, out);
}
