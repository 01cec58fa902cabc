/* protocol.pml: the protocol between shards, for SPIN. ledger/README.md tells what is modelled here, with the
 * same words; docs/testing.md says what is left out. scripts/spin runs it.
 *
 * Three shards, four accounts, MESSAGES requests in flight at once: transactions of one or two legs, reads of
 * several accounts, surveys of all. Which ones they are, and what the accounts have, is chosen at the start
 * in every possible way. A step of a shard is atomic; between steps anything may be delivered that is first
 * in its lane.
 *
 * Beside the shards stands the truth: one balance an account, changed by each commit when its number is
 * claimed, in the order of the log. Every answer must be what the truth says at that moment.
 *
 * Options (scripts/spin has the searches):
 *   MESSAGES=n   how many requests
 *   CIRCLE       only transfers of one leg
 *   WHOLE        surveys of all shards are among the requests
 *   ONE_EACH     every account has 1 at the start; else 0 or 1, each in turn
 *   BATCHES      a shard takes any number of steps before it claims their numbers and anything leaves
 *   UNORDERED    lanes are not first in, first out; not with BATCHES
 *   STREAM       all but the first request come again for ever
 *   WRONG_...    a mistake, to be found
 */
#ifndef MESSAGES
#define MESSAGES 3
#endif
#define SHARDS   3
#define ACCOUNTS 4

/* Where accounts live, and their limits: 0 | 1 2 | 3. What they have at the start is within them. */
#define HOME(a)     ((a) < 2 -> (a) : (a) - 1)
#define LIVING(s)   ((s) == 0 -> 1 : ((s) == 1 -> 6 : 8)) /* bit a: account a lives on shard s */
#define OVERDRAFT(a) ((a) == 1 -> 1 : 0)
#define CEILING(a)   ((a) == 2 -> 1 : 2)

#define LANE(s, t) (2 * (s) + ((t) > (s) -> (t) - 1 : (t)))

/* What a request is. */
#define TRANSFER 0
#define READ     1
#define SURVEY   2

/* What a shard keeps of a request that it passed on. */
#define NOTHING  0
#define RESERVED 1
#define HELD     2 /* as a reader */
#define GATE     3

/* Whether a request can be answered here. */
#define UNKNOWN 0
#define PASS    1
#define REFUSE  2
#define WAIT    3

/* In a lane: a request, or what became of one. */
#define REQUEST 0
#define ABORT   1
#define COMMIT  2
#define WORD(m, what) (3 * (m) + (what))

mtype = { comes, commits, aborts };

/* Where a request stands. */
#define NEW      0
#define GOING    1
#define ANSWERED 2

/* --- The requests there can be; constant, so no part of the state. ---------------------------------------- */

#define MENU_MAX 20
hidden byte menu_count;
hidden byte kinds[MENU_MAX];
hidden byte touched[MENU_MAX]; /* bit a: account a */
hidden byte visited[MENU_MAX]; /* bit s: shard s is a member */
hidden byte payers[40];        /* 2 * menu + leg */
hidden byte payees[40];
hidden byte amounts[40]; /* 0: there is no such leg */

/* --- The state. ------------------------------------------------------------------------------------------- */

byte menu[MESSAGES];     /* which request it is */
byte stage[MESSAGES];    /* NEW, GOING, ANSWERED */
byte rejection[MESSAGES]; /* 0: none yet; else the rank of the first check known to fail: 2 * leg + 1 (the
                            payer has not enough), 2 * leg + 2 (the payee's ceiling) */
short seen[MESSAGES];    /* what a read or a survey saw: four bits an account, balance + 4 */

short balance[ACCOUNTS];
byte kept[SHARDS * MESSAGES]; /* NOTHING, RESERVED, HELD, GATE */

/* Who waits inside, by shard, in the order of coming. A message takes its place in all its lines at once, so
 * each line is this list without those who don't touch the account. */
#define INSIDE(s)  (s)

/* Who waits outside the gate. */
#define OUTSIDE(s) (SHARDS + (s))

#define PLACE(list, n) waiting[(list) * MESSAGES + (n)]
byte waiting[2 * SHARDS * MESSAGES];
byte waiting_count[2 * SHARDS];

