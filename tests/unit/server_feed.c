/* server_feed.c: what followers are told: names, maps, and the same records wherever they are kept. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/asset.h"
#include "server/archive.h"
#include "server/feed_render.h"
#include "server/feed_source.h"
#include "tests/unit/storage.h"

static const struct record *record_at(const struct buffer *records, size_t offset)
{
    return (const struct record *)(const void *)(records->bytes + records->start + offset);
}

static sequence_t record_last(const struct record *record)
{
    return record->stamp.number + record->leg_count - 1;
}

/* ---- the ring ---- */

/* Tells the story to a ring and checks after each record that every number it should have is found. */
static void expect_ring_keeps(const struct buffer *records, uint64_t *dropped)
{
    struct feed_ring ring = {0};
    struct dice dice = {.state = 7};
    uint64_t place;
    for (size_t at = 0; at < buffer_length(records); at += record_at(records, at)->size) {
        const struct record *added = record_at(records, at);
        feed_ring_add(&ring, added);
        cr_assert(!feed_ring_find(&ring, record_last(added) + 1, &place));
        sequence_t first = feed_ring_at(&ring, ring.first)->stamp.number;
        sequence_t number = first + dice_next(&dice) % (record_last(added) + 1 - first);
        cr_assert(feed_ring_find(&ring, number, &place));
        const struct record *found = feed_ring_at(&ring, place);
        cr_assert(found->stamp.number <= number && record_last(found) >= number);
        cr_assert(first == 1 || !feed_ring_find(&ring, first - 1, &place));
    }
    *dropped = ring.first;
    feed_ring_clear(&ring);
    cr_assert(!feed_ring_find(&ring, ring.end, &place));
    feed_ring_free(&ring);
}

Test(feed, ring_finds_every_number_of_the_records_it_keeps_and_drops_the_oldest)
{
    struct story story = {.dice = {.state = 11}};
    struct buffer records = {0};
    uint64_t dropped = 0;
    story_tell(&story, 150000, &records);
    cr_assert_gt(buffer_length(&records), FEED_RING_BYTES);
    expect_ring_keeps(&records, &dropped);
    cr_assert_gt(dropped, 0);
    buffer_free(&records);
}

/* ---- the maps ---- */

/* A reply as one line: what is between the line ends, without the lengths of strings. */
static const char *flat(const struct buffer *out)
{
    static char text[16384];
    size_t length = 0;
    const char *at = out->bytes + out->start;
    const char *end = out->bytes + out->end;
    while (at < end) {
        const char *line_end = memchr(at, '\r', (size_t)(end - at));
        cr_assert_not_null(line_end);
        if (at[0] != '$' || at[1] == '-')
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*s", length > 0 ? " " : "",
                                       (int)(line_end - at), at);
        at = line_end + 2;
    }
    return text;
}

/* Names of two accounts in USD and one in JPY, opened as numbers 1, 2 and 3. */
static void names_fill(struct feed_names *names)
{
    static const char *const ids[] = {"alice", "bob", "yuki"};
    struct buffer records = {0};
    feed_names_open(names, NULL);
    for (unsigned i = 0; i < 3; i++) {
        struct record_options options = {
            .asset = asset_tag_of((struct slice){i < 2 ? "USD" : "JPY", 3}, i < 2 ? 2 : 0)};
        record_open(&records, ids[i], strlen(ids[i]), &options, (struct stamp){i + 1, i + 1});
        feed_names_add(names, record_at(&records, 0));
        buffer_consume(&records, buffer_length(&records));
    }
    buffer_free(&records);
}

/* 2026-05-01T00:00:00Z and a nanosecond. */
#define TIME 1777593600000000001U

static void expect_told(struct buffer *record, int version, const char *expected)
{
    char error[JOURNAL_ERROR_MAX] = "";
    struct feed_names names;
    struct buffer out = {0};
    struct reply reply = {&out, version};
    names_fill(&names);
    cr_assert(feed_render(&reply, record_at(record, 0), &names, error), "%s", error);
    cr_expect_str_eq(flat(&out), expected);
    buffer_consume(record, buffer_length(record));
    buffer_free(&out);
    feed_names_close(&names);
}

