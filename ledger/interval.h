/* interval.h: what an account can certainly do while some transactions that touch it are undecided.
 *
 * Every prepared transaction widens the interval of balances the account may have when the check counts. A
 * check that holds at the bad end holds whatever happens; one that fails at the good end fails whatever
 * happens; in between, the answer depends on a decision that is still to come.
 *
 * The good end counts each open transaction by its net effect: all of its legs happen or none. The bad end
 * counts it by the lowest (for a ceiling, highest) point that its legs reach on the way: it may commit after
 * what is being checked, and then that point, too, must be within the limits. What is held counts at its
 * worst: against what can be paid, and against what can be taken. After: P. O'Neil, "The Escrow Transactional
 * Method", ACM TODS 11(4), 1986.
 *
 * `own` is what earlier steps of the same transaction do to the account, `extra` the account's extra or NULL.
 * Debits and credits have passed interval_fits first, which is what keeps the sums here within 128 bits. For
 * accounts that are boundless, and have a stripe, nothing here is asked.
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

/** Whether the account's debits and what is held out of it, grown by `amount`, stay within AMOUNT_TOTAL_MAX;
 * with `credits` the same of its credits and what is held in for it. */
enum certainty interval_fits(const struct account *account, const struct account_extra *extra,
                             const struct effect *own, bool credits, amount_t amount);

/** Whether the account can pay `amount` (smallest units, > 0), or hold it out, and stay within its overdraft.
 */
enum certainty interval_can_pay(const struct account *account, const struct account_extra *extra,
                                const struct effect *own, amount_t amount);

/** Whether the account can take `amount` (smallest units, > 0), or hold it in, and stay within its ceiling.
 */
enum certainty interval_can_take(const struct account *account, const struct account_extra *extra,
                                 const struct effect *own, amount_t amount);

/** The most that the account can have available to pay: its highest possible balance and its overdraft, less
 * what is held out of it. */
balance_t interval_available(const struct account *account, const struct account_extra *extra,
                             const struct effect *own);

/** All that an account, which is not unlimited and on which nothing is open, has available, exactly; 0:
 * nothing, or less. */
amount_t interval_sweep(const struct account *account, const struct account_extra *extra,
                        const struct effect *own);

/** The most that can be missing to the account's ceiling: below its lowest possible balance and what is held
 * in for it. */
balance_t interval_room(const struct account *account, const struct account_extra *extra,
                        const struct effect *own);

/** Whether the account's balance is `relation` to `level`. */
enum certainty interval_compare(const struct account *account, const struct account_extra *extra,
                                const struct effect *own, enum relation relation, balance_t level);

#endif
