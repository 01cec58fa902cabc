/* ledger_message.c: which requests of one connection may be in flight together; and batches that need more
 * room than there was.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/asset.h"
#include "tests/unit/ledger_house.h"

static const struct sender sender = {.seed = 7, .shards = 1};

/* A composed request; good until the next but three. */
static const struct message *request_of(const char *word, const char *name, const char *other)
{
    static struct buffer drafts[4];
    static unsigned turn;
    struct buffer *draft = &drafts[turn++ % 4];
    const struct slice accounts[2] = {slice_of(name), slice_of(other)};
    const struct leg_text leg = {accounts[0], accounts[1], {1, 0}};
    const struct condition_text condition = {.account = accounts[1]};
    struct operation_text operation = {
        .type = TRANSFER_TRANSFER, .id = slice_of("t"), .legs = &leg, .leg_count = 1};
    buffer_consume(draft, buffer_length(draft));
    if (strcmp(word, "OPEN") == 0)
        compose_open(draft, &sender, accounts[0], slice_of("USD"));
    else if (strcmp(word, "FREEZE") == 0)
        compose_change(draft, &sender, accounts[0], CHANGE_FREEZE);
    else if (strcmp(word, "BALANCES") == 0)
        compose_read(draft, &sender, 2, accounts);
    else if (strcmp(word, "LOOKUP") == 0)
        compose_lookup(draft, &sender, accounts[0]);
    else if (strcmp(word, "TRANSFER") == 0)
        compose_transaction(draft, &sender, 1, &operation, false);
    else if (strcmp(word, "IF") == 0) {
        const struct leg_text paid = {accounts[0], slice_of("payee"), {1, 0}};
        operation.legs = &paid;
        operation.conditions = &condition;
        operation.condition_count = 1;
        compose_transaction(draft, &sender, 1, &operation, false);
    } else if (strcmp(word, "CAPTURE") == 0) {
        operation =
            (struct operation_text){.type = TRANSFER_CAPTURE, .id = accounts[0], .reference = accounts[1]};
        compose_transaction(draft, &sender, 1, &operation, false);
    } else if (strcmp(word, "ASSET") == 0)
        compose_define(draft, &sender, accounts[0], 2);
    else if (strcmp(word, "ACCOUNTS") == 0)
        compose_page(draft, &sender, 0, 1);
    else
        compose_survey(draft, &sender);
    return (const struct message *)(const void *)(draft->bytes + draft->start);
}

static bool meet(const struct message *one, const struct message *other)
{
    uint64_t keys[2][MESSAGE_KEYS_MAX];
    size_t counts[2] = {message_keys(one, keys[0]), message_keys(other, keys[1])};
    for (size_t i = 0; i < counts[0]; i++) {
        for (size_t k = 0; k < counts[1]; k++) {
            if (keys[0][i] == keys[1][k])
                return true;
        }
    }
    return false;
}

