/* help.c: see help.h. */
#include "client/help.h"

#include <ctype.h>
#include <string.h>

#define SYNTAX_MAX     512
#define NAME_MAX_SHOWN 64

static const char usage[] =
    "bursar: the client of the account ledger server bursard\n"
    "\n"
    "  bursar [options] COMMAND [ARGUMENT ...]   sends one command and prints its reply\n"
    "  bursar [options] < FILE                   sends the commands of a file, one a line\n"
    "  bursar bench [options]                    measures the server; bursar bench --help tells more\n"
    "  bursar help COMMAND                       tells what a command does\n"
    "\n"
    "options, before the command:\n"
    "  -h, --host HOST      the server's host (127.0.0.1)\n"
    "  -p, --port PORT      the server's port (7171)\n"
    "  -u, --socket PATH    its Unix socket, instead of host and port\n"
    "      --json           print replies as JSON\n"
    "      --raw            print one value a line, as is done when the output is no terminal\n"
    "      --timeout SECS   how long to wait for the server (30)\n"
    "      --help           this\n"
    "      --version        the version\n"
    "\n"
    "exit status: 0 done, 1 rejected by the server, 2 usage, 3 no connection\n";

void help_all(FILE *out)
{
    static const char *const groups[] = {"accounts", "transfers",  "transactions", "assets",
                                         "ledger",   "connection", "server"};
    (void)fputs(usage, out);
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++) {
        (void)fprintf(out, "\n%s:\n", groups[group]);
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if (strcmp(commands[i].group, groups[group]) == 0)
                (void)fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
        }
    }
}

void help_command(FILE *out, const struct command *command)
{
    char syntax[SYNTAX_MAX];
    command_syntax(command, syntax, sizeof syntax);
    (void)fprintf(out, "%s\n\n%s.\nReply: %s.\n", syntax, command->summary, command->reply);
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
            size_t changed = diagonal + (toupper((unsigned char)name.text[i]) == other[k] ? 0 : 1);
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
        if (distance(name, commands[i].name) <= 2) {
            (void)fprintf(out, "%s%s", before, commands[i].name);
            before = ", ";
        }
    }
    (void)fprintf(out, "\nbursar --help lists them all\n");
}
