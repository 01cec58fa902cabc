/* zipf.c: see zipf.h. The names are the paper's: h is the weight of a rank, H its integral. */
#include "client/bench/zipf.h"

#include <math.h>

#include "client/bench/plan.h"

#define FRACTION_BITS 53   /* of a double: what a random number between 0 and 1 is made of */
#define NEAR_ONE      1e-9 /* 1 - skew below which x^(1-skew) is a logarithm to the last digit that counts */

static double weight(const struct zipf *zipf, double x)
{
    return exp(-zipf->skew * log(x));
}

/* H(x): the integral of 1 / x^skew: (x^(1-skew) - 1) / (1 - skew), or log x. */
static double integral(const struct zipf *zipf, double x)
{
    double power = 1 - zipf->skew;
    return fabs(power) < NEAR_ONE ? log(x) : expm1(power * log(x)) / power;
}

static double inverse(const struct zipf *zipf, double area)
{
    double power = 1 - zipf->skew;
    return fabs(power) < NEAR_ONE ? exp(area) : exp(log1p(fmax(area * power, -1)) / power);
}

void zipf_prepare(struct zipf *zipf, uint64_t ranks, double skew)
{
    *zipf = (struct zipf){.ranks = ranks, .skew = skew};
    zipf->low = integral(zipf, 1.5) - 1;
    zipf->high = integral(zipf, (double)ranks + 0.5);
    zipf->close = 2 - inverse(zipf, integral(zipf, 2.5) - weight(zipf, 2));
}

uint64_t zipf_roll(const struct zipf *zipf, uint64_t *dice)
{
    for (;;) {
        double fraction = ldexp((double)plan_roll(dice, UINT64_C(1) << FRACTION_BITS), -FRACTION_BITS);
        double area = zipf->high + fraction * (zipf->low - zipf->high);
        double x = inverse(zipf, area);
        double rank = floor(x + 0.5);
        rank = fmin(fmax(rank, 1), (double)zipf->ranks);
        if (rank - x <= zipf->close || area >= integral(zipf, rank + 0.5) - weight(zipf, rank))
            return (uint64_t)rank;
    }
}
