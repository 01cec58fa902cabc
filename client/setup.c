/* setup.c: see setup.h. */
#include "client/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/call.h"
#include "client/help.h"
#include "client/options.h"

#define TIMEOUT_S_MAX 86400

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

static bool parse_port(const char *text, const char **out)
{
    char *end;
    long port = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || port < 1 || port > 65535) {
        (void)fprintf(stderr, "bursar: --port %s is not a whole number from 1 to 65535\n", text);
        return false;
    }
    *out = text;
    return true;
}

bool setup_read(struct setup *setup, int argc, char **argv, int *status)
{
    int option;
    bool well = true;
    *setup = (struct setup){
        .place = {.host = "127.0.0.1", .port = "7171", .timeout_ms = 30000},
        .form = isatty(STDOUT_FILENO) ? PRINT_PEOPLE : PRINT_PLAIN,
    };
    *status = EXIT_USAGE;
    while (well && (option = options_next(client_options, argc, argv)) != OPTIONS_END) {
        switch (option) {
        case CLIENT_HOST: setup->place.host = optarg; break;
        case CLIENT_PORT: well = parse_port(optarg, &setup->place.port); break;
        case CLIENT_SOCKET: setup->place.socket = optarg; break;
        case CLIENT_JSON: setup->form = PRINT_JSON; break;
        case CLIENT_RAW: setup->form = PRINT_PLAIN; break;
        case CLIENT_TIMEOUT: well = parse_timeout(optarg, &setup->place.timeout_ms); break;
        case CLIENT_HELP:
            help_all(stdout);
            *status = EXIT_DONE;
            return false;
        case CLIENT_VERSION:
            printf("bursar %s\n", BURSAR_VERSION);
            *status = EXIT_DONE;
            return false;
        default: (void)fputs("bursar --help lists the options\n", stderr); return false;
        }
    }
    return well;
}
