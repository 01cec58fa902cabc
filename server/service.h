/* service.h: a thread that answers inquiries (inquiry.h), from the snapshot and from the durable journal.
 *
 * A worker never waits for it: an inquiry goes to the service's inbox, the connection goes on when the reply
 * is back, and the shards know nothing of it. A service that blocks an answer on purpose, until something new
 * is durable, must let go of it once service_draining.
 */
#ifndef BURSAR_SERVER_SERVICE_H
#define BURSAR_SERVER_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "server/inbox.h"
#include "server/inquiry.h"

struct server;

/* A few exist, so their padding does not matter. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct service {
    struct server *server;
    enum service_index index;
    struct inbox inbox;    /* inquiries, from each worker */
    struct buffer waiting; /* inquiries received and not answered yet; the service's thread's */
    pthread_t thread;
    bool started;
    _Atomic bool stopping;
};

/** Opens the inbox; also where the service will not run. False, with errno set, when the system refuses. */
bool service_open(struct service *service, struct server *server, enum service_index index);

/** Starts the service's thread. False, with errno set, when the system refuses. */
bool service_start(struct service *service);

/** Ends the thread; nobody sends any more. What was not answered is forgotten. */
void service_stop(struct service *service);

/** Releases everything. */
void service_close(struct service *service);

/* ---- for the service's thread ---- */

/** Whether the thread must end. */
bool service_stopping(const struct service *service);

/** Whether the server stops: what is blocked is to be answered with what there is. */
bool service_draining(const struct service *service);

/** Appends what has come to service->waiting. Returns whether that was anything. */
bool service_receive(struct service *service);

/** Sleeps until an inquiry comes, more than `seen` is durable, the server stops, or for `timeout_ms` (-1: for
 * ever). */
void service_rest(struct service *service, sequence_t seen, int timeout_ms);

/** Waits until `number` is durable and returns what is then. A smaller number: the service must end. */
sequence_t service_await(struct service *service, sequence_t number);

/** Sends the reply to the inquiry with this head, which depends on number `seen`. */
void service_answer(struct service *service, const struct message *asked, const struct buffer *reply,
                    sequence_t seen);

#endif
