/* script_whole.c: scripts of everything that the reference knows. See script.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/reference.h"
#include "tests/model/script_state.h"

#define SOUGHT    60 /* calls back, in which something to refer to is sought */
#define FOUND_MAX 16
#define PARTS_MAX 6
#define SECOND    UINT64_C(1000000000) /* nanoseconds */

/* A script in the making. What is made is executed at once, so that later calls can refer to what there is.
 */
struct maker {
    struct script *script;
    struct dice dice;
    size_t place;
    struct reference *reference;
    bool *worked; /* by place: the call was no error */
};

typedef bool call_test(const struct call *call);

/* Earlier calls that a new one may refer to, the newest first. */
struct found {
    const struct call *calls[FOUND_MAX];
    unsigned count;
};

static void found_add(struct found *found, const struct call *call, call_test *wanted)
{
    if (found->count < FOUND_MAX && wanted(call))
        found->calls[found->count++] = call;
}

/* One of the newest calls, or parts of MULTIs, of some kind, most of the time one that worked; NULL when
 * there is none. */
static const struct call *earlier(struct maker *maker, call_test *wanted)
{
    struct found found = {0};
    bool failed_too = dice_below(&maker->dice, 6) == 0;
    for (size_t i = maker->place; i > 0 && i + SOUGHT > maker->place; i--) {
        const struct call *call = &maker->script->calls[i - 1];
        if (!failed_too && !maker->worked[i - 1])
            continue;
        found_add(&found, call, wanted);
        for (unsigned part = 0; part < call->part_count; part++)
            found_add(&found, &call->parts[part], wanted);
    }
    return found.count == 0 ? NULL : found.calls[dice_below(&maker->dice, found.count)];
}

static bool is_hold(const struct call *call)
{
    return call->kind == CALL_HOLD;
}

static bool is_posted(const struct call *call)
{
    return call_moves_money(call) || call->kind == CALL_SWEEP || call->kind == CALL_CAPTURE ||
           call->kind == CALL_REVERSE;
}

static bool is_freeze(const struct call *call)
{
    return call->kind == CALL_FREEZE;
}

static bool is_sweep(const struct call *call)
{
    return call->kind == CALL_SWEEP;
}

static bool is_unlimited(const struct call *call)
{
    return (call->kind == CALL_OPEN || call->kind == CALL_LIMIT) && call->unlimited && !call->has_ceiling;
}

static bool can_be_repeated(const struct call *call)
{
    return call_has_id(call) || call->kind == CALL_MULTI;
}

/* The id of an earlier call of the kind that is wanted; now and then of any, or of none. */
static const char *earlier_id(struct maker *maker, call_test *wanted)
{
    unsigned throw = dice_below(&maker->dice, 24);
    const struct call *call = earlier(maker, throw == 0 ? call_has_id : wanted);
    return throw == 1 || call == NULL ? "nothing" : call->name;
}

static const char *own_account(struct maker *maker)
{
    return dice_below(&maker->dice, 40) == 0 ? "nobody" : PICK(&maker->dice, script_accounts);
}

static struct call make_open(struct maker *maker)
{
    /* Half the time one of those that the opening leaves out. */
    unsigned first = dice_below(&maker->dice, 2) == 0 ? SCRIPT_OPENED : 0;
    struct call call = script_open(&maker->dice, first + dice_below(&maker->dice, SCRIPT_ACCOUNTS - first));
    if (call.unlimited && dice_below(&maker->dice, 3) > 0) {
        call.has_ceiling = false;
        call.ceiling = (struct decimal){0};
    }
    return call;
}

/* The most that fits into an account whose totals may have no bound. */
static struct call make_flood(struct maker *maker)
{
    const struct call *open = earlier(maker, is_unlimited);
    const char *id = script_id(maker->script, &maker->dice, maker->place);
    return call_deposit(id, open != NULL ? open->name : own_account(maker),
                        "850705917302346158658436518579420528.63");
}

static struct call make_limit(struct maker *maker)
{
    struct dice *dice = &maker->dice;
    const struct call *open = dice_below(dice, 3) == 0 ? earlier(maker, is_unlimited) : NULL;
    struct call call = call_plain(CALL_LIMIT, open != NULL ? open->name : own_account(maker));
    unsigned options = 1 + dice_below(dice, 3);
    if ((options & 1) != 0) {
        call.unlimited = dice_below(dice, 3) == 0;
        call.has_overdraft = !call.unlimited;
        if (call.has_overdraft && dice_below(dice, 2) == 0)
            call.overdraft = script_amount(dice);
    }
    if ((options & 2) != 0) {
        call.no_ceiling = dice_below(dice, 2) == 0;
        call.has_ceiling = !call.no_ceiling;
        if (call.has_ceiling)
            call.ceiling = dice_below(dice, 3) == 0 ? call_amount("60") : script_amount(dice);
    }
    return call;
}

