/* ledger_transaction.c: captures, sweeps and EXEC between shards, message by message.
 *
 * a0, b1 and c2 live on shards 0, 1 and 2; a0 and b1 have 100.00.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ledger_house.h"

static struct house *house;
static const char *a, *b, *c;

static void furnish(void)
{
    house = house_build();
    a = house_name(house, 'a', 0);
    b = house_name(house, 'b', 1);
    c = house_name(house, 'c', 2);
    house_open(house, 1, a);
    house_open(house, 2, b);
    house_open(house, 3, c);
    house_deposit(house, 4, house_name(house, 'd', 0), a, 10000);
    house_deposit(house, 5, house_name(house, 'e', 1), b, 10000);
    house_settle(house);
}

static void clear(void)
{
    house_close(house);
}

static void expect(uint64_t ticket, const char *answer)
{
    cr_assert_str_eq(house_answer(house, ticket), answer);
}

static void expect_sentence(uint64_t ticket, const char *format, const char *account)
{
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, format, account);
    expect(ticket, sentence);
}

static void expect_balances(const char *one, const char *two, const char *balances)
{
    house_balances(house, 90, one, two);
    house_settle(house);
    expect(90, balances);
}

static void expect_hold(const char *id, const char *state)
{
    house_lookup(house, 91, id);
    house_settle(house);
    expect(91, state);
}

static void sweep(uint64_t ticket, const char *id, const char *from, const char *to, uint64_t most)
{
    const struct leg_text leg = {slice_of(from), slice_of(to), {most, 2}};
    house_operation(house, ticket,
                    &(struct operation_text){.type = TRANSFER_SWEEP,
                                             .id = slice_of(id),
                                             .legs = &leg,
                                             .leg_count = 1,
                                             .amount_given = most > 0});
}

static void ceiling(uint64_t ticket, const char *account, uint64_t cents)
{
    struct change_message *change =
        compose_change(&house->draft, &house->sender, slice_of(account), CHANGE_LIMIT);
    change->ceiling_given = true;
    change->ceiling = cents;
    change->ceiling_digits = 2;
    house_submit(house, ticket);
    house_settle(house);
    expect(ticket, "OK");
}

TestSuite(transaction, .init = furnish, .fini = clear);

Test(transaction, captures_what_is_left_of_a_hold_that_changed_since_it_was_found)
{
    const char *h = house_name(house, 'h', 2);
    house_hold(house, 10, h, a, b, 6000, 0);
    house_settle(house);
    expect(10, "6");
    house_capture(house, 11, house_name(house, 'i', 2), h, 0, false);
    cr_assert_eq(house_deliver(house, 2, 0), MESSAGE_TRANSFER, "it found 60.00 and is on its way with that");
    house_capture(house, 12, house_name(house, 'j', 2), h, 1500, true);
    cr_assert_eq(house_deliver(house, 2, 0), MESSAGE_TRANSFER);
    /* Of two that found the same the one that comes back first is done, the other finds the hold anew. */
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER);
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER);
    house_settle(house);
    expect(11, "7");
    expect_sentence(12, "CAPTURED hold %s was captured before", h);
    expect_balances(a, b, "40.00 160.00");
    expect_hold(h, "captured");
}

Test(transaction, captures_the_rest_after_one_that_kept_it)
{
    const char *h = house_name(house, 'h', 2);
    house_hold(house, 10, h, a, b, 6000, 0);
    house_settle(house);
    house_capture(house, 11, house_name(house, 'i', 2), h, 1500, true);
    house_capture(house, 12, house_name(house, 'j', 2), h, 0, false);
    house_capture(house, 13, house_name(house, 'k', 2), h, 4501, true);
    house_settle(house);
    expect(11, "7");
    expect(12, "8");
    expect_sentence(13, "CAPTURED hold %s was captured before", h);
    expect_balances(a, b, "40.00 160.00");
    house_change(house, 14, b, CHANGE_FREEZE);
    house_transfer(house, 15, house_name(house, 't', 0), a, c, 4000);
    house_settle(house);
    expect(15, "10");
    house_change(house, 16, a, CHANGE_CLOSE); /* nothing is held any more */
    expect(16, "OK");
}

