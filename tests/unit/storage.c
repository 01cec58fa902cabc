/* storage.c: see storage.h. */
#include "tests/unit/storage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/asset.h"
#include "tests/unit/temporary.h"

char *storage_make(void)
{
    char *dir = temporary_make();
    cr_assert_not_null(dir);
    return dir;
}

void storage_remove(char *dir)
{
    cr_assert(temporary_remove(dir));
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
    if (dollars && story->account_count + 1 < sizeof story->accounts / sizeof story->accounts[0])
        story->accounts[story->account_count++] = stamp.number;
    else if (story->other_count < sizeof story->others / sizeof story->others[0])
        story->others[story->other_count++] = stamp.number;
}

/* An id of a number's own, of any length. */
static struct slice tell_id(struct story *story, sequence_t number, char *id)
{
    static const char tail[] = "-0123456789-0123456789-0123456789-0123456789";
    int length = snprintf(id, IDENT_MAX, "%llu%.*s", (unsigned long long)number,
                          (int)dice_below(&story->dice, sizeof tail), tail);
    return (struct slice){id, (size_t)length};
}

static struct slice tell_note(struct story *story, char *note)
{
    struct dice *dice = &story->dice;
    size_t length = dice_below(dice, 3) == 0 ? dice_below(dice, NOTE_MAX + 1) : 0;
    bool plain = dice_below(dice, 2) == 0;
    for (size_t i = 0; i < length; i++)
        note[i] = (char)(plain ? 'a' + dice_below(dice, 26) : dice_below(dice, 256));
    return (struct slice){note, length};
}

static uint64_t tell_terms(struct story *story)
{
    return dice_below(&story->dice, 3) == 0 ? dice_next(&story->dice) : 0;
}

static struct record_leg tell_leg(struct story *story, bool in, bool out)
{
    struct dice *dice = &story->dice;
    unsigned from = dice_below(dice, story->account_count);
    unsigned to = (from + 1 + dice_below(dice, story->account_count - 1)) % story->account_count;
    return (struct record_leg){.from = in ? 0 : story->accounts[from],
                               .to = out ? 0 : story->accounts[to],
                               .amount = tell_amount(story)};
}

static void tell_transfer(struct story *story, struct buffer *records)
{
    struct dice *dice = &story->dice;
    char id[IDENT_MAX];
    char note[NOTE_MAX];
    unsigned most = dice_below(dice, 8) == 0 && story->begun == 0 ? LEGS_MAX : 4;
    unsigned legs = dice_below(dice, 4) != 0 ? 1 : 1 + dice_below(dice, most);
    unsigned type = legs == 1 ? dice_below(dice, 4) : TRANSFER_TRANSFER;
    struct stamp stamp = story_next(story, legs);
    const struct record_parts parts = {.id = tell_id(story, stamp.number, id),
                                       .note = tell_note(story, note),
                                       .terms.terms = type == TRANSFER_SWEEP ? tell_terms(story) : 0,
                                       .leg_count = (uint16_t)legs,
                                       .type = (uint8_t)type,
                                       .flags = story->flags};
    struct record_leg *leg = record_transfer(records, &parts, stamp);
    for (unsigned i = 0; i < legs; i++) {
        bool in = type == TRANSFER_DEPOSIT || (type == TRANSFER_TRANSFER && dice_below(dice, 16) == 0);
        leg[i] = tell_leg(story, in, type == TRANSFER_WITHDRAW);
    }
    memcpy(story->done, leg, legs * sizeof *leg);
    memcpy(story->done_id, parts.id.text, parts.id.length);
    story->done_id_length = (uint8_t)parts.id.length;
    story->done_count = (uint16_t)legs;
}

/* Whether a leg has the account that is frozen now. */
static bool leg_is_frozen(const struct story *story, const struct record_leg *leg)
{
    return story->frozen != 0 && (leg->from == story->frozen || leg->to == story->frozen);
}