Test(feed, tells_openings_definitions_and_changes)
{
    struct buffer record = {0};
    const struct asset_tag usd = asset_tag_of((struct slice){"USD", 3}, 2);
    const struct stamp stamp = {9, TIME};
    record_open(&record, "carol", 5, &(struct record_options){.asset = usd, .overdraft = 1234}, stamp);
    expect_told(&record, 2,
                "*20 seq :9 last :9 time 2026-05-01T00:00:00.000000001Z kind open continues :0 account carol "
                "asset USD scale :2 overdraft 12.34 ceiling $-1");
    record_open(&record, "carol", 5,
                &(struct record_options){.asset = usd, .unlimited = true, .has_ceiling = true, .ceiling = 5},
                stamp);
    expect_told(&record, 3,
                "%10 seq :9 last :9 time 2026-05-01T00:00:00.000000001Z kind open continues #f account carol "
                "asset USD scale :2 overdraft UNLIMITED ceiling 0.05");
    const struct asset_tag gold = asset_tag_of((struct slice){"GOLD", 4}, 3);
    record_define(&record, &gold, (struct stamp){9, 0});
    expect_told(&record, 2, "*14 seq :9 last :9 time $-1 kind asset continues :0 asset GOLD scale :3");
    record_changed(&record, CHANGE_LIMIT, &(struct record_change){.account = 3, .overdraft = 7}, stamp);
    expect_told(&record, 2,
                "*20 seq :9 last :9 time 2026-05-01T00:00:00.000000001Z kind limit continues :0 account yuki "
                "asset JPY scale :0 overdraft 7 ceiling $-1");
    static const char *const kinds[] = {"freeze", "thaw", "close"};
    for (unsigned i = 0; i < 3; i++) {
        char expected[256];
        record_changed(&record, CHANGE_FREEZE + i, &(struct record_change){.account = 2}, stamp);
        snprintf(expected, sizeof expected,
                 "*16 seq :9 last :9 time 2026-05-01T00:00:00.000000001Z kind %s continues :0 account bob "
                 "asset USD scale :2",
                 kinds[i]);
        expect_told(&record, 2, expected);
    }
    buffer_free(&record);
}

/* A transfer of 5.00 USD between alice and bob. */
static struct record_leg *transfer_make(struct buffer *record, struct record_parts parts, unsigned legs)
{
    parts.id = (struct slice){"x-1", parts.type == TRANSFER_EXPIRE ? 0 : 3};
    parts.leg_count = (uint16_t)legs;
    struct record_leg *leg = record_transfer(record, &parts, (struct stamp){9, TIME});
    for (unsigned i = 0; i < legs; i++)
        leg[i] = (struct record_leg){.amount = 500, .from = 1, .to = 2};
    return leg;
}

#define HEAD(pairs, last, kind) \
    "%" pairs " seq :9 last :" last " time 2026-05-01T00:00:00.000000001Z kind " kind " continues #f "
#define LEGS "legs *1 %4 from alice to bob amount 5.00 asset USD "

Test(feed, tells_everything_with_legs)
{
    static const struct {
        struct record_parts parts;
        const char *expected;
    } cases[] = {
        {{.type = TRANSFER_TRANSFER, .note = {"a note", 6}},
         HEAD("8", "9", "transfer") "id x-1 " LEGS "note a note"},
        {{.type = TRANSFER_SWEEP}, HEAD("8", "9", "sweep") "id x-1 " LEGS "note _"},
        {{.type = TRANSFER_CAPTURE, .reference = {"h-1", 3}, .terms = {.released = 25}},
         HEAD("10", "9", "capture") "id x-1 " LEGS "note _ hold h-1 released 0.25"},
        {{.type = TRANSFER_CAPTURE, .reference = {"h-1", 3}, .flags = RECORD_KEEP},
         HEAD("10", "9", "capture") "id x-1 " LEGS "note _ hold h-1 released 0.00"},
        {{.type = TRANSFER_REVERSE, .reference = {"t-1", 3}},
         HEAD("9", "9", "reverse") "id x-1 " LEGS "note _ transfer t-1"},
        {{.type = TRANSFER_HOLD}, HEAD("10", "9", "hold") "id x-1 " LEGS "note _ ttl _ expires_at _"},
        {{.type = TRANSFER_HOLD, .terms = {.ttl = 86400}},
         HEAD("10", "9", "hold") "id x-1 " LEGS
                                 "note _ ttl :86400 expires_at 2026-05-02T00:00:00.000000001Z"},
        {{.type = TRANSFER_EXTEND, .reference = {"h-1", 3}, .terms = {.ttl = 1}},
         HEAD("11", "9", "extend") "id x-1 " LEGS
                                   "note _ hold h-1 ttl :1 expires_at 2026-05-01T00:00:01.000000001Z"},
        {{.type = TRANSFER_VOID, .reference = {"h-1", 3}},
         HEAD("9", "9", "void") "id x-1 " LEGS "note _ hold h-1"},
        {{.type = TRANSFER_EXPIRE, .reference = {"h-1", 3}},
         HEAD("9", "9", "expire") "id _ " LEGS "note _ hold h-1"},
    };
    struct buffer record = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        transfer_make(&record, cases[i].parts, 1);
        expect_told(&record, 3, cases[i].expected);
    }
    buffer_free(&record);
}

