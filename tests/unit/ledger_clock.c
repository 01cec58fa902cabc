/* ledger_clock.c: what is due ends, to the nanosecond, and only that.
 *
 * Number n has the time 1000 + n, so a hold of one second that got number n is due at DUE(n).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ledger_house.h"

#define SECOND UINT64_C(1000000000)
#define DUE(n) (1000 + (n) + SECOND)

static struct house *house;
static const char *a, *b; /* on shards 0 and 1 */
static const char *h, *k; /* hold ids on shard 2 */

static void furnish_with(uint64_t id_window_ns)
{
    house = house_build_with(HOUSE_SHARDS, id_window_ns);
    a = house_name(house, 'a', 0);
    b = house_name(house, 'b', 1);
    h = house_name(house, 'h', 2);
    k = house_name(house, 'k', 2);
    house_open(house, 1, a);
    house_open(house, 2, b);
    house_deposit(house, 3, house_name(house, 'd', 0), a, 10000);
    house_settle(house);
}

static void furnish(void)
{
    furnish_with(0);
}

static void clear(void)
{
    house_close(house);
}

static void expect(uint64_t ticket, const char *answer)
{
    cr_assert_str_eq(house_answer(house, ticket), answer);
}

/* The number of a hold, or of what else was answered with one. */
static uint64_t number_of(uint64_t ticket)
{
    uint64_t number = strtoull(house_answer(house, ticket), NULL, 10);
    cr_assert_neq(number, 0);
    return number;
}

static void expect_hold(const char *id, const char *state)
{
    house_lookup(house, 99, id);
    house_settle(house);
    expect(99, state);
}

static void tell(uint64_t now)
{
    house_clock(house, 2, now);
    house_settle(house);
}

static void extend(uint64_t ticket, const char *id, const char *hold, uint64_t seconds)
{
    house_operation(house, ticket,
                    &(struct operation_text){.type = TRANSFER_EXTEND,
                                             .id = {id, strlen(id)},
                                             .reference = {hold, strlen(hold)},
                                             .ttl = seconds});
    house_settle(house);
}

TestSuite(clock, .init = furnish, .fini = clear);

Test(clock, expires_a_hold_at_its_deadline_and_no_nanosecond_before)
{
    house_hold(house, 10, h, a, b, 3000, 1);
    house_settle(house);
    uint64_t due = DUE(number_of(10));
    cr_assert_eq(shard_next_deadline(house->shards[2]), due);
    tell(due - 1);
    expect_hold(h, "held 30.00");
    uint64_t commits = house_count(house).commits;
    tell(due);
    expect_hold(h, "expired");
    cr_assert_eq(house_count(house).commits, commits + 1);
    cr_assert_eq(house_count(house).holds, 0);
    cr_assert_eq(shard_next_deadline(house->shards[2]), UINT64_MAX);
    /* All of it can be spent again. */
    house_transfer(house, 11, house_name(house, 't', 0), a, b, 10000);
    house_settle(house);
    number_of(11);
    house_change(house, 12, a, CHANGE_CLOSE);
    expect(12, "OK");
}

Test(clock, leaves_alone_what_has_no_time_to_live)
{
    house_hold(house, 10, h, a, b, 3000, 0);
    house_settle(house);
    cr_assert_eq(shard_next_deadline(house->shards[2]), UINT64_MAX);
    tell(UINT64_MAX - 1);
    expect_hold(h, "held 30.00");
}

Test(clock, does_not_go_back)
{
    house_hold(house, 10, h, a, b, 3000, 1);
    house_settle(house);
    uint64_t due = DUE(number_of(10));
    house_clock(house, 2, due - 1);
    house_clock(house, 2, 5);
    tell(due - 1);
    expect_hold(h, "held 30.00");
    tell(due);
    house_hold(house, 11, k, a, b, 3000, 1);
    house_settle(house);
    tell(5); /* it is `due` still, which is not enough for the second */
    expect_hold(k, "held 30.00");
}

Test(clock, gives_a_hold_that_is_extended_the_time_that_was_asked_for)
{
    house_hold(house, 10, h, a, b, 3000, 1);
    house_settle(house);
    uint64_t due = DUE(number_of(10));
    tell(due - 1);
    extend(11, house_name(house, 'x', 0), h, 3);
    uint64_t later = DUE(number_of(11)) + 2 * SECOND;
    tell(due);
    tell(later - 1);
    expect_hold(h, "held 30.00");
    tell(later);
    expect_hold(h, "expired");
}

