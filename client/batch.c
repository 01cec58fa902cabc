/* batch.c: see batch.h.
 *
 * Reading, sending and receiving take turns under poll(), so that neither side can block the other: a server
 * that waits for its replies to be read would otherwise wait for ever, while we wait for it to take more.
 */
#include "client/batch.h"

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

/* A command in flight: its words are needed to print its reply. */
struct sent {
    uint64_t line;
    struct slice *words; /* one block with their text; owned */
    size_t count;
};

struct batch {
    struct link *link;
    const struct print_style *style;
    enum exit_status status;
    struct buffer in;  /* of standard input */
    struct buffer out; /* to the server */
    bool ended;        /* standard input is at its end */
    uint64_t lines;    /* read so far */
    struct sent sent[INFLIGHT_MAX];
    size_t first; /* the oldest in flight */
    size_t count; /* in flight */
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
    else {
        link_format(&batch->out, request.args, request.argc);
        struct sent *sent = &batch->sent[(batch->first + batch->count++) % INFLIGHT_MAX];
        *sent = (struct sent){batch->lines, words_copy(request.args, request.argc), request.argc};
    }
    buffer_free(&complaint);
}

static bool may_take(const struct batch *batch)
{
    return batch->count < INFLIGHT_MAX && buffer_length(&batch->out) < OUT_MAX;
}

/* Takes what lines there are, as many as may be in flight. */
static void take_lines(struct batch *batch)
{
    while (may_take(batch) && buffer_length(&batch->in) > 0) {
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

/* Prints what has been answered. False when what came is no reply. */
static bool print_answers(struct batch *batch)
{
    size_t size;
    while (link_whole(batch->link, &size)) {
        if (size == 0)
            return true;
        if (batch->count == 0) {
            (void)snprintf(batch->link->error, sizeof batch->link->error,
                           "a reply came that nothing asked for");
            return false;
        }
        struct sent *sent = &batch->sent[batch->first];
        char where[32];
        (void)snprintf(where, sizeof where, "line %lu: ", (unsigned long)sent->line);
        const char *bytes = batch->link->in.bytes + batch->link->in.start;
        if (call_print(sent->words, sent->count, bytes, size, batch->style, where) != EXIT_DONE)
            batch->status = EXIT_REJECTED;
        buffer_consume(&batch->link->in, size);
        free(sent->words);
        batch->first = (batch->first + 1) % INFLIGHT_MAX;
        batch->count--;
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
    int ready = poll(waits, 2, batch->count > 0 ? batch->link->place.timeout_ms : -1);
    if (ready == 0) {
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

enum exit_status batch_run(struct link *link, const struct print_style *style)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        abort();
    batch->link = link;
    batch->style = style;
    while (!batch->ended || buffer_length(&batch->in) > 0 || batch->count > 0) {
        if (!turn(batch)) {
            (void)fflush(stdout);
            (void)fprintf(stderr, "bursar: %s\n", link->error);
            if (batch->count > 0)
                (void)fprintf(
                    stderr,
                    "bursar: lines %lu to %lu may or may not have been done; with the same ids it is "
                    "safe to send them again\n",
                    (unsigned long)batch->sent[batch->first].line, (unsigned long)batch->lines);
            batch->status = EXIT_NO_CONNECTION;
            break;
        }
        take_lines(batch);
    }
    for (size_t i = 0; i < batch->count; i++)
        free(batch->sent[(batch->first + i) % INFLIGHT_MAX].words);
    enum exit_status status = batch->status;
    buffer_free(&batch->in);
    buffer_free(&batch->out);
    free(batch);
    return status;
}
