/* reference_rules.c: sessions with the reference alone, written by hand: what every other test of the model
 * takes for right. Accounts, conditions, sweeps, reversals and MULTI.
 */
#include <criterion/criterion.h>

#include "tests/model/session.h"

#define MOST "850705917302346158658436518579420528.63" /* 2^126 - 1 cents */

/* One line a command; clang-format would fill them. */
/* clang-format off */
Test(reference_rules, an_account_shows_what_is_held_and_its_state)
{
    SESSION(
        SESSION_OPENING,
        {"ACCOUNT alice", "100.00 USD debits 0.00 credits 100.00 held_out 0.00 held_in 0.00 available 100.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 4 open "},
        {"HOLD h alice bob 30", ":5"},
        {"ACCOUNT alice", "100.00 USD debits 0.00 credits 100.00 held_out 30.00 held_in 0.00 available 70.00 "
                          "overdraft 0.00 opened 1 at 1000001 last 5 open "},
        {"LIMIT bob OVERDRAFT 5 CEILING 60", "+OK"},
        {"ACCOUNT bob", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 30.00 available 5.00 "
                        "overdraft 5.00 ceiling 60.00 opened 2 at 1000002 last 6 open "},
        {"LIMIT bob UNLIMITED", "+OK"},
        {"FREEZE bob", "+OK"},
        {"ACCOUNT bob", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 30.00 available UNLIMITED "
                        "unlimited ceiling 60.00 opened 2 at 1000002 last 8 frozen "},
        {"CLOSE carol", "+OK"},
        {"ACCOUNT carol", "0.00 USD debits 0.00 credits 0.00 held_out 0.00 held_in 0.00 available 0.00 "
                          "overdraft 0.00 opened 3 at 1000003 last 9 closed "},
        {"BALANCES carol nobody", "0.00 nil "},
        {"DBSIZE", ":3"},
        {"TRIAL", "after 9 USD 2 debits 100.00 credits 100.00 accounts 3 "}
    );
}

Test(reference_rules, LIMIT_changes_what_it_names_and_nothing_else)
{
    SESSION(
        SESSION_OPENING,
        {"OPEN dora USD OVERDRAFT 10 CEILING 20", ":5"},
        {"LIMIT dora OVERDRAFT 15.0", "+OK"},
        {"OPEN dora USD OVERDRAFT 15 CEILING 20", ":5"},
        {"OPEN dora USD OVERDRAFT 10 CEILING 20",
         "-EXISTS dora is open with other options: asset USD, overdraft 15.00, ceiling 20.00"},
        {"LIMIT dora NOCEILING", "+OK"},
        {"OPEN dora USD OVERDRAFT 15", ":5"},
        {"LIMIT dora OVERDRAFT 15 NOCEILING", "+OK"}, /* as it is: no record */
        {"DEPOSIT d2 bob 1", ":8"},
        {"LIMIT dora UNLIMITED CEILING 0", "+OK"},
        {"OPEN dora USD", "-EXISTS dora is open with other options: asset USD, unlimited, ceiling 0.00"},
        {"LIMIT dora OVERDRAFT 0", "+OK"},
        {"OPEN dora USD CEILING 0", ":5"},
        {"LIMIT nobody NOCEILING", "-NOACCOUNT nobody does not exist"},
        {"LIMIT dora OVERDRAFT 1.000", "-AMOUNT overdraft 1.000 has 3 fraction digits, USD has 2"},
        {"LIMIT dora CEILING 850705917302346158658436518579420528.64",
         "-AMOUNT ceiling 850705917302346158658436518579420528.64 is more than an account can hold, "
         "2^126 - 1 of the smallest unit of USD"},
        {"FREEZE dora", "+OK"},
        {"LIMIT dora NOCEILING", "+OK"},
        {"CLOSE dora", "+OK"},
        {"LIMIT dora NOCEILING", "-CLOSED dora is closed"},
        {"LIMIT dora OVERDRAFT 1.000", "-CLOSED dora is closed"}
    );
}

