/* plan.h: what one run of the simulator is: everything in it follows from these few numbers. */
#ifndef BURSAR_TESTS_SIM_PLAN_H
#define BURSAR_TESTS_SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Calls of a script. */
#define PLAN_CALLS 260

/** What may go wrong in a run: bits of a plan's `faults`. */
enum plan_fault {
    FAULT_KILL,    /* the process dies between two steps, or in the midst of a call to the disk */
    FAULT_POWER,   /* and the power goes with it */
    FAULT_SYNC,    /* an fdatasync fails */
    FAULT_WRITE,   /* a write fails, or is short */
    FAULT_READ,    /* a read fails */
    FAULT_FULL,    /* the disk is full */
    FAULT_FLIP,    /* a bit flips while nobody runs */
    FAULT_TIMEOUT, /* clients lose patience, and ask again under the same id */
    FAULT_KINDS
};
#define FAULT_ALL ((1U << FAULT_KINDS) - 1)

extern const char *const plan_fault_words[FAULT_KINDS];

struct plan {
    uint64_t seed;            /* of the script */
    uint64_t schedule;        /* of everything else */
    size_t calls;             /* of the script, from its first; at most PLAN_CALLS */
    unsigned clients;         /* at most so many have a call in flight; 0: the dice say */
    unsigned shards;          /* at most so many, after each restart; 0: 16 */
    unsigned events;          /* faults at most; PLAN_ANY: the dice say */
    unsigned faults;          /* bits of what may go wrong */
    bool skipped[PLAN_CALLS]; /* calls that are left out */
};
#define PLAN_ANY 99U

/** What a run did, for the summary. */
struct tally {
    uint64_t runs;
    uint64_t steps;
    uint64_t answers;
    uint64_t records;
    uint64_t retries;
    uint64_t restarts;
    uint64_t cuts;    /* of the power */
    uint64_t lost;    /* records that were sealed, and gone after a restart */
    uint64_t refused; /* recoveries that refused a damaged disk */
    uint64_t flips;
    uint64_t failures; /* of the disk, that ended a process */
    uint64_t rolls;    /* segments begun */
    uint64_t trims;    /* times that the archiver gave up segments, or tried */
    uint64_t parkings;
};

/** Runs it. What is wrong ends the process, after a text on stderr. Returns a hash of all that happened. */
uint64_t plan_run(const struct plan *plan, struct tally *tally);

#endif
