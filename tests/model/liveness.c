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
    FLOW_LOOKS,     /* at it and two peers at one moment */
    FLOW_CAPTURES,  /* of a little of one hold of its money, which is kept */
    FLOW_UNLIMITED, /* transfers between an unlimited account, which is spread, and the peers */
    FLOW_MIXED      /* transfers, holds, sweeps and EXECs over it and the peers */
};

/* Calls without a pause: STREAM of them are in flight before every step. */
struct stream {
    enum flow flow;
    struct cluster *cluster;
    struct dice dice;
    struct words words;
    struct call calls[STREAM];    /* the newest of each of those that follow one another */
    struct call parts[STREAM][2]; /* of the EXECs among them */
    size_t tickets[STREAM];
    size_t count; /* calls so far */
};

static const char *const peers[PEERS] = {"p0", "p1", "p2", "p3", "p4", "p5"};

static struct stream *stream_start(enum flow flow, uint64_t seed)
{
    struct stream *stream = calloc(1, sizeof *stream);
    cr_assert_not_null(stream);
    stream->flow = flow;
    stream->dice = dice_of(seed);
    stream->cluster =
        cluster_create(&(struct cluster_config){.shards = SHARDS, .seed = seed, .batch_max = 4});

    struct call hot = call_open("hot", "USD");
    hot.has_ceiling = true;
    hot.ceiling = call_amount("20");
    cluster_call(stream->cluster, &hot);
    struct call money = call_deposit("d", "hot", "10");
    cluster_call(stream->cluster, &money);
    for (unsigned i = 0; i < PEERS; i++) {
        struct call open = call_open(peers[i], "USD");
        open.unlimited = true;
        if (flow != FLOW_TRANSFERS) { /* else they are spread, and a look stops everything */
            open.has_ceiling = true;
            open.ceiling = call_amount("1000000");
        }
        cluster_call(stream->cluster, &open);
    }
    struct call wide = call_open("wide", "USD");
    wide.unlimited = true;
    cluster_call(stream->cluster, &wide);
    struct call hold = call_hold("kept", "wide", "p5", "1000000", 0);
    cluster_call(stream->cluster, &hold);
    hold = call_hold("held", "hot", "p5", "10", 0);
    if (flow == FLOW_CAPTURES)
        cluster_call(stream->cluster, &hold);
    return stream;
}

/* Lets what is in flight end, and releases everything. */
static void stream_end(struct stream *stream)
{
    while (cluster_step(stream->cluster))
        continue;
    cluster_free(stream->cluster);
    words_free(&stream->words);
    free(stream);
}

static struct call stream_transfer(struct stream *stream, struct call *parts)
{
    (void)parts;
    const char *peer = peers[dice_below(&stream->dice, PEERS)];
    bool out = dice_below(&stream->dice, 2) == 0;
    return call_transfer(words_printf(&stream->words, "s%zu", stream->count), out ? "hot" : peer,
                         out ? peer : "hot", dice_below(&stream->dice, 2) == 0 ? "6" : "9");
}

static struct call stream_look(struct stream *stream, struct call *parts)
{
    (void)parts;
    return (struct call){.kind = CALL_BALANCES,
                         .account_count = 3,
                         .accounts = {"hot", peers[dice_below(&stream->dice, PEERS)],
                                      peers[dice_below(&stream->dice, PEERS)]}};
}

/* A little at a time, for ever: of "held" soon nothing is left, of "kept" always. */
static struct call stream_capture(struct stream *stream, struct call *parts)
{
    (void)parts;
    bool out = dice_below(&stream->dice, 8) == 0;
    struct call call =
        call_capture(words_printf(&stream->words, "s%zu", stream->count), out ? "held" : "kept", "0.01");
    call.keep = true;
    return call;
}

static struct call stream_wide(struct stream *stream, struct call *parts)
{
    (void)parts;
    const char *peer = peers[dice_below(&stream->dice, PEERS)];
    bool out = dice_below(&stream->dice, 2) == 0;
    return call_transfer(words_printf(&stream->words, "s%zu", stream->count), out ? "wide" : peer,
                         out ? peer : "wide", "1");
}

static struct call stream_mixed(struct stream *stream, struct call *parts)
{
    const char *peer = peers[dice_below(&stream->dice, PEERS)];
    const char *id = words_printf(&stream->words, "s%zu", stream->count);
    switch (dice_below(&stream->dice, 6)) {
    case 0: return call_sweep(id, "hot", peer, NULL);
    case 1: return call_hold(id, "hot", peer, "0.50", 0);
    case 2:
        parts[0] = call_transfer(id, peer, "hot", "3");
        parts[1] = call_balance("hot");
        return call_multi(parts, 2);
    default: return stream_transfer(stream, parts);
    }
}

static void stream_submit(struct stream *stream, unsigned place)
{
    static struct call (*const makers[])(struct stream *,
                                         struct call *) = {[FLOW_TRANSFERS] = stream_transfer,
                                                           [FLOW_LOOKS] = stream_look,
                                                           [FLOW_CAPTURES] = stream_capture,
                                                           [FLOW_UNLIMITED] = stream_wide,
                                                           [FLOW_MIXED] = stream_mixed};
    stream->calls[place] = makers[stream->flow](stream, stream->parts[place]);
    stream->tickets[place] = cluster_submit(stream->cluster, &stream->calls[place]);
    stream->count++;
}

