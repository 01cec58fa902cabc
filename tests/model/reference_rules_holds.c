/* reference_rules_holds.c: sessions with the reference alone, written by hand: holds, and what becomes of
 * them. */
#include <criterion/criterion.h>

#include "tests/model/session.h"

/* One line a command; clang-format would fill them. */
/* clang-format off */
Test(reference_rules_holds, HOLD_reserves_on_both_sides)
{
    SESSION(
        SESSION_OPENING,
        {"LIMIT bob CEILING 80", "+OK"},
        {"HOLD h1 alice bob 60 TTL 10 NOTE dinner", ":6"},
        {"LOOKUP h1", "hold 6 at 1000006 alice>bob 60.00 USD 'dinner' held remaining 60.00 expires at 10001000006"},
        {"BALANCES alice bob", "100.00 0.00 "},
        {"TRANSFER t1 alice carol 40.01", "-INSUFFICIENT alice has 40.00 USD available, 40.01 needed"},
        {"HOLD h2 alice carol 40.01", "-INSUFFICIENT alice has 40.00 USD available, 40.01 needed"},
        {"DEPOSIT t1 bob 20.01", "-CEILING bob has room for 20.00 USD below its ceiling, 20.01 would come in"},
        {"HOLD h2 @world/USD bob 20.01",
         "-CEILING bob has room for 20.00 USD below its ceiling, 20.01 would come in"},
        {"WITHDRAW t1 bob 0.01", "-INSUFFICIENT bob has 0.00 USD available, 0.01 needed"},
        {"HOLD h2 @world/USD bob 20", ":7"},
        {"LOOKUP h2", "hold 7 at 1000007 @world/USD>bob 20.00 USD '' held remaining 20.00 expires never"},
        {"HOLD h3 alice alice 1", "-SAMEACCOUNT from and to are both alice"},
        {"HOLD h3 nobody alice 1", "-NOACCOUNT nobody does not exist"},
        {"HOLD h3 alice bob 0", "-AMOUNT the amount is zero; it must be more"},
        {"HOLD h1 alice bob 60.0 TTL 10 NOTE dinner", ":6"},
        {"HOLD h1 alice bob 60 TTL 11 NOTE dinner", REUSED("h1")},
        {"HOLD h1 alice bob 60 NOTE dinner", REUSED("h1")},
        {"HOLD h1 alice bob 60 TTL 10", REUSED("h1")},
        {"HOLD h1 alice bob 61 TTL 10 NOTE dinner", REUSED("h1")},
        {"TRANSFER h1 alice bob 60 NOTE dinner", REUSED("h1")},
        {"VOID h1 h2", REUSED("h1")},
        {"TRIAL", "after 7 USD 2 debits 100.00 credits 100.00 accounts 3 "}
    );
}

Test(reference_rules_holds, CAPTURE_posts_in_full_or_less_and_releases_the_rest)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60", ":5"},
        {"CAPTURE c1 h1 25.5", ":6"},
        {"LOOKUP c1", "capture 6 at 1000006 alice>bob 25.50 USD '' posted"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' captured remaining 0.00 expires never"},
        {"ACCOUNT alice", "74.50 USD debits 25.50 credits 100.00 held_out 0.00 held_in 0.00 available 74.50 "
                          "overdraft 0.00 opened 1 at 1000001 last 6 open "},
        {"ACCOUNT bob", "25.50 USD debits 0.00 credits 25.50 held_out 0.00 held_in 0.00 available 25.50 "
                        "overdraft 0.00 opened 2 at 1000002 last 6 open "},
        {"CAPTURE c2 h1", "-CAPTURED hold h1 was captured before"},
        {"VOID v1 h1", "-CAPTURED hold h1 was captured before"},
        {"EXTEND x1 h1 5", "-CAPTURED hold h1 was captured before"},
        {"CAPTURE c1 h1 25.50", ":6"},
        {"CAPTURE c1 h1 25.50 KEEP", REUSED("c1")},
        {"CAPTURE c1 h1", REUSED("c1")},
        {"CAPTURE c1 h2 25.50", REUSED("c1")},
        {"HOLD h2 alice bob 10", ":7"},
        {"CAPTURE c3 h2", ":8"},
        {"CAPTURE c3 h2", ":8"},
        {"CAPTURE c3 h2 10", REUSED("c3")},
        {"CAPTURE c3 h2 0", REUSED("c3")},
        {"BALANCES alice bob", "64.50 35.50 "}
    );
}