Test(feed, tells_each_leg_in_its_own_asset_and_world_by_its_name)
{
    struct buffer record = {0};
    struct record_leg *legs = transfer_make(
        &record, (struct record_parts){.type = TRANSFER_TRANSFER, .flags = RECORD_CONTINUES}, 2);
    legs[0] = (struct record_leg){.amount = 12, .from = 0, .to = 3};
    legs[1] = (struct record_leg){.amount = 12, .from = 2, .to = 0};
    expect_told(
        &record, 2,
        "*16 seq :9 last :10 time 2026-05-01T00:00:00.000000001Z kind transfer continues :1 id x-1 "
        "legs *2 *8 from @world/JPY to yuki amount 12 asset JPY *8 from bob to @world/USD amount 0.12 "
        "asset USD note $-1");
    buffer_free(&record);
}

Test(feed, names_of_the_tail_are_forgotten_up_to_a_number)
{
    char error[JOURNAL_ERROR_MAX] = "";
    struct feed_names names;
    struct feed_name name;
    names_fill(&names);
    feed_names_forget(&names, 2);
    cr_assert(feed_names_find(&names, 3, &name, error));
    cr_assert(name.id.length == 4 && memcmp(name.id.text, "yuki", 4) == 0);
    cr_assert(!feed_names_find(&names, 2, &name, error));
    cr_assert_str_eq(error, "there is no account of number 2");
    feed_names_close(&names);
}

/* ---- where records are ---- */

/* A ledger in a directory: records in its journal, and some of them in its snapshot. */
struct kept {
    char *dir;
    struct buffer records;
    struct archive *archive;
    size_t folded; /* bytes of records that the snapshot has */
    counter_t archived;
    sequence_t newest;
    struct buffer offsets; /* of each number's record, a size_t; of number 1 first */
};

static void kept_fold(struct kept *kept, size_t bytes)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    for (size_t end = kept->folded + bytes;
         kept->folded < end && kept->folded < buffer_length(&kept->records);) {
        const struct record *record = record_at(&kept->records, kept->folded);
        cr_assert(archive_fold(kept->archive, record, error), "%s", error);
        kept->folded += record->size;
    }
    cr_assert(archive_commit(kept->archive, error), "%s", error);
    counter_set(&kept->archived, archive_stamp(kept->archive).number);
}

static void kept_write(struct kept *kept, struct dice *dice)
{
    char error[JOURNAL_ERROR_MAX] = "";
    struct journal journal;
    struct journal_reader reader;
    struct buffer none = {0};
    cr_assert(journal_create(kept->dir, STORAGE_LEDGER, JOURNAL_SEGMENT_MIN, error), "%s", error);
    cr_assert(journal_reader_open(&reader, kept->dir, STORAGE_LEDGER, 0, error), "%s", error);
    cr_assert_eq(journal_read_last(&reader, &none, error), JOURNAL_END);
    cr_assert(
        journal_acquire(&journal, kept->dir, STORAGE_LEDGER, &reader.place, JOURNAL_SEGMENT_MIN, error));
    journal_reader_close(&reader);
    for (size_t at = 0; at < buffer_length(&kept->records);) {
        for (unsigned count = 1 + dice_below(dice, 60);
             at < buffer_length(&kept->records) && (count > 0 || journal.continues); count -= count > 0) {
            const struct record *record = record_at(&kept->records, at);
            journal_add(&journal, record);
            kept->newest = record_last(record);
            for (unsigned i = 0; i < record->leg_count; i++)
                buffer_append(&kept->offsets, &at, sizeof at);
            at += record->size;
        }
        cr_assert_eq(journal_append(&journal, false, error), APPEND_OK);
    }
    journal_close(&journal);
    buffer_free(&none);
}

