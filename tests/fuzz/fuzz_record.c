/* fuzz_record.c: any bytes as packed records, one after another. What is unpacked lies within the bytes, has
 * a number and a time after those before, and packs to the very bytes that it came from: a record has one
 * spelling.
 *
 * The first byte is the time before.
 */
#include "server/journal_record.h"
#include "tests/fuzz/fuzz.h"

static void record_check(const struct record *record, struct stamp before, struct stamp after, const char *at,
                         size_t length)
{
    static uint8_t packed[JOURNAL_RECORD_MAX];
    check(record->stamp.number == before.number + 1 && record->stamp.time > before.time);
    check(after.number == before.number + record->leg_count && after.time > before.time);
    check(length <= sizeof packed);
    check((size_t)(journal_record_pack(record, before, packed) - packed) == length);
    check(memcmp(packed, at, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buffer records;
    if (size == 0)
        return 0;
    struct stamp last = {6, data[0] == 0 ? 0 : UINT64_MAX - 255U * data[0]};
    char *copy = copy_of(data + 1, size - 1);
    const char *at = copy;
    for (;;) {
        struct stamp before = last;
        buffer_consume(&records, buffer_length(&records));
        const uint8_t *end =
            journal_record_unpack((const uint8_t *)at, (const uint8_t *)copy + size - 1, &last, &records);
        if (end == NULL) {
            check(buffer_length(&records) == 0 && memcmp(&last, &before, sizeof last) == 0);
            break;
        }
        const struct record *record = (const struct record *)(const void *)(records.bytes + records.start);
        check(record->size == buffer_length(&records));
        record_check(record, before, last, at, (size_t)((const char *)end - at));
        at = (const char *)end;
    }
    free(copy);
    return 0;
}
