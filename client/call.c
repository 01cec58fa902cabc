/* call.c: see call.h. */
#include "client/call.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/connect.h"
#include "client/help.h"
#include "proto/answer.h"

bool call_check(struct slice *words, size_t count, struct buffer *complaint)
{
    const struct command *command = command_find(words[0]);
    char *text = NULL;
    size_t length = 0;
    FILE *out = NULL;
    if (command != NULL && command->id == COMMAND_BALANCE && count > 2) {
        words[0] = (struct slice){"BALANCES", sizeof "BALANCES" - 1};
        return true;
    }
    if (command != NULL && command_arity_ok(command, (uint32_t)count))
        return true;
    out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    if (command == NULL)
        help_unknown(out, words[0]);
    else {
        (void)fprintf(out, "bursar: %zu words are not what %s takes:\n", count - 1, command->name);
        help_command(out, command);
    }
    (void)fclose(out);
    buffer_append(complaint, text, length);
    free(text);
    return false;
}

enum exit_status call_print(const struct slice *words, size_t count, const char *bytes, size_t length,
                            const struct print_style *style, const char *where)
{
    struct answer head = {0};
    size_t position = 0;
    (void)answer_next(bytes, length, &position, &head);
    if (head.kind == ANSWER_ERROR && style->form != PRINT_JSON) {
        const char *space = memchr(head.text, ' ', head.length);
        int code = space != NULL ? (int)(space - head.text) : (int)head.length;
        int rest = (int)head.length - code;
        (void)fflush(stdout); /* what came before it, before it */
        (void)fprintf(stderr, "%s%.*s:%.*s\n", where, code, head.text, rest, head.text + code);
        return EXIT_REJECTED;
    }
    struct buffer out = {0};
    print_answer(&out, words, count, bytes, length, style);
    (void)fwrite(out.bytes, 1, buffer_length(&out), stdout);
    buffer_free(&out);
    return head.kind == ANSWER_ERROR ? EXIT_REJECTED : EXIT_DONE;
}

/* FEED may be asked to wait on the server's side: that much longer its answer is waited for. -1: for ever. */
static int patience(const struct slice *words, size_t count, int timeout_ms)
{
    const struct command *command = command_find(words[0]);
    for (size_t i = 3; command != NULL && command->id == COMMAND_FEED && i + 1 < count; i++) {
        char digits[16];
        if (words[i].length != 5 || strncasecmp(words[i].text, "BLOCK", 5) != 0)
            continue;
        (void)snprintf(digits, sizeof digits, "%.*s", (int)words[i + 1].length, words[i + 1].text);
        long block = strtol(digits, NULL, 10);
        return block <= 0 || block > INT_MAX - timeout_ms ? -1 : timeout_ms + (int)block;
    }
    return timeout_ms;
}

/* Sends and waits. The size of the reply, 0 with link->error set. */
static size_t exchange(struct link *link, const struct slice *words, size_t count)
{
    struct buffer out = {0};
    int timeout_ms = link->place.timeout_ms;
    link_format(&out, words, count);
    bool sent = link_send(link, &out);
    buffer_free(&out);
    link->place.timeout_ms = patience(words, count, timeout_ms);
    size_t size = sent ? link_receive(link) : 0;
    link->place.timeout_ms = timeout_ms;
    return size;
}

/* Says that there is no answer, and what that means. */
static enum exit_status give_up(const struct link *link, const struct slice *words, size_t count, bool inside)
{
    const struct command *command = command_find(words[0]);
    bool reads = command != NULL && (command->flags & COMMAND_READS) != 0;
    (void)fflush(stdout);
    (void)fprintf(stderr, "bursar: %s\n", link->error);
    if (inside) {
        bool executed = command != NULL && command->id == COMMAND_EXEC;
        (void)fprintf(stderr, executed ? "bursar: the transaction may or may not have been done\n"
                                       : "bursar: the transaction is lost: nothing of it was done\n");
        return executed ? EXIT_UNKNOWN : EXIT_NO_CONNECTION;
    }
    if (command_repeatable(words, count)) {
        if (!reads)
            (void)fprintf(stderr, "bursar: %.*s may or may not have been done; it is safe to send it again\n",
                          (int)words[0].length, words[0].text);
        return EXIT_NO_CONNECTION;
    }
    (void)fprintf(
        stderr,
        "bursar: %.*s may or may not have been done, and done twice it is not the same as once: look "
        "before you send it again\n",
        (int)words[0].length, words[0].text);
    return EXIT_UNKNOWN;
}

enum exit_status call_make(struct link *link, const struct call *call)
{
    struct connect_retry retry = {0};
    const struct command *command = command_find(call->words[0]);
    for (;;) {
        size_t size = exchange(link, call->words, call->count);
        if (size > 0) {
            const char *reply = link->in.bytes + link->in.start;
            enum exit_status status = call_print(call->words, call->count, reply, size, call->style, "");
            if (call->learn != NULL)
                call->learn(call->context, reply, size);
            buffer_consume(&link->in, size);
            return status;
        }
        if (command != NULL && command->id == COMMAND_SHUTDOWN && link->lost)
            return EXIT_DONE; /* that the connection closes is the answer */
        bool again = !call->inside && link->lost && command_repeatable(call->words, call->count);
        if (!again || !connect_again(link, &retry))
            return give_up(link, call->words, call->count, call->inside);
    }
}
