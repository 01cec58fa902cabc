/* server_journal.c: what is written is read again, whoever writes or reads. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/batch.h"
#include "server/commitlog.h"
#include "server/journal_record.h"
#include "server/segment.h"
#include "tests/unit/pen.h"

Test(journal, packs_records_so_that_they_come_out_byte_for_byte)
{
    struct story story = {.dice = dice_begin(), .last = {0, 1000}};
    struct buffer records = {0};
    struct buffer unpacked = {0};
    uint8_t packed[JOURNAL_RECORD_MAX];
    struct stamp before = {0, 1000};
    story_tell(&story, 3000, &records);
    for (size_t at = 0; at < buffer_length(&records);) {
        const struct record *record = (const struct record *)(const void *)(records.bytes + at);
        struct stamp last = before;
        const uint8_t *end = journal_record_pack(record, before, packed);
        if (journal_record_unpack(packed, end, &before, &unpacked) != end)
            cr_assert_fail("seed %lu: number %lu is not read", story.dice.seed, record->stamp.number);
        /* Cut anywhere, it is no record, and nothing is left behind. */
        struct stamp moved = last;
        const uint8_t *cut = packed + dice_below(&story.dice, (unsigned)(end - packed));
        size_t length = buffer_length(&unpacked);
        if (journal_record_unpack(packed, cut, &moved, &unpacked) != NULL ||
            buffer_length(&unpacked) != length)
            cr_assert_fail("seed %lu: a part of number %lu is read", story.dice.seed, record->stamp.number);
        at += record->size;
    }
    cr_assert(pen_same(&records, &unpacked), "seed %lu", story.dice.seed);
    buffer_free(&records);
    buffer_free(&unpacked);
}

Test(journal, does_not_trust_bytes_that_are_no_record)
{
    struct dice dice = dice_begin();
    struct buffer records = {0};
    for (unsigned round = 0; round < 200000; round++) {
        uint8_t bytes[64];
        struct stamp before = {5, 1000};
        size_t length = 1 + dice_below(&dice, sizeof bytes);
        for (size_t i = 0; i < length; i++)
            bytes[i] =
                (uint8_t)(dice_below(&dice, 3) == 0 ? dice_below(&dice, 256) : 1 + dice_below(&dice, 3));
        const uint8_t *end = journal_record_unpack(bytes, bytes + length, &before, &records);
        if (end != NULL && (end > bytes + length || buffer_length(&records) == 0))
            cr_assert_fail("seed %lu", dice.seed);
        buffer_consume(&records, buffer_length(&records));
    }
    buffer_free(&records);
}

/* The other spellings that LEB128 and the two kinds of transfers would allow. */
Test(journal, knows_one_spelling_of_a_record)
{
    static const struct {
        uint8_t bytes[16];
        size_t length;
        bool good;
    } cases[] = {
        {{0x15, 1, 2}, 3, true},                                  /* freeze account 2 */
        {{0x15, 1, 0x82, 0}, 4, false},                           /* 2 in two bytes */
        {{0x15, 0x81, 0, 2}, 4, false},                           /* a time in two bytes */
        {{0x13, 1, 1, 'd', 0, 1, 0, 2, 9}, 9, true},              /* a plain deposit */
        {{0x14, 1, 0, 1, 'd', 0, 0, 1, 0, 2, 9}, 11, false},      /* the same as another transfer */
        {{0x14, 1, 2, 1, 'd', 0, 0, 1, 0, 2, 9}, 11, true},       /* which it is where others follow */
        {{0x13, 1, 1, 'd', 0, 1, 0, 2, 0x89, 0x80, 0}, 11, false} /* an amount in three bytes */
    };
    struct buffer records = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stamp before = {5, 1000};
        const uint8_t *end = cases[i].bytes + cases[i].length;
        cr_expect_eq(journal_record_unpack(cases[i].bytes, end, &before, &records),
                     cases[i].good ? end : NULL, "case %zu", i);
    }
    buffer_free(&records);
}

/* A transfer takes a nanosecond for each leg, and so far time must go. */
Test(journal, ends_where_time_does)
{
    static const uint8_t legs[] = {0x03, 1, 1, 't', 0, 2, 1, 2, 5, 2, 1, 4};
    struct buffer records = {0};
    struct stamp before = {5, UINT64_MAX - 2};
    cr_expect_null(journal_record_unpack(legs, legs + sizeof legs, &before, &records));
    cr_expect(before.number == 5 && buffer_length(&records) == 0);
    before.time = UINT64_MAX - 4;
    cr_expect_eq(journal_record_unpack(legs, legs + sizeof legs, &before, &records), legs + sizeof legs);
    buffer_free(&records);
}

