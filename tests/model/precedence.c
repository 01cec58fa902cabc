/* precedence.c: of several things wrong with a transfer the one that docs/protocol.md lists first is
 * reported, wherever its accounts and its id live.
 *
 * Every kind of account there is stands on every shard. A leg is put together from a payer, a receiver, an
 * amount and a condition, each of which brings its own faults; which of them come together in it is worked
 * out here from a table and not from the ledger. The sentence is compared with the reference's.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/rounds.h"
#include "tests/model/stage.h"

/* In the order of checks. */
enum fault {
    FAULT_ID,
    FAULT_SAME,
    FAULT_NO_FROM,
    FAULT_NO_TO,
    FAULT_CLOSED,
    FAULT_FROZEN,
    FAULT_ASSET,
    FAULT_AMOUNT,
    FAULT_OVERFLOW,
    FAULT_CONDITION,         /* it does not hold, */
    FAULT_CONDITION_AMOUNT,  /* or is of an amount that there is not, */
    FAULT_CONDITION_ACCOUNT, /* or of an account that there is not: a command has one of these at most */
    FAULT_INSUFFICIENT,
    FAULT_CEILING,
    FAULTS /* none */
};

static const char *const fault_codes[FAULTS + 1] = {
    "-IDREUSED ", "-SAMEACCOUNT ", "-NOACCOUNT ",    "-NOACCOUNT ", "-CLOSED ",
    "-FROZEN ",   "-ASSET ",       "-AMOUNT ",       "-OVERFLOW ",  "-CONDITION ",
    "-AMOUNT ",   "-NOACCOUNT ",   "-INSUFFICIENT ", "-CEILING ",   ":"};

/* Amounts, and whether they are at fault. The last is fit for any account's digits, and for nobody's total.
 */
static const struct {
    const char *text;
    bool wrong;
    bool huge;
} amounts[] = {
    {"1.00", false, false},
    {"0", true, false},
    {"1.001", true, false},
    {"340282366920938463463374607431768211455", true, false},
    {"3402823669209384634633746074317682114.55", false, true},
};
#define AMOUNTS (sizeof amounts / sizeof amounts[0])

/* Conditions, and what is wrong with them. */
static const struct {
    enum fault fault;
    enum role role; /* whom it is on; ROLES: an @world account */
    enum call_relation relation;
    const char *amount;
} conditions[] = {
    {FAULTS, ROLE_RICH, CALL_AT_LEAST, "1"},
    {FAULT_CONDITION, ROLE_RICH, CALL_EXACTLY, "1"},
    {FAULT_CONDITION, ROLES, CALL_AT_LEAST, "0"},
    {FAULT_CONDITION_AMOUNT, ROLE_POOR, CALL_AT_MOST, "0.001"},
    {FAULT_CONDITION_AMOUNT, ROLES, CALL_AT_LEAST, "-0.001"},
    {FAULT_CONDITION_ACCOUNT, ROLE_MISSING, CALL_AT_LEAST, "0"},
    {FAULT_CONDITION, ROLE_CLOSED, CALL_AT_LEAST, "1"},
    {FAULT_CONDITION, ROLE_FROZEN, CALL_EXACTLY, "-1"},
};
#define CONDITIONS (sizeof conditions / sizeof conditions[0])

/* The first fault of a leg, by what its parts bring. `same`: payer and receiver are one. */
static enum fault first_fault(enum role from, enum role to, size_t amount, bool same)
{
    if (same)
        return FAULT_SAME;
    if (from == ROLE_MISSING)
        return FAULT_NO_FROM;
    if (to == ROLE_MISSING)
        return FAULT_NO_TO;
    if (from == ROLE_CLOSED || to == ROLE_CLOSED)
        return FAULT_CLOSED;
    if (from == ROLE_FROZEN || to == ROLE_FROZEN)
        return FAULT_FROZEN;
    if ((from == ROLE_EURO) != (to == ROLE_EURO))
        return FAULT_ASSET;
    if (amounts[amount].wrong)
        return FAULT_AMOUNT;
    if (amounts[amount].huge || from == ROLE_WORN || to == ROLE_WORN || to == ROLE_BRIM)
        return FAULT_OVERFLOW;
    if (from == ROLE_POOR || from == ROLE_FULL)
        return FAULT_INSUFFICIENT;
    return to == ROLE_FULL ? FAULT_CEILING : FAULTS;
}

/* Adds a condition, on an account of any shard; its turn is that of the names. Returns its fault. */
static enum fault add_condition(const struct stage *stage, struct call *call)
{
    size_t chosen = stage->names % CONDITIONS;
    enum role role = conditions[chosen].role;
    unsigned shard = stage->names / CONDITIONS % STAGE_SHARDS;
    call_add_condition(call, role == ROLES ? "@world/USD" : stage->accounts[role][shard],
                       conditions[chosen].relation, conditions[chosen].amount);
    return conditions[chosen].fault;
}

static void expect_fault(struct stage *stage, const struct call *call, enum fault fault, unsigned leg)
{
    char begin[32];
    bool of_leg = call->leg_count > 1 && fault != FAULT_ID && fault != FAULTS &&
                  (fault < FAULT_CONDITION || fault > FAULT_CONDITION_ACCOUNT);
    (void)snprintf(begin, sizeof begin, "%s%s", fault_codes[fault],
                   !of_leg    ? ""
                   : leg == 0 ? "leg 1: "
                              : "leg 2: ");
    stage_expect(stage, call, begin);
}

