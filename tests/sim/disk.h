/* disk.h: a disk in memory, behind the calls that the journal makes.
 *
 * The linker puts disk_calls.c in the place of open, pwrite, fdatasync, rename and the others, so that the
 * server's own code writes here and knows nothing of it. There are two directories, DISK_ROOT and
 * DISK_ROOT/journal, and few small files. The disk keeps apart what a program sees (the cache) and what a
 * power cut leaves:
 *
 * - Bytes are kept once fdatasync or fsync of their file returned. Of a write that was not synced, a power
 * cut leaves all, nothing, a beginning, or any of its sectors.
 * - A name that was made, changed or taken away is kept once its directory was synced. Of those that were
 * not, a power cut leaves the first few, in the order in which they were done, as file systems with a journal
 * do.
 * - When only the process dies, everything is still there, and still not synced.
 *
 * There is one disk. All dice are the caller's, so the same calls with the same dice leave the same bytes.
 */
#ifndef BURSAR_TESTS_SIM_DISK_H
#define BURSAR_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/proto_dice.h"

#define DISK_ROOT   "/simulated"
#define DISK_SECTOR 512

/** What can go wrong with a call. */
enum disk_fault {
    DISK_GOOD,
    DISK_STOP,       /* the process dies in this very call: nothing it calls does anything any more */
    DISK_STOP_NAMED, /* it dies right after the next rename */
    DISK_FAIL_SYNC,  /* the next fdatasync or fsync fails */
    DISK_FAIL_WRITE, /* the next write fails, having written a part or nothing */
    DISK_FAIL_READ,  /* the next read fails */
    DISK_FAIL_LOOK,  /* the next file can't be opened or looked for */
    DISK_FULL        /* from now on no file grows, until disk_mend */
};

/** Makes the disk empty. */
void disk_reset(void);

/** Has `fault` happen in the call after the next `calls`; dice for what it leaves are thrown then. */
void disk_plan(enum disk_fault fault, unsigned calls, struct dice dice);

/** Whether the planned fault has happened, or the disk is full. */
bool disk_struck(void);

/** Whether the process is dead, by DISK_STOP. */
bool disk_stopped(void);

/** The process is gone: its files are closed. Nothing is planned any more; a full disk has room again. */
void disk_mend(void);

/** The power fails: what was not synced is left to the dice. Then disk_mend. */
void disk_cut(struct dice *dice);

/** A place on the disk. */
struct disk_place {
    char name[32]; /* in the journal's directory */
    uint64_t offset;
};

/** A random byte of a random file of the journal; false: there is none. */
bool disk_pick(struct dice *dice, struct disk_place *place);

/** Flips bits of one byte, in the cache and under it. */
void disk_flip(const struct disk_place *place, uint8_t bits);

/** A hash of everything that was ever written, renamed and synced, in order. */
uint64_t disk_hash(void);

/** Adds bytes to a hash. */
uint64_t hash_add(uint64_t hash, const void *bytes, size_t length);

/* ---- for disk_calls.c ---- */

struct disk_file;

/** The file of a name in the journal's directory; NULL: there is none. */
struct disk_file *disk_find(const char *name);

/** Whether there is the journal's directory, and making it. */
bool disk_has_journal(void);
void disk_make_journal(void);

/** Makes an empty file under a name that is free. NULL: the disk is full. */
struct disk_file *disk_create(const char *name);

void disk_truncate(struct disk_file *file);
void disk_rename(const char *from, const char *to);
void disk_unlink(const char *name);

/** The i-th name in the journal's directory; NULL: there are fewer. */
const char *disk_name(unsigned i);

uint64_t disk_size(const struct disk_file *file);

/** A file that is open stays when its last name goes. */
void disk_hold(struct disk_file *file);
void disk_let_go(struct disk_file *file);

/** Returns how many bytes were read. */
size_t disk_read(const struct disk_file *file, void *bytes, size_t length, uint64_t offset);

/** Returns how many bytes were written: fewer when the disk is full. */
size_t disk_write(struct disk_file *file, const void *bytes, size_t length, uint64_t offset);

void disk_sync_file(struct disk_file *file);
void disk_sync_journal(void);
void disk_sync_root(void);

/** What a call does, as far as faults are concerned. */
enum disk_call { CALL_LOOK, CALL_NAME, CALL_READ, CALL_WRITE, CALL_SYNC, CALL_RENAME };

/** Begins a call: what is to go wrong with it, of the faults that concern it. */
enum disk_fault disk_call(enum disk_call call);

/** How much of a write of `length` bytes that goes wrong is done all the same. */
size_t disk_part(size_t length);

/** What a failed sync does to the file, by the dice: nothing; or what was to be synced is left as a power cut
 * would leave it, and either seen so, or, as Linux has it, still seen as it was written and never synced
 * again. */
void disk_sync_fails(struct disk_file *file);

/** Closes all file descriptors. */
void disk_calls_reset(void);

#endif
