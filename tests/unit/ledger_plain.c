/* ledger_plain.c: the transfer that goes the short way, and what must keep it from doing so. What the short
 * way shares with the long one, tests/model plays against the reference.
 *
 * a0, b0, e0 and f0 and their ids live on shard 0, c1 on shard 1; a0 and e0 have 100.00.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/ledger_house.h"

static struct house *house;
static const char *a, *b, *c, *e, *f;

static void furnish(void)
{
    house = house_build();
    a = house_name(house, 'a', 0);
    b = house_name(house, 'b', 0);
    c = house_name(house, 'c', 1);
    house_open(house, 1, a);
    house_open(house, 2, b);
    house_open(house, 3, c);
    e = house_name(house, 'e', 0);
    f = house_name(house, 'f', 0);
    house_open(house, 4, e);
    house_open(house, 5, f);
    house_deposit(house, 6, house_name(house, 'd', 0), a, 10000);
    house_deposit(house, 7, house_name(house, 'm', 0), e, 10000);
    house_settle(house);
}

static void expect(uint64_t ticket, const char *answer)
{
    house_settle(house);
    cr_assert_str_eq(house_answer(house, ticket), answer);
}

TestSuite(plain, .init = furnish);

Test(plain, moves_money_is_remembered_and_answers_a_retry_with_its_number)
{
    const char *t = house_name(house, 't', 0);
    house_transfer(house, 10, t, a, b, 1234);
    house_transfer(house, 11, t, a, b, 1234);
    expect(10, "8");
    expect(11, "8");
    house_lookup(house, 12, t);
    expect(12, "posted");
    house_balances(house, 13, a, b);
    expect(13, "87.66 12.34");
    cr_assert_eq(house_last(house, a), 8);
    cr_assert_eq(house_last(house, b), 8);
    house_close(house);
}

/* The first transfer with this id concerns shard 1 too, and is not decided yet. */
Test(plain, waits_for_an_undecided_transfer_with_the_same_id)
{
    const char *t = house_name(house, 't', 0);
    house_transfer(house, 10, t, a, c, 100);
    house_transfer(house, 11, t, e, f, 100);
    cr_assert_str_eq(house_answer(house, 11), "");
    expect(10, "8");
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence,
                   "IDREUSED id %s was used before for something else; a new transfer needs a new id", t);
    expect(11, sentence);
    house_close(house);
}

Test(plain, does_not_take_the_id_of_a_hold)
{
    const char *h = house_name(house, 'h', 0);
    house_hold(house, 10, h, a, b, 100, 0);
    house_settle(house);
    house_transfer(house, 11, h, e, f, 100);
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence,
                   "IDREUSED id %s was used before for something else; a new transfer needs a new id", h);
    expect(11, sentence);
    house_void(house, 12, house_name(house, 'v', 0), h);
    house_close(house);
}

Test(plain, leaves_an_exec_of_one_command_to_be_answered_as_one)
{
    const struct leg_text leg = {slice_of(a), slice_of(b), {100, 2}};
    const struct operation_text text = {
        .type = TRANSFER_TRANSFER, .id = slice_of(house_name(house, 't', 0)), .legs = &leg, .leg_count = 1};
    house_exec(house, 10, 1, &text);
    expect(10, "[8]");
    house_close(house);
}

Test(plain, leaves_a_condition_to_be_checked)
{
    const struct leg_text leg = {slice_of(a), slice_of(b), {100, 2}};
    const struct condition_text condition = {
        .account = slice_of(a), .relation = RELATION_AT_LEAST, .level = {10001, 2}};
    const struct operation_text text = {.type = TRANSFER_TRANSFER,
                                        .id = slice_of(house_name(house, 't', 0)),
                                        .legs = &leg,
                                        .leg_count = 1,
                                        .conditions = &condition,
                                        .condition_count = 1};
    house_operation(house, 10, &text);
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, "CONDITION %s has 100.00 USD, needed is at least 100.01", a);
    expect(10, sentence);
    house_close(house);
}

/* It stands behind the one that waits for c1's shard to say whether 100.00 or less is left. */
Test(plain, stands_behind_who_waits_for_the_account)
{
    house_transfer(house, 10, house_name(house, 't', 0), a, c, 6000);
    house_transfer(house, 11, house_name(house, 'u', 0), a, b, 5000); /* depends on 10 */
    house_transfer(house, 12, house_name(house, 'w', 0), a, b, 100);
    cr_assert_str_eq(house_answer(house, 12), "");
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, "INSUFFICIENT %s has 40.00 USD available, 50.00 needed", a);
    expect(10, "8");
    expect(11, sentence);
    expect(12, "9");
    house_close(house);
}
