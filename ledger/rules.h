/* rules.h: what must hold for a transfer to happen, in the one order in which it is checked and reported.
 *
 *     the id, by whoever keeps it: IDREUSED, or a retry's own answer
 *     then leg by leg:  SAMEACCOUNT, NOACCOUNT from, NOACCOUNT to, ASSET, AMOUNT, OVERFLOW, INSUFFICIENT,
 * CEILING
 *
 * A shard checks only what it owns. Every check has a rank, and the lowest rank that failed on any shard is
 * what is reported, so the answer is the same however accounts are spread. Legs act in order: a later leg may
 * spend what an earlier one brought in. As every leg changes two accounts, each by itself, an account can
 * check its own legs alone.
 */
#ifndef BURSAR_LEDGER_RULES_H
#define BURSAR_LEDGER_RULES_H

#include "ledger/account.h"
#include "ledger/message.h"

struct asset;
struct shard;

/** The rank of REJECTION_IDREUSED: nothing comes before it. */
#define RANK_ID 1

/** An account that a transfer touches on this shard, and what the legs checked so far do to it. */
struct touch {
    const struct name *name;
    struct account *account;       /* NULL: it does not exist */
    struct contention *contention; /* what is open on it or on its name; NULL: nothing */
    balance_t delta;               /* credits less debits */
    balance_t trough;              /* the lowest that delta was on the way: at most 0 */
    balance_t peak;                /* the highest: at least 0 */
    amount_t debits;
    amount_t credits;
    uint8_t last_leg; /* the last that touches it */
};

#define TOUCH_NONE (-1)

/** What a transfer touches on this shard. */
struct visit {
    uint32_t touch_count;
    int16_t from[LEGS_MAX]; /* the leg's touch; TOUCH_NONE: it is on another shard, or an @world */
    int16_t to[LEGS_MAX];
    amount_t amounts[LEGS_MAX];         /* smallest units, of the legs that have a side here */
    struct asset *from_world[LEGS_MAX]; /* the leg's side is this asset's @world, executed here; else NULL */
    struct asset *to_world[LEGS_MAX];
    struct touch touches[2 * LEGS_MAX];
};

/** Finds the accounts of a transfer that live here. */
void visit_make(struct visit *visit, const struct shard *shard, const struct transfer_message *transfer);

enum verdict {
    VERDICT_PASS,   /* all that this shard can check holds, whatever becomes of the transactions open here */
    VERDICT_REFUSE, /* transfer->rejection says why, found here or on an earlier shard; no undecided
                       transaction can change it */
    VERDICT_WAIT    /* it depends on one of the transactions open here */
};

/** Checks every leg's sides on this shard that would be reported before what is already known to be wrong.
 * Fills in the assets of legs and the rejection in `transfer`, the amounts, worlds and sums in `visit`;
 * changes no account. */
enum verdict rules_check(struct shard *shard, struct transfer_message *transfer, struct visit *visit);

#endif
