/* segment.c: see segment.h. */
#include "server/segment.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "server/directory.h"
#include "server/memory.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structs are written as they lie in memory");
static_assert(sizeof(struct segment_head) == 88 && sizeof(struct segment_head) <= JOURNAL_ALIGN,
              "as docs/journal.md says");

/* Zeros are written this many bytes at a time. */
#define ZEROS_SIZE 1048576

#define HEAD_SUMMED (sizeof(struct segment_head) - sizeof(((struct segment_head *)0)->checksum))

static bool fail(char *error, const char *what, const char *path)
{
    (void)snprintf(error, JOURNAL_ERROR_MAX, "%s '%.512s': %s", what, path, strerror(errno));
    return false;
}

static void path_of(char *path, const char *journal, const char *name)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", journal, name);
    assert(length > 0 && length < PATH_MAX); /* the directory's path was bounded when it was made */
}

void segment_path(char *path, const char *journal, uint32_t ordinal)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%08" PRIu32 ".log", ordinal);
    path_of(path, journal, name);
}

static void spare_path(char *path, const char *journal, unsigned place)
{
    char name[32];
    (void)snprintf(name, sizeof name, "spare-%u", place);
    path_of(path, journal, name);
}

void segment_checksum(const void *bytes, size_t length, struct ledger_id ledger, uint64_t *checksum)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, length, ledger.words[0] ^ ledger.words[1]);
    checksum[0] = hash.low64;
    checksum[1] = hash.high64;
}

/** The ordinal of a segment's file name; 0: it is none. */
static uint32_t name_ordinal(const char *name)
{
    if (strlen(name) != strlen("00000000.log") || strcmp(name + 8, ".log") != 0 ||
        strspn(name, "0123456789") != 8) {
        return 0;
    }
    return (uint32_t)strtoul(name, NULL, 10);
}

/** NULL: that was all, or, with errno, it can't be read. */
static const struct dirent *entry_next(DIR *directory)
{
    errno = 0;
    return readdir(directory);
}

bool segment_list(const char *journal, struct segment_list *list, char *error)
{
    *list = (struct segment_list){0};
    DIR *directory = opendir(journal);
    if (!directory) {
        return fail(error, "can't read directory", journal);
    }
    for (const struct dirent *entry; (entry = entry_next(directory)) != NULL;) {
        uint32_t ordinal = name_ordinal(entry->d_name);
        if (ordinal != 0) {
            list->first = list->first == 0 || ordinal < list->first ? ordinal : list->first;
            list->last = ordinal > list->last ? ordinal : list->last;
            list->count++;
        }
        unsigned place =
            strncmp(entry->d_name, "spare-", 6) == 0 ? (unsigned)(entry->d_name[6] - '0') : SEGMENT_SPARES;
        if (place < SEGMENT_SPARES && entry->d_name[7] == '\0') {
            list->spares[place] = true;
        }
    }
    int why = errno;
    closedir(directory);
    errno = why;
    return why == 0 || fail(error, "can't read directory", journal);
}

/** Whether a head can be trusted and understood. */
static bool head_check(const struct segment_head *head, const char *path, uint32_t ordinal,
                       struct ledger_id ledger, char *error)
{
    uint64_t checksum[2];
    if (memcmp(head->magic, SEGMENT_MAGIC, sizeof head->magic) != 0) {
        (void)snprintf(
            error, JOURNAL_ERROR_MAX,
            "'%.512s' is damaged or no segment of a journal: its head at offset 0 is not one; restore it "
            "from a backup",
            path);
        return false;
    }
    if (head->version == 0 || head->version > SEGMENT_VERSION) {
        (void)snprintf(error, JOURNAL_ERROR_MAX,
                       "'%.512s' has format version %" PRIu32
                       ", and this server reads versions 1 to %d; use the server "
                       "that wrote it",
                       path, head->version, SEGMENT_VERSION);
        return false;
    }
    segment_checksum(head->magic, HEAD_SUMMED, head->ledger, checksum);
    if (memcmp(checksum, head->checksum, sizeof checksum) != 0 || head->ordinal != ordinal ||
        head->next == 0) {
        (void)snprintf(
            error, JOURNAL_ERROR_MAX,
            "'%.512s' is damaged: its head, offset 0 to %zu, does not have its checksum, or it is segment "
            "%" PRIu32 " under another name; restore it from a backup",
            path, sizeof *head, head->ordinal);
        return false;
    }
    bool any = ledger.words[0] == 0 && ledger.words[1] == 0;
    if (!any && memcmp(&ledger, &head->ledger, sizeof ledger) != 0) {
        (void)snprintf(error, JOURNAL_ERROR_MAX,
                       "'%.512s' belongs to another ledger (%016" PRIx64 "%016" PRIx64
                       ") than its neighbours "
                       "(%016" PRIx64 "%016" PRIx64 "); bring back the right file",
                       path, head->ledger.words[0], head->ledger.words[1], ledger.words[0], ledger.words[1]);
        return false;
    }
    return true;
}

