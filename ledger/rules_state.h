/* rules_state.h: a check under way, for the files that check. See rules.h. */
#ifndef BURSAR_LEDGER_RULES_STATE_H
#define BURSAR_LEDGER_RULES_STATE_H

#include "ledger/asset.h"
#include "ledger/rules.h"

/** The checks of one leg, in order. */
enum check {
    CHECK_ID,
    CHECK_REFERENCE,
    CHECK_LEFT,
    CHECK_SAME,
    CHECK_FROM_EXISTS,
    CHECK_TO_EXISTS,
    CHECK_FROM_CLOSED,
    CHECK_TO_CLOSED,
    CHECK_FROM_FROZEN,
    CHECK_TO_FROZEN,
    CHECK_ASSET,
    CHECK_AMOUNT,
    CHECK_DEBITS_FIT,
    CHECK_CREDITS_FIT,
    CHECK_CONDITION,
    CHECK_CAN_PAY,
    CHECK_CAN_TAKE,
    CHECKS
};

/** A check under way. */
struct checking {
    struct shard *shard;
    struct transfer_message *transfer;
    struct visit *visit;
    struct operation *operation;
    unsigned leg;
    unsigned number; /* that the leg will have, counted from the transaction's first */
};

/** Notes what is wrong, unless something that is reported before it is known already. */
enum verdict checking_refuse(const struct checking *checking, enum check check, struct rejection rejection);

/** An uncertain check must wait, unless its answer would not be reported. `condition`: as in a rejection. */
enum verdict checking_undecided(const struct checking *checking, enum check check, unsigned condition);

/** The asset of a touch; NULL: its account does not exist. */
const struct asset *checking_asset(const struct checking *checking, const struct touch *touch);

/** Before a command's first leg: that its id is free, and that what it refers to is there and has enough
 * left. */
enum verdict checking_ids(const struct checking *checking);

/** Before the amount of a command's first leg is checked against its accounts: its conditions. */
enum verdict checking_conditions(const struct checking *checking);

#endif
