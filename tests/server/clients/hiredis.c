/* hiredis.c: hiredis 0.14 as people use it. clients_reconnect.py compiles and runs it.
 *
 *   hiredis PORT sync STOP   one transfer after another, through restarts of the server, until the file
 *                                    STOP is there; prints how many were answered
 *   hiredis PORT async       a thousand transfers at once over libevent; prints how many were answered
 */
#include <assert.h>
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE  1000
#define PAUSE_US 20000

static int port;
static int answered;

/* Sends one command until it is answered; `context` is NULL where there is no connection. */
static redisReply *surely(redisContext **context, const char *command)
{
    for (;;) {
        if (*context == NULL)
            *context = redisConnect("127.0.0.1", port);
        redisReply *reply = (*context)->err == 0 ? redisCommand(*context, command) : NULL;
        if (reply != NULL && !(reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "LOADING ", 8) == 0))
            return reply;
        freeReplyObject(reply);
        redisFree(*context);
        *context = NULL;
        usleep(PAUSE_US);
    }
}

static void sync_run(const char *stop)
{
    redisContext *context = NULL;
    while (access(stop, F_OK) != 0) {
        char command[128];
        (void)snprintf(command, sizeof command, "TRANSFER hiredis-%d till hiredis 0.01", answered);
        redisReply *reply = surely(&context, command);
        assert(reply->type == REDIS_REPLY_INTEGER);
        freeReplyObject(reply);
        answered++;
    }
    redisFree(context);
}

static void on_answer(redisAsyncContext *context, void *answer, void *data)
{
    const redisReply *reply = answer;
    (void)data;
    assert(reply != NULL && reply->type == REDIS_REPLY_INTEGER);
    if (++answered == AT_ONCE)
        redisAsyncDisconnect(context);
}

static void on_rejection(redisAsyncContext *context, void *answer, void *data)
{
    const redisReply *reply = answer;
    (void)context;
    (void)data;
    assert(reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "SAMEACCOUNT ", 12) == 0);
}

static void async_run(void)
{
    struct event_base *base = event_base_new();
    redisAsyncContext *context = redisAsyncConnect("127.0.0.1", port);
    assert(context->err == 0);
    redisLibeventAttach(context, base);
    redisAsyncCommand(context, on_rejection, NULL, "TRANSFER none till till 1");
    for (int i = 0; i < AT_ONCE; i++)
        redisAsyncCommand(context, on_answer, NULL, "TRANSFER async-%d till async 0.01", i);
    event_base_dispatch(base);
    event_base_free(base);
}

int main(int argc, char **argv)
{
    assert(argc >= 3);
    port = (int)strtol(argv[1], NULL, 10);
    if (argc == 4)
        sync_run(argv[3]);
    else
        async_run();
    printf("%d\n", answered);
    return 0;
}
