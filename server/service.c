/* service.c: what all services have in common. */
#include "server/service.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "server/feed.h"
#include "server/history.h"
#include "server/server.h"

/** Its place among those who follow the log and send to workers: behind the archiver. */
static unsigned service_follower(const struct service *service)
{
    return service->server->log.workers + 1 + (unsigned)service->index;
}

bool service_open(struct service *service, struct server *server, enum service_index index)
{
    service->server = server;
    service->index = index;
    if (!inbox_open(&service->inbox, (unsigned)server->config.workers)) {
        return false;
    }
    commitlog_watch(&server->log, service_follower(service), service->inbox.wakefd);
    return true;
}

bool service_start(struct service *service)
{
    static void *(*const threads[SERVICE_COUNT])(void *) = {
        [SERVICE_HISTORY] = history_thread, [SERVICE_FEED] = feed_thread};
    errno = pthread_create(&service->thread, NULL, threads[service->index], service);
    service->started = errno == 0;
    return service->started;
}

void service_stop(struct service *service)
{
    if (!service->started) {
        return;
    }
    atomic_store(&service->stopping, true);
    inbox_wake(&service->inbox);
    pthread_join(service->thread, NULL);
    service->started = false;
}

void service_close(struct service *service)
{
    buffer_free(&service->waiting);
    inbox_close(&service->inbox);
}

bool service_stopping(const struct service *service)
{
    return atomic_load(&service->stopping);
}

bool service_draining(const struct service *service)
{
    return atomic_load(&service->server->phase) == SERVER_DRAINING;
}

bool service_receive(struct service *service)
{
    bool any = false;
    for (unsigned sender = 0; sender < service->inbox.senders; sender++) {
        struct buffer batch;
        while (inbox_receive(&service->inbox, sender, &batch)) {
            buffer_append(&service->waiting, batch.bytes + batch.start, buffer_length(&batch));
            inbox_return(&service->inbox, sender, &batch);
            any = true;
        }
    }
    return any;
}

void service_rest(struct service *service, sequence_t seen, int timeout_ms)
{
    struct commitlog *log = &service->server->log;
    struct pollfd wake = {.fd = service->inbox.wakefd, .events = POLLIN};
    unsigned follower = service_follower(service);
    if (commitlog_sleep(log, follower, seen) && inbox_sleep(&service->inbox)) {
        poll(&wake, 1, timeout_ms);
    }
    eventfd_t count;
    (void)eventfd_read(service->inbox.wakefd, &count);
    commitlog_awake(log, follower);
    inbox_awake(&service->inbox);
}

sequence_t service_await(struct service *service, sequence_t number)
{
    sequence_t durable = commitlog_durable(&service->server->log);
    while (durable < number && !service_stopping(service)) {
        service_receive(service);
        service_rest(service, durable, -1);
        durable = commitlog_durable(&service->server->log);
    }
    return durable;
}

void service_answer(struct service *service, const struct message *asked, const struct buffer *reply,
                    sequence_t seen)
{
    struct buffer batch = {0};
    inquiry_answer(&batch, asked, reply, seen);
    struct worker *worker = &service->server->workers[asked->origin];
    inbox_deliver(&worker->inbox, service_follower(service), &batch, &service->stopping);
}
