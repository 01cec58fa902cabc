/* reenact.h: the log as the witness of what happened.
 *
 * Every transaction's records are turned back into the command they stand for, and the reference executes
 * them in the order of the log: each must be possible there, and take the numbers and times that the records
 * have. That is what "every prefix of the log is a state in which all rules hold" means.
 */
#ifndef BURSAR_TESTS_MODEL_REENACT_H
#define BURSAR_TESTS_MODEL_REENACT_H

#include "ledger/record.h"
#include "tests/model/reference.h"
#include "tests/model/script.h"

/** Executes the transaction whose first record is at `record`, and returns the first record after it. NULL,
 * with a complaint (NUL-terminated), when the reference answers anything but what the records say. `words`
 * keeps its names and must outlive the reference. Records keep only a hash of some of what was asked for, as
 * conditions: the rest is taken from the call of `script` that has the same. */
const struct record *reenact_transaction(struct reference *reference, struct words *words,
                                         const struct script *script, const struct record *record,
                                         struct buffer *complaint);

/** Executes all of them. */
bool reenact_records(struct reference *reference, struct words *words, const struct script *script,
                     const struct buffer *records, struct buffer *complaint);

#endif
