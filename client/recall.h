/* recall.h: the lines of earlier sessions, in a file that only its owner reads. Each line is appended as it
 * is entered, so that sessions beside each other, and ones that are killed, lose nothing.
 */
#ifndef BURSAR_CLIENT_RECALL_H
#define BURSAR_CLIENT_RECALL_H

#include <stdbool.h>
#include <stddef.h>

/** Lines that are kept. The file may grow to twice as many before it is cut to the newest of them. */
#define RECALL_LINES_MAX ((size_t)1000)

struct recall {
    char *path; /* owned; NULL: nothing is kept */
    char *last; /* the line before; owned; NULL: none */
};

/** Begins with the file of a path, or with the default one, bursar/history in $XDG_STATE_HOME or
 * ~/.local/state, when `path` is NULL; nothing is kept when it is empty. Directories are made. `take` is
 * called for each line, oldest first, without its end. A file that can't be read or written is told on
 * stderr, and nothing is kept. */
void recall_open(struct recall *recall, const char *path, void (*take)(void *context, const char *line),
                 void *context);

/** Whether a line is worth keeping: not empty, not begun with a blank, not the same as the line before, and
 * without a password. */
bool recall_worthy(const struct recall *recall, const char *line);

/** Keeps a line that is worth it. */
void recall_add(struct recall *recall, const char *line);

/** Releases its memory. */
void recall_close(struct recall *recall);

#endif