int segment_open(const char *journal, uint32_t ordinal, struct ledger_id ledger, bool write,
                 struct segment_head *head, char *error)
{
    char path[PATH_MAX];
    segment_path(path, journal, ordinal);
    int fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT) {
            (void)snprintf(error, JOURNAL_ERROR_MAX, "segment '%.512s' is missing; restore it from a backup",
                           path);
        } else {
            fail(error, "can't open", path);
        }
        return -1;
    }
    struct stat status;
    memset(head, 0, sizeof *head);
    bool good = pread(fd, head, sizeof *head, 0) >= 0 ? head_check(head, path, ordinal, ledger, error)
                                                      : fail(error, "can't read", path);
    if (good && (fstat(fd, &status) != 0 || (uint64_t)status.st_size != head->size)) {
        (void)snprintf(error, JOURNAL_ERROR_MAX,
                       "'%.512s' has %" PRIu64 " bytes and had %" PRIu64
                       " when it was made: a part is missing; restore "
                       "it from a backup",
                       path, (uint64_t)status.st_size, head->size);
        good = false;
    }
    if (!good) {
        close(fd);
        return -1;
    }
    return fd;
}

/** Opens a file of `size` zeros that are all on the disk. */
static int zeros_open(const char *path, uint64_t size, char *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool good = fd >= 0;
    char *zeros = memory_zeroed(1, ZEROS_SIZE);
    for (uint64_t at = 0; good && at < size; at += ZEROS_SIZE) {
        size_t length = size - at < ZEROS_SIZE ? (size_t)(size - at) : ZEROS_SIZE;
        ssize_t written = pwrite(fd, zeros, length, (off_t)at);
        if (written >= 0 && (size_t)written < length) {
            errno = ENOSPC; /* what a short write means */
        }
        good = written == (ssize_t)length;
    }
    free(zeros);
    if (good && fsync(fd) == 0) {
        return fd;
    }
    fail(error, "can't fill", path);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return -1;
}

/** Opens a spare of the right size; -1 when there is none. Its path is left in `path`. */
static int spare_open(const char *journal, uint64_t size, char *path)
{
    struct stat status;
    for (unsigned place = 0; place < SEGMENT_SPARES; place++) {
        spare_path(path, journal, place);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &status) == 0 && (uint64_t)status.st_size == size) {
            return fd;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return -1;
}

static bool head_write(int fd, const struct segment_head *head, const char *path, char *error)
{
    char block[JOURNAL_ALIGN] = {0};
    memcpy(block, head, sizeof *head);
    if (pwrite(fd, block, sizeof block, 0) != (ssize_t)sizeof block || fdatasync(fd) != 0) {
        return fail(error, "can't write the head of", path);
    }
    return true;
}

int segment_make(const char *journal, struct ledger_id ledger, uint32_t ordinal, uint64_t size,
                 const struct journal_place *before, char *error)
{
    struct segment_head head = {.magic = SEGMENT_MAGIC,
                                .version = SEGMENT_VERSION,
                                .ordinal = ordinal,
                                .ledger = ledger,
                                .size = size,
                                .next = before->last.number + 1,
                                .time = before->last.time,
                                .chain = {before->chain[0], before->chain[1]}};
    char path[PATH_MAX];
    char named[PATH_MAX];
    segment_checksum(head.magic, HEAD_SUMMED, ledger, head.checksum);
    segment_path(named, journal, ordinal);
    int fd = spare_open(journal, size, path);
    if (fd < 0) {
        path_of(path, journal, "new");
        fd = zeros_open(path, size, error);
    }
    if (fd < 0) {
        return -1;
    }
    bool good = head_write(fd, &head, path, error) &&
                (rename(path, named) == 0 || fail(error, "can't rename a file to", named)) &&
                directory_sync(journal, error);
    if (!good) {
        close(fd);
        return -1;
    }
    return fd;
}

/** The place of a spare that is not there; SEGMENT_SPARES: they all are. */
static unsigned spare_room(const char *journal)
{
    char path[PATH_MAX];
    unsigned place = 0;
    do {
        spare_path(path, journal, place);
    } while (access(path, F_OK) == 0 && ++place < SEGMENT_SPARES);
    return place;
}

bool segment_spare_make(const char *journal, uint64_t size, char *error)
{
    char path[PATH_MAX];
    char named[PATH_MAX];
    unsigned place = spare_room(journal);
    if (place == SEGMENT_SPARES) {
        return true;
    }
    path_of(path, journal, "new-spare");
    spare_path(named, journal, place);
    int fd = zeros_open(path, size, error);
    if (fd < 0) {
        return false;
    }
    close(fd);
    return rename(path, named) == 0 || fail(error, "can't rename a file to", named);
}

bool segment_release(const char *journal, uint32_t ordinal, uint64_t size, char *error)
{
    char path[PATH_MAX];
    char spare[PATH_MAX];
    struct stat status;
    segment_path(path, journal, ordinal);
    unsigned place = spare_room(journal);
    if (place < SEGMENT_SPARES && stat(path, &status) == 0 && (uint64_t)status.st_size == size) {
        spare_path(spare, journal, place);
        return rename(path, spare) == 0 || fail(error, "can't recycle segment", path);
    }
    return unlink(path) == 0 || fail(error, "can't delete segment", path);
}