Test(journal, reads_what_was_written_over_many_segments)
{
    struct pen *pen = pen_take();
    for (unsigned i = 0; i < 120; i++)
        pen_write(pen, dice_below(&pen->story.dice, 40));
    cr_assert_gt(pen->journal.place.segment, 3);
    pen_expect_whole(pen);
    pen_drop(pen);
}

/** Sets the format version in the head of the first segment. */
static void version_set(const struct pen *pen, uint32_t version)
{
    size_t size;
    struct segment_head head;
    const char *path = storage_path(pen->dir, "journal/00000001.log");
    char *bytes = storage_read(path, &size);
    memcpy(&head, bytes, sizeof head);
    cr_assert_eq(head.version, 2);
    head.version = version;
    segment_checksum(head.magic, sizeof head - sizeof head.checksum, head.ledger, head.checksum);
    memcpy(bytes, &head, sizeof head);
    storage_write(path, bytes, size);
    free(bytes);
}

/* Bytes as version 1 of the format wrote them. */
Test(journal, of_format_version_1_is_read)
{
    static const uint8_t old[] = {
        0x01, 5,   1, 'a', 3,   'U', 'S', 'D', 2,   0, 0, 0,          /* open a USD */
        0x01, 6,   1, 'b', 3,   'U', 'S', 'D', 2,   3, 7, 9,          /* unlimited, ceiling */
        0x02, 1,   1, 'X', 4,                                         /* asset X */
        0x13, 1,   1, 'd', 0,   1,   0,   1,   200, 1,                /* deposit of 200 */
        0x03, 130, 1, 1,   't', 2,   'h', 'i', 2,   1, 2, 5, 2, 1, 4, /* transfer of two legs */
    };
    struct pen *pen = pen_take();
    char error[JOURNAL_ERROR_MAX] = "";
    struct stamp last = {0, 0};
    for (const uint8_t *at = old; at < old + sizeof old; pen->journal.batch_count++) {
        at = journal_record_unpack(at, old + sizeof old, &last, &pen->records);
        cr_assert_not_null(at);
    }
    cr_assert(last.number == 6 && last.time == 13 + 130 + 1);
    buffer_append(&pen->journal.batch, old, sizeof old);
    pen->journal.batch_last = pen->story.last = last;
    cr_assert_eq(journal_append(&pen->journal, true, error), APPEND_OK, "%s", error);
    version_set(pen, 1);
    struct buffer records = {0};
    struct journal_place end;
    bool torn;
    cr_assert_eq(pen_read(pen->dir, 0, &records, &end, &torn, error), JOURNAL_END, "%s", error);
    cr_assert(pen_same(&records, &pen->records) && end.last.number == 6);
    buffer_free(&records);
    pen_drop(pen);
}

/** Appends the records of a transaction of as many commands as there can be, each as long as it can be. */
static void longest_run(struct buffer *records)
{
    char text[NOTE_MAX];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < LEGS_MAX; i++) {
        const struct record_parts parts = {.id = {text, IDENT_MAX},
                                           .note = {text, NOTE_MAX},
                                           .reference = {text, IDENT_MAX},
                                           .terms = {~(amount_t)0, 0, UINT64_MAX},
                                           .leg_count = 1,
                                           .type = TRANSFER_CAPTURE,
                                           .flags = i + 1 < LEGS_MAX ? RECORD_CONTINUES : 0};
        *record_transfer(records, &parts, (struct stamp){1 + i, 1 + i}) =
            (struct record_leg){.amount = ~(amount_t)0, .from = UINT64_MAX, .to = UINT64_MAX - 1};
    }
}

Test(journal, has_room_for_a_whole_transaction_or_takes_none_of_it)
{
    char *dir = storage_make();
    char error[JOURNAL_ERROR_MAX] = "";
    struct journal journal;
    struct buffer records = {0};
    struct story story = {.dice = dice_begin()};
    const struct journal_place start = {.segment = 1, .offset = JOURNAL_ALIGN};
    cr_assert(journal_create(dir, STORAGE_LEDGER, JOURNAL_SEGMENT_MIN, error), "%s", error);
    cr_assert(journal_acquire(&journal, dir, STORAGE_LEDGER, &start, JOURNAL_SEGMENT_MIN, error));
    longest_run(&records);
    for (size_t at = 0; at < buffer_length(&records);) {
        const struct record *record = (const struct record *)(const void *)(records.bytes + at);
        cr_assert(journal_has_room(&journal, record));
        journal_add(&journal, record);
        at += record->size;
    }
    cr_assert_leq(buffer_length(&journal.batch), JOURNAL_SEGMENT_MIN - JOURNAL_ALIGN);
    cr_assert_eq(journal_append(&journal, true, error), APPEND_OK, "%s", error);

    /* Behind anything much there is room for one record, and not for a run. */
    story.last = journal.place.last;
    buffer_consume(&records, buffer_length(&records));
    while (buffer_length(&records) < 1000)
        story_tell(&story, 1, &records);
    for (size_t at = 0; at < buffer_length(&records);) {
        const struct record *record = (const struct record *)(const void *)(records.bytes + at);
        cr_assert(journal_has_room(&journal, record));
        journal_add(&journal, record);
        at += record->size;
    }
    cr_assert(journal_has_room(&journal, &(struct record){0}));
    cr_assert(!journal_has_room(&journal, &(struct record){.flags = RECORD_CONTINUES}));
    journal_close(&journal);
    buffer_free(&records);
    storage_remove(dir);
}

