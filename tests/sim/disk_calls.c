/* disk_calls.c: the system calls of the journal, on the disk in memory.
 *
 * The simulator is linked with --wrap for each of these: the server's objects call __wrap_pwrite where they
 * say pwrite. Nothing else in the simulator uses a file through them, except close.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/sim/disk.h"

#define FD_BASE 100000
#define FDS_MAX 32

#define JOURNAL DISK_ROOT "/journal"

struct descriptor {
    struct disk_file *file; /* NULL: a directory */
    bool open;
    bool journal; /* which directory */
};

static struct descriptor descriptors[FDS_MAX];

/* A directory that is being listed. */
struct stream {
    unsigned next;
    struct dirent entry;
};

/* As the linker names them. */
int __real_close(int fd);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_stat(const char *path, struct stat *status);
int __wrap_access(const char *path, int mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
DIR *__wrap_opendir(const char *path);
struct dirent *__wrap_readdir(DIR *directory);
int __wrap_closedir(DIR *directory);

void disk_calls_reset(void)
{
    memset(descriptors, 0, sizeof descriptors);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

/* The name in the journal's directory of a path that is in it. */
static const char *name_of(const char *path)
{
    assert(strncmp(path, JOURNAL "/", sizeof JOURNAL) == 0);
    return path + sizeof JOURNAL;
}

static int descriptor_new(struct disk_file *file, bool journal)
{
    unsigned i = 0;
    while (i < FDS_MAX && descriptors[i].open)
        i++;
    assert(i < FDS_MAX);
    if (file != NULL)
        disk_hold(file);
    descriptors[i] = (struct descriptor){.file = file, .open = true, .journal = journal};
    return FD_BASE + (int)i;
}

static struct descriptor *descriptor_of(int fd)
{
    assert(fd >= FD_BASE && fd < FD_BASE + FDS_MAX && descriptors[fd - FD_BASE].open);
    return &descriptors[fd - FD_BASE];
}

int __wrap_open(const char *path, int flags, ...)
{
    if (disk_call(CALL_LOOK) != DISK_GOOD)
        return fail(EIO);
    if ((flags & O_DIRECTORY) != 0) {
        bool journal = strcmp(path, JOURNAL) == 0;
        assert(journal || strcmp(path, DISK_ROOT) == 0);
        return descriptor_new(NULL, journal);
    }
    struct disk_file *file = disk_find(name_of(path));
    if (file == NULL && (flags & O_CREAT) == 0)
        return fail(ENOENT);
    if (file == NULL)
        file = disk_create(name_of(path));
    if (file == NULL)
        return fail(ENOSPC);
    if ((flags & O_TRUNC) != 0)
        disk_truncate(file);
    return descriptor_new(file, false);
}

int __wrap_close(int fd)
{
    if (fd < FD_BASE)
        return __real_close(fd);
    struct descriptor *descriptor = &descriptors[fd - FD_BASE];
    if (descriptor->open && descriptor->file != NULL)
        disk_let_go(descriptor->file);
    descriptor->open = false; /* what a dead process had open is closed already */
    return 0;
}

ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset)
{
    if (disk_call(CALL_READ) != DISK_GOOD)
        return fail(EIO);
    return (ssize_t)disk_read(descriptor_of(fd)->file, bytes, length, (uint64_t)offset);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    bool before = disk_stopped();
    enum disk_fault fault = disk_call(CALL_WRITE);
    struct disk_file *file = before ? NULL : descriptor_of(fd)->file;
    if (fault != DISK_GOOD) {
        size_t part = before ? 0 : disk_part(length);
        if (part > 0)
            (void)disk_write(file, bytes, part, (uint64_t)offset);
        return fault == DISK_STOP || part == 0 ? fail(EIO) : (ssize_t)part;
    }
    size_t written = disk_write(file, bytes, length, (uint64_t)offset);
    return written == 0 ? fail(ENOSPC) : (ssize_t)written;
}

static int sync_any(int fd)
{
    enum disk_fault fault = disk_call(CALL_SYNC);
    if (fault == DISK_STOP)
        return fail(EIO);
    const struct descriptor *descriptor = descriptor_of(fd);
    if (fault != DISK_GOOD) {
        if (descriptor->file != NULL)
            disk_sync_fails(descriptor->file);
        return fail(EIO);
    }
    if (descriptor->file != NULL)
        disk_sync_file(descriptor->file);
    else if (descriptor->journal)
        disk_sync_journal();
    else
        disk_sync_root();
    return 0;
}

int __wrap_fsync(int fd)
{
    return sync_any(fd);
}

int __wrap_fdatasync(int fd)
{
    return sync_any(fd);
}

static int status_fill(const struct disk_file *file, struct stat *status)
{
    memset(status, 0, sizeof *status);
    status->st_size = (off_t)disk_size(file);
    return 0;
}

int __wrap_fstat(int fd, struct stat *status)
{
    if (disk_call(CALL_LOOK) != DISK_GOOD)
        return fail(EIO);
    return status_fill(descriptor_of(fd)->file, status);
}

int __wrap_stat(const char *path, struct stat *status)
{
    const struct disk_file *file = disk_find(name_of(path));
    if (disk_call(CALL_LOOK) != DISK_GOOD)
        return fail(EIO);
    return file == NULL ? fail(ENOENT) : status_fill(file, status);
}

int __wrap_access(const char *path, int mode)
{
    (void)mode;
    if (disk_call(CALL_LOOK) != DISK_GOOD)
        return fail(EIO);
    return disk_find(name_of(path)) == NULL ? fail(ENOENT) : 0;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    (void)mode;
    assert(strcmp(path, JOURNAL) == 0);
    if (disk_call(CALL_NAME) == DISK_STOP)
        return fail(EIO);
    if (disk_has_journal())
        return fail(EEXIST);
    disk_make_journal();
    return 0;
}

int __wrap_rename(const char *from, const char *to)
{
    enum disk_fault fault = disk_call(CALL_RENAME);
    if (fault == DISK_STOP)
        return fail(EIO);
    disk_rename(name_of(from), name_of(to));
    return fault == DISK_STOP_NAMED ? fail(EIO) : 0;
}

int __wrap_unlink(const char *path)
{
    if (disk_call(CALL_NAME) == DISK_STOP)
        return fail(EIO);
    if (disk_find(name_of(path)) == NULL)
        return fail(ENOENT);
    disk_unlink(name_of(path));
    return 0;
}

DIR *__wrap_opendir(const char *path)
{
    assert(strcmp(path, JOURNAL) == 0);
    bool good = disk_call(CALL_LOOK) == DISK_GOOD;
    if (!good || !disk_has_journal()) {
        errno = good ? ENOENT : EIO;
        return NULL;
    }
    struct stream *stream = calloc(1, sizeof *stream);
    assert(stream != NULL);
    return (DIR *)(void *)stream;
}

struct dirent *__wrap_readdir(DIR *directory)
{
    struct stream *stream = (struct stream *)(void *)directory;
    const char *name = disk_name(stream->next++);
    if (name == NULL)
        return NULL;
    (void)snprintf(stream->entry.d_name, sizeof stream->entry.d_name, "%s", name);
    return &stream->entry;
}

int __wrap_closedir(DIR *directory)
{
    free((void *)directory);
    return 0;
}
