/* config.c: the table of options and its readers. */
#include "server/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

#include "ledger/message.h"
#include "server/journal.h"

enum option_kind { OPTION_INTEGER, OPTION_TEXT, OPTION_CHOICE };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset;              /* of its field in struct config: int64_t, or char[CONFIG_TEXT_MAX] */
    int64_t min;                /* INTEGER; TEXT: least length */
    int64_t max;                /* INTEGER; TEXT: greatest length */
    const char *const *choices; /* CHOICE: the words, ends with NULL; the field is the index */
    const char *value;          /* how help names the value */
    const char *initial;        /* the default as text; NULL: computed */
    const char *help;
};

static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const durabilities[] = {"sync", "async", "none", NULL}; /* as enum durability */

/* MiB: 32 GiB for each of the most workers, more than a shard can have. */
#define CONFIG_ID_MEMORY_MAX (SHARDS_MAX * INT64_C(32768))
/* An hour: what a request took is counted in 32 bits, which wrap after 71 minutes. */
#define SLOWER_THAN_MAX INT64_C(3600000000)

/* Each entry takes up to 4.4 KiB. */
#define SLOWLOG_LEN_MAX 100000

#define FIELD(field)  offsetof(struct config, field)
#define UNIX_PATH_MAX ((int64_t)sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const struct option_row rows[] = {
    {"port", OPTION_INTEGER, FIELD(port), 0, 65535, NULL, "N", "7171",
     "TCP port to listen on; 0 takes any free one, which the log names"},
    {"bind", OPTION_TEXT, FIELD(bind), 1, CONFIG_TEXT_MAX - 1, NULL, "ADDRESS", "127.0.0.1",
     "address to listen on"},
    {"unix-socket", OPTION_TEXT, FIELD(unix_socket), 0, UNIX_PATH_MAX, NULL, "PATH", "",
     "listen on this Unix socket too"},
    {"workers", OPTION_INTEGER, FIELD(workers), 1, SHARDS_MAX, NULL, "N", NULL,
     "threads, each owning its share of the accounts; as many as processors by default"},
    {"dir", OPTION_TEXT, FIELD(dir), 1, CONFIG_TEXT_MAX - 1, NULL, "DIR", ".",
     "directory of the ledger, made if it is not there; relative paths begin there"},
    {"durability", OPTION_CHOICE, FIELD(durability), 0, 0, durabilities, "sync|async|none", "sync",
     "what an answer promises: sync, it is on the disk; async, it will be in a moment; none, nothing is "
     "kept"},
    {"sync-interval", OPTION_INTEGER, FIELD(sync_interval), 1, 1000, NULL, "MS", "5",
     "with async: milliseconds that the disk may lag behind"},
    {"snapshot-interval", OPTION_INTEGER, FIELD(snapshot_interval), 1, 86400, NULL, "SECONDS", "1",
     "how often the snapshot, DIR/ledger.db, is brought forward"},
    {"segment-size", OPTION_INTEGER, FIELD(segment_size), JOURNAL_SEGMENT_MIN / 1024,
     JOURNAL_SEGMENT_MAX / 1024, NULL, "KIB", "65536", "size of a file of the journal"},
    {"id-window", OPTION_INTEGER, FIELD(id_window), 1, 3153600000, NULL, "SECONDS", "86400",
     "how long the ids of transfers are remembered; those of open holds always are"},
    {"id-memory", OPTION_INTEGER, FIELD(id_memory), 0, CONFIG_ID_MEMORY_MAX, NULL, "MIB", "0",
     "memory for them; where it does not last, the oldest are forgotten early; 0 takes what there is"},
    {"max-clients", OPTION_INTEGER, FIELD(max_clients), 1, 1000000, NULL, "N", "10000",
     "connections at once"},
    {"timeout", OPTION_INTEGER, FIELD(timeout), 1, 86400, NULL, "SECONDS", "60",
     "how long a request may stay unfinished; a connection without one may idle for ever"},
    {"slowlog-slower-than", OPTION_INTEGER, FIELD(slowlog_slower_than), -1, SLOWER_THAN_MAX, NULL,
     "MICROSECONDS", "10000", "SLOWLOG tells requests that took so long or longer; 0 all, -1 none"},
    {"slowlog-max-len", OPTION_INTEGER, FIELD(slowlog_max_len), 0, SLOWLOG_LEN_MAX, NULL, "N", "128",
     "how many of them, the newest, are remembered"},
    {"log-level", OPTION_CHOICE, FIELD(log_level), 0, 0, log_levels, "debug|info|warn|error", "info",
     "what is worth a line on stderr"},
    {"config", OPTION_TEXT, FIELD(config), 0, CONFIG_TEXT_MAX - 1, NULL, "FILE", "",
     "read options from FILE first: lines of \"option value\", # begins a comment"},
};

