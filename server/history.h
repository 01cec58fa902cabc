/* history.h: the service that tells what accounts were: HISTORY, BALANCE ... AT. */
#ifndef BURSAR_SERVER_HISTORY_H
#define BURSAR_SERVER_HISTORY_H

/** The service's thread; `service` is its struct service. */
void *history_thread(void *service);

#endif
