/* server_holds.c: the table of open holds finds each until it is removed, and no other. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "server/holds.h"
#include "tests/unit/proto_dice.h"

#define NAMES 500

static struct slice name_of(unsigned name, char *text)
{
    int length = snprintf(text, IDENT_MAX, "%s%u", name % 3 == 0 ? "a-name-that-is-longer-" : "", name);
    return (struct slice){text, (size_t)length};
}

Test(holds, are_found_from_when_they_are_added_until_they_are_removed)
{
    struct dice dice = dice_begin();
    struct holds holds = {0};
    sequence_t numbers[NAMES] = {0}; /* of those that are in; 0: it is not */
    unsigned count = 0;
    char text[IDENT_MAX];
    for (unsigned round = 0; round < 100000; round++) {
        unsigned name = dice_below(&dice, NAMES);
        struct open_hold *hold = holds_find(&holds, name_of(name, text));
        if ((hold != NULL) != (numbers[name] != 0) || (hold != NULL && hold->number != numbers[name]))
            cr_assert_fail("seed %lu: %u", dice.seed, name);
        bool grows = round / 10000 % 2 == 0; /* it fills up and empties, again and again */
        if (hold == NULL && (grows || dice_below(&dice, 4) == 0)) {
            holds_add(&holds, name_of(name, text))->number = numbers[name] = round + 1;
            count++;
        } else if (hold != NULL && (!grows || dice_below(&dice, 4) == 0)) {
            holds_remove(&holds, hold);
            numbers[name] = 0;
            count--;
        }
        cr_assert_eq(holds.count, count);
    }
    holds_free(&holds);
}
