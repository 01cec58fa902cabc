/* disk.c: see disk.h. */
#include "tests/sim/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 64 /* that ever lived, between two power cuts */
#define NAMES_MAX 32
#define NAME_SIZE 32

/* Bytes that were written and not synced. */
struct pending {
    struct pending *next;
    uint64_t offset;
    size_t length;
    uint8_t bytes[];
};

struct content {
    uint8_t *bytes; /* owned */
    uint64_t size;
};

struct disk_file {
    struct content cache; /* what programs see */
    struct content kept;  /* what was synced */
    struct pending *first;
    struct pending *last;
    unsigned open; /* file descriptors */
    bool used;
};

struct entry {
    char name[NAME_SIZE];
    struct disk_file *file;
};

struct listing {
    struct entry entries[NAMES_MAX];
    unsigned count;
    bool there; /* the directory itself */
};

/* What was done to names: the whole listing after each step since the last sync. Directories are small. */
struct steps {
    struct listing *after; /* owned */
    unsigned count;
};

static struct {
    struct disk_file files[FILES_MAX];
    struct listing names; /* what programs see */
    struct listing kept;
    struct steps steps;
    bool root_kept; /* the journal's directory has its name for certain */
    uint64_t hash;
    enum disk_fault fault; /* planned */
    unsigned calls;        /* before it */
    struct dice dice;
    bool struck;
    bool stopped;
    bool full;
} disk;

