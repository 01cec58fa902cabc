/* ledger_replay.c: what a replay makes of ids that were used again, and of holds as a snapshot has them. */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/replay.h"
#include "tests/unit/ledger_house.h"

#define SECOND UINT64_C(1000000000)

/* Records told by hand: number n at n seconds. */
struct tale {
    struct buffer records;
    sequence_t next;
};

static struct stamp tale_stamp(struct tale *tale)
{
    sequence_t number = ++tale->next;
    return (struct stamp){number, number * SECOND};
}

static void tale_open(struct tale *tale, const char *id)
{
    const struct record_options options = {.asset = {"USD", 3, 2, {0}}, .overdraft = 1000};
    record_open(&tale->records, id, strlen(id), &options, tale_stamp(tale));
}

/* A leg of 5.00 from account 1 to account 2. */
static const struct record *tale_leg(struct tale *tale, enum transfer_type type, const char *id,
                                     const char *reference, uint64_t ttl)
{
    const struct record_parts parts = {.id = slice_of(id),
                                       .reference = slice_of(reference),
                                       .terms = {.ttl = ttl},
                                       .leg_count = 1,
                                       .type = (uint8_t)type};
    size_t at = buffer_length(&tale->records);
    *record_transfer(&tale->records, &parts, tale_stamp(tale)) =
        (struct record_leg){.amount = type == TRANSFER_EXTEND ? 0 : 500, .from = 1, .to = 2};
    return (const struct record *)(const void *)(tale->records.bytes + at);
}

static struct tale tale_begin(void)
{
    struct tale tale = {0};
    tale_open(&tale, "alice");
    tale_open(&tale, "bob");
    return tale;
}

/* A house of one shard in which the tale has happened. */
static struct house *tale_replay(struct tale *tale)
{
    char error[REPLAY_ERROR_MAX] = "";
    struct house *house = house_build_with(1, 0);
    struct replay *replay = replay_create(house->shards, 1, house->sender.seed);
    cr_assert(replay_records(replay, tale->records.bytes, buffer_length(&tale->records), error), "%s", error);
    cr_assert(replay_finish(replay, error), "%s", error);
    replay_free(replay);
    buffer_free(&tale->records);
    house->next = tale->next + 1;
    return house;
}

static void expect_lookup(struct house *house, const char *id, const char *answer)
{
    house_lookup(house, 99, id);
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 99), answer);
}

/* What forgets is the shard; its log does not. */
Test(replay, knows_the_newest_use_of_an_id_that_was_forgotten)
{
    struct tale tale = tale_begin();
    tale_leg(&tale, TRANSFER_HOLD, "h", "", 0);
    tale_leg(&tale, TRANSFER_VOID, "v", "h", 0);
    tale_leg(&tale, TRANSFER_HOLD, "h", "", 0);
    tale_leg(&tale, TRANSFER_VOID, "v", "h", 0);
    tale_leg(&tale, TRANSFER_HOLD, "h", "", 0);
    struct house *house = tale_replay(&tale);
    expect_lookup(house, "h", "held 5.00");
    house_capture(house, 1, "c", "h", 0, false);
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 1), "8");
    house_free(house);

    tale = tale_begin();
    tale_leg(&tale, TRANSFER_HOLD, "x", "", 0);
    tale_leg(&tale, TRANSFER_VOID, "v", "x", 0);
    tale_leg(&tale, TRANSFER_TRANSFER, "x", "", 0);
    house = tale_replay(&tale);
    house_transfer(house, 1, "x", "alice", "bob", 500);
    house_settle(house);
    cr_assert_str_eq(house_answer(house, 1), "5");
    house_free(house);
}

Test(replay, counts_the_time_to_live_from_the_last_extension)
{
    struct tale tale = tale_begin();
    tale_leg(&tale, TRANSFER_HOLD, "h", "", 10);
    tale_leg(&tale, TRANSFER_HOLD, "k", "", 5);
    tale_leg(&tale, TRANSFER_EXTEND, "e", "h", 100);
    struct house *house = tale_replay(&tale);
    cr_assert_eq(shard_next_deadline(house->shards[0]), 9 * SECOND);
    house_clock(house, 0, 104 * SECOND);
    house_settle(house);
    expect_lookup(house, "k", "expired");
    cr_assert_eq(shard_next_deadline(house->shards[0]), 105 * SECOND);
    house_free(house);
}

static uint64_t told_deadline(struct house *house, const char *id)
{
    house_lookup(house, 98, id);
    const struct buffer *out = &house->out[0].to[0];
    const struct lookup_answer *answer =
        (const struct lookup_answer *)(const void *)(out->bytes + out->start);
    cr_assert(answer->head.kind == MESSAGE_LOOKUP && answer->found);
    return answer->ttl == 0 ? 0 : answer->dated.time + answer->ttl * SECOND;
}

/* A snapshot has a hold as it stands, not what made it so. */
Test(replay, takes_a_hold_from_a_snapshot_as_it_stands)
{
    static const struct {
        struct replay_held held;
        const char *state;
    } cases[] = {
        {{.remaining = 200, .deadline = 77 * SECOND}, "held 2.00"},
        {{.remaining = 500}, "held 5.00"},
        {{.deadline = 77 * SECOND, .ended = 9 * SECOND, .state = HOLD_VOIDED}, "voided"},
        {{.ended = 9 * SECOND, .state = HOLD_CAPTURED}, "captured"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char error[REPLAY_ERROR_MAX] = "";
        struct tale tale = tale_begin();
        struct house *house = house_build_with(1, 0);
        struct replay *replay = replay_create(house->shards, 1, house->sender.seed);
        cr_assert(replay_records(replay, tale.records.bytes, buffer_length(&tale.records), error));
        const struct record *hold = tale_leg(&tale, TRANSFER_HOLD, "h", "", 10);
        cr_assert(replay_hold(replay, hold, &cases[i].held, error) && replay_finish(replay, error), "%s",
                  error);
        replay_free(replay);
        cr_expect_eq(told_deadline(house, "h"), cases[i].held.deadline, "case %zu", i);
        house_settle(house);
        (void)house_answer(house, 98);
        expect_lookup(house, "h", cases[i].state);
        cr_expect_eq(house_count(house).holds, cases[i].held.state == HOLD_OPEN, "case %zu", i);
        buffer_free(&tale.records);
        house_free(house);
    }
}