static void kept_open(struct kept *kept, uint64_t seed, unsigned count)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    struct story story = {.dice = {.state = seed}};
    *kept = (struct kept){.dir = storage_make()};
    story_tell(&story, count, &kept->records);
    kept_write(kept, &story.dice);
    cr_assert(archive_create(kept->dir, STORAGE_LEDGER, error), "%s", error);
    kept->archive = archive_open(kept->dir, false, error);
    cr_assert_not_null(kept->archive, "%s", error);
    cr_assert(archive_load(kept->archive, NULL, 0, error), "%s", error);
}

static void kept_close(struct kept *kept)
{
    archive_close(kept->archive);
    buffer_free(&kept->records);
    buffer_free(&kept->offsets);
    storage_remove(kept->dir);
}

/* The offset of the record that has a number. */
static size_t kept_find(const struct kept *kept, sequence_t number)
{
    return ((const size_t *)(const void *)kept->offsets.bytes)[number - 1];
}

/* Checks that a record's accounts are called what their openings say. */
static void expect_names(const struct kept *kept, struct feed_source *source, const struct record *record)
{
    char error[JOURNAL_ERROR_MAX] = "";
    for (unsigned i = 0; record->kind == RECORD_TRANSFER && i < 2U * record->leg_count; i++) {
        const struct record_leg *leg = &record_legs(record)[i / 2];
        sequence_t account = i % 2 == 0 ? leg->from : leg->to;
        struct feed_name name;
        if (account == 0)
            continue;
        cr_assert(feed_names_find(&source->names, account, &name, error), "%s", error);
        const struct record *open = record_at(&kept->records, kept_find(kept, account));
        cr_assert(open->kind == RECORD_OPEN && name.id.length == open->id_length &&
                      memcmp(name.id.text, record_id(open).text, name.id.length) == 0 &&
                      asset_tag_equal(&name.asset, &record_options(open)->asset),
                  "account %" PRIu64 " of number %" PRIu64, account, record->stamp.number);
    }
}

/* Reads one page and checks that it is what is in the records from that number on. Returns the last number.
 */
static sequence_t expect_page(struct kept *kept, struct feed_source *source, sequence_t from, unsigned count)
{
    char error[JOURNAL_ERROR_MAX] = "";
    struct buffer page = {0};
    size_t at = kept_find(kept, from);
    sequence_t last = 0;
    unsigned records = 0;
    cr_assert_eq(feed_source_read(source, from, count, 100000, &page, error), FEED_FOUND,
                 "from %" PRIu64 ": %s", from, error);
    for (size_t read = 0; read < buffer_length(&page); records++) {
        const struct record *record = record_at(&page, read);
        cr_assert(memcmp(record, record_at(&kept->records, at), record->size) == 0,
                  "number %" PRIu64 " from %" PRIu64, record->stamp.number, from);
        expect_names(kept, source, record);
        last = record_last(record);
        read += record->size;
        at += record->size;
    }
    cr_assert(records >= 1 && records <= count);
    buffer_free(&page);
    return last;
}

/* Several followers read at once, each at its place, while more becomes durable, the snapshot follows and at
 * times overtakes the head, and the journal gives up what the snapshot has. */
