/* recall.c: see recall.h. */
#include "client/recall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/settings.h"

static void disable(struct recall *recall, const char *what)
{
    (void)fprintf(stderr, "bursar: %s the history file %s: %s; this session's lines are not kept\n", what,
                  recall->path, strerror(errno));
    free(recall->path);
    recall->path = NULL;
}

/* Makes the directories that the path lies in. */
static void make_directories(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL)
        abort();
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(copy, 0700); /* what can't be made shows when the file is opened */
        *slash = '/';
    }
    free(copy);
}

/* Writes the newest lines to a new file in the place of the old one. */
static void cut_file(struct recall *recall, char *const *texts, size_t count)
{
    char *beside = NULL;
    if (asprintf(&beside, "%s.%ld", recall->path, (long)getpid()) < 0)
        abort();
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool well = file != NULL;
    for (size_t i = 0; well && i < count; i++)
        well = fprintf(file, "%s\n", texts[i]) >= 0;
    well = file != NULL && fclose(file) == 0 && well;
    if (!well || rename(beside, recall->path) != 0) {
        (void)unlink(beside); /* the file stays long, which is no harm */
    }
    free(beside);
}

static void load(struct recall *recall, FILE *file, void (*take)(void *context, const char *line),
                 void *context)
{
    char **ring = calloc(RECALL_LINES_MAX, sizeof(char *));
    char **order = calloc(RECALL_LINES_MAX, sizeof(char *));
    size_t count = 0;
    char *line = NULL;
    size_t room = 0;
    if (ring == NULL || order == NULL)
        abort();
    while (getline(&line, &room, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        char **place = &ring[count++ % RECALL_LINES_MAX];
        free(*place);
        *place = strdup(line);
        if (*place == NULL)
            abort();
    }
    size_t kept = count < RECALL_LINES_MAX ? count : RECALL_LINES_MAX;
    for (size_t i = 0; i < kept; i++) {
        order[i] = ring[(count - kept + i) % RECALL_LINES_MAX];
        take(context, order[i]);
    }
    if (count > 2 * RECALL_LINES_MAX)
        cut_file(recall, order, kept);
    if (kept > 0)
        recall->last = strdup(order[kept - 1]);
    for (size_t i = 0; i < kept; i++)
        free(order[i]);
    free(line);
    free(order);
    free(ring);
}

void recall_open(struct recall *recall, const char *path, void (*take)(void *context, const char *line),
                 void *context)
{
    *recall = (struct recall){.path = NULL};
    if (path != NULL && *path == '\0')
        return;
    recall->path =
        path != NULL ? strdup(path) : settings_directory("XDG_STATE_HOME", ".local/state", "bursar/history");
    if (recall->path == NULL)
        return;
    make_directories(recall->path);
    FILE *file = fopen(recall->path, "re");
    if (file != NULL) {
        load(recall, file, take, context);
        (void)fclose(file);
    } else if (errno != ENOENT)
        disable(recall, "can't read");
}

/* AUTH, and HELLO with AUTH, tell a password. */
static bool has_password(const char *line)
{
    const char *word = line + strspn(line, " \t");
    return strncasecmp(word, "auth", 4) == 0 || strcasestr(word, " auth ") != NULL;
}

bool recall_worthy(const struct recall *recall, const char *line)
{
    return *line != '\0' && *line != ' ' && (recall->last == NULL || strcmp(recall->last, line) != 0) &&
           !has_password(line);
}

void recall_add(struct recall *recall, const char *line)
{
    free(recall->last);
    recall->last = strdup(line);
    if (recall->path == NULL)
        return;
    char *whole = NULL;
    int length = asprintf(&whole, "%s\n", line);
    if (length < 0)
        abort();
    int fd = open(recall->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, whole, (size_t)length) != length) /* one write: sessions don't mix their lines */
        disable(recall, "can't write");
    if (fd >= 0)
        (void)close(fd);
    free(whole);
}

void recall_close(struct recall *recall)
{
    free(recall->path);
    free(recall->last);
    *recall = (struct recall){.path = NULL};
}
