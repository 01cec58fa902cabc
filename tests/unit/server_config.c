/* server_config.c: what an operator writes, and what he hears when it is wrong. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/config.h"

enum { ARGS_MAX = 8 };

static enum config_status read_words(struct config *config, const char *const *words, char *error)
{
    char *argv[ARGS_MAX + 2] = {(char *)"bursard"};
    int argc = 1;
    while (words[argc - 1]) {
        argv[argc] = (char *)words[argc - 1];
        argc++;
    }
    error[0] = '\0';
    return config_read(config, argc, argv, error);
}

Test(config, has_defaults)
{
    struct config config;
    char error[CONFIG_ERROR_MAX];
    cr_assert_eq(read_words(&config, (const char *[]){NULL}, error), CONFIG_OK, "%s", error);
    cr_assert_eq(config.port, 7171);
    cr_assert_str_eq(config.bind, "127.0.0.1");
    cr_assert_str_eq(config.unix_socket, "");
    cr_assert_str_eq(config.dir, ".");
    cr_assert_eq(config.max_clients, 10000);
    cr_assert_eq(config.timeout, 60);
    cr_assert_eq(config.id_window, 86400);
    cr_assert_eq(config.id_memory, 0);
    cr_assert_eq(config.log_level, 1);
    cr_assert_eq(config.slowlog_slower_than, 10000);
    cr_assert_eq(config.slowlog_max_len, 128);
    cr_assert(config.workers >= 1 && config.workers <= 64);
}

Test(config, takes_options_from_the_command_line)
{
    struct config config;
    char error[CONFIG_ERROR_MAX];
    const char *words[] = {"--port", "0", "--workers=64", "--log-level", "error", "--unix-socket",
                           "/run/b", NULL};
    cr_assert_eq(read_words(&config, words, error), CONFIG_OK, "%s", error);
    cr_assert_eq(config.port, 0);
    cr_assert_eq(config.workers, 64);
    cr_assert_eq(config.log_level, 3);
    cr_assert_str_eq(config.unix_socket, "/run/b");
}

Test(config, says_what_is_wrong_and_what_would_be_right)
{
    static const struct {
        const char *words[3];
        const char *error;
    } cases[] = {
        {{"--port", "65536"}, "port is '65536'; it must be a whole number from 0 to 65535"},
        {{"--port", "80a"}, "port is '80a'; it must be a whole number from 0 to 65535"},
        {{"--port", ""}, "port is ''; it must be a whole number from 0 to 65535"},
        {{"--port", " 1"}, "port is ' 1'; it must be a whole number from 0 to 65535"},
        {{"--workers", "0"}, "workers is '0'; it must be a whole number from 1 to 64"},
        {{"--workers", "65"}, "workers is '65'; it must be a whole number from 1 to 64"},
        {{"--workers", "99999999999999999999"},
         "workers is '99999999999999999999'; it must be a whole number from 1 to 64"},
        {{"--id-window", "0"}, "id-window is '0'; it must be a whole number from 1 to 3153600000"},
        {{"--id-memory", "2097153"}, "id-memory is '2097153'; it must be a whole number from 0 to 2097152"},
        {{"--durability", "fsync"}, "durability is 'fsync'; it must be sync|async|none"},
        {{"--slowlog-slower-than", "-2"},
         "slowlog-slower-than is '-2'; it must be a whole number from -1 to 3600000000"},
        {{"--slowlog-max-len", "100001"},
         "slowlog-max-len is '100001'; it must be a whole number from 0 to 100000"},
        {{"--log-level", "loud"}, "log-level is 'loud'; it must be debug|info|warn|error"},
        {{"--prot", "1"}, "there is no option --prot; see --help"},
        {{"-ab"}, "there is no option -ab; see --help"},
        {{"--dir=x", "-p"}, "there is no option -p; see --help"},
        {{"--dir=x", "-port"}, "there is no option -port; see --help"},
        {{"--port"}, "--port needs a value; see --help"},
        {{"7171"}, "'7171' is not an option; options begin with --, see --help"},
        {{"--config", "/nonexistent/file"},
         "config file '/nonexistent/file' can't be read: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        char error[CONFIG_ERROR_MAX];
        cr_assert_eq(read_words(&config, cases[i].words, error), CONFIG_ERROR, "%s", cases[i].error);
        cr_assert_str_eq(error, cases[i].error);
    }
}

/** Writes a config file; returns its path, good until the next call. */
static const char *file_make(const char *text)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/bursar-config-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(config, reads_a_file_and_lets_the_command_line_win)
{
    struct config config;
    char error[CONFIG_ERROR_MAX];
    const char *path = file_make("# a comment\n\n  port 7000  # another\nworkers\t3\r\nlog-level warn\n");
    const char *words[] = {"--workers", "5", "--config", path, NULL};
    enum config_status status = read_words(&config, words, error);
    unlink(path);
    cr_assert_eq(status, CONFIG_OK, "%s", error);
    cr_assert_eq(config.port, 7000);
    cr_assert_eq(config.workers, 5);
    cr_assert_eq(config.log_level, 2);
    cr_assert_str_eq(config.config, path);
}

Test(config, names_the_line_of_a_file_that_is_wrong)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"port 1\nwrokers 3\n", ":2: there is no option 'wrokers' in a config file; see --help"},
        {"config other\n", ":1: there is no option 'config' in a config file; see --help"},
        {"\n\nport\n", ":3: port is ''; it must be a whole number from 0 to 65535"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        char error[CONFIG_ERROR_MAX];
        char expected[CONFIG_ERROR_MAX];
        const char *path = file_make(cases[i].text);
        enum config_status status = read_words(&config, (const char *[]){"--config", path, NULL}, error);
        unlink(path);
        snprintf(expected, sizeof expected, "%s%s", path, cases[i].error);
        cr_assert_eq(status, CONFIG_ERROR);
        cr_assert_str_eq(error, expected);
    }
}

Test(config, tells_every_option_by_name_and_value)
{
    struct config config;
    char value[CONFIG_TEXT_MAX];
    char help[8192];
    config_default(&config);
    config_help(help, sizeof help);
    for (size_t i = 0; i < config_count(); i++) {
        char option[64];
        snprintf(option, sizeof option, "--%s ", config_name(i));
        cr_assert_not_null(strstr(help, option), "help does not tell %s", option);
        config_value(&config, i, value);
        if (strcmp(config_name(i), "durability") == 0) {
            cr_assert_str_eq(value, "sync");
        } else if (strcmp(config_name(i), "port") == 0) {
            cr_assert_str_eq(value, "7171");
        }
    }
}
