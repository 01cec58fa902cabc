/* ledger_hold.c: who expires next, who ended first, and who is there at all, against a plain list. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/hold.h"
#include "tests/unit/proto_dice.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define HOLDS         3000
#define HASHES        500 /* fewer than holds: some share theirs */

/* A hold as the list knows it. */
struct plain {
    struct hold *hold; /* NULL: forgotten, or not there yet */
    char id[16];
    uint64_t deadline; /* of one that expires; UINT64_MAX: it doesn't, or was popped */
    bool open;
};

struct book {
    struct holds holds;
    struct dice dice;
    struct plain plain[HOLDS];
    uint32_t added;
    uint32_t ended[HOLDS]; /* places in `plain`, in the order in which they ended */
    uint32_t ended_count;
    uint32_t forgotten; /* of these */
    uint64_t number;    /* the newest stamp's; its time is ten times that */
};

static struct book book;

static struct stamp stamp_next(void)
{
    book.number++;
    return (struct stamp){book.number, 10 * book.number};
}

static uint64_t hash_of(uint32_t place)
{
    return (uint64_t)(place % HASHES) * UINT64_C(0x9e3779b97f4a7c15);
}

static void book_date(struct plain *plain)
{
    struct hold *hold = plain->hold;
    holds_date(&book.holds, hold);
    plain->deadline = hold->ttl == 0 ? UINT64_MAX : hold->dated.time + hold->ttl * NS_PER_SECOND;
}

static void book_add(void)
{
    struct plain *plain = &book.plain[book.added];
    (void)snprintf(plain->id, sizeof plain->id, "h%u", book.added);
    const struct hold_parts parts = {.id = {plain->id, strlen(plain->id)},
                                     .from = {"alice", 5},
                                     .to = {"bob", 3},
                                     .note = {"dinner", book.added % 2 == 0 ? 6 : 0},
                                     .hash = hash_of(book.added),
                                     .amount = 100 + book.added,
                                     .ttl = dice_below(&book.dice, 4)};
    plain->hold = holds_add(&book.holds, &parts, stamp_next());
    plain->open = true;
    plain->deadline = UINT64_MAX;
    book_date(plain);
    book.added++;
}

/* A random open hold; NULL: there is none at the place that came up. */
static struct plain *book_pick(void)
{
    struct plain *plain = &book.plain[dice_below(&book.dice, book.added)];
    return plain->open ? plain : NULL;
}

static void book_extend(struct plain *plain)
{
    plain->hold->dated = stamp_next();
    plain->hold->ttl = 1 + dice_below(&book.dice, 5);
    book_date(plain);
}

static void book_end(struct plain *plain)
{
    holds_end(&book.holds, plain->hold, HOLD_VOIDED);
    plain->hold->ended = stamp_next();
    plain->open = false;
    plain->deadline = UINT64_MAX;
    book.ended[book.ended_count++] = (uint32_t)(plain - book.plain);
}

/* The one that expires first, of equals the one held first; NULL: nothing expires. */
static struct plain *book_first(void)
{
    struct plain *first = NULL;
    for (uint32_t i = 0; i < book.added; i++) {
        if (book.plain[i].deadline < (first != NULL ? first->deadline : UINT64_MAX))
            first = &book.plain[i];
    }
    return first;
}

static void book_pop(void)
{
    struct plain *first = book_first();
    if (first == NULL) {
        cr_assert_null(holds_pop_due(&book.holds, UINT64_MAX - 1));
        return;
    }
    cr_assert_null(holds_pop_due(&book.holds, first->deadline - 1));
    struct hold *popped = holds_pop_due(&book.holds, first->deadline);
    cr_assert_eq(popped, first->hold, "BURSAR_SEED=%lu: not %s", book.dice.seed, first->id);
    cr_assert_eq(popped->state, HOLD_OPEN);
    first->deadline = UINT64_MAX; /* whoever popped it ends it, or dates it anew */
    if (dice_below(&book.dice, 3) > 0)
        book_end(first);
}

static void book_forget(void)
{
    if (book.forgotten == book.ended_count) {
        cr_assert_not(holds_forget(&book.holds, UINT64_MAX));
        return;
    }
    struct plain *oldest = &book.plain[book.ended[book.forgotten]];
    uint64_t ended = oldest->hold->ended.time;
    cr_assert_not(holds_forget(&book.holds, ended), "it ended at that time, not before");
    cr_assert(holds_forget(&book.holds, ended + 1));
    oldest->hold = NULL;
    book.forgotten++;
}

