/* history.c: the service's loop. */
#include "server/history.h"

#include "proto/reply.h"
#include "server/service.h"

static void history_answer(struct service *service, const struct inquiry *inquiry)
{
    struct buffer out = {0};
    struct reply reply = {.out = &out, .version = inquiry->version};
    sequence_t durable = service_await(service, inquiry->seen);
    reply_errorf(&reply, "ERR", "the history up to number %lu can't be read yet", durable);
    service_answer(service, &inquiry->head, &out, durable);
    buffer_free(&out);
}

void *history_thread(void *context)
{
    struct service *service = context;
    while (!service_stopping(service)) {
        while (buffer_length(&service->waiting) > 0) {
            struct buffer batch = service->waiting;
            service->waiting = (struct buffer){0};
            while (buffer_length(&batch) > 0) {
                const struct inquiry *inquiry =
                    (const struct inquiry *)(const void *)(batch.bytes + batch.start);
                history_answer(service, inquiry);
                buffer_consume(&batch, inquiry->head.size);
            }
            buffer_free(&batch);
        }
        if (!service_receive(service)) {
            service_rest(service, UINT64_MAX - 1, -1);
        }
    }
    return NULL;
}
