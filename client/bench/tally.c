/* tally.c: see tally.h. */
#include "client/bench/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *some(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) {
        (void)fputs("bursar bench: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void tally_prepare(struct tally *tally, unsigned kinds)
{
    *tally = (struct tally){.kinds = some(kinds, sizeof *tally->kinds),
                            .count = kinds,
                            .now = some(1, sizeof *tally->now),
                            .spare = some(1, sizeof *tally->spare)};
    (void)pthread_mutex_init(&tally->lock, NULL);
}

void tally_answers(struct tally *tally, unsigned kind, uint64_t latency_ns, uint64_t times)
{
    if (tally->measured)
        histogram_add(&tally->kinds[kind].latency, latency_ns, times);
    histogram_add(&tally->now->latency, latency_ns, times);
}

/* The entry of a code; a new one where there is none yet, and the last when all others are taken. */
static struct tally_code *code_of(struct tally *tally, const char *code, size_t length)
{
    struct tally_code *entry = tally->codes;
    for (unsigned i = 0; i < TALLY_CODES_MAX - 1; i++, entry++) {
        if (entry->count == 0) {
            (void)snprintf(entry->code, sizeof entry->code, "%.*s", (int)length, code);
            return entry;
        }
        if (strlen(entry->code) == length && memcmp(entry->code, code, length) == 0)
            return entry;
    }
    (void)snprintf(entry->code, sizeof entry->code, "others");
    return entry;
}

/* How many bytes of a rejection are its code: those up to a space that a code is made of. */
static size_t code_length(const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && count < TALLY_CODE_MAX - 1 &&
           ((text[count] >= 'A' && text[count] <= 'Z') || (text[count] >= '0' && text[count] <= '9') ||
            text[count] == '_'))
        count++;
    return count;
}

void tally_rejection(struct tally *tally, unsigned kind, const char *text, size_t length)
{
    tally->now->rejected++;
    if (tally->rejection[0] == '\0')
        (void)snprintf(tally->rejection, sizeof tally->rejection, "%.*s",
                       (int)(length < sizeof tally->rejection ? length : sizeof tally->rejection - 1), text);
    if (!tally->measured)
        return;
    size_t size = code_length(text, length);
    (size > 0 ? code_of(tally, text, size) : code_of(tally, "others", 6))->count++;
    tally->kinds[kind].rejected++;
}

void tally_take(struct tally *tally, struct tally_second *into)
{
    (void)pthread_mutex_lock(&tally->lock);
    struct tally_second *taken = tally->now;
    tally->now = tally->spare;
    tally->spare = taken;
    (void)pthread_mutex_unlock(&tally->lock);
    histogram_merge(&into->latency, &taken->latency);
    into->rejected += taken->rejected;
    *taken = (struct tally_second){0};
}

void tally_merge(struct tally *tally, const struct tally *other)
{
    for (unsigned i = 0; i < tally->count; i++) {
        histogram_merge(&tally->kinds[i].latency, &other->kinds[i].latency);
        tally->kinds[i].rejected += other->kinds[i].rejected;
    }
    for (unsigned i = 0; i < TALLY_CODES_MAX && other->codes[i].count > 0; i++)
        code_of(tally, other->codes[i].code, strlen(other->codes[i].code))->count += other->codes[i].count;
    if (tally->rejection[0] == '\0')
        memcpy(tally->rejection, other->rejection, sizeof tally->rejection);
}

void tally_free(struct tally *tally)
{
    free(tally->kinds);
    free(tally->now);
    free(tally->spare);
    (void)pthread_mutex_destroy(&tally->lock);
}
