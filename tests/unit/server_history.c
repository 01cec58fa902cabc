/* server_history.c: what is told of an account, from a snapshot and a journal that both move on, is what all
 * the records add up to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/asset.h"
#include "proto/commands.h"
#include "proto/reply.h"
#include "server/archive.h"
#include "server/archive_state.h"
#include "server/history.h"
#include "server/moment.h"
#include "server/render_values.h"
#include "tests/unit/storage.h"

#define SEGMENT JOURNAL_SEGMENT_MIN

/* Numbers that a run of ids covers here. */
#define RUN 400

/* A time that is later than all of a story. */
#define NOW (UINT64_C(1) << 62)

/** A ledger on the disk, and all that ever happened in it. */
struct scene {
    char *dir;
    struct story story;
    struct buffer records;
    size_t folded; /* place in records up to which the snapshot has them */
    struct journal journal;
    struct archive *archive;
    struct history *history;
};

static struct scene scene_set(void)
{
    struct scene scene = {.dir = storage_make(), .story = {.dice = dice_begin(), .last = {0, 1000}}};
    char error[JOURNAL_ERROR_MAX] = "";
    const struct journal_place start = {.segment = 1, .offset = JOURNAL_ALIGN};
    cr_assert(archive_create(scene.dir, STORAGE_LEDGER, error), "%s", error);
    scene.archive = archive_open(scene.dir, false, error);
    cr_assert(scene.archive && archive_load(scene.archive, NULL, 0, error), "%s", error);
    scene.archive->run_numbers = RUN;
    cr_assert(journal_create(scene.dir, STORAGE_LEDGER, SEGMENT, error), "%s", error);
    cr_assert(journal_acquire(&scene.journal, scene.dir, STORAGE_LEDGER, &start, SEGMENT, error), "%s",
              error);
    scene.history = history_new(scene.dir, STORAGE_LEDGER);
    return scene;
}

static void scene_clear(struct scene *scene)
{
    history_free(scene->history);
    journal_close(&scene->journal);
    archive_close(scene->archive);
    buffer_free(&scene->records);
    storage_remove(scene->dir);
}

static const struct record *record_at(const struct scene *scene, size_t at)
{
    return (const struct record *)(const void *)(scene->records.bytes + at);
}

/** Lets `count` more things happen, in a few batches. */
static void scene_go_on(struct scene *scene, unsigned count)
{
    char error[JOURNAL_ERROR_MAX] = "";
    size_t at = buffer_length(&scene->records);
    story_tell(&scene->story, count, &scene->records);
    while (at < buffer_length(&scene->records)) {
        const struct record *record = record_at(scene, at);
        journal_add(&scene->journal, record);
        at += record->size;
        bool whole = (record->flags & RECORD_CONTINUES) == 0;
        if (whole && (at == buffer_length(&scene->records) || dice_below(&scene->story.dice, 8) == 0))
            cr_assert_eq(journal_append(&scene->journal, true, error), APPEND_OK, "%s", error);
    }
}

/** Brings the snapshot `count` records forward, if there are as many, and gives up the journal behind it. */
static void scene_snapshot(struct scene *scene, unsigned count)
{
    char error[ARCHIVE_ERROR_MAX] = "";
    uint64_t segments;
    uint64_t bytes;
    for (; count > 0 && scene->folded < buffer_length(&scene->records); count--) {
        const struct record *record = record_at(scene, scene->folded);
        if (!archive_fold(scene->archive, record, error))
            cr_assert_fail("%s", error);
        scene->folded += record->size;
    }
    cr_assert(archive_commit(scene->archive, error), "%s", error);
    cr_assert(journal_trim(scene->dir, STORAGE_LEDGER, archive_stamp(scene->archive).number, SEGMENT,
                           &segments, &bytes, error),
              "%s", error);
}

/** What is known of an account by going through all records. */
struct plain {
    const struct inquiry *inquiry;
    struct slice id;
    bool found;
    bool world;
    struct stamp opened;
    struct asset_tag asset;
    struct total plus;
    struct total minus;
    struct total at_plus; /* at the place of BALANCE ... AT */
    struct total at_minus;
    struct buffer entries; /* replies, */
    struct buffer ends;    /* and where each one ends: size_t */
};

static bool within(const struct inquiry_place *place, bool first, struct stamp stamp)
{
    uint64_t value = place->is_time ? stamp.time : stamp.number;
    return !place->given || (first ? value >= place->value : value <= place->value);
}

