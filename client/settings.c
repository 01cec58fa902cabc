/* settings.c: see settings.h. Directories: https://specifications.freedesktop.org/basedir-spec/latest/ */
#include "client/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SHOWN 80

char *settings_directory(const char *variable, const char *fallback, const char *path)
{
    char *whole = NULL;
    const char *directory = getenv(variable);
    const char *home = getenv("HOME");
    int length = 0;
    if (directory != NULL && *directory == '/') /* the specification has relative ones passed over */
        length = asprintf(&whole, "%s/%s", directory, path);
    else if (home != NULL && *home != '\0')
        length = asprintf(&whole, "%s/%s/%s", home, fallback, path);
    if (length < 0)
        abort();
    return whole;
}

char *settings_path(void)
{
    return settings_directory("XDG_CONFIG_HOME", ".config", "bursar/config");
}

/* Cuts blanks from both ends, in place. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static bool take_line(char *line, const char *path, unsigned number, settings_take *take, void *context)
{
    char *key = trim(line);
    if (*key == '\0' || *key == '#')
        return true;
    char *equals = strchr(key, '=');
    if (equals == NULL) {
        (void)fprintf(stderr, "bursar: %s:%u: '%.*s' is not \"key = value\"\n", path, number, LINE_MAX_SHOWN,
                      key);
        return false;
    }
    *equals = '\0';
    key = trim(key);
    char *where = NULL;
    if (asprintf(&where, "%s:%u: %s", path, number, key) < 0)
        abort();
    bool well = take(context, key, trim(equals + 1), where);
    free(where);
    return well;
}

bool settings_read(const char *path, bool needed, settings_take *take, void *context)
{
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT && !needed)
        return true;
    if (file == NULL) {
        (void)fprintf(stderr, "bursar: the configuration file %s can't be read: %s\n", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t room = 0;
    bool well = true;
    for (unsigned number = 1; well && getline(&line, &room, file) >= 0; number++)
        well = take_line(line, path, number, take, context);
    if (well && ferror(file)) {
        (void)fprintf(stderr, "bursar: the configuration file %s can't be read: %s\n", path, strerror(errno));
        well = false;
    }
    free(line);
    (void)fclose(file);
    return well;
}
