/* ledger_replay_checks.c: what is replayed is checked, and a snapshot's rows stand as they stood. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/record.h"
#include "ledger/replay.h"
#include "ledger/stripes.h"
#include "tests/unit/ledger_house.h"

static struct house *house;
static struct buffer records;
static sequence_t number; /* of the newest record */
static struct replay *replay;
static char error[REPLAY_ERROR_MAX];

static void begin(unsigned shards)
{
    house = house_build_with(shards, 0);
    replay = replay_create(house->shards, shards, house->sender.seed);
    number = 0;
}

static void end(void)
{
    replay_free(replay);
    house_free(house);
    buffer_free(&records);
}

static struct stamp stamp_next(void)
{
    number++;
    return (struct stamp){number, 1000 + number};
}

static struct record_options options_of(bool unlimited)
{
    return (struct record_options){.asset = {.code = "USD", .length = 3, .scale = 2}, .unlimited = unlimited};
}

static void open_account(const char *account, bool unlimited)
{
    const struct record_options options = options_of(unlimited);
    record_open(&records, account, strlen(account), &options, stamp_next());
}

static void change(enum change_type type, sequence_t account)
{
    const struct record_change options = {.account = account};
    record_changed(&records, type, &options, stamp_next());
}

/* A record of one leg. `id` and `reference` may be empty. */
struct row {
    enum transfer_type type;
    const char *id;
    const char *reference;
    sequence_t from;
    sequence_t to;
    uint64_t amount;
    struct record_terms terms;
};

static void add(const struct row *row)
{
    const struct record_parts parts = {.id = slice_of(row->id),
                                       .reference = slice_of(row->reference),
                                       .note = slice_of(""),
                                       .terms = row->terms,
                                       .leg_count = 1,
                                       .type = (uint8_t)row->type};
    *record_transfer(&records, &parts, stamp_next()) = (struct record_leg){row->amount, row->from, row->to};
}

static bool run(void)
{
    bool good = replay_records(replay, records.bytes + records.start, buffer_length(&records), error);
    records.start = records.end = 0;
    return good;
}

/* Accounts 1, 2 and 3 (which has a ceiling of 1.00), 100.00 on the first, and two holds of 50.00 and 30.00 of
 * it, the second of which is captured; 4 is frozen, 5 closed. */
static void furnish(void)
{
    begin(3);
    open_account("a", false);
    open_account("b", false);
    open_account("c", false);
    open_account("frozen", false);
    open_account("closed", false);
    add(&(struct row){TRANSFER_DEPOSIT, "d", "", 0, 1, 10000, {0}});
    add(&(struct row){TRANSFER_HOLD, "h", "", 1, 2, 5000, {0}});
    add(&(struct row){TRANSFER_HOLD, "k", "", 1, 2, 3000, {0}});
    add(&(struct row){TRANSFER_CAPTURE, "l", "k", 1, 2, 1000, {.released = 2000}});
    const struct record_change limit = {.account = 3, .ceiling = 100, .has_ceiling = true};
    record_changed(&records, CHANGE_LIMIT, &limit, stamp_next());
    change(CHANGE_FREEZE, 4);
    change(CHANGE_CLOSE, 5);
    cr_assert(run(), "%s", error);
}

