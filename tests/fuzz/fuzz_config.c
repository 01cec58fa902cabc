/* fuzz_config.c: any words as a command line, and any bytes as a config file. What is refused is refused with
 * a reason that names what was given; what is accepted, given again option by option, comes to the same.
 *
 * The bytes before the first NUL are the file's (none: there is no file); each NUL begins a word.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/config.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 24

/* The program's name, the words, the file, and the end. */
#define ARGS_MAX (WORDS_MAX + 3)

/* The words of a command line; owned. */
struct words {
    char *argv[ARGS_MAX];
    int argc;
};

static void word_add(struct words *words, const char *text, size_t length)
{
    char *word = malloc(length + 1);
    check(word != NULL);
    memcpy(word, text, length);
    word[length] = '\0';
    words->argv[words->argc++] = word;
}

static void words_free(struct words *words)
{
    for (int i = 0; i < words->argc; i++)
        free(words->argv[i]);
}

/* A file of `size` bytes that has no name; its path. One at a time. */
static const char *file_make(const uint8_t *data, size_t size)
{
    static int file = -1;
    static char path[64];
    if (file < 0)
        file = memfd_create("config", MFD_CLOEXEC);
    check(file >= 0 && ftruncate(file, 0) == 0);
    check(pwrite(file, data, size, 0) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "--config=/proc/self/fd/%d", file);
    return path;
}

/* Says with options alone what `config` says, and reads that. */
static void same_check(const struct config *config)
{
    struct words words = {0};
    static struct config again;
    static char text[CONFIG_TEXT_MAX + 64];
    static char value[CONFIG_TEXT_MAX];
    char error[CONFIG_ERROR_MAX];
    struct words *out = &words;
    word_add(out, "bursard", strlen("bursard"));
    for (size_t i = 0; i < config_count(); i++) {
        if (strcmp(config_name(i), "config") == 0)
            continue;
        config_value(config, i, value);
        (void)snprintf(text, sizeof text, "--%s=%s", config_name(i), value);
        word_add(out, text, strlen(text));
    }
    check(config_read(&again, words.argc, words.argv, error) == CONFIG_OK);
    for (size_t i = 0; i < config_count(); i++) {
        char other[CONFIG_TEXT_MAX];
        config_value(config, i, value);
        config_value(&again, i, other);
        check(strcmp(config_name(i), "config") == 0 || strcmp(value, other) == 0);
    }
    words_free(&words);
}

/* "there is no option WORD; see --help" names one of the words. */
static void named_check(const struct words *words, const char *error)
{
    static const char before[] = "there is no option ";
    static const char after[] = "; see --help";
    if (strncmp(error, before, strlen(before)) != 0)
        return;
    const char *name = error + strlen(before);
    for (int i = 1; i < words->argc; i++) {
        size_t length = strnlen(words->argv[i], 512);
        if (strncmp(name, words->argv[i], length) == 0 && strcmp(name + length, after) == 0)
            return;
    }
    check(0);
}

/* The words of the bytes; false: they might read a file of this machine. */
static int words_read(struct words *words, const uint8_t *data, size_t size)
{
    word_add(words, "bursard", strlen("bursard"));
    const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
    size_t file_size = end != NULL ? (size_t)(end - data) : size;
    while (end != NULL && words->argc <= WORDS_MAX) {
        const char *text = (const char *)end + 1;
        size_t length = size - (size_t)(end + 1 - data);
        end = length > 0 ? memchr(text, '\0', length) : NULL;
        length = end != NULL ? (size_t)((const char *)end - text) : length;
        if (length > 0 && memchr(text, '/', length) != NULL)
            return 0;
        word_add(words, text, length);
    }
    if (file_size > 0) {
        const char *option = file_make(data, file_size);
        word_add(words, option, strlen(option));
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    char error[CONFIG_ERROR_MAX] = "";
    struct words words = {0};
    if (words_read(&words, data, size)) {
        /* getopt moves the words about. */
        struct words moved = words;
        enum config_status status = config_read(&config, moved.argc, moved.argv, error);
        check((status == CONFIG_ERROR) == (error[0] != '\0'));
        if (status == CONFIG_ERROR)
            named_check(&words, error);
        if (status == CONFIG_OK)
            same_check(&config);
    }
    words_free(&words);
    return 0;
}
