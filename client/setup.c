/* setup.c: see setup.h. The options are looked at once, as they stand, and take effect last. */
#include "client/setup.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/call.h"
#include "client/help.h"
#include "client/options.h"
#include "client/settings.h"

#define TIMEOUT_S_MAX 86400

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* A setup in the making. */
struct choice {
    struct setup *setup;
    enum colour colour;
    bool people; /* tables were asked for, also where the output is no terminal */
};

/* `where` is what the value was given to: an option, a variable, or a line of a file. */
static bool refuse(const char *where, const char *value, const char *right)
{
    (void)fprintf(stderr, "bursar: %s %s is not %s\n", where, value, right);
    return false;
}

static bool choose_url(struct choice *choice, const char *value, const char *where)
{
    const char *why = NULL;
    if (url_parse(value, &choice->setup->url, &choice->setup->place, &why))
        return true;
    (void)fprintf(stderr, "bursar: %s %s is no URL of a server: %s; it may be " URL_FORMS "\n", where, value,
                  why);
    return false;
}

static bool choose_timeout(struct choice *choice, const char *value, const char *where)
{
    char *end;
    long seconds = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || seconds < 1 || seconds > TIMEOUT_S_MAX) {
        (void)fprintf(stderr, "bursar: %s %s is not a whole number of seconds from 1 to %d\n", where, value,
                      TIMEOUT_S_MAX);
        return false;
    }
    choice->setup->place.timeout_ms = (int)seconds * 1000;
    return true;
}

/* The index of a word among others, -1 when it is none of them. */
static int word_find(const char *word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

static bool choose_format(struct choice *choice, const char *value, const char *where)
{
    static const char *const words[] = {"people", "raw", "json", "csv", NULL}; /* as enum print_form */
    int form = word_find(value, words);
    if (form < 0)
        return refuse(where, value, "people, raw, json or csv");
    choice->setup->style.form = (enum print_form)form;
    choice->people = form == PRINT_PEOPLE;
    return true;
}

static bool choose_colour(struct choice *choice, const char *value, const char *where)
{
    static const char *const words[] = {"auto", "always", "never", NULL}; /* as enum colour */
    int colour = word_find(value, words);
    if (colour < 0)
        return refuse(where, value, "auto, always or never");
    choice->colour = (enum colour)colour;
    return true;
}

static bool choose_history(struct choice *choice, const char *value, const char *where)
{
    bool none = strcmp(value, "none") == 0;
    if (!none && *value != '/')
        return refuse(where, value, "a path that begins with /, or none");
    free(choice->setup->history);
    choice->setup->history = strdup(none ? "" : value);
    return true;
}

/* A line of the configuration file. */
static bool take_setting(void *context, const char *key, const char *value, const char *where)
{
    static const struct {
        const char *key;
        bool (*choose)(struct choice *choice, const char *value, const char *where);
    } keys[] = {{"url", choose_url},
                {"timeout", choose_timeout},
                {"format", choose_format},
                {"colour", choose_colour},
                {"history", choose_history}};
    struct choice *choice = (struct choice *)context;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].key, key) == 0) {
            bool well = keys[i].choose(choice, value, where);
            choice->people = false; /* as a setting it is the default: tables on a terminal */
            return well;
        }
    }
    (void)fprintf(stderr, "bursar: %s is no setting; there are url, timeout, format, colour and history\n",
                  where);
    return false;
}

static bool choose_port(struct choice *choice, const char *value)
{
    if (!url_port_valid(value))
        return refuse("--port", value, "a whole number from 1 to 65535");
    choice->setup->place.port = value;
    choice->setup->place.socket = NULL;
    return true;
}