Test(transaction, looks_for_what_is_undecided_only_when_that_is_decided)
{
    const char *h = house_name(house, 'h', 0);
    house_hold(house, 10, h, a, b, 6000, 0); /* undecided: prepared on shard 0 */
    house_capture(house, 11, house_name(house, 'i', 0), h, 6000, false);
    house_lookup(house, 12, h);
    cr_assert_eq(house_count(house).parked, 2);
    expect(11, "");
    house_settle(house);
    expect(10, "6");
    expect(11, "7");
    expect(12, "held 60.00");
    expect_balances(a, b, "40.00 160.00");
}

Test(transaction, reverses_once_whoever_asks_first)
{
    const char *t = house_name(house, 't', 0);
    house_transfer(house, 10, t, a, c, 2500);
    house_settle(house);
    const char *ids[] = {house_name(house, 'r', 1), house_name(house, 's', 2)};
    for (unsigned i = 0; i < 2; i++)
        house_operation(house, 11 + i,
                        &(struct operation_text){
                            .type = TRANSFER_REVERSE, .id = slice_of(ids[i]), .reference = slice_of(t)});
    house_settle(house);
    expect(11, "7");
    expect_sentence(12, "REVERSED %s was reversed before", t);
    expect_balances(a, c, "100.00 0.00");
    expect_hold(t, "reversed");
    house_operation(
        house, 13,
        &(struct operation_text){.type = TRANSFER_REVERSE, .id = slice_of(ids[0]), .reference = slice_of(t)});
    house_settle(house);
    expect(13, "7");
}

Test(transaction, sweeps_to_a_shard_that_hears_the_amount_with_the_decision)
{
    sweep(10, house_name(house, 't', 1), b, a, 0);
    expect(10, "");
    cr_assert_eq(house_count(house).prepared, 1, "a is visited first, without an amount");
    house_transfer(house, 14, house_name(house, 'x', 0), a, c, 50);
    house_deposit(house, 11, house_name(house, 'u', 0), a, 100);
    cr_assert_eq(house_count(house).parked, 2, "and stays as it is until there is one");
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER);
    expect(10, "6");
    house_balances(house, 12, a, a);
    expect(12, "");
    cr_assert_eq(house_deliver(house, 1, 0), MESSAGE_DECISION);
    house_settle(house);
    expect(11, "7");
    expect(14, "8");
    expect(12, "200.50 200.50");
    expect_balances(a, b, "200.50 0.00");
    sweep(13, house_name(house, 'v', 1), b, a, 0);
    house_settle(house);
    expect_sentence(13, "INSUFFICIENT %s has 0.00 USD available, nothing to sweep", b);
}

Test(transaction, sweeps_no_more_than_where_it_goes_to_has_room_for)
{
    ceiling(10, a, 15000);
    sweep(11, house_name(house, 't', 1), b, a, 0);
    house_settle(house);
    expect_sentence(11, "CEILING %s has room for 50.00 USD below its ceiling, 100.00 would come in", a);
    sweep(12, house_name(house, 'u', 1), b, a, 5001);
    house_settle(house);
    expect_sentence(12, "CEILING %s has room for 50.00 USD below its ceiling, 50.01 would come in", a);
    sweep(13, house_name(house, 'v', 1), b, a, 5000);
    house_settle(house);
    expect_balances(a, b, "150.00 50.00");
    sweep(14, house_name(house, 'w', 1), a, b, 1000); /* the other way round: the amount is known at once */
    house_settle(house);
    expect_balances(a, b, "140.00 60.00");
}

Test(transaction, sweeps_what_is_there_when_nothing_is_undecided)
{
    house_transfer(house, 10, house_name(house, 't', 1), b, c, 3000); /* undecided on shard 1 */
    sweep(11, house_name(house, 'u', 1), b, c, 0);
    cr_assert_eq(house_count(house).parked, 1);
    house_settle(house);
    expect_balances(b, c, "0.00 100.00");
}

