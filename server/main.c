/* main.c: bursard, the server's process. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/config.h"
#include "server/inspect.h"
#include "server/server.h"

/* What a wrong command line exits with, so that a supervisor can tell it from a failure. */
#define EXIT_USAGE 2

/* Room for --help. */
#define HELP_MAX 8192

int main(int argc, char **argv)
{
    struct config config;
    char error[CONFIG_ERROR_MAX];
    char help[HELP_MAX];
    switch (config_read(&config, argc, argv, error)) {
    case CONFIG_HELP:
        config_help(help, sizeof help);
        fputs(help, stdout);
        return EXIT_SUCCESS;
    case CONFIG_VERSION: printf("bursard %s\n", BURSAR_VERSION); return EXIT_SUCCESS;
    case CONFIG_ERROR: fprintf(stderr, "bursard: %s\n", error); return EXIT_USAGE;
    case CONFIG_VERIFY: return inspect_verify(config.dir);
    case CONFIG_DUMP: return inspect_dump(config.dir);
    case CONFIG_OK: break;
    }
    /* SQLite counts its memory under a lock that all its users share, and nobody looks: 3% of a snapshot. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return server_run(&config);
}