chan lanes[6] = [MESSAGES] of { byte }; /* of each request one word at a time */
#ifdef BATCHES
byte unsealed[6];               /* words at the end of a lane that have not left yet */
byte batch[SHARDS * MESSAGES];  /* what was decided in the open batch, in that order */
byte batch_count[SHARDS];
#endif

short truth[ACCOUNTS];
byte answered; /* how many requests */

/* --- Scratch, which means nothing between steps. ---------------------------------------------------------- */

hidden byte i, j, k, p, q, a, at, me, next;
hidden byte ready[MESSAGES];
hidden byte ready_count;
hidden byte queued[MESSAGES];
hidden byte again, overlaps, reads, fits, fails;
hidden byte verdict, rank, word;
hidden short own[ACCOUNTS];
hidden short first, net, low, high, trough, peak, after, sum, level;
hidden byte readers, writers;

/* What is asserted, by name, so that a failure says what broke. */
hidden byte limits_kept, refusal_true, read_true, survey_balanced, survey_true, all_answered, nothing_kept,
    books_agree;

/* --- What requests do. ------------------------------------------------------------------------------------ */

#define TOUCHED(m)   touched[menu[m]]
#define VISITED(m)   visited[menu[m]]
#define KIND(m)      kinds[menu[m]]
#define PAYER(m, l)  payers[2 * menu[m] + (l)]
#define PAYEE(m, l)  payees[2 * menu[m] + (l)]
#define AMOUNT(m, l) amounts[2 * menu[m] + (l)]
#define STEP(m, l, acc) \
    ((PAYEE(m, l) == (acc) -> AMOUNT(m, l) : 0) - (PAYER(m, l) == (acc) -> AMOUNT(m, l) : 0))
#define LESS(x, y) ((x) < (y) -> (x) : (y))
#define MORE(x, y) ((x) > (y) -> (x) : (y))

/* What is open on account `acc`: interval.h. */
inline open_find(acc)
{
    low = 0; high = 0; trough = 0; peak = 0; readers = 0; writers = 0;
    p = 0;
    do
    :: p < MESSAGES ->
        if
        :: kept[HOME(acc) * MESSAGES + p] == RESERVED && (TOUCHED(p) >> (acc) & 1) ->
            writers++;
#ifndef WRONG_NO_INTERVAL
            first = STEP(p, 0, acc);
            net = first + STEP(p, 1, acc);
            low = low + LESS(net, 0);
            high = high + MORE(net, 0);
#ifdef WRONG_NET_ONLY
            first = net;
#endif
            trough = trough + LESS(LESS(first, net), 0);
            peak = peak + MORE(MORE(first, net), 0);
#endif
        :: kept[HOME(acc) * MESSAGES + p] == HELD && (TOUCHED(p) >> (acc) & 1) -> readers++
        :: else
        fi;
        p++
    :: else -> break
    od
}

/* One side of a leg that is here. `sign`: -1 the payer, 1 the payee. */
inline side_check(m, acc, sign, amount, its_rank)
{
    open_find(acc);
    after = balance[acc] + own[acc] + (sign) * (amount);
    if
    :: (sign) < 0 ->
        fits = after + trough >= -OVERDRAFT(acc);
        fails = after + high < -OVERDRAFT(acc)
    :: else ->
        fits = after + peak <= CEILING(acc);
        fails = after + low > CEILING(acc)
    fi;
#ifdef WRONG_REFUSE_UNDECIDED
    fails = !fits;
#endif
    rank = its_rank;
    if
    :: fits
    :: !fits && fails ->
        if
        :: rejection[m] == 0 || rank < rejection[m] -> rejection[m] = rank
        :: else
        fi;
        verdict = REFUSE
    :: !fits && !fails -> verdict = (rejection[m] == 0 || rank < rejection[m] -> WAIT : REFUSE)
    fi
}

