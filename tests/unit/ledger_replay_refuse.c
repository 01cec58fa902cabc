/* ledger_replay_refuse.c: records and rows of a snapshot that this server never wrote are refused, with the
 * reason. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/replay.h"
#include "tests/unit/ledger_house.h"

#define SECOND UINT64_C(1000000000)

static struct house *house;
static struct replay *replay;
static struct buffer records;
static sequence_t last;
static char error[REPLAY_ERROR_MAX];

static struct stamp stamp_next(void)
{
    last++;
    return (struct stamp){last, last * SECOND};
}

/* Replays the records told since the last time. */
static bool replay_told(void)
{
    bool good = replay_records(replay, records.bytes + records.start, buffer_length(&records), error);
    buffer_consume(&records, buffer_length(&records));
    return good;
}

static void tell_open(const char *id, const char *asset, unsigned scale, amount_t overdraft, amount_t ceiling)
{
    struct record_options options = {.overdraft = overdraft, .has_ceiling = ceiling > 0, .ceiling = ceiling};
    options.asset.length = (uint8_t)strlen(asset);
    options.asset.scale = (uint8_t)scale;
    memcpy(options.asset.code, asset, strlen(asset));
    record_open(&records, id, strlen(id), &options, stamp_next());
}

static void tell_change(enum change_type type, sequence_t account)
{
    const struct record_change change = {.account = account};
    record_changed(&records, type, &change, stamp_next());
}

/* A record of one leg. */
struct told {
    enum transfer_type type;
    const char *id;
    const char *reference;
    unsigned from;
    unsigned to;
    unsigned amount;
    unsigned released;
};

static const struct record *tell(const struct told *told)
{
    size_t at = buffer_length(&records);
    const struct record_parts parts = {.id = slice_of(told->id),
                                       .reference = slice_of(told->reference),
                                       .terms = {.released = told->released},
                                       .leg_count = 1,
                                       .type = (uint8_t)told->type};
    *record_transfer(&records, &parts, stamp_next()) =
        (struct record_leg){.amount = told->amount, .from = told->from, .to = told->to};
    return (const struct record *)(const void *)(records.bytes + records.start + at);
}

/* Accounts: 1 alice may owe 10.00; 2 bob can have 20.00; 3 carol in EUR; 4 dave is frozen; 5 erin is closed.
 * h is an open hold of 5.00, g one that was voided. */
static void begin(void)
{
    last = 0;
    house = house_build_with(2, 0);
    replay = replay_create(house->shards, 2, house->sender.seed);
    tell_open("alice", "USD", 2, 1000, 0);
    tell_open("bob", "USD", 2, 0, 2000);
    tell_open("carol", "EUR", 2, 0, 0);
    tell_open("dave", "USD", 2, 0, 0);
    tell_open("erin", "USD", 2, 0, 0);
    tell_change(CHANGE_FREEZE, 4);
    tell_change(CHANGE_CLOSE, 5);
    tell(&(struct told){TRANSFER_HOLD, "h", "", 1, 2, 500, 0});
    tell(&(struct told){TRANSFER_HOLD, "g", "", 1, 2, 100, 0});
    tell(&(struct told){TRANSFER_VOID, "v", "g", 1, 2, 100, 0});
    cr_assert(replay_told(), "%s", error);
}

static void end(void)
{
    replay_free(replay);
    replay_free(NULL);
    house_free(house);
    buffer_free(&records);
}

TestSuite(refuse, .init = begin, .fini = end);

static void expect_refusal(bool good, const char *reason)
{
    cr_expect(!good, "not refused: %s", reason);
    cr_expect_not_null(strstr(error, reason), "'%s' does not say '%s'", error, reason);
    error[0] = '\0';
}

