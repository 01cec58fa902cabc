/* bench_plan.c: what the load generator sends are valid transfers, each with an id of its own. */
#include <criterion/criterion.h>
#include <string.h>

#include "client/bench/plan.h"
#include "proto/commands.h"

#define TRANSFERS 3000

static bool equal(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* Checks the transfers of a plan one by one, that ids are all different by pairs with the next. */
static void check_transfers(const struct plan *plan)
{
    struct buffer out = {0};
    uint64_t dice = 1;
    for (uint64_t i = 0; i < TRANSFERS; i++)
        plan_transfer(plan, &dice, i, &out);
    struct request request;
    struct slice before = {"", 0};
    for (uint64_t i = 0; i < TRANSFERS; i++) {
        struct resp_result result;
        resp_parse(out.bytes + out.start, buffer_length(&out), &request, &result);
        cr_assert_eq(result.status, RESP_REQUEST);
        cr_assert_eq(command_find(request.args[0])->id, COMMAND_TRANSFER);
        cr_assert_eq(request.argc, 5);
        for (unsigned k = 1; k <= 3; k++)
            cr_assert(ident_valid(request.args[k].text, request.args[k].length));
        cr_assert(!equal(request.args[2], request.args[3]), "from and to are one account");
        cr_assert(!equal(request.args[1], before), "an id comes twice");
        if (plan->hot != PLAN_UNIFORM)
            cr_assert(equal(request.args[3], (struct slice){"bench:hot", 9}));
        if (plan->same_shard) {
            uint64_t hashes[3];
            for (unsigned k = 0; k < 3; k++)
                hashes[k] = ident_hash(request.args[k + 1].text, request.args[k + 1].length, 5);
            unsigned shard = ident_shard(request.args[1].text, request.args[1].length, hashes[0], 5, 64);
            cr_assert_eq(ident_shard(request.args[2].text, request.args[2].length, hashes[1], 5, 64), shard);
            cr_assert_eq(ident_shard(request.args[3].text, request.args[3].length, hashes[2], 5, 64), shard);
        }
        before = request.args[1];
        buffer_consume(&out, result.size);
    }
    cr_assert_eq(buffer_length(&out), 0);
    buffer_free(&out);
}

Test(plan, makes_valid_transfers)
{
    const struct plan cases[] = {
        {.accounts = 2, .prefix = "a"},
        {.accounts = 1000000, .prefix = "bench:", .nonce = UINT64_MAX},
        {.accounts = 25, .prefix = "bench:", .same_shard = true, .nonce = 1},
        {.accounts = 25, .prefix = "bench:", .hot = PLAN_LIMITED},
        {.accounts = 999999999, .prefix = "a-prefix-of-thirty-two-bytes-0123", .same_shard = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_transfers(&cases[i]);
}

Test(plan, rolls_every_number_and_none_beyond)
{
    uint64_t dice = 7;
    unsigned seen[10] = {0};
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t roll = plan_roll(&dice, 10);
        cr_assert_lt(roll, 10);
        seen[roll]++;
    }
    for (unsigned i = 0; i < 10; i++)
        cr_assert(seen[i] > 800 && seen[i] < 1200, "%u came %u times of 10000", i, seen[i]);
}
