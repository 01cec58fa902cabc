/* moment.h: points in time as people write them: RFC 3339 in UTC, "2026-05-01T09:30:00.25Z". */
#ifndef BURSAR_SERVER_MOMENT_H
#define BURSAR_SERVER_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/resp.h"

/** Room for what moment_format writes, its NUL included. */
#define MOMENT_TEXT_MAX 48

/** Writes nanoseconds since the epoch with all nine fraction digits, NUL-terminated. Returns the length. */
size_t moment_format(uint64_t time_ns, char *out);

/** Reads a time of the years 1970 to 2553; the fraction of a second, of up to nine digits, may be missing.
 * False where it is something else, or a date that no calendar has. */
bool moment_parse(struct slice text, uint64_t *time_ns);

#endif
