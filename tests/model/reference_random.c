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
static const struct {
    enum call_kind kind;
    const char *reply;
} goals[] = {
    {CALL_OPEN, ":"},
    {CALL_OPEN, "-EXISTS "},
    {CALL_OPEN, "-CLOSED "},
    {CALL_LIMIT, "+OK"},
    {CALL_LIMIT, "-NOACCOUNT "},
    {CALL_LIMIT, "-CLOSED "},
    {CALL_LIMIT, "-AMOUNT "},
    {CALL_LIMIT, "-OVERFLOW "},
    {CALL_FREEZE, "+OK"},
    {CALL_FREEZE, "-NOACCOUNT "},
    {CALL_FREEZE, "-CLOSED "},
    {CALL_THAW, "+OK"},
    {CALL_THAW, "-CLOSED "},
    {CALL_CLOSE, "+OK"},
    {CALL_CLOSE, "-NOACCOUNT "},
    {CALL_CLOSE, "-NOTEMPTY "},
    {CALL_TRANSFER, ":"},
    {CALL_TRANSFER, "-IDREUSED "},
    {CALL_TRANSFER, "-SAMEACCOUNT "},
    {CALL_TRANSFER, "-NOACCOUNT "},
    {CALL_TRANSFER, "-CLOSED "},
    {CALL_TRANSFER, "-FROZEN "},
    {CALL_TRANSFER, "-ASSET "},
    {CALL_TRANSFER, "-AMOUNT "},
    {CALL_TRANSFER, "-OVERFLOW "},
    {CALL_TRANSFER, "-CONDITION "},
    {CALL_TRANSFER, "-INSUFFICIENT "},
    {CALL_TRANSFER, "-CEILING "},
    {CALL_SWEEP, ":"},
    {CALL_SWEEP, "-IDREUSED "},
    {CALL_SWEEP, "-FROZEN "},
    {CALL_SWEEP, "-AMOUNT "},
    {CALL_SWEEP, "-INSUFFICIENT "},
    {CALL_SWEEP, "-CEILING "},
    {CALL_HOLD, ":"},
    {CALL_HOLD, "-IDREUSED "},
    {CALL_HOLD, "-CLOSED "},
    {CALL_HOLD, "-FROZEN "},
    {CALL_HOLD, "-OVERFLOW "},
    {CALL_HOLD, "-INSUFFICIENT "},
    {CALL_HOLD, "-CEILING "},
    {CALL_CAPTURE, ":"},
    {CALL_CAPTURE, "-IDREUSED "},
    {CALL_CAPTURE, "-NOHOLD "},
    {CALL_CAPTURE, "-CAPTURED "},
    {CALL_CAPTURE, "-VOIDED "},
    {CALL_CAPTURE, "-EXPIRED "},
    {CALL_CAPTURE, "-AMOUNT hold "},
    {CALL_CAPTURE, "-FROZEN "},
    {CALL_EXTEND, ":"},
    {CALL_EXTEND, "-NOHOLD "},
    {CALL_EXTEND, "-CAPTURED "},
    {CALL_EXTEND, "-EXPIRED "},
    {CALL_VOID, ":"},
    {CALL_VOID, "-IDREUSED "},
    {CALL_VOID, "-NOHOLD "},
    {CALL_VOID, "-CAPTURED "},
    {CALL_VOID, "-VOIDED "},
    {CALL_VOID, "-EXPIRED "},
    {CALL_REVERSE, ":"},
    {CALL_REVERSE, "-IDREUSED "},
    {CALL_REVERSE, "-NOTRANSFER "},
    {CALL_REVERSE, "-REVERSED "},
    {CALL_REVERSE, "-FROZEN "},
    {CALL_REVERSE, "-INSUFFICIENT "},
    {CALL_REVERSE, "-CEILING "},
    {CALL_MULTI, "[]"},
    {CALL_MULTI, "[:"},
    {CALL_MULTI, "-EXECABORT command 1, TRANSFER: "},
    {CALL_MULTI, "-EXECABORT command 2, "},
    {CALL_MULTI, "-EXECABORT command 1, HOLD: "},
    {CALL_MULTI, "-EXECABORT command 1, CAPTURE: "},
    {CALL_MULTI, "-EXECABORT command 1, VOID: "},
    {CALL_MULTI, "-EXECABORT command 1, BALANCE: NOACCOUNT "},
    {CALL_CLOCK, "+OK"},
};
#define GOALS (sizeof goals / sizeof goals[0])

static void count_goals(const struct call *call, const char *reply, unsigned counts[GOALS])
{
    for (size_t i = 0; i < GOALS; i++) {
        if (goals[i].kind == call->kind && strncmp(reply, goals[i].reply, strlen(goals[i].reply)) == 0)
            counts[i]++;
    }
}

/* Of the same scripts each time: what is told is about them, and not about the reference. */
Test(reference_random, scripts_reach_every_answer)
{
    unsigned counts[GOALS] = {0};
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct script script;
        struct buffer reply = {0};
        struct reference *reference = reference_create();
        script_make_whole(&script, seed, CALLS);
        for (size_t i = 0; i < script.count; i++) {
            reference_call(reference, &script.calls[i], &reply);
            count_goals(&script.calls[i], reply.bytes, counts);
        }
        reference_free(reference);
        buffer_free(&reply);
        script_free(&script);
    }
    for (size_t i = 0; i < GOALS; i++) {
        struct call call = {.kind = goals[i].kind};
        cr_expect(counts[i] > 0, "no %s is answered %s", call_word(&call), goals[i].reply);
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