uint64_t hash_add(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    for (; length >= 8; length -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    for (; length > 0; length--)
        hash = (hash ^ *at++) * UINT64_C(0x100000001B3);
    return hash;
}

static void hash_event(const char *what, const void *bytes, size_t length)
{
    disk.hash = hash_add(disk.hash, what, strlen(what));
    disk.hash = hash_add(disk.hash, bytes, length);
}

static void content_grow(struct content *content, uint64_t size)
{
    if (size <= content->size)
        return;
    content->bytes = realloc(content->bytes, size);
    assert(content->bytes != NULL);
    memset(content->bytes + content->size, 0, size - content->size);
    content->size = size;
}

static void content_write(struct content *content, uint64_t offset, const uint8_t *bytes, size_t length)
{
    content_grow(content, offset + length);
    memcpy(content->bytes + offset, bytes, length);
}

static void content_copy(struct content *to, const struct content *from)
{
    to->size = 0;
    content_grow(to, from->size);
    if (from->size > 0)
        memcpy(to->bytes, from->bytes, from->size);
}

static void pending_clear(struct disk_file *file)
{
    while (file->first != NULL) {
        struct pending *pending = file->first;
        file->first = pending->next;
        free(pending);
    }
    file->last = NULL;
}

static void file_clear(struct disk_file *file)
{
    pending_clear(file);
    free(file->cache.bytes);
    free(file->kept.bytes);
    *file = (struct disk_file){0};
}

static void steps_clear(void)
{
    free(disk.steps.after);
    disk.steps = (struct steps){0};
}

void disk_reset(void)
{
    for (unsigned i = 0; i < FILES_MAX; i++)
        file_clear(&disk.files[i]);
    steps_clear();
    memset(&disk, 0, sizeof disk);
    disk_calls_reset();
}

void disk_plan(enum disk_fault fault, unsigned calls, struct dice dice)
{
    disk.fault = fault;
    disk.calls = calls;
    disk.dice = dice;
    disk.struck = false;
}

bool disk_struck(void)
{
    return disk.struck || disk.full;
}

bool disk_stopped(void)
{
    return disk.stopped;
}

void disk_mend(void)
{
    disk.fault = DISK_GOOD;
    disk.stopped = disk.full = disk.struck = false;
    for (unsigned i = 0; i < FILES_MAX; i++)
        disk.files[i].open = 0;
    disk_calls_reset();
}

uint64_t disk_hash(void)
{
    return disk.hash;
}

/* ---- what a power cut leaves ---- */

static void keep_sectors(struct disk_file *file, const struct pending *pending, struct dice *dice)
{
    bool beginning = dice_below(dice, 2) == 0;
    unsigned odds = 1 + dice_below(dice, 4);
    size_t end = beginning ? dice_below(dice, (unsigned)pending->length + 1) : pending->length;
    end -= end < pending->length ? end % DISK_SECTOR : 0;
    for (size_t at = 0; at < end; at += DISK_SECTOR) {
        size_t length = end - at < DISK_SECTOR ? end - at : DISK_SECTOR;
        if (beginning || dice_below(dice, 5) < odds)
            content_write(&file->kept, pending->offset + at, pending->bytes + at, length);
    }
}

/* Leaves on the disk what the dice let come there. */
static void file_leave(struct disk_file *file, struct dice *dice)
{
    for (const struct pending *pending = file->first; pending != NULL; pending = pending->next) {
        unsigned throw = dice_below(dice, 4);
        if (throw == 0)
            content_write(&file->kept, pending->offset, pending->bytes, pending->length);
        else if (throw > 1)
            keep_sectors(file, pending, dice);
    }
    pending_clear(file);
}

static void file_cut(struct disk_file *file, struct dice *dice)
{
    file_leave(file, dice);
    content_copy(&file->cache, &file->kept);
}

static bool listing_has(const struct listing *listing, const struct disk_file *file)
{
    for (unsigned i = 0; i < listing->count; i++) {
        if (listing->entries[i].file == file)
            return true;
    }
    return false;
}

void disk_cut(struct dice *dice)
{
    disk_mend();
    unsigned done = dice_below(dice, disk.steps.count + 1);
    if (done > 0)
        disk.kept = disk.steps.after[done - 1];
    if (!disk.root_kept && dice_below(dice, 2) == 0)
        disk.kept = (struct listing){0};
    disk.names = disk.kept;
    disk.root_kept = disk.kept.there;
    steps_clear();
    for (unsigned i = 0; i < FILES_MAX; i++) {
        struct disk_file *file = &disk.files[i];
        if (file->used && !listing_has(&disk.names, file))
            file_clear(file);
        else if (file->used)
            file_cut(file, dice);
    }
}

/* ---- damage ---- */

bool disk_pick(struct dice *dice, struct disk_place *place)
{
    if (disk.names.count == 0)
        return false;
    const struct entry *entry = &disk.names.entries[dice_below(dice, disk.names.count)];
    if (entry->file->cache.size == 0)
        return false;
    memcpy(place->name, entry->name, sizeof place->name);
    place->offset = dice_below(dice, (unsigned)entry->file->cache.size);
    if (dice_below(dice, 4) > 0)
        place->offset -= place->offset % 4096 - place->offset % 256; /* where batches and heads are */
    return true;
}

void disk_flip(const struct disk_place *place, uint8_t bits)
{
    struct disk_file *file = disk_find(place->name);
    file->cache.bytes[place->offset] ^= bits;
    if (place->offset < file->kept.size)
        file->kept.bytes[place->offset] ^= bits;
}

/* ---- names ---- */

static struct entry *entry_find(const char *name)
{
    for (unsigned i = 0; i < disk.names.count; i++) {
        if (strcmp(disk.names.entries[i].name, name) == 0)
            return &disk.names.entries[i];
    }
    return NULL;
}

struct disk_file *disk_find(const char *name)
{
    const struct entry *entry = entry_find(name);
    return entry == NULL ? NULL : entry->file;
}

static void names_changed(const char *what, const char *name)
{
    struct steps *steps = &disk.steps;
    hash_event(what, name, strlen(name));
    steps->after = realloc(steps->after, (steps->count + 1) * sizeof *steps->after);
    assert(steps->after != NULL);
    steps->after[steps->count++] = disk.names;
}

bool disk_has_journal(void)
{
    return disk.names.there;
}

void disk_make_journal(void)
{
    disk.names.there = true;
    names_changed("mkdir", "");
}

struct disk_file *disk_create(const char *name)
{
    unsigned i = 0;
    while (i < FILES_MAX && disk.files[i].used)
        i++;
    if (disk.full)
        return NULL;
    assert(i < FILES_MAX && disk.names.count < NAMES_MAX && strlen(name) < NAME_SIZE);
    struct entry *entry = &disk.names.entries[disk.names.count++];
    *entry = (struct entry){.file = &disk.files[i]};
    memcpy(entry->name, name, strlen(name) + 1);
    entry->file->used = true;
    names_changed("create", name);
    return entry->file;
}

static void entry_remove(struct entry *entry)
{
    *entry = disk.names.entries[--disk.names.count];
}

void disk_rename(const char *from, const char *to)
{
    struct entry *there = entry_find(to);
    if (there != NULL)
        entry_remove(there);
    struct entry *entry = entry_find(from);
    assert(entry != NULL && strlen(to) < NAME_SIZE);
    memset(entry->name, 0, sizeof entry->name);
    memcpy(entry->name, to, strlen(to) + 1);
    names_changed("rename", to);
}

void disk_unlink(const char *name)
{
    entry_remove(entry_find(name));
    names_changed("unlink", name);
}

const char *disk_name(unsigned i)
{
    return i < disk.names.count ? disk.names.entries[i].name : NULL;
}

void disk_sync_journal(void)
{
    hash_event("sync names", "", 0);
    disk.kept = disk.names;
    steps_clear();
    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (disk.files[i].used && disk.files[i].open == 0 && !listing_has(&disk.names, &disk.files[i]))
            file_clear(&disk.files[i]);
    }
}

