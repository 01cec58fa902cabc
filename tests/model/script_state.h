/* script_state.h: what scripts are put together from, for script.c and script_whole.c. See script.h.
 *
 * `place` is that of the call being made: the calls before it are there to be referred to.
 */
#ifndef BURSAR_TESTS_MODEL_SCRIPT_STATE_H
#define BURSAR_TESTS_MODEL_SCRIPT_STATE_H

#include "tests/model/script.h"
#include "tests/unit/proto_dice.h"

/** Calls that are likely to be in flight together. */
#define SCRIPT_RECENT 10

/** Accounts that are opened at once; the others may be at any time. */
#define SCRIPT_OPENED 8

#define PICK(dice, list) ((list)[dice_below((dice), sizeof(list) / sizeof((list)[0]))])

struct script_parts {
    struct script_parts *older;
    struct call calls[];
};

/** An empty script with room for its calls, and its dice. */
struct dice script_begin(struct script *script, uint64_t seed, size_t count);

/** Room for the parts of a MULTI, zeroed; the script owns it. */
struct call *script_parts_add(struct script *script, unsigned count);

/** Mostly small amounts, some at the edges of what fits; mostly accounts that exist, half of them one of
 * three. */
struct decimal script_amount(struct dice *dice);
const char *script_account(struct dice *dice);

/** Says the same number with one more digit, where that fits. */
void script_amount_lengthen(struct decimal *amount);

/** A new id. */
const char *script_id(struct script *script, struct dice *dice, size_t place);

/** Calls of one kind each. */
struct call script_opening(struct script *script, struct dice *dice, size_t place);
struct call script_open(struct dice *dice, unsigned account);
struct call script_transfer(struct script *script, struct dice *dice, size_t place);
struct call script_world_transfer(struct script *script, struct dice *dice, size_t place);
struct call script_balances(struct dice *dice);
struct call script_look(struct dice *dice, const struct script *script, size_t place);
struct call script_asset(struct dice *dice);

/** An earlier TRANSFER, DEPOSIT or WITHDRAW again, perhaps changed. */
struct call script_retry(struct script *script, struct dice *dice, size_t place);

/** Makes of such a call something else under its id, or the same in other words, or leaves it. */
void script_change(struct script *script, struct dice *dice, size_t place, struct call *changed);

#endif