/* A command of an EXEC between two accounts. */
static struct operation_text moves(enum transfer_type type, const char *id, const struct leg_text *leg)
{
    return (struct operation_text){.type = type, .id = slice_of(id), .legs = leg, .leg_count = 1};
}

Test(transaction, does_of_an_exec_only_what_was_not_done_before)
{
    const char *t = house_name(house, 't', 2);
    const char *u = house_name(house, 'u', 0);
    house_transfer(house, 10, t, a, b, 1000);
    house_settle(house);
    expect(10, "6");
    const struct leg_text again = {slice_of(a), slice_of(b), {10, 0}};
    const struct leg_text more = {slice_of(a), slice_of(c), {500, 2}};
    const struct leg_text look = {.from = slice_of(a)};
    const struct operation_text texts[] = {moves(TRANSFER_TRANSFER, t, &again),
                                           moves(TRANSFER_TRANSFER, u, &more),
                                           {.type = TRANSFER_BALANCE, .legs = &look, .leg_count = 1}};
    house_exec(house, 11, 3, texts);
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER, "shard 0 has reserved both");
    cr_assert_eq(house_deliver(house, 1, 2), MESSAGE_TRANSFER, "and shard 2 knows that one was done");
    cr_assert_eq(house_count(house).prepared, 2);
    house_settle(house);
    expect(11, "[6, 7, 85.00]");
    expect_balances(a, b, "85.00 110.00");
    house_exec(house, 12, 3, texts);
    house_settle(house);
    expect(12, "[6, 7, 85.00]");
    expect_balances(a, c, "85.00 5.00");
}

Test(transaction, finds_a_hold_that_an_exec_captures_in_parts)
{
    const char *h = house_name(house, 'h', 2);
    house_hold(house, 10, h, a, b, 6000, 0);
    house_settle(house);
    const struct leg_text part = {.amount = {2000, 2}};
    const char *ids[] = {house_name(house, 't', 0), house_name(house, 'u', 1), house_name(house, 'v', 2)};
    struct operation_text texts[3];
    for (unsigned i = 0; i < 3; i++) {
        texts[i] = moves(TRANSFER_CAPTURE, ids[i], &part);
        texts[i].reference = slice_of(h);
        texts[i].amount_given = i < 2;
        texts[i].keep = i < 2;
        texts[i].leg_count = i < 2;
    }
    house_exec(house, 11, 2, texts);
    house_settle(house);
    expect(11, "[7, 8]");
    expect_hold(h, "held 20.00");
    expect_balances(a, b, "60.00 140.00");
    house_exec(house, 12, 3, texts); /* the first two were done */
    house_settle(house);
    expect(12, "[7, 8, 9]");
    expect_hold(h, "captured");
    expect_balances(a, b, "40.00 160.00");
}

Test(transaction, has_a_change_wait_until_nothing_is_undecided_on_its_account)
{
    const char *t = house_name(house, 't', 0);
    house_transfer(house, 10, t, a, b, 3000);
    house_change(house, 11, a, CHANGE_FREEZE);
    house_transfer(house, 12, house_name(house, 'u', 0), a, b, 1000); /* stands behind it */
    cr_assert_eq(house_count(house).parked, 2);
    house_settle(house);
    expect(10, "6");
    expect(11, "OK");
    expect_sentence(12, "FROZEN %s is frozen", a);
    expect_balances(a, b, "70.00 130.00");
}

Test(transaction, has_a_change_wait_for_a_look_and_stand_behind_who_waits)
{
    house_balances(house, 10, a, b); /* holds a as a reader */
    house_change(house, 11, a, CHANGE_FREEZE);
    house_change(house, 12, a, CHANGE_THAW);
    cr_assert_eq(house_count(house).parked, 2);
    expect(11, "");
    house_settle(house);
    expect(10, "100.00 100.00");
    expect(11, "OK");
    expect(12, "OK");
    house_transfer(house, 13, house_name(house, 't', 0), a, b, 100);
    house_settle(house);
    expect(13, "8");
}