Test(reference_rules_holds, CAPTURE_with_KEEP_leaves_the_rest_held)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60", ":5"},
        {"CAPTURE c1 h1 10 KEEP", ":6"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' held remaining 50.00 expires never"},
        {"CAPTURE c2 h1 50.01 KEEP", "-AMOUNT hold h1 has 50.00 USD left, 50.01 asked"},
        {"CAPTURE c2 h1 0 KEEP", "-AMOUNT the amount is zero; it must be more"},
        {"CAPTURE c2 h1 1.000", "-AMOUNT 1.000 has 3 fraction digits, USD has 2"},
        {"CAPTURE c2 h1 340282366920938463463374607431768211455",
         "-AMOUNT 340282366920938463463374607431768211455 has more digits than fit 128 bits in the smallest unit of USD"},
        {"CAPTURE c2 h1 20 KEEP", ":7"},
        {"ACCOUNT alice", "70.00 USD debits 30.00 credits 100.00 held_out 30.00 held_in 0.00 available 40.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 7 open "},
        {"CAPTURE c3 h1 KEEP", ":8"},
        {"CAPTURE c4 h1", "-CAPTURED hold h1 was captured before"},
        {"BALANCES alice bob", "40.00 60.00 "},
        {"HOLD h2 alice bob 5", ":9"},
        {"CAPTURE c5 h2 5 KEEP", ":10"},
        {"LOOKUP h2", "hold 9 at 1000009 alice>bob 5.00 USD '' captured remaining 0.00 expires never"}
    );
}

Test(reference_rules_holds, CAPTURE_never_fails_for_money)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60", ":5"},
        {"WITHDRAW w1 alice 40", ":6"},
        {"LIMIT bob CEILING 0", "+OK"},
        {"FREEZE bob", "+OK"},
        {"CAPTURE c1 h1 60.01", "-AMOUNT hold h1 has 60.00 USD left, 60.01 asked"},
        {"CAPTURE c1 h1 60", "-FROZEN bob is frozen"},
        {"THAW bob", "+OK"},
        {"CAPTURE c1 h1 60", ":10"},
        {"BALANCES alice bob", "0.00 60.00 "}
    );
}

Test(reference_rules_holds, what_is_no_hold_can_not_be_captured)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60", ":5"},
        {"CAPTURE c1 nothing", "-NOHOLD nothing is not a hold"},
        {"CAPTURE c1 d1", "-NOHOLD d1 is not a hold"},
        {"VOID c1 d1", "-NOHOLD d1 is not a hold"},
        {"EXTEND c1 c1 5", "-NOHOLD c1 is not a hold"},
        {"VOID v1 h1", ":6"},
        {"LOOKUP v1", "void 6 at 1000006 alice>bob 60.00 USD '' done"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' voided remaining 0.00 expires never"},
        {"VOID v1 h1", ":6"},
        {"VOID v2 h1", "-VOIDED hold h1 was voided"},
        {"CAPTURE v2 h1 0", "-VOIDED hold h1 was voided"},
        {"EXTEND v2 h1 5", "-VOIDED hold h1 was voided"},
        {"VOID v1 h2", REUSED("v1")},
        {"VOID v2 v1", "-NOHOLD v1 is not a hold"},
        {"ACCOUNT alice", "100.00 USD debits 0.00 credits 100.00 held_out 0.00 held_in 0.00 available 100.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 6 open "}
    );
}

Test(reference_rules_holds, a_hold_expires_when_the_clock_says_so)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60 TTL 1", ":5"},
        {"CLOCK 1001000004", "+OK"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' held remaining 60.00 expires at 1001000005"},
        {"CLOCK 1001000005", "+OK"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' expired remaining 0.00 expires at 1001000005"},
        {"ACCOUNT bob", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 0.00 available 0.00 "
                        "overdraft 0.00 opened 2 at 1000002 last 6 open "},
        {"CAPTURE c1 h1 0", "-EXPIRED hold h1 has expired"},
        {"EXTEND c1 h1 1", "-EXPIRED hold h1 has expired"},
        {"VOID c1 h1", "-EXPIRED hold h1 has expired"},
        {"DEPOSIT d2 bob 1", ":7"},
        {"LOOKUP d2", "deposit 7 at 1001000006 @world>bob 1.00 USD '' posted"},
        {"CLOCK 1", "+OK"}, /* the clock doesn't go back */
        {"DEPOSIT d3 bob 1", ":8"},
        {"LOOKUP d3", "deposit 8 at 1001000007 @world>bob 1.00 USD '' posted"}
    );
}

