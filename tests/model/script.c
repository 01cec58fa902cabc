/* script.c: see script.h. */
#include "tests/model/script_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 12 /* calls that a report shows */

const char *const script_accounts[SCRIPT_ACCOUNTS] = {
    "alice",       "bob",
    "carol",       "dave",
    "{shop}:till", "{shop}:safe",
    "fees",        "a/b-c.d_e:f{g}",
    "eur",         "points",
    "wei",         "a.name.as.long.as.names.may.be.which.is.sixty.four.bytes.0123456"};

/* Most accounts are of one asset, so that most transfers are within one. */
static const char *const account_assets[SCRIPT_ACCOUNTS] = {"USD", "USD", "USD", "USD",    "USD", "USD",
                                                            "USD", "USD", "EUR", "POINTS", "ETH", "USD"};

static const char *const missing[] = {"nobody", "@world", "@world/", "{shop}:none", "@world/NOPE"};
static const char *const worlds[] = {"@world/USD", "@world/EUR", "@world/POINTS", "@world/ETH"};
static const char *const notes[] = {"", "", "", "rent", "for the \"second\" time"};

/* Amounts that are special to some asset or to 128 bits. */
static const char *const edges[] = {
    "0",
    "0.00",
    "0.01",
    "5.0",
    "5.00",
    "5.000",
    "0.000000000000000001",
    "12.3456789",
    "850705917302346158658436518579420528.63", /* 2^126 - 1 cents */
    "850705917302346158658436518579420528.64",
    "850705917302346158658436518579420528.62",
    "3402823669209384634633746074317682114.55", /* 2^128 - 1 cents */
    "340282366920938463463374607431768211455",  /* does not fit in cents */
    "85070591730234615865.843651857942052863"   /* 2^126 - 1 wei */
};

struct decimal script_amount(struct dice *dice)
{
    if (dice_below(dice, 12) == 0)
        return call_amount(PICK(dice, edges));
    /* Small, so that limits of tens are met by a few together. */
    unsigned digits = dice_below(dice, 3);
    amount_t units = 1 + dice_below(dice, 20);
    for (unsigned i = 0; i < digits; i++)
        units *= 10;
    return (struct decimal){units, (uint8_t)digits};
}

const char *script_account(struct dice *dice)
{
    unsigned throw = dice_below(dice, 40);
    if (throw == 0)
        return PICK(dice, missing);
    if (throw <= 2)
        return PICK(dice, worlds);
    /* Half the time one of three: hot accounts. */
    return throw < 20 ? script_accounts[dice_below(dice, 3)] : PICK(dice, script_accounts);
}

struct call script_open(struct dice *dice, unsigned account)
{
    struct call call = call_open(script_accounts[account], account_assets[account]);
    switch (dice_below(dice, 8)) {
    case 0: call.overdraft = call_amount("10"); break;
    case 1:
        call.unlimited = true;
        call.has_ceiling = true;
        call.ceiling = call_amount("1000000");
        break;
    case 2:
    case 3:
        call.has_ceiling = true;
        call.ceiling = call_amount("60.0");
        break;
    case 4:
        call.overdraft = call_amount("25");
        call.has_ceiling = true;
        call.ceiling = call_amount("25");
        break;
    case 5:
        if (dice_below(dice, 2) == 0)
            call.overdraft = call_amount(PICK(dice, edges));
        else {
            call.has_ceiling = true;
            call.ceiling = call_amount(PICK(dice, edges));
        }
        break;
    default: break;
    }
    if (dice_below(dice, 60) == 0)
        call.asset = "NOPE";
    return call;
}

const char *script_id(struct script *script, struct dice *dice, size_t place)
{
    const char *tag = dice_below(dice, 6) == 0 ? "{shop}" : "";
    return words_printf(&script->words, "%st%u", tag, (unsigned)place);
}

