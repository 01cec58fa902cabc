/* main.c: the client: options, and which of its ways of working is asked for. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/batch.h"
#include "client/bench/bench.h"
#include "client/call.h"
#include "client/help.h"

#define TIMEOUT_S_MAX 86400

enum option_code { OPTION_JSON = 256, OPTION_RAW, OPTION_TIMEOUT, OPTION_HELP, OPTION_VERSION };

static const struct option options[] = {
    {"host", required_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},
    {"socket", required_argument, NULL, 'u'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"raw", no_argument, NULL, OPTION_RAW},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool parse_timeout(const char *text, int *timeout_ms)
{
    char *end;
    long seconds = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || seconds < 1 || seconds > TIMEOUT_S_MAX) {
        (void)fprintf(stderr, "bursar: --timeout %s is not a whole number of seconds from 1 to %d\n", text,
                      TIMEOUT_S_MAX);
        return false;
    }
    *timeout_ms = (int)seconds * 1000;
    return true;
}

static bool parse_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    if (*text != '\0' && *end == '\0' && port >= 1 && port <= 65535)
        return true;
    (void)fprintf(stderr, "bursar: --port %s is not a whole number from 1 to 65535\n", text);
    return false;
}

/* Reads the options. True: go on with the command; else the client ends with *status. */
static bool parse_options(int argc, char **argv, struct place *place, enum print_form *form, int *status)
{
    int option;
    *status = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "+h:p:u:", options, NULL)) != -1) {
        switch (option) {
        case 'h': place->host = optarg; break;
        case 'p':
            if (!parse_port(optarg))
                return false;
            place->port = optarg;
            break;
        case 'u': place->socket = optarg; break;
        case OPTION_JSON: *form = PRINT_JSON; break;
        case OPTION_RAW: *form = PRINT_PLAIN; break;
        case OPTION_TIMEOUT:
            if (!parse_timeout(optarg, &place->timeout_ms))
                return false;
            break;
        case OPTION_HELP:
            help_all(stdout);
            *status = EXIT_DONE;
            return false;
        case OPTION_VERSION:
            printf("bursar %s\n", BURSAR_VERSION);
            *status = EXIT_DONE;
            return false;
        default: (void)fprintf(stderr, "bursar --help lists the options\n"); return false;
        }
    }
    return true;
}

/* "bursar help [COMMAND]". */
static int help(int count, char **words)
{
    if (count == 1) {
        help_all(stdout);
        return EXIT_DONE;
    }
    struct slice name = {words[1], strlen(words[1])};
    const struct command *command = command_find(name);
    if (command == NULL) {
        help_unknown(stderr, name);
        return EXIT_USAGE;
    }
    help_command(stdout, command);
    return EXIT_DONE;
}

/* Asks for RESP3, in which maps are told from arrays. A server that has only RESP2 refuses, which is no harm.
 */
static bool greet(struct link *link)
{
    struct buffer out = {0};
    const struct slice hello[] = {{"HELLO", 5}, {"3", 1}};
    link_format(&out, hello, 2);
    size_t size = link_send(link, &out) ? link_receive(link) : 0;
    buffer_free(&out);
    if (size > 0)
        buffer_consume(&link->in, size);
    return size > 0;
}

static int work(const struct place *place, struct slice *words, size_t count, enum print_form form)
{
    struct link link;
    int status = EXIT_NO_CONNECTION;
    if (!link_open(&link, place) || !greet(&link))
        (void)fprintf(stderr, "bursar: %s; is bursard running there?\n", link.error);
    else
        status = (int)(count > 0 ? call_once(&link, words, count, form) : batch_run(&link, form));
    link_close(&link);
    return status;
}

/* One command from the words given. */
static int command(const struct place *place, char **given, size_t count, enum print_form form)
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
        status = work(place, words, count, form);
    else
        (void)fwrite(complaint.bytes, 1, buffer_length(&complaint), stderr);
    buffer_free(&complaint);
    return status;
}

int main(int argc, char **argv)
{
    struct place place = {.host = "127.0.0.1", .port = "7171", .timeout_ms = 30000};
    enum print_form form = isatty(STDOUT_FILENO) ? PRINT_PEOPLE : PRINT_PLAIN;
    int status;
    if (!parse_options(argc, argv, &place, &form, &status))
        return status;
    int count = argc - optind;
    char **given = argv + optind;
    if (count > 0 && strcasecmp(given[0], "bench") == 0)
        return bench_main(count, given, &place);
    if (count > 0 && strcasecmp(given[0], "help") == 0)
        return help(count, given);
    if (count == 0 && isatty(STDIN_FILENO)) {
        help_all(stdout);
        return EXIT_DONE;
    }
    if (count == 0 || (count == 1 && strcmp(given[0], "-") == 0))
        return work(&place, NULL, 0, form);

    return command(&place, given, (size_t)count, form);
}