static const struct {
    struct row row;
    const char *complaint; /* NULL: it may be */
} rows[] = {
    {{TRANSFER_TRANSFER, "t", "", 1, 2, 4000, {0}}, NULL},
    {{TRANSFER_TRANSFER, "t", "", 1, 2, 4001, {0}}, "takes more from account a than it had available"},
    {{TRANSFER_HOLD, "t", "", 1, 2, 4001, {0}}, "takes more from account a than it had available"},
    {{TRANSFER_TRANSFER, "t", "", 1, 3, 100, {0}}, NULL},
    {{TRANSFER_TRANSFER, "t", "", 1, 3, 101, {0}}, "takes account c above its ceiling"},
    {{TRANSFER_HOLD, "t", "", 1, 3, 101, {0}}, "takes account c above its ceiling"},
    {{TRANSFER_TRANSFER, "t", "", 1, 2, 0, {0}}, "moves nothing"},
    {{TRANSFER_TRANSFER, "t", "", 1, 4, 1, {0}}, "touches account frozen, which is frozen or closed"},
    {{TRANSFER_TRANSFER, "t", "", 1, 5, 1, {0}}, "touches account closed, which is frozen or closed"},
    {{TRANSFER_TRANSFER, "t", "", 1, 1, 1, {0}}, "moves money from an account to itself"},
    {{TRANSFER_TRANSFER, "t", "", 1, 77, 1, {0}}, "names account number 77, which was never opened"},
    {{TRANSFER_HOLD, "h", "", 1, 2, 1, {0}}, "has id h, which an open one has"},
    {{TRANSFER_CAPTURE, "t", "h", 1, 2, 5000, {0}}, NULL},
    {{TRANSFER_CAPTURE, "t", "h", 1, 2, 1000, {.released = 4000}}, NULL},
    {{TRANSFER_CAPTURE, "t", "h", 1, 2, 5001, {0}}, "takes another amount from its hold"},
    {{TRANSFER_CAPTURE, "t", "h", 1, 2, 1000, {.released = 4001}}, "takes another amount from its hold"},
    {{TRANSFER_CAPTURE, "t", "h", 1, 2, 0, {.released = 5000}}, "takes another amount from its hold"},
    {{TRANSFER_CAPTURE, "t", "k", 1, 2, 1, {0}}, "is about hold k, which is not open"},
    {{TRANSFER_CAPTURE, "t", "none", 1, 2, 1, {0}}, "is about hold none, which is not open"},
    {{TRANSFER_VOID, "t", "h", 1, 2, 5000, {0}}, NULL},
    {{TRANSFER_VOID, "t", "h", 1, 2, 4999, {0}}, "takes another amount from its hold"},
    {{TRANSFER_VOID, "t", "k", 1, 2, 2000, {0}}, "is about hold k, which is not open"},
    {{TRANSFER_EXPIRE, "", "h", 1, 2, 5000, {0}}, NULL},
    {{TRANSFER_EXPIRE, "", "h", 1, 2, 4999, {0}}, "takes another amount from its hold"},
    {{TRANSFER_EXTEND, "t", "h", 1, 2, 0, {.ttl = 5}}, NULL},
    {{TRANSFER_EXTEND, "t", "k", 1, 2, 0, {.ttl = 5}}, "is about hold k, which is not open"},
};

Test(replay_checks, refuses_a_record_that_breaks_a_rule)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        furnish();
        add(&rows[i].row);
        bool good = run();
        cr_expect_eq(good, rows[i].complaint == NULL, "row %zu: %s", i, good ? "it was taken" : error);
        if (!good && rows[i].complaint != NULL)
            cr_expect_not_null(strstr(error, rows[i].complaint), "row %zu: %s", i, error);
        end();
    }
}

Test(replay_checks, refuses_a_change_of_an_account_that_is_not_open)
{
    static const sequence_t accounts[] = {5, 77};
    for (unsigned i = 0; i < 2; i++) {
        furnish();
        change(CHANGE_LIMIT, accounts[i]);
        cr_assert_not(run());
        cr_assert_not_null(strstr(error, "which is not open"), "%s", error);
        end();
    }
    furnish();
    change(CHANGE_THAW, 4);
    add(&(struct row){TRANSFER_TRANSFER, "t", "", 1, 4, 1, {0}});
    cr_assert(run(), "%s", error);
    end();
}

Test(replay_checks, spreads_an_unlimited_account_from_the_start)
{
    begin(3);
    open_account("wide", true);
    open_account("other", true);
    open_account("narrow", false);
    change(CHANGE_FREEZE, 2);
    cr_assert(run(), "%s", error);
    cr_assert(replay_finish(replay, error));
    static const char *const names[] = {"wide", "other", "narrow"};
    for (unsigned i = 0; i < 9; i++) {
        struct slice id = slice_of(names[i / 3]);
        uint64_t hash = ident_hash(id.text, id.length, house->sender.seed);
        cr_assert_eq(stripes_spread(shard_stripes(house->shards[i % 3]), id, hash), i / 3 == 0,
                     "%s on shard %u", names[i / 3], i % 3);
    }
    end();
}

static void expect(const char *answer)
{
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 1), answer);
}

/* The opening of an account of a snapshot, and how it stands. */
static void stand(const char *account, bool unlimited, const struct replay_standing *standing)
{
    open_account(account, unlimited);
    cr_assert(replay_account(replay, (const struct record *)(const void *)(records.bytes + records.start),
                             standing, error),
              "%s", error);
    records.start = records.end = 0;
}

static void hold(const char *id, const struct replay_held *held)
{
    add(&(struct row){TRANSFER_HOLD, id, "", 1, 2, 5000, {.ttl = held->deadline != 0 ? 9 : 0}});
    cr_assert(replay_hold(replay, (const struct record *)(const void *)(records.bytes + records.start), held,
                          error),
              "%s", error);
    records.start = records.end = 0;
}

