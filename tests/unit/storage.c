/* storage.c: see storage.h. */
#include "tests/unit/storage.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/asset.h"

char *storage_make(void)
{
    char *dir = strdup("/tmp/bursar-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    return dir;
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void storage_remove(char *dir)
{
    cr_assert_eq(nftw(dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(dir);
}

const char *storage_path(const char *dir, const char *name)
{
    static char paths[2][256];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    (void)snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

char *storage_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s", path);
    (void)fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    cr_assert(bytes != NULL && fread(bytes, 1, *size, file) == *size);
    (void)fclose(file);
    return bytes;
}

void storage_write(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "%s", path);
}

static struct stamp story_next(struct story *story, unsigned numbers)
{
    uint64_t later = 1 + dice_below(&story->dice, dice_below(&story->dice, 2) == 0 ? 2 : 1000000000);
    struct stamp stamp = {story->last.number + 1, story->last.time + later};
    story->last = (struct stamp){stamp.number + numbers - 1, stamp.time + numbers - 1};
    return stamp;
}

static void tell_define(struct story *story, struct buffer *records)
{
    char code[16];
    int length = snprintf(code, sizeof code, "X%u", story->defined++);
    struct asset_tag tag = asset_tag_of((struct slice){code, (size_t)length}, dice_below(&story->dice, 19));
    record_define(records, &tag, story_next(story, 1));
}

static amount_t tell_amount(struct story *story)
{
    amount_t amount = ((amount_t)dice_next(&story->dice) << 64 | dice_next(&story->dice)) >> 28;
    return 1 + (amount >> dice_below(&story->dice, 100));
}

static void tell_open(struct story *story, struct buffer *records)
{
    struct dice *dice = &story->dice;
    char id[IDENT_MAX + 1];
    struct stamp stamp = story_next(story, 1);
    int length = snprintf(id, sizeof id, "account-%llu%s", (unsigned long long)stamp.number,
                          dice_below(dice, 4) == 0 ? "-with-a-longer-name-than-most" : "");
    bool dollars = story->account_count < 8 || dice_below(dice, 2) == 0;
    struct slice code = {dollars ? "USD" : "JPY", 3};
    struct record_options options = {.asset = asset_tag_of(code, dollars ? 2 : 0),
                                     .unlimited = true,
                                     .has_ceiling = !dollars && dice_below(dice, 2) == 0};
    if (!dollars && dice_below(dice, 2) == 0) {
        options.unlimited = false;
        options.overdraft = dice_below(dice, 2) == 0 ? 0 : tell_amount(story);
    }
    if (options.has_ceiling)
        options.ceiling = tell_amount(story);
    record_open(records, id, (size_t)length, &options, stamp);
    if (dollars && story->account_count < sizeof story->accounts / sizeof story->accounts[0])
        story->accounts[story->account_count++] = stamp.number;
}

static void tell_transfer(struct story *story, struct buffer *records)
{
    struct dice *dice = &story->dice;
    char id[IDENT_MAX + 1];
    char note[NOTE_MAX];
    unsigned legs = dice_below(dice, 4) != 0 ? 1 : 1 + dice_below(dice, dice_below(dice, 8) == 0 ? 128 : 4);
    unsigned type = legs == 1 ? dice_below(dice, 3) : TRANSFER_TRANSFER;
    struct stamp stamp = story_next(story, legs);
    int length =
        snprintf(id, sizeof id, "%llu-0123456789-0123456789-0123456789", (unsigned long long)stamp.number);
    size_t note_length = dice_below(dice, 3) == 0 ? dice_below(dice, NOTE_MAX + 1) : 0;
    bool plain = dice_below(dice, 2) == 0;
    for (size_t i = 0; i < note_length; i++)
        note[i] = (char)(plain ? 'a' + dice_below(dice, 26) : dice_below(dice, 256));
    struct record_leg *leg = record_transfer(records,
                                             &(struct record_parts){.id = {id, (size_t)length},
                                                                    .note = {note, note_length},
                                                                    .leg_count = (uint16_t)legs,
                                                                    .type = (uint8_t)type},
                                             stamp);
    for (unsigned i = 0; i < legs; i++) {
        unsigned from = dice_below(dice, story->account_count);
        unsigned to = (from + 1 + dice_below(dice, story->account_count - 1)) % story->account_count;
        bool in = type == TRANSFER_DEPOSIT || (type == TRANSFER_TRANSFER && dice_below(dice, 16) == 0);
        bool out = type == TRANSFER_WITHDRAW;
        leg[i] = (struct record_leg){.from = in ? 0 : story->accounts[from],
                                     .to = out ? 0 : story->accounts[to],
                                     .amount = tell_amount(story)};
    }
}

void story_tell(struct story *story, unsigned count, struct buffer *records)
{
    for (; count > 0; count--) {
        unsigned throw = dice_below(&story->dice, 20);
        if (story->account_count < 2 || throw == 0)
            tell_open(story, records);
        else if (throw == 1 && story->defined < 100)
            tell_define(story, records);
        else
            tell_transfer(story, records);
    }
}
