/* settings.h: the configuration file: lines of "key = value". */
#ifndef BURSAR_CLIENT_SETTINGS_H
#define BURSAR_CLIENT_SETTINGS_H

#include <stdbool.h>

/** Takes one setting; `where` names file, line and key for errors. False after saying on stderr what is
 * wrong. */
typedef bool settings_take(void *context, const char *key, const char *value, const char *where);

/** The path of the file in the user's directory of configuration, $XDG_CONFIG_HOME or ~/.config, for the
 * caller to free; NULL when there is no such directory to be told. */
char *settings_path(void);

/** Calls `take` for each setting of the file, in order. Empty lines and those that begin with # are passed
 * over; blanks around key and value are no part of them. A file that is not there is empty unless `needed`.
 * False after saying on stderr what is wrong: the file can't be read, a line is none, or `take` said no. */
bool settings_read(const char *path, bool needed, settings_take *take, void *context);

/** A path in one of the user's directories that the XDG Base Directory Specification names: `variable` is its
 * environment variable, `fallback` what stands for it in the home directory. For the caller to free; NULL
 * when neither is known. */
char *settings_directory(const char *variable, const char *fallback, const char *path);

#endif
