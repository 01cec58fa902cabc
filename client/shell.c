/* shell.c: see shell.h. */
#include "client/shell.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/call.h"
#include "client/connect.h"
#include "client/editor.h"
#include "client/help.h"
#include "client/lister.h"
#include "client/recall.h"
#include "client/tools.h"
#include "proto/inline.h"

#define SLOW_MS 100 /* from here on it is told how long a reply took */

struct shell {
    const struct setup *setup;
    struct print_style style;
    struct place place;
    struct link link;
    bool opened; /* there was a connection before */
    bool inside; /* of a transaction */
    struct editor *editor;
    struct recall recall;
    struct names names;
    struct lister lister;
    struct typed typed; /* scratch, too large for the stack */
    struct request request;
    char prompt[160];
};

/* Set by Ctrl-C while a reply is waited for. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static const char *prompt(void *context)
{
    struct shell *shell = (struct shell *)context;
    const struct place *place = &shell->place;
    const char *where = place->socket != NULL ? place->socket : place->host;
    (void)snprintf(shell->prompt, sizeof shell->prompt, "%.100s%s%.8s%s> ", where,
                   place->socket != NULL ? "" : ":", place->socket != NULL ? "" : place->port,
                   shell->inside ? "(multi)" : "");
    return shell->prompt;
}

static void hint(void *context, const char *line, size_t length, struct buffer *out)
{
    struct shell *shell = (struct shell *)context;
    if (typed_split(&shell->typed, line, length))
        typed_hint(&shell->typed, out);
}

static void complete(void *context, const char *line, size_t length, struct completion *completion,
                     size_t *replaced)
{
    struct shell *shell = (struct shell *)context;
    completion->count = 0;
    if (!typed_split(&shell->typed, line, length))
        return;
    *replaced = shell->typed.last.length;
    complete_find(completion, &shell->typed, &shell->names, lister_ask, &shell->lister);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Makes sure of a connection. False after saying why there is none. */
static bool connected(struct shell *shell)
{
    if (connect_alive(&shell->link))
        return true;
    if (shell->opened && shell->inside) {
        (void)fprintf(
            stderr, "bursar: the connection was lost, and the transaction with it: nothing of it was done\n");
        shell->inside = false;
        link_close(&shell->link);
        return false;
    }
    link_close(&shell->link);
    if (!connect_open(&shell->link, &shell->place)) {
        (void)fprintf(stderr, "bursar: %s; is bursard running there?\n", shell->link.error);
        return false;
    }
    if (shell->opened)
        (void)fprintf(stderr, "bursar: connected again\n");
    shell->opened = true;
    return true;
}

static bool is_command(const struct command *command, enum command_id id)
{
    return command != NULL && command->id == id;
}

/* What a command that was answered does to the transaction. */
static void follow_transaction(struct shell *shell, const struct command *command, enum exit_status status)
{
    if (is_command(command, COMMAND_MULTI) && status == EXIT_DONE)
        shell->inside = true;
    if (is_command(command, COMMAND_EXEC) || is_command(command, COMMAND_DISCARD) ||
        is_command(command, COMMAND_RESET))
        shell->inside = false;
}

static void tell_time(const struct shell *shell, int64_t took_ms)
{
    if (took_ms >= SLOW_MS)
        printf("%s(%.2f s)%s\n", shell->style.colour ? "\x1b[2m" : "", (double)took_ms / 1000,
               shell->style.colour ? "\x1b[22m" : "");
}

static void learn(void *context, const char *bytes, size_t length)
{
    names_learn_reply((struct names *)context, bytes, length);
}

static void send_command(struct shell *shell, struct slice *words, size_t count)
{
    const struct command *command = command_find(words[0]);
    struct winsize size = {0};
    interrupted = 0;
    if (!connected(shell))
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        shell->style.width = size.ws_col;
    int64_t begin = now_ms();
    const struct call call = {.words = words,
                              .count = count,
                              .inside = shell->inside,
                              .style = &shell->style,
                              .learn = learn,
                              .context = &shell->names};
    enum exit_status status = call_make(&shell->link, &call);
    if (status == EXIT_NO_CONNECTION || status == EXIT_UNKNOWN || is_command(command, COMMAND_SHUTDOWN)) {
        link_close(&shell->link);
        shell->inside = false;
        return;
    }
    tell_time(shell, now_ms() - begin);
    follow_transaction(shell, command, status);
    names_learn_words(&shell->names, words, count);
}

