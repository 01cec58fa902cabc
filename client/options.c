/* options.c: see options.h. */
#include "client/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>

/* What getopt_long returns for row i is this and i: above any letter, and not '?'. */
#define FIRST_CODE 256

/* Help is broken at this column, as long as there are blanks to break at. */
#define HELP_WIDTH 100

const struct option_row client_options[CLIENT_OPTION_COUNT + 1] = {
    [CLIENT_HOST] = {"host", 'h', "HOST", "127.0.0.1", "the server's host"},
    [CLIENT_PORT] = {"port", 'p', "PORT", "7171", "the server's port"},
    [CLIENT_SOCKET] = {"socket", 'u', "PATH", NULL, "its Unix socket, instead of host and port"},
    [CLIENT_URL] = {"url", 0, "URL", "BURSAR_URL",
                    "all of that in one: bursar://host[:port], bursar+unix:///path or unix:///path"},
    [CLIENT_TIMEOUT] = {"timeout", 0, "SECONDS", "30",
                        "how long to wait for the server, and to try again when the connection is lost"},
    [CLIENT_FORMAT] =
        {"format", 0, "FORM", "people",
         "how replies are printed: people, which is raw where the output is no terminal unless this "
         "option says so, raw, json or csv"},
    [CLIENT_JSON] = {"json", 0, NULL, NULL, "print replies as JSON, one line each"},
    [CLIENT_CSV] = {"csv", 0, NULL, NULL, "print replies as CSV: maps and lists of maps with headings"},
    [CLIENT_RAW] = {"raw", 0, NULL, NULL, "print one value a line, and a map as lines of key, tab, value"},
    [CLIENT_COLOUR] =
        {"colour", 0, "WHEN", "auto",
         "whether tables have colours: auto, on a terminal unless NO_COLOR is set, always or never"},
    [CLIENT_COLOR] = {"color", 0, "WHEN", NULL, "the same as --colour"},
    [CLIENT_CONFIG] = {"config", 0, "FILE", "~/.config/bursar/config", "the file to read settings from"},
    [CLIENT_HELP] = {"help", 0, NULL, NULL, "list the options and the commands"},
    [CLIENT_VERSION] = {"version", 0, NULL, NULL, "tell the version"},
};

/* The rows as getopt_long wants them. */
struct translated {
    struct option longs[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
};

static void translate(const struct option_row *rows, struct translated *out)
{
    char *letter = out->letters;
    size_t count = 0;
    *letter++ = '+'; /* the first word ends the options */
    for (; rows[count].name != NULL; count++) {
        const struct option_row *row = &rows[count];
        int takes = row->argument != NULL ? required_argument : no_argument;
        assert(count < OPTIONS_MAX);
        out->longs[count] = (struct option){row->name, takes, NULL, FIRST_CODE + (int)count};
        if (row->letter == 0)
            continue;
        *letter++ = row->letter;
        if (row->argument != NULL)
            *letter++ = ':';
    }
    out->longs[count] = (struct option){NULL, 0, NULL, 0};
    *letter = '\0';
}

int options_next(const struct option_row *rows, int argc, char **argv)
{
    struct translated translated;
    translate(rows, &translated);
    int code = getopt_long(argc, argv, translated.letters, translated.longs, NULL);
    if (code == -1)
        return OPTIONS_END;
    if (code >= FIRST_CODE)
        return code - FIRST_CODE;
    for (int i = 0; code != '?' && rows[i].name != NULL; i++) {
        if (rows[i].letter == code)
            return i;
    }
    return OPTIONS_WRONG;
}

/* The left column: "-h, --host HOST". Returns its width. */
static int option_name(const struct option_row *row, char *out, size_t size)
{
    char letter[] = "    ";
    if (row->letter != 0)
        (void)snprintf(letter, sizeof letter, "-%c, ", row->letter);
    int width = snprintf(out, size, "%s--%s%s%s", letter, row->name, row->argument != NULL ? " " : "",
                         row->argument != NULL ? row->argument : "");
    assert(width > 0 && (size_t)width < size);
    return width;
}

/* Writes `text` from column `left` on, broken between words. */
static void write_broken(FILE *out, const char *text, int left)
{
    int column = left;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > left && column + 1 + (int)length > HELP_WIDTH) {
            (void)fprintf(out, "\n%*s", left, "");
            column = left;
        } else if (column > left) {
            (void)fputc(' ', out);
            column++;
        }
        (void)fwrite(text, 1, length, out);
        column += (int)length;
        text += length + strspn(text + length, " ");
    }
    (void)fputc('\n', out);
}

void options_help(FILE *out, const struct option_row *rows)
{
    char name[96];
    char text[512];
    int widest = 0;
    for (const struct option_row *row = rows; row->name != NULL; row++) {
        int width = option_name(row, name, sizeof name);
        widest = width > widest ? width : widest;
    }
    for (const struct option_row *row = rows; row->name != NULL; row++) {
        (void)option_name(row, name, sizeof name);
        bool known = row->initial != NULL;
        (void)snprintf(text, sizeof text, "%s%s%s%s", row->help, known ? " (" : "", known ? row->initial : "",
                       known ? ")" : "");
        (void)fprintf(out, "  %-*s  ", widest, name);
        write_broken(out, text, widest + 4);
    }
}
