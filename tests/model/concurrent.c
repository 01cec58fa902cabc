/* concurrent.c: many commands in flight at once, in every order that threads could bring about: what clients
 * hear is a serial execution in the order of the log.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/cluster.h"
#include "tests/model/rounds.h"
#include "tests/model/script.h"
#include "tests/model/witness.h"
#include "tests/unit/proto_dice.h"

#define ROUNDS     1500
#define CALLS      260
#define FLIGHT_MAX 24 /* commands in flight at once, at most */

/* One script against one cluster. */
struct round {
    uint64_t seed;
    struct dice dice;
    struct script script;
    struct cluster *cluster;
    struct reference *reference;
    struct words words;
};

static struct round round_start(uint64_t seed)
{
    struct round round = {.seed = seed, .dice = {.seed = seed, .state = ~seed}};
    script_make_whole(&round.script, seed, CALLS);
    round.cluster = cluster_create(&(struct cluster_config){.shards = 1 + dice_below(&round.dice, 8),
                                                            .seed = seed,
                                                            .batch_max = 1 + dice_below(&round.dice, 6),
                                                            .clock_jumps = true});
    round.reference = reference_create();
    return round;
}

static void round_end(struct round *round)
{
    cluster_free(round->cluster);
    reference_free(round->reference);
    words_free(&round->words);
    script_free(&round->script);
}

static unsigned count_in_flight(const struct cluster *cluster, size_t submitted, size_t *oldest)
{
    unsigned count = 0;
    while (*oldest < submitted && cluster_answer(cluster, *oldest)->text != NULL)
        (*oldest)++;
    for (size_t i = *oldest; i < submitted; i++)
        count += cluster_answer(cluster, i)->text == NULL;
    return count;
}

/* Submits the next call if there is one and fewer than `flight` are under way. */
static bool submit_next(struct round *round, unsigned flight, size_t *submitted, size_t *oldest)
{
    if (*submitted == round->script.count || count_in_flight(round->cluster, *submitted, oldest) >= flight)
        return false;
    struct call *call = &round->script.calls[(*submitted)++];
    sequence_t newest = cluster_claimed(round->cluster);
    if (call->after > newest) /* cursors come from replies: none is of the future */
        call->after = newest;
    cluster_submit(round->cluster, call);
    return true;
}

/* Keeps a random number of calls in flight until nothing is under way: all are answered, or never will be. */
static void round_run(struct round *round)
{
    size_t submitted = 0;
    size_t oldest = 0;
    unsigned flight = 1 + dice_below(&round->dice, FLIGHT_MAX);
    bool busy = true;
    while (submit_next(round, flight, &submitted, &oldest) || busy) {
        for (unsigned i = dice_below(&round->dice, 4); i > 0; i--)
            (void)cluster_step(round->cluster);
        busy = cluster_step(round->cluster);
    }
    cr_assert_eq(submitted, round->script.count,
                 "BURSAR_SEED=%llu: after %zu calls nobody is answered any more",
                 (unsigned long long)round->seed, submitted);
}

static void check_answered(const struct round *round)
{
    for (size_t i = 0; i < round->script.count; i++) {
        if (cluster_answer(round->cluster, i)->text == NULL)
            cr_assert_fail("BURSAR_SEED=%llu: call %zu was never answered", (unsigned long long)round->seed,
                           i);
    }
}

static void check_witness(struct round *round)
{
    struct buffer complaint = {0};
    if (!witness_check_script(round->cluster, &round->script, round->reference, &round->words, &complaint))
        cr_assert_fail("BURSAR_SEED=%llu: %s", (unsigned long long)round->seed, complaint.bytes);
    buffer_free(&complaint);
}