Test(journal, whose_batch_ends_within_a_transaction_is_refused)
{
    struct pen *pen = pen_take();
    char error[JOURNAL_ERROR_MAX] = "";
    longest_run(&pen->records);
    journal_add(&pen->journal, (const struct record *)(const void *)pen->records.bytes);
    pen->journal.continues = false;
    cr_assert_eq(journal_append(&pen->journal, true, error), APPEND_OK, "%s", error);
    pen_expect_damage(pen, "the batch there contradicts itself");
    pen_drop(pen);
}

/* The log's thread writes what two workers hand over in batches of at most 60 KiB. The reader would find one
 * that ends within a transaction. */
Test(journal, keeps_every_transaction_in_one_batch)
{
    char *dir = storage_make();
    char error[JOURNAL_ERROR_MAX] = "";
    struct story story = {.dice = dice_begin(), .last = {0, 1000}};
    struct buffer told = {0};
    struct commitlog *log = malloc(sizeof *log);
    const struct journal_place start = {.segment = 1, .offset = JOURNAL_ALIGN};
    cr_assert(journal_create(dir, STORAGE_LEDGER, JOURNAL_SEGMENT_MIN, error), "%s", error);
    cr_assert(commitlog_open(log, DURABILITY_ASYNC, 2, 1, 1000000));
    cr_assert(journal_acquire(&log->journal, dir, STORAGE_LEDGER, &start, JOURNAL_SEGMENT_MIN, error));
    for (unsigned turn = 0; turn < 40; turn++) {
        struct buffer records = {0};
        story_tell(&story, 1 + dice_below(&story.dice, 400), &records);
        buffer_append(&told, records.bytes, buffer_length(&records));
        commitlog_append(log, turn % 2, &records);
        buffer_free(&records);
    }
    cr_assert(commitlog_start(log, 0));
    while (commitlog_durable(log) < story.last.number) {
        (void)commitlog_lags(log, 0);
        (void)commitlog_lags(log, 1);
        (void)sched_yield();
    }
    commitlog_stop(log);
    commitlog_close(log);
    struct buffer records = {0};
    struct journal_place end;
    bool torn;
    cr_assert_eq(pen_read(dir, 0, &records, &end, &torn, error), JOURNAL_END, "%s", error);
    cr_assert(pen_same(&records, &told), "seed %lu", story.dice.seed);
    buffer_free(&records);
    buffer_free(&told);
    free(log);
    storage_remove(dir);
}

Test(journal, begins_after_any_number)
{
    struct pen *pen = pen_take();
    char error[JOURNAL_ERROR_MAX] = "";
    for (unsigned i = 0; i < 30; i++)
        pen_write(pen, 10);
    for (size_t at = 0; at < buffer_length(&pen->records);) {
        const struct record *record = (const struct record *)(const void *)(pen->records.bytes + at);
        struct buffer records = {0};
        struct journal_place end;
        bool torn;
        sequence_t last = record->stamp.number + record->leg_count - 1;
        at += record->size;
        cr_assert_eq(pen_read(pen->dir, last, &records, &end, &torn, error), JOURNAL_END, "%s", error);
        if (buffer_length(&records) != buffer_length(&pen->records) - at ||
            (buffer_length(&records) > 0 &&
             memcmp(records.bytes, pen->records.bytes + at, buffer_length(&records)) != 0))
            cr_assert_fail("after number %lu, seed %lu", last, pen->story.dice.seed);
        buffer_free(&records);
    }
    pen_drop(pen);
}

