/* dispatch.c: one connection's requests, one after another. */
#include "server/dispatch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/commands.h"
#include "proto/reply.h"
#include "server/render.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"

/* How much of an unknown command an error quotes. */
#define QUOTE_MAX 128

/** Where an answer given at once goes: to the output, or behind the requests in flight. */
static struct reply reply_begin(struct connection *connection)
{
    bool first = flight_count(&connection->flights) == 0;
    struct buffer *out = first ? &connection->output : &connection->worker->rendered;
    return (struct reply){.out = out, .version = connection->session.version};
}

static void reply_end(struct connection *connection, const struct reply *reply)
{
    if (reply->out == &connection->output) {
        connection->kept.answered++;
    } else {
        flight_store_reply(&connection->flights, reply->out, (uint32_t)connection->worker->now_us);
        buffer_consume(reply->out, buffer_length(reply->out));
    }
    connection_touch(connection);
    connection->worker->more = true;
}

/** Hands an inquiry to its service. What it must know of is all that has happened, as this is the moment. */
static void inquiry_begin(const struct connection *connection, const struct flight_plan *plan)
{
    struct worker *worker = connection->worker;
    const struct inquiry *asked = (const struct inquiry *)(const void *)plan->message;
    struct buffer *out = &worker->inquiries[asked->service];
    buffer_append(out, asked, asked->head.size);
    struct inquiry *inquiry = (struct inquiry *)(void *)(out->bytes + out->end - asked->head.size);
    inquiry->seen = sequence_newest(&worker->server->sequence);
    inquiry->command = plan->command;
    inquiry->version = plan->version;
    if (connection->hung_up) {
        inquiry->waits = false;
    }
}

void dispatch_release(struct connection *connection)
{
    struct worker *worker = connection->worker;
    const struct flight *flight = flight_oldest(&connection->flights);
    if (!flight || flight->state != FLIGHT_OPEN || flight->command != COMMAND_FEED) {
        return;
    }
    const struct sender sender = {.ticket = connection_ticket_oldest(connection),
                                  .origin = (uint8_t)worker->index};
    struct inquiry *inquiry =
        inquiry_compose(&worker->inquiries[SERVICE_FEED], &sender, SERVICE_FEED, (struct slice){"", 0});
    inquiry->releases = true;
    worker->more = true;
}

/** Hands a request that flight_admits to the shard it visits first, or to its service. */
static void request_begin(struct connection *connection, const struct flight_plan *plan)
{
    struct worker *worker = connection->worker;
    worker->more = true;
    if (message_is_inquiry(plan->message)) {
        inquiry_begin(connection, plan);
        flight_begin(&connection->flights, plan);
        return;
    }
    const struct define_message *routed = (const struct define_message *)(const void *)plan->message;
    unsigned first = members_first(routed->route.members);
    struct buffer *out = first == worker->index ? &worker->run : &worker->outbox.to[first];
    buffer_append(out, plan->message, plan->message->size);
    flight_begin(&connection->flights, plan);
}

static void request_hold(struct connection *connection, const struct flight_plan *plan)
{
    struct held *held = &connection->held;
    held->command = plan->command;
    held->view = plan->view;
    held->text_length = (uint8_t)plan->text.length;
    buffer_append(&held->bytes, plan->message, plan->message->size);
    buffer_append(&held->bytes, plan->text.text, plan->text.length);
}

static struct flight_plan plan_new(const struct connection *connection, uint8_t command)
{
    const struct worker *worker = connection->worker;
    return (struct flight_plan){.started_us = (uint32_t)worker->now_us,
                                .command = command,
                                .version = (uint8_t)connection->session.version,
                                .view = worker->sender.stripes->changes,
                                .lone = worker->sender.shards == 1};
}

