/* world.h: one run of the simulator: a ledger, its log and its disk, and clients who ask and ask again. */
#ifndef BURSAR_TESTS_SIM_WORLD_H
#define BURSAR_TESTS_SIM_WORLD_H

#include "ledger/replay.h"
#include "server/journal.h"
#include "tests/model/cluster.h"
#include "tests/model/script.h"
#include "tests/model/witness.h"
#include "tests/sim/disk.h"
#include "tests/sim/plan.h"
#include "tests/sim/turn.h"

#define WORLD_SHARDS   16
#define CLIENTS_MAX    24
#define FLIGHTS_MAX    1024
#define WORLD_SEGMENT  JOURNAL_SEGMENT_MIN
#define CALM_STEPS     1500     /* between two faults, on average */
#define CALM_STEPS_FEW 60       /* now and then, after a restart */
#define WORLD_STEP_MAX 3000000U /* of one run: more means that somebody waits for ever */

/** A client has one call at a time, which it repeats until it hears an answer. */
struct client {
    const struct call *call; /* NULL: it has none */
    size_t ticket;           /* of its newest attempt */
    uint64_t patience;       /* the step at which it loses it */
    unsigned attempts;
    bool waits; /* the attempt is under way */
};

/** An attempt. */
struct flight {
    const struct call *call;
    size_t ticket;
};

/** The archiver. Its snapshot is not on the simulated disk, and never fails: the records up to a number. */
struct archiver_state {
    struct buffer records;
    sequence_t number;
    struct journal_reader reader; /* closed when path is NULL */
};

struct world {
    struct commitlog log; /* on cache lines of its own */
    const struct plan *plan;
    struct tally *tally;
    struct dice dice;
    struct script script;
    size_t next_call;
    struct cluster *cluster;
    struct ledger_id ledger;
    struct buffer sealed[WORLD_SHARDS]; /* by worker: not yet handed to the log */
    struct disk_place tip;              /* where the journal's last good batch begins */
    struct archiver_state archive;
    struct client clients[CLIENTS_MAX];
    struct flight flights[FLIGHTS_MAX]; /* what this process was asked and has not answered */
    size_t flight_count;
    struct hearing *hearings; /* owned */
    size_t hearing_count;
    sequence_t durable; /* the newest number that was ever said to be durable */
    sequence_t started; /* the newest number when this process started: all it has begins with that */
    uint64_t steps;
    uint64_t hash;
    unsigned shards;
    unsigned client_count;
    unsigned events; /* faults still to come */
    unsigned calm;   /* steps between two of them, on average */
    bool made;       /* the ledger: it has its first journal, and a snapshot */
    bool crashed;    /* at least once */
};

/** Says what is wrong and ends the process. */
__attribute__((format(printf, 2, 3))) _Noreturn void world_fail(const struct world *world, const char *format,
                                                                ...);

/** Whether a fault may happen in this run. */
bool world_may(const struct world *world, enum plan_fault fault);

/* ---- clients.c ---- */

/** A client that has nothing to do asks for the script's next call. False: there is none left, or nobody is
 * free. */
bool clients_ask(struct world *world);

/** Clients that waited long enough ask once more, over another connection. */
void clients_lose_patience(struct world *world);

/** Answers that depend on nothing but what is durable come to their clients. */
void clients_hear(struct world *world);

/** The process died, and what it left ends at number `newest`: whoever waited asks again, later. */
void clients_disconnect(struct world *world, sequence_t newest);

/** Whether everybody has been answered, and nothing is left to ask. */
bool clients_done(const struct world *world);

/** Asks for everything that is to be asked once more. */
void clients_insist(struct world *world);

/* ---- restart.c ---- */

/** A server starts on what the disk holds, whatever goes wrong meanwhile: at the end one runs. */
void restart_up(struct world *world);

/** The process dies, with the power or without; then restart_up. */
void restart_crash(struct world *world);

/** The server stops as it was asked to. Then restart_up. */
void restart_stop(struct world *world);

/* ---- archive.c ---- */

/** The archiver follows the durable journal for a while and gives up segments. */
void archive_turn(struct world *world);

/** It dies with its process. */
void archive_stop(struct world *world);

/* ---- verdict.c ---- */

/** Whether all that was heard is true of the log, and the ledger stands where the log says. */
void verdict(struct world *world);

/** Whether what is there now conserves every asset. Nothing may be under way. */
void verdict_conserved(struct world *world);

#endif
