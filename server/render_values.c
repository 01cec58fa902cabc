/* render_values.c: see render_values.h. */
#include "server/render_values.h"

#include "server/moment.h"

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
    char text[MOMENT_TEXT_MAX];
    reply_bulk(reply, text, moment_format(time_ns, text));
}