/* Each changes nothing before it is refused, or only what the others don't look at. */
Test(refuse, transfers_that_can_not_have_been)
{
    static const struct {
        struct told told;
        const char *reason;
    } cases[] = {
        {{TRANSFER_TRANSFER, "t", "", 1, 77, 1, 0}, "names account number 77, which was never opened"},
        {{TRANSFER_TRANSFER, "t", "", 77, 1, 1, 0}, "names account number 77, which was never opened"},
        {{TRANSFER_TRANSFER, "t", "", 1, 1, 1, 0}, "from an account to itself"},
        {{TRANSFER_TRANSFER, "t", "", 0, 0, 1, 0}, "from an account to itself"},
        {{TRANSFER_TRANSFER, "t", "", 1, 3, 1, 0}, "between accounts of different assets"},
        {{TRANSFER_TRANSFER, "t", "", 1, 2, 0, 0}, "moves nothing"},
        {{TRANSFER_TRANSFER, "t", "", 1, 2, 501, 0}, "takes more from account alice than it had available"},
        {{TRANSFER_DEPOSIT, "t", "", 0, 2, 1501, 0}, "takes account bob above its ceiling"},
        {{TRANSFER_DEPOSIT, "t", "", 0, 4, 1, 0}, "touches account dave, which is frozen or closed"},
        {{TRANSFER_WITHDRAW, "t", "", 5, 0, 1, 0}, "touches account erin, which is frozen or closed"},
        {{TRANSFER_CAPTURE, "t", "none", 1, 2, 1, 0}, "is about hold none, which is not open"},
        {{TRANSFER_CAPTURE, "t", "g", 1, 2, 1, 0}, "is about hold g, which is not open"},
        {{TRANSFER_EXPIRE, "", "g", 1, 2, 1, 0}, "is about hold g, which is not open"},
        {{TRANSFER_CAPTURE, "t", "h", 1, 2, 0, 0}, "another amount from its hold than that has left"},
        {{TRANSFER_CAPTURE, "t", "h", 1, 2, 501, 0}, "another amount from its hold than that has left"},
        {{TRANSFER_CAPTURE, "t", "h", 1, 2, 500, 1}, "another amount from its hold than that has left"},
        {{TRANSFER_VOID, "t", "h", 1, 2, 499, 0}, "another amount from its hold than that has left"},
        {{TRANSFER_EXPIRE, "", "h", 1, 2, 499, 0}, "another amount from its hold than that has left"},
        {{TRANSFER_DEPOSIT, "h", "", 0, 2, 1, 0}, "has id h, which an open hold has"},
        {{TRANSFER_HOLD, "h", "", 0, 2, 1, 0}, "has id h, which an open one has"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tell(&cases[i].told);
        expect_refusal(replay_told(), cases[i].reason);
    }
}

Test(refuse, openings_and_definitions_that_can_not_have_been)
{
    static const struct asset_tag usd = {"USD", 3, 3, {0}};
    tell_open("alice", "USD", 2, 0, 0);
    expect_refusal(replay_told(), "account alice is opened again by number");
    tell_open("new", "NOPE", 2, 0, 0);
    expect_refusal(replay_told(), "is in NOPE, which was never defined with scale 2");
    tell_open("new", "USD", 3, 0, 0);
    expect_refusal(replay_told(), "is in USD, which was never defined with scale 3");
    record_define(&records, &usd, stamp_next());
    expect_refusal(replay_told(), "asset USD is defined with scale 3, and this server knows it with scale 2");
}

Test(refuse, more_assets_than_a_ledger_has)
{
    bool good = true;
    for (unsigned i = 0; good && i <= ASSETS_MAX; i++) {
        struct asset_tag tag = {.length = 5};
        char code[8];
        (void)snprintf(code, sizeof code, "X%04u", i);
        memcpy(tag.code, code, tag.length);
        record_define(&records, &tag, stamp_next());
        good = replay_told();
    }
    expect_refusal(good, "is one too many: a ledger has at most 1024");
}

Test(refuse, changes_of_accounts_that_are_not_open)
{
    tell_change(CHANGE_THAW, 77);
    expect_refusal(replay_told(), "changes account number 77, which is not open");
    tell_change(CHANGE_LIMIT, 5);
    expect_refusal(replay_told(), "changes account number 5, which is not open");
    tell_change(CHANGE_THAW, 4);
    tell_change(CHANGE_LIMIT, 4);
    tell(&(struct told){TRANSFER_DEPOSIT, "t", "", 0, 4, 1, 0});
    cr_expect(replay_told(), "%s", error);
}

Test(refuse, a_record_of_an_unknown_kind)
{
    tell_change(CHANGE_THAW, 4);
    ((struct record *)(void *)(records.bytes + records.start))->kind = 9;
    expect_refusal(replay_told(), "is a record of kind 9, which this server does not know");
}

static bool asset_stands(const char *code, unsigned scale, bool defined, amount_t debits)
{
    struct asset_tag tag = {.length = (uint8_t)strlen(code), .scale = (uint8_t)scale};
    memcpy(tag.code, code, strlen(code));
    return replay_asset(replay, &tag, defined, (struct total){.low = debits}, (struct total){0}, last, error);
}

static bool account_stands(const char *id, amount_t overdraft, struct replay_standing standing)
{
    tell_open(id, "USD", 2, overdraft, 0);
    bool good = replay_account(replay, (const struct record *)(const void *)(records.bytes + records.start),
                               &standing, error);
    buffer_consume(&records, buffer_length(&records));
    return good;
}

Test(refuse, rows_of_a_snapshot_that_can_not_have_been)
{
    const struct total most = {.low = AMOUNT_TOTAL_MAX};
    const struct total more = {.low = AMOUNT_TOTAL_MAX + 1};
    const struct replay_held held = {.remaining = 1};
    expect_refusal(asset_stands("USD", 3, true, 0), "asset USD is defined with scale 3");
    expect_refusal(asset_stands("USD", 3, false, 0), "asset USD with scale 3 was never defined");
    expect_refusal(asset_stands("NOPE", 3, false, 0), "asset NOPE with scale 3 was never defined");
    expect_refusal(account_stands("alice", 0, (struct replay_standing){0}), "account alice is opened again");
    expect_refusal(account_stands("new", 0, (struct replay_standing){.debits = more}),
                   "has totals above 2^126 - 1");
    expect_refusal(account_stands("newer", 0, (struct replay_standing){.credits = more}),
                   "has totals above 2^126 - 1");
    cr_expect(account_stands("full", 0, (struct replay_standing){.debits = most, .credits = most}), "%s",
              error);

    const struct record *hold = tell(&(struct told){TRANSFER_HOLD, "k", "", 1, 77, 1, 0});
    expect_refusal(replay_hold(replay, hold, &held, error), "names account number 77");
    expect_refusal(replay_remember(replay, hold, error), "names account number 77");
    buffer_consume(&records, buffer_length(&records));
    hold = tell(&(struct told){TRANSFER_HOLD, "h", "", 1, 2, 1, 0});
    expect_refusal(replay_hold(replay, hold, &held, error), "has id h, which an open one has");
}

Test(refuse, a_ledger_out_of_balance)
{
    cr_assert(asset_stands("USD", 2, true, 1), "%s", error);
    expect_refusal(replay_finish(replay, error),
                   "the ledger is out of balance: in USD debits are 0.01 and credits 0.00");
}

/* What a snapshot tells of accounts, a replay makes of them. */
Test(refuse, nothing_of_a_snapshot_that_is_in_order)
{
    const struct total cents = {.low = 700};
    struct record_options unlimited = {.asset = {"USD", 3, 2, {0}}, .unlimited = true};
    cr_assert(asset_stands("USD", 2, true, 1400), "%s", error);
    cr_assert(
        account_stands("frozen", 0, (struct replay_standing){.credits = cents, .state = ACCOUNT_FROZEN}),
        "%s", error);
    cr_assert(account_stands("closed", 0, (struct replay_standing){.state = ACCOUNT_CLOSED}), "%s", error);
    record_open(&records, "free", 4, &unlimited, stamp_next());
    cr_assert(replay_account(replay, (const struct record *)(const void *)(records.bytes + records.start),
                             &(struct replay_standing){.credits = cents}, error),
              "%s", error);
    buffer_consume(&records, buffer_length(&records));
    static const char *const reversed[] = {"v", "forgotten"};
    for (unsigned i = 0; i < 2; i++) {
        const struct record *record =
            tell(&(struct told){TRANSFER_REVERSE, i == 0 ? "r" : "s", reversed[i], 1, 2, 1, 0});
        cr_assert(replay_remember(replay, record, error), "%s", error);
        buffer_consume(&records, buffer_length(&records));
    }
    cr_assert(replay_finish(replay, error), "%s", error);
    house->next = last + 1;
    house_balances(house, 90, "frozen", "free");
    house_settle(house);
    cr_expect_str_eq(house_answer(house, 90), "7.00 7.00");
    house_deposit(house, 91, "late", "frozen", 1);
    house_deposit(house, 92, "later", "closed", 1);
    house_settle(house);
    cr_expect_str_eq(house_answer(house, 91), "FROZEN frozen is frozen");
    cr_expect_str_eq(house_answer(house, 92), "CLOSED closed is closed");
}
