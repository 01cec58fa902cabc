/* pen.c: see pen.h. */
#include "tests/unit/pen.h"

#include <criterion/criterion.h>
#include <string.h>

struct pen *pen_take(void)
{
    static struct pen pen;
    char error[JOURNAL_ERROR_MAX] = "";
    pen = (struct pen){.dir = storage_make(), .story = {.dice = dice_begin(), .last = {0, 1000}}};
    const struct journal_place start = {.segment = 1, .offset = JOURNAL_ALIGN};
    cr_assert(journal_create(pen.dir, STORAGE_LEDGER, SEGMENT, error), "%s", error);
    cr_assert(journal_acquire(&pen.journal, pen.dir, STORAGE_LEDGER, &start, SEGMENT, error), "%s", error);
    return &pen;
}

void pen_write(struct pen *pen, unsigned count)
{
    char error[JOURNAL_ERROR_MAX] = "";
    size_t begun = buffer_length(&pen->records);
    story_tell(&pen->story, count, &pen->records);
    for (size_t at = begun; at < buffer_length(&pen->records);) {
        const struct record *record = (const struct record *)(const void *)(pen->records.bytes + at);
        cr_assert(journal_has_room(&pen->journal, record));
        journal_add(&pen->journal, record);
        at += record->size;
    }
    cr_assert_eq(journal_append(&pen->journal, true, error), APPEND_OK, "%s", error);
}

void pen_drop(struct pen *pen)
{
    journal_close(&pen->journal);
    buffer_free(&pen->records);
    storage_remove(pen->dir);
}

enum journal_read pen_read(const char *dir, sequence_t after, struct buffer *records,
                           struct journal_place *end, bool *torn, char *error)
{
    struct journal_reader reader;
    if (!journal_reader_open(&reader, dir, STORAGE_LEDGER, after, error))
        return JOURNAL_DAMAGED;
    enum journal_read result;
    while ((result = journal_read_last(&reader, records, error)) == JOURNAL_BATCH)
        continue;
    *end = reader.place;
    *torn = reader.torn;
    journal_reader_close(&reader);
    return result;
}

bool pen_same(const struct buffer *a, const struct buffer *b)
{
    return buffer_length(a) == buffer_length(b) &&
           (buffer_length(a) == 0 || memcmp(a->bytes + a->start, b->bytes + b->start, buffer_length(a)) == 0);
}

void pen_expect_whole(const struct pen *pen)
{
    struct buffer records = {0};
    struct journal_place end;
    bool torn;
    char error[JOURNAL_ERROR_MAX] = "";
    cr_assert_eq(pen_read(pen->dir, 0, &records, &end, &torn, error), JOURNAL_END, "%s", error);
    cr_assert(!torn && pen_same(&records, &pen->records), "seed %lu", pen->story.dice.seed);
    cr_assert(end.last.number == pen->story.last.number && end.last.time == pen->story.last.time);
    buffer_free(&records);
}

void pen_expect_damage(const struct pen *pen, const char *about)
{
    struct buffer records = {0};
    struct journal_place end;
    bool torn;
    char error[JOURNAL_ERROR_MAX] = "";
    cr_assert_eq(pen_read(pen->dir, 0, &records, &end, &torn, error), JOURNAL_DAMAGED, "%s", about);
    cr_assert_not_null(strstr(error, about), "'%s' does not say '%s'", error, about);
    buffer_free(&records);
}
