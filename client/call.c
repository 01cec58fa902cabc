/* call.c: see call.h. */
#include "client/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum exit_status call_once(struct link *link, const struct slice *words, size_t count,
                           const struct print_style *style)
{
    struct buffer out = {0};
    link_format(&out, words, count);
    size_t size = link_send(link, &out) ? link_receive(link) : 0;
    buffer_free(&out);
    if (size == 0) {
        (void)fprintf(stderr, "bursar: %s\n", link->error);
        return EXIT_NO_CONNECTION;
    }
    enum exit_status status = call_print(words, count, link->in.bytes + link->in.start, size, style, "");
    buffer_consume(&link->in, size);
    return status;
}
