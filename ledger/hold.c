/* hold.c: see hold.h. The heap is binary: parent of place i is (i - 1) / 2. */
#include "ledger/hold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/pool.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define CAPACITY_MIN  256

struct hold *holds_find(const struct holds *holds, const char *id, size_t length, uint64_t hash)
{
    if (holds->count == 0)
        return NULL;
    struct index_walk walk = index_search(&holds->index, hash);
    for (uint32_t place; (place = index_next(&walk)) != INDEX_NONE;) {
        struct hold *hold = holds->places[place];
        if (hold->id_length == length && memcmp(hold->text, id, length) == 0)
            return hold;
    }
    return NULL;
}

/* A list of `count` pointers or numbers with room for twice as many. */
static void *list_grow(void *list, uint32_t count, uint32_t capacity, size_t size)
{
    void *grown = pool_table(64, capacity * size);
    if (count > 0)
        memcpy(grown, list, count * size);
    free(list);
    return grown;
}

static uint32_t place_take(struct holds *holds)
{
    if (holds->free_count > 0)
        return holds->free_places[--holds->free_count];
    if (holds->count == holds->capacity) {
        uint32_t capacity = holds->capacity == 0 ? CAPACITY_MIN : holds->capacity * 2;
        holds->places = list_grow((void *)holds->places, holds->count, capacity, sizeof(void *));
        holds->free_places = list_grow(holds->free_places, 0, capacity, sizeof *holds->free_places);
        holds->capacity = capacity;
    }
    return holds->count++;
}

struct hold *holds_add(struct holds *holds, const struct hold_parts *parts, struct stamp stamp)
{
    const struct slice *const texts[] = {&parts->id, &parts->from, &parts->to, &parts->note};
    size_t size = sizeof(struct hold);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        size += texts[i]->length;
    struct hold *hold = pool_table(_Alignof(struct hold), size);
    *hold = (struct hold){.amount = parts->amount,
                          .remaining = parts->amount,
                          .stamp = stamp,
                          .dated = stamp,
                          .ttl = parts->ttl,
                          .terms = parts->terms,
                          .hash = parts->hash,
                          .place = place_take(holds),
                          .asset = parts->asset,
                          .note_length = (uint16_t)parts->note.length,
                          .id_length = (uint8_t)parts->id.length,
                          .from_length = (uint8_t)parts->from.length,
                          .to_length = (uint8_t)parts->to.length};
    char *text = hold->text;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i]->length > 0)
            memcpy(text, texts[i]->text, texts[i]->length);
        text += texts[i]->length;
    }
    holds->places[hold->place] = hold;
    holds->open++;
    index_insert(&holds->index, parts->hash, hold->place);
    return hold;
}

uint64_t hold_deadline(const struct hold *hold)
{
    if (hold->ttl == 0 || (hold->dated.number & SEQUENCE_PROVISIONAL) != 0)
        return UINT64_MAX;
    return hold->dated.time + hold->ttl * NS_PER_SECOND;
}

static void due_put(struct holds *holds, uint32_t at, struct hold *hold)
{
    holds->due[at] = hold;
    hold->due = at + 1;
}

/* Who is due earlier; with the same deadline, who was held earlier. */
static bool due_before(const struct hold *a, const struct hold *b)
{
    uint64_t a_deadline = hold_deadline(a);
    uint64_t b_deadline = hold_deadline(b);
    assert(a_deadline != UINT64_MAX && b_deadline != UINT64_MAX);
    return a_deadline != b_deadline ? a_deadline < b_deadline : a->stamp.number < b->stamp.number;
}

