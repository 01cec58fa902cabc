/* render_values.c: see render_values.h. */
#include "server/render_values.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_SECOND 1000000000U

void value_total(struct reply *reply, struct total total, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, total_format(total, scale, text));
}

void value_difference(struct reply *reply, struct total plus, struct total minus, unsigned scale)
{
    char text[AMOUNT_TEXT_MAX];
    reply_bulk(reply, text, total_difference_format(plus, minus, scale, text));
}

void value_time(struct reply *reply, uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm date;
    char text[40];
    gmtime_r(&seconds, &date);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &date);
    int more = snprintf(text + length, sizeof text - length, ".%09luZ", time_ns % NS_PER_SECOND);
    reply_bulk(reply, text, length + (size_t)more);
}
