/* moment.c: digits at fixed places. */
#include "server/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND 1000000000U

/* Bytes of "2026-05-01T09:30:00". */
#define SECONDS_LENGTH 19

/* What 64 bits of nanoseconds reach to, in whole years. */
#define YEAR_MIN 1970
#define YEAR_MAX 2553

static size_t seconds_format(time_t seconds, char *out, size_t size)
{
    struct tm date;
    gmtime_r(&seconds, &date);
    return strftime(out, size, "%Y-%m-%dT%H:%M:%S", &date);
}

size_t moment_format(uint64_t time_ns, char *out)
{
    size_t length = seconds_format((time_t)(time_ns / NS_PER_SECOND), out, MOMENT_TEXT_MAX);
    int more = snprintf(out + length, MOMENT_TEXT_MAX - length, ".%09luZ", time_ns % NS_PER_SECOND);
    return length + (size_t)more;
}

/** The number that `count` digits make; -1: others are among them. */
static int digits_read(const char *text, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

/** Reads ".25Z" or "Z". */
static bool fraction_read(const char *text, size_t length, uint64_t *ns)
{
    size_t digits = length > 2 ? length - 2 : 0;
    *ns = 0;
    if (length == 0 || text[length - 1] != 'Z' || digits > 9 || (length > 1 && text[0] != '.') ||
        length == 2) {
        return false;
    }
    int value = digits_read(text + 1, digits);
    if (value < 0) {
        return false;
    }
    *ns = (uint64_t)value;
    for (size_t i = digits; i < 9; i++) {
        *ns *= 10;
    }
    return true;
}

bool moment_parse(struct slice text, uint64_t *time_ns)
{
    char again[MOMENT_TEXT_MAX];
    uint64_t ns = 0;
    if (text.length <= SECONDS_LENGTH ||
        !fraction_read(text.text + SECONDS_LENGTH, text.length - SECONDS_LENGTH, &ns)) {
        return false;
    }
    const char *at = text.text;
    struct tm date = {.tm_year = digits_read(at, 4) - 1900,
                      .tm_mon = digits_read(at + 5, 2) - 1,
                      .tm_mday = digits_read(at + 8, 2),
                      .tm_hour = digits_read(at + 11, 2),
                      .tm_min = digits_read(at + 14, 2),
                      .tm_sec = digits_read(at + 17, 2)};
    if (date.tm_year < YEAR_MIN - 1900 || date.tm_year > YEAR_MAX - 1900) {
        return false;
    }
    /* A date that does not exist becomes another one: so what is written back tells whether all was well. */
    time_t seconds = timegm(&date);
    if (seconds < 0 || seconds_format(seconds, again, sizeof again) != SECONDS_LENGTH ||
        memcmp(again, at, SECONDS_LENGTH) != 0) {
        return false;
    }
    *time_ns = (uint64_t)seconds * NS_PER_SECOND + ns;
    return true;
}
