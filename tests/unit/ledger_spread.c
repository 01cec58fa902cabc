/* ledger_spread.c: an account without limits is spread over all shards and gathered again, message by
 * message, and nobody can tell.
 *
 * a0, b1 and c2 live on shards 0, 1 and 2 and have 100.00 each; s lives on shard 1, is unlimited, and spread.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/stripes.h"
#include "tests/unit/ledger_house.h"

static struct house *house;
static const char *a, *b, *c, *s;

static bool is_spread(unsigned shard)
{
    uint64_t hash = ident_hash(s, strlen(s), house->sender.seed);
    return stripes_spread(shard_stripes(house->shards[shard]), slice_of(s), hash);
}

/* An id on a shard, another one each time. */
static const char *fresh(unsigned shard)
{
    static char text[64][24];
    static unsigned count;
    char *id = text[count % 64];
    (void)snprintf(id, sizeof text[0], "{%s}%u", house_name(house, (char)('p' + shard), shard), count++);
    return id;
}

static void furnish(void)
{
    house = house_build();
    a = house_name(house, 'a', 0);
    b = house_name(house, 'b', 1);
    c = house_name(house, 'c', 2);
    s = house_name(house, 's', 1);
    house_open(house, 1, a);
    house_open(house, 2, b);
    house_open(house, 3, c);
    house_deposit(house, 4, fresh(0), a, 10000);
    house_deposit(house, 5, fresh(1), b, 10000);
    house_deposit(house, 6, fresh(2), c, 10000);
    compose_open(&house->draft, &house->sender, slice_of(s), slice_of("USD"))->unlimited = true;
    house_submit(house, 7);
    house_settle(house);
    for (unsigned shard = 0; shard < HOUSE_SHARDS; shard++)
        cr_assert(is_spread(shard));
}

static void clear(void)
{
    house_close(house);
}

static void expect(uint64_t ticket, const char *answer)
{
    cr_assert_str_eq(house_answer(house, ticket), answer);
}

static void expect_done(uint64_t ticket)
{
    const char *answer = house_answer(house, ticket);
    cr_assert(strtoull(answer, NULL, 10) > 0, "it was answered '%s'", answer);
}

static void expect_balances(const char *one, const char *two, const char *balances)
{
    house_balances(house, 90, one, two);
    house_settle(house);
    expect(90, balances);
}

static void expect_sentence(uint64_t ticket, const char *format, const char *account)
{
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, format, account);
    expect(ticket, sentence);
}

TestSuite(spread, .init = furnish, .fini = clear);

Test(spread, executes_a_leg_where_its_other_account_lives)
{
    house_client_of(house, 0);
    house_transfer(house, 10, fresh(0), a, s, 100);
    house_transfer(house, 11, fresh(2), s, c, 300);
    expect_done(10); /* without a message between shards */
    expect_done(11);
    expect_balances(a, s, "99.00 -2.00");
    expect_balances(c, s, "103.00 -2.00");
}

Test(spread, sends_on_to_its_home_what_was_composed_before_it_was_gathered)
{
    struct buffer late = {0};
    const char *id = fresh(0);
    const struct leg_text leg = {slice_of(a), slice_of(s), {700, 2}};
    house_client_of(house, 0);
    compose_transfer(&late, &house->sender, slice_of(id), 1, &leg, slice_of(""));
    house_limit(house, 10, s, false);
    house_settle(house);
    expect(10, "OK");
    for (unsigned shard = 0; shard < HOUSE_SHARDS; shard++)
        cr_assert_not(is_spread(shard));
    buffer_append(&house->draft, late.bytes + late.start, buffer_length(&late));
    house_submit(house, 11);
    expect(11, "");
    house_settle(house);
    expect_done(11);
    expect_balances(a, s, "93.00 7.00");
    buffer_free(&late);
}

Test(spread, executes_at_home_what_was_composed_before_it_was_spread)
{
    house->sender.stripes = NULL;
    house_transfer(house, 10, fresh(0), a, s, 700);
    expect(10, "");
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER);
    expect_done(10);
    house_settle(house);
    expect_balances(a, s, "93.00 7.00");
}

Test(spread, is_gathered_after_all_that_was_under_way)
{
    house_client_of(house, 0);
    house_transfer(house, 10, fresh(0), a, b, 100); /* undecided on shard 0 */
    house_transfer(house, 11, fresh(0), a, s, 200);
    house_limit(house, 12, s, false); /* waits: the gathering begins on shard 0, where that is open */
    cr_assert_eq(house_deliver(house, 1, 0), MESSAGE_STRIPE);
    house_transfer(house, 13, fresh(0), a, s, 400); /* behind it */
    house_transfer(house, 14, fresh(2), c, s, 800); /* shard 2 does not know yet */
    expect(13, "");
    expect_done(14);
    house_settle(house);
    expect_done(10);
    expect_done(11);
    expect(12, "OK");
    expect_done(13);
    cr_assert_not(is_spread(0) || is_spread(1) || is_spread(2));
    expect_balances(a, s, "93.00 14.00");
    house_transfer(house, 15, fresh(1), s, b, 1401);
    expect_sentence(15, "INSUFFICIENT %s has 14.00 USD available, 14.01 needed", s);
}