/** Composes a request to the ledger and starts it, or holds it back until it may start. */
static void request_ledger(struct connection *connection, const struct command *command,
                           const struct request *request)
{
    struct worker *worker = connection->worker;
    struct flight_plan plan = plan_new(connection, (uint8_t)command->id);
    worker->sender.ticket = connection_ticket(connection);
    buffer_consume(&worker->draft, buffer_length(&worker->draft));
    struct reply reply = reply_begin(connection);
    plan.message = command->id == COMMAND_EXEC
                       ? multi_compose(connection, &reply)
                       : request_compose(worker, command, request, &reply, &plan.text);
    if (!plan.message) {
        counter_add(&worker->counters.errors, 1);
        reply_end(connection, &reply);
    } else if (flight_admits(&connection->flights, &plan)) {
        request_begin(connection, &plan);
    } else {
        request_hold(connection, &plan);
    }
}

static void reply_unknown(struct reply *reply, const struct request *request)
{
    char arguments[QUOTE_MAX + 1] = "";
    size_t length = 0;
    for (uint32_t i = 1; i < request->argc && length < QUOTE_MAX; i++) {
        struct slice argument = request->args[i];
        int shown = argument.length > QUOTE_MAX ? QUOTE_MAX : (int)argument.length;
        length +=
            (size_t)snprintf(arguments + length, sizeof arguments - length, "'%.*s' ", shown, argument.text);
    }
    struct slice name = request->args[0];
    int shown = name.length > QUOTE_MAX ? QUOTE_MAX : (int)name.length;
    reply_errorf(reply, "ERR", "unknown command '%.*s', with args beginning with: %s", shown, name.text,
                 arguments);
}

