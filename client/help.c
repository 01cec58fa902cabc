/* help.c: see help.h. */
#include "client/help.h"

#include <ctype.h>
#include <string.h>

#include "client/call.h"
#include "client/options.h"
#include "client/tools.h"

#define SYNTAX_MAX     512
#define NAME_MAX_SHOWN 64
#define NEAR           2 /* letters that may differ between two names that are near */

static const char usage[] =
    "bursar: the client of the account ledger server bursard\n"
    "\n"
    "  bursar [options] COMMAND [ARGUMENT ...]   sends one command and prints its reply\n"
    "  bursar [options]                          is a shell, where commands are typed\n"
    "  bursar [options] < FILE                   sends the commands of a file, one a line\n"
    "  bursar [options] TOOL ...                 does one of the client's own things\n";

static void help_tools(FILE *out)
{
    (void)fputs("\ntools:\n", out);
    for (const struct tool *tool = tools; tool->name != NULL; tool++)
        (void)fprintf(out, "  %-10s %s\n", tool->name, tool->summary);
}

static void help_commands(FILE *out)
{
    static const char *const groups[] = {"accounts", "transfers",  "transactions", "assets",
                                         "ledger",   "connection", "server"};
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++) {
        (void)fprintf(out, "\n%s:\n", groups[group]);
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if (strcmp(commands[i].group, groups[group]) == 0)
                (void)fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
        }
    }
}

void help_all(FILE *out)
{
    (void)fputs(usage, out);
    (void)fputs("\noptions, before the command:\n", out);
    options_help(out, client_options);
    (void)fputs("\nexit status: 0 done, 1 rejected by the server, 2 usage, 3 no connection,\n4 no "
                "connection, and what may have been done is not safe to send again\n",
                out);
    help_tools(out);
    help_commands(out);
}

void help_shell(FILE *out)
{
    (void)fputs("help COMMAND tells about one; quit, exit or Ctrl-D leave; Tab completes; Ctrl-C clears the "
                "line, or ends\n"
                "the waiting for a reply; Ctrl-R searches the history; words with blanks stand in quotes\n",
                out);
    help_commands(out);
}

static void help_tool(FILE *out, const struct tool *tool)
{
    (void)fprintf(out, "bursar [options] %s%s%s\n\n%s.\n", tool->name, *tool->synopsis != '\0' ? " " : "",
                  tool->synopsis, tool->summary);
    if (tool->options != NULL) {
        (void)fputs("\n", out);
        options_help(out, tool->options);
    }
}

void help_command(FILE *out, const struct command *command)
{
    char syntax[SYNTAX_MAX];
    command_syntax(command, syntax, sizeof syntax);
    (void)fprintf(out, "%s\n\n%s.\nReply: %s.\n", syntax, command->summary, command->reply);
}

int help_main(int argc, char **argv)
{
    if (argc == 1) {
        help_all(stdout);
        return EXIT_DONE;
    }
    const struct tool *tool = tool_find(argv[1]);
    const struct command *command = command_find(slice_of(argv[1]));
    if (tool != NULL)
        help_tool(stdout, tool);
    else if (command != NULL)
        help_command(stdout, command);
    else {
        help_unknown(stderr, slice_of(argv[1]));
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Changes of one letter that turn one name into the other, case aside (Levenshtein's distance, by rows). */
static size_t distance(struct slice name, const char *other)
{
    size_t row[NAME_MAX_SHOWN + 1];
    size_t length = strlen(other);
    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 0; i < name.length; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < length; k++) {
            size_t changed =
                diagonal + (toupper((unsigned char)name.text[i]) == toupper((unsigned char)other[k]) ? 0 : 1);
            diagonal = row[k + 1];
            row[k + 1] = least(changed, least(row[k], row[k + 1]) + 1);
        }
    }
    return row[length];
}

void help_unknown(FILE *out, struct slice name)
{
    name.length = least(name.length, NAME_MAX_SHOWN);
    (void)fprintf(out, "bursar: there is no command '%.*s'", (int)name.length, name.text);
    const char *before = "; near it: ";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (distance(name, commands[i].name) <= NEAR) {
            (void)fprintf(out, "%s%s", before, commands[i].name);
            before = ", ";
        }
    }
    for (const struct tool *tool = tools; tool->name != NULL; tool++) {
        if (distance(name, tool->name) <= NEAR) {
            (void)fprintf(out, "%s%s", before, tool->name);
            before = ", ";
        }
    }
    (void)fprintf(out, "\nbursar --help lists them all\n");
}