static struct call make_freeze(struct maker *maker)
{
    const struct call *hold = dice_below(&maker->dice, 2) == 0 ? earlier(maker, is_hold) : NULL;
    bool own = hold != NULL && hold->legs[0].from[0] != '@';
    return call_plain(CALL_FREEZE, own ? hold->legs[0].from : own_account(maker));
}

static struct call make_thaw(struct maker *maker)
{
    const struct call *frozen = dice_below(&maker->dice, 8) > 0 ? earlier(maker, is_freeze) : NULL;
    return call_plain(CALL_THAW, frozen != NULL ? frozen->name : own_account(maker));
}

/* Half the time what was swept: it may be empty. Seldom one of the hot accounts, which are gone then. */
static struct call make_close(struct maker *maker)
{
    const struct call *swept = dice_below(&maker->dice, 2) == 0 ? earlier(maker, is_sweep) : NULL;
    const char *account = own_account(maker);
    if (swept != NULL && swept->legs[0].from[0] != '@')
        account = swept->legs[0].from;
    for (unsigned i = 0; i < 3 && dice_below(&maker->dice, 8) > 0; i++) {
        if (strcmp(account, script_accounts[i]) == 0)
            account = script_accounts[SCRIPT_ACCOUNTS - 1 - i];
    }
    return call_plain(CALL_CLOSE, account);
}

static void add_conditions(struct maker *maker, struct call *call)
{
    static const char *const bounds[] = {"0", "0.00", "5", "10.5", "30", "40", "1000"};
    struct dice *dice = &maker->dice;
    unsigned count = dice_below(dice, 40) == 0 ? CALL_CONDITIONS_MAX : 1 + dice_below(dice, 2);
    for (unsigned i = 0; i < count; i++) {
        const char *account = dice_below(dice, 2) == 0 ? call->legs[0].from : script_account(dice);
        enum call_relation relation = dice_below(dice, 8) == 0   ? CALL_EXACTLY
                                      : dice_below(dice, 2) == 0 ? CALL_AT_LEAST
                                                                 : CALL_AT_MOST;
        call_add_condition(call, account, relation, PICK(dice, bounds));
        struct call_condition *condition = &call->conditions[i];
        if (dice_below(dice, 4) == 0)
            condition->amount = script_amount(dice);
        condition->negative = condition->amount.mantissa != 0 && dice_below(dice, 8) == 0;
    }
}

static struct call make_transfer(struct maker *maker)
{
    struct call call = script_transfer(maker->script, &maker->dice, maker->place);
    if (dice_below(&maker->dice, 5) == 0)
        add_conditions(maker, &call);
    return call;
}

static struct call make_world_transfer(struct maker *maker)
{
    return script_world_transfer(maker->script, &maker->dice, maker->place);
}

static struct call make_sweep(struct maker *maker)
{
    struct dice *dice = &maker->dice;
    struct call call = call_sweep(script_id(maker->script, dice, maker->place), script_account(dice),
                                  script_account(dice), NULL);
    call.has_amount = dice_below(dice, 2) == 0;
    if (call.has_amount)
        call.amount = script_amount(dice);
    return call;
}

static struct call make_hold(struct maker *maker)
{
    struct dice *dice = &maker->dice;
    struct call call = script_transfer(maker->script, dice, maker->place);
    call.kind = CALL_HOLD;
    call.leg_count = 1;
    if (dice_below(dice, 3) > 0)
        call.seconds = 1 + dice_below(dice, 20);
    return call;
}

static struct call make_capture(struct maker *maker)
{
    struct dice *dice = &maker->dice;
    struct call call =
        call_capture(script_id(maker->script, dice, maker->place), earlier_id(maker, is_hold), NULL);
    call.has_amount = dice_below(dice, 3) > 0;
    if (call.has_amount && dice_below(dice, 3) == 0)
        call.amount = script_amount(dice);
    else if (call.has_amount)
        call.amount = (struct decimal){1 + dice_below(dice, 50), 1}; /* less than most holds */
    call.keep = dice_below(dice, 2) == 0;
    return call;
}

static struct call make_extend(struct maker *maker)
{
    return call_extend(script_id(maker->script, &maker->dice, maker->place), earlier_id(maker, is_hold),
                       1 + dice_below(&maker->dice, 20));
}

