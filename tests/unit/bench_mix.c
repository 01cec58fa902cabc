/* bench_mix.c: a file of requests, compiled and composed; skewed choice; when requests are due. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "client/bench/compose.h"
#include "client/bench/pace.h"

static const struct plan plan = {.accounts = 100,
                                 .prefix = "b:",
                                 .amount_low = 7,
                                 .amount_high = 7,
                                 .legs = 1,
                                 .same_shard_share = PLAN_ANY_SHARD};

/* Compiles a text and composes the request `number` of it. */
static void expect_request(const char *text, uint64_t number, const char *request)
{
    struct mix mix = {0};
    struct composer composer = {0};
    struct buffer out = {0};
    char lines[256];
    char error[MIX_ERROR_MAX];
    uint64_t dice = 1;
    (void)snprintf(lines, sizeof lines, "%s", text);
    cr_assert(mix_compile(&mix, &plan, lines, error), "%s", error);
    compose(&mix, &composer, &dice, number, &out);
    cr_assert_eq(buffer_length(&out), strlen(request));
    cr_assert_arr_eq(out.bytes + out.start, request, strlen(request));
    buffer_free(&out);
    mix_free(&mix);
}

static void expect_error(const char *text, const char *sentence)
{
    struct mix mix = {0};
    char lines[256];
    char error[MIX_ERROR_MAX];
    (void)snprintf(lines, sizeof lines, "%s", text);
    cr_assert_not(mix_compile(&mix, &plan, lines, error), "%s", text);
    cr_assert_not_null(strstr(error, sentence), "'%s' says '%s'", text, error);
    mix_free(&mix);
}

Test(mix, sends_words_as_they_stand_and_values_inside_them)
{
    expect_request("1 PING\n", 0, "*1\r\n$4\r\nPING\r\n");
    expect_request("# so\n\n3 ECHO \"a b\" n<number>.\n", 1234,
                   "*3\r\n$4\r\nECHO\r\n$3\r\na b\r\n$6\r\nn1234.\r\n");
    expect_request("1 SET <amount> x<hot>x\n", 5, "*3\r\n$3\r\nSET\r\n$1\r\n7\r\n$7\r\nxb:hotx\r\n");
    expect_request("1 ECHO <A> < id>\n", 0, "*4\r\n$4\r\nECHO\r\n$3\r\n<A>\r\n$1\r\n<\r\n$3\r\nid>\r\n");
}

Test(mix, says_which_line_is_wrong_and_why)
{
    expect_error("", "there is no line with a command");
    expect_error("1 PING\n1 GET <acount>\n", "line 2: <acount> is no placeholder");
    expect_error("x PING\n", "line 1:");
    expect_error("0 PING\n", "line 1:");
    expect_error("1\n", "line 1:");
    expect_error("1 ECHO \"a\n", "line 1:");
    expect_error("1 TRANSFER <id> <other> <account> 1\n", "line 1: <other> needs an <account> before it");
}

/* Against the exact proportions: 1 / k^S over their sum. */
Test(zipf, comes_in_the_proportions_it_should)
{
    const double skews[] = {0.5, 0.99, 1, 2};
    for (size_t s = 0; s < sizeof skews / sizeof skews[0]; s++) {
        enum { RANKS = 20, ROLLS = 200000 };
        struct zipf zipf;
        unsigned seen[RANKS] = {0};
        double sum = 0;
        uint64_t dice = 3;
        zipf_prepare(&zipf, RANKS, skews[s]);
        for (unsigned i = 0; i < ROLLS; i++) {
            uint64_t rank = zipf_roll(&zipf, &dice);
            cr_assert(rank >= 1 && rank <= RANKS);
            seen[rank - 1]++;
        }
        for (unsigned k = 1; k <= RANKS; k++)
            sum += pow(k, -skews[s]);
        for (unsigned k = 1; k <= RANKS; k++) {
            double wanted = ROLLS * pow(k, -skews[s]) / sum;
            cr_assert(fabs(seen[k - 1] - wanted) < 6 * sqrt(wanted),
                      "skew %g: rank %u came %u times, not %.0f", skews[s], k, seen[k - 1], wanted);
        }
    }
}

Test(pace, has_requests_due_evenly_and_in_turns)
{
    const struct pace pace = {.rate = 4, .connections = 3, .start_ns = 1000};
    const uint64_t quarter = 250000000;
    for (uint64_t n = 0; n < 30; n++)
        cr_assert_eq(pace_due(&pace, n % 3, n / 3), 1000 + n * quarter);
    const struct pace fast = {.rate = 3000000, .connections = 7, .start_ns = 0};
    cr_assert_eq(pace_due(&fast, 0, 3000000), UINT64_C(7000000000), "no error adds up");
}