/* Everything that shard `s` can check of a transaction: rules_check. */
inline rules_check(m, s)
{
    verdict = UNKNOWN;
    own[0] = 0; own[1] = 0; own[2] = 0; own[3] = 0;
    i = 0;
    do
    :: i < 2 && verdict == UNKNOWN && AMOUNT(m, i) > 0 ->
        if
        :: rejection[m] != 0 && i > (rejection[m] - 1) / 2 -> verdict = REFUSE
        :: else ->
            if
            :: HOME(PAYER(m, i)) == (s) -> side_check(m, PAYER(m, i), -1, AMOUNT(m, i), 2 * i + 1)
            :: else
            fi;
            if
            :: verdict == UNKNOWN && HOME(PAYEE(m, i)) == (s) ->
                side_check(m, PAYEE(m, i), 1, AMOUNT(m, i), 2 * i + 2)
            :: else
            fi;
            own[PAYER(m, i)] = own[PAYER(m, i)] - AMOUNT(m, i);
            own[PAYEE(m, i)] = own[PAYEE(m, i)] + AMOUNT(m, i)
        fi;
        i++
    :: else -> break
    od;
    if
    :: verdict == UNKNOWN -> verdict = (rejection[m] != 0 -> REFUSE : PASS)
    :: else
    fi
}

/* Whether one of those that come earlier in the line `parked`, up to place `end`, touches one of `bits`. */
inline overlap_find(s, bits, end)
{
    overlaps = false;
    k = 0;
    do
    :: k < (end) ->
        overlaps = overlaps || (TOUCHED(PLACE(INSIDE(s), k)) & (bits));
        k++
    :: else -> break
    od
}

/* Queues those to be tried again who are first in all their lines, one of them of an account in `bits`. */
inline lines_wake(s, bits)
{
    j = 0;
    do
    :: j < waiting_count[INSIDE(s)] ->
        q = PLACE(INSIDE(s), j);
        if
        :: (TOUCHED(q) & (bits)) && !queued[q] ->
            overlap_find(s, TOUCHED(q) & LIVING(s), j);
            if
            :: !overlaps ->
                queued[q] = true;
                ready[ready_count] = q;
                ready_count++
            :: else
            fi
        :: else
        fi;
        j++
    :: else -> break
    od
}

/* Takes `x` out of a list. */
inline list_remove(list, x)
{
    j = 0;
    do
    :: PLACE(list, j) != (x) -> j++
    :: else -> break
    od;
    do
    :: j + 1 < waiting_count[list] ->
        PLACE(list, j) = PLACE(list, j + 1);
        j++
    :: else -> break
    od;
    waiting_count[list] = waiting_count[list] - 1;
    PLACE(list, waiting_count[list]) = 0
}

inline send(s, t, what)
{
    lanes[LANE(s, t)] ! what;
#if defined(BATCHES) && !defined(WRONG_LEAVE_UNNUMBERED)
    unsealed[LANE(s, t)] = unsealed[LANE(s, t)] + 1
#endif
}

/* What the transaction does to the accounts of a shard. */
inline post(m, s)
{
    a = 0;
    do
    :: a < ACCOUNTS ->
        if
        :: HOME(a) == (s) -> balance[a] = balance[a] + STEP(m, 0, a) + STEP(m, 1, a)
        :: else
        fi;
        a++
    :: else -> break
    od
}

/* Adds what a reader sees on a shard. */
inline look(m, s)
{
    a = 0;
    do
    :: a < ACCOUNTS ->
        if
        :: HOME(a) == (s) && (TOUCHED(m) >> a & 1) -> seen[m] = seen[m] + ((balance[a] + 4) << (4 * a))
        :: else
        fi;
        a++
    :: else -> break
    od
}

/* --- The truth. ------------------------------------------------------------------------------------------- */

/* One request has its number: was it right? */
inline true_step(m, l)
{
    if
    :: AMOUNT(m, l) > 0 ->
        truth[PAYER(m, l)] = truth[PAYER(m, l)] - AMOUNT(m, l);
        truth[PAYEE(m, l)] = truth[PAYEE(m, l)] + AMOUNT(m, l);
        limits_kept = truth[PAYER(m, l)] >= -OVERDRAFT(PAYER(m, l)) &&
                      truth[PAYEE(m, l)] <= CEILING(PAYEE(m, l));
        assert(limits_kept)
    :: else
    fi
}