Test(spread, has_all_its_changes_wait_for_the_same_gathering)
{
    house_change(house, 10, s, CHANGE_FREEZE);
    house_change(house, 11, s, CHANGE_THAW);
    house_limit(house, 12, s, false);
    cr_assert_eq(house_deliver(house, 1, 0), MESSAGE_STRIPE);
    cr_assert_eq(house_deliver(house, 1, 0), -1, "it is gathered once");
    house_settle(house);
    expect(10, "OK");
    expect(11, "OK");
    expect(12, "OK");
}

Test(spread, adds_up_what_its_stripes_had_and_is_spread_again)
{
    house_client_of(house, 0);
    house_transfer(house, 10, fresh(0), a, s, 100);
    house_transfer(house, 11, fresh(2), s, c, 250);
    house_transfer(house, 12, fresh(1), b, s, 400);
    for (unsigned round = 0; round < 3; round++) {
        house_change(house, 13, s, CHANGE_FREEZE);
        house_settle(house);
        expect(13, "OK");
        cr_assert_not(is_spread(0) || is_spread(1) || is_spread(2), "a frozen account is left alone");
        expect_balances(s, s, "2.50 2.50");
        house_change(house, 14, s, CHANGE_THAW);
        house_settle(house);
        expect(14, "OK");
        cr_assert(is_spread(0) && is_spread(1) && is_spread(2));
        expect_balances(s, s, "2.50 2.50");
    }
    house_limit(house, 15, s, false);
    house_settle(house);
    cr_assert_not(is_spread(0) || is_spread(1) || is_spread(2));
    expect_balances(s, s, "2.50 2.50");
    house_limit(house, 16, s, true);
    house_settle(house);
    cr_assert(is_spread(0) && is_spread(1) && is_spread(2));
    expect_balances(s, s, "2.50 2.50");
}

Test(spread, refuses_at_once_once_it_is_frozen)
{
    struct buffer late = {0};
    const struct leg_text leg = {slice_of(s), slice_of(c), {700, 2}};
    house_client_of(house, 2);
    compose_transfer(&late, &house->sender, slice_of(fresh(2)), 1, &leg, slice_of(""));
    house_change(house, 10, s, CHANGE_FREEZE);
    house_settle(house);
    buffer_append(&house->draft, late.bytes + late.start, buffer_length(&late));
    house_submit(house, 11);
    house_transfer(house, 12, fresh(0), a, s, 100);
    house_settle(house);
    expect_sentence(11, "FROZEN %s is frozen", s);
    expect_sentence(12, "FROZEN %s is frozen", s);
    house_change(house, 13, s, CHANGE_THAW);
    house_transfer(house, 14, fresh(0), a, s, 100);
    house_settle(house);
    expect_done(14);
    buffer_free(&late);
}

Test(spread, may_have_a_hold_on_one_stripe_and_release_it_on_another)
{
    const char *h = fresh(2);
    house_client_of(house, 0);
    house_hold(house, 10, h, s, a, 500, 0); /* held on shard 0, where a is */
    house_settle(house);
    expect_done(10);
    house_change(house, 11, s, CHANGE_CLOSE);
    house_settle(house);
    expect_sentence(11, "NOTEMPTY %s has 5.00 USD held out and 0.00 USD held in; capture or void first", s);
    cr_assert(is_spread(1), "what can not be closed is spread again");
    house_void(house, 12, fresh(1), h); /* what was gathered at home is released on shard 0 */
    house_settle(house);
    expect_done(12);
    house_limit(house, 13, s, false);
    house_settle(house);
    house_transfer(house, 14, fresh(1), s, b, 1);
    expect_sentence(14, "INSUFFICIENT %s has 0.00 USD available, 0.01 needed", s);
    house_change(house, 15, s, CHANGE_CLOSE);
    house_settle(house);
    expect(15, "OK");
    cr_assert_not(is_spread(0) || is_spread(1) || is_spread(2));
}

Test(spread, is_closed_only_when_all_its_stripes_are_empty)
{
    house_client_of(house, 0);
    house_transfer(house, 10, fresh(0), a, s, 100);
    house_change(house, 11, s, CHANGE_CLOSE);
    house_settle(house);
    expect_sentence(11, "NOTEMPTY %s has a balance of 1.00 USD; only an empty account can be closed", s);
    house_transfer(house, 12, fresh(2), s, c, 100);
    house_change(house, 13, s, CHANGE_CLOSE);
    house_settle(house);
    expect(13, "OK");
    house_transfer(house, 14, fresh(0), a, s, 100);
    house_settle(house);
    expect_sentence(14, "CLOSED %s is closed", s);
    cr_assert_not(is_spread(0) || is_spread(1) || is_spread(2));
}

