/* ledger_shard.c: the protocol between shards, message by message.
 *
 * In every test a0 lives on shard 0, b1 on shard 1 and c2 on shard 2 (their real names are found by trying),
 * a0 has 100.00, and transfer ids live where the payer does unless the test says otherwise.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/ledger_house.h"

static struct house *house;
static const char *a, *b, *c;
static const char *t, *u, *v; /* transfer ids on shard 0 */

static void furnish(void)
{
    house = house_build();
    a = house_name(house, 'a', 0);
    b = house_name(house, 'b', 1);
    c = house_name(house, 'c', 2);
    t = house_name(house, 't', 0);
    u = house_name(house, 'u', 0);
    v = house_name(house, 'v', 0);
    house_open(house, 1, a);
    house_open(house, 2, b);
    house_open(house, 3, c);
    house_deposit(house, 4, house_name(house, 'd', 0), a, 10000);
    house_settle(house);
}

/* Every test leaves the house empty of what is open, or it has lost something. */
static void clear(void)
{
    house_close(house);
}

static void expect(uint64_t ticket, const char *answer)
{
    cr_assert_str_eq(house_answer(house, ticket), answer);
}

TestSuite(shard, .init = furnish, .fini = clear);

Test(shard, reserves_on_the_lower_and_decides_on_the_higher)
{
    house_transfer(house, 10, t, a, b, 3000);
    expect(10, "");
    cr_assert_eq(house_count(house).prepared, 1);
    cr_assert_eq(house_deliver(house, 0, 1), MESSAGE_TRANSFER);
    expect(10, "5");
    cr_assert_eq(house_count(house).prepared, 1, "shard 0 has not heard yet");
    cr_assert_eq(house_deliver(house, 1, 0), MESSAGE_DECISION);
    cr_assert_eq(house_count(house).prepared, 0);
    house_balances(house, 11, a, b);
    house_settle(house);
    expect(11, "70.00 30.00");
}

Test(shard, lets_a_transfer_pass_that_fits_whatever_is_decided)
{
    house_transfer(house, 10, t, a, b, 3000);
    house_transfer(house, 11, u, a, c, 7000);
    cr_assert_eq(house_count(house).parked, 0);
    house_settle(house);
    house_balances(house, 12, a, c);
    house_settle(house);
    expect(10, "5");
    expect(11, "6");
    expect(12, "0.00 70.00");
}

Test(shard, parks_a_transfer_that_depends_on_a_decision_and_then_refuses_it)
{
    house_transfer(house, 10, t, a, b, 3000);
    house_transfer(house, 11, u, a, c, 8000);
    cr_assert_eq(house_count(house).parked, 1);
    house_settle(house);
    expect(10, "5");
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, "INSUFFICIENT %s has 70.00 USD available, 80.00 needed", a);
    expect(11, sentence);
}

Test(shard, parks_a_transfer_that_depends_on_a_decision_and_then_makes_it)
{
    /* The first fails on shard 1, where its payee does not exist. */
    house_transfer(house, 10, t, a, house_name(house, 'x', 1), 3000);
    house_transfer(house, 11, u, a, c, 8000);
    cr_assert_eq(house_count(house).parked, 1);
    house_settle(house);
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "NOACCOUNT %s does not exist", house_name(house, 'x', 1));
    expect(10, sentence);
    expect(11, "5");
}

Test(shard, refuses_at_once_what_no_decision_can_allow_and_says_at_most)
{
    house_transfer(house, 10, t, b, a, 100); /* doomed already: b has nothing; shard 0 holds a as a reader */
    house_settle(house);
    house_transfer(house, 11, u, a, b, 3000);
    house_transfer(house, 12, v, a, c, 10001);
    house_settle(house);
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence,
                   "INSUFFICIENT %s has at most 100.00 USD available, 100.01 needed", a);
    expect(12, sentence);
}

