/* client_print.c: one reply in each form. */
#include <criterion/criterion.h>
#include <string.h>

#include "client/print.h"

static const char map[] = "%3\r\n$7\r\nbalance\r\n$5\r\n87.66\r\n$3\r\nseq\r\n:4\r\n$7\r\nceiling\r\n_\r\n";
static const char legs[] = "%2\r\n$2\r\nid\r\n$1\r\nx\r\n$4\r\nlegs\r\n*2\r\n%1\r\n$4\r\nfrom\r\n$1\r\na\r\n"
                           "%1\r\n$4\r\nfrom\r\n$1\r\nb\r\n";

Test(print, writes_each_reply_in_each_form)
{
    static const struct {
        const char *reply;
        enum print_form form;
        const char *text;
    } cases[] = {
        {"+OK\r\n", PRINT_PEOPLE, "OK\n"},
        {":7\r\n", PRINT_PLAIN, "7\n"},
        {":7\r\n", PRINT_JSON, "7\n"},
        {"$5\r\n12.34\r\n", PRINT_JSON, "\"12.34\"\n"},
        {"_\r\n", PRINT_PEOPLE, "(nil)\n"},
        {"_\r\n", PRINT_PLAIN, "\n"},
        {"$-1\r\n", PRINT_JSON, "null\n"},
        {"#t\r\n", PRINT_JSON, "true\n"},
        {"*0\r\n", PRINT_PEOPLE, "(none)\n"},
        {"*0\r\n", PRINT_PLAIN, ""},
        {"*0\r\n", PRINT_JSON, "[]\n"},
        {"*2\r\n$1\r\na\r\n:2\r\n", PRINT_PLAIN, "a\n2\n"},
        {"*2\r\n$1\r\na\r\n:2\r\n", PRINT_JSON, "[\"a\",2]\n"},
        {map, PRINT_PEOPLE, "balance  87.66\nseq      4\nceiling  (nil)\n"},
        {map, PRINT_PLAIN, "balance\t87.66\nseq\t4\nceiling\t\n"},
        {map, PRINT_JSON, "{\"balance\":\"87.66\",\"seq\":4,\"ceiling\":null}\n"},
        {legs, PRINT_PEOPLE, "id    x\nlegs\n  from\n  a\n  b\n"},
        {legs, PRINT_CSV, "id,legs.from\nx,a\nx,b\n"},
        {map, PRINT_CSV, "balance,seq,ceiling\n87.66,4,\n"},
        {"*2\r\n$3\r\na,b\r\n:2\r\n", PRINT_CSV, "\"a,b\"\n2\n"},
        {"*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$3\r\nb\"c\r\n", PRINT_CSV, "0\na,\"b\"\"c\"\n"},
        {"$4\r\na\r\nb\r\n", PRINT_CSV, "\"a\r\nb\"\n"},
        {"*0\r\n", PRINT_CSV, ""},
        {"_\r\n", PRINT_CSV, "\n"},
        {"$5\r\na\x1b[2J\r\n", PRINT_PEOPLE, "a\\x1b[2J\n"},
        {"$6\r\na\r\nb\r\n\r\n", PRINT_PEOPLE, "a\nb\n\n"},
        {legs, PRINT_JSON, "{\"id\":\"x\",\"legs\":[{\"from\":\"a\"},{\"from\":\"b\"}]}\n"},
        {"-NOACCOUNT a does not exist\r\n", PRINT_JSON,
         "{\"error\":{\"code\":\"NOACCOUNT\",\"message\":\"a does not exist\"}}\n"},
        {"-ERR\r\n", PRINT_JSON, "{\"error\":{\"code\":\"ERR\",\"message\":\"\"}}\n"},
        {"$8\r\n\"\\\n\x01\xc3\xa9\xff\xc3\r\n", PRINT_JSON,
         "\"\\\"\\\\\\u000a\\u0001\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\"\n"},
        {"$3\r\n\xed\xa0\x80\r\n", PRINT_JSON, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out = {0};
        const struct print_style style = {.form = cases[i].form};
        print_reply(&out, cases[i].reply, strlen(cases[i].reply), &style);
        buffer_append(&out, "", 1);
        cr_assert_str_eq(out.bytes, cases[i].text, "case %zu: %s", i, out.bytes);
        buffer_free(&out);
    }
}

Test(print, sets_each_balance_beside_its_account)
{
    static const char reply[] = "*3\r\n$5\r\n87.66\r\n_\r\n$7\r\n1000.00\r\n";
    static const struct slice words[] = {{"balances", 8}, {"alice", 5}, {"no", 2}, {"bob", 3}};
    static const struct {
        enum print_form form;
        const char *text;
    } cases[] = {
        {PRINT_PEOPLE, "account  balance\nalice      87.66\nno         (nil)\nbob      1000.00\n"},
        {PRINT_PLAIN, "alice\t87.66\nno\t\nbob\t1000.00\n"},
        {PRINT_JSON, "{\"alice\":\"87.66\",\"no\":null,\"bob\":\"1000.00\"}\n"},
        {PRINT_CSV, "account,balance\nalice,87.66\nno,\nbob,1000.00\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out = {0};
        const struct print_style style = {.form = cases[i].form};
        print_answer(&out, words, 4, reply, sizeof reply - 1, &style);
        buffer_append(&out, "", 1);
        cr_assert_str_eq(out.bytes, cases[i].text, "case %zu: %s", i, out.bytes);
        buffer_free(&out);
    }
}

/* Two entries of a HISTORY. */
static const char history[] = "*2\r\n"
                              "%5\r\n$3\r\nseq\r\n:9\r\n$4\r\ntime\r\n$24\r\n2026-11-25T09:30:00.123Z\r\n$"
                              "6\r\namount\r\n$6\r\n100.00\r\n"
                              "$7\r\nbalance\r\n$6\r\n-20.00\r\n$4\r\nnote\r\n_\r\n"
                              "%5\r\n$3\r\nseq\r\n:10\r\n$4\r\ntime\r\n$24\r\n2026-11-25T09:30:01.123Z\r\n$"
                              "6\r\namount\r\n$6\r\n-12.34\r\n"
                              "$7\r\nbalance\r\n$4\r\n0.00\r\n$4\r\nnote\r\n$20\r\ntwo books, and a pen\r\n";

Test(print, makes_tables_that_fit)
{
    static const struct {
        unsigned width;
        bool colour;
        const char *text;
    } cases[] = {
        {0, false,
         "seq  time                      amount  balance  note\n"
         "  9  2026-11-25T09:30:00.123Z  100.00   -20.00\n"
         " 10  2026-11-25T09:30:01.123Z  -12.34     0.00  two books, and a pen\n"},
        {64, false,
         "seq  time                  amount  balance  note\n"
         "  9  2026-11-25T09:30:00Z  100.00   -20.00\n"
         " 10  2026-11-25T09:30:01Z  -12.34     0.00  two books, and a pen\n"},
        {55, false,
         "seq  time                  amount  balance  note\n"
         "  9  2026-11-25T09:30:00Z  100.00   -20.00\n"
         " 10  2026-11-25T09:30:01Z  -12.34     0.00  two books,…\n"},
        {30, false,
         "  seq      9\n  time     2026-11-25T09:30:00.123Z\n  amount   100.00\n  balance  -20.00\n"
         "  note     (nil)\n\n"
         "  seq      10\n  time     2026-11-25T09:30:01.123Z\n  amount   -12.34\n  balance  0.00\n"
         "  note     two books, and a pen\n"},
        {64, true,
         "\x1b[1mseq\x1b[0m  \x1b[1mtime\x1b[0m                  \x1b[1mamount\x1b[0m  \x1b[1mbalance\x1b[0m "
         " "
         "\x1b[1mnote\x1b[0m\n"
         "  9  2026-11-25T09:30:00Z  \x1b[32m100.00\x1b[0m   \x1b[31m-20.00\x1b[0m\n"
         " 10  2026-11-25T09:30:01Z  \x1b[31m-12.34\x1b[0m     0.00  two books, and a pen\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out = {0};
        const struct print_style style = {PRINT_PEOPLE, cases[i].colour, cases[i].width};
        print_reply(&out, history, sizeof history - 1, &style);
        buffer_append(&out, "", 1);
        cr_assert_str_eq(out.bytes, cases[i].text, "case %zu:\n%s", i, out.bytes);
        buffer_free(&out);
    }
}

Test(print, gives_headings_to_what_has_none)
{
    static const struct {
        const char *words[2];
        const char *reply;
        enum print_form form;
        const char *text;
    } cases[] = {
        {{"SLOWLOG", "get"},
         "*1\r\n*6\r\n:3\r\n:1795586392\r\n:11209\r\n*2\r\n$4\r\nfeed\r\n$4\r\nfrom\r\n$3\r\na:1\r\n$"
         "0\r\n\r\n",
         PRINT_PEOPLE,
         "id  time                  microseconds  arguments  address  name\n"
         "3   2026-11-25T05:59:52Z         11209  feed from  a:1\n"},
        {{"slowlog", "GET"},
         "*1\r\n*6\r\n:3\r\n:1795586392\r\n:11209\r\n*2\r\n$4\r\nfeed\r\n$4\r\nfrom\r\n$3\r\na:1\r\n$"
         "0\r\n\r\n",
         PRINT_CSV,
         "id,time,microseconds,arguments,address,name\n3,1795586392,11209,feed from,a:1,\n"},
        {{"CLIENT", "LIST"},
         "$38\r\nid=7 addr=a:1 name= fd=3\nid=8 addr=b:2\r\n",
         PRINT_PEOPLE,
         "id  addr  name\n7   a:1\n8   b:2\n"},
        {{"CLIENT", "LIST"},
         "$38\r\nid=7 addr=a:1 name= fd=3\nid=8 addr=b:2\r\n",
         PRINT_CSV,
         "id,addr,name,fd\n7,a:1,,3\n8,b:2,,\n"},
        {{"ASSETS", ""}, "%1\r\n$3\r\nUSD\r\n:2\r\n", PRINT_CSV, "asset,scale\nUSD,2\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out = {0};
        const struct print_style style = {.form = cases[i].form};
        const struct slice words[] = {slice_of(cases[i].words[0]), slice_of(cases[i].words[1])};
        print_answer(&out, words, 2, cases[i].reply, strlen(cases[i].reply), &style);
        buffer_append(&out, "", 1);
        cr_assert_str_eq(out.bytes, cases[i].text, "case %zu:\n%s", i, out.bytes);
        buffer_free(&out);
    }
}