/* All that may be wrong with one leg, together, with its payer, its receiver and its id on any shards. */
static void try_leg(struct stage *stage, enum role from, enum role to, size_t amount, unsigned placement)
{
    const char *payer = stage->accounts[from][stage_place(placement, 0)];
    const char *receiver = stage->accounts[to][stage_place(placement, 1)];
    unsigned id_shard = stage_place(placement, 2);
    enum fault fault = first_fault(from, to, amount, strcmp(payer, receiver) == 0);
    struct call fresh =
        call_transfer(stage_name(stage, "t", id_shard), payer, receiver, amounts[amount].text);
    if (fault != FAULTS)
        expect_fault(stage, &fresh, fault, 0);
    enum fault other = add_condition(stage, &fresh);
    fault = other < fault ? other : fault;
    if (fault == FAULTS)
        return;
    expect_fault(stage, &fresh, fault, 0);
    fresh.name = stage->used[id_shard];
    expect_fault(stage, &fresh, FAULT_ID, 0);
}

Test(precedence, of_all_that_is_wrong_with_a_leg_reports_the_first)
{
    struct stage stage = stage_set();
    for (unsigned from = 0; from < ROLES; from++) {
        for (unsigned to = 0; to < ROLES; to++) {
            for (size_t amount = 0; amount < AMOUNTS; amount++) {
                for (unsigned placement = 0; placement < 3 * 3 * 3; placement++)
                    try_leg(&stage, (enum role)from, (enum role)to, amount, placement);
            }
        }
    }
    stage_clear(&stage);
}

/* One leg for each fault, and one that has none. */
static const struct {
    enum role from;
    enum role to;
    size_t amount;
} samples[] = {
    {ROLE_RICH, ROLE_RICH, 0},    /* SAMEACCOUNT where both are on one shard, else none */
    {ROLE_MISSING, ROLE_RICH, 0}, /* NOACCOUNT from */
    {ROLE_RICH, ROLE_MISSING, 0}, /* NOACCOUNT to */
    {ROLE_RICH, ROLE_CLOSED, 0},  /* CLOSED */
    {ROLE_FROZEN, ROLE_RICH, 0},  /* FROZEN */
    {ROLE_RICH, ROLE_EURO, 0},    /* ASSET */
    {ROLE_RICH, ROLE_POOR, 2},    /* AMOUNT */
    {ROLE_WORN, ROLE_POOR, 0},    /* OVERFLOW of debits */
    {ROLE_RICH, ROLE_WORN, 0},    /* OVERFLOW of credits */
    {ROLE_FULL, ROLE_RICH, 0},    /* INSUFFICIENT */
    {ROLE_RICH, ROLE_FULL, 0},    /* CEILING */
};
#define SAMPLES (sizeof samples / sizeof samples[0])

/* Two legs with a fault each, and four accounts and an id on any shards; every other one with a condition,
 * which comes before the second leg. */
static void try_legs(struct stage *stage, size_t first, size_t second, unsigned placement)
{
    const size_t chosen[2] = {first, second};
    struct call call = {.kind = CALL_TRANSFER,
                        .name = stage_name(stage, "t", stage_place(placement, 4)),
                        .note = "",
                        .leg_count = 2};
    enum fault condition = placement % 2 == 0 ? add_condition(stage, &call) : FAULTS;
    enum fault fault = FAULTS;
    unsigned at_fault = 0;
    for (unsigned leg = 0; leg < 2; leg++) {
        enum role from = samples[chosen[leg]].from;
        enum role to = samples[chosen[leg]].to;
        size_t amount = samples[chosen[leg]].amount;
        const char *payer = stage->accounts[from][stage_place(placement, 2 * leg)];
        const char *receiver = stage->accounts[to][stage_place(placement, 2 * leg + 1)];
        call.legs[leg] = (struct call_leg){payer, receiver, call_amount(amounts[amount].text)};
        enum fault here = first_fault(from, to, amount, strcmp(payer, receiver) == 0);
        if (leg == 0 && condition < here)
            here = condition;
        if (fault == FAULTS && here != FAULTS) {
            fault = here;
            at_fault = leg;
        }
    }
    expect_fault(stage, &call, fault, at_fault);
}

Test(precedence, of_two_legs_reports_the_first_that_is_wrong)
{
    struct stage stage = stage_set();
    for (size_t first = 0; first < SAMPLES; first++) {
        for (size_t second = 0; second < SAMPLES; second++) {
            for (unsigned placement = 0; placement < 3 * 3 * 3 * 3 * 3; placement++)
                try_legs(&stage, first, second, placement);
        }
    }
    stage_clear(&stage);
}

/* Of two conditions the first that is wrong is reported, wherever their accounts are. */
Test(precedence, of_two_conditions_reports_the_first_that_is_wrong)
{
    struct stage stage = stage_set();
    for (size_t pair = 0; pair < CONDITIONS * CONDITIONS; pair++) {
        for (unsigned placement = 0; placement < 3 * 3 * 3 * 3 * 3; placement++) {
            struct call call = call_transfer(stage_name(&stage, "t", stage_place(placement, 0)),
                                             stage.accounts[ROLE_POOR][stage_place(placement, 1)],
                                             stage.accounts[ROLE_RICH][stage_place(placement, 2)], "1");
            const size_t chosen[2] = {pair / CONDITIONS, pair % CONDITIONS};
            enum fault fault = FAULT_INSUFFICIENT;
            for (unsigned i = 2; i-- > 0;) {
                if (conditions[chosen[i]].fault != FAULTS)
                    fault = conditions[chosen[i]].fault;
            }
            for (unsigned i = 0; i < 2; i++) {
                enum role role = conditions[chosen[i]].role;
                call_add_condition(
                    &call, role == ROLES ? "@world/USD" : stage.accounts[role][stage_place(placement, 3 + i)],
                    conditions[chosen[i]].relation, conditions[chosen[i]].amount);
            }
            expect_fault(&stage, &call, fault, 0);
        }
    }
    stage_clear(&stage);
}
