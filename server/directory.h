/* directory.h: the directory of a ledger: made when it is not there, used by one server at a time. */
#ifndef BURSAR_SERVER_DIRECTORY_H
#define BURSAR_SERVER_DIRECTORY_H

#include <stdbool.h>

/** Room for any error of these functions. */
#define DIRECTORY_ERROR_MAX 768

/** Makes the directory if it is not there; its parent must be. False, with `error`. */
bool directory_make(const char *dir, char *error);

/** Takes the directory for this process until the file descriptor that is returned is closed, or the process
 *  ends, however it does. -1, with `error`, when another process has it, whose id is told. */
int directory_lock(const char *dir, char *error);

/** Waits until the names in the directory are durable. False, with `error`. */
bool directory_sync(const char *dir, char *error);

/** Whether DIR/name is there. Where the system can't tell it counts as there: opening it says why. */
bool directory_has(const char *dir, const char *name);

#endif
