/* config.h: what an operator may choose. One table of options drives the command line, the config file,
 * --help and CONFIG GET, so that they can't disagree.
 */
#ifndef BURSAR_SERVER_CONFIG_H
#define BURSAR_SERVER_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest value of a text option. A path of a Unix socket fits 107 bytes, the system's own bound. */
#define CONFIG_TEXT_MAX 1024

/** Everything that can be chosen, checked. */
struct config {
    int64_t port;                      /* TCP port; 0: any free one */
    int64_t workers;                   /* threads that own accounts: 1 to SHARDS_MAX */
    int64_t log_level;                 /* enum log_level */
    int64_t durability;                /* enum durability */
    int64_t sync_interval;             /* ASYNC: milliseconds between two calls of fdatasync */
    int64_t snapshot_interval;         /* seconds between two snapshots */
    int64_t segment_size;              /* KiB of one file of the journal */
    int64_t id_window;                 /* seconds that ids are remembered */
    int64_t id_memory;                 /* MiB of remembered ids, over all workers; 0: no bound */
    int64_t max_clients;               /* connections at once */
    int64_t timeout;                   /* seconds that a request may stay unfinished */
    int64_t slowlog_slower_than;       /* microseconds from which on a request is slow; -1: none is */
    int64_t slowlog_max_len;           /* slow requests that are remembered */
    char bind[CONFIG_TEXT_MAX];        /* address to listen on */
    char dir[CONFIG_TEXT_MAX];         /* directory of the ledger */
    char unix_socket[CONFIG_TEXT_MAX]; /* path to listen on too; empty: none */
    char config[CONFIG_TEXT_MAX];      /* file that options were read from; empty: none */
};

/** How reading the command line ended. */
enum config_status {
    CONFIG_OK,
    CONFIG_HELP,    /* --help was asked for */
    CONFIG_VERSION, /* --version was asked for */
    CONFIG_VERIFY,  /* --verify was: of config->dir */
    CONFIG_DUMP,    /* --dump-journal was: of config->dir */
    CONFIG_ERROR    /* `error` says what was wrong and what would be right */
};

/** Room for any error of config_read. */
#define CONFIG_ERROR_MAX 2048

/** Fills `config` with the defaults; the number of workers is that of the processors online. */
void config_default(struct config *config);

/** Fills `config` from the defaults, then the file that --config names, then the command line, which wins.
 *  On CONFIG_ERROR `error`, which has CONFIG_ERROR_MAX bytes, holds one sentence. */
enum config_status config_read(struct config *config, int argc, char **argv, char *error);

/** Writes what --help shows to `out`, NUL-terminated, cut at `size`. */
void config_help(char *out, size_t size);

/** How many options have a value that CONFIG GET can tell. */
size_t config_count(void);

/** The name of option `i` (below config_count), as --help shows it without its dashes. */
const char *config_name(size_t i);

/** Writes the value of option `i` to `out`, which has CONFIG_TEXT_MAX bytes, NUL-terminated. */
void config_value(const struct config *config, size_t i, char *out);

#endif
