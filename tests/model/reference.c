/* reference.c: see reference.h. What it does to money; what it shows is in reference_look.c. */
#include "tests/model/reference_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *code;
    unsigned scale;
} known_assets[] = {{"JPY", 0}, {"EUR", 2}, {"USD", 2}, {"BHD", 3}, {"BTC", 8}, {"ETH", 18}};

static void asset_add(struct reference *reference, const char *code, unsigned scale)
{
    assert(reference->asset_count < REFERENCE_ASSETS_MAX);
    unsigned place = reference->asset_count++;
    struct reference_asset *asset = &reference->assets[place];
    *asset = (struct reference_asset){.code = code, .scale = scale};
    const char *world = words_printf(&reference->words, "@world/%s", code);
    assert(reference->account_count < REFERENCE_ACCOUNTS_MAX);
    reference->accounts[reference->account_count++] =
        (struct reference_account){.id = world, .asset = place, .unlimited = true, .world = true};
}

struct reference *reference_create(void)
{
    struct reference *reference = calloc(1, sizeof *reference);
    assert(reference != NULL);
    reference->clock = REFERENCE_EPOCH;
    for (size_t i = 0; i < sizeof known_assets / sizeof known_assets[0]; i++)
        asset_add(reference, known_assets[i].code, known_assets[i].scale);
    return reference;
}

void reference_free(struct reference *reference)
{
    free(reference->transfers);
    words_free(&reference->words);
    free(reference);
}

sequence_t reference_last(const struct reference *reference)
{
    return reference->last;
}

void reference_set_clock(struct reference *reference, uint64_t time)
{
    reference->clock = time;
}

struct reference_account *reference_find(struct reference_account *accounts, unsigned count, const char *id)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(accounts[i].id, id) == 0)
            return &accounts[i];
    }
    return NULL;
}

struct reference_asset *reference_asset(struct reference *reference, const char *code)
{
    for (unsigned i = 0; i < reference->asset_count; i++) {
        if (strcmp(reference->assets[i].code, code) == 0)
            return &reference->assets[i];
    }
    return NULL;
}

const struct reference_transfer *reference_transfer(const struct reference *reference, const char *id)
{
    for (size_t i = 0; i < reference->transfer_count; i++) {
        if (strcmp(reference->transfers[i].call.name, id) == 0)
            return &reference->transfers[i];
    }
    return NULL;
}

const char *reference_account(const struct reference *reference, sequence_t number, const char **asset)
{
    for (unsigned i = 0; i < reference->account_count; i++) {
        const struct reference_account *account = &reference->accounts[i];
        if (!account->world && account->opened.number == number) {
            *asset = reference->assets[account->asset].code;
            return account->id;
        }
    }
    assert(false && "a record names only accounts that were opened");
    return NULL;
}

unsigned reference_scale(const struct reference *reference, const char *asset)
{
    const struct reference_asset *found = reference_asset((struct reference *)(uintptr_t)reference, asset);
    assert(found != NULL);
    return found->scale;
}

static struct stamp take_numbers(struct reference *reference, unsigned count)
{
    struct stamp stamp = {reference->last + 1, reference->clock};
    reference->last += count;
    reference->clock += count;
    return stamp;
}

/* ASSET code scale. */
static bool answer_asset(struct reference *reference, const struct call *call, struct buffer *reply)
{
    const struct reference_asset *asset = reference_asset(reference, call->name);
    if (asset != NULL && asset->scale != call->scale) {
        buffer_printf(reply, "-EXISTS %s is defined with scale %u", asset->code, asset->scale);
        return false;
    }
    buffer_printf(reply, "+OK");
    return asset == NULL || !asset->defined;
}

static void do_asset(struct reference *reference, const struct call *call)
{
    if (reference_asset(reference, call->name) == NULL)
        asset_add(reference, call->name, call->scale);
    reference_asset(reference, call->name)->defined = true;
    take_numbers(reference, 1);
}

/* Turns an option of OPEN into smallest units; answers why not. */
static bool option_fits(const struct reference_asset *asset, const char *option, struct decimal written,
                        amount_t *amount, struct buffer *reply)
{
    char text[AMOUNT_TEXT_MAX];
    int length = (int)decimal_format(written, text);
    if (written.digits > asset->scale) {
        buffer_printf(reply, "-AMOUNT %s %.*s has %u fraction digits, %s has %u", option, length, text,
                      written.digits, asset->code, asset->scale);
        return false;
    }
    if (!decimal_to_amount(written, asset->scale, amount) || *amount > AMOUNT_TOTAL_MAX) {
        buffer_printf(reply,
                      "-AMOUNT %s %.*s is more than an account can hold, 2^127 - 1 of the smallest unit "
                      "of %s",
                      option, length, text, asset->code);
        return false;
    }
    return true;
}