#define ROW_COUNT   (sizeof rows / sizeof rows[0])
#define ROW_HELP    ((int)ROW_COUNT)
#define ROW_VERSION ((int)ROW_COUNT + 1)
#define ROW_VERIFY  ((int)ROW_COUNT + 2)
#define ROW_DUMP    ((int)ROW_COUNT + 3)
#define OPTION_ROOM (ROW_COUNT + 5) /* with those four and the end */

static int64_t *row_integer(struct config *config, const struct option_row *row)
{
    return (int64_t *)(void *)((char *)config + row->offset);
}

static bool set_integer(struct config *config, const struct option_row *row, const char *value, char *error)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool digits = isdigit((unsigned char)value[0]) || (value[0] == '-' && isdigit((unsigned char)value[1]));
    if (!digits || *end != '\0' || errno == ERANGE || number < row->min || number > row->max) {
        snprintf(error, CONFIG_ERROR_MAX,
                 "%s is '%s'; it must be a whole number from %" PRId64 " to %" PRId64, row->name, value,
                 row->min, row->max);
        return false;
    }
    *row_integer(config, row) = number;
    return true;
}

static bool set_text(struct config *config, const struct option_row *row, const char *value, char *error)
{
    size_t length = strlen(value);
    if ((int64_t)length < row->min || (int64_t)length > row->max) {
        snprintf(error, CONFIG_ERROR_MAX, "%s has %zu bytes; it must have %" PRId64 " to %" PRId64, row->name,
                 length, row->min, row->max);
        return false;
    }
    memcpy((char *)config + row->offset, value, length + 1);
    return true;
}

static bool set_choice(struct config *config, const struct option_row *row, const char *value, char *error)
{
    for (int64_t i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], value) == 0) {
            *row_integer(config, row) = i;
            return true;
        }
    }
    snprintf(error, CONFIG_ERROR_MAX, "%s is '%s'; it must be %s", row->name, value, row->value);
    return false;
}

static bool row_set(struct config *config, const struct option_row *row, const char *value, char *error)
{
    switch (row->kind) {
    case OPTION_INTEGER: return set_integer(config, row, value, error);
    case OPTION_TEXT: return set_text(config, row, value, error);
    case OPTION_CHOICE: return set_choice(config, row, value, error);
    }
    return false;
}

static const struct option_row *row_find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

void config_default(struct config *config)
{
    char error[CONFIG_ERROR_MAX];
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        bool good = !rows[i].initial || row_set(config, &rows[i], rows[i].initial, error);
        assert(good);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    config->workers = online < 1 ? 1 : online > SHARDS_MAX ? SHARDS_MAX : online;
}

/** Cuts `line` at its comment and its ends, and splits it into a name and a value. False: an empty line. */
static bool line_split(char *line, char **name, char **value)
{
    size_t length = strcspn(line, "#\r\n");
    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        length--;
    }
    line[length] = '\0';
    *name = line + strspn(line, " \t");
    *value = *name + strcspn(*name, " \t");
    if (**value != '\0') {
        *(*value)++ = '\0';
        *value += strspn(*value, " \t");
    }
    return **name != '\0';
}

static bool line_read(struct config *config, char *line, const char *path, unsigned number, char *error)
{
    char *name = NULL;
    char *value = NULL;
    if (!line_split(line, &name, &value)) {
        return true;
    }
    const struct option_row *row = row_find(name);
    if (!row || row->offset == FIELD(config)) {
        snprintf(error, CONFIG_ERROR_MAX,
                 "%.512s:%u: there is no option '%.512s' in a config file; see --help", path, number, name);
        return false;
    }
    char reason[CONFIG_ERROR_MAX];
    if (!row_set(config, row, value, reason)) {
        snprintf(error, CONFIG_ERROR_MAX, "%.512s:%u: %.1400s", path, number, reason);
        return false;
    }
    return true;
}

static bool file_read(struct config *config, const char *path, char *error)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(error, CONFIG_ERROR_MAX, "config file '%s' can't be read: %s", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t capacity = 0;
    bool good = true;
    for (unsigned number = 1; good && getline(&line, &capacity, file) >= 0; number++) {
        good = line_read(config, line, path, number, error);
    }
    if (good && ferror(file)) {
        snprintf(error, CONFIG_ERROR_MAX, "config file '%s' can't be read: %s", path, strerror(errno));
        good = false;
    }
    free(line);
    fclose(file);
    return good;
}