Test(clock, takes_an_extension_that_is_shorter_or_the_first)
{
    house_hold(house, 10, h, a, b, 3000, 100);
    house_hold(house, 11, k, a, b, 2000, 0);
    house_settle(house);
    extend(12, house_name(house, 'x', 0), h, 1);
    extend(13, house_name(house, 'y', 0), k, 1);
    uint64_t due = DUE(number_of(12));
    tell(due - 1);
    expect_hold(h, "held 30.00");
    tell(due);
    expect_hold(h, "expired");
    expect_hold(k, "held 20.00");
    tell(due + 1); /* its extension had the next number */
    expect_hold(k, "expired");
}

Test(clock, is_too_late_for_what_was_captured_and_too_early_for_what_comes_after)
{
    house_hold(house, 10, h, a, b, 3000, 1);
    house_hold(house, 11, k, a, b, 2000, 1);
    house_settle(house);
    uint64_t due = DUE(number_of(11));
    house_capture(house, 12, house_name(house, 'c', 0), h, 1000, false);
    house_settle(house);
    uint64_t commits = house_count(house).commits;
    tell(due);
    cr_assert_eq(house_count(house).commits, commits + 1, "only one expires");
    expect_hold(h, "captured");
    expect_hold(k, "expired");
    house_capture(house, 13, house_name(house, 'e', 0), k, 1000, false);
    house_settle(house);
    char sentence[64];
    (void)snprintf(sentence, sizeof sentence, "EXPIRED hold %s has expired", k);
    expect(13, sentence);
    house_balances(house, 14, a, b);
    house_settle(house);
    expect(14, "90.00 10.00");
}

Test(clock, lets_who_is_decided_first_win)
{
    house_hold(house, 10, h, a, b, 3000, 1);
    house_settle(house);
    uint64_t due = DUE(number_of(10));
    /* The capture has its shards behind it but the last; the expiry is only on its way. */
    house_capture(house, 11, house_name(house, 'c', 0), h, 3000, false);
    house_deliver(house, 2, 0);
    house_deliver(house, 0, 1);
    house_clock(house, 2, due);
    cr_assert_eq(house_deliver(house, 1, 2), MESSAGE_TRANSFER);
    uint64_t commits = house_count(house).commits;
    house_settle(house);
    cr_assert_eq(house_count(house).commits, commits, "it finds the hold captured, and nobody hears of it");
    number_of(11);
    expect_hold(h, "captured");
}

Test(clock, spares_a_hold_that_is_extended_while_its_expiry_is_under_way)
{
    const char *x = house_name(house, 'x', 0);
    house_hold(house, 10, h, a, b, 3000, 1);
    house_settle(house);
    uint64_t due = DUE(number_of(10));
    const struct operation_text text = {
        .type = TRANSFER_EXTEND, .id = {x, strlen(x)}, .reference = {h, strlen(h)}, .ttl = 2};
    house_operation(house, 11, &text); /* found, and on its way to shard 0, */
    house_clock(house, 2, due);        /* as is the expiry, behind it */
    house_settle(house);
    number_of(11);
    expect_hold(h, "held 30.00");
    cr_assert_gt(shard_next_deadline(house->shards[2]), due);
    tell(due + 5 * SECOND);
    expect_hold(h, "expired");
}

#define MANY 1000

Test(clock, expires_a_thousand_that_are_due_at_once_a_few_at_a_time)
{
    house_deposit(house, 10, house_name(house, 'e', 0), a, 100000);
    house_settle(house);
    for (unsigned i = 0; i < MANY; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "{%s}%u", h, i); /* on the same shard */
        house_hold(house, 11, id, a, b, 100, 1);
        house_settle(house);
        number_of(11);
    }
    cr_assert_eq(house_count(house).holds, MANY);
    for (unsigned told = 1; told <= 4; told++) {
        cr_assert_leq(shard_next_deadline(house->shards[2]), 2 * SECOND, "there are more to come");
        tell(2 * SECOND);
        uint64_t left = told < 4 ? MANY - told * 256 : 0;
        cr_assert_eq(house_count(house).holds, left, "after %u times", told);
    }
    cr_assert_eq(shard_next_deadline(house->shards[2]), UINT64_MAX);
}