static struct call make_void(struct maker *maker)
{
    return call_undo(CALL_VOID, script_id(maker->script, &maker->dice, maker->place),
                     earlier_id(maker, is_hold));
}

static struct call make_reverse(struct maker *maker)
{
    return call_undo(CALL_REVERSE, script_id(maker->script, &maker->dice, maker->place),
                     earlier_id(maker, is_posted));
}

static struct call make_balances(struct maker *maker)
{
    return script_balances(&maker->dice);
}

static struct call make_asset(struct maker *maker)
{
    return script_asset(&maker->dice);
}

static struct call make_look(struct maker *maker)
{
    const struct call *call = dice_below(&maker->dice, 2) == 0 ? earlier(maker, call_has_id) : NULL;
    return call != NULL ? call_plain(CALL_LOOKUP, call->name)
                        : script_look(&maker->dice, maker->script, maker->place);
}

/* Time goes by: half a second, or up to half a minute. */
static struct call make_clock(struct maker *maker)
{
    unsigned halves = 1 + dice_below(&maker->dice, dice_below(&maker->dice, 3) == 0 ? 60 : 8);
    maker->script->clock += halves * SECOND / 2 + dice_below(&maker->dice, 2);
    return call_clock(maker->script->clock);
}

/* What a MULTI may consist of. */
static bool can_be_part(const struct call *call)
{
    return call_moves_money(call) || call->kind == CALL_HOLD || call->kind == CALL_CAPTURE ||
           call->kind == CALL_VOID;
}

static bool has_part(const struct call *parts, unsigned count, const char *id)
{
    for (unsigned i = 0; i < count; i++) {
        if (parts[i].name != NULL && strcmp(parts[i].name, id) == 0)
            return true;
    }
    return false;
}

static struct call new_part(struct maker *maker)
{
    static struct call (*const makers[])(struct maker *) = {make_transfer, make_world_transfer, make_hold,
                                                            make_capture,  make_capture,        make_void};
    unsigned throw = dice_below(&maker->dice, 8);
    if (throw == 0)
        return call_balance(script_account(&maker->dice));
    struct call part = throw < 3 ? make_world_transfer(maker) : PICK(&maker->dice, makers)(maker);
    if (call_moves_money(&part) && part.leg_count > 4)
        part.leg_count = 4; /* 128 legs are all that a MULTI may have */
    return part;
}

/* A part that was not done before, or now and then one that was; each id once in a MULTI. */
static void add_part(struct maker *maker, struct call *parts, unsigned *count)
{
    struct call part = new_part(maker);
    if (part.name != NULL)
        part.name = words_printf(&maker->script->words, "%s.%u", part.name, *count);
    const struct call *before = dice_below(&maker->dice, 8) == 0 ? earlier(maker, can_be_part) : NULL;
    if (before != NULL && before->leg_count <= 4 && !has_part(parts, *count, before->name))
        part = *before;
    parts[(*count)++] = part;
}

static struct call make_multi(struct maker *maker)
{
    struct call *parts = script_parts_add(maker->script, PARTS_MAX);
    unsigned wanted = dice_below(&maker->dice, 40) == 0 ? 0 : 1 + dice_below(&maker->dice, 3);
    unsigned count = 0;
    if (wanted == 3)
        wanted += dice_below(&maker->dice, PARTS_MAX - 2);
    while (count < wanted)
        add_part(maker, parts, &count);
    return call_multi(parts, count);
}

/* The same MULTI with a part left out, added, or changed under its id. */
static void change_multi(struct maker *maker, struct call *multi)
{
    struct call *parts = script_parts_add(maker->script, PARTS_MAX + 1);
    unsigned count = multi->part_count;
    if (count > 0)
        memcpy(parts, multi->parts, count * sizeof *parts);
    unsigned throw = dice_below(&maker->dice, 8);
    struct call *last = &parts[count == 0 ? 0 : count - 1];
    if (throw < 3 && count > 0)
        count--;
    else if (throw < 6 && count < PARTS_MAX)
        add_part(maker, parts, &count);
    else if (count > 0 && call_moves_money(last) && last->leg_count <= 4)
        last->legs[0].amount = script_amount(&maker->dice);
    *multi = call_multi(parts, count);
}