/** getopt_long's view of the table; `options` has OPTION_ROOM rows. */
static void options_fill(struct option *options)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        options[i] = (struct option){rows[i].name, required_argument, NULL, (int)i};
    }
    options[ROW_HELP] = (struct option){"help", no_argument, NULL, ROW_HELP};
    options[ROW_VERSION] = (struct option){"version", no_argument, NULL, ROW_VERSION};
    options[ROW_VERIFY] = (struct option){"verify", required_argument, NULL, ROW_VERIFY};
    options[ROW_DUMP] = (struct option){"dump-journal", required_argument, NULL, ROW_DUMP};
    options[ROW_DUMP + 1] = (struct option){0};
}

/** The word that getopt_long found no option in. Of one dash and several letters, it has taken the first and
 * stands before the others. */
static const char *word_refused(int argc, char **argv)
{
    const char *next = optind < argc ? argv[optind] : "";
    bool within = next[0] == '-' && optopt != 0 && next[1] == (char)optopt && next[2] != '\0';
    return within ? next : argv[optind - 1];
}

/** One pass over the command line: takes the option `only`, or all of them where it is NULL. */
static enum config_status line_pass(struct config *config, const struct option_row *only, int argc,
                                    char **argv, char *error)
{
    struct option options[OPTION_ROOM];
    options_fill(options);
    opterr = 0;
    optind = 0; /* 0 makes getopt start over */
    for (;;) {
        int found = getopt_long(argc, argv, ":", options, NULL);
        if (found == -1) {
            break;
        }
        if (found == ':' || found == '?') {
            snprintf(error, CONFIG_ERROR_MAX,
                     found == ':' ? "%.512s needs a value; see --help"
                                  : "there is no option %.512s; see --help",
                     word_refused(argc, argv));
            return CONFIG_ERROR;
        }
        if (found == ROW_HELP) {
            return CONFIG_HELP;
        }
        if (found == ROW_VERSION) {
            return CONFIG_VERSION;
        }
        if (found == ROW_VERIFY || found == ROW_DUMP) {
            bool good = row_set(config, row_find("dir"), optarg, error);
            return !good ? CONFIG_ERROR : found == ROW_VERIFY ? CONFIG_VERIFY : CONFIG_DUMP;
        }
        if ((!only || only == &rows[found]) && !row_set(config, &rows[found], optarg, error)) {
            return CONFIG_ERROR;
        }
    }
    if (optind < argc) {
        snprintf(error, CONFIG_ERROR_MAX, "'%.512s' is not an option; options begin with --, see --help",
                 argv[optind]);
        return CONFIG_ERROR;
    }
    return CONFIG_OK;
}

enum config_status config_read(struct config *config, int argc, char **argv, char *error)
{
    config_default(config);
    enum config_status status = line_pass(config, row_find("config"), argc, argv, error);
    if (status != CONFIG_OK) {
        return status;
    }
    if (config->config[0] != '\0' && !file_read(config, config->config, error)) {
        return CONFIG_ERROR;
    }
    return line_pass(config, NULL, argc, argv, error);
}

void config_help(char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "usage: bursard [--option value ...]\n\n");
    for (size_t i = 0; i < ROW_COUNT && length < size; i++) {
        const struct option_row *row = &rows[i];
        char head[64];
        snprintf(head, sizeof head, "--%s %s", row->name, row->value);
        length += (size_t)snprintf(out + length, size - length, "  %-36s %s", head, row->help);
        bool tell = row->initial && row->initial[0] != '\0' && length < size;
        length += tell ? (size_t)snprintf(out + length, size - length, " (default %s)", row->initial) : 0;
        length += length < size ? (size_t)snprintf(out + length, size - length, "\n") : 0;
    }
    if (length < size) {
        snprintf(out + length, size - length, "  %-36s %s\n  %-36s %s\n  %-36s %s\n  %-36s %s\n",
                 "--verify DIR", "check everything in DIR and serve nothing", "--dump-journal DIR",
                 "print the journal of DIR, a line for each record", "--help", "show this", "--version",
                 "show the version");
    }
}

size_t config_count(void)
{
    return ROW_COUNT;
}

const char *config_name(size_t i)
{
    assert(i < ROW_COUNT);
    return rows[i].name;
}

void config_value(const struct config *config, size_t i, char *out)
{
    assert(i < ROW_COUNT);
    const char *field = (const char *)config + rows[i].offset;
    int64_t number = 0;
    switch (rows[i].kind) {
    case OPTION_TEXT: snprintf(out, CONFIG_TEXT_MAX, "%s", field); return;
    case OPTION_INTEGER:
        memcpy(&number, field, sizeof number);
        snprintf(out, CONFIG_TEXT_MAX, "%" PRId64, number);
        return;
    case OPTION_CHOICE:
        memcpy(&number, field, sizeof number);
        snprintf(out, CONFIG_TEXT_MAX, "%s", rows[i].choices[number]);
        return;
    }
}
