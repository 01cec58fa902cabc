/* whole.c: requests about the whole ledger: its totals, its accounts page by page, a new asset.
 *
 * They visit every shard, and hold each one whole until they are decided; when the last is reached nothing is
 * undecided anywhere and nothing moves, so what they see is the ledger at one moment.
 */
#include <stdio.h>
#include <string.h>

#include "ledger/record.h"
#include "ledger/rejection.h"
#include "ledger/state.h"

static void hold_and_pass_on(struct shard *shard, struct message *message, struct route *route,
                             struct outbox *outbox)
{
    struct prepared *prepared = shard_prepare(shard, 0);
    prepared->gate = true;
    if (message->kind == MESSAGE_DEFINE) {
        prepared->message = pool_take(&shard->pool, message->size);
        memcpy(prepared->message, message, message->size);
    }
    shard_pass_on(shard, message, route, prepared, outbox);
}

/* Passes a question on to the next shard, or answers it. */
static void question_go_on(struct shard *shard, struct message *message, struct route *route,
                           struct outbox *outbox)
{
    if (!shard_decides(shard, route)) {
        hold_and_pass_on(shard, message, route, outbox);
        return;
    }
    shard_free_all(shard, message, route, outbox);
    if (shard->horizon > route->seen)
        route->seen = shard->horizon;
    message->answered = 1;
    outbox_copy(outbox, message->origin, message);
}

void survey_take(struct shard *shard, struct message *message, struct outbox *outbox)
{
    struct survey_message *survey = (struct survey_message *)(void *)message;
    survey->row_count = shard->assets.count;
    for (uint32_t i = 0; i < shard->assets.count; i++) {
        const struct asset *asset = &shard->assets.rows[i];
        struct survey_row *row = &survey->rows[i];
        row->asset = asset->tag;
        row->defined = asset->defined;
        row->accounts += asset->accounts;
        total_merge(&row->debits, asset->debits);
        total_merge(&row->credits, asset->credits);
    }
    /* The number that the next record would have, provisional; message_seal makes it that of the last. */
    if (shard_decides(shard, &survey->route))
        survey->number = SEQUENCE_PROVISIONAL + shard->used;
    question_go_on(shard, message, &survey->route, outbox);
}

/* Puts an account among the entries, which stay ascending and at most `count`. False: it comes after them
 * all. */
static bool page_insert(struct page_message *page, const struct account *account)
{
    uint32_t at = page->entry_count;
    while (at > 0 && page->entries[at - 1].number > account->opened.number)
        at--;
    bool full = page->entry_count == page->count;
    if (full)
        page->more = true;
    if (at == page->count)
        return false;
    uint32_t moved = page->entry_count - at - (full ? 1 : 0);
    memmove(&page->entries[at + 1], &page->entries[at], moved * sizeof page->entries[0]);
    struct page_entry *entry = &page->entries[at];
    *entry = (struct page_entry){.number = account->opened.number, .length = account->id_length};
    memcpy(entry->text, account->id, account->id_length);
    if (!full)
        page->entry_count++;
    return true;
}

void page_take(struct shard *shard, struct message *message, struct outbox *outbox)
{
    struct page_message *page = (struct page_message *)(void *)message;
    uint32_t place = accounts_after(&shard->accounts, page->after);
    while (place < shard->accounts.count && page_insert(page, accounts_at(&shard->accounts, place)))
        place++;
    question_go_on(shard, message, &page->route, outbox);
}

void define_commit(struct shard *shard, const struct asset_tag *tag)
{
    struct asset *asset = assets_find(&shard->assets, tag->code, tag->length);
    if (asset == NULL)
        asset = assets_add(&shard->assets, tag);
    assert(asset != NULL); /* the decider had room, and all shards define the same assets in the same order */
    asset->defined = true;
}

/* What becomes of a definition: every shard knows it, as all of them know the same assets. */
static bool define_refuse(struct shard *shard, const struct define_message *define, const struct asset *known,
                          struct outbox *outbox)
{
    char text[REJECTION_TEXT_MAX];
    int length = 0;
    if (known != NULL && known->tag.scale != define->asset.scale)
        length = snprintf(text, sizeof text, "EXISTS %.*s is defined with scale %u", (int)known->tag.length,
                          known->tag.code, known->tag.scale);
    else if (known == NULL && shard->assets.count == ASSETS_MAX)
        length = snprintf(text, sizeof text, "ERR there are %d assets already, and no room for another",
                          ASSETS_MAX);
    if (length == 0)
        return false;
    shard_answer_rejected(shard, &define->head, define->route.seen, text, (size_t)length, outbox);
    return true;
}

void define_take(struct shard *shard, struct message *message, struct outbox *outbox)
{
    struct define_message *define = (struct define_message *)(void *)message;
    if (!shard_decides(shard, &define->route)) {
        hold_and_pass_on(shard, message, &define->route, outbox);
        return;
    }
    const struct asset *known = assets_find(&shard->assets, define->asset.code, define->asset.length);
    bool refused = define_refuse(shard, define, known, outbox);
    bool commit = !refused && (known == NULL || !known->defined);
    struct stamp stamp = {0};
    if (commit) {
        stamp.number = shard_number(shard, 1);
        define_commit(shard, &define->asset);
        record_define(&outbox->records, &define->asset, stamp);
        shard->count.commits++;
    }
    shard_decide(shard, message, &define->route, &(struct decided){.commit = commit, .stamp = stamp}, outbox);
    if (!refused)
        shard_answer_ok(shard, message, define->route.seen, outbox);
}