Test(reference_rules_holds, holds_expire_in_the_order_of_their_deadlines_then_of_their_numbers)
{
    SESSION(
        SESSION_OPENING,
        {"OPEN dora USD UNLIMITED", ":5"},
        {"HOLD late alice @world/USD 1 TTL 3", ":6"},
        {"HOLD soon bob @world/USD 1 TTL 2", "-INSUFFICIENT bob has 0.00 USD available, 1.00 needed"},
        {"HOLD soon dora bob 1 TTL 2", ":7"},
        {"HOLD never carol dora 1", "-INSUFFICIENT carol has 0.00 USD available, 1.00 needed"},
        {"HOLD never dora carol 1", ":8"},
        {"FREEZE dora", "+OK"}, /* expiry releases all the same */
        {"CLOCK 9000000000", "+OK"},
        {"ACCOUNT alice", "100.00 USD debits 0.00 credits 100.00 held_out 0.00 held_in 0.00 available 100.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 11 open "},
        {"ACCOUNT bob", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 0.00 available 0.00 "
                        "overdraft 0.00 opened 2 at 1000002 last 10 open "},
        {"LOOKUP never", "hold 8 at 1000008 dora>carol 1.00 USD '' held remaining 1.00 expires never"},
        {"DEPOSIT d2 bob 1", ":12"},
        {"LOOKUP d2", "deposit 12 at 9000000002 @world>bob 1.00 USD '' posted"}
    );
}

Test(reference_rules_holds, of_equal_deadlines_the_older_hold_expires_first)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD old alice bob 1 TTL 2", ":5"},
        {"CLOCK 1001000005", "+OK"},
        {"HOLD new @world/USD carol 1 TTL 1", ":6"},
        {"LOOKUP old", "hold 5 at 1000005 alice>bob 1.00 USD '' held remaining 1.00 expires at 2001000005"},
        {"LOOKUP new",
         "hold 6 at 1001000005 @world/USD>carol 1.00 USD '' held remaining 1.00 expires at 2001000005"},
        {"CLOCK 2001000005", "+OK"},
        {"ACCOUNT bob", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 0.00 available 0.00 "
                        "overdraft 0.00 opened 2 at 1000002 last 7 open "},
        {"ACCOUNT carol", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 0.00 available 0.00 "
                          "overdraft 0.00 opened 3 at 1000003 last 8 open "}
    );
}

Test(reference_rules_holds, EXTEND_gives_a_hold_time_from_now)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60 TTL 10", ":5"},
        {"HOLD h2 alice bob 5", ":6"},
        {"CLOCK 9000000000", "+OK"},
        {"EXTEND x1 h1 4", ":7"},
        {"LOOKUP x1", "extend 7 at 9000000000 alice>bob 0.00 USD '' done"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' held remaining 60.00 expires at 13000000000"},
        {"EXTEND x2 h1 1", ":8"}, /* less, too */
        {"EXTEND x3 h2 100", ":9"},
        {"LOOKUP h2", "hold 6 at 1000006 alice>bob 5.00 USD '' held remaining 5.00 expires at 109000000002"},
        {"EXTEND x1 h1 4", ":7"}, /* a retry changes nothing */
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 60.00 USD '' held remaining 60.00 expires at 10000000001"},
        {"EXTEND x1 h1 5", REUSED("x1")},
        {"EXTEND x1 h2 4", REUSED("x1")},
        {"ACCOUNT alice", "100.00 USD debits 0.00 credits 100.00 held_out 65.00 held_in 0.00 available 35.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 6 open "},
        {"CLOCK 10000000001", "+OK"},
        {"EXTEND x4 h1 4", "-EXPIRED hold h1 has expired"},
        {"EXTEND x4 h2 4", ":11"}
    );
}

Test(reference_rules_holds, EXPIRE_is_for_a_record_of_the_log_and_only_when_it_is_time)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 60 TTL 10", ":5"},
        {"HOLD h2 alice bob 5", ":6"},
        {"EXPIRE h1", "-EARLY hold h1 does not expire yet"},
        {"EXPIRE h2", "-EARLY hold h2 does not expire yet"},
        {"EXPIRE d1", "-NOHOLD d1 is not a hold"},
        {"CAPTURE c1 h1 1 KEEP", ":7"},
        {"CLOCK 9000000000", "+OK"},
        {"EXTEND x1 h2 1", ":8"},
        {"CLOCK 9999999999", "+OK"},
        {"EXPIRE h2", "-EARLY hold h2 does not expire yet"},
        {"DEPOSIT d2 bob 1", ":9"},
        {"EXPIRE h2", ":10"},
        {"EXPIRE h2", "-EXPIRED hold h2 has expired"},
        {"ACCOUNT alice", "99.00 USD debits 1.00 credits 100.00 held_out 59.00 held_in 0.00 available 40.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 10 open "}
    );
}
/* clang-format on */
