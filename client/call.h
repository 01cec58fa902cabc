/* call.h: one command, from the words a person typed to what is printed. */
#ifndef BURSAR_CLIENT_CALL_H
#define BURSAR_CLIENT_CALL_H

#include "client/link.h"
#include "client/print.h"

/** How the client ends. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_REJECTED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_CONNECTION = 3, /* and whatever was sent is safe to send again */
    EXIT_UNKNOWN = 4        /* the connection was lost, and what was sent and may have been done is not */
};

/** Checks words against the command table. False when there is no such command or it takes other arguments:
 * then `complaint` says so, as lines. BALANCE of several accounts becomes BALANCES. */
bool call_check(struct slice *words, size_t count, struct buffer *complaint);

/** Prints one whole reply in `length` bytes at `bytes` to stdout, or to stderr if it is an error and the form
 * is not JSON: as "CODE: sentence" after `where`. `words` are the command's. Returns EXIT_DONE or
 * EXIT_REJECTED. */
enum exit_status call_print(const struct slice *words, size_t count, const char *bytes, size_t length,
                            const struct print_style *style, const char *where);

/** A command that call_check has passed, and how it is sent. */
struct call {
    const struct slice *words;
    size_t count;
    bool inside; /* of a transaction, which is lost with its connection */
    const struct print_style *style;
    /** Told of the reply; NULL: nobody is. */
    void (*learn)(void *context, const char *bytes, size_t length);
    void *context;
};

/** Sends one command and prints the reply. When the connection is lost and the command is safe to send again,
 * that is done, over new connections, until the place's timeout has passed; else, and within a transaction,
 * what is known is said on stderr. Afterwards the link may be closed. */
enum exit_status call_make(struct link *link, const struct call *call);

#endif
