/* loop.h: the event loop as every thread here uses it. */
#ifndef BURSAR_SERVER_LOOP_H
#define BURSAR_SERVER_LOOP_H

#include <event2/event.h>

/** A libevent base for one thread: no locks, nothing taken from the environment. The caller frees it with
 *  event_base_free. NULL, with errno set, when the system refuses. */
struct event_base *loop_new(void);

#endif
