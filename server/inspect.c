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
    /* Asked first, so that a name mistyped leaves no lock file behind. */
    if (!directory_has(dir, "ledger.db") && !directory_has(dir, "journal")) {
        log_write(LOG_ERROR, "there is no ledger in '%s'", dir);
        return EXIT_FAILURE;
    }
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

static void open_print(const struct record *record)
{
    const struct record_options *options = (const struct record_options *)(const void *)(record + 1);
    const struct asset_tag *asset = &options->asset;
    printf(" open %.*s %.*s/%u", (int)record->id_length, (const char *)(options + 1), (int)asset->length,
           asset->code, asset->scale);
    if (options->unlimited) {
        printf(" unlimited");
    }
    if (options->overdraft > 0) {
        amount_print(" overdraft ", options->overdraft);
    }
    if (options->has_ceiling) {
        amount_print(" ceiling ", options->ceiling);
    }
}

static void transfer_print(const struct record *record)
{
    static const char *const types[] = {"transfer", "deposit", "withdraw"};
    const struct record_leg *legs = (const struct record_leg *)(const void *)(record + 1);
    const char *id = (const char *)(legs + record->leg_count);
    printf(" %s %.*s", types[record->type], (int)record->id_length, id);
    for (unsigned i = 0; i < record->leg_count; i++) {
        printf(" %" PRIu64 " %" PRIu64, legs[i].from, legs[i].to);
        amount_print(" ", legs[i].amount);
    }
    if (record->note_length > 0) {
        printf(" note ");
        text_print(id + record->id_length, record->note_length);
    }
}

/** One line: number, time, what happened; accounts by number (0: @world), amounts in the smallest unit. */
static void record_print(const struct record *record)
{
    time_t seconds = (time_t)(record->stamp.time / 1000000000);
    struct tm calendar;
    char text[32];
    gmtime_r(&seconds, &calendar);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &calendar);
    printf("%" PRIu64 " %s.%09" PRIu64 "Z", record->stamp.number, text, record->stamp.time % 1000000000);
    if (record->kind == RECORD_OPEN) {
        open_print(record);
    } else if (record->kind == RECORD_DEFINE) {
        const struct asset_tag *asset = (const struct asset_tag *)(const void *)(record + 1);
        printf(" asset %.*s/%u", (int)asset->length, asset->code, asset->scale);
    } else {
        transfer_print(record);
    }
    putchar('\n');
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