static void answer_exists(const struct reference *reference, const struct reference_account *has,
                          struct buffer *reply)
{
    const struct reference_asset *asset = &reference->assets[has->asset];
    char text[AMOUNT_TEXT_MAX];
    buffer_printf(reply, "-EXISTS %s is open with other options: asset %s, ", has->id, asset->code);
    if (has->unlimited)
        buffer_printf(reply, "unlimited, ");
    else
        buffer_printf(reply, "overdraft %.*s, ", (int)amount_format(has->overdraft, asset->scale, text),
                      text);
    if (has->has_ceiling)
        buffer_printf(reply, "ceiling %.*s", (int)amount_format(has->ceiling, asset->scale, text), text);
    else
        buffer_printf(reply, "no ceiling");
}

/* OPEN. When it would open the account, `opened` is the account to be. */
static bool answer_open(struct reference *reference, const struct call *call,
                        struct reference_account *opened, struct buffer *reply)
{
    const struct reference_asset *asset = reference_asset(reference, call->asset);
    if (asset == NULL) {
        buffer_printf(reply, "-ASSET %s is not an asset; ASSET %s scale defines it", call->asset,
                      call->asset);
        return false;
    }
    *opened = (struct reference_account){.id = call->name,
                                         .asset = (unsigned)(asset - reference->assets),
                                         .unlimited = call->unlimited,
                                         .has_ceiling = call->has_ceiling};
    if (!option_fits(asset, "overdraft", call->overdraft, &opened->overdraft, reply) ||
        !option_fits(asset, "ceiling", call->ceiling, &opened->ceiling, reply))
        return false;
    const struct reference_account *has =
        reference_find(reference->accounts, reference->account_count, call->name);
    if (has == NULL) {
        sequence_t number = reference->last + 1;
        buffer_printf(reply, ":%llu", (unsigned long long)number);
        return true;
    }
    if (has->asset == opened->asset && has->unlimited == opened->unlimited &&
        has->has_ceiling == opened->has_ceiling && has->overdraft == opened->overdraft &&
        has->ceiling == opened->ceiling)
        buffer_printf(reply, ":%llu", (unsigned long long)has->opened.number);
    else
        answer_exists(reference, has, reply);
    return false;
}

static void do_open(struct reference *reference, const struct reference_account *opened)
{
    assert(reference->account_count < REFERENCE_ACCOUNTS_MAX);
    struct reference_account *account = &reference->accounts[reference->account_count++];
    *account = *opened;
    account->opened = take_numbers(reference, 1);
}

static void do_transfer(struct reference *reference, const struct call *call)
{
    memcpy(reference->accounts, reference->tried, sizeof reference->tried);
    if (reference->transfer_count == reference->transfer_room) {
        reference->transfer_room = reference->transfer_room == 0 ? 64 : reference->transfer_room * 2;
        reference->transfers =
            realloc(reference->transfers, reference->transfer_room * sizeof *reference->transfers);
        assert(reference->transfers != NULL);
    }
    struct reference_transfer *transfer = &reference->transfers[reference->transfer_count++];
    transfer->call = *call;
    transfer->stamp = take_numbers(reference, call->leg_count);
    for (unsigned i = 0; i < call->leg_count; i++)
        transfer->assets[i] = reference->tried_assets[i];
}

/* Answers a call; executes it as well when it is one that changes something and `execute` is set. */
static void call_take(struct reference *reference, const struct call *call, bool execute,
                      struct buffer *reply)
{
    struct reference_account opened;
    bool changes = false;
    reply->start = reply->end = 0;
    if (call->kind == CALL_ASSET)
        changes = answer_asset(reference, call, reply);
    else if (call->kind == CALL_OPEN)
        changes = answer_open(reference, call, &opened, reply);
    else if (call_moves_money(call))
        changes = reference_try(reference, call, reply);
    else
        reference_look(reference, call, reply);
    buffer_append(reply, "", 1);

    if (!changes || !execute)
        return;
    if (call->kind == CALL_ASSET)
        do_asset(reference, call);
    else if (call->kind == CALL_OPEN)
        do_open(reference, &opened);
    else
        do_transfer(reference, call);
}

void reference_call(struct reference *reference, const struct call *call, struct buffer *reply)
{
    call_take(reference, call, true, reply);
}

void reference_ask(struct reference *reference, const struct call *call, struct buffer *reply)
{
    call_take(reference, call, false, reply);
}