Test(clock, forgets_ids_of_transfers_and_of_ended_holds_when_their_window_is_over)
{
    house_free(house);
    furnish_with(10 * SECOND);
    const char *t = house_name(house, 't', 2);
    house_transfer(house, 10, t, a, b, 100);
    house_hold(house, 11, h, a, b, 100, 0);
    house_hold(house, 12, k, a, b, 100, 0);
    house_settle(house);
    house_void(house, 13, house_name(house, 'v', 0), h);
    house_settle(house);
    uint64_t made = number_of(10);
    uint64_t ended = number_of(13);
    cr_assert_lt(made, ended);

    tell(5); /* no window is over yet */
    expect_hold(t, "posted");
    tell(1000 + made + 10 * SECOND);
    expect_hold(t, "posted");
    tell(1000 + made + 10 * SECOND + 1);
    expect_hold(t, "nothing");
    expect_hold(h, "voided");
    tell(1000 + ended + 10 * SECOND);
    expect_hold(h, "voided");
    tell(1000 + ended + 10 * SECOND + 1);
    expect_hold(h, "nothing");
    tell(UINT64_MAX - 1);
    expect_hold(k, "held 1.00"); /* an open one is never forgotten */
    /* The ids can be used again. */
    house_hold(house, 14, t, a, b, 200, 0);
    house_transfer(house, 15, h, a, b, 300);
    house_settle(house);
    expect_hold(t, "held 2.00");
    expect_hold(h, "posted");
}

Test(clock, forgets_for_ever_nothing_without_a_window)
{
    const char *t = house_name(house, 't', 2);
    house_transfer(house, 10, t, a, b, 100);
    house_settle(house);
    tell(UINT64_MAX - 1);
    expect_hold(t, "posted");
}

/* Number n has the time 1000 + n: all of it is outdated once it is a minute past the epoch. */
Test(clock, forgets_a_few_at_a_time_and_as_fast_as_new_ones_come)
{
    house_free(house);
    furnish_with(10 * SECOND);
    for (unsigned i = 0; i < 6000; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "{%s}%u", h, i);
        if (i % 2 == 0)
            house_transfer(house, 11, id, a, b, 1);
        else
            house_hold(house, 11, id, a, b, 1, 1);
        house_settle(house);
        number_of(11);
        if (i % 200 == 199)
            tell(2 * SECOND); /* the holds expire */
    }
    cr_assert_eq(house_count(house).holds, 0);
    tell(60 * SECOND);
    cr_assert_eq(shard_count(house->shards[2]).remembered, 6000 - 2 * 1024);
    for (unsigned i = 6000; i < 7000; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "{%s}%u", h, i);
        house_transfer(house, 11, id, a, b, 1);
        house_settle(house);
        number_of(11);
    }
    cr_assert_eq(shard_count(house->shards[2]).remembered, 6000 / 2 - 1024 - 1000,
                 "two transfers are forgotten for each, and two holds, of which none is left");
}

/* One shard, one batch: nothing is sealed between the commands. */
Test(clock, expires_on_time_what_is_due_before_two_that_were_extended_together)
{
    static const char *const holds[] = {"first", "third", "second"};
    struct house *one = house_build_with(1, 0);
    house_open(one, 1, "alice");
    house_open(one, 2, "bob");
    house_deposit(one, 3, "d", "alice", 10000);
    for (unsigned i = 0; i < 3; i++)
        house_hold(one, 10 + i, holds[i], "alice", "bob", 100, 1 + 2 * (uint64_t)i);
    house_settle(one);

    struct buffer draft = {0};
    for (unsigned i = 2; i < 3; i -= 2) { /* the later one first */
        char id[] = {'e', (char)('0' + i), '\0'};
        const struct operation_text text = {.type = TRANSFER_EXTEND,
                                            .id = {id, 2},
                                            .reference = {holds[i], strlen(holds[i])},
                                            .ttl = i == 0 ? 100 : 50};
        struct transfer_message *extend = compose_transaction(&draft, &one->sender, 1, &text, false);
        shard_step(one->shards[0], &extend->head, &one->out[0]);
        buffer_consume(&draft, buffer_length(&draft));
    }
    house_clock(one, 0, 0); /* seals both */
    cr_assert_eq(shard_next_deadline(one->shards[0]), 1000 + 5 + 3 * SECOND);
    house_clock(one, 0, 1000 + 5 + 3 * SECOND);
    house_settle(one);
    house_lookup(one, 99, "third");
    house_settle(one);
    cr_assert_str_eq(house_answer(one, 99), "expired");
    buffer_free(&draft);
    house_free(one);
}