Test(transaction, has_a_change_stand_behind_who_waits_for_another_account_too)
{
    const char *x = house_name(house, 'x', 0);
    house_open(house, 10, x);
    house_transfer(house, 11, house_name(house, 't', 0), a, c, 6000); /* undecided on shard 0 */
    house_transfer(house, 12, house_name(house, 'u', 0), a, x, 6000); /* in doubt: waits for a, and for x */
    house_change(house, 13, x, CHANGE_FREEZE);                        /* nothing is open on x itself */
    cr_assert_eq(house_count(house).parked, 2);
    house_settle(house);
    expect_sentence(12, "INSUFFICIENT %s has 40.00 USD available, 60.00 needed", a);
    expect(13, "OK");
}

Test(transaction, has_a_limit_wait_for_what_it_would_forbid)
{
    house_transfer(house, 10, house_name(house, 't', 0), a, c, 100); /* undecided: a is on shard 0 */
    ceiling(11, a, 0);                                               /* settles */
    expect(10, "6");
    house_transfer(house, 12, house_name(house, 'u', 1), b, a, 100);
    house_settle(house);
    expect_sentence(12, "CEILING %s has room for -99.00 USD below its ceiling, 1.00 would come in", a);
}

Test(transaction, refuses_at_once_what_is_wrong_whatever_is_undecided)
{
    const char *missing = house_name(house, 'm', 0);
    ceiling(10, b, 15000);
    house_transfer(house, 11, house_name(house, 't', 1), b, c, 6000);       /* undecided on shard 1 */
    house_transfer(house, 12, house_name(house, 'u', 0), missing, b, 6000); /* fits only after it */
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER);
    expect_sentence(12, "NOACCOUNT %s does not exist", missing);
    expect(11, "");
}

Test(transaction, lets_nobody_overtake_who_waits_for_the_same_id)
{
    const char *t = house_name(house, 't', 0);
    const char *missing = house_name(house, 'm', 1);
    house_transfer(house, 10, t, c, missing, 100); /* doomed once it gets to shard 1, but not on shard 0 */
    house_transfer(house, 11, t, a, b, 100);
    house_transfer(house, 12, t, a, b, 100);
    house_settle(house);
    expect_sentence(10, "NOACCOUNT %s does not exist", missing);
    expect(11, "6");
    expect(12, "6");
    const char *u = house_name(house, 'u', 0);
    const char *gone = house_name(house, 'n', 0);
    house_transfer(house, 13, u, gone, b, 100); /* doomed: looks at the id */
    house_transfer(house, 14, u, a, b, 100);    /* wants it: waits */
    house_transfer(house, 15, u, gone, b, 100); /* might look too, but stands behind */
    cr_assert_eq(house_count(house).parked, 2);
    house_settle(house);
    expect_sentence(13, "NOACCOUNT %s does not exist", gone);
    expect(14, "7");
    expect_sentence(15, "IDREUSED id %s was used before for something else; a new transfer needs a new id",
                    u);
}

Test(transaction, knows_a_hold_that_is_asked_for_again_from_any_other)
{
    const char *h = house_name(house, 'h', 2);
    const struct leg_text leg = {slice_of(a), slice_of(b), {6000, 2}};
    const struct leg_text again = {slice_of(a), slice_of(b), {60, 0}};
    const struct leg_text more = {slice_of(a), slice_of(b), {6001, 2}};
    const struct leg_text other_to = {slice_of(a), slice_of(c), {6000, 2}};
    const struct leg_text other_from = {slice_of(c), slice_of(b), {6000, 2}};
    const struct {
        const struct leg_text *leg;
        const char *note;
        uint64_t ttl;
        bool same;
    } asked[] = {
        {&leg, "x", 9, true},         {&again, "x", 9, true}, {&more, "x", 9, false},
        {&other_to, "x", 9, false},   {&leg, "y", 9, false},  {&leg, "", 9, false},
        {&other_from, "x", 9, false}, {&leg, "x", 8, false},  {&leg, "x", 0, false},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        house_operation(house, 10,
                        &(struct operation_text){.type = TRANSFER_HOLD,
                                                 .id = slice_of(h),
                                                 .note = slice_of(asked[i].note),
                                                 .legs = asked[i].leg,
                                                 .leg_count = 1,
                                                 .ttl = asked[i].ttl});
        house_settle(house);
        const char *answer = house_answer(house, 10);
        cr_expect_eq(strcmp(answer, "6") == 0, asked[i].same, "%zu: %s", i, answer);
    }
}

