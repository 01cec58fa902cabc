/* bench_plan.c: what the load generator sends are valid requests, each with an id of its own. */
#include <criterion/criterion.h>
#include <string.h>

#include "client/bench/compose.h"
#include "proto/commands.h"

#define REQUESTS 3000

static struct mix mix;
static struct buffer out;
static struct composer composer;
static uint64_t dice;

static void prepare(const struct plan *plan)
{
    char error[MIX_ERROR_MAX];
    cr_assert(mix_prepare(&mix, plan, error), "%s", error);
    out = (struct buffer){0};
    composer = (struct composer){0};
    dice = 1;
}

static void finish(void)
{
    cr_assert_eq(buffer_length(&out), 0);
    buffer_free(&out);
    mix_free(&mix);
}

/* Composes a request and reads it again. It lives until the next. */
static void next(uint64_t number, struct request *request)
{
    struct resp_result result;
    compose(&mix, &composer, &dice, number, &out);
    resp_parse(out.bytes + out.start, buffer_length(&out), request, &result);
    cr_assert_eq(result.status, RESP_REQUEST);
    const struct command *command = command_find(request->args[0]);
    cr_assert_not_null(command);
    cr_assert(command_arity_ok(command, request->argc));
    buffer_consume(&out, result.size);
}

static unsigned shard_of(struct slice id)
{
    return ident_shard(id.text, id.length, ident_hash(id.text, id.length, 5), 5, 64);
}

static void check_transfers(const struct plan *plan)
{
    static struct request request;
    char before[IDENT_MAX];
    size_t before_length = 0;
    prepare(plan);
    for (uint64_t i = 0; i < REQUESTS; i++) {
        next(i, &request);
        cr_assert(slice_equal(request.args[0], slice_of("TRANSFER")));
        cr_assert_eq(request.argc, 2 + 3 * plan->legs);
        for (unsigned k = 1; k <= 3; k++)
            cr_assert(ident_valid(request.args[k].text, request.args[k].length));
        struct slice id = request.args[1];
        cr_assert(!slice_equal(request.args[2], request.args[3]), "from and to are one account");
        cr_assert(!slice_equal(id, (struct slice){before, before_length}), "an id comes twice");
        if (plan->hot != PLAN_UNIFORM)
            cr_assert(slice_equal(request.args[3], slice_of("bench:hot")));
        if (plan->same_shard_share == 100) {
            cr_assert_eq(shard_of(request.args[2]), shard_of(id));
            cr_assert_eq(shard_of(request.args[3]), shard_of(id));
        }
        memcpy(before, id.text, id.length);
        before_length = id.length;
    }
    finish();
}

Test(plan, makes_valid_transfers)
{
    const struct plan usual = {.accounts = 1000000,
                               .prefix = "bench:",
                               .amount_low = 1,
                               .amount_high = 9,
                               .legs = 1,
                               .same_shard_share = PLAN_ANY_SHARD};
    struct plan cases[] = {usual, usual, usual, usual, usual, usual, usual};
    cases[0].accounts = 2;
    cases[0].prefix = "a";
    cases[1].nonce = UINT64_MAX;
    cases[2].accounts = 25;
    cases[2].same_shard_share = 100;
    cases[3].accounts = 25;
    cases[3].hot = PLAN_LIMITED;
    cases[4].accounts = 999999999;
    cases[4].prefix = "a-prefix-of-thirty-two-bytes-0123";
    cases[4].same_shard_share = 100;
    cases[5].legs = 3;
    cases[5].amount_high = PLAN_AMOUNT_MAX;
    cases[6].skew = 0.99;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_transfers(&cases[i]);
}

/* Of pairs that share a tag there are as many as asked for, and the others have two. */
Test(plan, has_the_share_of_pairs_on_one_shard_that_was_asked_for)
{
    static struct request request;
    const struct plan plan = {.accounts = 10000,
                              .prefix = "b:",
                              .amount_low = 1,
                              .amount_high = 1,
                              .legs = 1,
                              .same_shard_share = 30};
    unsigned together = 0;
    prepare(&plan);
    for (uint64_t i = 0; i < REQUESTS; i++) {
        next(i, &request);
        together += memcmp(request.args[2].text, request.args[3].text, 2 + PLAN_TAG_SIZE) == 0;
    }
    cr_assert(together > 800 && together < 1000, "%u of %d, 900 were asked for", together, REQUESTS);
    finish();
}

/* Half of them are taken, half let go, and each refers to the hold before it. */
Test(plan, follows_a_hold_by_what_ends_it)
{
    static struct request request;
    const struct plan plan = {.accounts = 100,
                              .prefix = "b:",
                              .amount_low = 5,
                              .amount_high = 5,
                              .legs = 1,
                              .holds = 100,
                              .same_shard_share = PLAN_ANY_SHARD};
    char hold[IDENT_MAX];
    unsigned captures = 0;
    prepare(&plan);
    for (uint64_t i = 0; i < REQUESTS; i += 2) {
        next(i, &request);
        cr_assert(slice_equal(request.args[0], slice_of("HOLD")));
        size_t length = request.args[1].length;
        memcpy(hold, request.args[1].text, length);
        next(i + 1, &request);
        captures += slice_equal(request.args[0], slice_of("CAPTURE"));
        cr_assert(slice_equal(request.args[2], (struct slice){hold, length}));
        cr_assert(!slice_equal(request.args[1], request.args[2]));
    }
    cr_assert(captures > 650 && captures < 850, "%u of 1500", captures);
    finish();
}

Test(plan, rolls_every_number_and_none_beyond)
{
    uint64_t rolls = 7;
    unsigned seen[10] = {0};
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t roll = plan_roll(&rolls, 10);
        cr_assert_lt(roll, 10);
        seen[roll]++;
    }
    for (unsigned i = 0; i < 10; i++)
        cr_assert(seen[i] > 800 && seen[i] < 1200, "%u came %u times of 10000", i, seen[i]);
}