static void due_rise(struct holds *holds, uint32_t at)
{
    struct hold *hold = holds->due[at];
    while (at > 0 && due_before(hold, holds->due[(at - 1) / 2])) {
        due_put(holds, at, holds->due[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    due_put(holds, at, hold);
}

static void due_sink(struct holds *holds, uint32_t at)
{
    struct hold *hold = holds->due[at];
    for (uint32_t child; (child = 2 * at + 1) < holds->due_count; at = child) {
        if (child + 1 < holds->due_count && due_before(holds->due[child + 1], holds->due[child]))
            child++;
        if (!due_before(holds->due[child], hold))
            break;
        due_put(holds, at, holds->due[child]);
    }
    due_put(holds, at, hold);
}

void holds_undate(struct holds *holds, struct hold *hold)
{
    if (hold->due == 0)
        return;
    uint32_t at = hold->due - 1;
    struct hold *last = holds->due[--holds->due_count];
    hold->due = 0;
    if (last == hold)
        return;
    due_put(holds, at, last);
    due_rise(holds, at);
    due_sink(holds, last->due - 1);
}

void holds_date(struct holds *holds, struct hold *hold)
{
    holds_undate(holds, hold);
    if (hold->state != HOLD_OPEN || hold->ttl == 0)
        return;
    assert(hold_deadline(hold) != UINT64_MAX);
    if (holds->due_count == holds->due_capacity) {
        holds->due_capacity = holds->due_capacity == 0 ? CAPACITY_MIN : holds->due_capacity * 2;
        holds->due = list_grow((void *)holds->due, holds->due_count, holds->due_capacity, sizeof(void *));
    }
    due_put(holds, holds->due_count++, hold);
    due_rise(holds, holds->due_count - 1);
}

void holds_end(struct holds *holds, struct hold *hold, enum hold_state state)
{
    assert(hold->state == HOLD_OPEN);
    holds_undate(holds, hold);
    hold->state = (uint8_t)state;
    hold->remaining = 0;
    holds->open--;
    if (holds->ended_first == NULL)
        holds->ended_first = hold;
    else
        holds->ended_last->next = hold;
    holds->ended_last = hold;
}

static int ended_compare(const void *left, const void *right)
{
    const struct hold *a = *(struct hold *const *)left;
    const struct hold *b = *(struct hold *const *)right;
    return (a->ended.time > b->ended.time) - (a->ended.time < b->ended.time);
}

void holds_sort_ended(struct holds *holds)
{
    size_t count = holds->count - holds->free_count - holds->open;
    if (count == 0)
        return;
    struct hold **ended = list_grow(NULL, 0, (uint32_t)count, sizeof(void *));
    struct hold *hold = holds->ended_first;
    for (size_t i = 0; i < count; i++, hold = hold->next)
        ended[i] = hold;
    assert(hold == NULL);
    qsort((void *)ended, count, sizeof(void *), ended_compare);
    for (size_t i = 0; i < count; i++)
        ended[i]->next = i + 1 < count ? ended[i + 1] : NULL;
    holds->ended_first = ended[0];
    holds->ended_last = ended[count - 1];
    free((void *)ended);
}

struct hold *holds_pop_due(struct holds *holds, uint64_t now)
{
    if (holds_next_deadline(holds) > now)
        return NULL;
    struct hold *hold = holds->due[0];
    holds_undate(holds, hold);
    return hold;
}

uint64_t holds_next_deadline(const struct holds *holds)
{
    return holds->due_count > 0 ? hold_deadline(holds->due[0]) : UINT64_MAX;
}

/* Takes an ended hold, which is not among those that ended any more, out of the table. */
static void hold_free(struct holds *holds, struct hold *hold)
{
    index_remove(&holds->index, hold->hash, hold->place);
    holds->places[hold->place] = NULL;
    holds->free_places[holds->free_count++] = hold->place;
    free(hold);
}

void holds_drop(struct holds *holds, struct hold *hold)
{
    struct hold *before = NULL;
    struct hold **link = &holds->ended_first;
    for (; *link != hold; link = &(*link)->next)
        before = *link;
    *link = hold->next;
    if (holds->ended_last == hold)
        holds->ended_last = before;
    hold_free(holds, hold);
}

bool holds_forget(struct holds *holds, uint64_t time)
{
    struct hold *hold = holds->ended_first;
    if (hold == NULL || (hold->ended.number & SEQUENCE_PROVISIONAL) != 0 || hold->ended.time >= time)
        return false;
    holds->ended_first = hold->next;
    hold_free(holds, hold);
    return true;
}

void holds_free(struct holds *holds)
{
    for (uint32_t place = 0; place < holds->count; place++)
        free(holds->places[place]);
    free((void *)holds->places);
    free(holds->free_places);
    free((void *)holds->due);
    index_free(&holds->index);
    memset(holds, 0, sizeof *holds);
}
