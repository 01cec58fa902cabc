/* reference_random.c: the random scripts, and the reference alone: that scripts reach everything which other
 * tests rely on their reaching, and that whatever happens no money is made, lost or held for ever.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/reference.h"
#include "tests/model/rounds.h"
#include "tests/model/script.h"

#define ROUNDS 100
#define CALLS  300

/* What scripts are to reach: kinds of calls, and what their replies begin with. */
static struct {
    enum call_kind kind;
    const char *reply;
    unsigned count;
} goals[] = {
    {CALL_OPEN, ":", 0},
    {CALL_OPEN, "-EXISTS ", 0},
    {CALL_OPEN, "-CLOSED ", 0},
    {CALL_LIMIT, "+OK", 0},
    {CALL_LIMIT, "-NOACCOUNT ", 0},
    {CALL_LIMIT, "-CLOSED ", 0},
    {CALL_LIMIT, "-AMOUNT ", 0},
    {CALL_LIMIT, "-OVERFLOW ", 0},
    {CALL_FREEZE, "+OK", 0},
    {CALL_FREEZE, "-NOACCOUNT ", 0},
    {CALL_FREEZE, "-CLOSED ", 0},
    {CALL_THAW, "+OK", 0},
    {CALL_THAW, "-CLOSED ", 0},
    {CALL_CLOSE, "+OK", 0},
    {CALL_CLOSE, "-NOACCOUNT ", 0},
    {CALL_CLOSE, "-NOTEMPTY ", 0},
    {CALL_TRANSFER, ":", 0},
    {CALL_TRANSFER, "-IDREUSED ", 0},
    {CALL_TRANSFER, "-SAMEACCOUNT ", 0},
    {CALL_TRANSFER, "-NOACCOUNT ", 0},
    {CALL_TRANSFER, "-CLOSED ", 0},
    {CALL_TRANSFER, "-FROZEN ", 0},
    {CALL_TRANSFER, "-ASSET ", 0},
    {CALL_TRANSFER, "-AMOUNT ", 0},
    {CALL_TRANSFER, "-OVERFLOW ", 0},
    {CALL_TRANSFER, "-CONDITION ", 0},
    {CALL_TRANSFER, "-INSUFFICIENT ", 0},
    {CALL_TRANSFER, "-CEILING ", 0},
    {CALL_SWEEP, ":", 0},
    {CALL_SWEEP, "-IDREUSED ", 0},
    {CALL_SWEEP, "-FROZEN ", 0},
    {CALL_SWEEP, "-AMOUNT ", 0},
    {CALL_SWEEP, "-INSUFFICIENT ", 0},
    {CALL_SWEEP, "-CEILING ", 0},
    {CALL_HOLD, ":", 0},
    {CALL_HOLD, "-IDREUSED ", 0},
    {CALL_HOLD, "-CLOSED ", 0},
    {CALL_HOLD, "-FROZEN ", 0},
    {CALL_HOLD, "-OVERFLOW ", 0},
    {CALL_HOLD, "-INSUFFICIENT ", 0},
    {CALL_HOLD, "-CEILING ", 0},
    {CALL_CAPTURE, ":", 0},
    {CALL_CAPTURE, "-IDREUSED ", 0},
    {CALL_CAPTURE, "-NOHOLD ", 0},
    {CALL_CAPTURE, "-CAPTURED ", 0},
    {CALL_CAPTURE, "-VOIDED ", 0},
    {CALL_CAPTURE, "-EXPIRED ", 0},
    {CALL_CAPTURE, "-AMOUNT hold ", 0},
    {CALL_CAPTURE, "-FROZEN ", 0},
    {CALL_EXTEND, ":", 0},
    {CALL_EXTEND, "-NOHOLD ", 0},
    {CALL_EXTEND, "-CAPTURED ", 0},
    {CALL_EXTEND, "-EXPIRED ", 0},
    {CALL_VOID, ":", 0},
    {CALL_VOID, "-IDREUSED ", 0},
    {CALL_VOID, "-NOHOLD ", 0},
    {CALL_VOID, "-CAPTURED ", 0},
    {CALL_VOID, "-VOIDED ", 0},
    {CALL_VOID, "-EXPIRED ", 0},
    {CALL_REVERSE, ":", 0},
    {CALL_REVERSE, "-IDREUSED ", 0},
    {CALL_REVERSE, "-NOTRANSFER ", 0},
    {CALL_REVERSE, "-REVERSED ", 0},
    {CALL_REVERSE, "-FROZEN ", 0},
    {CALL_REVERSE, "-INSUFFICIENT ", 0},
    {CALL_REVERSE, "-CEILING ", 0},
    {CALL_MULTI, "[]", 0},
    {CALL_MULTI, "[:", 0},
    {CALL_MULTI, "-EXECABORT command 1, TRANSFER: ", 0},
    {CALL_MULTI, "-EXECABORT command 2, ", 0},
    {CALL_MULTI, "-EXECABORT command 1, HOLD: ", 0},
    {CALL_MULTI, "-EXECABORT command 1, CAPTURE: ", 0},
    {CALL_MULTI, "-EXECABORT command 1, VOID: ", 0},
    {CALL_MULTI, "-EXECABORT command 1, BALANCE: NOACCOUNT ", 0},
    {CALL_CLOCK, "+OK", 0},
};
#define GOALS (sizeof goals / sizeof goals[0])

