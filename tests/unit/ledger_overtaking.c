/* ledger_overtaking.c: requests that reach a shard before it knows what they depend on, or whose sender did
 * not.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/ledger_house.h"

static const char *opened(struct house *house, char letter, unsigned shard, bool unlimited)
{
    const char *name = house_name(house, letter, shard);
    compose_open(&house->draft, &house->sender, slice_of(name), slice_of("USD"))->unlimited = unlimited;
    house_submit(house, 1);
    house_settle(house);
    return name;
}

/* Of two conditions one has the command looked at whole already; the other's account is spread, which who
 * composed it did not know. */
Test(overtaking, a_spread_account_is_judged_by_all_its_stripes_beside_a_world_account)
{
    struct house *house = house_build();
    const char *a = opened(house, 'a', 0, false);
    const char *s = opened(house, 's', 1, true);
    const char *c = opened(house, 'c', 2, false);
    house_client_of(house, 0);
    house_transfer(house, 2, house_name(house, 't', 0), s, a, 500); /* on shard 0's stripe */
    house_settle(house);
    house->sender.stripes = NULL;
    const struct leg_text leg = {slice_of(a), slice_of(c), {100, 2}};
    const struct condition_text conditions[] = {
        {.account = slice_of("@world/USD"), .relation = RELATION_EXACTLY},
        {.account = slice_of(s), .relation = RELATION_AT_LEAST}};
    const struct operation_text text = {.type = TRANSFER_TRANSFER,
                                        .id = slice_of("u"),
                                        .legs = &leg,
                                        .leg_count = 1,
                                        .conditions = conditions,
                                        .condition_count = 2};
    house_operation(house, 3, &text);
    house_settle(house);
    char sentence[96];
    (void)snprintf(sentence, sizeof sentence, "CONDITION %s has -5.00 USD, needed is at least 0.00", s);
    cr_assert_str_eq(house_answer(house, 3), sentence);
    house_close(house);
}

/* The capture is decided on shard 3 and its decision comes to shard 1 before that of the hold, from shard 2.
 */
Test(overtaking, a_capture_that_overtakes_the_decision_of_its_hold_waits_for_it)
{
    struct house *house = house_build_with(4, 0);
    const char *a = opened(house, 'a', 0, false);
    const char *b = opened(house, 'b', 1, false);
    house_deposit(house, 2, house_name(house, 'd', 0), a, 10000);
    const char *h = house_name(house, 'h', 2);
    house_hold(house, 3, h, a, b, 6000, 0);
    house_deliver(house, 0, 1);
    house_deliver(house, 1, 2); /* decided */
    cr_assert_eq(house_deliver(house, 2, 0), MESSAGE_DECISION);
    house_capture(house, 4, house_name(house, 'i', 3), h, 6000, false);
    cr_assert_eq(house_deliver(house, 2, 0), MESSAGE_TRANSFER);
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER); /* the hold's decision is still on its way */
    house_deliver(house, 1, 2);
    house_deliver(house, 2, 3);
    house_deliver(house, 3, 1);
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 4), "5");
    house_balances(house, 5, a, b);
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 5), "40.00 60.00");
    house_close(house);
}

/* Moves all that `from` has to `to` and closes it, which works only when nothing is held of it. */
static void clear_out(struct house *house, const char *id, const char *from, const char *to, uint64_t cents)
{
    house_transfer(house, 20, id, from, to, cents);
    house_settle(house);
    cr_assert_neq(strtoull(house_answer(house, 20), NULL, 10), 0);
    house_change(house, 21, from, CHANGE_CLOSE);
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 21), "OK");
}

/* Both find 60.00 held on shard 2; the first takes 20.00 while the second has reserved for 60.00 on shards 0
 * and 1. */
Test(overtaking, what_ends_a_hold_takes_what_others_left_of_it)
{
    static const struct {
        uint64_t cents; /* captured; 0: all; UINT64_MAX: it is voided */
        uint64_t moved;
        const char *answer; /* NULL: it is done */
    } cases[] = {{UINT64_MAX, 0, NULL},
                 {0, 4000, NULL},
                 {1000, 1000, NULL},
                 {4000, 4000, NULL},
                 {5000, 0, "AMOUNT hold %s has 40.00 USD left, 50.00 asked"},
                 {7000, 0, "AMOUNT hold %s has 40.00 USD left, 70.00 asked"}};
    for (unsigned i = 0; i < 2 * (unsigned)(sizeof cases / sizeof cases[0]); i++) {
        struct house *house = house_build();
        uint64_t cents = cases[i / 2].cents;
        uint64_t moved = cases[i / 2].moved;
        const char *a = opened(house, 'a', 0, false);
        const char *b = opened(house, 'b', 1, i % 2 != 0); /* with a stripe, or without */
        const char *c = opened(house, 'c', 2, false);
        const char *h = house_name(house, 'h', 2);
        char answer[96];
        (void)snprintf(answer, sizeof answer, cases[i / 2].answer != NULL ? cases[i / 2].answer : "", h);
        house_deposit(house, 2, house_name(house, 'd', 0), a, 10000);
        house_settle(house);
        house_hold(house, 3, h, a, b, 6000, 0);
        house_settle(house);
        house_capture(house, 4, house_name(house, 'k', 2), h, 2000, true);
        if (cents == UINT64_MAX)
            house_void(house, 5, house_name(house, 'e', 2), h);
        else
            house_capture(house, 5, house_name(house, 'e', 2), h, cents, false);
        house_deliver(house, 2, 0);
        if (i % 2 == 0)
            house_deliver(house, 0, 1);
        house_deliver(house, i % 2 == 0 ? 1 : 0, 2); /* decided */
        cr_assert_eq(house_deliver(house, 2, 0), MESSAGE_TRANSFER, "the other comes before its decision");
        house_settle(house);
        cr_assert_neq(strtoull(house_answer(house, 4), NULL, 10), 0);
        if (cases[i / 2].answer != NULL) {
            cr_expect_str_eq(house_answer(house, 5), answer);
            house_void(house, 6, house_name(house, 'v', 0), h);
            house_settle(house);
        } else
            cr_expect_neq(strtoull(house_answer(house, 5), NULL, 10), 0);
        house_lookup(house, 7, h);
        house_settle(house);
        cr_expect_str_eq(house_answer(house, 7), moved > 0 ? "captured" : "voided", "case %u", i);
        clear_out(house, house_name(house, 's', 0), a, b, 8000 - moved);
        clear_out(house, house_name(house, 't', 1), b, c, 10000);
        house_close(house);
    }
}
