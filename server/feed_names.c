/* feed_names.c: a queue of the newest accounts, and a table of those looked up lately. */
#include "server/feed_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/feed_archive.h"
#include "server/journal.h"
#include "server/memory.h"

/* Names kept: 6 MiB of them. A power of two. */
#define NAMES_KEPT 65536

/** An account of the tail. */
struct tail_name {
    sequence_t number;
    uint64_t text; /* place of its id in the stream */
    struct asset_tag asset;
    uint8_t length;
};

void feed_names_open(struct feed_names *names, struct feed_archive *archive)
{
    *names = (struct feed_names){.archive = archive, .kept = memory_zeroed(NAMES_KEPT, sizeof *names->kept)};
}

void feed_names_close(struct feed_names *names)
{
    free(names->kept);
    buffer_free(&names->tail);
    buffer_free(&names->texts);
    *names = (struct feed_names){0};
}

void feed_names_add(struct feed_names *names, const struct record *open)
{
    struct slice id = record_id(open);
    const struct tail_name name = {.number = open->stamp.number,
                                   .text = names->texts_begun + buffer_length(&names->texts),
                                   .asset = record_options(open)->asset,
                                   .length = (uint8_t)id.length};
    buffer_append(&names->tail, &name, sizeof name);
    buffer_append(&names->texts, id.text, id.length);
}

static const struct tail_name *tail_at(const struct feed_names *names, size_t place)
{
    return (const struct tail_name *)(const void *)(names->tail.bytes + names->tail.start) + place;
}

static size_t tail_count(const struct feed_names *names)
{
    return buffer_length(&names->tail) / sizeof(struct tail_name);
}

void feed_names_forget(struct feed_names *names, sequence_t number)
{
    while (tail_count(names) > 0 && tail_at(names, 0)->number <= number) {
        size_t length = tail_at(names, 0)->length;
        buffer_consume(&names->texts, length);
        names->texts_begun += length;
        buffer_consume(&names->tail, sizeof(struct tail_name));
    }
}

/** The account of the tail with this number; NULL: there is none. */
static const struct tail_name *tail_find(const struct feed_names *names, sequence_t number)
{
    size_t first = 0;
    size_t end = tail_count(names);
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct tail_name *name = tail_at(names, middle);
        if (name->number == number) {
            return name;
        }
        if (name->number < number) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return NULL;
}

/** The slot of a number. Numbers of accounts opened in a row spread over the table. */
static struct feed_name_kept *kept_slot(const struct feed_names *names, sequence_t number)
{
    return &names->kept[(number ^ number >> 16) & (NAMES_KEPT - 1)];
}

bool feed_names_find(struct feed_names *names, sequence_t number, struct feed_name *name, char *error)
{
    const struct tail_name *tail = tail_find(names, number);
    if (tail) {
        const char *texts = names->texts.bytes + names->texts.start;
        *name = (struct feed_name){.id = {texts + (tail->text - names->texts_begun), tail->length},
                                   .asset = tail->asset};
        return true;
    }
    struct feed_name_kept *kept = kept_slot(names, number);
    if (kept->number != number) {
        kept->number = 0;
        if (!names->archive) {
            (void)snprintf(error, JOURNAL_ERROR_MAX, "there is no account of number %" PRIu64, number);
            return false;
        }
        if (!feed_archive_account(names->archive, number, kept, error)) {
            return false;
        }
        kept->number = number;
    }
    *name = (struct feed_name){.id = {kept->id, kept->length}, .asset = kept->asset};
    return true;
}
