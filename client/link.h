/* link.h: one connection to a server, and whole replies from it. */
#ifndef BURSAR_CLIENT_LINK_H
#define BURSAR_CLIENT_LINK_H

#include <signal.h>
#include <stdbool.h>

#include "proto/buffer.h"
#include "proto/resp.h"

/** Where a server is. */
struct place {
    const char *host;
    const char *port;
    const char *socket;                     /* path of a Unix socket; NULL: host and port */
    const volatile sig_atomic_t *interrupt; /* not 0: nothing more is waited for; NULL: never */
    int timeout_ms;                         /* for connecting and for each wait for a reply */
};

struct link {
    struct place place;
    int fd;           /* -1: not open */
    struct buffer in; /* received, not yet taken */
    bool interrupted; /* what went wrong is that place.interrupt was set */
    bool lost;        /* what went wrong is that the connection ended */
    bool late;        /* what went wrong is that no answer came in time: the connection is there */
    char error[256];  /* what went wrong, as a sentence, after a function said so */
};

/** Whether the user wants no more of it. */
static inline bool place_interrupted(const struct place *place)
{
    return place->interrupt != NULL && *place->interrupt != 0;
}

/** Connects. False, with link->error set, when nobody answers. */
bool link_open(struct link *link, const struct place *place);

/** Changes how long is waited for each reply, and for room to send. */
void link_patience(struct link *link, int timeout_ms);

/** Appends a request as an array of bulk strings. */
void link_format(struct buffer *out, const struct slice *arguments, size_t count);

/** Sends all of `out` and empties it. False, with link->error set, when the connection is lost. */
bool link_send(struct link *link, struct buffer *out);

/** Waits until `link->in` starts with a whole reply, and returns its size; the caller consumes it. 0, with
 *  link->error set, when the connection is lost, what comes is no reply, or the timeout passes. */
size_t link_receive(struct link *link);

/** The size of the whole reply that `link->in` starts with; 0 when it is not whole yet. False when it is no
 * reply. */
bool link_whole(struct link *link, size_t *size);

/** One read of what has come. False, with link->error set, when the connection is lost or closed. */
bool link_read(struct link *link);

/** Closes it, if it is open, and releases its memory. */
void link_close(struct link *link);

#endif
