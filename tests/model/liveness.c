/* liveness.c: nobody waits forever: while transfers stream over a hot account without a pause, whoever comes
 * is served within a bounded number of steps.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/rounds.h"
#include "tests/unit/proto_dice.h"

#define ROUNDS 12
#define SHARDS 4
#define STREAM 24   /* transfers in flight at any time */
#define PEERS  6    /* accounts that they go to and come from */
#define WARM   300  /* steps before anybody else comes */
#define SERVED 4000 /* steps within which they are to be served: some hundred commands of the stream */

/* Transfers between a hot account and its peers, in both directions, as many as are wanted. */
struct stream {
    struct cluster *cluster;
    struct dice dice;
    struct words words;
    struct call *calls; /* by number; those in flight and those answered */
    size_t count;
    size_t room;
    size_t tickets[STREAM];
};

/* Most steps that a round may take: the calls of a stream must not move, so there is room for all. */
#define STEPS_MAX (WARM + 4 * SERVED)

static const char *const peers[PEERS] = {"p0", "p1", "p2", "p3", "p4", "p5"};

static struct stream stream_start(uint64_t seed)
{
    struct stream stream = {.dice = {seed, seed}, .room = STREAM + STEPS_MAX};
    stream.cluster = cluster_create(&(struct cluster_config){.shards = SHARDS, .seed = seed, .batch_max = 4});
    stream.calls = calloc(stream.room, sizeof *stream.calls);
    cr_assert_not_null(stream.calls);

    struct call hot = call_open("hot", "USD");
    hot.has_ceiling = true;
    hot.ceiling = call_amount("20");
    cluster_call(stream.cluster, &hot);
    struct call money = call_deposit("d", "hot", "10");
    cluster_call(stream.cluster, &money);
    for (unsigned i = 0; i < PEERS; i++) {
        struct call open = call_open(peers[i], "USD");
        open.unlimited = true;
        cluster_call(stream.cluster, &open);
    }
    return stream;
}

static void stream_end(struct stream *stream)
{
    cluster_free(stream->cluster);
    words_free(&stream->words);
    free(stream->calls);
}

static size_t stream_submit(struct stream *stream)
{
    cr_assert_lt(stream->count, stream->room);
    struct call *call = &stream->calls[stream->count];
    const char *peer = peers[dice_below(&stream->dice, PEERS)];
    bool out = dice_below(&stream->dice, 2) == 0;
    *call = call_transfer(words_printf(&stream->words, "s%zu", stream->count), out ? "hot" : peer,
                          out ? peer : "hot", dice_below(&stream->dice, 2) == 0 ? "6" : "9");
    stream->count++;
    return cluster_submit(stream->cluster, call);
}

/* One step, with as many transfers in flight before it as ever. */
static void stream_step(struct stream *stream)
{
    for (unsigned i = 0; i < STREAM; i++) {
        bool idle = stream->count < STREAM && i >= stream->count;
        if (idle || cluster_answer(stream->cluster, stream->tickets[i])->text != NULL)
            stream->tickets[i] = stream_submit(stream);
    }
    (void)cluster_step(stream->cluster);
}

static void expect_served(struct stream *stream, uint64_t seed, const struct call *call, const char *what)
{
    size_t ticket = cluster_submit(stream->cluster, call);
    for (unsigned steps = 0; cluster_answer(stream->cluster, ticket)->text == NULL; steps++) {
        cr_assert_lt(steps, SERVED, "BURSAR_SEED=%llu: %s was not answered in %d steps",
                     (unsigned long long)seed, what, SERVED);
        stream_step(stream);
    }
}

Test(liveness, serves_everybody_while_transfers_stream_over_a_hot_account)
{
    static const struct call balance = {.kind = CALL_BALANCES, .account_count = 1, .accounts = {"hot"}};
    static const struct call balances = {
        .kind = CALL_BALANCES, .account_count = 4, .accounts = {"p1", "hot", "p2", "p3"}};
    static const struct call trial = {.kind = CALL_TRIAL};
    /* Whether it can be paid depends on nearly everything that is in flight. */
    const struct call doubtful = call_transfer("doubtful", "hot", "p0", "10");

    uint64_t parkings = 0;
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t seed = rounds_seed(round);
        struct stream stream = stream_start(seed);
        for (unsigned steps = 0; steps < WARM; steps++)
            stream_step(&stream);
        expect_served(&stream, seed, &balance, "a balance");
        expect_served(&stream, seed, &balances, "a look at four accounts");
        expect_served(&stream, seed, &doubtful, "a transfer in doubt");
        expect_served(&stream, seed, &trial, "a trial balance");
        parkings += cluster_parkings(stream.cluster);
        stream_end(&stream);
    }
    /* Else nobody waited for anything. */
    cr_assert(rounds_replay() || parkings > 100 * (uint64_t)rounds);
}
