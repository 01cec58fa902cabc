/* server_journal_damage.c: what is damaged is refused; only a torn end is cut off. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/batch.h"
#include "server/segment.h"
#include "tests/unit/pen.h"

/** Flips one bit of the first segment and tells what comes of it. */
static enum journal_read read_flipped(const struct pen *pen, char *bytes, size_t size, size_t at, char *error,
                                      struct buffer *records)
{
    struct journal_place end;
    bool torn;
    bytes[at] = (char)((unsigned char)bytes[at] ^ 1U << at % 8);
    storage_write(storage_path(pen->dir, "journal/00000001.log"), bytes, size);
    bytes[at] = (char)((unsigned char)bytes[at] ^ 1U << at % 8);
    return pen_read(pen->dir, 0, records, &end, &torn, error);
}

Test(journal_damage, with_any_bit_flipped_gives_a_whole_prefix_or_is_refused)
{
    struct pen *pen = pen_take();
    struct buffer prefix = {0};
    char error[JOURNAL_ERROR_MAX] = "";
    size_t size;
    pen_write(pen, 12);
    pen_write(pen, 3);
    buffer_append(&prefix, pen->records.bytes, buffer_length(&pen->records));
    uint64_t last = pen->journal.place.offset;
    pen_write(pen, 2);
    uint64_t end = pen->journal.place.offset;
    char *bytes = storage_read(storage_path(pen->dir, "journal/00000001.log"), &size);
    for (size_t at = 0; at < end; at++) {
        struct buffer records = {0};
        bool padding = bytes[at] == 0 && at % 64 != 1; /* most of it, for speed; some of the heads too */
        if (padding && at % 97 != 0)
            continue;
        enum journal_read result = read_flipped(pen, bytes, size, at, error, &records);
        bool whole = result == JOURNAL_END && pen_same(&records, &pen->records);
        bool cut = result == JOURNAL_END && pen_same(&records, &prefix) && at >= last;
        bool refused = result == JOURNAL_DAMAGED && at < last;
        if (!(whole && bytes[at] == 0) && !cut && !refused)
            cr_assert_fail("byte %zu, seed %lu: result %d", at, pen->story.dice.seed, (int)result);
        buffer_free(&records);
    }
    free(bytes);
    buffer_free(&prefix);
    pen_drop(pen);
}

Test(journal_damage, torn_at_any_byte_of_its_last_batch_is_cut_off_there_and_goes_on)
{
    struct pen *pen = pen_take();
    struct buffer prefix = {0};
    char error[JOURNAL_ERROR_MAX] = "";
    size_t size;
    pen_write(pen, 5);
    buffer_append(&prefix, pen->records.bytes, buffer_length(&pen->records));
    struct journal_place before = pen->journal.place;
    pen_write(pen, 60);
    uint64_t end = pen->journal.place.offset;
    const char *path = storage_path(pen->dir, "journal/00000001.log");
    char *bytes = storage_read(path, &size);
    char *torn_bytes = malloc(size);
    for (uint64_t cut = before.offset; cut < end; cut += 1 + (cut - before.offset) / 50) {
        struct buffer records = {0};
        struct journal_place place;
        bool torn;
        memcpy(torn_bytes, bytes, size);
        memset(torn_bytes + cut, 0, size - cut);
        storage_write(path, torn_bytes, size);
        cr_assert_eq(pen_read(pen->dir, 0, &records, &place, &torn, error), JOURNAL_END, "cut at %lu: %s",
                     cut, error);
        if (pen_same(&records, &pen->records)) { /* only padding is cut */
            buffer_free(&records);
            break;
        }
        cr_assert(pen_same(&records, &prefix), "cut at %lu", cut);
        cr_assert_eq(torn, cut > before.offset + offsetof(struct batch_head, next), "cut at %lu", cut);
        cr_assert_eq(place.offset, before.offset);
        buffer_free(&records);

        struct journal journal;
        cr_assert(journal_acquire(&journal, pen->dir, STORAGE_LEDGER, &place, SEGMENT, error), "%s", error);
        cr_assert_eq(journal_append(&journal, true, error), APPEND_OK, "%s", error);
        journal_close(&journal);
        cr_assert_eq(pen_read(pen->dir, 0, &records, &place, &torn, error), JOURNAL_END, "cut at %lu: %s",
                     cut, error);
        cr_assert(!torn && pen_same(&records, &prefix));
        buffer_free(&records);
    }
    free(bytes);
    free(torn_bytes);
    buffer_free(&prefix);
    pen_drop(pen);
}