/* Something else under the id of a call that refers to another, or the same in other words. */
static void change_reference(struct maker *maker, struct call *call)
{
    struct dice *dice = &maker->dice;
    switch (dice_below(dice, 6)) {
    case 0:
        if (call->target != NULL)
            call->target = earlier_id(maker, is_hold);
        else
            call->legs[0].to = script_account(dice);
        break;
    case 1: call->keep = call->kind == CALL_CAPTURE && !call->keep; break;
    case 2:
        if (call->seconds > 0)
            call->seconds++;
        break;
    case 3: script_amount_lengthen(call->has_amount ? &call->amount : &call->legs[0].amount); break;
    case 4:
        if (call->kind == CALL_CAPTURE || call->kind == CALL_SWEEP) {
            call->has_amount = !call->has_amount;
            call->amount = call->has_amount ? script_amount(dice) : (struct decimal){0};
        }
        break;
    default: *call = call_undo(CALL_VOID, call->name, earlier_id(maker, is_hold)); break;
    }
}

/* An earlier command again, most of the time the same. */
static struct call make_retry(struct maker *maker)
{
    const struct call *before = earlier(maker, can_be_repeated);
    if (before == NULL || dice_below(&maker->dice, 4) == 0)
        return script_retry(maker->script, &maker->dice, maker->place);
    struct call call = *before;
    if (dice_below(&maker->dice, 5) < 3)
        return call;
    if (call.kind == CALL_MULTI)
        change_multi(maker, &call);
    else if (call.condition_count > 0 && dice_below(&maker->dice, 2) == 0)
        call.condition_count--;
    else if (call_moves_money(&call))
        script_change(maker->script, &maker->dice, maker->place, &call);
    else
        change_reference(maker, &call);
    return call;
}

/* Of a hundred calls so many. */
static const struct {
    unsigned odds;
    struct call (*make)(struct maker *maker);
} makers[] = {{20, make_transfer}, {9, make_world_transfer}, {4, make_sweep}, {11, make_hold},
              {8, make_capture},   {2, make_extend},         {3, make_void},  {4, make_reverse},
              {6, make_multi},     {10, make_retry},         {4, make_open},  {2, make_limit},
              {1, make_freeze},    {2, make_thaw},           {1, make_close}, {4, make_balances},
              {4, make_look},      {3, make_clock},          {1, make_asset}, {1, make_flood}};

static struct call any_call(struct maker *maker)
{
    unsigned throw = dice_below(&maker->dice, 100);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        if (throw < makers[i].odds)
            return makers[i].make(maker);
        throw -= makers[i].odds;
    }
    assert(false && "the odds add up to 100");
    return make_transfer(maker);
}

/* The dice of one call: bytes that are given, and others that follow from them. */
static struct dice given_dice(const uint8_t *given, size_t size)
{
    uint64_t seed = 0;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ given[i]) * UINT64_C(0x100000001b3); /* FNV-1a's prime */
    struct dice dice = dice_of(seed);
    dice.given = given;
    dice.given_count = size;
    return dice;
}

/* Makes all calls; each behind the opening of what it is given, where `given` is not NULL. */
static void make_all(struct script *script, uint64_t seed, size_t count, const uint8_t *given, size_t size)
{
    struct maker maker = {.script = script,
                          .dice = script_begin(script, seed, count),
                          .reference = reference_create(),
                          .worked = calloc(count, sizeof *maker.worked)};
    struct buffer reply = {0};
    assert(maker.worked != NULL);
    script->clock = REFERENCE_EPOCH;
    for (; maker.place < count; maker.place++) {
        struct call *call = &script->calls[maker.place];
        if (given != NULL && maker.place >= SCRIPT_OPENING) {
            size_t taken = size < SCRIPT_CALL_BYTES ? size : SCRIPT_CALL_BYTES;
            maker.dice = given_dice(given, taken);
            given += taken;
            size -= taken;
        }
        *call = maker.place < SCRIPT_OPENING ? script_opening(script, &maker.dice, maker.place)
                                             : any_call(&maker);
        reference_call(maker.reference, call, &reply);
        maker.worked[maker.place] = reply.bytes[0] != '-';
    }
    buffer_free(&reply);
    free(maker.worked);
    reference_free(maker.reference);
}

void script_make_whole(struct script *script, uint64_t seed, size_t count)
{
    make_all(script, seed, count, NULL, 0);
}

void script_make_given(struct script *script, uint64_t seed, const uint8_t *given, size_t size)
{
    size_t count = 1 + size / SCRIPT_CALL_BYTES;
    make_all(script, seed, SCRIPT_OPENING + (count < SCRIPT_GIVEN_MAX ? count : SCRIPT_GIVEN_MAX), given,
             size);
}
