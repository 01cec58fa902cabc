/* reenact.h: the log as the witness of what happened.
 *
 * Every record is turned back into the command it stands for, and the reference executes them in the order of
 * the log: each must be possible there, and take the numbers and times that the record has. That is what
 * "every prefix of the log is a state in which all rules hold" means.
 */
#ifndef BURSAR_TESTS_MODEL_REENACT_H
#define BURSAR_TESTS_MODEL_REENACT_H

#include "ledger/record.h"
#include "tests/model/reference.h"

/** Executes one record. False, with a complaint (NUL-terminated), when the reference answers anything but
 * what the record says. `words` keeps its names and must outlive the reference. */
bool reenact_record(struct reference *reference, struct words *words, const struct record *record,
                    struct buffer *complaint);

/** Executes all of them. */
bool reenact_records(struct reference *reference, struct words *words, const struct buffer *records,
                     struct buffer *complaint);

#endif