Test(shard, parks_a_read_until_the_decision)
{
    house_transfer(house, 10, t, a, b, 3000);
    house_balances(house, 11, a, a);
    cr_assert_eq(house_count(house).parked, 1);
    house_deliver(house, 0, 1);
    expect(10, "5");
    expect(10, "");
    house_deliver(house, 1, 0);
    expect(11, "70.00 70.00");
}

Test(shard, keeps_a_transfer_waiting_while_a_reader_is_under_way)
{
    house_balances(house, 10, a, b);
    house_transfer(house, 11, t, a, c, 1000);
    cr_assert_eq(house_count(house).parked, 1);
    house_deliver(house, 0, 1);
    expect(10, "100.00 0.00");
    house_settle(house);
    expect(11, "5");
}

Test(shard, lets_nobody_overtake_who_waits_for_the_same_account)
{
    house_transfer(house, 10, t, a, b, 3000);
    house_transfer(house, 11, u, a, c, 8000); /* in doubt: waits */
    house_transfer(house, 12, v, a, c, 7000); /* stands behind it, though it would fit */
    cr_assert_eq(house_count(house).parked, 2);
    house_settle(house);
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence, "INSUFFICIENT %s has 70.00 USD available, 80.00 needed", a);
    expect(10, "5");
    expect(11, sentence);
    expect(12, "6");
}

Test(shard, answers_a_retry_that_comes_while_the_first_is_undecided)
{
    house_transfer(house, 10, t, a, b, 3000);
    house_transfer(house, 11, t, a, b, 3000);
    house_transfer(house, 12, t, a, b, 4000);
    cr_assert_eq(house_count(house).parked, 2);
    uint64_t records = house->records;
    house_settle(house);
    cr_assert_gt(house->records, records);
    expect(11, "5");
    char sentence[128];
    (void)snprintf(sentence, sizeof sentence,
                   "IDREUSED id %s was used before for something else; a new transfer needs a new id", t);
    expect(12, sentence);
    expect(10, "5");
}

Test(shard, frees_an_id_whose_transfer_was_refused)
{
    house_transfer(house, 10, t, a, b, 20000);
    house_settle(house);
    house_transfer(house, 11, t, a, b, 100);
    house_settle(house);
    expect(11, "5");
}

Test(shard, lets_an_opening_wait_for_an_answer_that_found_the_account_missing)
{
    const char *missing = house_name(house, 'm', 0);
    house_transfer(house, 10, t, missing, b, 100);
    house_open(house, 11, missing);
    cr_assert_eq(house_count(house).parked, 1);
    house_settle(house);
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "NOACCOUNT %s does not exist", missing);
    expect(11, "5");
    expect(10, sentence);
}

Test(shard, moves_those_who_wait_for_a_name_to_the_account_when_it_opens)
{
    const char *missing = house_name(house, 'm', 0);
    house_transfer(house, 10, t, missing, b, 100); /* doomed, holds the name */
    house_open(house, 11, missing);                /* waits */
    house_balances(house, 12, missing, missing);   /* stands behind it */
    cr_assert_eq(house_count(house).parked, 2);
    house_deliver(house, 0, 1);
    house_deliver(house, 1, 0);
    cr_assert_eq(house_count(house).parked, 0);
    house_settle(house);
    expect(11, "5");
    expect(12, "0.00 0.00");
}

Test(shard, gives_the_whole_ledger_one_moment)
{
    house_transfer(house, 10, t, a, b, 3000);
    compose_survey(&house->draft, &house->sender);
    house_submit(house, 11);                  /* waits for the undecided transfer, and is told of it */
    house_transfer(house, 12, u, a, c, 1000); /* waits outside the gate */
    cr_assert_eq(house_deliver(house, 0, 2), -1, "nothing may pass the gate");
    house_settle(house);
    expect(11, "survey 5");
    expect(12, "6");
}

Test(shard, numbers_records_one_after_another_whoever_writes_them)
{
    house_transfer(house, 10, t, a, b, 100);
    house_transfer(house, 11, u, a, c, 100);
    house_deliver(house, 0, 2);
    house_deliver(house, 0, 1);
    expect(10, "6");
    expect(11, "5");
}
