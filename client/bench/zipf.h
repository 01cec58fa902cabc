/* zipf.h: random ranks of which the k-th comes in proportion to 1 / k^skew.
 *
 * Rejection-inversion: W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone
 * discrete distributions", ACM TOMACS 6(3), 1996. It needs no table, and takes the same short time for any
 * number of ranks: nearly every try is accepted.
 */
#ifndef BURSAR_CLIENT_BENCH_ZIPF_H
#define BURSAR_CLIENT_BENCH_ZIPF_H

#include <stdint.h>

#define ZIPF_SKEW_MAX 10 /* at that, all but one in a thousand are of rank 1 */

struct zipf {
    uint64_t ranks;
    double skew;
    double low;   /* the integral at 3/2, less the weight of rank 1 */
    double high;  /* the integral at ranks + 1/2 */
    double close; /* how near above its inverse a rank is accepted at once */
};

/** Prepares ranks 1 to `ranks` (at least 1) with `skew` above 0 and up to ZIPF_SKEW_MAX. */
void zipf_prepare(struct zipf *zipf, uint64_t ranks, double skew);

/** The next rank, 1 to ranks. `dice` is the state of plan_roll. */
uint64_t zipf_roll(const struct zipf *zipf, uint64_t *dice);

#endif