/** The record that opened account `number`. */
static const struct record *opening(const struct scene *scene, sequence_t number)
{
    for (size_t at = 0; at < buffer_length(&scene->records); at += record_at(scene, at)->size)
        if (record_at(scene, at)->stamp.number == number)
            return record_at(scene, at);
    cr_assert_fail("nothing has number %lu", number);
    return NULL;
}

static void plain_reply(struct plain *plain, const char *other, size_t other_length, bool debit,
                        const struct record *record, unsigned i)
{
    struct reply reply = {&plain->entries, plain->inquiry->version};
    const struct record_leg *leg = &record_legs(record)[i];
    char text[AMOUNT_TEXT_MAX];
    char time[MOMENT_TEXT_MAX];
    reply_map(&reply, 8);
    reply_text(&reply, "seq");
    reply_integer(&reply, (int64_t)record->stamp.number + i);
    reply_text(&reply, "time");
    reply_bulk(&reply, time, moment_format(record->stamp.time + i, time));
    reply_text(&reply, "id");
    reply_bulk(&reply, record_id(record).text, record->id_length);
    reply_text(&reply, "kind");
    reply_text(&reply, render_kind(record->type));
    reply_text(&reply, "account");
    reply_bulk(&reply, other, other_length);
    reply_text(&reply, "amount");
    reply_balance(&reply, debit ? -(balance_t)leg->amount : (balance_t)leg->amount, plain->asset.scale);
    reply_text(&reply, "balance");
    reply_bulk(&reply, text, total_difference_format(plain->plus, plain->minus, plain->asset.scale, text));
    reply_text(&reply, "note");
    if (record->note_length > 0)
        reply_bulk(&reply, record_note(record).text, record->note_length);
    else
        reply_nil(&reply);
    size_t end = buffer_length(&plain->entries);
    buffer_append(&plain->ends, &end, sizeof end);
}

static void plain_leg(const struct scene *scene, struct plain *plain, const struct record *record, unsigned i)
{
    const struct record_leg *leg = &record_legs(record)[i];
    sequence_t number = plain->world ? 0 : plain->opened.number;
    bool debit = leg->from == number;
    sequence_t other = debit ? leg->to : leg->from;
    struct stamp stamp = {record->stamp.number + i, record->stamp.time + i};
    if (!plain->found || (leg->from != number && leg->to != number))
        return;
    char id[IDENT_MAX] = WORLD_ID "/";
    size_t length = sizeof WORLD_ID + plain->asset.length;
    memcpy(id + sizeof WORLD_ID, plain->asset.code, plain->asset.length);
    if (other != 0) {
        const struct record *open = opening(scene, other);
        if (plain->world && !asset_tag_equal(&record_options(open)->asset, &plain->asset))
            return;
        length = open->id_length;
        memcpy(id, record_id(open).text, length);
    }
    total_add(debit ? &plain->minus : &plain->plus, leg->amount);
    if (within(&plain->inquiry->to, false, stamp)) {
        plain->at_plus = plain->plus;
        plain->at_minus = plain->minus;
        if (within(&plain->inquiry->from, true, stamp))
            plain_reply(plain, id, length, debit, record, i);
    }
}

/** Goes through everything. */
static void plain_gather(const struct scene *scene, struct plain *plain)
{
    for (size_t at = 0; at < buffer_length(&scene->records); at += record_at(scene, at)->size) {
        const struct record *record = record_at(scene, at);
        struct slice id = record_id(record);
        if (record->kind == RECORD_OPEN && id.length == plain->id.length &&
            memcmp(id.text, plain->id.text, id.length) == 0) {
            plain->found = true;
            plain->opened = record->stamp;
            plain->asset = record_options(record)->asset;
        }
        const struct asset_tag *asset = record_asset(record);
        if (record->kind == RECORD_DEFINE && plain->world &&
            asset->length + sizeof WORLD_ID == plain->id.length &&
            memcmp(plain->id.text + sizeof WORLD_ID, asset->code, asset->length) == 0) {
            plain->found = true;
            plain->asset = *asset;
        }
        bool moves = record->kind == RECORD_TRANSFER && transfer_moves(record->type);
        for (unsigned i = 0; moves && i < record->leg_count; i++)
            plain_leg(scene, plain, record, i);
    }
}