/* With nothing under way nothing may be left over of what was: what is known is what the log says. */
static void check_at_rest(struct round *round)
{
    struct shard_numbers numbers = cluster_count(round->cluster);
    cr_assert(numbers.parked == 0 && numbers.prepared == 0,
              "BURSAR_SEED=%llu: at rest %llu messages are parked and %llu transactions prepared",
              (unsigned long long)round->seed, (unsigned long long)numbers.parked,
              (unsigned long long)numbers.prepared);
    struct call calls[SCRIPT_ACCOUNTS + 3];
    for (unsigned i = 0; i < SCRIPT_ACCOUNTS; i++)
        calls[i] = call_plain(CALL_ACCOUNT, script_accounts[i]);
    calls[SCRIPT_ACCOUNTS] = call_plain(CALL_ACCOUNT, "@world/USD");
    calls[SCRIPT_ACCOUNTS + 1] = call_plain(CALL_TRIAL, NULL);
    calls[SCRIPT_ACCOUNTS + 2] = call_plain(CALL_DBSIZE, NULL);

    struct buffer expected = {0};
    for (unsigned i = 0; i < SCRIPT_ACCOUNTS + 3; i++) {
        reference_call(round->reference, &calls[i], &expected);
        const char *heard = cluster_call(round->cluster, &calls[i]);
        cr_assert(strcmp(heard, expected.bytes) == 0,
                  "BURSAR_SEED=%llu: at rest there is\n  %s\nand should be\n  %s",
                  (unsigned long long)round->seed, heard, expected.bytes);
    }
    buffer_free(&expected);
}

/* Per asset, what went out of accounts came into others: read off the text of a TRIAL. */
static void check_conserved(struct round *round)
{
    struct call trial = call_plain(CALL_TRIAL, NULL);
    const char *text = cluster_call(round->cluster, &trial);
    for (const char *at = strstr(text, "debits "); at != NULL; at = strstr(at + 1, "debits ")) {
        char debits[AMOUNT_TEXT_MAX];
        char credits[AMOUNT_TEXT_MAX];
        cr_assert_eq(sscanf(at, "debits %71s credits %71s", debits, credits), 2);
        cr_assert(strcmp(debits, credits) == 0, "BURSAR_SEED=%llu: money was made or lost: %s",
                  (unsigned long long)round->seed, text);
    }
}

Test(concurrent, is_heard_as_a_serial_execution_in_the_order_of_the_log)
{
    uint64_t parkings = 0;
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned i = 0; i < rounds; i++) {
        struct round round = round_start(rounds_seed(i));
        round_run(&round);
        check_answered(&round);
        check_witness(&round);
        check_at_rest(&round);
        check_conserved(&round);
        parkings += cluster_parkings(round.cluster);
        round_end(&round);
    }
    /* Else the rounds don't test what they are for. */
    cr_assert(rounds_replay() || parkings > 20 * (uint64_t)rounds, "only %llu messages were found parked",
              (unsigned long long)parkings);
}

/* The comparison that the test above rests on. */
Test(concurrent, takes_a_bound_for_an_answer_only_where_it_is_true)
{
    static const struct {
        const char *heard;
        const char *reference;
        bool agrees;
    } cases[] = {
        {":7", ":7", true},
        {":7", ":8", false},
        {"-INSUFFICIENT a has at most 5.00 USD available, 6.00 needed",
         "-INSUFFICIENT a has 5.00 USD available, 6.00 needed", true},
        {"-INSUFFICIENT a has at most 5.00 USD available, 6.00 needed",
         "-INSUFFICIENT a has -1.00 USD available, 6.00 needed", true},
        {"-INSUFFICIENT a has at most 5.00 USD available, 6.00 needed",
         "-INSUFFICIENT a has 5.01 USD available, 6.00 needed", false},
        {"-INSUFFICIENT a has at most 6.00 USD available, 6.00 needed",
         "-INSUFFICIENT a has 5.01 USD available, 6.00 needed", false},
        {"-INSUFFICIENT a has at most 5.00 USD available, 6.00 needed",
         "-INSUFFICIENT b has 5.00 USD available, 6.00 needed", false},
        {"-INSUFFICIENT a has at most 5.00 USD available, 6.00 needed",
         "-INSUFFICIENT a has 5.00 USD available, 7.00 needed", false},
        {"-INSUFFICIENT a has 5.00 USD available, 6.00 needed",
         "-INSUFFICIENT a has 4.00 USD available, 6.00 needed", false},
        {"-CEILING leg 2: a has room for at most 5.00 USD below its ceiling, 6.00 would come in",
         "-CEILING leg 2: a has room for 4.00 USD below its ceiling, 6.00 would come in", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(witness_agrees(cases[i].heard, cases[i].reference), cases[i].agrees, "%s | %s",
                     cases[i].heard, cases[i].reference);
}
