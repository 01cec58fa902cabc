/* server_sequence.c: numbers and times of the one counter. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

#include "server/sequence.h"

Test(sequence, numbers_begin_at_1_and_times_follow_the_clock)
{
    struct sequence sequence;
    sequence_init(&sequence, (struct stamp){0});
    struct stamp first = sequence_claim(&sequence, 3, 1000);
    struct stamp second = sequence_claim(&sequence, 1, 5000);
    cr_assert_eq(first.number, 1);
    cr_assert_eq(first.time, 1000);
    cr_assert_eq(second.number, 4);
    cr_assert_eq(second.time, 5000);
}

Test(sequence, times_grow_where_the_clock_stands_still_or_goes_back)
{
    struct sequence sequence;
    sequence_init(&sequence, (struct stamp){0});
    sequence_claim(&sequence, 10, 1000); /* takes the times 1000 to 1009 */
    cr_assert_eq(sequence_claim(&sequence, 5, 1009).time, 1010);
    cr_assert_eq(sequence_claim(&sequence, 1, 3).time, 1015);
    cr_assert_eq(sequence_claim(&sequence, 1, 1016).time, 1016);
}

Test(sequence, claims_no_time_before_one_that_was_passed)
{
    struct sequence sequence;
    sequence_init(&sequence, (struct stamp){0});
    (void)sequence_pass(&sequence, 5000);
    struct stamp first = sequence_claim(&sequence, 1, 1000); /* the clock was set back */
    cr_assert_eq(first.number, 1);
    cr_assert_eq(first.time, 5001);
    struct stamp passed = sequence_pass(&sequence, 4000);
    cr_assert_eq(passed.number, 1);
    cr_assert_eq(passed.time, 5001, "it was later already");
    cr_assert_eq(sequence_claim(&sequence, 1, 1000).time, 5002);
    passed = sequence_pass(&sequence, 6000);
    cr_assert_eq(passed.number, 2);
    cr_assert_eq(passed.time, 6000);
}

Test(sequence, a_claim_of_none_only_looks)
{
    struct sequence sequence;
    sequence_init(&sequence, (struct stamp){0});
    sequence_claim(&sequence, 7, 1000);
    cr_assert_eq(sequence_claim(&sequence, 0, 1000).number, 8);
    cr_assert_eq(sequence_claim(&sequence, 0, 1000).number, 8);
    cr_assert_eq(sequence_claim(&sequence, 1, 1000).number, 8);
}

enum { CLAIMERS = 4, CLAIMS = 20000 };

struct claimer {
    struct sequence *sequence;
    struct stamp firsts[CLAIMS];
};

static void *claimer_run(void *context)
{
    struct claimer *claimer = context;
    for (uint64_t i = 0; i < CLAIMS; i++) {
        claimer->firsts[i] = sequence_claim(claimer->sequence, 1 + i % 3, i % 100);
    }
    return NULL;
}

static int stamp_compare(const void *a, const void *b)
{
    const struct stamp *left = a;
    const struct stamp *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

Test(sequence, claims_of_many_threads_never_overlap_and_times_grow_with_numbers)
{
    static struct claimer claimers[CLAIMERS];
    static struct stamp all[CLAIMERS * CLAIMS];
    struct sequence sequence;
    pthread_t threads[CLAIMERS];
    uint64_t claimed = 0;
    sequence_init(&sequence, (struct stamp){0});
    for (int i = 0; i < CLAIMERS; i++) {
        claimers[i].sequence = &sequence;
        pthread_create(&threads[i], NULL, claimer_run, &claimers[i]);
    }
    for (int i = 0; i < CLAIMERS; i++) {
        pthread_join(threads[i], NULL);
        for (uint64_t j = 0; j < CLAIMS; j++) {
            all[i * CLAIMS + (int)j] = claimers[i].firsts[j];
            claimed += 1 + j % 3;
        }
    }
    qsort(all, sizeof all / sizeof all[0], sizeof all[0], stamp_compare);
    cr_assert_eq(all[0].number, 1);
    for (int i = 1; i < CLAIMERS * CLAIMS; i++) {
        uint64_t taken = all[i].number - all[i - 1].number;
        cr_assert(taken >= 1 && taken <= 3, "claim %d begins %lu after the one before", i, taken);
        cr_assert_geq(all[i].time, all[i - 1].time + taken, "claim %d", i);
    }
    cr_assert_eq(sequence_claim(&sequence, 0, 0).number, claimed + 1);
}