static void plain_history(const struct plain *plain, struct reply *reply)
{
    size_t count = buffer_length(&plain->ends) / sizeof(size_t);
    const size_t *ends = (const size_t *)(const void *)plain->ends.bytes;
    size_t told = count < plain->inquiry->count ? count : plain->inquiry->count;
    reply_array(reply, told);
    for (size_t i = 0; i < told; i++) {
        size_t k = plain->inquiry->reverse ? count - 1 - i : i;
        size_t begin = k > 0 ? ends[k - 1] : 0;
        buffer_append(reply->out, plain->entries.bytes + begin, ends[k] - begin);
    }
}

static void plain_balance(const struct plain *plain, struct reply *reply, sequence_t newest)
{
    const struct inquiry_place *at = &plain->inquiry->to;
    char text[AMOUNT_TEXT_MAX];
    if (!at->is_time && at->value > newest)
        reply_errorf(reply, "ERR", "number %lu is in the future; the newest one is %lu", at->value, newest);
    else if (!plain->found)
        reply_errorf(reply, "NOACCOUNT", "%.*s does not exist", (int)plain->id.length, plain->id.text);
    else if (!within(at, false, plain->opened))
        reply_errorf(reply, "NOACCOUNT", "%.*s was opened later, by number %lu", (int)plain->id.length,
                     plain->id.text, plain->opened.number);
    else
        reply_bulk(reply, text,
                   total_difference_format(plain->at_plus, plain->at_minus, plain->asset.scale, text));
}

/** The answer that goes through all records to an inquiry. */
static struct buffer plain_answer(const struct scene *scene, const struct inquiry *inquiry)
{
    struct buffer out = {0};
    struct reply reply = {&out, inquiry->version};
    struct plain plain = {.inquiry = inquiry, .id = inquiry_text(inquiry)};
    plain.world = compose_is_world(plain.id);
    for (int i = 0; i < 2; i++) {
        static const char *const known[] = {"@world/USD", "@world/JPY"};
        if (plain.id.length == strlen(known[i]) && memcmp(plain.id.text, known[i], plain.id.length) == 0) {
            plain.found = true;
            plain.asset = asset_tag_of((struct slice){known[i] + sizeof WORLD_ID, 3}, i == 0 ? 2 : 0);
        }
    }
    plain_gather(scene, &plain);
    if (inquiry->command == COMMAND_BALANCE)
        plain_balance(&plain, &reply, scene->story.last.number);
    else if (plain.found)
        plain_history(&plain, &reply);
    else
        reply_errorf(&reply, "NOACCOUNT", "%.*s does not exist", (int)plain.id.length, plain.id.text);
    buffer_free(&plain.entries);
    buffer_free(&plain.ends);
    return out;
}

struct plain_state {
    const char *name; /* "posted", "reversed", ... */
    bool hold;        /* it is a hold, and has */
    amount_t remaining;
    uint64_t deadline; /* 0: none */
};

/** What became of an id, by going through all records. */
struct plain_past {
    const struct record *record; /* NULL: nothing has it */
    struct plain_state state;
};

static void past_gather(const struct scene *scene, const struct inquiry *inquiry, struct plain_past *past)
{
    struct slice id = inquiry_text(inquiry);
    sequence_t snapshot = archive_stamp(scene->archive).number;
    for (size_t at = 0; at < buffer_length(&scene->records); at += record_at(scene, at)->size) {
        const struct record *record = record_at(scene, at);
        struct slice own = record_id(record);
        struct slice reference = record_reference(record);
        struct record_terms terms = record_terms(record);
        /* The snapshot has a hold as it is there, whatever it was before. */
        sequence_t until = inquiry->seen < snapshot && past->state.hold ? snapshot : inquiry->seen;
        if (record->kind != RECORD_TRANSFER || record->stamp.number > until)
            continue;
        if (own.length == id.length && memcmp(own.text, id.text, id.length) == 0) {
            bool hold = record->type == TRANSFER_HOLD;
            past->record = record;
            past->state = (struct plain_state){.name = transfer_moves(record->type) ? "posted" : "done"};
            if (hold)
                past->state = (struct plain_state){"held", true, record_legs(record)->amount, 0};
            if (hold && terms.ttl > 0)
                past->state.deadline = record->stamp.time + terms.ttl * 1000000000;
        }
        if (past->record == NULL || reference.length != id.length ||
            memcmp(reference.text, id.text, id.length) != 0)
            continue;
        if (record->type == TRANSFER_REVERSE)
            past->state.name = "reversed";
        else if (record->type == TRANSFER_EXTEND)
            past->state.deadline = record->stamp.time + terms.ttl * 1000000000;
        else
            past->state.remaining -= record_legs(record)->amount + terms.released;
        if (record->type != TRANSFER_REVERSE && past->state.remaining == 0)
            past->state.name = record->type == TRANSFER_CAPTURE ? "captured"
                               : record->type == TRANSFER_VOID  ? "voided"
                                                                : "expired";
    }
}