void disk_sync_root(void)
{
    disk.root_kept = disk.names.there;
}

/* ---- files ---- */

uint64_t disk_size(const struct disk_file *file)
{
    return file->cache.size;
}

void disk_hold(struct disk_file *file)
{
    file->open++;
}

void disk_let_go(struct disk_file *file)
{
    file->open--;
}

void disk_truncate(struct disk_file *file)
{
    /* Only files that nobody needs are cut off: that the old bytes can't come back makes no difference. */
    pending_clear(file);
    file->cache.size = file->kept.size = 0;
}

size_t disk_read(const struct disk_file *file, void *bytes, size_t length, uint64_t offset)
{
    if (offset >= file->cache.size)
        return 0;
    if (length > file->cache.size - offset)
        length = file->cache.size - offset;
    memcpy(bytes, file->cache.bytes + offset, length);
    return length;
}

size_t disk_write(struct disk_file *file, const void *bytes, size_t length, uint64_t offset)
{
    if (disk.full && offset + length > file->cache.size)
        length = offset < file->cache.size ? file->cache.size - offset : 0;
    if (length == 0)
        return 0;
    struct pending *pending = malloc(sizeof *pending + length);
    assert(pending != NULL);
    *pending = (struct pending){.offset = offset, .length = length};
    memcpy(pending->bytes, bytes, length);
    *(file->last == NULL ? &file->first : &file->last->next) = pending;
    file->last = pending;
    content_write(&file->cache, offset, bytes, length);
    hash_event("write", &offset, sizeof offset);
    hash_event("", bytes, length);
    return length;
}

void disk_sync_file(struct disk_file *file)
{
    hash_event("sync", "", 0);
    for (const struct pending *pending = file->first; pending != NULL; pending = pending->next)
        content_write(&file->kept, pending->offset, pending->bytes, pending->length);
    pending_clear(file);
}

/* ---- faults ---- */

void disk_sync_fails(struct disk_file *file)
{
    switch (dice_below(&disk.dice, 3)) {
    case 0: break;
    case 1: file_cut(file, &disk.dice); break;
    default: file_leave(file, &disk.dice); break;
    }
}

size_t disk_part(size_t length)
{
    return dice_below(&disk.dice, 2) == 0 ? 0 : dice_below(&disk.dice, (unsigned)length);
}

/* Whether the planned fault concerns such a call. */
static bool is_concerned(enum disk_call call)
{
    switch (disk.fault) {
    case DISK_GOOD: return false;
    case DISK_STOP:
    case DISK_FULL: return true;
    case DISK_STOP_NAMED: return call == CALL_RENAME;
    case DISK_FAIL_SYNC: return call == CALL_SYNC;
    case DISK_FAIL_WRITE: return call == CALL_WRITE;
    case DISK_FAIL_READ: return call == CALL_READ;
    case DISK_FAIL_LOOK: return call == CALL_LOOK;
    }
    return false;
}

enum disk_fault disk_call(enum disk_call call)
{
    if (disk.stopped)
        return DISK_STOP;
    if (disk.fault != DISK_GOOD && disk.calls > 0) {
        disk.calls--;
        return DISK_GOOD;
    }
    if (!is_concerned(call))
        return DISK_GOOD;
    enum disk_fault fault = disk.fault;
    disk.fault = DISK_GOOD;
    disk.struck = true;
    disk.stopped = fault == DISK_STOP || fault == DISK_STOP_NAMED;
    disk.full |= fault == DISK_FULL;
    return fault == DISK_FULL ? DISK_GOOD : fault;
}