static bool tell_reverse(struct story *story, struct buffer *records)
{
    char id[IDENT_MAX];
    unsigned legs = story->done_count;
    bool frozen = legs == 0;
    for (unsigned i = 0; i < legs; i++)
        frozen = frozen || leg_is_frozen(story, &story->done[i]);
    if (frozen)
        return false;
    struct stamp stamp = story_next(story, legs);
    const struct record_parts parts = {.id = tell_id(story, stamp.number, id),
                                       .reference = {story->done_id, story->done_id_length},
                                       .leg_count = (uint16_t)legs,
                                       .type = TRANSFER_REVERSE};
    struct record_leg *leg = record_transfer(records, &parts, stamp);
    for (unsigned i = 0; i < legs; i++) {
        struct record_leg before = story->done[legs - 1 - i];
        leg[i] = (struct record_leg){.amount = before.amount, .from = before.to, .to = before.from};
    }
    story->done_count = 0;
    return true;
}

static uint64_t deadline_of(uint64_t time, uint64_t ttl)
{
    return ttl == 0 ? 0 : time + ttl * 1000000000;
}

static bool tell_hold(struct story *story, struct buffer *records)
{
    struct dice *dice = &story->dice;
    char id[IDENT_MAX];
    char note[NOTE_MAX];
    if (story->hold_count == sizeof story->holds / sizeof story->holds[0])
        return false;
    struct stamp stamp = story_next(story, 1);
    uint64_t ttl = dice_below(dice, 2) == 0 ? 1 + dice_below(dice, 20) : 0;
    const struct record_parts parts = {.id = tell_id(story, stamp.number, id),
                                       .note = tell_note(story, note),
                                       .terms = {.ttl = ttl, .terms = tell_terms(story)},
                                       .leg_count = 1,
                                       .type = TRANSFER_HOLD,
                                       .flags = story->flags};
    struct record_leg leg = tell_leg(story, dice_below(dice, 16) == 0, false);
    *record_transfer(records, &parts, stamp) = leg;
    struct story_hold *hold = &story->holds[story->hold_count++];
    *hold = (struct story_hold){.id_length = (uint8_t)parts.id.length,
                                .number = stamp.number,
                                .leg = leg,
                                .deadline = deadline_of(stamp.time, ttl)};
    memcpy(hold->id, parts.id.text, parts.id.length);
    return true;
}

/* Any open hold that was not made in the transaction that is being told; NULL: there is none. */
static struct story_hold *any_hold(struct story *story)
{
    if (story->hold_count == 0)
        return NULL;
    struct story_hold *hold = &story->holds[dice_below(&story->dice, story->hold_count)];
    return story->begun != 0 && hold->number >= story->begun ? NULL : hold;
}

static void hold_end(struct story *story, struct story_hold *hold)
{
    *hold = story->holds[--story->hold_count];
}

static void tell_of_hold(struct story *story, struct buffer *records, const struct story_hold *hold,
                         struct record_parts parts, amount_t amount, struct stamp stamp)
{
    char id[IDENT_MAX];
    if (parts.type != TRANSFER_EXPIRE)
        parts.id = tell_id(story, stamp.number, id);
    parts.reference = (struct slice){hold->id, hold->id_length};
    parts.leg_count = 1;
    parts.flags |= story->flags;
    *record_transfer(records, &parts, stamp) =
        (struct record_leg){.amount = amount, .from = hold->leg.from, .to = hold->leg.to};
}

static bool tell_capture(struct story *story, struct buffer *records)
{
    struct story_hold *hold = any_hold(story);
    if (hold == NULL || leg_is_frozen(story, &hold->leg))
        return false;
    struct record_parts parts = {.type = TRANSFER_CAPTURE, .terms.terms = tell_terms(story)};
    amount_t amount = hold->leg.amount;
    if (dice_below(&story->dice, 2) == 0)
        amount = 1 + (amount - 1) / (1 + dice_below(&story->dice, 10));
    if (dice_below(&story->dice, 2) == 0)
        parts.flags = RECORD_KEEP;
    else
        parts.terms.released = hold->leg.amount - amount;
    tell_of_hold(story, records, hold, parts, amount, story_next(story, 1));
    hold->leg.amount -= amount;
    if (hold->leg.amount == 0 || parts.flags == 0)
        hold_end(story, hold);
    return true;
}

static bool tell_void(struct story *story, struct buffer *records)
{
    struct story_hold *hold = any_hold(story);
    if (hold == NULL)
        return false;
    tell_of_hold(story, records, hold, (struct record_parts){.type = TRANSFER_VOID}, hold->leg.amount,
                 story_next(story, 1));
    hold_end(story, hold);
    return true;
}

