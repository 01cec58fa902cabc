/* inspect.c: see inspect.h. */
#include "server/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "server/directory.h"
#include "server/log.h"
#include "server/recovery.h"

/* One shard will do: a check needs no speed. */
static bool verify_run(const char *dir, char *error)
{
    struct recovered recovered;
    struct shard *shard = shard_create(&(struct shard_config){.count = 1});
    bool good = recovery_run(dir, true, &shard, 1, 0, &recovered, error);
    if (good) {
        struct shard_numbers numbers = shard_count(shard);
        printf("%s is whole: snapshot at number %" PRIu64 ", journal to number %" PRIu64 ", %" PRIu64
               " accounts, %" PRIu64 " transfers; debits equal credits in every asset%s\n",
               dir, archive_stamp(recovered.archive).number, recovered.place.last.number, numbers.accounts,
               numbers.remembered,
               recovered.torn ? "; an unfinished batch at the journal's end will be cut off" : "");
        archive_close(recovered.archive);
    }
    shard_free(shard);
    return good;
}

int inspect_verify(const char *dir)
{
    char error[RECOVERY_ERROR_MAX];
    int lock = directory_lock(dir, error);
    bool good = lock >= 0 && verify_run(dir, error);
    if (lock >= 0) {
        close(lock);
    }
    if (!good) {
        log_write(LOG_ERROR, "%s", error);
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void amount_print(const char *name, amount_t amount)
{
    char text[AMOUNT_TEXT_MAX];
    int length = (int)amount_format(amount, 0, text);
    printf("%s%.*s", name, length, text);
}

/** Any byte may be in a note: what is not plain is shown by its number. */
static void text_print(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        printf(byte > ' ' && byte < 0x7f && byte != '\\' ? "%c" : "\\x%02x", byte);
    }
}

static void limits_print(bool unlimited, amount_t overdraft, bool has_ceiling, amount_t ceiling)
{
    if (unlimited) {
        printf(" unlimited");
    }
    if (overdraft > 0) {
        amount_print(" overdraft ", overdraft);
    }
    if (has_ceiling) {
        amount_print(" ceiling ", ceiling);
    }
}

static void asset_print(const struct asset_tag *asset)
{
    printf(" %.*s/%u", (int)asset->length, asset->code, asset->scale);
}

static void open_print(const struct record *record)
{
    const struct record_options *options = record_options(record);
    struct slice id = record_id(record);
    printf(" open %.*s", (int)id.length, id.text);
    asset_print(&options->asset);
    limits_print(options->unlimited, options->overdraft, options->has_ceiling, options->ceiling);
}

static void change_print(const struct record *record)
{
    static const char *const types[] = {"limit", "freeze", "thaw", "close"};
    const struct record_change *change = record_change(record);
    printf(" %s %" PRIu64, types[record->type], change->account);
    limits_print(change->unlimited, change->overdraft, change->has_ceiling, change->ceiling);
}

/** What only some transfers have. */
static void terms_print(const struct record *record)
{
    struct record_terms terms = record_terms(record);
    if ((record->flags & RECORD_KEEP) != 0) {
        printf(" keep");
    }
    if (terms.released > 0) {
        amount_print(" released ", terms.released);
    }
    if (terms.ttl > 0) {
        printf(" ttl %" PRIu64, terms.ttl);
    }
    if (terms.terms != 0) {
        printf(" terms %016" PRIx64, terms.terms);
    }
}

static void transfer_print(const struct record *record)
{
    static const char *const types[] = {"transfer", "deposit", "withdraw", "sweep", "capture",
                                        "reverse",  "hold",    "extend",   "void",  "expire"};
    const struct record_leg *legs = record_legs(record);
    struct slice id = record_id(record);
    struct slice reference = record_reference(record);
    struct slice note = record_note(record);
    printf(" %s", types[record->type]);
    if (id.length > 0) {
        printf(" %.*s", (int)id.length, id.text);
    }
    if (reference.length > 0) {
        printf(" of %.*s", (int)reference.length, reference.text);
    }
    for (unsigned i = 0; i < record->leg_count; i++) {
        printf(" %" PRIu64 " %" PRIu64, legs[i].from, legs[i].to);
        amount_print(" ", legs[i].amount);
    }
    terms_print(record);
    if (note.length > 0) {
        printf(" note ");
        text_print(note.text, note.length);
    }
}

/** One line: number, time, what happened; accounts by number (0: @world), amounts in the smallest unit. A
 * line that ends in "..." is followed by more of the same transaction. */
static void record_print(const struct record *record)
{
    time_t seconds = (time_t)(record->stamp.time / 1000000000);
    struct tm calendar;
    char text[32];
    gmtime_r(&seconds, &calendar);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &calendar);
    printf("%" PRIu64 " %s.%09" PRIu64 "Z", record->stamp.number, text, record->stamp.time % 1000000000);
    switch ((enum record_kind)record->kind) {
    case RECORD_OPEN: open_print(record); break;
    case RECORD_DEFINE:
        printf(" asset");
        asset_print(record_asset(record));
        break;
    case RECORD_TRANSFER: transfer_print(record); break;
    case RECORD_CHANGE: change_print(record); break;
    }
    printf((record->flags & RECORD_CONTINUES) != 0 ? " ...\n" : "\n");
}

int inspect_dump(const char *dir)
{
    char error[JOURNAL_ERROR_MAX];
    struct journal_reader reader = {0};
    struct buffer records = {0};
    enum journal_read result = JOURNAL_DAMAGED;
    if (journal_reader_open_oldest(&reader, dir, error)) {
        while ((result = journal_read_last(&reader, &records, error)) == JOURNAL_BATCH) {
            while (buffer_length(&records) > 0) {
                const struct record *record =
                    (const struct record *)(const void *)(records.bytes + records.start);
                record_print(record);
                buffer_consume(&records, record->size);
            }
        }
    }
    buffer_free(&records);
    journal_reader_close(&reader);
    if (result == JOURNAL_DAMAGED) {
        log_write(LOG_ERROR, "%s", error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
