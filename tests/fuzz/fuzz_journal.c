/* fuzz_journal.c: journals made of any bytes, with good checksums and links, and then damaged. No reader
 * crashes; each batch that is read packs to the bytes that lie there, with numbers and times after those
 * before; and whoever begins later, or seeks, or follows what is durable, reads the same.
 *
 * The bytes are a list of steps: a byte says what is done, and what that needs follows.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/batch.h"
#include "server/journal_record.h"
#include "server/segment.h"
#include "tests/fuzz/fuzz.h"

#define SEGMENTS_MAX 3
#define SEGMENT_SIZE JOURNAL_SEGMENT_MIN
#define HEAD_SUMMED  (sizeof(struct segment_head) - sizeof(((struct segment_head *)0)->checksum))

static const struct ledger_id ledger = {{7, 11}};

enum step {
    STEP_BATCH, /* a batch: how it is wrong, how many records it says it has, their length (2 bytes), they */
    STEP_SEGMENT, /* the next segment: how it is wrong */
    STEP_DAMAGE,  /* a byte is changed: the segment, the place (2 bytes), by what */
    STEP_SKIP,    /* a block is left out */
    STEP_CUT,     /* the segment ends there */
    STEPS
};

/* How a head is wrong, its checksum notwithstanding. */
#define WRONG_NEXT  1
#define WRONG_TIME  2
#define WRONG_CHAIN 4

/* Bytes not yet read; those that are not there are zero. */
struct input {
    const uint8_t *at;
    size_t left;
};

/* A journal in memory, with the place where its next batch belongs. */
struct maker {
    char images[SEGMENTS_MAX][SEGMENT_SIZE];
    uint64_t sizes[SEGMENTS_MAX];
    struct journal_place place;
};

