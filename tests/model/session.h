/* session.h: a session with the reference alone, as it would be typed, each command with its reply.
 *
 * Number n has the time 1000000 + n nanoseconds, until CLOCK moves it on.
 */
#ifndef BURSAR_TESTS_MODEL_SESSION_H
#define BURSAR_TESTS_MODEL_SESSION_H

#include <stddef.h>

struct session_line {
    const char *command; /* as call_read understands it */
    const char *reply;   /* as reference.h describes them */
};

/** Has a new reference execute the commands, and expects the replies. */
void session_run(const struct session_line *lines, size_t count);

/** A session written out. */
#define SESSION(...)                                              \
    do {                                                          \
        static const struct session_line lines[] = {__VA_ARGS__}; \
        session_run(lines, sizeof lines / sizeof lines[0]);       \
    } while (0)

/** What most sessions begin with: numbers 1 to 4. */
/* clang-format off */
#define SESSION_OPENING                \
    {"OPEN alice USD", ":1"},          \
    {"OPEN bob USD", ":2"},            \
    {"OPEN carol USD", ":3"},          \
    {"DEPOSIT d1 alice 100", ":4"}
/* clang-format on */

/** The answer to an id that was used for something else. */
#define REUSED_TEXT(id) "IDREUSED id " id " was used before for something else; a new transfer needs a new id"
#define REUSED(id)      "-" REUSED_TEXT(id)

#endif
