/* fault.c: a shim under a server's file operations, to be preloaded: the call with number BURSAR_FAULT_AT
 * among all that change files fails as BURSAR_FAULT says: EIO, ENOSPC, or short, a write of half of what was
 * asked (another call than a write fails with EIO then); or full: it and all after it fail with ENOSPC. Only
 * calls on files below BURSAR_FAULT_DIR count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic long calls;

/** Whether a path is below the directory. */
static bool path_counts(const char *path)
{
    const char *dir = getenv("BURSAR_FAULT_DIR");
    return dir && strncmp(path, dir, strlen(dir)) == 0;
}

static bool fault_is(const char *name)
{
    const char *fault = getenv("BURSAR_FAULT");
    return fault && strcmp(fault, name) == 0;
}

/** Whether this call on a file is one to fail. */
static bool strikes_path(const char *path)
{
    const char *at = getenv("BURSAR_FAULT_AT");
    if (!at || !path_counts(path)) {
        return false;
    }
    long call = atomic_fetch_add(&calls, 1) + 1;
    long first = strtol(at, NULL, 10);
    return call == first || (call > first && fault_is("full"));
}

static bool strikes(int fd)
{
    char link[64];
    char path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return false;
    }
    path[length] = '\0';
    return strikes_path(path);
}

static int fault_errno(void)
{
    return fault_is("ENOSPC") || fault_is("full") ? ENOSPC : EIO;
}

/* POSIX lets an object pointer be a function pointer, ISO C does not. */
#define REAL(name) (__extension__(__typeof__(name) *) dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    if (strikes(fd)) {
        if (fault_is("short")) {
            return REAL(pwrite)(fd, buf, n / 2, offset);
        }
        errno = fault_errno();
        return -1;
    }
    return REAL(pwrite)(fd, buf, n, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
    return pwrite(fd, buf, n, offset);
}

int fdatasync(int fildes)
{
    if (strikes(fildes)) {
        errno = fault_errno();
        return -1;
    }
    return REAL(fdatasync)(fildes);
}

int fsync(int fd)
{
    if (strikes(fd)) {
        errno = fault_errno();
        return -1;
    }
    return REAL(fsync)(fd);
}

int rename(const char *old, const char *new)
{
    if (strikes_path(old)) {
        errno = fault_errno();
        return -1;
    }
    return REAL(rename)(old, new);
}

int ftruncate(int fd, off_t length)
{
    if (strikes(fd)) {
        errno = fault_errno();
        return -1;
    }
    return REAL(ftruncate)(fd, length);
}
