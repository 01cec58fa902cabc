/* interval.h: what an account can certainly do while some transactions that touch it are undecided.
 *
 * Every prepared transaction widens the interval of balances the account may have when the check counts. A
 * check that holds at the bad end holds whatever happens; one that fails at the good end fails whatever
 * happens; in between, the answer depends on a decision that is still to come.
 *
 * The good end counts each open transaction by its net effect: all of its legs happen or none. The bad end
 * counts it by the lowest (for a ceiling, highest) point that its legs reach on the way: it may commit after
 * what is being checked, and then that point, too, must be within the limits.
 * After: P. O'Neil, "The Escrow Transactional Method", ACM TODS 11(4), 1986.
 *
 * `delta` is the net effect of earlier legs of the same transaction on the account, `extra` the account's
 * extra or NULL. Debits and credits have passed interval_fits first, which is what keeps the sums here within
 * 128 bits.
 */
#ifndef BURSAR_LEDGER_INTERVAL_H
#define BURSAR_LEDGER_INTERVAL_H

#include "ledger/account.h"

/** The answer to a question put to an account with open transactions. */
enum certainty {
    CERTAIN_YES,
    CERTAIN_NO,
    UNDECIDED /* depends on a transaction that is still open: park */
};

/** Whether a total of `posted` and the `open` debits (or credits), grown by `own` of the same transaction and
 *  `amount`, stays within AMOUNT_TOTAL_MAX. `own` may be beyond it: then the answer is no. */
enum certainty interval_fits(amount_t posted, amount_t open, amount_t own, amount_t amount);

/** Whether the account can pay `amount` (smallest units, > 0) and stay within its overdraft. */
enum certainty interval_can_pay(const struct account *account, const struct account_extra *extra,
                                balance_t delta, amount_t amount);

/** Whether the account can take `amount` (smallest units, > 0) and stay within its ceiling. */
enum certainty interval_can_take(const struct account *account, const struct account_extra *extra,
                                 balance_t delta, amount_t amount);

/** The most that the account can have available to pay: its highest possible balance and its overdraft. */
balance_t interval_available(const struct account *account, const struct account_extra *extra,
                             balance_t delta);

/** The most that can be missing to the account's ceiling: below its lowest possible balance. */
balance_t interval_room(const struct account *account, const struct account_extra *extra, balance_t delta);

#endif