/* The first check that fails, in the one order of checks, by the truth; 0: none. */
inline true_rank(m)
{
    rank = 0;
    if
    :: truth[PAYER(m, 0)] - AMOUNT(m, 0) < -OVERDRAFT(PAYER(m, 0)) -> rank = 1
    :: else ->
        if
        :: truth[PAYEE(m, 0)] + AMOUNT(m, 0) > CEILING(PAYEE(m, 0)) -> rank = 2
        :: else ->
            if
            :: AMOUNT(m, 1) == 0
            :: else ->
                if
                :: truth[PAYER(m, 1)] + STEP(m, 0, PAYER(m, 1)) - AMOUNT(m, 1) < -OVERDRAFT(PAYER(m, 1)) ->
                    rank = 3
                :: else ->
                    if
                    :: truth[PAYEE(m, 1)] + STEP(m, 0, PAYEE(m, 1)) + AMOUNT(m, 1) > CEILING(PAYEE(m, 1)) ->
                        rank = 4
                    :: else
                    fi
                fi
            fi
        fi
    fi
}

inline true_look(m)
{
    level = 0;
    sum = 0;
    a = 0;
    do
    :: a < ACCOUNTS ->
        if
        :: TOUCHED(m) >> a & 1 ->
            level = level + ((truth[a] + 4) << (4 * a));
            sum = sum + ((seen[m] >> (4 * a)) & 15) - truth[a] - 4
        :: else
        fi;
        a++
    :: else -> break
    od;
    if
    :: KIND(m) == SURVEY ->
        survey_balanced = sum == 0;
        assert(survey_balanced);
#ifndef WRONG_NO_GATE /* where it is enough to be unbalanced */
        survey_true = level == seen[m];
        assert(survey_true)
#endif
    :: else ->
        read_true = level == seen[m];
        assert(read_true)
    fi
}

/* A request gets its number in the log, and its answer. */
inline number(m)
{
    printf("request %d has its number, rejection %d; the truth before: %d %d %d %d\n", m, rejection[m],
           truth[0], truth[1], truth[2], truth[3]);
    if
    :: KIND(m) != TRANSFER -> true_look(m)
    :: KIND(m) == TRANSFER && rejection[m] != 0 ->
        true_rank(m);
        refusal_true = rank == rejection[m];
        assert(refusal_true)
    :: else ->
        true_step(m, 0);
        true_step(m, 1)
    fi;
    seen[m] = 0;
    rejection[m] = 0;
    stage[m] = ANSWERED;
#ifdef STREAM
    if
    :: m > 0 -> stage[m] = NEW
    :: else
    fi;
#else
    answered++
#endif
}

#ifdef BATCHES
/* The numbers of a batch are claimed, and everything of it leaves: shard_seal. */
inline seal(s)
{
    at = 0;
    do
    :: at < batch_count[s] ->
        me = batch[(s) * MESSAGES + at];
        batch[(s) * MESSAGES + at] = 0;
        number(me);
        at++
    :: else -> break
    od;
    batch_count[s] = 0;
    unsealed[2 * (s)] = 0;
    unsealed[2 * (s) + 1] = 0
}
#endif

/* --- A shard. --------------------------------------------------------------------------------------------- */

/* The next member after shard `s`; SHARDS: there is none, it decides. */
inline next_find(m, s)
{
    next = SHARDS;
#ifdef WRONG_PAYER_FIRST
    if
    :: KIND(m) == TRANSFER && HOME(PAYER(m, 0)) > HOME(PAYEE(m, 0)) ->
        k = 0;
        do
        :: k < (s) ->
            next = (VISITED(m) >> k & 1 -> k : next);
            k++
        :: else -> break
        od
    :: else ->
#endif
        k = SHARDS - 1;
        do
        :: k > (s) ->
            next = (VISITED(m) >> k & 1 -> k : next);
            k--
        :: else -> break
        od
#ifdef WRONG_PAYER_FIRST
    fi
#endif
}

