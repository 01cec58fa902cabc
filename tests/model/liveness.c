/* liveness.c: nobody waits forever: while calls stream over a hot account without a pause, whoever comes is
 * served within a bounded number of steps.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/rounds.h"
#include "tests/unit/proto_dice.h"

#define ROUNDS 12
#define SHARDS 4
#define STREAM 24   /* calls in flight at any time */
#define PEERS  6    /* accounts that share them with the hot one */
#define WARM   300  /* steps before anybody else comes */
#define SERVED 4000 /* steps within which they are to be served: some hundred commands of the stream */

/* What streams over the hot account. */
enum flow {
    FLOW_TRANSFERS, /* between it and its peers, in both directions */
    FLOW_LOOKS      /* at it and two peers at one moment */
};

/* Calls without a pause: STREAM of them are in flight before every step. */
struct stream {
    enum flow flow;
    struct cluster *cluster;
    struct dice dice;
    struct words words;
    struct call *calls; /* by number; those in flight and those answered */
    size_t count;
    size_t tickets[STREAM];
};

/* Calls of a round, which must not move while they are in flight: each step answers a few at most. */
#define CALLS_MAX (STREAM + 4 * (WARM + 4 * SERVED))

static const char *const peers[PEERS] = {"p0", "p1", "p2", "p3", "p4", "p5"};

static struct stream stream_start(enum flow flow, uint64_t seed)
{
    struct stream stream = {.flow = flow, .dice = {seed, seed}};
    stream.cluster = cluster_create(&(struct cluster_config){.shards = SHARDS, .seed = seed, .batch_max = 4});
    stream.calls = calloc(CALLS_MAX, sizeof *stream.calls);
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
        if (flow == FLOW_LOOKS) { /* else they are spread, and a look stops everything */
            open.has_ceiling = true;
            open.ceiling = call_amount("1000000");
        }
        cluster_call(stream.cluster, &open);
    }
    return stream;
}

/* Lets what is in flight end, and releases everything. */
static void stream_end(struct stream *stream)
{
    while (cluster_step(stream->cluster))
        continue;
    cluster_free(stream->cluster);
    words_free(&stream->words);
    free(stream->calls);
}

static struct call stream_transfer(struct stream *stream)
{
    const char *peer = peers[dice_below(&stream->dice, PEERS)];
    bool out = dice_below(&stream->dice, 2) == 0;
    return call_transfer(words_printf(&stream->words, "s%zu", stream->count), out ? "hot" : peer,
                         out ? peer : "hot", dice_below(&stream->dice, 2) == 0 ? "6" : "9");
}

static struct call stream_look(struct stream *stream)
{
    return (struct call){.kind = CALL_BALANCES,
                         .account_count = 3,
                         .accounts = {"hot", peers[dice_below(&stream->dice, PEERS)],
                                      peers[dice_below(&stream->dice, PEERS)]}};
}

static size_t stream_submit(struct stream *stream)
{
    cr_assert_lt(stream->count, CALLS_MAX);
    struct call *call = &stream->calls[stream->count];
    *call = stream->flow == FLOW_TRANSFERS ? stream_transfer(stream) : stream_look(stream);
    stream->count++;
    return cluster_submit(stream->cluster, call);
}

/* One step, with as many calls in flight before it as ever. */
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

/* Has those who come while the stream flows served, one after another. Returns how often messages were
 * parked.
 */
static uint64_t run_round(enum flow flow, uint64_t seed)
{
    static const struct call balance = {.kind = CALL_BALANCES, .account_count = 1, .accounts = {"hot"}};
    static const struct call balances = {
        .kind = CALL_BALANCES, .account_count = 4, .accounts = {"p1", "hot", "p2", "p3"}};
    static const struct call trial = {.kind = CALL_TRIAL};
    /* Whether it can be paid depends on nearly everything that is in flight. */
    const struct call doubtful = call_transfer("doubtful", "hot", "p0", "10");
    const struct call income = call_transfer("income", "p0", "hot", "1");

    struct stream stream = stream_start(flow, seed);
    for (unsigned steps = 0; steps < WARM; steps++)
        stream_step(&stream);
    expect_served(&stream, seed, &balance, "a balance");
    expect_served(&stream, seed, &balances, "a look at four accounts");
    expect_served(&stream, seed, &doubtful, "a transfer in doubt");
    expect_served(&stream, seed, &income, "a transfer to the hot account");
    expect_served(&stream, seed, &trial, "a trial balance");
    uint64_t parkings = cluster_parkings(stream.cluster);
    stream_end(&stream);
    return parkings;
}

static void run_rounds(enum flow flow)
{
    uint64_t parkings = 0;
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned round = 0; round < rounds; round++)
        parkings += run_round(flow, rounds_seed(round));
    cr_assert(rounds_replay() || parkings > 10 * (uint64_t)rounds, "nobody waited for anything");
}

Test(liveness, serves_everybody_while_transfers_stream_over_a_hot_account)
{
    run_rounds(FLOW_TRANSFERS);
}

Test(liveness, serves_everybody_while_looks_stream_over_a_hot_account)
{
    run_rounds(FLOW_LOOKS);
}
