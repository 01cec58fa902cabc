/* witness.h: whether what clients heard of many commands at once could have been heard one after another.
 *
 * The log is the order. What a client heard must be what the reference answers at some prefix of the log no
 * shorter than it was when the command was submitted and no longer than when it was answered: then the
 * commands, each put at its prefix, are one serial execution that agrees with real time. It must also be what
 * the reference answers at the prefix that the answer says it depends on: a client hears of nothing before
 * that much is durable, so this is what a crash may leave of the ledger.
 */
#ifndef BURSAR_TESTS_MODEL_WITNESS_H
#define BURSAR_TESTS_MODEL_WITNESS_H

#include "tests/model/cluster.h"
#include "tests/model/reference.h"
#include "tests/model/script.h"

/** A command that was answered. */
struct hearing {
    const struct call *call;
    struct cluster_answer answer; /* its text is borrowed */
};

/** What was heard, and the log that must bear it out. */
struct testimony {
    const struct buffer *records;
    const struct script *script; /* that all commands are from */
    const struct hearing *hearings;
    size_t count;
    bool all_told; /* nobody's answer got lost: every record was told to somebody */
};

/** Checks it all. On return `reference` is the ledger as of the end of the log, and `words` keeps its names.
 * False: `complaint` (NUL-terminated) says what is wrong. */
bool witness_check(const struct testimony *testimony, struct reference *reference, struct words *words,
                   struct buffer *complaint);

/** The same of a whole script, whose tickets are their places in it, all answered. */
bool witness_check_script(const struct cluster *cluster, const struct script *script,
                          struct reference *reference, struct words *words, struct buffer *complaint);

/** Whether `heard` is the reference's answer, or says of the same money "at most X" and X is not less than
 * what the reference has and yet less than what is needed. */
bool witness_agrees(const char *heard, const char *reference);

#endif
