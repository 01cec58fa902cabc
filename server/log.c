/* log.c: leveled, timestamped lines on stderr. */
#include "server/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1000

static _Atomic enum log_level threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, level, memory_order_relaxed);
}

/** Writes "time level " to `line`; returns its length. */
static size_t log_prefix(char *line, size_t size, enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct timespec now;
    struct tm date;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    size_t length = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &date);
    int more = snprintf(line + length, size - length, ".%03ldZ %s ", now.tv_nsec / 1000000, names[level]);
    return length + (size_t)more;
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level < atomic_load_explicit(&threshold, memory_order_relaxed)) {
        return;
    }
    char line[LINE_MAX_BYTES];
    size_t length = log_prefix(line, sizeof line, level);
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line + length, sizeof line - length, format, arguments);
    va_end(arguments);
    length += written < 0 ? 0 : (size_t)written;
    if (length > sizeof line - 1) {
        length = sizeof line - 1;
    }
    line[length++] = '\n';
    /* Where stderr is gone there is nobody left to tell. */
    ssize_t ignored = write(STDERR_FILENO, line, length);
    (void)ignored;
}