/* Shard `s` decides: tells all who keep something of it, and answers. */
inline decide(m, s, outcome)
{
    k = 0;
    do
    :: k < SHARDS ->
        if
        :: k != (s) && (VISITED(m) >> k & 1) -> send(s, k, WORD(m, outcome))
        :: else
        fi;
        k++
    :: else -> break
    od;
#ifdef BATCHES
    batch[(s) * MESSAGES + batch_count[s]] = m;
    batch_count[s] = batch_count[s] + 1
#else
    number(m)
#endif
}

/* Whether one of the accounts that are here is held by a reader, or by a writer. */
inline contention_find(m, s)
{
    reads = false;
    overlaps = false;
    a = 0;
    do
    :: a < ACCOUNTS ->
        if
        :: TOUCHED(m) & LIVING(s) & (1 << a) ->
            open_find(a);
            reads = reads || readers > 0;
            overlaps = overlaps || writers > 0
        :: else
        fi;
        a++
    :: else -> break
    od
}

/* A request on one of its shards: transfer_take, read_take, survey_take. Leaves `verdict` WAIT: it parks. */
inline take(m, s)
{
    verdict = UNKNOWN;
    if
    :: KIND(m) == SURVEY -> verdict = PASS
    :: else ->
#ifndef WRONG_OVERTAKE
        overlap_find(s, TOUCHED(m) & LIVING(s), (again -> 0 : waiting_count[INSIDE(s)]));
        if
        :: overlaps -> verdict = WAIT
        :: else
        fi;
#endif
        if
        :: verdict == UNKNOWN && KIND(m) == READ ->
            contention_find(m, s);
            verdict = (overlaps -> WAIT : PASS)
        :: verdict == UNKNOWN && KIND(m) == TRANSFER ->
            rules_check(m, s);
            if
            :: verdict == PASS ->
                contention_find(m, s);
#ifndef WRONG_CHANGE_READ
                verdict = (reads -> WAIT : PASS)
#endif
            :: else
            fi
        :: else
        fi
    fi;
    next_find(m, s);
    if
    :: verdict == WAIT
    :: else ->
        if
        :: KIND(m) != TRANSFER -> look(m, s)
        :: else
        fi;
        if
        :: next == SHARDS && KIND(m) == TRANSFER && verdict == PASS ->
            post(m, s);
            decide(m, s, COMMIT)
        :: next == SHARDS && !(KIND(m) == TRANSFER && verdict == PASS) -> decide(m, s, ABORT)
        :: else ->
            if
            :: KIND(m) == TRANSFER && verdict == PASS -> kept[(s) * MESSAGES + m] = RESERVED
            :: KIND(m) == SURVEY -> kept[(s) * MESSAGES + m] = GATE
            :: else -> kept[(s) * MESSAGES + m] = HELD
            fi;
#ifdef WRONG_DOOMED_FREE
            if
            :: KIND(m) == TRANSFER && verdict == REFUSE -> kept[(s) * MESSAGES + m] = NOTHING
            :: else
            fi;
#endif
            send(s, next, WORD(m, REQUEST))
        fi;
        verdict = PASS
    fi
}

/* Whether the first outside may come in. */
inline gate_find(s)
{
    overlaps = waiting_count[OUTSIDE(s)] > 0;
    k = 0;
    do
    :: k < MESSAGES ->
        if
#ifndef WRONG_NO_GATE
        :: kept[(s) * MESSAGES + k] == GATE -> overlaps = false
#endif
#ifndef WRONG_GATE_EARLY
        :: kept[(s) * MESSAGES + k] != GATE && kept[(s) * MESSAGES + k] != NOTHING &&
           KIND(PLACE(OUTSIDE(s), 0)) == SURVEY -> overlaps = false
#endif
        :: else
        fi;
        k++
    :: else -> break
    od;
    overlaps = overlaps && !(KIND(PLACE(OUTSIDE(s), 0)) == SURVEY && waiting_count[INSIDE(s)] > 0)
}