static void reply_name(const struct scene *scene, struct reply *reply, const char *key, sequence_t account,
                       const struct asset_tag *asset)
{
    reply_text(reply, key);
    if (account == 0)
        reply_textf(reply, "@world/%.*s", (int)asset->length, asset->code);
    else
        reply_bulk(reply, record_id(opening(scene, account)).text, record_id(opening(scene, account)).length);
}

static struct buffer plain_lookup(const struct scene *scene, const struct inquiry *inquiry)
{
    struct plain_past past = {0};
    struct buffer out = {0};
    struct reply reply = {&out, inquiry->version};
    char time[MOMENT_TEXT_MAX];
    past_gather(scene, inquiry, &past);
    const struct record *record = past.record;
    if (record == NULL) {
        reply_nil(&reply);
        return out;
    }
    reply_map(&reply, past.state.hold ? 9 : 7);
    reply_text(&reply, "id");
    reply_bulk(&reply, record_id(record).text, record->id_length);
    reply_text(&reply, "seq");
    reply_integer(&reply, (int64_t)record->stamp.number);
    reply_text(&reply, "kind");
    reply_text(&reply, render_kind(record->type));
    reply_text(&reply, "legs");
    reply_array(&reply, record->leg_count);
    unsigned scale = 0;
    for (unsigned i = 0; i < record->leg_count; i++) {
        const struct record_leg *leg = &record_legs(record)[i];
        const struct record *open = opening(scene, leg->from != 0 ? leg->from : leg->to);
        const struct asset_tag *asset = &record_options(open)->asset;
        scale = asset->scale;
        reply_map(&reply, 4);
        reply_name(scene, &reply, "from", leg->from, asset);
        reply_name(scene, &reply, "to", leg->to, asset);
        reply_text(&reply, "amount");
        reply_amount(&reply, leg->amount, scale);
        reply_text(&reply, "asset");
        reply_bulk(&reply, asset->code, asset->length);
    }
    reply_text(&reply, "state");
    reply_text(&reply, past.state.name);
    reply_text(&reply, "note");
    if (record->note_length > 0)
        reply_bulk(&reply, record_note(record).text, record->note_length);
    else
        reply_nil(&reply);
    reply_text(&reply, "time");
    reply_bulk(&reply, time, moment_format(record->stamp.time, time));
    if (past.state.hold) {
        reply_text(&reply, "remaining");
        reply_amount(&reply, past.state.remaining, scale);
        reply_text(&reply, "expires_at");
        if (past.state.deadline > 0)
            reply_bulk(&reply, time, moment_format(past.state.deadline, time));
        else
            reply_nil(&reply);
    }
    return out;
}

/** A LOOKUP of an id of the story, or of none. */
static struct inquiry *random_lookup(struct scene *scene, struct buffer *draft)
{
    struct dice *dice = &scene->story.dice;
    const struct sender sender = {.shards = 1};
    struct slice id = {"nobody", 6};
    uint64_t wanted = dice_next(dice) % scene->story.last.number;
    sequence_t snapshot = archive_stamp(scene->archive).number;
    if (dice_below(dice, 2) == 0 && snapshot < scene->story.last.number)
        wanted = snapshot + dice_next(dice) % (scene->story.last.number - snapshot);
    for (size_t at = 0; at < buffer_length(&scene->records); at += record_at(scene, at)->size)
        if (record_at(scene, at)->stamp.number >= wanted && record_id(record_at(scene, at)).length > 0) {
            /* What is referred to has more to tell. */
            struct slice reference = record_reference(record_at(scene, at));
            id = reference.length > 0 ? reference : record_id(record_at(scene, at));
            break;
        }
    struct inquiry *inquiry = inquiry_compose(draft, &sender, SERVICE_HISTORY, id);
    inquiry->command = COMMAND_LOOKUP;
    inquiry->version = (uint8_t)(2 + dice_below(dice, 2));
    uint64_t back = dice_below(dice, 2) == 0 ? dice_below(dice, 40) : 0;
    inquiry->seen = back < scene->story.last.number ? scene->story.last.number - back : 0;
    return inquiry;
}