static void count_goals(const struct call *call, const char *reply)
{
    for (size_t i = 0; i < GOALS; i++) {
        if (goals[i].kind == call->kind && strncmp(reply, goals[i].reply, strlen(goals[i].reply)) == 0)
            goals[i].count++;
    }
}

/* Of the same scripts each time: what is told is about them, and not about the reference. */
Test(reference_random, scripts_reach_every_answer)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct script script;
        struct buffer reply = {0};
        struct reference *reference = reference_create();
        script_make_whole(&script, seed, CALLS);
        for (size_t i = 0; i < script.count; i++) {
            reference_call(reference, &script.calls[i], &reply);
            count_goals(&script.calls[i], reply.bytes);
        }
        reference_free(reference);
        buffer_free(&reply);
        script_free(&script);
    }
    for (size_t i = 0; i < GOALS; i++) {
        struct call call = {.kind = goals[i].kind};
        cr_expect(goals[i].count > 0, "no %s is answered %s", call_word(&call), goals[i].reply);
    }
}

/* One script, and what is always true of it. */
struct round {
    uint64_t seed;
    struct script script;
    struct reference *reference;
    struct buffer reply;
    struct buffer again;
};

static void fail_at(const struct round *round, size_t place, const char *what)
{
    struct buffer listing = {0};
    script_write(&round->script, place, &listing);
    buffer_append(&listing, "", 1);
    cr_assert_fail("BURSAR_SEED=%llu: %s: call %zu, answered\n  %s\nand then\n  %s%s",
                   (unsigned long long)round->seed, what, place, round->reply.bytes, round->again.bytes,
                   listing.bytes);
}

/* To ask changes nothing; and what worked, done again, does nothing more and is answered the same. */
static void check_call(struct round *round, size_t place)
{
    const struct call *call = &round->script.calls[place];
    sequence_t last = reference_last(round->reference);
    reference_ask(round->reference, call, &round->again);
    if (reference_last(round->reference) != last)
        fail_at(round, place, "asking took a number");
    reference_call(round->reference, call, &round->reply);
    if (strcmp(round->reply.bytes, round->again.bytes) != 0)
        fail_at(round, place, "asking and doing are answered differently");
    bool worked = round->reply.bytes[0] != '-';
    if (!worked && reference_last(round->reference) != last)
        fail_at(round, place, "an error took a number");

    last = reference_last(round->reference);
    reference_call(round->reference, call, &round->again);
    if (worked && reference_last(round->reference) != last)
        fail_at(round, place, "a retry took a number");
    /* In a MULTI's answer the balances are later ones. */
    if (call->kind != CALL_MULTI && strcmp(round->reply.bytes, round->again.bytes) != 0)
        fail_at(round, place, "a retry is answered differently");
}

static void release(struct round *round, const struct call *hold)
{
    if (hold->kind != CALL_HOLD)
        return;
    const char *id = words_printf(&round->script.words, "end-%s", hold->name);
    struct call call = call_undo(CALL_VOID, id, hold->name);
    reference_call(round->reference, &call, &round->reply);
}

/* With all holds ended nothing is held; and debits are credits. */
static void check_end(struct round *round)
{
    for (size_t i = 0; i < round->script.count; i++) {
        const struct call *call = &round->script.calls[i];
        release(round, call);
        for (unsigned part = 0; part < call->part_count; part++)
            release(round, &call->parts[part]);
    }
    for (unsigned i = 0; i < SCRIPT_ACCOUNTS + 1; i++) {
        struct call call = call_plain(CALL_ACCOUNT, i < SCRIPT_ACCOUNTS ? script_accounts[i] : "@world/USD");
        reference_call(round->reference, &call, &round->reply);
        for (const char *at = round->reply.bytes; (at = strstr(at, "held_")) != NULL; at++) {
            const char *amount = strchr(at, ' ') + 1;
            cr_assert(amount[strspn(amount, "0.")] == ' ', "BURSAR_SEED=%llu: still held at the end: %s %s",
                      (unsigned long long)round->seed, call.name, round->reply.bytes);
        }
    }
    struct call trial = call_plain(CALL_TRIAL, NULL);
    reference_call(round->reference, &trial, &round->reply);
    for (const char *at = round->reply.bytes; (at = strstr(at, "debits ")) != NULL; at++) {
        char debits[AMOUNT_TEXT_MAX];
        char credits[AMOUNT_TEXT_MAX];
        cr_assert_eq(sscanf(at, "debits %71s credits %71s", debits, credits), 2);
        cr_assert(strcmp(debits, credits) == 0, "BURSAR_SEED=%llu: money was made or lost: %s",
                  (unsigned long long)round->seed, round->reply.bytes);
    }
}

Test(reference_random, nothing_is_done_twice_made_lost_or_held_for_ever)
{
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned i = 0; i < rounds; i++) {
        struct round round = {.seed = rounds_seed(i), .reference = reference_create()};
        script_make_whole(&round.script, round.seed, CALLS);
        for (size_t place = 0; place < round.script.count; place++)
            check_call(&round, place);
        check_end(&round);
        buffer_free(&round.reply);
        buffer_free(&round.again);
        reference_free(round.reference);
        script_free(&round.script);
    }
}