/* Does all that has become possible: shard_settle. */
inline settle(s)
{
    do
    :: ready_count > 0 ->
        me = ready[0];
        at = 1;
        do
        :: at < ready_count ->
            ready[at - 1] = ready[at];
            at++
        :: else -> break
        od;
        ready_count--;
        queued[me] = false;
        again = true;
        take(me, s);
        if
        :: verdict != WAIT ->
            list_remove(INSIDE(s), me);
            lines_wake(s, TOUCHED(me) & LIVING(s))
        :: else
        fi
    :: else ->
        gate_find(s);
        if
        :: overlaps ->
            me = PLACE(OUTSIDE(s), 0);
            list_remove(OUTSIDE(s), me);
            again = false;
            take(me, s);
            if
            :: verdict == WAIT ->
                PLACE(INSIDE(s), waiting_count[INSIDE(s)]) = me;
                waiting_count[INSIDE(s)] = waiting_count[INSIDE(s)] + 1
            :: else
            fi
        :: else -> break
        fi
    od
}

/* A word comes to a shard: shard_step. */
inline shard_step(s, what)
{
    me = (what) / 3;
    if
    :: (what) % 3 == REQUEST ->
        PLACE(OUTSIDE(s), waiting_count[OUTSIDE(s)]) = me;
#ifdef WRONG_PASS_GATE
        if
        :: KIND(me) != SURVEY && KIND(PLACE(OUTSIDE(s), 0)) == SURVEY && waiting_count[OUTSIDE(s)] > 0 ->
            PLACE(OUTSIDE(s), waiting_count[OUTSIDE(s)]) = PLACE(OUTSIDE(s), 0);
            PLACE(OUTSIDE(s), 0) = me
        :: else
        fi;
#endif
        waiting_count[OUTSIDE(s)] = waiting_count[OUTSIDE(s)] + 1
    :: else ->
        if
        :: (what) % 3 == COMMIT -> post(me, s)
        :: else
        fi;
#ifdef WRONG_KEEP_ABORTED
        kept[(s) * MESSAGES + me] = ((what) % 3 == COMMIT || KIND(me) != TRANSFER -> NOTHING :
                                     kept[(s) * MESSAGES + me]);
#else
        kept[(s) * MESSAGES + me] = NOTHING;
#endif
#ifdef WRONG_NO_WAKE
        if
        :: (what) % 3 == COMMIT -> lines_wake(s, TOUCHED(me) & LIVING(s))
        :: else
        fi
#else
        lines_wake(s, TOUCHED(me) & LIVING(s))
#endif
    fi;
    settle(s);
    me = 0
}

/* --- Who moves. Each is a process, so that a fair schedule forgets none. ---------------------------------- */

#ifdef BATCHES
#define WAITING(l) (len(lanes[l]) > unsealed[l])
#else
#define WAITING(l) (len(lanes[l]) > 0)
#endif

proctype lane(byte from; byte to)
{
end:
    do
    :: d_step {
           WAITING(LANE(from, to)) ->
           lanes[LANE(from, to)] ? word;
           printf("shard %d hears from %d of request %d: %e\n", to, from, word / 3,
                  (word % 3 == REQUEST -> comes : (word % 3 == COMMIT -> commits : aborts)));
           shard_step(to, word);
           word = 0
       }
#ifdef UNORDERED
    :: d_step { /* the first in a lane goes to its end */
           len(lanes[LANE(from, to)]) > 1 ->
           lanes[LANE(from, to)] ? word;
           lanes[LANE(from, to)] ! word;
           word = 0
       }
#endif
    od
}

proctype client(byte m)
{
    byte entry;
end:
    do
    :: d_step {
           stage[m] == NEW && kept[m] == NOTHING && kept[MESSAGES + m] == NOTHING &&
           kept[2 * MESSAGES + m] == NOTHING ->
           stage[m] = GOING;
           entry = (VISITED(m) & 1 -> 0 : (VISITED(m) & 2 -> 1 : 2));
#ifdef WRONG_PAYER_FIRST
           entry = (KIND(m) == TRANSFER && HOME(PAYER(m, 0)) > HOME(PAYEE(m, 0)) ->
                    (VISITED(m) & 4 -> 2 : (VISITED(m) & 2 -> 1 : 0)) : entry);
#endif
           printf("request %d, number %d of the menu, comes to shard %d\n", m, menu[m], entry);
           shard_step(entry, WORD(m, REQUEST));
           entry = 0
       }
    od
}

