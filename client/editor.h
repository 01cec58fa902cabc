/* editor.h: lines from a terminal, by libedit: keys, a prompt, a hint at the right margin, completion. */
#ifndef BURSAR_CLIENT_EDITOR_H
#define BURSAR_CLIENT_EDITOR_H

#include <stdbool.h>

#include "client/complete.h"

/** What the editor asks while a line is typed. */
struct editor_guide {
    void *context;
    /** The prompt; lives until the next call. */
    const char *(*prompt)(void *context);
    /** Appends what may follow `length` bytes of a line. */
    void (*hint)(void *context, const char *line, size_t length, struct buffer *hint);
    /** Finds what the end of the line may become, and how many bytes there that replaces. */
    void (*complete)(void *context, const char *line, size_t length, struct completion *completion,
                     size_t *replaced);
};

enum editor_event {
    EDITOR_LINE,      /* a line, without its end */
    EDITOR_CANCELLED, /* Ctrl-C: the line is thrown away */
    EDITOR_END        /* Ctrl-D, or the terminal is gone */
};

struct editor;

/** Begins on the terminal of stdin and stdout. NULL when it can't be used. `guide` outlives it. */
struct editor *editor_open(const struct editor_guide *guide);

/** Reads a line; `*line` lives until the next call. */
enum editor_event editor_read(struct editor *editor, const char **line);

/** Adds a line that the arrow keys bring back. */
void editor_remember(struct editor *editor, const char *line);

/** Gives the terminal back. */
void editor_close(struct editor *editor);

#endif