Test(message, meets_another_that_touches_the_same_account_or_id)
{
    static const struct {
        const char *one[3];
        const char *other[3];
        bool meet;
    } cases[] = {
        {{"OPEN", "alice", ""}, {"OPEN", "alice", ""}, true},
        {{"OPEN", "alice", ""}, {"OPEN", "bob", ""}, false},
        {{"OPEN", "alice", ""}, {"FREEZE", "alice", ""}, true},
        {{"BALANCES", "alice", "bob"}, {"FREEZE", "bob", ""}, true},
        {{"BALANCES", "alice", "bob"}, {"FREEZE", "carol", ""}, false},
        {{"TRANSFER", "alice", "bob"}, {"BALANCES", "carol", "bob"}, true},
        {{"TRANSFER", "alice", "bob"}, {"LOOKUP", "t", ""}, true},
        {{"TRANSFER", "alice", "bob"}, {"LOOKUP", "alice", ""}, false}, /* an id, not an account */
        {{"TRANSFER", "alice", "@world/USD"}, {"BALANCES", "bob", "@world/USD"}, false},
        {{"IF", "alice", "bob"}, {"OPEN", "bob", ""}, true},
        {{"CAPTURE", "c", "h"}, {"LOOKUP", "h", ""}, true},
        {{"CAPTURE", "c", "h"}, {"LOOKUP", "c", ""}, true},
        {{"ASSET", "USD", ""}, {"ASSET", "USD", ""}, false},
        {{"TRIAL", "", ""}, {"ACCOUNTS", "", ""}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct message *one = request_of(cases[i].one[0], cases[i].one[1], cases[i].one[2]);
        const struct message *other = request_of(cases[i].other[0], cases[i].other[1], cases[i].other[2]);
        cr_expect_eq(meet(one, other), cases[i].meet, "case %zu", i);
        cr_expect_eq(meet(other, one), cases[i].meet, "case %zu", i);
    }
}

Test(message, is_alone_where_it_concerns_everything_or_what_is_not_known_yet)
{
    static const struct {
        const char *word;
        bool alone;
    } cases[] = {{"OPEN", false},   {"FREEZE", true},    {"BALANCES", false},
                 {"LOOKUP", false}, {"TRANSFER", false}, {"CAPTURE", true},
                 {"ASSET", true},   {"ACCOUNTS", true},  {"TRIAL", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(message_is_alone(request_of(cases[i].word, "alice", "bob")), cases[i].alone, "%s",
                     cases[i].word);
    const struct message *world = request_of("BALANCES", "alice", "@world/USD");
    cr_expect(message_is_alone(world) && message_is_whole(world));
}

/* More transactions prepared at once than there were slots for. */
Test(message, finds_its_slot_however_many_are_prepared)
{
    enum { COUNT = 600 };
    struct house *house = house_build();
    const char *const a = house_name(house, 'a', 0);
    const char *const b = house_name(house, 'b', 1);
    house_open(house, 1, a);
    house_open(house, 2, b);
    house_deposit(house, 3, "d", a, COUNT);
    house_settle(house);
    for (unsigned i = 0; i < COUNT; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "t%u", i);
        house_transfer(house, 10 + i, id, a, b, 1);
        while (house_deliver(house, 2, 0) >= 0 || house_deliver(house, 2, 1) >= 0)
            continue;
    }
    cr_expect_geq(house_count(house).prepared, 257);
    house_settle(house);
    cr_expect_eq(house_count(house).prepared, 0);
    house_balances(house, 5, a, b);
    house_settle(house);
    cr_expect_str_eq(house_answer(house, 5), "0.00 6.00");
    house_free(house);
}

/* More numbers in one batch than there was room to note; the seal finds them all. */
Test(message, is_sealed_however_long_its_batch_is)
{
    enum { COUNT = 3000 };
    struct house *house = house_build_with(1, 0);
    struct shard *shard = house->shards[0];
    for (unsigned i = 0; i < COUNT; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "account%u", i);
        buffer_consume(&house->draft, buffer_length(&house->draft));
        compose_open(&house->draft, &house->sender, slice_of(id), slice_of("USD"));
        shard_step(shard, (struct message *)(void *)(house->draft.bytes + house->draft.start),
                   &house->out[0]);
    }
    buffer_consume(&house->draft, buffer_length(&house->draft));
    cr_assert_eq(shard_numbers_used(shard), COUNT);
    shard_seal(shard, &house->out[0], (struct stamp){1, 1001});
    house->out[0].records.end = house->out[0].records.start;
    house->next = COUNT + 1;
    house_open(house, 1, "account0");
    house_open(house, 2, "account2999");
    cr_expect_str_eq(house_answer(house, 1), "1");
    cr_expect_str_eq(house_answer(house, 2), "3000");
    house_free(house);
}

Test(message, that_defines_one_asset_too_many_is_refused)
{
    struct house *house = house_build();
    char code[8] = "";
    unsigned defined = 0;
    const char *answer = "OK";
    for (; strcmp(answer, "OK") == 0; defined++) {
        (void)snprintf(code, sizeof code, "X%u", defined);
        compose_define(&house->draft, &house->sender, slice_of(code), 2);
        house_submit(house, 1 + defined);
        house_settle(house);
        answer = house_answer(house, 1 + defined);
    }
    cr_expect_str_eq(answer, "ERR there are 1024 assets already, and no room for another");
    cr_expect(defined > 800 && defined < ASSETS_MAX, "%u", defined);
    house_free(house);
}
