/* batch.c: see batch.h.
 *
 * Reading, sending and receiving take turns under poll(), so that neither side can block the other: a server
 * that waits for its replies to be read would otherwise wait for ever, while we wait for it to take more.
 */
#include "client/batch.h"

#include "client/connect.h"
#include "proto/commands.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE    65536
#define OUT_MAX      1048576 /* bytes not sent yet, above which no more lines are read */
#define INFLIGHT_MAX 4096    /* commands sent and not answered */

/* A command in flight: its words are needed to print its reply, and to send it again. */
struct sent {
    uint64_t line;
    struct slice *words; /* one block with their text; owned */
    size_t count;
    bool
        inside; /* of a transaction that is not at its end yet: kept until it is, as it is sent again whole */
};

struct batch {
    struct link *link;
    const struct print_style *style;
    enum exit_status status;
    struct buffer in;  /* of standard input */
    struct buffer out; /* to the server */
    bool ended;        /* standard input is at its end */
    bool closing;      /* a command was sent after which the server closes: nothing more is read */
    uint64_t lines;    /* read so far */
    struct sent sent[INFLIGHT_MAX];
    size_t first;    /* the oldest that is kept */
    size_t count;    /* kept */
    size_t answered; /* of them, the first so many are answered and printed */
    size_t repeated; /* of these, so many are going to be answered again, which is not printed */
    bool inside;     /* the next line is of a transaction */
    bool curtailed;  /* a transaction was too long to be kept whole */
    struct connect_retry retry;
};

static void complain(struct batch *batch, const char *text, size_t length)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "line %lu: %.*s", (unsigned long)batch->lines, (int)length, text);
    batch->status = EXIT_REJECTED;
}

/* A copy of the words that outlives the line. */
static struct slice *words_copy(const struct slice *words, size_t count)
{
    size_t size = count * sizeof *words;
    for (size_t i = 0; i < count; i++)
        size += words[i].length;
    struct slice *copy = malloc(size);
    if (copy == NULL)
        abort();
    char *text = (char *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        memcpy(text, words[i].text, words[i].length);
        copy[i] = (struct slice){text, words[i].length};
        text += words[i].length;
    }
    return copy;
}

static bool is_command(const struct slice *words, enum command_id id)
{
    const struct command *command = command_find(words[0]);
    return command != NULL && command->id == id;
}

static void enqueue(struct batch *batch, const struct request *request)
{
    const struct slice *words = request->args;
    if (is_command(words, COMMAND_MULTI))
        batch->inside = true;
    else if (is_command(words, COMMAND_EXEC) || is_command(words, COMMAND_DISCARD) ||
             is_command(words, COMMAND_RESET))
        batch->inside = false;
    link_format(&batch->out, words, request->argc);
    struct sent *sent = &batch->sent[(batch->first + batch->count++) % INFLIGHT_MAX];
    *sent = (struct sent){batch->lines, words_copy(words, request->argc), request->argc, batch->inside};
    /* After these two there is no connection. */
    if (is_command(words, COMMAND_QUIT) || is_command(words, COMMAND_SHUTDOWN)) {
        batch->ended = true;
        batch->closing = true;
    }
}

/* Takes one line, which ends with a line feed. */
static void take_line(struct batch *batch, char *line, size_t length)
{
    static struct request request;
    struct resp_result result;
    batch->lines++;
    if (line[0] == '#')
        return;
    if (line[0] == '*') {
        complain(batch, "a line is a command, not a message of the protocol\n", 51);
        return;
    }
    resp_parse(line, length, &request, &result);
    if (result.status != RESP_REQUEST) {
        complain(batch, result.error, strlen(result.error));
        (void)fputc('\n', stderr);
        return;
    }
    if (request.argc == 0)
        return;
    struct buffer complaint = {0};
    if (!call_check(request.args, request.argc, &complaint))
        complain(batch, complaint.bytes, buffer_length(&complaint));
    else
        enqueue(batch, &request);
    buffer_free(&complaint);
}