struct call script_transfer(struct script *script, struct dice *dice, size_t place)
{
    struct call call = {
        .kind = CALL_TRANSFER, .name = script_id(script, dice, place), .note = PICK(dice, notes)};
    unsigned throw = dice_below(dice, 200);
    call.leg_count = throw == 0 ? LEGS_MAX : throw < 110 ? 1 : 2 + dice_below(dice, 4);
    for (unsigned i = 0; i < call.leg_count; i++) {
        struct call_leg *leg = &call.legs[i];
        bool chained = i > 0 && dice_below(dice, 2) == 0;
        leg->from = chained ? call.legs[i - 1].to : script_account(dice);
        leg->to = script_account(dice);
        if (strcmp(leg->from, leg->to) == 0 && dice_below(dice, 8) > 0)
            leg->to = PICK(dice, script_accounts);
        leg->amount = chained && dice_below(dice, 2) == 0 ? call.legs[i - 1].amount : script_amount(dice);
    }
    return call;
}

struct call script_world_transfer(struct script *script, struct dice *dice, size_t place)
{
    bool deposit = dice_below(dice, 3) > 0;
    struct call call = {.kind = deposit ? CALL_DEPOSIT : CALL_WITHDRAW,
                        .name = script_id(script, dice, place),
                        .note = PICK(dice, notes),
                        .leg_count = 1};
    const char *account = script_account(dice);
    call.legs[0] = (struct call_leg){.from = deposit ? "@world" : account,
                                     .to = deposit ? account : "@world",
                                     .amount = script_amount(dice)};
    return call;
}

void script_amount_lengthen(struct decimal *amount)
{
    if (amount->digits < AMOUNT_SCALE_MAX && amount->mantissa < AMOUNT_TOTAL_MAX / 10) {
        amount->mantissa *= 10;
        amount->digits++;
    }
}

/* The same money between the same accounts, said as another command: with "@world/USD" for "@world". */
static void kind_change(struct call *call)
{
    struct call_leg *leg = &call->legs[0];
    if (call->kind == CALL_DEPOSIT)
        leg->from = worlds[0];
    else if (call->kind == CALL_WITHDRAW)
        leg->to = worlds[0];
    else if (call->leg_count == 1 && leg->from == worlds[0])
        leg->from = "@world";
    else if (call->leg_count == 1 && leg->to == worlds[0])
        leg->to = "@world";
    else
        return;
    if (call->kind != CALL_TRANSFER)
        call->kind = CALL_TRANSFER;
    else
        call->kind = strcmp(leg->from, "@world") == 0 ? CALL_DEPOSIT : CALL_WITHDRAW;
    call->condition_count = 0; /* only a TRANSFER may have them */
}

static void sides_swap(struct call *call)
{
    struct call_leg *leg = &call->legs[call->leg_count - 1];
    const char *from = leg->from;
    if (call->kind != CALL_TRANSFER)
        return;
    leg->from = leg->to;
    leg->to = from;
}

/* An earlier transfer again: the same, the same in other words, or something else under its id. */
struct call script_retry(struct script *script, struct dice *dice, size_t place)
{
    /* Half the time a recent one, which may still be under way. */
    unsigned back = dice_below(dice, 2) == 0 ? SCRIPT_RECENT : (unsigned)place;
    struct call call = script->calls[place - 1 - dice_below(dice, back)];
    if (!call_moves_money(&call))
        return script_transfer(script, dice, place);
    script_change(script, dice, place, &call);
    return call;
}

void script_change(struct script *script, struct dice *dice, size_t place, struct call *changed)
{
    struct call call = *changed;
    switch (dice_below(dice, 16)) {
    case 0: script_amount_lengthen(&call.legs[0].amount); break;
    case 1: call.legs[call.leg_count - 1].amount = script_amount(dice); break;
    case 2: call.note = PICK(dice, notes); break;
    case 3: kind_change(&call); break;
    case 4: sides_swap(&call); break;
    case 5: call.leg_count = (call.leg_count + 1) / 2; break;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
        call = script_transfer(script, dice, place);
        call.name = changed->name;
        break;
    default: break;
    }
    *changed = call;
}

struct call script_balances(struct dice *dice)
{
    struct call call = {.kind = CALL_BALANCES};
    call.account_count = dice_below(dice, 3) == 0 ? 1 : 1 + dice_below(dice, CALL_ACCOUNTS_MAX);
    for (unsigned i = 0; i < call.account_count; i++)
        call.accounts[i] = script_account(dice);
    return call;
}

