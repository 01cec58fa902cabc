/* pen.h: a journal being written, for tests that read it again. */
#ifndef BURSAR_TESTS_UNIT_PEN_H
#define BURSAR_TESTS_UNIT_PEN_H

#include "server/journal.h"
#include "tests/unit/storage.h"

#define SEGMENT 131072 /* bytes of each of its segments */

/** A journal being written, and all that was put in it. */
struct pen {
    char *dir;
    struct story story;
    struct buffer records;
    struct journal journal;
};

/** A new journal, in a directory of its own. There is one at a time. */
struct pen *pen_take(void);

/** Writes one batch of `count` records. */
void pen_write(struct pen *pen, unsigned count);

/** Ends it, and removes its directory. */
void pen_drop(struct pen *pen);

/** Reads to the end. What it returns is JOURNAL_END or JOURNAL_DAMAGED. */
enum journal_read pen_read(const char *dir, sequence_t after, struct buffer *records,
                           struct journal_place *end, bool *torn, char *error);

/** Whether two buffers have the same bytes. */
bool pen_same(const struct buffer *a, const struct buffer *b);

/** Expects that all that was written is read, and nothing is cut off. */
void pen_expect_whole(const struct pen *pen);

/** Expects that the journal is refused, with an error that says `about`. */
void pen_expect_damage(const struct pen *pen, const char *about);

#endif