static unsigned input_byte(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

static unsigned input_word(struct input *input)
{
    unsigned low = input_byte(input);
    return low | input_byte(input) << 8;
}

static void segment_begin(struct maker *maker, unsigned wrong)
{
    struct journal_place *place = &maker->place;
    if (place->segment == SEGMENTS_MAX)
        return;
    place->segment++;
    place->offset = JOURNAL_ALIGN;
    struct segment_head head = {.magic = SEGMENT_MAGIC,
                                .version = SEGMENT_VERSION,
                                .ordinal = place->segment,
                                .ledger = ledger,
                                .size = SEGMENT_SIZE,
                                .next = place->last.number + 1 + (wrong & WRONG_NEXT),
                                .time = place->last.time + (wrong & WRONG_TIME),
                                .chain = {place->chain[0] ^ (wrong & WRONG_CHAIN), place->chain[1]}};
    segment_checksum(head.magic, HEAD_SUMMED, ledger, head.checksum);
    memcpy(maker->images[place->segment - 1], &head, sizeof head);
    maker->sizes[place->segment - 1] = SEGMENT_SIZE;
}

/* The stamp behind the records, as far as they are some. */
static struct stamp payload_follow(struct stamp last, const uint8_t *at, size_t length)
{
    static struct buffer records;
    const uint8_t *end = at + length;
    while (at != NULL && at < end) {
        at = journal_record_unpack(at, end, &last, &records);
        buffer_consume(&records, buffer_length(&records));
    }
    return last;
}

static void batch_add(struct maker *maker, struct input *input)
{
    struct journal_place *place = &maker->place;
    unsigned wrong = input_byte(input);
    unsigned count = input_byte(input);
    size_t length = input_word(input);
    length = length > input->left ? input->left : length;
    if (place->offset + batch_size(length) <= SEGMENT_SIZE) {
        struct batch_head head = {.magic = BATCH_MAGIC,
                                  .length = (uint32_t)length,
                                  .count = count,
                                  .next = place->last.number + 1 + (wrong & WRONG_NEXT),
                                  .time = place->last.time + (wrong & WRONG_TIME),
                                  .chain = {place->chain[0] ^ (wrong & WRONG_CHAIN), place->chain[1]}};
        char *at = maker->images[place->segment - 1] + place->offset;
        memcpy(at, &head, sizeof head);
        if (length > 0)
            memcpy(at + sizeof head, input->at, length);
        segment_checksum(at + sizeof head.checksum, BATCH_SUMMED + length, ledger, head.checksum);
        memcpy(at, head.checksum, sizeof head.checksum);
        memcpy(place->chain, head.checksum, sizeof head.checksum);
        place->last = payload_follow(place->last, input->at, length);
        place->offset += batch_size(length);
    }
    input->at += length;
    input->left -= length;
}

static void step_take(struct maker *maker, struct input *input)
{
    struct journal_place *place = &maker->place;
    switch ((enum step)(input_byte(input) % STEPS)) {
    case STEP_BATCH: batch_add(maker, input); break;
    case STEP_SEGMENT: segment_begin(maker, input_byte(input)); break;
    case STEP_DAMAGE: {
        char *image = maker->images[input_byte(input) % SEGMENTS_MAX];
        char *byte = &image[input_word(input)];
        *byte = (char)(*byte ^ (char)input_byte(input));
        break;
    }
    case STEP_SKIP:
        if (place->offset < SEGMENT_SIZE)
            place->offset += JOURNAL_ALIGN;
        break;
    case STEP_CUT: maker->sizes[place->segment - 1] = place->offset; break;
    case STEPS: break;
    }
}

static char directory[64];

static void segment_name(char *path, uint32_t ordinal)
{
    char journal[80];
    (void)snprintf(journal, sizeof journal, "%s/journal", directory);
    segment_path(path, journal, ordinal);
}

static void directory_delete(void)
{
    char path[PATH_MAX];
    for (uint32_t ordinal = 1; ordinal <= SEGMENTS_MAX; ordinal++) {
        segment_name(path, ordinal);
        unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/journal", directory);
    rmdir(path);
    rmdir(directory);
}

/* A directory of our own, once: where TMPDIR says, which had better be in memory. */
static void directory_begin(void)
{
    char journal[80];
    if (directory[0] != '\0')
        return;
    const char *where = getenv("TMPDIR");
    (void)snprintf(directory, sizeof directory, "%.40s/fuzz-XXXXXX", where != NULL ? where : "/tmp");
    check(mkdtemp(directory) != NULL);
    (void)snprintf(journal, sizeof journal, "%s/journal", directory);
    check(mkdir(journal, 0700) == 0 && atexit(directory_delete) == 0);
}

static void journal_write(const struct maker *maker)
{
    char path[PATH_MAX];
    for (uint32_t ordinal = 1; ordinal <= SEGMENTS_MAX; ordinal++) {
        segment_name(path, ordinal);
        if (ordinal > maker->place.segment) {
            unlink(path);
            continue;
        }
        uint64_t size = maker->sizes[ordinal - 1];
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        check(fd >= 0 && pwrite(fd, maker->images[ordinal - 1], size, 0) == (ssize_t)size);
        close(fd);
    }
}

/* The records of a batch that was just read, from `begun` on, pack to its bytes. */
static void batch_check(const struct journal_reader *reader, struct stamp last, const struct buffer *records,
                        size_t begun)
{
    static uint8_t packed[JOURNAL_RECORD_MAX];
    const char *bytes = reader->bytes.bytes + reader->bytes.start;
    struct batch_head head;
    memcpy(&head, bytes, sizeof head);
    const char *at = bytes + sizeof head;
    check(head.length + sizeof head <= buffer_length(&reader->bytes) && head.next == last.number + 1);
    for (size_t next = begun; next < buffer_length(records);) {
        const struct record *record =
            (const struct record *)(const void *)(records->bytes + records->start + next);
        size_t length = (size_t)(journal_record_pack(record, last, packed) - packed);
        check(length <= (size_t)(bytes + sizeof head + head.length - at) && memcmp(packed, at, length) == 0);
        last = (struct stamp){last.number + record->leg_count, record->stamp.time + record->leg_count - 1U};
        at += length;
        next += record->size;
    }
    check(at == bytes + sizeof head + head.length);
    check(last.number == reader->place.last.number && last.time == reader->place.last.time);
}

/* Reads everything, and checks each batch. */
static enum journal_read all_read(struct buffer *records, struct journal_place *end)
{
    char error[JOURNAL_ERROR_MAX];
    struct journal_reader reader;
    enum journal_read result = JOURNAL_DAMAGED;
    if (!journal_reader_open_oldest(&reader, directory, error))
        return result;
    do {
        struct stamp last = reader.place.last;
        size_t begun = buffer_length(records);
        result = journal_read_last(&reader, records, error);
        if (result == JOURNAL_BATCH)
            batch_check(&reader, last, records, begun);
    } while (result == JOURNAL_BATCH);
    *end = reader.place;
    journal_reader_close(&reader);
    return result;
}

/* How a part of the journal is read. */
enum way { WAY_OPEN, WAY_SEEK, WAY_FOLLOW, WAYS };

static enum journal_read part_read(enum way way, sequence_t after, sequence_t durable, struct buffer *records)
{
    char error[JOURNAL_ERROR_MAX];
    struct journal_reader reader;
    enum journal_read result = JOURNAL_DAMAGED;
    if (!journal_reader_open(&reader, directory, ledger, way == WAY_SEEK ? 0 : after, error))
        return result;
    if (way == WAY_SEEK)
        journal_reader_seek(&reader, after);
    do {
        result = way == WAY_FOLLOW ? journal_read_next(&reader, durable, records, error)
                                   : journal_read_last(&reader, records, error);
    } while (result == JOURNAL_BATCH);
    journal_reader_close(&reader);
    return result;
}

/* Whether what was read is the end of all there is, and begins where it should. */
static int rest_is(const struct buffer *all, const struct buffer *part, sequence_t after)
{
    size_t at = 0;
    while (at < buffer_length(all)) {
        const struct record *record = (const struct record *)(const void *)(all->bytes + all->start + at);
        if (record->stamp.number + record->leg_count - 1U > after)
            break;
        at += record->size;
    }
    size_t length = buffer_length(all) - at;
    return buffer_length(part) == length &&
           (length == 0 || memcmp(part->bytes + part->start, all->bytes + all->start + at, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct maker maker;
    static struct buffer all;
    static struct buffer part;
    struct input input = {data, size};
    struct journal_place end = {0};
    memset(&maker, 0, sizeof maker);
    directory_begin();
    segment_begin(&maker, 0);
    sequence_t after = input_byte(&input) % 16;
    while (input.left > 0)
        step_take(&maker, &input);
    journal_write(&maker);

    buffer_consume(&all, buffer_length(&all));
    enum journal_read result = all_read(&all, &end);
    for (enum way way = WAY_OPEN; way < WAYS; way++) {
        buffer_consume(&part, buffer_length(&part));
        sequence_t from = after > end.last.number ? end.last.number : after;
        enum journal_read again = part_read(way, from, end.last.number, &part);
        if (result == JOURNAL_END)
            check(again == JOURNAL_END && rest_is(&all, &part, from));
    }
    return 0;
}
