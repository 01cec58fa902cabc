/* compose.c: see compose.h. Transactions are composed in transaction.c. */
#include "ledger/compose.h"

#include <assert.h>
#include <string.h>

#include "ledger/asset.h"
#include "ledger/draft.h"

bool compose_is_world(struct slice text)
{
    const size_t prefix = sizeof WORLD_ID; /* with a '/' in the place of its NUL */
    return text.length > prefix && memcmp(text.text, WORLD_ID "/", prefix) == 0;
}

struct open_message *compose_open(struct buffer *out, const struct sender *sender, struct slice account,
                                  struct slice asset)
{
    struct draft draft = draft_start(out, sender, MESSAGE_OPEN, sizeof(struct open_message), account.length);
    struct open_message *open = (struct open_message *)(void *)draft.message;
    draft_name(&draft, &open->account, account);
    open->asset = asset_tag_of(asset, 0);
    draft_end(&draft, out, &open->route, UINT64_C(1) << open->account.shard, 1);
    return open;
}

struct change_message *compose_change(struct buffer *out, const struct sender *sender, struct slice account,
                                      enum change_type type)
{
    struct draft draft =
        draft_start(out, sender, MESSAGE_CHANGE, sizeof(struct change_message), account.length);
    struct change_message *change = (struct change_message *)(void *)draft.message;
    draft_name(&draft, &change->account, account);
    change->type = (uint8_t)type;
    draft_end(&draft, out, &change->route, UINT64_C(1) << change->account.shard, 1);
    return change;
}

struct define_message *compose_define(struct buffer *out, const struct sender *sender, struct slice code,
                                      unsigned scale)
{
    struct draft draft = draft_start(out, sender, MESSAGE_DEFINE, sizeof(struct define_message), 0);
    struct define_message *define = (struct define_message *)(void *)draft.message;
    define->asset = asset_tag_of(code, scale);
    draft_end(&draft, out, &define->route, members_all(sender->shards), sender->shards);
    return define;
}

struct read_message *compose_read(struct buffer *out, const struct sender *sender, unsigned count,
                                  const struct slice *accounts)
{
    assert(count >= 1 && count <= VIEWS_MAX);
    size_t fixed = sizeof(struct read_message) + count * sizeof(struct view);
    struct draft draft = draft_start(out, sender, MESSAGE_READ, fixed, (size_t)count * IDENT_MAX);
    struct read_message *read = (struct read_message *)(void *)draft.message;
    read->view_count = count;
    uint64_t members = 0;
    for (unsigned i = 0; i < count; i++) {
        struct name *name = &read->views[i].account;
        draft_name(&draft, name, accounts[i]);
        read->whole |= name->world || name->striped;
        members |= UINT64_C(1) << name->shard;
    }
    /* An account may turn out to be spread on the way: then it goes to all shards. */
    draft_end(&draft, out, &read->route, read->whole ? members_all(sender->shards) : members, sender->shards);
    return read;
}

struct lookup_message *compose_lookup(struct buffer *out, const struct sender *sender, struct slice id)
{
    struct draft draft = draft_start(out, sender, MESSAGE_LOOKUP, sizeof(struct lookup_message), id.length);
    struct lookup_message *lookup = (struct lookup_message *)(void *)draft.message;
    draft_name(&draft, &lookup->id, id);
    draft_end(&draft, out, &lookup->route, UINT64_C(1) << lookup->id.shard, 1);
    return lookup;
}

struct survey_message *compose_survey(struct buffer *out, const struct sender *sender)
{
    struct draft draft = draft_start(out, sender, MESSAGE_SURVEY, sizeof(struct survey_message), 0);
    struct survey_message *survey = (struct survey_message *)(void *)draft.message;
    draft_end(&draft, out, &survey->route, members_all(sender->shards), sender->shards);
    return survey;
}

struct page_message *compose_page(struct buffer *out, const struct sender *sender, sequence_t after,
                                  unsigned count)
{
    assert(count >= 1 && count <= PAGE_MAX);
    size_t fixed = sizeof(struct page_message) + count * sizeof(struct page_entry);
    struct draft draft = draft_start(out, sender, MESSAGE_PAGE, fixed, 0);
    struct page_message *page = (struct page_message *)(void *)draft.message;
    page->after = after;
    page->count = count;
    draft_end(&draft, out, &page->route, members_all(sender->shards), sender->shards);
    return page;
}

struct stripe_message *compose_stripe(struct buffer *out, const struct sender *sender, struct slice account,
                                      bool spread)
{
    struct draft draft =
        draft_start(out, sender, MESSAGE_STRIPE, sizeof(struct stripe_message), account.length);
    struct stripe_message *stripe = (struct stripe_message *)(void *)draft.message;
    stripe->head.internal = true;
    draft_name(&draft, &stripe->account, account);
    stripe->spread = spread;
    draft_end(&draft, out, &stripe->route, members_all(sender->shards), sender->shards);
    return stripe;
}