/* An option and its value. */
static bool take_option(struct choice *choice, int option, const char *value)
{
    struct setup *setup = choice->setup;
    switch (option) {
    case CLIENT_URL: return choose_url(choice, value, "--url");
    case CLIENT_HOST:
        setup->place.host = value;
        setup->place.socket = NULL;
        return true;
    case CLIENT_PORT: return choose_port(choice, value);
    case CLIENT_SOCKET: setup->place.socket = value; return true;
    case CLIENT_TIMEOUT: return choose_timeout(choice, value, "--timeout");
    case CLIENT_FORMAT: return choose_format(choice, value, "--format");
    case CLIENT_JSON: return choose_format(choice, "json", "");
    case CLIENT_CSV: return choose_format(choice, "csv", "");
    case CLIENT_RAW: return choose_format(choice, "raw", "");
    case CLIENT_COLOUR:
    case CLIENT_COLOR: return choose_colour(choice, value, "--colour");
    default: return true;
    }
}

/* What goes after options and before defaults. */
static bool take_surroundings(struct choice *choice, const char *file)
{
    char *path = file == NULL ? settings_path() : NULL;
    const char *named = file != NULL ? file : path;
    bool well = named == NULL || settings_read(named, file != NULL, take_setting, choice);
    free(path);
    const char *plain = getenv("NO_COLOR"); /* https://no-color.org */
    if (plain != NULL && *plain != '\0')
        choice->colour = COLOUR_NEVER;
    const char *url = getenv("BURSAR_URL");
    return well && (url == NULL || *url == '\0' || choose_url(choice, url, "BURSAR_URL"));
}

/* What depends on where the output goes. */
static void look_at_terminal(struct choice *choice)
{
    struct print_style *style = &choice->setup->style;
    const char *terminal = getenv("TERM");
    bool is_terminal = isatty(STDOUT_FILENO);
    bool capable = terminal != NULL && strcmp(terminal, "dumb") != 0 && *terminal != '\0';
    struct winsize size = {0};
    if (style->form == PRINT_PEOPLE && !is_terminal && !choice->people)
        style->form = PRINT_PLAIN;
    style->colour =
        choice->colour == COLOUR_ALWAYS || (choice->colour == COLOUR_AUTO && is_terminal && capable);
    if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style->width = size.ws_col;
}

/* The options in the order they were given. */
struct given {
    int option;
    const char *value;
};

/* Collects the options. False: the client ends with *status. */
static bool collect(int argc, char **argv, struct given *given, size_t *count, int *status)
{
    int option;
    while ((option = options_next(client_options, argc, argv)) != OPTIONS_END) {
        *status = option == OPTIONS_WRONG ? EXIT_USAGE : EXIT_DONE;
        if (option == OPTIONS_WRONG)
            (void)fputs("bursar --help lists the options\n", stderr);
        else if (option == CLIENT_HELP)
            help_all(stdout);
        else if (option == CLIENT_VERSION)
            printf("bursar %s\n", BURSAR_VERSION);
        else {
            given[(*count)++] = (struct given){option, optarg};
            continue;
        }
        return false;
    }
    return true;
}

bool setup_read(struct setup *setup, int argc, char **argv, int *status)
{
    size_t count = 0;
    const char *file = NULL;
    /* An option takes a word at least: those with a short form all take a value. */
    struct given *given = calloc((size_t)argc, sizeof *given);
    if (given == NULL)
        abort();
    *setup = (struct setup){.place = {.host = "127.0.0.1", .port = URL_PORT_DEFAULT, .timeout_ms = 30000},
                            .style = {.form = PRINT_PEOPLE}};
    struct choice choice = {.setup = setup};
    bool well = collect(argc, argv, given, &count, status);
    if (!well) {
        free(given);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        file = given[i].option == CLIENT_CONFIG ? given[i].value : file;
    well = take_surroundings(&choice, file);
    for (size_t i = 0; well && i < count; i++)
        well = take_option(&choice, given[i].option, given[i].value);
    free(given);
    if (well)
        look_at_terminal(&choice);
    *status = well ? EXIT_DONE : EXIT_USAGE;
    return well;
}