/* A transfer from a to c with a condition on s. */
static void conditional(uint64_t ticket, enum relation relation, uint64_t level, bool negative)
{
    const struct leg_text leg = {slice_of(a), slice_of(c), {100, 2}};
    const struct condition_text condition = {slice_of(s), {level, 2}, negative, relation};
    const char *id = fresh(1);
    house_operation(house, ticket,
                    &(struct operation_text){.type = TRANSFER_TRANSFER,
                                             .id = slice_of(id),
                                             .legs = &leg,
                                             .leg_count = 1,
                                             .conditions = &condition,
                                             .condition_count = 1});
}

Test(spread, is_judged_by_the_sum_of_its_stripes)
{
    house_client_of(house, 0);
    house_transfer(house, 10, fresh(0), a, s, 600);
    house_transfer(house, 11, fresh(2), s, c, 900);
    for (int knows = 0; knows < 2; knows++) {
        house->sender.stripes = NULL; /* whoever does not know finds out at its home */
        if (knows == 1)
            house_client_of(house, 2);
        conditional(12, RELATION_EXACTLY, 300, true);
        house_settle(house);
        expect_done(12);
        conditional(13, RELATION_AT_MOST, 301, true);
        house_settle(house);
        expect_sentence(13, "CONDITION %s has -3.00 USD, needed is at most -3.01", s);
        conditional(14, RELATION_AT_LEAST, 0, false);
        house_settle(house);
        expect_sentence(14, "CONDITION %s has -3.00 USD, needed is at least 0.00", s);
        conditional(15, RELATION_EXACTLY, 300, false);
        house_settle(house);
        expect_sentence(15, "CONDITION %s has -3.00 USD, needed is exactly 3.00", s);
    }
}

Test(spread, is_judged_at_one_moment)
{
    house_client_of(house, 0);
    conditional(10, RELATION_EXACTLY, 0, false); /* has seen shard 0, and holds all of it */
    house_transfer(house, 11, fresh(0), a, s, 100);
    house_transfer(house, 12, fresh(2), s, c, 100);
    expect(11, "");
    expect_done(12);
    house_settle(house);
    expect_sentence(10, "CONDITION %s has -1.00 USD, needed is exactly 0.00", s);
    expect_done(11);
    conditional(13, RELATION_EXACTLY, 0, false);
    house_settle(house);
    expect_done(13);
}

Test(spread, is_looked_at_whole_by_who_takes_it_for_an_ordinary_account)
{
    house_client_of(house, 0);
    house_transfer(house, 10, fresh(0), a, s, 600);
    house->sender.stripes = NULL;
    expect_balances(s, a, "6.00 94.00");
    const struct operation_text texts[] = {
        {.type = TRANSFER_BALANCE, .legs = &(struct leg_text){.from = slice_of(s)}, .leg_count = 1},
        {.type = TRANSFER_BALANCE, .legs = &(struct leg_text){.from = slice_of(a)}, .leg_count = 1}};
    house_exec(house, 11, 2, texts);
    house_settle(house);
    expect(11, "[6.00, 94.00]");
}

Test(spread, counts_what_earlier_commands_of_an_exec_do_to_it)
{
    const struct leg_text out = {slice_of(s), slice_of(c), {300, 2}};
    const struct leg_text in = {slice_of(a), slice_of(s), {100, 2}};
    const struct leg_text look = {.from = slice_of(s)};
    const char *first = fresh(0);
    const char *second = fresh(2);
    const struct operation_text texts[] = {
        {.type = TRANSFER_TRANSFER, .id = slice_of(first), .legs = &out, .leg_count = 1},
        {.type = TRANSFER_BALANCE, .legs = &look, .leg_count = 1},
        {.type = TRANSFER_TRANSFER, .id = slice_of(second), .legs = &in, .leg_count = 1},
        {.type = TRANSFER_BALANCE, .legs = &look, .leg_count = 1}};
    house_client_of(house, 0);
    house_exec(house, 10, 4, texts);
    house_settle(house);
    expect(10, "[8, -3.00, 9, -2.00]");
    expect_balances(s, s, "-2.00 -2.00");
}

Test(spread, is_gathered_in_the_batch_that_changed_its_last_stripe)
{
    house_client_of(house, 0);
    house_change(house, 10, s, CHANGE_THAW);
    house_deliver(house, 1, 0);
    house_deliver(house, 0, 1);
    house->batching = true; /* so that the number of this is not real when the gathering is decided */
    house_transfer(house, 11, fresh(2), s, c, 100);
    house->batching = false;
    cr_assert_eq(house_deliver(house, 1, 2), MESSAGE_STRIPE);
    cr_assert_eq(house_deliver(house, 2, 1), MESSAGE_DECISION);
    house_settle(house);
    expect(10, "OK");
    expect(11, "8");
    cr_assert_eq(house_last(house, s), 8); /* there was nothing to thaw */
}
