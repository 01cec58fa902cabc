/* rules.h: what must hold for a transaction to happen, in the one order in which it is checked and reported.
 *
 *     command by command, and in it leg by leg:
 *       - IDREUSED, or a retry's own answer
 *       - of the hold that it refers to: NOHOLD, CAPTURED, VOIDED, EXPIRED, AMOUNT (more than is left)
 *       - of the transfer that it refers to: NOTRANSFER, REVERSED
 *       - SAMEACCOUNT, NOACCOUNT from, NOACCOUNT to, CLOSED, FROZEN, ASSET, AMOUNT, OVERFLOW
 *       - CONDITION, before a command's first leg
 *       - INSUFFICIENT, CEILING
 *
 * A shard checks only what it owns. Every check has a rank, and the lowest rank that failed on any shard is
 * what is reported, so the answer is the same however accounts are spread. Legs act in order: a later leg may
 * spend what an earlier one brought in. As every leg changes two accounts, each by itself, an account can
 * check its own legs alone.
 */
#ifndef BURSAR_LEDGER_RULES_H
#define BURSAR_LEDGER_RULES_H

#include "ledger/visit.h"

enum verdict {
    VERDICT_PASS,   /* all that this shard can check holds, whatever becomes of the transactions open here */
    VERDICT_REFUSE, /* transfer->rejection says why, found here or on an earlier shard; no undecided
                       transaction can change it */
    VERDICT_WAIT    /* it depends on one of the transactions open here */
};

/** Checks everything on this shard that would be reported before what is already known to be wrong. Fills in
 * the legs' assets and amounts, what conditions found and the rejection in `transfer`, effects and sums in
 * `visit`; changes no account. */
enum verdict rules_check(struct shard *shard, struct transfer_message *transfer, struct visit *visit);

#endif