#ifdef BATCHES
proctype sealer(byte s)
{
end:
    do
    :: d_step {
           batch_count[s] > 0 || unsealed[2 * s] > 0 || unsealed[2 * s + 1] > 0 -> seal(s)
       }
    od
}
#endif

/* When nothing moves any more: everybody has an answer, and what the shards have is what the log says. */
proctype auditor()
{
    timeout;
    d_step {
        all_answered = answered == MESSAGES;
        assert(all_answered);
        nothing_kept = true;
        k = 0;
        do
        :: k < SHARDS * MESSAGES ->
            nothing_kept = nothing_kept && kept[k] == NOTHING;
            k++
        :: else -> break
        od;
        assert(nothing_kept);
        books_agree = balance[0] == truth[0] && balance[1] == truth[1] && balance[2] == truth[2] &&
                      balance[3] == truth[3];
        assert(books_agree)
    }
}

#ifdef STREAM
/* However many others come later, again and again: the first is answered. */
ltl everybody { <> (stage[0] == ANSWERED) }
#endif

/* --- The start. ------------------------------------------------------------------------------------------- */

inline menu_transfer(f0, t0, x0, f1, t1, x1)
{
    kinds[menu_count] = TRANSFER;
    payers[2 * menu_count] = f0; payees[2 * menu_count] = t0; amounts[2 * menu_count] = x0;
    payers[2 * menu_count + 1] = f1; payees[2 * menu_count + 1] = t1; amounts[2 * menu_count + 1] = x1;
    touched[menu_count] = 1 << f0 | 1 << t0 | (x1 > 0 -> 1 << f1 | 1 << t1 : 0);
    visited[menu_count] = 1 << HOME(f0) | 1 << HOME(t0) | (x1 > 0 -> 1 << HOME(f1) | 1 << HOME(t1) : 0);
    menu_count++
}

inline menu_look(kind, accounts, shards)
{
    kinds[menu_count] = kind;
    touched[menu_count] = accounts;
    visited[menu_count] = shards;
    menu_count++
}

init {
    byte m, least;
    d_step {
        menu_count = 0;
        menu_transfer(0, 1, 1, 0, 0, 0); /* round in a circle */
        menu_transfer(1, 3, 1, 0, 0, 0);
        menu_transfer(3, 0, 1, 0, 0, 0);
        menu_transfer(3, 2, 1, 0, 0, 0); /* and back */
        menu_transfer(2, 0, 1, 0, 0, 0);
        menu_transfer(0, 3, 2, 0, 0, 0);
        menu_transfer(1, 2, 1, 0, 0, 0); /* on one shard, in two lines */
#ifndef CIRCLE
        menu_transfer(0, 2, 1, 2, 3, 1); /* through an account */
        menu_transfer(3, 1, 1, 1, 0, 2);
        menu_transfer(1, 3, 1, 0, 2, 1); /* what fails later may be checked first */
        menu_transfer(2, 3, 1, 3, 1, 1);
        menu_look(READ, 9, 5);
        menu_look(READ, 7, 3);
        menu_look(READ, 14, 6);
#endif
#ifdef WHOLE
        menu_look(SURVEY, 15, 7);
#endif
        k = 0
    }
    atomic {
        do
        :: m < MESSAGES ->
            do
            :: menu[m] + 1 < menu_count -> menu[m]++
            :: menu[m] >= least -> break
            od;
#ifdef STREAM
            least = (m > 0 -> menu[m] : 0); /* the first is not like the others */
#else
            least = menu[m];
#endif
            m++
        :: else -> break
        od;
        m = 0;
        least = 0;
        do
        :: m < ACCOUNTS ->
            if
            :: balance[m] = 1
#ifndef ONE_EACH
            :: balance[m] = 0
#endif
            fi;
            truth[m] = balance[m];
            m++
        :: else -> break
        od;
        m = 0;
        run lane(0, 1); run lane(0, 2); run lane(1, 0); run lane(1, 2); run lane(2, 0); run lane(2, 1);
        do
        :: m < MESSAGES -> run client(m); m++
        :: else -> break
        od;
        m = 0;
#ifdef BATCHES
        run sealer(0); run sealer(1); run sealer(2);
#endif
#ifndef STREAM
        run auditor()
#endif
    }
}
