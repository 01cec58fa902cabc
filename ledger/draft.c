/* draft.c: see draft.h. */
#include "ledger/draft.h"

#include <assert.h>
#include <string.h>

static size_t rounded(size_t size)
{
    return (size + MESSAGE_ALIGN - 1) & ~(size_t)(MESSAGE_ALIGN - 1);
}

struct draft draft_start(struct buffer *out, const struct sender *sender, enum message_kind kind,
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

void draft_text(struct draft *draft, uint32_t *offset, const char *text, size_t length)
{
    *offset = draft->text;
    if (length > 0)
        memcpy(draft->message + draft->text, text, length);
    draft->text += (uint32_t)length;
}

void draft_room(struct draft *draft, uint32_t *offset, size_t length)
{
    *offset = draft->text;
    memset(draft->message + draft->text, 0, length);
    draft->text += (uint32_t)length;
}

void name_set(struct name *name, struct slice text, const struct sender *sender)
{
    name->length = (uint8_t)text.length;
    name->hash = ident_hash(text.text, text.length, sender->seed);
    name->shard = (uint8_t)ident_shard(text.text, text.length, name->hash, sender->seed, sender->shards);
    name->world = compose_is_world(text);
    name->striped = sender->stripes != NULL && stripes_spread(sender->stripes, text, name->hash);
}

void draft_name(struct draft *draft, struct name *name, struct slice text)
{
    draft_text(draft, &name->offset, text.text, text.length);
    name_set(name, text, draft->sender);
}

void draft_end(struct draft *draft, struct buffer *out, struct route *route, uint64_t members,
               unsigned members_max)
{
    assert((unsigned)__builtin_popcountll(members) <= members_max);
    route->members = members;
    route->slots = (uint32_t)((draft->text + sizeof(uint32_t) - 1) & ~(sizeof(uint32_t) - 1));
    struct message *head = (struct message *)(void *)draft->message;
    head->size = (uint32_t)rounded(route->slots + (members_max - 1) * sizeof(uint32_t));
    memset(draft->message + draft->text, 0, head->size - draft->text);
    out->end += head->size;
}

uint64_t members_all(unsigned shards)
{
    return ~UINT64_C(0) >> (SHARDS_MAX - shards);
}