static void followers_read(struct kept *kept, struct dice *dice, bool trim)
{
    char error[JOURNAL_ERROR_MAX] = "";
    uint64_t segments;
    uint64_t bytes;
    struct feed_source source;
    sequence_t places[12] = {0};
    unsigned done = 0;
    sequence_t durable = 1;
    cr_assert(feed_source_open(&source, kept->dir, STORAGE_LEDGER, &kept->archived, error), "%s", error);
    while (done < 12) {
        unsigned i = (unsigned)dice_below(dice, 12);
        if (dice_below(dice, 4) == 0)
            durable = durable + 500 < kept->newest ? durable + 1 + dice_below(dice, 500) : kept->newest;
        if (places[i] == kept->newest || (durable <= places[i] && feed_source_reach(&source) <= places[i]))
            continue;
        while (feed_source_reach(&source) <= places[i])
            cr_assert(feed_source_advance(&source, durable, error), "%s", error);
        places[i] = expect_page(kept, &source, places[i] + 1, 1 + (unsigned)dice_below(dice, 200));
        done += places[i] == kept->newest;
        if (dice_below(dice, 20) == 0)
            kept_fold(kept, dice_below(dice, 40000U));
        if (trim && dice_below(dice, 20) == 0)
            cr_assert(journal_trim(kept->dir, STORAGE_LEDGER, counter_read(&kept->archived),
                                   JOURNAL_SEGMENT_MIN, &segments, &bytes, error));
        if (dice_below(dice, 200) == 0)
            feed_source_rest(&source);
    }
    feed_source_close(&source);
}

Test(feed, the_same_records_come_from_memory_from_the_journal_and_from_the_snapshot)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct kept kept;
        struct dice dice = {.state = seed};
        kept_open(&kept, seed, 4000);
        followers_read(&kept, &dice, seed % 2 == 0);
        kept_close(&kept);
    }
}

/* Brings the snapshot forward and has the journal give up what it has, again and again. */
static void *snapshot_run(void *context)
{
    struct kept *kept = context;
    char error[JOURNAL_ERROR_MAX] = "";
    uint64_t segments;
    uint64_t bytes;
    while (kept->folded < buffer_length(&kept->records)) {
        kept_fold(kept, 30000);
        cr_assert(journal_trim(kept->dir, STORAGE_LEDGER, counter_read(&kept->archived), JOURNAL_SEGMENT_MIN,
                               &segments, &bytes, error),
                  "%s", error);
    }
    return NULL;
}

Test(feed, nothing_is_missed_while_the_journal_is_given_up_under_its_readers)
{
    struct kept kept;
    struct dice dice = dice_begin();
    char error[JOURNAL_ERROR_MAX] = "";
    struct feed_source source;
    sequence_t places[3] = {0};
    pthread_t thread;
    kept_open(&kept, dice.seed, 20000);
    cr_assert(feed_source_open(&source, kept.dir, STORAGE_LEDGER, &kept.archived, error), "%s", error);
    cr_assert_eq(pthread_create(&thread, NULL, snapshot_run, &kept), 0);
    for (unsigned turn = 0; places[0] < kept.newest; turn++) {
        sequence_t *place = &places[turn % 3];
        sequence_t durable = *place + 1 + dice_below(&dice, 300);
        durable = durable < kept.newest ? durable : kept.newest;
        if (*place == kept.newest)
            continue;
        while (feed_source_reach(&source) <= *place)
            cr_assert(feed_source_advance(&source, durable, error), "seed %" PRIu64 ": %s", dice.seed, error);
        *place = expect_page(&kept, &source, *place + 1, 1 + dice_below(&dice, 100));
    }
    cr_assert_eq(pthread_join(thread, NULL), 0);
    feed_source_close(&source);
    kept_close(&kept);
}

Test(feed, every_number_of_the_snapshot_begins_a_page)
{
    struct kept kept;
    struct feed_source source;
    char error[JOURNAL_ERROR_MAX] = "";
    kept_open(&kept, 99, 500);
    kept_fold(&kept, SIZE_MAX / 2);
    cr_assert(feed_source_open(&source, kept.dir, STORAGE_LEDGER, &kept.archived, error), "%s", error);
    cr_assert_eq(feed_source_reach(&source), kept.newest);
    for (sequence_t number = 1; number <= kept.newest; number++) {
        expect_page(&kept, &source, number, 3);
        feed_source_rest(&source); /* or the next would come from memory */
    }
    feed_source_close(&source);
    kept_close(&kept);
}
