/* reference.c: see reference.h. The books, and which file does which command. */
#include "tests/model/reference_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *code;
    unsigned scale;
} known_assets[] = {{"JPY", 0}, {"EUR", 2}, {"USD", 2}, {"BHD", 3}, {"BTC", 8}, {"ETH", 18}};

void reference_asset_add(struct books *books, const char *code, unsigned scale)
{
    assert(books->asset_count < REFERENCE_ASSETS_MAX && books->account_count < REFERENCE_ACCOUNTS_MAX);
    unsigned place = books->asset_count++;
    books->assets[place] = (struct reference_asset){.code = code, .scale = scale};
    books->accounts[books->account_count++] =
        (struct reference_account){.id = words_printf(books->words, "@world/%s", code),
                                   .asset = place,
                                   .unlimited = true,
                                   .world = true};
}

struct reference *reference_create(void)
{
    struct reference *reference = calloc(1, sizeof *reference);
    assert(reference != NULL);
    reference->now.words = &reference->words;
    reference->now.clock = REFERENCE_EPOCH;
    for (size_t i = 0; i < sizeof known_assets / sizeof known_assets[0]; i++)
        reference_asset_add(&reference->now, known_assets[i].code, known_assets[i].scale);
    return reference;
}

void reference_free(struct reference *reference)
{
    for (size_t i = 0; i < reference->now.deed_count; i++)
        free(reference->now.deeds[i].call);
    free(reference->now.deeds);
    free(reference->tried.deeds);
    words_free(&reference->words);
    free(reference);
}

sequence_t reference_last(const struct reference *reference)
{
    return reference->now.last;
}

void reference_set_clock(struct reference *reference, uint64_t time)
{
    reference->now.clock = time;
}

struct reference_account *reference_find(const struct books *books, const char *id)
{
    for (unsigned i = 0; i < books->account_count; i++) {
        if (strcmp(books->accounts[i].id, id) == 0)
            return (struct reference_account *)(uintptr_t)&books->accounts[i];
    }
    return NULL;
}

struct reference_asset *reference_asset(const struct books *books, const char *code)
{
    for (unsigned i = 0; i < books->asset_count; i++) {
        if (strcmp(books->assets[i].code, code) == 0)
            return (struct reference_asset *)(uintptr_t)&books->assets[i];
    }
    return NULL;
}

struct reference_deed *reference_deed(const struct books *books, const char *id)
{
    for (size_t i = 0; i < books->deeds_before; i++) {
        if (strcmp(books->deeds[i].call->name, id) == 0)
            return &books->deeds[i];
    }
    return NULL;
}

struct reference_deed *reference_deed_add(struct books *books, const struct call *call)
{
    assert(books->deed_count < books->deed_room);
    struct reference_deed *deed = &books->deeds[books->deed_count++];
    *deed = (struct reference_deed){.call = malloc(sizeof *call)};
    assert(deed->call != NULL);
    *deed->call = *call;
    return deed;
}

struct stamp reference_number(struct books *books)
{
    return (struct stamp){++books->last, books->clock++};
}

void reference_answer(struct buffer *reply, sequence_t number)
{
    buffer_printf(reply, ":%llu", (unsigned long long)number);
}

const char *reference_account(const struct reference *reference, sequence_t number, const char **asset)
{
    const struct books *books = &reference->now;
    for (unsigned i = 0; i < books->account_count; i++) {
        const struct reference_account *account = &books->accounts[i];
        if (!account->world && account->opened.number == number) {
            *asset = books->assets[account->asset].code;
            return account->id;
        }
    }
    assert(false && "a record names only accounts that were opened");
    return NULL;
}

unsigned reference_scale(const struct reference *reference, const char *asset)
{
    const struct reference_asset *found = reference_asset(&reference->now, asset);
    assert(found != NULL);
    return found->scale;
}

void reference_do(struct books *books, const struct call *call, struct buffer *reply)
{
    if (reference_answered(books, call, reply))
        return;
    if (call_moves_money(call))
        reference_transfer(books, call, reply);
    else if (call->kind == CALL_SWEEP)
        reference_sweep(books, call, reply);
    else if (call->kind == CALL_REVERSE)
        reference_reverse(books, call, reply);
    else if (call->kind == CALL_HOLD)
        reference_hold(books, call, reply);
    else if (call->kind == CALL_CAPTURE)
        reference_capture(books, call, reply);
    else if (call->kind == CALL_EXTEND)
        reference_extend(books, call, reply);
    else if (call->kind == CALL_VOID)
        reference_void(books, call, reply);
}

static void books_execute(struct books *books, const struct call *call, struct buffer *reply)
{
    switch (call->kind) {
    case CALL_ASSET: reference_define(books, call, reply); return;
    case CALL_OPEN: reference_open(books, call, reply); return;
    case CALL_LIMIT: reference_limit(books, call, reply); return;
    case CALL_FREEZE:
    case CALL_THAW:
    case CALL_CLOSE: reference_set_state(books, call, reply); return;
    case CALL_TRANSFER:
    case CALL_DEPOSIT:
    case CALL_WITHDRAW:
    case CALL_SWEEP:
    case CALL_HOLD:
    case CALL_CAPTURE:
    case CALL_EXTEND:
    case CALL_VOID:
    case CALL_REVERSE: reference_do(books, call, reply); return;
    case CALL_MULTI: reference_multi(books, call, reply); return;
    case CALL_CLOCK: reference_clock(books, call, reply); return;
    case CALL_EXPIRE: reference_expire(books, call, reply); return;
    case CALL_BALANCES:
    case CALL_ACCOUNT:
    case CALL_ACCOUNTS:
    case CALL_LOOKUP:
    case CALL_TRIAL:
    case CALL_ASSETS:
    case CALL_DBSIZE: reference_look(books, call, reply); return;
    }
}

/* Copies the books, with room for all that one command may do. */
static void books_copy(struct books *to, const struct books *from)
{
    struct reference_deed *deeds = to->deeds;
    size_t room = to->deed_room;
    if (room < from->deed_count + LEGS_MAX) {
        room = 2 * (from->deed_count + LEGS_MAX);
        deeds = realloc(deeds, room * sizeof *deeds);
        assert(deeds != NULL);
    }
    *to = *from;
    to->deeds = deeds;
    to->deed_room = room;
    if (from->deed_count > 0)
        memcpy(deeds, from->deeds, from->deed_count * sizeof *deeds);
    to->deeds_before = from->deed_count;
}

static void call_take(struct reference *reference, const struct call *call, bool execute,
                      struct buffer *reply)
{
    struct books *now = &reference->now;
    struct books *tried = &reference->tried;
    reply->start = reply->end = 0;
    books_copy(tried, now);
    books_execute(tried, call, reply);
    buffer_append(reply, "", 1);

    if (execute && reply->bytes[0] != '-') {
        struct books before = *now;
        *now = *tried;
        *tried = before;
        return;
    }
    for (size_t i = now->deed_count; i < tried->deed_count; i++)
        free(tried->deeds[i].call);
}

void reference_call(struct reference *reference, const struct call *call, struct buffer *reply)
{
    call_take(reference, call, true, reply);
}

void reference_ask(struct reference *reference, const struct call *call, struct buffer *reply)
{
    call_take(reference, call, false, reply);
}