static bool may_take(const struct batch *batch)
{
    return batch->count < INFLIGHT_MAX && buffer_length(&batch->out) < OUT_MAX;
}

/* Takes what lines there are, as many as may be in flight. */
static void take_lines(struct batch *batch)
{
    while (!batch->closing && may_take(batch) && buffer_length(&batch->in) > 0) {
        char *start = batch->in.bytes + batch->in.start;
        char *end = memchr(start, '\n', buffer_length(&batch->in));
        if (end == NULL && !batch->ended)
            return;
        if (end == NULL) { /* the last line lacks its end */
            buffer_append(&batch->in, "\n", 1);
            continue;
        }
        size_t length = (size_t)(end - start) + 1;
        take_line(batch, start, length);
        buffer_consume(&batch->in, length);
    }
}

static void read_input(struct batch *batch)
{
    char *room = buffer_reserve(&batch->in, READ_SIZE);
    ssize_t length = read(STDIN_FILENO, room, READ_SIZE);
    if (length > 0)
        batch->in.end += (size_t)length;
    else if (length == 0 || errno != EINTR)
        batch->ended = true;
}

static bool send_some(struct batch *batch)
{
    const struct buffer *out = &batch->out;
    ssize_t sent =
        send(batch->link->fd, out->bytes + out->start, buffer_length(out), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        buffer_consume(&batch->out, (size_t)sent);
    /* A lost connection shows itself to the reader, after the replies that still came. */
    return sent >= 0 || errno == EAGAIN || errno == EINTR || errno == EPIPE || errno == ECONNRESET;
}

static struct sent *kept(struct batch *batch, size_t which)
{
    return &batch->sent[(batch->first + which) % INFLIGHT_MAX];
}

/* Forgets what is answered. */
static void forget(struct batch *batch)
{
    for (size_t i = 0; i < batch->answered; i++)
        free(kept(batch, i)->words);
    batch->first = (batch->first + batch->answered) % INFLIGHT_MAX;
    batch->count -= batch->answered;
    batch->answered = 0;
}

/* Prints the oldest reply, `size` bytes, unless it was printed before the connection was lost. */
static void take_answer(struct batch *batch, size_t size)
{
    const char *bytes = batch->link->in.bytes + batch->link->in.start;
    batch->retry = (struct connect_retry){0};
    if (batch->repeated > 0) {
        batch->repeated--;
        return;
    }
    const struct sent *sent = kept(batch, batch->answered++);
    char where[32];
    (void)snprintf(where, sizeof where, "line %lu: ", (unsigned long)sent->line);
    if (call_print(sent->words, sent->count, bytes, size, batch->style, where) != EXIT_DONE)
        batch->status = EXIT_REJECTED;
    if (!sent->inside) {
        forget(batch);
        batch->curtailed = false;
    } else if (batch->answered == INFLIGHT_MAX) {
        forget(batch);
        batch->curtailed = true;
    }
}

/* Prints what has been answered. False when what came is no reply. */
static bool print_answers(struct batch *batch)
{
    size_t size;
    while (link_whole(batch->link, &size)) {
        if (size == 0)
            return true;
        if (batch->count == batch->answered && batch->repeated == 0) {
            (void)snprintf(batch->link->error, sizeof batch->link->error,
                           "a reply came that nothing asked for");
            return false;
        }
        take_answer(batch, size);
        buffer_consume(&batch->link->in, size);
    }
    return false;
}

/* Waits until something can be done, and does it. False when the connection is lost. */
static bool turn(struct batch *batch)
{
    bool want_input = !batch->ended && may_take(batch);
    bool want_send = buffer_length(&batch->out) > 0;
    struct pollfd waits[2] = {
        {.fd = batch->link->fd, .events = (short)(POLLIN | (want_send ? POLLOUT : 0))},
        {.fd = want_input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int ready = poll(waits, 2, batch->count > batch->answered ? batch->link->place.timeout_ms : -1);
    if (ready == 0) {
        batch->link->late = true;
        (void)snprintf(batch->link->error, sizeof batch->link->error, "the server did not answer in time");
        return false;
    }
    if (ready < 0)
        return errno == EINTR;
    if (want_input && waits[1].revents != 0)
        read_input(batch);
    if ((waits[0].revents & POLLOUT) != 0 && !send_some(batch))
        return false;
    if ((waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !link_read(batch->link))
        return false;
    return print_answers(batch);
}

/* The first line of those in flight that may have been done and would not be the same done twice; 0: there is
 * none. What is queued in a transaction is not done before its EXEC, and not by halves. */
static uint64_t line_unsafe(struct batch *batch)
{
    uint64_t queued = batch->curtailed ? kept(batch, 0)->line : 0; /* the first such of the transaction */
    bool inside = batch->curtailed;
    for (size_t i = 0; i < batch->count; i++) {
        const struct sent *sent = kept(batch, i);
        bool well = command_repeatable(sent->words, sent->count);
        if (is_command(sent->words, COMMAND_EXEC)) {
            if (queued != 0)
                return queued;
        } else if (sent->inside && !inside)
            queued = 0; /* its MULTI */
        else if (inside && !well && queued == 0)
            queued = sent->line;
        else if (!inside && !well && i >= batch->answered)
            return sent->line;
        inside = sent->inside;
    }
    return 0;
}

/* Says what is known of the lines that have no answer. */
static void give_up(struct batch *batch, uint64_t unsafe)
{
    bool open = batch->count > batch->answered;
    (void)fflush(stdout);
    (void)fprintf(stderr, "bursar: %s\n", batch->link->error);
    batch->status = unsafe != 0 ? EXIT_UNKNOWN : EXIT_NO_CONNECTION;
    if (!open)
        return;
    unsigned long first = (unsigned long)kept(batch, batch->answered)->line;
    unsigned long last = (unsigned long)kept(batch, batch->count - 1)->line;
    if (unsafe == 0)
        (void)fprintf(
            stderr, "bursar: lines %lu to %lu may or may not have been done; it is safe to send them again\n",
            first, last);
    else
        (void)fprintf(
            stderr,
            "bursar: lines %lu to %lu may or may not have been done, and line %lu, done twice, is not the "
            "same as once: look before you send them again\n",
            first, last, (unsigned long)unsafe);
}

/* Connects again and sends again what is kept. False when that can't be, after saying so. */
static bool recover(struct batch *batch)
{
    uint64_t unsafe = line_unsafe(batch);
    if (batch->link->late || unsafe != 0 || !connect_again(batch->link, &batch->retry)) {
        give_up(batch, unsafe);
        return false;
    }
    buffer_consume(&batch->out, buffer_length(&batch->out));
    for (size_t i = 0; i < batch->count; i++)
        link_format(&batch->out, kept(batch, i)->words, kept(batch, i)->count);
    batch->repeated = batch->answered;
    return true;
}

static bool is_done(const struct batch *batch)
{
    bool read = batch->closing || (batch->ended && buffer_length(&batch->in) == 0);
    return read && batch->count == batch->answered && batch->repeated == 0;
}

/* Whether the connection may close now: a SHUTDOWN is answered by that. */
static bool is_farewell(struct batch *batch)
{
    return batch->closing && batch->count - batch->answered == 1 &&
           is_command(kept(batch, batch->answered)->words, COMMAND_SHUTDOWN);
}

enum exit_status batch_run(struct link *link, const struct print_style *style)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        abort();
    batch->link = link;
    batch->style = style;
    while (!is_done(batch)) {
        if (!turn(batch) && (is_farewell(batch) || is_done(batch) || !recover(batch)))
            break;
        take_lines(batch);
    }
    batch->answered = batch->count;
    forget(batch);
    enum exit_status status = batch->status;
    buffer_free(&batch->in);
    buffer_free(&batch->out);
    free(batch);
    return status;
}
