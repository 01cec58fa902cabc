/* temporary.h: directories that a test makes for itself and removes with all that is in them. */
#ifndef BURSAR_TESTS_UNIT_TEMPORARY_H
#define BURSAR_TESTS_UNIT_TEMPORARY_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline int temporary_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/** A new one; the caller's to remove. NULL: it can't be made. */
static inline char *temporary_make(void)
{
    char *dir = strdup("/tmp/bursar-test-XXXXXX");
    if (dir != NULL && mkdtemp(dir) == NULL) {
        free(dir);
        dir = NULL;
    }
    return dir;
}

/** Removes it and releases its name. False: something could not be removed. */
static inline bool temporary_remove(char *dir)
{
    int status = nftw(dir, temporary_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(dir);
    return status == 0;
}

#endif