static bool is_word(struct slice word, const char *text)
{
    return word.length == strlen(text) && strncasecmp(word.text, text, word.length) == 0;
}

/* The client's own words. True: it was one of them. */
static bool own_command(const struct slice *words, size_t count)
{
    char name[64];
    char *argv[] = {name, NULL, NULL};
    char about[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)words[0].length, words[0].text);
    const struct tool *tool = tool_find(name);
    if (tool == NULL)
        return false;
    if (!is_word(words[0], "help")) {
        (void)fprintf(stderr, "bursar: %s is no command of the shell: call it as bursar %s %s\n", tool->name,
                      tool->name, tool->synopsis);
        return true;
    }
    if (count > 1) {
        (void)snprintf(about, sizeof about, "%.*s", (int)words[1].length, words[1].text);
        argv[1] = about;
        (void)help_main(2, argv);
    } else
        help_shell(stdout);
    return true;
}

/* What a line says. False: leave the shell. */
static bool take_words(struct shell *shell, struct slice *words, size_t count)
{
    struct buffer complaint = {0};
    if (is_word(words[0], "quit") || is_word(words[0], "exit"))
        return false;
    if (own_command(words, count))
        return true;
    if (call_check(words, count, &complaint))
        send_command(shell, words, count);
    else
        (void)fwrite(complaint.bytes, 1, buffer_length(&complaint), stderr);
    buffer_free(&complaint);
    return true;
}

/* One line. False: leave the shell. */
static bool take_line(struct shell *shell, const char *line)
{
    struct request *request = &shell->request;
    char *copy = strdup(line);
    bool goes_on = true;
    if (copy == NULL)
        abort();
    enum inline_status split = inline_split(copy, strlen(copy), request);
    if (split == INLINE_UNBALANCED)
        (void)fprintf(stderr,
                      "bursar: a quote in argument %u is not closed, or closes within it: \"two words\"\n",
                      request->argc + 1);
    else if (split == INLINE_TOO_MANY_ARGS)
        (void)fprintf(stderr, "bursar: these are more than the %d words a command may have\n", RESP_ARGS_MAX);
    else if (request->argc > 0 && *copy != '#')
        goes_on = take_words(shell, request->args, request->argc);
    free(copy);
    return goes_on;
}

static void remember(void *context, const char *line)
{
    editor_remember((struct editor *)context, line);
}

static void loop(struct shell *shell)
{
    for (;;) {
        const char *line = NULL;
        enum editor_event event = editor_read(shell->editor, &line);
        if (event == EDITOR_END)
            return;
        if (event == EDITOR_CANCELLED)
            continue;
        if (recall_worthy(&shell->recall, line)) {
            editor_remember(shell->editor, line);
            recall_add(&shell->recall, line);
        }
        bool goes_on = take_line(shell, line);
        (void)fflush(stdout);
        if (!goes_on)
            return;
    }
}

int shell_run(const struct setup *setup)
{
    struct shell *shell = calloc(1, sizeof *shell);
    if (shell == NULL)
        abort();
    shell->setup = setup;
    shell->style = setup->style;
    shell->place = setup->place;
    shell->place.interrupt = &interrupted;
    shell->link.fd = -1;
    lister_init(&shell->lister, &setup->place);
    const struct editor_guide guide = {shell, prompt, hint, complete};
    shell->editor = editor_open(&guide);
    if (shell->editor == NULL) {
        (void)fputs("bursar: the terminal can't be used; bursar COMMAND needs none\n", stderr);
        free(shell);
        return EXIT_NO_CONNECTION;
    }
    const struct sigaction action = {.sa_handler = on_interrupt}; /* no SA_RESTART: poll() is to end */
    sigaction(SIGINT, &action, NULL);
    recall_open(&shell->recall, setup->history, remember, shell->editor);
    printf("bursar %s; help lists the commands, Tab completes, Ctrl-D leaves\n", BURSAR_VERSION);
    (void)connected(shell);
    loop(shell);
    link_close(&shell->link);
    lister_close(&shell->lister);
    recall_close(&shell->recall);
    editor_close(shell->editor);
    free(shell);
    return EXIT_DONE;
}