static void reply_arity(struct reply *reply, const struct command *command)
{
    char name[QUOTE_MAX];
    char syntax[512];
    size_t length = strlen(command->name);
    assert(length < sizeof name);
    for (size_t i = 0; i <= length; i++) {
        char letter = command->name[i];
        name[i] = (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    }
    command_syntax(command, syntax, sizeof syntax);
    reply_errorf(reply, "ERR", "wrong number of arguments for '%s' command; it is %s", name, syntax);
}

/** Whether a command whose arity fits, and that is not to be queued, is the ledger's to answer. */
static bool is_for_ledger(const struct connection *connection, const struct command *command)
{
    return (command->flags & (COMMAND_READS | COMMAND_WRITES)) != 0 &&
           (command->id != COMMAND_EXEC || multi_is_ready(&connection->multi));
}

/** Sends an errand off: its answer comes in its turn, as a shard's does. */
static void request_errand(struct connection *connection, struct errand *errand)
{
    struct worker *worker = connection->worker;
    errand_begin(errand, worker, connection_ticket(connection));
    flight_begin_errand(&connection->flights, (uint8_t)connection->session.version, (uint32_t)worker->now_us);
    connection->on_errand = true;
}

static void request_take(struct connection *connection, const struct request *request, struct slice raw)
{
    if (request->argc == 0) {
        return;
    }
    struct counters *counters = &connection->worker->counters;
    counter_add(&counters->requests, 1);
    const struct command *command = command_find_like(request->args[0], connection->command);
    connection->command = (uint8_t)(command ? command->id : COMMAND_COUNT);
    slowlog_keep(connection, command, request, raw);
    bool good = command && command_arity_ok(command, request->argc);
    bool queued = multi_takes(&connection->multi, command);
    if (good && !queued && is_for_ledger(connection, command)) {
        request_ledger(connection, command, request);
        return;
    }
    struct reply reply = reply_begin(connection);
    if (good && queued) {
        good = multi_queue(connection, command, request, &reply);
    } else if (good) {
        struct errand *errand = session_answer(connection, command, request, &reply);
        if (errand) {
            request_errand(connection, errand);
            return;
        }
    } else if (command) {
        reply_arity(&reply, command);
    } else {
        reply_unknown(&reply, request);
    }
    if (!good) {
        multi_fail(&connection->multi);
        counter_add(&counters->errors, 1);
    }
    reply_end(connection, &reply);
}

/** Answers with an error and takes no further request. */
static void connection_refuse(struct connection *connection, const char *sentence)
{
    struct reply reply = reply_begin(connection);
    slowlog_keep(connection, NULL, NULL, (struct slice){"", 0});
    reply_error(&reply, "ERR", sentence, strlen(sentence));
    reply_end(connection, &reply);
    connection->ended = true;
    connection->unfinished_us = 0;
}

void dispatch_input(struct connection *connection, struct buffer *input)
{
    struct worker *worker = connection->worker;
    bool unfinished = false;
    while (connection_accepts(connection) && buffer_length(input) > 0) {
        unfinished = buffer_length(input) < connection->input_needed;
        if (unfinished) {
            break;
        }
        struct resp_result result;
        char *bytes = input->bytes + input->start;
        resp_parse(bytes, buffer_length(input), &worker->request, &result);
        if (result.status == RESP_ERROR) {
            connection_refuse(connection, result.error);
            break;
        }
        if (result.status == RESP_MORE) {
            connection->input_needed = result.size;
            continue;
        }
        request_take(connection, &worker->request, (struct slice){bytes, result.size});
        buffer_consume(input, result.size);
        connection->input_needed = 1;
        connection->unfinished_us = 0;
    }
    if (!unfinished) {
        connection->unfinished_us = 0;
    } else if (connection->unfinished_us == 0) {
        connection->unfinished_us = worker->now_us;
    }
    if (connection->ended) {
        buffer_consume(input, buffer_length(input));
    }
}

void dispatch_resume(struct connection *connection)
{
    struct held *held = &connection->held;
    if (buffer_length(&held->bytes) > 0) {
        struct flight_plan plan = plan_new(connection, held->command);
        plan.view = held->view;
        plan.message = (const struct message *)(const void *)held->bytes.bytes;
        plan.text = (struct slice){held->bytes.bytes + plan.message->size, held->text_length};
        if (!flight_admits(&connection->flights, &plan)) {
            return;
        }
        request_begin(connection, &plan);
        buffer_consume(&held->bytes, buffer_length(&held->bytes));
    }
    dispatch_input(connection, &connection->input);
    if (connection->hung_up && connection_accepts(connection)) {
        connection->ended = true; /* what is left of its input will never be a request */
    }
}

void dispatch_timeout(struct connection *connection)
{
    char sentence[128];
    snprintf(sentence, sizeof sentence, "timeout: a request stayed unfinished for %ld seconds",
             (long)connection->worker->server->config.timeout);
    connection_refuse(connection, sentence);
    buffer_consume(&connection->input, buffer_length(&connection->input));
}

/** What must be durable before the client hears the answer. */
static sequence_t answer_seen(const struct message *answer)
{
    const void *body = answer;
    if (message_is_inquiry(answer)) {
        return ((const struct inquiry_answer *)body)->seen;
    }
    switch ((enum message_kind)answer->kind) {
    case MESSAGE_OUTCOME: return ((const struct outcome_message *)body)->seen;
    case MESSAGE_LOOKUP: return ((const struct lookup_answer *)body)->seen;
    default: return ((const struct define_message *)body)->route.seen;
    }
}

/** The output takes one more answer, of the oldest request in flight. */
static void answer_written(struct connection *connection, const struct flight *flight)
{
    struct worker *worker = connection->worker;
    if (flight->seen > connection->output_seen) {
        connection->output_seen = flight->seen;
    }
    counters_latency(&worker->counters, (uint32_t)worker->now_us - flight->started_us);
    connection->kept.answered++;
    flight_retire(&connection->flights);
}

/** Writes the answers that waited for the one just written. */
static void answers_follow(struct connection *connection)
{
    const struct flight *flight = NULL;
    while ((flight = flight_ready(&connection->flights)) != NULL) {
        struct reply reply = {.out = &connection->output, .version = flight->version};
        if (flight->state == FLIGHT_NUMBER) {
            reply_integer(&reply, flight->number);
        } else {
            const char *bytes = connection->flights.stored.bytes + flight->text.offset;
            buffer_append(&connection->output, bytes, flight->text.length);
        }
        answer_written(connection, flight);
    }
}

/** Appends the reply that an answer stands for. */
static void answer_render(struct reply *reply, const struct flights *flights, const struct flight *flight,
                          const struct message *answer)
{
    if (message_is_inquiry(answer)) {
        const struct inquiry_answer *finished = (const struct inquiry_answer *)(const void *)answer;
        buffer_append(reply->out, finished->reply, finished->length);
        return;
    }
    render_answer(reply, flight->command, answer, flight_text(flights, flight));
}

/** Whether a shard does not remember what LOOKUP asks for, so that only the disk can tell. */
static bool lookup_goes_on(const struct worker *worker, const struct flight *flight,
                           const struct message *answer)
{
    const void *body = answer;
    return flight->command == COMMAND_LOOKUP && answer->kind == MESSAGE_LOOKUP &&
           !((const struct lookup_answer *)body)->found &&
           worker->server->config.durability != DURABILITY_NONE;
}

/** Asks the history what was up to the moment when the shard answered. */
static void history_ask(struct worker *worker, const struct flight *flight, const struct message *answer,
                        struct slice id)
{
    const struct sender sender = {.ticket = answer->ticket, .origin = (uint8_t)worker->index};
    struct inquiry *inquiry =
        inquiry_compose(&worker->inquiries[SERVICE_HISTORY], &sender, SERVICE_HISTORY, id);
    inquiry->seen = answer_seen(answer);
    inquiry->command = flight->command;
    inquiry->version = flight->version;
    worker->more = true;
}

/** Where the answer to a request in flight goes: to the output, or behind those before it. */
static struct reply answer_begin(struct connection *connection, const struct flight *flight)
{
    bool first = flight_is_first(&connection->flights, flight);
    struct buffer *out = first ? &connection->output : &connection->worker->rendered;
    return (struct reply){.out = out, .version = flight->version};
}

static void answer_end(struct connection *connection, struct flight *flight, const struct reply *reply)
{
    if (reply->out == &connection->output) {
        answer_written(connection, flight);
        answers_follow(connection);
    } else {
        flight_store_text(&connection->flights, flight, reply->out);
        buffer_consume(reply->out, buffer_length(reply->out));
    }
    connection_touch(connection);
}

void dispatch_answer(struct worker *worker, const struct message *answer)
{
    if (answer->ticket == ARCHIVER_TICKET) {
        buffer_append(&worker->surveys, answer, answer->size);
        return;
    }
    struct connection *connection = connection_find(worker, answer->ticket);
    if (!connection) {
        return;
    }
    struct flights *flights = &connection->flights;
    struct flight *flight = flight_find(flights, (uint16_t)answer->ticket);
    if (flight->command == COMMAND_SAVE && answer->kind == MESSAGE_SURVEY) {
        buffer_append(&worker->surveys, answer, answer->size); /* the archiver will answer */
        return;
    }
    if (lookup_goes_on(worker, flight, answer)) {
        history_ask(worker, flight, answer, flight_text(flights, flight));
        return;
    }
    const struct outcome_message *outcome = (const struct outcome_message *)(const void *)answer;
    flight->seen = answer_seen(answer);
    if (!flight_is_first(flights, flight) && answer->kind == MESSAGE_OUTCOME &&
        outcome->status == OUTCOME_NUMBER) {
        flight->state = FLIGHT_NUMBER;
        flight->number = (int64_t)outcome->number;
        connection_touch(connection);
        return;
    }
    struct reply reply = answer_begin(connection, flight);
    answer_render(&reply, flights, flight, answer);
    answer_end(connection, flight, &reply);
}

void dispatch_errand(struct worker *worker, struct errand *errand)
{
    struct connection *connection = connection_find(worker, errand->ticket);
    if (connection) {
        struct flight *flight = flight_find(&connection->flights, (uint16_t)errand->ticket);
        struct reply reply = answer_begin(connection, flight);
        connection->on_errand = false;
        errand->kind->answer(errand, &reply);
        answer_end(connection, flight, &reply);
    }
}
