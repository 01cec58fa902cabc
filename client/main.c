/* main.c: the client: which of its ways of working is asked for. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/batch.h"
#include "client/call.h"
#include "client/connect.h"
#include "client/setup.h"
#include "client/shell.h"
#include "client/tools.h"

static int work(const struct place *place, struct slice *words, size_t count, const struct print_style *style)
{
    struct link link;
    int status = EXIT_NO_CONNECTION;
    if (!connect_open(&link, place))
        (void)fprintf(stderr, "bursar: %s; is bursard running there?\n", link.error);
    else {
        const struct call call = {.words = words, .count = count, .style = style};
        status = (int)(count > 0 ? call_make(&link, &call) : batch_run(&link, style));
    }
    link_close(&link);
    return status;
}

/* One command from the words given. */
static int command(const struct place *place, char **given, size_t count, const struct print_style *style)
{
    struct slice words[RESP_ARGS_MAX];
    struct buffer complaint = {0};
    int status = EXIT_USAGE;
    if (count > RESP_ARGS_MAX) {
        (void)fprintf(stderr, "bursar: %zu words are more than the %d a command may have\n", count,
                      RESP_ARGS_MAX);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < count; i++)
        words[i] = (struct slice){given[i], strlen(given[i])};
    if (call_check(words, count, &complaint))
        status = work(place, words, count, style);
    else
        (void)fwrite(complaint.bytes, 1, buffer_length(&complaint), stderr);
    buffer_free(&complaint);
    return status;
}

int main(int argc, char **argv)
{
    struct setup setup;
    int status;
    (void)setlocale(LC_CTYPE, ""); /* how wide characters are */
    if (!setup_read(&setup, argc, argv, &status))
        return status;
    int count = argc - optind;
    char **given = argv + optind;
    const struct tool *tool = count > 0 ? tool_find(given[0]) : NULL;
    if (tool != NULL)
        return tool->run(count, given, &setup);
    if (count == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return shell_run(&setup);
    if (count == 0 || (count == 1 && strcmp(given[0], "-") == 0))
        return work(&setup.place, NULL, 0, &setup.style);
    return command(&setup.place, given, (size_t)count, &setup.style);
}
