/* multi.c: see multi.h. */
#include "server/multi.h"

#include <assert.h>
#include <string.h>

#include "ledger/compose.h"
#include "server/connection.h"
#include "server/request_transfer.h"
#include "server/worker.h"

/* One queued command: this, the length of each argument as a uint32_t, and their bytes. */
struct queued {
    uint32_t command; /* enum command_id */
    uint32_t argc;
};

static bool is_about_multi(enum command_id command)
{
    return command == COMMAND_MULTI || command == COMMAND_EXEC || command == COMMAND_DISCARD ||
           command == COMMAND_WATCH;
}

bool multi_takes(const struct multi *multi, const struct command *command)
{
    return multi->open && !(command && (is_about_multi(command->id) || command->id == COMMAND_RESET ||
                                        command->id == COMMAND_QUIT));
}

bool multi_is_ready(const struct multi *multi)
{
    return multi->open && !multi->failed && multi->count > 0;
}

void multi_fail(struct multi *multi)
{
    multi->failed = multi->open;
}

void multi_reset(struct multi *multi)
{
    buffer_free(&multi->queue);
    *multi = (struct multi){0};
}

/** Reads the next queued command, from `*at` on, and moves `*at` behind it. `args` has room for a request's.
 */
static struct queued queue_next(const struct multi *multi, size_t *at, struct slice *args)
{
    const char *bytes = multi->queue.bytes + multi->queue.start;
    struct queued queued;
    memcpy(&queued, bytes + *at, sizeof queued);
    const char *lengths = bytes + *at + sizeof queued;
    const char *text = lengths + queued.argc * sizeof(uint32_t);
    for (uint32_t i = 0; i < queued.argc; i++) {
        uint32_t length;
        memcpy(&length, lengths + i * sizeof length, sizeof length);
        args[i] = (struct slice){text, length};
        text += length;
    }
    *at = (size_t)(text - bytes);
    return queued;
}

static void queue_add(struct multi *multi, const struct command *command, const struct request *request)
{
    struct queued queued = {(uint32_t)command->id, request->argc};
    buffer_append(&multi->queue, &queued, sizeof queued);
    for (uint32_t i = 0; i < request->argc; i++) {
        uint32_t length = (uint32_t)request->args[i].length;
        buffer_append(&multi->queue, &length, sizeof length);
    }
    for (uint32_t i = 0; i < request->argc; i++) {
        buffer_append(&multi->queue, request->args[i].text, request->args[i].length);
    }
}

static size_t request_size(const struct request *request)
{
    size_t size = sizeof(struct queued);
    for (uint32_t i = 0; i < request->argc; i++) {
        size += sizeof(uint32_t) + request->args[i].length;
    }
    return size;
}

/** Whether an id is that of a queued command. '*' is none. */
static bool id_is_queued(const struct multi *multi, struct slice id)
{
    struct slice args[RESP_ARGS_MAX];
    size_t at = 0;
    bool found = false;
    for (uint32_t i = 0; i < multi->count && !found; i++) {
        struct queued queued = queue_next(multi, &at, args);
        found = queued.command != COMMAND_BALANCE && args[1].length == id.length &&
                memcmp(args[1].text, id.text, id.length) == 0;
    }
    return found && !(id.length == 1 && id.text[0] == '*');
}

/** Whether there is room for one more command; else answers an error. */
static bool queue_has_room(const struct multi *multi, const struct request *request, struct reply *reply)
{
    if (multi->count == OPERATIONS_MAX) {
        reply_errorf(reply, "ERR", "a transaction has at most %d commands", OPERATIONS_MAX);
        return false;
    }
    if (buffer_length(&multi->queue) + request_size(request) > MULTI_BYTES_MAX) {
        reply_errorf(reply, "ERR", "the commands of a transaction have at most %d bytes", MULTI_BYTES_MAX);
        return false;
    }
    return true;
}

/** Whether a command is good where it stands; else answers an error. Leaves what the transaction takes with
 * it.
 */
