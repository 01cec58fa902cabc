/* client_typed.c: how a line that is being typed may go on. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "client/complete.h"
#include "client/typed.h"

Test(typed, is_hinted_how_it_goes_on)
{
    static const struct {
        const char *line;
        const char *hint;
    } cases[] = {
        {"", ""},
        {"o", "OPEN account asset [OVERDRAFT amount | UNLIMITED] [CEILING amount]"},
        {"open", "account asset [OVERDRAFT amount | UNLIMITED] [CEILING amount]"},
        {"open a", "account asset [OVERDRAFT amount | UNLIMITED] [CEILING amount]"},
        {"open a ", "asset [OVERDRAFT amount | UNLIMITED] [CEILING amount]"},
        {"open a USD ", "[OVERDRAFT amount | UNLIMITED] [CEILING amount]"},
        {"open a USD overdraft ", "amount [CEILING amount]"},
        {"open a USD unlimited ", "[CEILING amount]"},
        {"open a USD ceiling 5 ", "[OVERDRAFT amount | UNLIMITED]"},
        {"open a USD nonsense ", ""},
        {"transfer t a ",
         "to amount [from to amount ...] [IF account <GE | LE | EQ> amount ...] [NOTE text]"},
        {"transfer t a b 1 ", "[from to amount ...] [IF account <GE | LE | EQ> amount ...] [NOTE text]"},
        {"transfer t a b 1 if a ",
         "<GE | LE | EQ> amount [IF account <GE | LE | EQ> amount ...] [NOTE text]"},
        {"transfer t a b 1 note \"two words\" ", "[IF account <GE | LE | EQ> amount ...]"},
        {"transfer t a b 1 note \"two ", "text [IF account <GE | LE | EQ> amount ...]"},
        {"capture c h ", "[amount] [KEEP]"},
        {"capture c h keep ", "[amount]"},
        {"history a rev ", "[FROM number|time] [TO number|time] [COUNT n]"},
        {"feed ", "FROM seq [COUNT n] [BLOCK milliseconds]"},
        {"feed to ", ""},
        {"ping a b ", ""},
        {"balance a \"b\"c ", ""},
        {"frobnicate ", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct typed typed;
        struct buffer hint = {0};
        if (typed_split(&typed, cases[i].line, strlen(cases[i].line)))
            typed_hint(&typed, &hint);
        buffer_append(&hint, "", 1);
        cr_expect_str_eq(hint.bytes + hint.start, cases[i].hint, "'%s': %s", cases[i].line,
                         hint.bytes + hint.start);
        buffer_free(&hint);
    }
}

/* The candidates with blanks between. */
static void completed(const char *line, struct names *names, struct buffer *out)
{
    static struct typed typed;
    static struct completion completion;
    cr_assert(typed_split(&typed, line, strlen(line)));
    complete_find(&completion, &typed, names, NULL, NULL);
    for (size_t i = 0; i < completion.count; i++)
        buffer_printf(out, "%s%s", i > 0 ? " " : "", completion.texts[i]);
    buffer_append(out, "", 1);
}

Test(completion, offers_what_may_come_next)
{
    static const char reply[] =
        "*1\r\n%3\r\n$2\r\nid\r\n$5\r\npay-1\r\n$7\r\naccount\r\n$10\r\n@world/EUR\r\n$5\r\nasset\r\n"
        "$3\r\nEUR\r\n";
    static const struct {
        const char *line;
        const char *offered;
    } cases[] = {
        {"tra", "TRANSFER"},
        {"BAL", "BALANCE BALANCES"},
        {"help loo", "LOOKUP"},
        {"balance al", "alice alina"},
        {"transfer t2 @", "@world/EUR"},
        {"open new ", "EUR USD"},
        {"open new USD ", "CEILING OVERDRAFT UNLIMITED"},
        {"open new USD u", "UNLIMITED"},
        {"open new USD overdraft ", ""},
        {"history alice rev f", "FROM"},
        {"transfer t2 alice bob 1 ", "@world/EUR IF NOTE alice alina"},
        {"transfer t2 alice bob 1 if alice ", "EQ GE LE"},
        {"lookup ", "pay-1 t1"},
        {"slowlog ", "GET HELP LEN RESET"},
        {"client l", "LIST"},
        {"ping x ", ""},
    };
    struct names *names = calloc(1, sizeof *names);
    const struct slice open[] = {slice_of("open"), slice_of("alice"), slice_of("USD")};
    const struct slice transfer[] = {slice_of("TRANSFER"), slice_of("t1"), slice_of("alice"),
                                     slice_of("alina"), slice_of("1")};
    cr_assert_not_null(names);
    names_learn_words(names, open, 3);
    names_learn_words(names, transfer, 5);
    names_learn_reply(names, reply, sizeof reply - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer offered = {0};
        completed(cases[i].line, names, &offered);
        cr_expect_str_eq(offered.bytes, cases[i].offered, "'%s': %s", cases[i].line, offered.bytes);
        buffer_free(&offered);
    }
    free(names);
}