Test(journal, is_followed_by_a_reader_while_it_grows_and_is_recycled)
{
    struct pen *pen = pen_take();
    struct journal_reader reader;
    struct buffer records = {0};
    char error[JOURNAL_ERROR_MAX] = "";
    uint64_t segments;
    uint64_t bytes;
    cr_assert(journal_reader_open(&reader, pen->dir, STORAGE_LEDGER, 0, error), "%s", error);
    for (unsigned i = 0; i < 400; i++) {
        pen_write(pen, dice_below(&pen->story.dice, 30));
        if (i % 3 != 0)
            continue;
        sequence_t durable = pen->story.last.number;
        enum journal_read result;
        while ((result = journal_read_next(&reader, durable, &records, error)) == JOURNAL_BATCH)
            continue;
        cr_assert_eq(result, JOURNAL_END, "%s", error);
        cr_assert(pen_same(&records, &pen->records), "seed %lu", pen->story.dice.seed);
        cr_assert(journal_trim(pen->dir, STORAGE_LEDGER, durable, SEGMENT, &segments, &bytes, error), "%s",
                  error);
        cr_assert(segments <= 2 && bytes == segments * SEGMENT);
    }
    cr_assert_gt(pen->journal.place.segment, 10);
    journal_reader_close(&reader);
    buffer_free(&records);

    /* What is left begins after what was given up, and can't be read from before that. */
    struct journal_place end;
    bool torn;
    cr_assert_eq(pen_read(pen->dir, 0, &records, &end, &torn, error), JOURNAL_DAMAGED);
    cr_assert_not_null(strstr(error, "are missing: the journal in"), "%s", error);
    cr_assert_eq(pen_read(pen->dir, pen->story.last.number, &records, &end, &torn, error), JOURNAL_END, "%s",
                 error);
    cr_assert_eq(buffer_length(&records), 0);
    buffer_free(&records);
    pen_drop(pen);
}

Test(journal, whose_disk_refuses_says_what_failed_and_where)
{
    struct pen *pen = pen_take();
    char error[JOURNAL_ERROR_MAX] = "";
    pen_write(pen, 5);
    close(pen->journal.fd);
    pen->journal.fd = open("/dev/full", O_WRONLY);
    cr_assert_eq(journal_append(&pen->journal, true, error), APPEND_UNKNOWN);
    cr_assert_not_null(strstr(error, "No space left on device"), "%s", error);
    cr_assert_not_null(strstr(error, "00000001.log' at offset"), "%s", error);
    pen_drop(pen);
}

Test(journal, is_sought_along_its_links)
{
    struct pen *pen = pen_take();
    char error[JOURNAL_ERROR_MAX] = "";
    struct journal_reader reader;
    for (unsigned i = 0; i < 200; i++)
        pen_write(pen, 1 + dice_below(&pen->story.dice, 40));
    sequence_t last = pen->story.last.number;
    cr_assert(journal_reader_open(&reader, pen->dir, STORAGE_LEDGER, 0, error), "%s", error);
    for (sequence_t after = 1; after < last; after += 1 + dice_below(&pen->story.dice, 1000)) {
        struct buffer records = {0};
        struct journal_reader copy;
        journal_reader_seek(&reader, after);
        cr_assert_leq(reader.place.last.number, after, "seed %lu", pen->story.dice.seed);
        /* The very next batch is the one that the first record wanted is in. */
        cr_assert(journal_reader_copy(&copy, &reader, error), "%s", error);
        cr_assert_eq(journal_read_next(&copy, last, &records, error), JOURNAL_BATCH, "%s", error);
        cr_assert_gt(copy.place.last.number, after, "seed %lu", pen->story.dice.seed);
        const struct record *first = (const struct record *)(const void *)records.bytes;
        cr_assert(first->stamp.number <= after + 1 && first->stamp.number + first->leg_count - 1U > after);
        journal_reader_close(&copy);
        buffer_free(&records);
    }
    journal_reader_close(&reader);
    pen_drop(pen);
}

Test(journal, a_reader_that_can_not_be_copied_says_why)
{
    struct pen *pen = pen_take();
    char error[JOURNAL_ERROR_MAX] = "";
    struct journal_reader reader;
    struct journal_reader copy;
    struct rlimit before;
    pen_write(pen, 3);
    cr_assert(journal_reader_open(&reader, pen->dir, STORAGE_LEDGER, 0, error), "%s", error);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {1, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    bool copied = journal_reader_copy(&copy, &reader, error);
    setrlimit(RLIMIT_NOFILE, &before);
    cr_assert(!copied);
    cr_assert(strstr(error, "can't be opened once more: Too many open files"), "%s", error);
    journal_reader_close(&reader);
    pen_drop(pen);
}

/* It must not be made anew over what can't be looked at. */
Test(journal, one_that_cannot_be_read_counts_as_there)
{
    char *dir = storage_make();
    cr_assert_not(journal_exists(dir));
    FILE *file = fopen(storage_path(dir, "journal"), "w");
    cr_assert_not_null(file);
    (void)fclose(file);
    cr_assert(journal_exists(dir));
    storage_remove(dir);
}
