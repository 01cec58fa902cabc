/* compose.c: see compose.h. */
#include "ledger/compose.h"

#include <assert.h>
#include <string.h>

#include "ledger/asset.h"

/* A message under construction: fixed fields, then text, then a slot for each member but the last. */
struct draft {
    char *message;
    const struct sender *sender;
    uint32_t text; /* where the next text goes */
};

static size_t rounded(size_t size)
{
    return (size + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
}

/* Starts a message of `fixed` bytes before its slots, with room for any slots and `text` bytes after them.
 * Only the fixed part is zeroed. */
static struct draft draft_start(struct buffer *out, const struct sender *sender, enum message_kind kind,
                                size_t fixed, size_t text)
{
    struct draft draft = {.sender = sender};
    size_t most = rounded(fixed + text + SHARDS_MAX * sizeof(uint32_t));
    draft.message = buffer_reserve(out, most);
    memset(draft.message, 0, fixed);
    struct message *head = (struct message *)(void *)draft.message;
    head->kind = (uint8_t)kind;
    head->origin = sender->origin;
    head->ticket = sender->ticket;
    draft.text = (uint32_t)fixed;
    return draft;
}

static void draft_text(struct draft *draft, uint32_t *offset, const char *text, size_t length)
{
    *offset = draft->text;
    memcpy(draft->message + draft->text, text, length);
    draft->text += (uint32_t)length;
}

static void draft_name(struct draft *draft, struct name *name, struct slice text)
{
    const struct sender *sender = draft->sender;
    draft_text(draft, &name->offset, text.text, text.length);
    name->length = (uint8_t)text.length;
    name->hash = ident_hash(text.text, text.length, sender->seed);
    name->shard = (uint8_t)ident_shard(text.text, text.length, name->hash, sender->seed, sender->shards);
}

/* Ends the message; `route` is its route. */
static void draft_end(struct draft *draft, struct buffer *out, struct route *route, uint64_t members)
{
    route->members = members;
    route->slots = (uint32_t)((draft->text + sizeof(uint32_t) - 1) & ~(sizeof(uint32_t) - 1));
    size_t slots = ((unsigned)__builtin_popcountll(members) - 1) * sizeof(uint32_t);
    struct message *head = (struct message *)(void *)draft->message;
    head->size = (uint32_t)rounded(route->slots + slots);
    memset(draft->message + draft->text, 0, head->size - draft->text);
    out->end += head->size;
}

static uint64_t everybody(const struct sender *sender)
{
    return ~UINT64_C(0) >> (SHARDS_MAX - sender->shards);
}

bool compose_is_world(struct slice text)
{
    const size_t prefix = sizeof WORLD_ID; /* with a '/' in the place of its NUL */
    return text.length > prefix && memcmp(text.text, WORLD_ID "/", prefix) == 0;
}

/* An @world side of a leg is executed where the leg's other account lives; if that is an @world too, with the
 * id. */
static void leg_place_worlds(struct leg *leg, unsigned id_shard)
{
    if (leg->from.world)
        leg->from.shard = leg->to.world ? (uint8_t)id_shard : leg->to.shard;
    if (leg->to.world)
        leg->to.shard = leg->from.shard;
}

static struct transfer_message *transfer_compose(struct buffer *out, const struct sender *sender,
                                                 enum transfer_type type, struct slice id, unsigned leg_count,
                                                 const struct leg_text *legs, struct slice note)
{
    assert(leg_count >= 1 && leg_count <= LEGS_MAX && note.length <= NOTE_MAX);
    size_t fixed = sizeof(struct transfer_message) + leg_count * sizeof(struct leg);
    struct draft draft = draft_start(out, sender, MESSAGE_TRANSFER, fixed,
                                     (2 * (size_t)leg_count + 1) * IDENT_MAX + note.length);
    struct transfer_message *transfer = (struct transfer_message *)(void *)draft.message;
    transfer->type = (uint8_t)type;
    transfer->leg_count = (uint16_t)leg_count;
    draft_name(&draft, &transfer->id, id);
    uint64_t members = UINT64_C(1) << transfer->id.shard;
    for (unsigned i = 0; i < leg_count; i++) {
        struct leg *leg = &transfer->legs[i];
        leg->mantissa = legs[i].amount.mantissa;
        leg->digits = legs[i].amount.digits;
        draft_name(&draft, &leg->from, legs[i].from);
        draft_name(&draft, &leg->to, legs[i].to);
        leg->from.world = type == TRANSFER_DEPOSIT || compose_is_world(legs[i].from);
        leg->to.world = type == TRANSFER_WITHDRAW || compose_is_world(legs[i].to);
        leg_place_worlds(leg, transfer->id.shard);
        members |= UINT64_C(1) << leg->from.shard | UINT64_C(1) << leg->to.shard;
    }
    draft_text(&draft, &transfer->note, note.text, note.length);
    transfer->note_length = (uint16_t)note.length;
    draft_end(&draft, out, &transfer->route, members);
    return transfer;
}

struct transfer_message *compose_transfer(struct buffer *out, const struct sender *sender, struct slice id,
                                          unsigned leg_count, const struct leg_text *legs, struct slice note)
{
    return transfer_compose(out, sender, TRANSFER_TRANSFER, id, leg_count, legs, note);
}

struct transfer_message *compose_world_transfer(struct buffer *out, const struct sender *sender,
                                                enum transfer_type type, struct slice id,
                                                struct slice account, struct decimal amount,
                                                struct slice note)
{
    const struct slice world = {WORLD_ID, sizeof WORLD_ID - 1};
    const struct leg_text leg = {.from = type == TRANSFER_DEPOSIT ? world : account,
                                 .to = type == TRANSFER_DEPOSIT ? account : world,
                                 .amount = amount};
    return transfer_compose(out, sender, type, id, 1, &leg, note);
}

struct open_message *compose_open(struct buffer *out, const struct sender *sender, struct slice account,
                                  struct slice asset)
{
    struct draft draft = draft_start(out, sender, MESSAGE_OPEN, sizeof(struct open_message), account.length);
    struct open_message *open = (struct open_message *)(void *)draft.message;
    draft_name(&draft, &open->account, account);
    open->asset = asset_tag_of(asset, 0);
    draft_end(&draft, out, &open->route, UINT64_C(1) << open->account.shard);
    return open;
}

struct define_message *compose_define(struct buffer *out, const struct sender *sender, struct slice code,
                                      unsigned scale)
{
    struct draft draft = draft_start(out, sender, MESSAGE_DEFINE, sizeof(struct define_message), 0);
    struct define_message *define = (struct define_message *)(void *)draft.message;
    define->asset = asset_tag_of(code, scale);
    draft_end(&draft, out, &define->route, everybody(sender));
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
        name->world = compose_is_world(accounts[i]);
        read->whole |= name->world;
        members |= UINT64_C(1) << name->shard;
    }
    draft_end(&draft, out, &read->route, read->whole ? everybody(sender) : members);
    return read;
}

struct lookup_message *compose_lookup(struct buffer *out, const struct sender *sender, struct slice id)
{
    struct draft draft = draft_start(out, sender, MESSAGE_LOOKUP, sizeof(struct lookup_message), id.length);
    struct lookup_message *lookup = (struct lookup_message *)(void *)draft.message;
    draft_name(&draft, &lookup->id, id);
    draft_end(&draft, out, &lookup->route, UINT64_C(1) << lookup->id.shard);
    return lookup;
}

struct survey_message *compose_survey(struct buffer *out, const struct sender *sender)
{
    struct draft draft = draft_start(out, sender, MESSAGE_SURVEY, sizeof(struct survey_message), 0);
    struct survey_message *survey = (struct survey_message *)(void *)draft.message;
    draft_end(&draft, out, &survey->route, everybody(sender));
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
    draft_end(&draft, out, &page->route, everybody(sender));
    return page;
}
