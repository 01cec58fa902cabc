/* rates.c: see rates.h. */
#include "server/rates.h"

#include "server/server.h"

#define US_PER_SECOND 1000000

/* A draining server ticks faster: too soon to tell a rate. */
#define LOOK_MIN_US 500000

uint64_t rates_total(const struct server *server, size_t offset)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < server->config.workers; i++) {
        const char *counters = (const char *)&server->workers[i].counters;
        sum += counter_read((const counter_t *)(const void *)(counters + offset));
    }
    return sum;
}

void rates_look(struct server *server, uint64_t now_us)
{
    static const size_t offsets[] = {offsetof(struct counters, requests), offsetof(struct counters, bytes_in),
                                     offsetof(struct counters, bytes_out)};
    struct rates *rates = &server->rates;
    counter_t *const values[] = {&rates->commands, &rates->bytes_in, &rates->bytes_out};
    uint64_t passed_us = now_us - rates->looked_us;
    if (passed_us < LOOK_MIN_US) {
        return;
    }
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        uint64_t total = rates_total(server, offsets[i]);
        if (rates->looked_us != 0) {
            counter_set(values[i], (total - rates->totals[i]) * US_PER_SECOND / passed_us);
        }
        rates->totals[i] = total;
    }
    rates->looked_us = now_us;
}