Test(reference_rules, LIMIT_leaves_an_account_beyond_its_limits_where_it_is)
{
    SESSION(
        SESSION_OPENING,
        {"LIMIT alice CEILING 50", "+OK"},
        {"DEPOSIT d2 alice 0.01", "-CEILING alice has room for -50.00 USD below its ceiling, 0.01 would come in"},
        {"LIMIT bob OVERDRAFT 20", "+OK"},
        {"TRANSFER t1 bob carol 20", ":7"},
        {"LIMIT bob OVERDRAFT 0", "+OK"},
        {"TRANSFER t2 bob carol 0.01", "-INSUFFICIENT bob has -20.00 USD available, 0.01 needed"},
        {"TRANSFER t3 alice bob 20", ":9"},
        {"BALANCES alice bob", "80.00 0.00 "}
    );
}

Test(reference_rules, totals_are_bounded_unless_the_account_is_unlimited_on_both_sides)
{
    SESSION(
        {"OPEN free USD UNLIMITED", ":1"},
        {"OPEN half USD UNLIMITED CEILING " MOST, ":2"},
        {"OPEN tight USD", ":3"},
        {"DEPOSIT d1 free " MOST, ":4"},
        {"DEPOSIT d2 free " MOST, ":5"},
        {"BALANCE free", "1701411834604692317316873037158841057.26 "},
        {"LIMIT free CEILING 1", "-OVERFLOW the totals of free are above 2^126 - 1; it can only be unlimited"},
        {"LIMIT free OVERDRAFT 1 CEILING 0.001", "-AMOUNT ceiling 0.001 has 3 fraction digits, USD has 2"},
        {"LIMIT free OVERDRAFT 1", "-OVERFLOW the totals of free are above 2^126 - 1; it can only be unlimited"},
        {"LIMIT free NOCEILING", "+OK"},
        {"DEPOSIT d3 half " MOST, ":6"},
        {"WITHDRAW w1 half " MOST, ":7"},
        {"WITHDRAW w2 half 0.01",
         "-OVERFLOW the debits of half would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"DEPOSIT d4 half 0.01",
         "-OVERFLOW the credits of half would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"LIMIT half NOCEILING", "+OK"},
        {"DEPOSIT d4 half 0.01", ":9"},
        {"LIMIT half CEILING 1", "-OVERFLOW the totals of half are above 2^126 - 1; it can only be unlimited"},
        {"HOLD h1 free tight " MOST, ":10"},
        {"HOLD h2 free tight 0.01",
         "-OVERFLOW the credits of tight would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"VOID v1 h1", ":11"},
        {"HOLD h3 free tight " MOST, ":12"},
        {"CAPTURE c1 h3", ":13"},
        {"TRIAL", "after 13 USD 2 debits 4253529586511730793292182592897102643.16 "
                  "credits 4253529586511730793292182592897102643.16 accounts 3 "}
    );
}

Test(reference_rules, what_is_held_out_counts_towards_the_bound_of_debits)
{
    SESSION(
        {"OPEN half USD UNLIMITED CEILING 0", ":1"},
        {"HOLD h1 half @world/USD " MOST, ":2"},
        {"WITHDRAW w1 half 0.01",
         "-OVERFLOW the debits of half would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"CAPTURE c1 h1 1", ":3"},
        {"WITHDRAW w1 half 0.01", ":4"}
    );
}

Test(reference_rules, what_is_held_counts_where_an_account_is_to_be_bounded)
{
    SESSION(
        {"OPEN free USD UNLIMITED", ":1"},
        {"OPEN tight USD", ":2"},
        {"HOLD h1 free @world/USD " MOST, ":3"},
        {"LIMIT free CEILING 1", "+OK"},
        {"LIMIT free NOCEILING", "+OK"},
        {"HOLD h2 free @world/USD 0.01", ":6"},
        {"LIMIT free CEILING 1", "-OVERFLOW the totals of free are above 2^126 - 1; it can only be unlimited"}
    );
}

Test(reference_rules, a_frozen_account_takes_part_in_nothing_that_moves_or_holds)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice bob 10", ":5"},
        {"FREEZE alice", "+OK"},
        {"FREEZE alice", "+OK"},
        {"TRANSFER t1 alice bob 1", "-FROZEN alice is frozen"},
        {"TRANSFER t1 bob alice 1", "-FROZEN alice is frozen"},
        {"TRANSFER t1 bob carol 0 carol alice 1", "-AMOUNT leg 1: the amount is zero; it must be more"},
        {"DEPOSIT t1 alice 1", "-FROZEN alice is frozen"},
        {"SWEEP t1 alice bob", "-FROZEN alice is frozen"},
        {"HOLD t1 alice bob 1", "-FROZEN alice is frozen"},
        {"CAPTURE t1 h1", "-FROZEN alice is frozen"},
        {"REVERSE t1 d1", "-FROZEN alice is frozen"},
        {"EXTEND x1 h1 60", ":7"},
        {"VOID v1 h1", ":8"},
        {"DEPOSIT d1 alice 100", ":4"}, /* a retry */
        {"THAW alice", "+OK"},
        {"THAW alice", "+OK"},
        {"TRANSFER t1 alice bob 1", ":10"},
        {"TRANSFER t2 alice bob 1 bob carol 1", ":11"},
        {"FREEZE carol", "+OK"},
        {"TRANSFER t3 alice bob 1 bob carol 1", "-FROZEN leg 2: carol is frozen"},
        {"FREEZE nobody", "-NOACCOUNT nobody does not exist"},
        {"THAW nobody", "-NOACCOUNT nobody does not exist"},
        {"CLOSE bob", "-NOTEMPTY bob has a balance of 1.00 USD; only an empty account can be closed"}
    );
}

Test(reference_rules, only_an_empty_account_is_closed_and_then_for_ever)
{
    SESSION(
        SESSION_OPENING,
        {"CLOSE alice", "-NOTEMPTY alice has a balance of 100.00 USD; only an empty account can be closed"},
        {"LIMIT carol UNLIMITED", "+OK"},
        {"TRANSFER t1 carol alice 5", ":6"},
        {"CLOSE carol", "-NOTEMPTY carol has a balance of -5.00 USD; only an empty account can be closed"},
        {"TRANSFER t2 alice carol 5", ":7"},
        {"HOLD h1 carol bob 2.50", ":8"},
        {"CLOSE carol", "-NOTEMPTY carol has 2.50 USD held out and 0.00 USD held in; capture or void first"},
        {"CLOSE bob", "-NOTEMPTY bob has 0.00 USD held out and 2.50 USD held in; capture or void first"},
        {"VOID v1 h1", ":9"},
        {"FREEZE carol", "+OK"},
        {"CLOSE carol", "+OK"},
        {"CLOSE carol", "+OK"},
        {"CLOSE bob", "+OK"},
        {"FREEZE carol", "-CLOSED carol is closed"},
        {"THAW carol", "-CLOSED carol is closed"},
        {"OPEN carol USD", "-CLOSED carol is closed, and its id is never used again"},
        {"OPEN carol NOPE", "-ASSET NOPE is not an asset; ASSET NOPE scale defines it"},
        {"TRANSFER t3 carol bob 0", "-CLOSED carol is closed"},
        {"TRANSFER t3 alice bob 0", "-CLOSED bob is closed"},
        {"TRANSFER t3 alice bob 1 bob carol 1", "-CLOSED leg 1: bob is closed"},
        {"SWEEP t3 carol alice", "-CLOSED carol is closed"},
        {"HOLD t3 alice carol 1", "-CLOSED carol is closed"},
        {"REVERSE t3 t2", "-CLOSED carol is closed"},
        {"CLOSE nobody", "-NOACCOUNT nobody does not exist"},
        {"DEPOSIT d2 alice 1", ":13"}
    );
}

Test(reference_rules, CLOSED_comes_before_FROZEN_and_both_before_ASSET)
{
    SESSION(
        {"OPEN eur EUR", ":1"},
        {"OPEN usd USD", ":2"},
        {"OPEN gone USD", ":3"},
        {"CLOSE gone", "+OK"},
        {"FREEZE eur", "+OK"},
        {"TRANSFER t eur gone 1.001", "-CLOSED gone is closed"},
        {"TRANSFER t eur usd 1.001", "-FROZEN eur is frozen"},
        {"FREEZE usd", "+OK"},
        {"TRANSFER t usd eur 1.001", "-FROZEN usd is frozen"},
        {"TRANSFER t usd nobody 1.001", "-NOACCOUNT nobody does not exist"},
        {"TRANSFER t gone gone 1.001", "-SAMEACCOUNT from and to are both gone"},
        {"THAW usd", "+OK"},
        {"THAW eur", "+OK"},
        {"TRANSFER t usd eur 1.001", "-ASSET usd holds USD, eur holds EUR"}
    );
}

Test(reference_rules, a_condition_looks_at_balances_before_the_first_leg)
{
    SESSION(
        SESSION_OPENING,
        {"TRANSFER t1 alice bob 5 IF alice GE 100", ":5"},
        {"TRANSFER t2 alice bob 5 IF alice GE 95.01", "-CONDITION alice has 95.00 USD, needed is at least 95.01"},
        {"TRANSFER t2 alice bob 5 IF alice LE 94.99", "-CONDITION alice has 95.00 USD, needed is at most 94.99"},
        {"TRANSFER t2 alice bob 5 IF alice EQ 94.9", "-CONDITION alice has 95.00 USD, needed is exactly 94.90"},
        {"TRANSFER t2 alice bob 5 IF bob GE 5 IF bob LE 5.0 IF carol EQ 1",
         "-CONDITION carol has 0.00 USD, needed is exactly 1.00"},
        {"TRANSFER t2 alice bob 5 bob carol 10 IF carol EQ 0 IF bob EQ 5", ":6"},
        {"TRANSFER t3 alice bob 5 bob carol 1 IF carol EQ 0",
         "-CONDITION carol has 10.00 USD, needed is exactly 0.00"},
        {"TRANSFER t3 alice bob 5 IF @world/USD LE -100", ":8"},
        {"TRANSFER t4 alice bob 5 IF @world/USD EQ -99",
         "-CONDITION @world/USD has -100.00 USD, needed is exactly -99.00"},
        {"TRANSFER t4 alice bob 5 IF @world/USD LE -100.01",
         "-CONDITION @world/USD has -100.00 USD, needed is at most -100.01"},
        {"TRANSFER t4 alice bob 5 IF @world/USD GE -99.99",
         "-CONDITION @world/USD has -100.00 USD, needed is at least -99.99"},
        {"FREEZE carol", "+OK"},
        {"TRANSFER t4 alice bob 5 IF carol GE -1", ":10"},
        {"TRANSFER t5 alice bob 5 IF bob EQ -5.00", "-CONDITION bob has 10.00 USD, needed is exactly -5.00"}
    );
}

Test(reference_rules, a_condition_comes_after_OVERFLOW_and_before_INSUFFICIENT)
{
    SESSION(
        SESSION_OPENING,
        {"LIMIT carol CEILING 0", "+OK"},
        {"DEPOSIT d2 bob " MOST, ":6"},
        {"WITHDRAW w1 bob " MOST, ":7"},
        {"TRANSFER t bob carol 1 IF alice GE 101",
         "-OVERFLOW the debits of bob would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"TRANSFER t alice bob 1 IF alice GE 101",
         "-OVERFLOW the credits of bob would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"TRANSFER t alice carol 0 IF nobody GE 101", "-AMOUNT the amount is zero; it must be more"},
        {"TRANSFER t carol alice 1 IF alice GE 101", "-CONDITION alice has 100.00 USD, needed is at least 101.00"},
        {"TRANSFER t carol alice 1 IF alice GE 100", "-INSUFFICIENT carol has 0.00 USD available, 1.00 needed"},
        {"TRANSFER t alice carol 1 IF alice GE 101", "-CONDITION alice has 100.00 USD, needed is at least 101.00"},
        {"TRANSFER t alice carol 1 IF alice GE 100",
         "-CEILING carol has room for 0.00 USD below its ceiling, 1.00 would come in"},
        {"TRANSFER t carol alice 1 alice bob 1 IF nobody EQ 0 IF alice EQ 0", "-NOACCOUNT nobody does not exist"},
        {"TRANSFER t alice @world/USD 1 nobody alice 1 IF alice EQ 0",
         "-CONDITION alice has 100.00 USD, needed is exactly 0.00"},
        {"TRANSFER t alice @world/USD 1 nobody alice 1", "-NOACCOUNT leg 2: nobody does not exist"},
        {"TRANSFER t alice @world/USD 1 IF alice GE 1.000", "-AMOUNT 1.000 has 3 fraction digits, USD has 2"},
        {"TRANSFER t alice @world/USD 1 carol alice 1 IF alice GE -1.001",
         "-AMOUNT -1.001 has 3 fraction digits, USD has 2"},
        {"TRANSFER t alice @world/USD 1 IF alice LE 340282366920938463463374607431768211455",
         "-AMOUNT 340282366920938463463374607431768211455 has more digits than fit 128 bits in the smallest unit of USD"},
        {"TRANSFER t alice @world/USD 1 IF alice LE 3402823669209384634633746074317682114.55", ":8"},
        {"TRANSFER u alice @world/USD 1 IF alice LE -3402823669209384634633746074317682114.55",
         "-CONDITION alice has 99.00 USD, needed is at most -3402823669209384634633746074317682114.55"}
    );
}

Test(reference_rules, conditions_are_part_of_what_a_retry_repeats)
{
    SESSION(
        SESSION_OPENING,
        {"TRANSFER t alice bob 5 IF alice GE 100 IF bob LE 0", ":5"},
        {"TRANSFER t alice bob 5 IF alice GE 100.0 IF bob LE 0.00", ":5"},
        {"TRANSFER t alice bob 5 IF alice GE 100", REUSED("t")},
        {"TRANSFER t alice bob 5", REUSED("t")},
        {"TRANSFER t alice bob 5 IF alice LE 100 IF bob LE 0", REUSED("t")},
        {"TRANSFER t alice bob 5 IF alice GE 99 IF bob LE 0", REUSED("t")},
        {"TRANSFER t alice bob 5 IF alice GE -100 IF bob LE 0", REUSED("t")},
        {"TRANSFER t alice bob 5 IF carol GE 100 IF bob LE 0", REUSED("t")},
        {"TRANSFER t alice bob 5 IF alice GE 100 IF bob LE 0 NOTE x", REUSED("t")},
        {"LOOKUP t", "transfer 5 at 1000005 alice>bob 5.00 USD '' posted"},
        {"LOOKUP u", "nil "}
    );
}

Test(reference_rules, SWEEP_moves_what_is_available)
{
    SESSION(
        SESSION_OPENING,
        {"HOLD h1 alice carol 30", ":5"},
        {"SWEEP s1 alice bob", ":6"},
        {"LOOKUP s1", "sweep 6 at 1000006 alice>bob 70.00 USD '' posted"},
        {"BALANCES alice bob", "30.00 70.00 "},
        {"SWEEP s2 alice bob", "-INSUFFICIENT alice has 0.00 USD available, nothing to sweep"},
        {"SWEEP s3 bob carol MAX 20.5", ":7"},
        {"SWEEP s4 bob carol MAX 1000", ":8"},
        {"LOOKUP s4", "sweep 8 at 1000008 bob>carol 49.50 USD '' posted"},
        {"LIMIT bob OVERDRAFT 10", "+OK"},
        {"SWEEP s5 bob carol", ":10"},
        {"BALANCES bob carol", "-10.00 80.00 "},
        {"LIMIT bob OVERDRAFT 5", "+OK"},
        {"SWEEP s6 bob carol MAX 3", "-INSUFFICIENT bob has -5.00 USD available, nothing to sweep"},
        {"SWEEP s1 alice bob", ":6"}, /* retries, whatever is available now */
        {"SWEEP s1 alice bob MAX 0", REUSED("s1")},
        {"SWEEP s3 bob carol MAX 20.50", ":7"},
        {"SWEEP s3 bob carol MAX 20", REUSED("s3")},
        {"SWEEP s3 bob carol", REUSED("s3")},
        {"SWEEP s3 bob alice MAX 20.5", REUSED("s3")},
        {"TRANSFER s3 bob carol 20.50", REUSED("s3")}
    );
}

Test(reference_rules, SWEEP_is_checked_as_a_leg_of_its_amount)
{
    SESSION(
        SESSION_OPENING,
        {"OPEN eur EUR", ":5"},
        {"OPEN free USD UNLIMITED", ":6"},
        {"SWEEP s alice alice MAX 0", "-SAMEACCOUNT from and to are both alice"},
        {"SWEEP s nobody alice MAX 0", "-NOACCOUNT nobody does not exist"},
        {"SWEEP s alice nobody MAX 0", "-NOACCOUNT nobody does not exist"},
        {"SWEEP s alice eur MAX 0", "-ASSET alice holds USD, eur holds EUR"},
        {"SWEEP s free alice MAX 0", "-AMOUNT the amount is zero; it must be more"},
        {"SWEEP s bob alice MAX 1.000", "-AMOUNT 1.000 has 3 fraction digits, USD has 2"},
        {"SWEEP s bob alice MAX 340282366920938463463374607431768211455",
         "-AMOUNT 340282366920938463463374607431768211455 has more digits than fit 128 bits in the smallest unit of USD"},
        {"SWEEP s free alice MAX 5",
         "-INSUFFICIENT free is unlimited; a sweep needs an account that can be emptied"},
        {"SWEEP s @world/USD alice",
         "-INSUFFICIENT @world/USD is unlimited; a sweep needs an account that can be emptied"},
        {"LIMIT bob CEILING 99.99", "+OK"},
        {"SWEEP s alice bob", "-CEILING bob has room for 99.99 USD below its ceiling, 100.00 would come in"},
        {"SWEEP s alice bob MAX 99.99", ":8"},
        {"SWEEP s2 alice @world/USD", ":9"},
        {"LOOKUP s2", "sweep 9 at 1000009 alice>@world/USD 0.01 USD '' posted"},
        {"OPEN worn USD", ":10"},
        {"DEPOSIT d2 worn " MOST, ":11"},
        {"WITHDRAW w2 worn " MOST, ":12"},
        {"SWEEP s3 bob worn",
         "-OVERFLOW the credits of worn would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"LIMIT worn OVERDRAFT 1", "+OK"},
        {"SWEEP s3 worn bob",
         "-OVERFLOW the debits of worn would add up to more than 2^126 - 1 of the smallest unit of USD"},
        {"SWEEP s3 carol worn", "-INSUFFICIENT carol has 0.00 USD available, nothing to sweep"}
    );
}

Test(reference_rules, REVERSE_posts_the_opposite_legs_last_first_and_once)
{
    SESSION(
        SESSION_OPENING,
        {"TRANSFER t1 alice bob 10 bob carol 4", ":5"},
        {"REVERSE r1 t1", ":7"},
        {"LOOKUP r1", "reverse 7 at 1000007 carol>bob 4.00 USD bob>alice 10.00 USD '' posted"},
        {"LOOKUP t1", "transfer 5 at 1000005 alice>bob 10.00 USD bob>carol 4.00 USD '' reversed"},
        {"BALANCES alice bob carol", "100.00 0.00 0.00 "},
        {"REVERSE r2 t1", "-REVERSED t1 was reversed before"},
        {"REVERSE r1 t1", ":7"},
        {"REVERSE r1 d1", REUSED("r1")},
        {"REVERSE r2 r1", ":9"},
        {"LOOKUP r2", "reverse 9 at 1000009 alice>bob 10.00 USD bob>carol 4.00 USD '' posted"},
        {"LOOKUP r1", "reverse 7 at 1000007 carol>bob 4.00 USD bob>alice 10.00 USD '' reversed"},
        {"LOOKUP t1", "transfer 5 at 1000005 alice>bob 10.00 USD bob>carol 4.00 USD '' reversed"},
        {"REVERSE r3 t1", "-REVERSED t1 was reversed before"},
        {"REVERSE r3 r1", "-REVERSED r1 was reversed before"},
        {"SWEEP s1 carol alice", ":11"},
        {"REVERSE r3 r2", "-INSUFFICIENT leg 1: carol has 0.00 USD available, 4.00 needed"},
        {"REVERSE r3 s1", ":12"},
        {"REVERSE r4 r2", ":13"},
        {"BALANCES alice bob carol", "100.00 0.00 0.00 "}
    );
}

Test(reference_rules, REVERSE_takes_all_kinds_of_transfers_and_nothing_else)
{
    SESSION(
        SESSION_OPENING,
        {"WITHDRAW w1 alice 10", ":5"},
        {"REVERSE r1 w1", ":6"},
        {"LOOKUP r1", "reverse 6 at 1000006 @world/USD>alice 10.00 USD '' posted"},
        {"HOLD h1 alice bob 60", ":7"},
        {"REVERSE r2 h1", "-NOTRANSFER h1 is not a transfer that is remembered"},
        {"REVERSE r2 nothing", "-NOTRANSFER nothing is not a transfer that is remembered"},
        {"REVERSE r2 r2", "-NOTRANSFER r2 is not a transfer that is remembered"},
        {"EXTEND x1 h1 10", ":8"},
        {"REVERSE r2 x1", "-NOTRANSFER x1 is not a transfer that is remembered"},
        {"CAPTURE c1 h1 10 KEEP", ":9"},
        {"REVERSE r2 c1", ":10"},
        {"LOOKUP r2", "reverse 10 at 1000010 bob>alice 10.00 USD '' posted"},
        {"LOOKUP c1", "capture 9 at 1000009 alice>bob 10.00 USD '' reversed"},
        {"LOOKUP h1", "hold 7 at 1000007 alice>bob 60.00 USD '' held remaining 50.00 expires at 10001000008"},
        {"VOID v1 h1", ":11"},
        {"REVERSE r3 v1", "-NOTRANSFER v1 is not a transfer that is remembered"},
        {"LIMIT alice CEILING 60", "+OK"},
        {"TRANSFER t1 alice bob 50", ":13"},
        {"REVERSE r3 t1", "-CEILING alice has room for 10.00 USD below its ceiling, 50.00 would come in"},
        {"WITHDRAW w2 bob 1", ":14"},
        {"LIMIT alice NOCEILING", "+OK"},
        {"REVERSE r3 t1", "-INSUFFICIENT bob has 49.00 USD available, 50.00 needed"},
        {"REVERSE r3 d1", "-INSUFFICIENT alice has 50.00 USD available, 100.00 needed"},
        {"REVERSE r3 w2", ":16"},
        {"REVERSE r4 t1", ":17"},
        {"REVERSE r5 d1", ":18"},
        {"LOOKUP r5", "reverse 18 at 1000018 alice>@world/USD 100.00 USD '' posted"},
        {"BALANCES alice bob @world/USD", "0.00 0.00 0.00 "}
    );
}

Test(reference_rules, MULTI_does_all_in_order)
{
    SESSION(
        SESSION_OPENING,
        {"MULTI", "[]"},
        {"HOLD h0 alice bob 10", ":5"},
        {"MULTI; BALANCE alice; TRANSFER t1 alice bob 20 bob carol 5; BALANCE bob; DEPOSIT d2 carol 1; "
         "WITHDRAW w1 carol 6; HOLD h1 bob carol 15 TTL 5; CAPTURE c1 h0; BALANCE bob",
         "[100.00, :6, 15.00, :8, :9, :10, :11, 25.00]"},
        {"LOOKUP t1", "transfer 6 at 1000006 alice>bob 20.00 USD bob>carol 5.00 USD '' posted"},
        {"LOOKUP h1", "hold 10 at 1000010 bob>carol 15.00 USD '' held remaining 15.00 expires at 5001000010"},
        {"MULTI; VOID v1 h1; BALANCE bob", "[:12, 25.00]"},
        {"BALANCES alice bob carol", "70.00 25.00 0.00 "}
    );
}

Test(reference_rules, MULTI_does_nothing_when_a_part_fails)
{
    SESSION(
        SESSION_OPENING,
        {"MULTI; TRANSFER t1 alice bob 20; TRANSFER t2 bob carol 20.01",
         "-EXECABORT command 2, TRANSFER: INSUFFICIENT bob has 20.00 USD available, 20.01 needed"},
        {"LOOKUP t1", "nil "},
        {"BALANCES alice bob", "100.00 0.00 "},
        {"MULTI; BALANCE alice; BALANCE nobody", "-EXECABORT command 2, BALANCE: NOACCOUNT nobody does not exist"},
        {"MULTI; DEPOSIT d2 nobody 1; BALANCE nobody",
         "-EXECABORT command 1, DEPOSIT: NOACCOUNT nobody does not exist"},
        {"MULTI; HOLD h1 alice bob 5; CAPTURE c1 h1", "-EXECABORT command 2, CAPTURE: NOHOLD h1 is not a hold"},
        {"MULTI; HOLD h1 alice bob 5; VOID c1 h1", "-EXECABORT command 2, VOID: NOHOLD h1 is not a hold"},
        {"MULTI; TRANSFER t1 alice bob 1; TRANSFER t2 alice bob 1 bob carol 3",
         "-EXECABORT command 2, TRANSFER: INSUFFICIENT leg 2: bob has 2.00 USD available, 3.00 needed"},
        {"MULTI; TRANSFER t1 alice bob 1; TRANSFER t2 alice carol 1 IF bob EQ 0",
         "-EXECABORT command 2, TRANSFER: CONDITION bob has 1.00 USD, needed is exactly 0.00"},
        {"MULTI; TRANSFER t1 alice bob 1; TRANSFER t1 alice bob 1", "-ERR id t1 is used twice in one transaction"},
        {"MULTI; WITHDRAW d1 alice 1", "-EXECABORT command 1, WITHDRAW: " REUSED_TEXT("d1")},
        {"HOLD h1 alice bob 5", ":5"},
        {"MULTI; CAPTURE c1 h1 2; CAPTURE c2 h1 2",
         "-EXECABORT command 2, CAPTURE: CAPTURED hold h1 was captured before"},
        {"MULTI; CAPTURE c1 h1 2 KEEP; CAPTURE c2 h1 4",
         "-EXECABORT command 2, CAPTURE: AMOUNT hold h1 has 3.00 USD left, 4.00 asked"},
        {"LOOKUP h1", "hold 5 at 1000005 alice>bob 5.00 USD '' held remaining 5.00 expires never"}
    );
}

Test(reference_rules, MULTI_again_does_what_was_not_done)
{
    SESSION(
        SESSION_OPENING,
        {"MULTI; TRANSFER t1 alice bob 20; HOLD h1 bob carol 5; BALANCE bob", "[:5, :6, 20.00]"},
        {"MULTI; TRANSFER t1 alice bob 20.0; HOLD h1 bob carol 5; BALANCE bob", "[:5, :6, 20.00]"},
        {"WITHDRAW w1 bob 15", ":7"},
        {"MULTI; TRANSFER t1 alice bob 20; HOLD h1 bob carol 5; BALANCE bob", "[:5, :6, 5.00]"},
        {"TRANSFER t1 alice bob 20", ":5"},
        {"MULTI; HOLD h1 bob carol 5; CAPTURE c1 h1; TRANSFER t1 alice bob 20; TRANSFER t2 carol alice 5",
         "[:6, :8, :5, :9]"},
        {"MULTI; TRANSFER t3 alice bob 20; TRANSFER t1 alice bob 21",
         "-EXECABORT command 2, TRANSFER: " REUSED_TEXT("t1")},
        {"BALANCES alice bob carol", "85.00 0.00 0.00 "}
    );
}
/* clang-format on */