#define CENTS_MAX AMOUNT_TOTAL_MAX

/* A hold of any amount. */
static void hold_amount(uint64_t ticket, const char *id, const char *from, const char *to, amount_t cents)
{
    const struct leg_text leg = {slice_of(from), slice_of(to), {cents, 2}};
    const struct operation_text text = moves(TRANSFER_HOLD, id, &leg);
    house_operation(house, ticket, &text);
    house_settle(house);
}

static const char *unlimited(uint64_t ticket)
{
    const char *s = house_name(house, 's', 1);
    compose_open(&house->draft, &house->sender, slice_of(s), slice_of("USD"))->unlimited = true;
    house_submit(house, ticket);
    house_settle(house);
    return s;
}

Test(transaction, sweeps_no_more_than_totals_have_room_for_what_is_held_included)
{
    const char *s = unlimited(10);
    hold_amount(11, house_name(house, 'h', 2), s, a, CENTS_MAX - 10000 - 5000);
    expect(11, "7");
    sweep(12, house_name(house, 't', 1), b, a, 5001);
    house_settle(house);
    expect_sentence(
        12, "OVERFLOW the credits of %s would add up to more than 2^126 - 1 of the smallest unit of USD", a);
    sweep(13, house_name(house, 'u', 1), b, a, 5000);
    house_settle(house);
    expect(13, "8");
    expect_balances(a, b, "150.00 50.00");
}

Test(transaction, gives_limits_only_to_an_account_whose_totals_fit_them)
{
    const char *s = unlimited(10);
    house_transfer(house, 11, house_name(house, 't', 0), s, c, 1);
    house_settle(house);
    hold_amount(12, house_name(house, 'h', 2), s, b, CENTS_MAX - 10000);
    house_limit(house, 13, s, false);
    house_settle(house);
    expect(13, "OK");
    house_limit(house, 14, s, true);
    house_settle(house);
    hold_amount(15, house_name(house, 'i', 2), s, a, 9999); /* exactly as much as fits */
    house_limit(house, 16, s, false);
    house_settle(house);
    expect(16, "OK");
    house_limit(house, 17, s, true);
    house_settle(house);
    hold_amount(18, house_name(house, 'j', 2), s, a, 1);
    house_limit(house, 19, s, false);
    house_settle(house);
    expect_sentence(19, "OVERFLOW the totals of %s are above 2^126 - 1; it can only be unlimited", s);
    house_transfer(house, 20, house_name(house, 'u', 0), s, c, 1);
    house_settle(house);
    expect(20, "15");
}

Test(transaction, is_refused_for_a_level_that_no_balance_can_have_though_others_are_undecided)
{
    const struct leg_text leg = {slice_of(a), slice_of(c), {100, 2}};
    const struct condition_text condition = {slice_of(a), {(amount_t)1 << 127, 2}, false, RELATION_AT_LEAST};
    struct operation_text text = moves(TRANSFER_TRANSFER, house_name(house, 'u', 0), &leg);
    text.conditions = &condition;
    text.condition_count = 1;
    house_transfer(house, 10, house_name(house, 't', 0), a, b, 100);
    house_operation(house, 11, &text);
    house_settle(house);
    expect_sentence(
        11, "CONDITION %s has 99.00 USD, needed is at least 1701411834604692317316873037158841057.28", a);
}