static void book_check(void)
{
    uint64_t open = 0;
    for (uint32_t i = 0; i < book.added; i++) {
        const struct plain *plain = &book.plain[i];
        cr_assert_eq(holds_find(&book.holds, plain->id, strlen(plain->id), hash_of(i)), plain->hold,
                     "BURSAR_SEED=%lu: %s", book.dice.seed, plain->id);
        open += plain->open;
    }
    cr_assert_eq(book.holds.open, open);
    cr_assert_eq(book.holds.count - book.holds.free_count, book.added - book.forgotten);
}

static void book_begin(void)
{
    memset(&book, 0, sizeof book);
    book.dice = dice_begin();
}

Test(hold, is_what_a_plain_list_says_whatever_happens_in_which_order)
{
    book_begin();
    for (unsigned step = 0; book.added < HOLDS; step++) {
        struct plain *plain;
        switch (dice_below(&book.dice, 8)) {
        case 0:
        case 1:
        case 2: book_add(); break;
        case 3:
            if (book.added > 0 && (plain = book_pick()) != NULL)
                book_extend(plain);
            break;
        case 4:
            if (book.added > 0 && (plain = book_pick()) != NULL)
                book_end(plain);
            break;
        case 5: book_pop(); break;
        default: book_forget(); break;
        }
        const struct plain *first = book_first();
        cr_assert_eq(holds_next_deadline(&book.holds), first != NULL ? first->deadline : UINT64_MAX,
                     "BURSAR_SEED=%lu", book.dice.seed);
        if (step % 512 == 0)
            book_check();
    }
    book_check();
    /* Places of those forgotten are used again. */
    cr_assert_lt(book.holds.count, HOLDS);
    holds_free(&book.holds);
}

Test(hold, expires_in_order_of_deadlines_and_then_of_numbers_however_many_there_are)
{
    book_begin();
    for (unsigned i = 0; i < HOLDS; i++) {
        book_add();
        struct hold *hold = book.plain[i].hold;
        hold->ttl = 1 + dice_below(&book.dice, 7);
        hold->dated.time = 0; /* so that many are due at the same moment */
        holds_date(&book.holds, hold);
    }
    const struct hold *before = NULL;
    for (unsigned i = 0; i < HOLDS; i++) {
        const struct hold *hold = holds_pop_due(&book.holds, 7 * NS_PER_SECOND);
        cr_assert_not_null(hold);
        if (before != NULL)
            cr_assert(hold_deadline(before) < hold_deadline(hold) ||
                          (hold_deadline(before) == hold_deadline(hold) &&
                           before->stamp.number < hold->stamp.number),
                      "BURSAR_SEED=%lu", book.dice.seed);
        before = hold;
    }
    cr_assert_null(holds_pop_due(&book.holds, UINT64_MAX - 1));
    cr_assert_eq(book.holds.open, HOLDS);
    holds_free(&book.holds);
}

Test(hold, keeps_all_it_was_made_of)
{
    book_begin();
    book_add();
    const struct hold *hold = book.plain[0].hold;
    cr_assert_arr_eq(hold_id(hold).text, "h0", 2);
    cr_assert_arr_eq(hold_from(hold).text, "alice", 5);
    cr_assert_arr_eq(hold_to(hold).text, "bob", 3);
    cr_assert_arr_eq(hold_note(hold).text, "dinner", 6);
    cr_assert_eq(hold_id(hold).length, 2);
    cr_assert_eq(hold_from(hold).length, 5);
    cr_assert_eq(hold_to(hold).length, 3);
    cr_assert_eq(hold_note(hold).length, 6);
    cr_assert(hold->amount == 100 && hold->remaining == 100);
    holds_free(&book.holds);
}

Test(hold, has_no_deadline_and_is_not_forgotten_before_its_numbers_are_real)
{
    book_begin();
    const struct hold_parts parts = {.id = {"h", 1}, .ttl = 1, .amount = 1};
    struct hold *hold = holds_add(&book.holds, &parts, (struct stamp){SEQUENCE_PROVISIONAL + 3, 0});
    cr_assert_eq(hold_deadline(hold), UINT64_MAX);
    cr_assert_null(holds_pop_due(&book.holds, UINT64_MAX - 1));
    holds_end(&book.holds, hold, HOLD_CAPTURED);
    hold->ended = (struct stamp){SEQUENCE_PROVISIONAL + 4, 0};
    cr_assert_eq(hold->remaining, 0);
    cr_assert_not(holds_forget(&book.holds, UINT64_MAX));
    hold->ended = (struct stamp){4, 40};
    cr_assert_not(holds_forget(&book.holds, 40));
    cr_assert(holds_forget(&book.holds, 41));
    cr_assert_null(holds_find(&book.holds, "h", 1, 0));
    holds_free(&book.holds);
}