/** A journal of several segments. */
static struct pen *pen_of_segments(void)
{
    struct pen *pen = pen_take();
    while (pen->journal.place.segment < 4)
        pen_write(pen, 20);
    return pen;
}

Test(journal_damage, with_a_segment_missing_is_refused)
{
    struct pen *pen = pen_of_segments();
    cr_assert_eq(rename(storage_path(pen->dir, "journal/00000002.log"), storage_path(pen->dir, "aside")), 0);
    pen_expect_damage(pen, "segments are missing");
    cr_assert_eq(rename(storage_path(pen->dir, "aside"), storage_path(pen->dir, "journal/00000002.log")), 0);
    pen_expect_whole(pen);
    cr_assert_eq(unlink(storage_path(pen->dir, "journal/00000001.log")), 0);
    pen_expect_damage(pen, "are missing: the journal in");
    pen_drop(pen);
}

Test(journal_damage, with_segments_swapped_is_refused)
{
    struct pen *pen = pen_of_segments();
    cr_assert_eq(rename(storage_path(pen->dir, "journal/00000002.log"), storage_path(pen->dir, "aside")), 0);
    cr_assert_eq(rename(storage_path(pen->dir, "journal/00000003.log"),
                        storage_path(pen->dir, "journal/00000002.log")),
                 0);
    cr_assert_eq(rename(storage_path(pen->dir, "aside"), storage_path(pen->dir, "journal/00000003.log")), 0);
    pen_expect_damage(pen, "under another name");
    pen_drop(pen);
}

Test(journal_damage, cut_short_or_damaged_before_its_last_segment_is_refused)
{
    struct pen *pen = pen_of_segments();
    size_t size;
    const char *path = storage_path(pen->dir, "journal/00000002.log");
    char *bytes = storage_read(path, &size);
    cr_assert_eq(truncate(path, SEGMENT - 1), 0);
    pen_expect_damage(pen, "a part is missing");
    memset(bytes + JOURNAL_ALIGN, 0, size - JOURNAL_ALIGN);
    storage_write(path, bytes, size);
    pen_expect_damage(pen, "does not continue from here");
    free(bytes);
    pen_drop(pen);
}

/* Number and link are right, and its time is before that of the segment before. */
Test(journal_damage, with_a_segment_of_another_time_is_refused)
{
    struct pen *pen = pen_of_segments();
    size_t size;
    struct segment_head head;
    const char *path = storage_path(pen->dir, "journal/00000002.log");
    char *bytes = storage_read(path, &size);
    memcpy(&head, bytes, sizeof head);
    head.time--;
    segment_checksum(head.magic, sizeof head - sizeof head.checksum, head.ledger, head.checksum);
    memcpy(bytes, &head, sizeof head);
    storage_write(path, bytes, size);
    free(bytes);
    pen_expect_damage(pen, "does not continue from here");
    pen_drop(pen);
}

Test(journal_damage, of_another_ledger_or_a_later_format_is_refused)
{
    struct pen *pen = pen_of_segments();
    struct pen other = *pen;
    struct ledger_id another = {{1, 2}};
    char error[JOURNAL_ERROR_MAX] = "";
    other.dir = storage_make();
    cr_assert(journal_create(other.dir, another, SEGMENT, error), "%s", error);
    pen_expect_damage(&other, "belongs to another ledger");
    storage_remove(other.dir);

    size_t size;
    const char *path = storage_path(pen->dir, "journal/00000004.log");
    char *bytes = storage_read(path, &size);
    bytes[offsetof(struct segment_head, version)]++;
    storage_write(path, bytes, size);
    free(bytes);
    pen_expect_damage(pen, "has format version 3, and this server reads versions 1 to 2");
    pen_drop(pen);
}

Test(journal_damage, that_ends_before_its_snapshot_is_refused)
{
    struct pen *pen = pen_take();
    struct buffer records = {0};
    struct journal_place end;
    bool torn;
    char error[JOURNAL_ERROR_MAX] = "";
    pen_write(pen, 5);
    cr_assert_eq(pen_read(pen->dir, pen->story.last.number + 1, &records, &end, &torn, error),
                 JOURNAL_DAMAGED);
    cr_assert_not_null(strstr(error, "they are not of the same time"), "%s", error);
    buffer_free(&records);
    pen_drop(pen);
}