/* One step, with as many calls in flight before it as ever. */
static void stream_step(struct stream *stream)
{
    for (unsigned i = 0; i < STREAM; i++) {
        bool idle = stream->count < STREAM && i >= stream->count;
        if (idle || cluster_answer(stream->cluster, stream->tickets[i])->text != NULL)
            stream_submit(stream, i);
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

/* Has those who come while the stream flows served, one after another: who looks, and who moves money. */
static void serve_visitors(struct stream *stream, uint64_t seed)
{
    static const struct call balance = {.kind = CALL_BALANCES, .account_count = 1, .accounts = {"hot"}};
    static const struct call balances = {
        .kind = CALL_BALANCES, .account_count = 4, .accounts = {"p1", "hot", "p2", "p3"}};
    static const struct call trial = {.kind = CALL_TRIAL};
    /* Whether it can be paid depends on nearly everything that is in flight. */
    const struct call doubtful = call_transfer("doubtful", "hot", "p0", "10");
    const struct call income = call_transfer("income", "p0", "hot", "1");
    expect_served(stream, seed, &balance, "a balance");
    expect_served(stream, seed, &balances, "a look at four accounts");
    expect_served(stream, seed, &doubtful, "a transfer in doubt");
    expect_served(stream, seed, &income, "a transfer to the hot account");
    expect_served(stream, seed, &trial, "a trial balance");
}

/* The same with who holds, sweeps, and does several things at once. */
static void serve_movers(struct stream *stream, uint64_t seed)
{
    const struct call hold = call_hold("taken", "p1", "hot", "1", 0);
    const struct call capture = call_capture("c1", "taken", "0.40");
    const struct call reverse = call_undo(CALL_REVERSE, "r1", "d");
    const struct call from = call_sweep("w1", "hot", "p2", NULL);
    const struct call to = call_sweep("w2", "p3", "hot", "1");
    struct call conditional = call_transfer("i1", "p4", "hot", "1");
    call_add_condition(&conditional, "hot", CALL_AT_LEAST, "0");
    call_add_condition(&conditional, "wide", CALL_AT_MOST, "1000000");
    struct call parts[4] = {call_transfer("e1", "p0", "hot", "1"), call_transfer("e2", "hot", "p1", "1"),
                            call_hold("e3", "p2", "hot", "0.1", 0), call_balance("hot")};
    const struct call exec = call_multi(parts, 4);
    expect_served(stream, seed, &hold, "a hold");
    struct call more = call_capture("c2", "kept", "1");
    more.keep = true;
    const struct call rest = call_capture("c3", "kept", NULL);
    expect_served(stream, seed, &capture, "a capture");
    expect_served(stream, seed, &more, "a capture of a hold that many capture");
    expect_served(stream, seed, &rest, "a capture of the rest of a hold that many capture");
    expect_served(stream, seed, &from, "a sweep from the hot account");
    expect_served(stream, seed, &to, "a sweep to the hot account");
    expect_served(stream, seed, &conditional, "a transfer with conditions");
    expect_served(stream, seed, &exec, "an EXEC");
    expect_served(stream, seed, &reverse, "a reversal");
}

/* The same with changes of the accounts that are in use. */
static void serve_changes(struct stream *stream, uint64_t seed)
{
    static const char *const accounts[] = {"hot", "p0", "wide"};
    for (unsigned i = 0; i < 3; i++) {
        const struct call freeze = call_plain(CALL_FREEZE, accounts[i]);
        const struct call thaw = call_plain(CALL_THAW, accounts[i]);
        const struct call close = call_plain(CALL_CLOSE, accounts[i]);
        struct call limit = call_plain(CALL_LIMIT, accounts[i]);
        struct call unlimited = call_plain(CALL_LIMIT, accounts[i]);
        limit.has_overdraft = limit.has_ceiling = true;
        limit.overdraft = limit.ceiling = call_amount("1000000");
        unlimited.unlimited = unlimited.no_ceiling = true;
        expect_served(stream, seed, &freeze, "a FREEZE");
        expect_served(stream, seed, &thaw, "a THAW");
        expect_served(stream, seed, &limit, "a LIMIT");
        expect_served(stream, seed, &unlimited, "a LIMIT UNLIMITED");
        expect_served(stream, seed, &limit, "a LIMIT of an account that is spread");
        expect_served(stream, seed, &close, "a CLOSE");
    }
}

/* Returns how often messages were parked. */
static uint64_t run_round(enum flow flow, uint64_t seed)
{
    struct stream *stream = stream_start(flow, seed);
    for (unsigned steps = 0; steps < WARM; steps++)
        stream_step(stream);
    serve_visitors(stream, seed);
    if (flow != FLOW_TRANSFERS && flow != FLOW_LOOKS) {
        serve_movers(stream, seed);
        serve_changes(stream, seed);
    }
    uint64_t parkings = cluster_parkings(stream->cluster);
    stream_end(stream);
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

Test(liveness, serves_everybody_while_many_capture_one_hold)
{
    run_rounds(FLOW_CAPTURES);
}

Test(liveness, serves_everybody_while_transfers_stream_over_an_unlimited_account)
{
    run_rounds(FLOW_UNLIMITED);
}

Test(liveness, serves_everybody_while_holds_sweeps_and_execs_stream_over_a_hot_account)
{
    run_rounds(FLOW_MIXED);
}
