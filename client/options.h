/* options.h: command-line options as rows of tables. What getopt_long reads and what --help tells come from
 * the same rows, so that they can't disagree.
 */
#ifndef BURSAR_CLIENT_OPTIONS_H
#define BURSAR_CLIENT_OPTIONS_H

#include <stdio.h>

/** The most rows a table may have. */
#define OPTIONS_MAX 64

/** One option. A table of them ends with a row whose name is NULL. */
struct option_row {
    const char *name;     /* without its dashes */
    char letter;          /* its short form; 0: none */
    const char *argument; /* how help names its value, "HOST"; NULL: it takes none */
    const char *initial;  /* the default as people write it; NULL: there is none */
    const char *help;     /* a sentence that begins small and has no full stop */
};

/** What options_next returns besides the index of a row. */
enum { OPTIONS_END = -1, OPTIONS_WRONG = -2 };

/** Reads the next option of `argv` by the rows of a table, as getopt_long does: the value is in optarg, and
 *  words begin at optind once it returned OPTIONS_END. The first word that is no option ends them. Returns
 * the row's index; OPTIONS_WRONG after a message on stderr. To read another argv, set optind to 0 first. */
int options_next(const struct option_row *rows, int argc, char **argv);

/** Writes a line for each row: "  -h, --host HOST    the server's host (127.0.0.1)", aligned, long ones
 * broken. */
void options_help(FILE *out, const struct option_row *rows);

/** The rows of client_options, by their index. */
enum client_option {
    CLIENT_HOST,
    CLIENT_PORT,
    CLIENT_SOCKET,
    CLIENT_URL,
    CLIENT_TIMEOUT,
    CLIENT_FORMAT,
    CLIENT_JSON,
    CLIENT_CSV,
    CLIENT_RAW,
    CLIENT_COLOUR,
    CLIENT_COLOR,
    CLIENT_CONFIG,
    CLIENT_HELP,
    CLIENT_VERSION,
    CLIENT_OPTION_COUNT
};

/** The client's own options, which stand before the command. */
extern const struct option_row client_options[CLIENT_OPTION_COUNT + 1];

#endif