static bool command_is_good(struct connection *connection, const struct command *command,
                            const struct request *request, struct reply *reply)
{
    struct multi *multi = &connection->multi;
    struct transaction_text text;
    text.count = multi->count;
    text.leg_count = multi->leg_count;
    text.condition_count = multi->condition_count;
    if (!transaction_may_have(command->id)) {
        reply_errorf(
            reply, "ERR",
            "%s is not allowed in a transaction; TRANSFER, DEPOSIT, WITHDRAW, HOLD, CAPTURE, VOID and "
            "BALANCE are",
            command->name);
        return false;
    }
    if (!queue_has_room(multi, request, reply) ||
        !transaction_read(connection->worker, command, request->args, request->argc, reply, &text)) {
        return false;
    }
    if (command->id != COMMAND_BALANCE && id_is_queued(multi, request->args[1])) {
        reply_errorf(reply, "ERR", "id %.*s is used twice in one transaction", (int)request->args[1].length,
                     request->args[1].text);
        return false;
    }
    multi->leg_count = text.leg_count;
    multi->condition_count = text.condition_count;
    return true;
}

bool multi_queue(struct connection *connection, const struct command *command, const struct request *request,
                 struct reply *reply)
{
    struct multi *multi = &connection->multi;
    if (!command_is_good(connection, command, request, reply)) {
        multi_fail(multi);
        return false;
    }
    if (!multi->failed) {
        queue_add(multi, command, request);
        multi->count++;
    }
    reply_simple(reply, "QUEUED");
    return true;
}

static void answer_begin(struct multi *multi, struct reply *reply)
{
    if (multi->open) {
        reply_errorf(reply, "ERR", "MULTI calls can not be nested");
        return;
    }
    multi->open = true;
    reply_simple(reply, "OK");
}

/** An EXEC that executes nothing. */
static void answer_execution(struct multi *multi, struct reply *reply)
{
    if (!multi->open) {
        reply_errorf(reply, "ERR", "EXEC without MULTI");
        return;
    }
    if (multi->failed) {
        reply_errorf(reply, "EXECABORT", "Transaction discarded because of previous errors.");
    } else {
        reply_array(reply, 0);
    }
    multi_reset(multi);
}

static void answer_discard(struct multi *multi, struct reply *reply)
{
    if (!multi->open) {
        reply_errorf(reply, "ERR", "DISCARD without MULTI");
        return;
    }
    multi_reset(multi);
    reply_simple(reply, "OK");
}

void multi_answer(struct multi *multi, const struct command *command, struct reply *reply)
{
    switch (command->id) {
    case COMMAND_MULTI: answer_begin(multi, reply); return;
    case COMMAND_EXEC: answer_execution(multi, reply); return;
    case COMMAND_DISCARD: answer_discard(multi, reply); return;
    case COMMAND_UNWATCH: reply_simple(reply, "OK"); return;
    case COMMAND_WATCH:
        reply_errorf(
            reply, "ERR",
            "there is no WATCH here; a condition, TRANSFER ... IF account GE|LE|EQ amount, does what "
            "it is for");
        return;
    default: break;
    }
    assert(false && "these are all that are answered here");
}

const struct message *multi_compose(struct connection *connection, struct reply *reply)
{
    struct worker *worker = connection->worker;
    struct multi *multi = &connection->multi;
    struct slice args[RESP_ARGS_MAX];
    struct transaction_text text;
    text.count = text.leg_count = text.condition_count = 0;
    size_t at = 0;
    for (uint32_t i = 0; i < multi->count; i++) {
        struct queued queued = queue_next(multi, &at, args);
        bool good = transaction_read(worker, &commands[queued.command], args, queued.argc, reply, &text);
        assert(good && "it was when it was queued");
    }
    const struct transfer_message *message =
        compose_transaction(&worker->draft, &worker->sender, text.count, text.operations, true);
    multi_reset(multi);
    return &message->head;
}