/** A number or a time of the story, or one next to it. */
static struct inquiry_place random_place(struct scene *scene)
{
    struct dice *dice = &scene->story.dice;
    uint64_t number = dice_next(dice) % (scene->story.last.number + 3);
    if (dice_below(dice, 2) == 0)
        return (struct inquiry_place){.given = true, .value = number};
    uint64_t time = 1000;
    for (size_t at = 0; at < buffer_length(&scene->records); at += record_at(scene, at)->size)
        if (record_at(scene, at)->stamp.number <= number)
            time = record_at(scene, at)->stamp.time;
    return (struct inquiry_place){.given = true, .is_time = true, .value = time - 1 + dice_below(dice, 3)};
}

static size_t random_account(struct scene *scene, char *id)
{
    struct dice *dice = &scene->story.dice;
    static const char *const others[] = {"@world/USD", "@world/JPY", "@world/X1", "@world/X40", "nobody"};
    unsigned throw = dice_below(dice, 16);
    if (throw < 5)
        return (size_t)snprintf(id, IDENT_MAX + 1, "%s", others[throw]);
    /* Mostly an old account, with many entries; or whatever was opened last. */
    unsigned which = dice_below(dice, scene->story.account_count);
    if (throw < 12)
        which %= 8;
    if (throw == 15)
        which = scene->story.account_count - 1;
    const struct record *open = opening(scene, scene->story.accounts[which]);
    memcpy(id, record_id(open).text, open->id_length);
    return open->id_length;
}

static struct inquiry *random_inquiry(struct scene *scene, struct buffer *draft)
{
    struct dice *dice = &scene->story.dice;
    char id[IDENT_MAX + 1];
    if (dice_below(dice, 4) == 0)
        return random_lookup(scene, draft);
    size_t length = random_account(scene, id);
    const struct sender sender = {.shards = 1};
    struct inquiry *inquiry = inquiry_compose(draft, &sender, SERVICE_HISTORY, (struct slice){id, length});
    inquiry->version = (uint8_t)(2 + dice_below(dice, 2));
    if (dice_below(dice, 4) == 0) {
        inquiry->command = COMMAND_BALANCE;
        inquiry->to = random_place(scene);
        return inquiry;
    }
    inquiry->command = COMMAND_HISTORY;
    inquiry->count = 1 + dice_below(dice, dice_below(dice, 2) == 0 ? 4 * LANDMARK_EVERY : 4);
    inquiry->reverse = dice_below(dice, 2) == 0;
    if (dice_below(dice, 3) != 0)
        inquiry->from = random_place(scene);
    if (dice_below(dice, 3) != 0)
        inquiry->to = random_place(scene);
    return inquiry;
}

/** Asks a few random questions at once. */
static void scene_ask(struct scene *scene)
{
    struct question questions[4] = {0};
    struct buffer drafts[4] = {0};
    unsigned count = 1 + dice_below(&scene->story.dice, 4);
    for (unsigned i = 0; i < count; i++)
        questions[i].inquiry = random_inquiry(scene, &drafts[i]);
    history_answer(scene->history, questions, count, scene->story.last.number, NOW);
    for (unsigned i = 0; i < count; i++) {
        bool lookup = questions[i].inquiry->command == COMMAND_LOOKUP;
        struct buffer expected =
            lookup ? plain_lookup(scene, questions[i].inquiry) : plain_answer(scene, questions[i].inquiry);
        struct buffer *reply = &questions[i].reply;
        cr_assert(buffer_length(reply) == buffer_length(&expected) &&
                      memcmp(reply->bytes, expected.bytes, buffer_length(reply)) == 0,
                  "seed %lu, at %lu of %lu, expected\n%.*s\nanswered\n%.*s", scene->story.dice.seed,
                  archive_stamp(scene->archive).number, scene->story.last.number,
                  (int)buffer_length(&expected), expected.bytes, (int)buffer_length(reply), reply->bytes);
        buffer_free(&expected);
        buffer_free(reply);
        buffer_free(&drafts[i]);
    }
}

Test(history, tells_what_the_records_add_up_to)
{
    struct scene scene = scene_set();
    scene_go_on(&scene, 50);
    for (unsigned round = 0; round < 200; round++) {
        scene_go_on(&scene, dice_below(&scene.story.dice, 40));
        if (dice_below(&scene.story.dice, 3) == 0)
            scene_snapshot(&scene, dice_below(&scene.story.dice, 200));
        scene_ask(&scene);
    }
    scene_clear(&scene);
}