Test(replay_checks, has_everything_of_a_snapshot_stand_as_it_stood)
{
    const struct asset_tag usd = {.code = "USD", .length = 3, .scale = 2};
    begin(3);
    cr_assert(replay_asset(replay, &usd, false, (struct total){.low = 10000}, (struct total){0}, 1, error));
    stand("a", false, &(struct replay_standing){.credits = {.low = 10000}, .last = 9});
    stand("b", false, &(struct replay_standing){.state = ACCOUNT_OPEN});
    stand("cold", false, &(struct replay_standing){.state = ACCOUNT_FROZEN});
    stand("gone", false, &(struct replay_standing){.state = ACCOUNT_CLOSED});
    /* More than any ordinary account can have: of the balance it is the difference that counts. */
    stand("wide", true,
          &(struct replay_standing){.debits = {.low = 7, .high = 1}, .credits = {.low = 7, .high = 1}});
    hold("h", &(struct replay_held){.state = HOLD_OPEN, .remaining = 4000});
    hold("k", &(struct replay_held){.state = HOLD_OPEN, .remaining = 2500, .deadline = UINT64_C(5000000000)});
    hold("v", &(struct replay_held){.state = HOLD_VOIDED, .ended = 77});
    cr_assert(replay_finish(replay, error), "%s", error);

    house->next = number + 1;
    house_lookup(house, 1, "h");
    expect("held 40.00");
    house_lookup(house, 1, "k");
    expect("held 25.00");
    house_lookup(house, 1, "v");
    expect("voided");
    house_transfer(house, 1, "t1", "a", "b", 3501);
    expect("INSUFFICIENT a has 35.00 USD available, 35.01 needed");
    house_transfer(house, 1, "t1", "a", "cold", 1);
    expect("FROZEN cold is frozen");
    house_transfer(house, 1, "t1", "gone", "a", 1);
    expect("CLOSED gone is closed");
    house_change(house, 1, "b", CHANGE_CLOSE);
    expect("NOTEMPTY b has 0.00 USD held out and 65.00 USD held in; capture or void first");
    house_balances(house, 1, "wide", "a");
    expect("0.00 100.00");
    for (unsigned shard = 0; shard < 3; shard++)
        house_clock(house, shard, UINT64_C(4999999999));
    house_lookup(house, 1, "k");
    expect("held 25.00");
    for (unsigned shard = 0; shard < 3; shard++)
        house_clock(house, shard, UINT64_C(5000000000));
    house_settle(house);
    house_lookup(house, 1, "k");
    expect("expired");
    house_capture(house, 1, "c1", "h", 0, false);
    house_settle(house);
    house_answer(house, 1);
    house_balances(house, 1, "a", "b");
    expect("60.00 40.00");
    house_change(house, 1, "b", CHANGE_CLOSE);
    expect("NOTEMPTY b has a balance of 40.00 USD; only an empty account can be closed");
    end();
}

Test(replay_checks, forgets_a_hold_of_a_snapshot_when_its_window_is_over)
{
    const uint64_t second = 1000000000;
    begin(1);
    house_free(house);
    replay_free(replay);
    house = house_build_with(1, 10 * second);
    replay = replay_create(house->shards, 1, house->sender.seed);
    stand("a", false, &(struct replay_standing){0});
    stand("b", false, &(struct replay_standing){0});
    hold("w", &(struct replay_held){.state = HOLD_VOIDED, .ended = 25 * second});
    hold("v", &(struct replay_held){.state = HOLD_VOIDED, .ended = 20 * second});
    cr_assert(replay_finish(replay, error), "%s", error);
    house->next = number + 1;
    house_clock(house, 0, 30 * second);
    house_lookup(house, 1, "v");
    expect("voided");
    house_clock(house, 0, 30 * second + 1);
    house_lookup(house, 1, "v");
    expect("nothing");
    house_lookup(house, 1, "w");
    expect("voided");
    house_clock(house, 0, 35 * second + 1);
    house_lookup(house, 1, "w");
    expect("nothing");
    end();
}

Test(replay_checks, forgets_a_hold_of_the_journal_when_its_window_is_over)
{
    begin(1);
    house_free(house);
    replay_free(replay);
    house = house_build_with(1, 1000000);
    replay = replay_create(house->shards, 1, house->sender.seed);
    open_account("a", false);
    open_account("b", false);
    add(&(struct row){TRANSFER_DEPOSIT, "d", "", 0, 1, 10000, {0}});
    add(&(struct row){TRANSFER_HOLD, "h", "", 1, 2, 5000, {0}});
    add(&(struct row){TRANSFER_VOID, "v", "h", 1, 2, 5000, {0}});
    cr_assert(run() && replay_finish(replay, error), "%s", error);
    house->next = number + 1;
    house_clock(house, 0, 1000000 + 1000 + number);
    house_lookup(house, 1, "h");
    expect("voided");
    house_clock(house, 0, 1000000 + 1000 + number + 1);
    house_lookup(house, 1, "h");
    expect("nothing");
    end();
}