struct call script_look(struct dice *dice, const struct script *script, size_t place)
{
    static const enum call_kind kinds[] = {CALL_TRIAL,  CALL_TRIAL,    CALL_ASSETS,
                                           CALL_DBSIZE, CALL_ACCOUNTS, CALL_ACCOUNTS};
    struct call call = call_plain(PICK(dice, kinds), NULL);
    if (dice_below(dice, 3) > 0) {
        const struct call *earlier = &script->calls[place - 1 - dice_below(dice, SCRIPT_RECENT)];
        return call_moves_money(earlier) ? call_plain(CALL_LOOKUP, earlier->name)
                                         : call_plain(CALL_ACCOUNT, script_account(dice));
    }
    if (call.kind == CALL_ACCOUNTS) {
        call.after = dice_below(dice, 3) == 0 ? 0 : dice_below(dice, 40);
        call.count = 1 + dice_below(dice, 8);
    }
    return call;
}

struct call script_asset(struct dice *dice)
{
    static const char *const codes[] = {"USD", "POINTS", "A1", "B2", "LONGEST.CODE"};
    struct call call = call_plain(CALL_ASSET, PICK(dice, codes));
    call.scale = dice_below(dice, 3) > 0 ? 2 : dice_below(dice, AMOUNT_SCALE_MAX + 1);
    return call;
}

static struct call any_call(struct script *script, struct dice *dice, size_t place)
{
    unsigned throw = dice_below(dice, 100);
    if (throw < 48)
        return script_transfer(script, dice, place);
    if (throw < 60)
        return script_world_transfer(script, dice, place);
    if (throw < 72)
        return script_retry(script, dice, place);
    if (throw < 77)
        return script_open(dice, dice_below(dice, SCRIPT_ACCOUNTS));
    if (throw < 87)
        return script_balances(dice);
    if (throw < 98)
        return script_look(dice, script, place);
    return script_asset(dice);
}

/* One asset of any scale, most of the accounts, and some money in them. */
struct call script_opening(struct script *script, struct dice *dice, size_t place)
{
    if (place == 0) {
        struct call call = call_plain(CALL_ASSET, "POINTS");
        call.scale = dice_below(dice, AMOUNT_SCALE_MAX + 1);
        return call;
    }
    if (place <= SCRIPT_OPENED)
        return script_open(dice, (unsigned)place - 1);
    return call_deposit(words_printf(&script->words, "d%u", (unsigned)place),
                        script_accounts[(place - SCRIPT_OPENED) % SCRIPT_OPENED], "30");
}

struct dice script_begin(struct script *script, uint64_t seed, size_t count)
{
    assert(count > SCRIPT_OPENING);
    *script = (struct script){.calls = calloc(count, sizeof *script->calls), .count = count};
    assert(script->calls != NULL);
    return dice_of(seed);
}

struct call *script_parts_add(struct script *script, unsigned count)
{
    struct script_parts *parts = calloc(1, sizeof *parts + count * sizeof parts->calls[0]);
    assert(parts != NULL);
    parts->older = script->parts;
    script->parts = parts;
    return parts->calls;
}

void script_make(struct script *script, uint64_t seed, size_t count)
{
    struct dice dice = script_begin(script, seed, count);
    for (size_t i = 0; i < count; i++)
        script->calls[i] = i < SCRIPT_OPENING ? script_opening(script, &dice, i) : any_call(script, &dice, i);
}

void script_free(struct script *script)
{
    while (script->parts != NULL) {
        struct script_parts *parts = script->parts;
        script->parts = parts->older;
        free(parts);
    }
    words_free(&script->words);
    free(script->calls);
}

void script_write(const struct script *script, size_t last, struct buffer *out)
{
    for (size_t i = last >= LISTED_MAX ? last - LISTED_MAX + 1 : 0; i <= last; i++) {
        buffer_printf(out, "\n  %zu: ", i);
        call_write(&script->calls[i], out);
    }
}
