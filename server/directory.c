/* directory.c: see directory.h. The lock is flock(2) on DIR/lock, so a killed server leaves none behind. */
#include "server/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a process id and its line end. */
#define PID_TEXT_MAX 24

static bool path_make(char *path, const char *dir, const char *name, char *error)
{
    if (snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX) {
        return true;
    }
    snprintf(error, DIRECTORY_ERROR_MAX, "the path of directory '%.256s...' is too long", dir);
    return false;
}

bool directory_make(const char *dir, char *error)
{
    struct stat status;
    if (mkdir(dir, 0750) != 0 && errno != EEXIST) {
        snprintf(error, DIRECTORY_ERROR_MAX, "directory '%.512s' can't be made: %s", dir, strerror(errno));
        return false;
    }
    if (stat(dir, &status) != 0 || !S_ISDIR(status.st_mode)) {
        snprintf(error, DIRECTORY_ERROR_MAX, "'%.512s' is not a directory", dir);
        return false;
    }
    return true;
}

bool directory_sync(const char *dir, char *error)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (!good) {
        snprintf(error, DIRECTORY_ERROR_MAX, "names in directory '%.512s' can't be made durable: %s", dir,
                 strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

bool directory_has(const char *dir, const char *name)
{
    char path[PATH_MAX];
    char error[DIRECTORY_ERROR_MAX];
    return path_make(path, dir, name, error) && (access(path, F_OK) == 0 || errno != ENOENT);
}

/** Says whose the lock is. */
static void lock_refuse(int fd, const char *dir, char *error)
{
    char owner[PID_TEXT_MAX] = "";
    ssize_t length = pread(fd, owner, sizeof owner - 1, 0);
    owner[length > 0 ? length : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
    snprintf(error, DIRECTORY_ERROR_MAX,
             "directory '%.512s' is in use by process %s: a ledger has one server; stop that one first", dir,
             owner);
}

int directory_lock(const char *dir, char *error)
{
    char path[PATH_MAX];
    char owner[PID_TEXT_MAX];
    if (!path_make(path, dir, "lock", error)) {
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            lock_refuse(fd, dir, error);
            close(fd);
            return -1;
        }
        close(fd);
        fd = -1;
    }
    int length = snprintf(owner, sizeof owner, "%d\n", (int)getpid());
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)length, 0) != length) {
        snprintf(error, DIRECTORY_ERROR_MAX, "file '%.512s' can't be written: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}
