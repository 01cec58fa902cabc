/* line.c: see line.h. */
#include "ledger/line.h"

#include <assert.h>
#include <string.h>

struct parked *line_park(struct pool *pool, const struct message *message, struct line *const *lines,
                         uint32_t count)
{
    size_t places_end = sizeof(struct parked) + count * sizeof(struct line_place);
    places_end = (places_end + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
    size_t size = places_end + message->size;

    struct parked *parked = pool_take(pool, size);
    *parked = (struct parked){.size = (uint32_t)size, .place_count = count};
    parked->message = (struct message *)(void *)((char *)parked + places_end);
    memcpy(parked->message, message, message->size);

    for (uint32_t i = 0; i < count; i++) {
        struct line_place *place = &parked->places[i];
        *place = (struct line_place){.line = lines[i], .parked = parked};
        if (lines[i]->first == NULL)
            lines[i]->first = place;
        else {
            lines[i]->last->next = place;
            parked->behind++;
        }
        lines[i]->last = place;
    }
    return parked;
}

void line_wake(struct line *line, struct parked_queue *ready)
{
    if (line->first == NULL)
        return;
    struct parked *parked = line->first->parked;
    if (parked->behind == 0 && !parked->queued) {
        parked->queued = true;
        parked_push(ready, parked);
    }
}

void line_leave(struct parked *parked, struct parked_queue *ready)
{
    assert(parked->behind == 0);
    for (uint32_t i = 0; i < parked->place_count; i++) {
        struct line *line = parked->places[i].line;
        assert(line->first == &parked->places[i]);
        line->first = parked->places[i].next;
        if (line->first == NULL)
            line->last = NULL;
        else {
            line->first->parked->behind--;
            line_wake(line, ready);
        }
    }
}

void line_move(struct line *from, struct line *to)
{
    assert(to->first == NULL);
    *to = *from;
    *from = (struct line){0};
    for (struct line_place *place = to->first; place != NULL; place = place->next)
        place->line = to;
}

void parked_free(struct pool *pool, struct parked *parked)
{
    pool_give(pool, parked, parked->size);
}

void parked_push(struct parked_queue *queue, struct parked *parked)
{
    parked->next = NULL;
    if (queue->first == NULL)
        queue->first = parked;
    else
        queue->last->next = parked;
    queue->last = parked;
}

struct parked *parked_pop(struct parked_queue *queue)
{
    struct parked *parked = queue->first;
    if (parked != NULL) {
        queue->first = parked->next;
        parked->queued = false;
    }
    return parked;
}
