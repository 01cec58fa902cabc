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
        {legs, PRINT_PEOPLE, "id    x\nlegs\n    from  a\n\n    from  b\n"},
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
        print_reply(&out, cases[i].reply, strlen(cases[i].reply), cases[i].form);
        buffer_append(&out, "", 1);
        cr_assert_str_eq(out.bytes, cases[i].text, "case %zu: %s", i, out.bytes);
        buffer_free(&out);
    }
}

Test(print, sets_each_balance_beside_its_account)
{
    static const char reply[] = "*3\r\n$5\r\n87.66\r\n_\r\n$7\r\n1000.00\r\n";
    static const struct slice accounts[] = {{"alice", 5}, {"no", 2}, {"bob", 3}};
    static const struct {
        enum print_form form;
        const char *text;
    } cases[] = {
        {PRINT_PEOPLE, "alice    87.66\nno       (nil)\nbob    1000.00\n"},
        {PRINT_PLAIN, "alice\t87.66\nno\t\nbob\t1000.00\n"},
        {PRINT_JSON, "{\"alice\":\"87.66\",\"no\":null,\"bob\":\"1000.00\"}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out = {0};
        print_balances(&out, reply, sizeof reply - 1, accounts, cases[i].form);
        buffer_append(&out, "", 1);
        cr_assert_str_eq(out.bytes, cases[i].text);
        buffer_free(&out);
    }
}
