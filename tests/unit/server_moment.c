/* server_moment.c: times are written as they are read, and only those that a calendar has are read. */
#include <criterion/criterion.h>
#include <string.h>

#include "server/moment.h"
#include "tests/unit/proto_dice.h"

static bool parse(const char *text, uint64_t *time_ns)
{
    return moment_parse(slice_of(text), time_ns);
}

Test(moment, is_read_with_or_without_a_fraction)
{
    static const struct {
        const char *text;
        uint64_t time_ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000000001Z", 1},
        {"1970-01-02T00:00:01.5Z", UINT64_C(86401500000000)},
        {"2024-02-29T23:59:59.25Z", UINT64_C(1709251199250000000)},
        {"2026-05-01T09:30:00Z", UINT64_C(1777627800000000000)},
        {"2553-12-31T23:59:59.999999999Z", UINT64_C(18429292799999999999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t time_ns = 12345;
        cr_expect(parse(cases[i].text, &time_ns), "%s", cases[i].text);
        cr_expect_eq(time_ns, cases[i].time_ns, "%s is %lu", cases[i].text, time_ns);
    }
}

Test(moment, is_nothing_else)
{
    static const char *const cases[] = {
        "",
        "Z",
        "2026-05-01",
        "2026-05-01T09:30:00",
        "2026-05-01T09:30:00z",
        "2026-05-01T09:30:00.Z",
        "2026-05-01T09:30:00.1234567890Z",
        "2026-05-01T09:30:00.-1Z",
        "2026-05-01T09:30:00.5",
        "2026-05-01T09:30:00,5Z",
        "2026-05-01T09:30:00+00:00",
        "2026-05-01 09:30:00Z",
        "2026-05-01T09:30:60Z",
        "2026-05-01T24:00:00Z",
        "2026-02-29T09:30:00Z",
        "2026-13-01T09:30:00Z",
        "2026-00-01T09:30:00Z",
        "2026-05-00T09:30:00Z",
        "1969-12-31T23:59:59Z",
        "2554-01-01T00:00:00Z",
        "+026-05-01T09:30:00Z",
        "2026-5-01T009:30:00Z",
        "yyyy-05-01T09:30:00Z",
        "123456789",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t time_ns;
        cr_expect(!parse(cases[i], &time_ns), "%s is %lu", cases[i], time_ns);
    }
}

Test(moment, is_read_as_it_is_written)
{
    struct dice dice = dice_begin();
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t time_ns = dice_next(&dice) % UINT64_C(18429292800000000000);
        uint64_t again = 0;
        char text[MOMENT_TEXT_MAX];
        cr_assert_eq(moment_format(time_ns, text), 30);
        cr_assert(parse(text, &again) && again == time_ns, "seed %lu: %s", dice.seed, text);
    }
}
