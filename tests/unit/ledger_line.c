/* ledger_line.c: who waits, waits first come first served, in all lines at once. */
#include <criterion/criterion.h>

#include "ledger/line.h"

struct waiting {
    struct pool pool;
    struct parked_queue ready;
    struct line a, b, c;
};

static struct parked *park(struct waiting *waiting, uint64_t ticket, struct line *first, struct line *second)
{
    struct line *const lines[] = {first, second};
    const struct message message = {.size = sizeof message, .ticket = ticket};
    return line_park(&waiting->pool, &message, lines, second != NULL ? 2 : 1);
}

/* The tickets that are ready, taken, as decimal digits. */
static uint64_t take_ready(struct waiting *waiting)
{
    uint64_t tickets = 0;
    for (struct parked *parked; (parked = parked_pop(&waiting->ready)) != NULL;)
        tickets = tickets * 10 + parked->message->ticket;
    return tickets;
}

Test(line, wakes_only_who_is_first_in_all_its_lines)
{
    struct waiting waiting = {0};
    struct parked *one = park(&waiting, 1, &waiting.a, NULL);
    struct parked *two = park(&waiting, 2, &waiting.a, &waiting.b);
    struct parked *three = park(&waiting, 3, &waiting.b, NULL);

    line_wake(&waiting.b, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 0, "2 is first in b but not in a");
    line_wake(&waiting.a, &waiting.ready);
    line_wake(&waiting.a, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 1, "1 is woken, and once");
    line_leave(one, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 2);
    line_leave(two, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 3);
    line_leave(three, &waiting.ready);
    cr_assert_null(waiting.a.first);
    cr_assert_null(waiting.b.first);
    parked_free(&waiting.pool, one);
    parked_free(&waiting.pool, two);
    parked_free(&waiting.pool, three);
    pool_free(&waiting.pool);
}

Test(line, keeps_its_order_when_it_moves)
{
    struct waiting waiting = {0};
    struct parked *one = park(&waiting, 1, &waiting.a, NULL);
    struct parked *two = park(&waiting, 2, &waiting.a, &waiting.b);
    line_move(&waiting.a, &waiting.c);
    cr_assert_null(waiting.a.first);
    line_wake(&waiting.c, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 1);
    line_leave(one, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 2);
    line_leave(two, &waiting.ready);
    cr_assert_null(waiting.c.first);
    parked_free(&waiting.pool, one);
    parked_free(&waiting.pool, two);
    pool_free(&waiting.pool);
}

Test(line, keeps_the_message_as_it_was)
{
    struct waiting waiting = {0};
    struct parked *parked = park(&waiting, 7, &waiting.a, NULL);
    cr_assert_eq(parked->message->size, sizeof(struct message));
    cr_assert_eq(parked->message->ticket, 7);
    line_wake(&waiting.a, &waiting.ready);
    cr_assert_eq(take_ready(&waiting), 7);
    line_leave(parked, &waiting.ready);
    parked_free(&waiting.pool, parked);
    pool_free(&waiting.pool);
}
