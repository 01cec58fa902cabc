/* inspect.h: looking at a ledger's directory without serving it: bursard --verify and --dump-journal. */
#ifndef BURSAR_SERVER_INSPECT_H
#define BURSAR_SERVER_INSPECT_H

/** Checks everything in `dir`, which no server may be using, as recovery would, and writes a line to stdout.
 *  Changes nothing but DIR/lock. Returns the process's exit status: 0, or 1 when something is wrong, which
 * the log tells. */
int inspect_verify(const char *dir);

/** Writes the journal in `dir` to stdout, a line for each record. A server may be using it. Returns the
 * process's exit status: 0, or 1 when the journal can't be read to its end, which the log tells. */
int inspect_dump(const char *dir);

#endif
