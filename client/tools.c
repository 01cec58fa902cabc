/* tools.c: see tools.h. A tool is added as a row here. */
#include "client/tools.h"

#include <stddef.h>
#include <strings.h>

#include "client/bench/bench.h"
#include "client/bench/options.h"
#include "client/help.h"

static int run_bench(int argc, char **argv, const struct setup *setup)
{
    return bench_main(argc, argv, &setup->place);
}

static int run_help(int argc, char **argv, const struct setup *setup)
{
    (void)setup;
    return help_main(argc, argv);
}

const struct tool tools[] = {
    {"bench", "[options]", "Measures the server under a load; bursar bench --help tells more", bench_options,
     run_bench},
    {"help", "[COMMAND]", "Tells what a command does, or lists them all", NULL, run_help},
    {0},
};

const struct tool *tool_find(const char *name)
{
    for (const struct tool *tool = tools; tool->name != NULL; tool++) {
        if (strcasecmp(tool->name, name) == 0)
            return tool;
    }
    return NULL;
}