static bool tell_extend(struct story *story, struct buffer *records)
{
    struct story_hold *hold = any_hold(story);
    if (hold == NULL || story->begun != 0)
        return false;
    struct stamp stamp = story_next(story, 1);
    uint64_t ttl = 1 + dice_below(&story->dice, 20);
    tell_of_hold(story, records, hold, (struct record_parts){.type = TRANSFER_EXTEND, .terms.ttl = ttl}, 0,
                 stamp);
    hold->deadline = deadline_of(stamp.time, ttl);
    return true;
}

static bool tell_expire(struct story *story, struct buffer *records)
{
    for (unsigned i = 0; story->begun == 0 && i < story->hold_count; i++) {
        struct story_hold *hold = &story->holds[i];
        if (hold->deadline == 0 || hold->deadline > story->last.time)
            continue;
        tell_of_hold(story, records, hold, (struct record_parts){.type = TRANSFER_EXPIRE}, hold->leg.amount,
                     story_next(story, 1));
        hold_end(story, hold);
        return true;
    }
    return false;
}

static void tell_changed(struct story *story, struct buffer *records, enum change_type type,
                         sequence_t account)
{
    record_changed(records, type, &(struct record_change){.account = account}, story_next(story, 1));
}

/* The limits of an empty account can be anything. */
static bool tell_limit(struct story *story, struct buffer *records)
{
    struct dice *dice = &story->dice;
    if (story->other_count == 0)
        return false;
    struct record_change change = {.account = story->others[dice_below(dice, story->other_count)],
                                   .unlimited = dice_below(dice, 2) == 0,
                                   .has_ceiling = dice_below(dice, 2) == 0};
    if (!change.unlimited)
        change.overdraft = tell_amount(story);
    if (change.has_ceiling)
        change.ceiling = tell_amount(story);
    record_changed(records, CHANGE_LIMIT, &change, story_next(story, 1));
    return true;
}

static bool tell_close(struct story *story, struct buffer *records)
{
    if (story->other_count == 0)
        return false;
    tell_changed(story, records, CHANGE_CLOSE, story->others[--story->other_count]);
    return true;
}

/* Freezes an account, or thaws the one that is. */
static bool tell_freeze(struct story *story, struct buffer *records)
{
    if (story->frozen != 0) {
        tell_changed(story, records, CHANGE_THAW, story->frozen);
        story->accounts[story->account_count++] = story->frozen;
        story->frozen = 0;
        return true;
    }
    if (story->account_count < 4)
        return false;
    story->frozen = story->accounts[--story->account_count];
    tell_changed(story, records, CHANGE_FREEZE, story->frozen);
    return true;
}

/* What may be in a transaction of several. */
static void tell_command(struct story *story, struct buffer *records)
{
    bool told = false;
    switch (dice_below(&story->dice, 6)) {
    case 0: told = tell_hold(story, records); break;
    case 1: told = tell_capture(story, records); break;
    case 2: told = tell_void(story, records); break;
    default: break;
    }
    if (!told)
        tell_transfer(story, records);
}

static void tell_run(struct story *story, unsigned count, struct buffer *records)
{
    story->begun = story->last.number + 1;
    story->flags = RECORD_CONTINUES;
    for (; count > 1; count--)
        tell_command(story, records);
    story->flags = 0;
    tell_command(story, records);
    story->begun = 0;
}

static bool tell_other(struct story *story, struct buffer *records)
{
    switch (dice_below(&story->dice, 8)) {
    case 0: return story->defined < 100 && (tell_define(story, records), true);
    case 1: return tell_reverse(story, records);
    case 2: return tell_extend(story, records);
    case 3:
    case 4: return tell_expire(story, records);
    case 5: return tell_limit(story, records);
    case 6: return tell_close(story, records);
    default: return tell_freeze(story, records);
    }
}

void story_tell(struct story *story, unsigned count, struct buffer *records)
{
    while (count > 0) {
        unsigned throw = dice_below(&story->dice, 20);
        unsigned run = 2 + dice_below(&story->dice, 12);
        if (throw == 2 && story->account_count >= 2 && run <= count) {
            tell_run(story, run, records);
            count -= run;
            continue;
        }
        count--;
        if (story->account_count < 2 || throw == 0)
            tell_open(story, records);
        else if (throw > 3 || !tell_other(story, records))
            tell_command(story, records);
    }
}
