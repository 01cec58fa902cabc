/* reference.h: the ledger as plainly as it can be written: one array of accounts, one loop, no shards.
 *
 * It follows docs/protocol.md and shares nothing with ledger/ but the arithmetic of proto/amount.h, so that a
 * mistake in one is not repeated in the other. Replies are texts: ":7" a number, "+OK", "-CODE sentence", and
 * for the commands that look, what they see in a form that cluster.h writes too. A MULTI's is that of its
 * parts,
 * "[:7, 12.34, :8]".
 *
 * Every number comes one nanosecond after the one before. A CALL_CLOCK moves the clock on, never back, and
 * all holds whose deadline is not after its time expire, in the order of their deadlines, then of their
 * numbers. A CALL_EXPIRE ends one hold whose deadline is not after the time of the next number, and answers
 * its number.
 */
#ifndef BURSAR_TESTS_MODEL_REFERENCE_H
#define BURSAR_TESTS_MODEL_REFERENCE_H

#include "tests/model/call.h"

/** The time of number 1, in a ledger where each number comes one nanosecond after the one before. */
#define REFERENCE_EPOCH UINT64_C(1000001)

struct reference;

/** An empty ledger; the caller frees it. */
struct reference *reference_create(void);
void reference_free(struct reference *reference);

/** Executes a call. `reply` is emptied and filled, NUL-terminated. Names in `call` must outlive the
 * reference. */
void reference_call(struct reference *reference, const struct call *call, struct buffer *reply);

/** What reference_call would answer, without doing it. */
void reference_ask(struct reference *reference, const struct call *call, struct buffer *reply);

/** The newest number used; 0: none was. */
sequence_t reference_last(const struct reference *reference);

/** Sets the time of the next number. */
void reference_set_clock(struct reference *reference, uint64_t time);

/** The account opened with this number, and its asset's code; it must exist. */
const char *reference_account(const struct reference *reference, sequence_t number, const char **asset);

/** The scale of an asset, which must exist. */
unsigned reference_scale(const struct reference *reference, const char *asset);

#endif
