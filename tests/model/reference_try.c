/* reference_try.c: the rules of a transfer, read top to bottom from the order of checks in docs/protocol.md.
 */
#include "tests/model/reference_state.h"

#include <string.h>

/* A leg being tried on the copy. */
struct trial {
    struct reference *reference;
    const struct call *call;
    unsigned leg;
    struct buffer *reply;
};

static struct reference_account *tried_find(const struct trial *trial, const char *id)
{
    return reference_find(trial->reference->tried, trial->reference->account_count, id);
}

/* Starts the answer: the code, and with several legs which one. The sentence follows. */
static struct buffer *refusal(const struct trial *trial, const char *code)
{
    buffer_printf(trial->reply, "-%s ", code);
    if (trial->call->leg_count > 1)
        buffer_printf(trial->reply, "leg %u: ", trial->leg + 1);
    return trial->reply;
}

static bool is_bare_world(const struct call *call, const char *name)
{
    return call->kind != CALL_TRANSFER && strcmp(name, "@world") == 0;
}

/* "@world/" and a code, of an asset or not. */
static bool is_world_of(const char *name)
{
    return strncmp(name, "@world/", 7) == 0 && name[7] != '\0';
}

/* The account that a side names: for a bare "@world" that of the other account's asset, so that it is missing
 * when the other is. */
static struct reference_account *side_find(const struct trial *trial, const char *name, const char *other)
{
    if (!is_bare_world(trial->call, name))
        return tried_find(trial, name);
    const struct reference_account *account = tried_find(trial, other);
    struct reference *reference = trial->reference;
    for (unsigned i = 0; account != NULL && i < reference->account_count; i++) {
        if (reference->tried[i].world && reference->tried[i].asset == account->asset)
            return &reference->tried[i];
    }
    return NULL;
}

static bool try_amount(const struct trial *trial, const struct reference_asset *asset, amount_t *amount)
{
    struct decimal written = trial->call->legs[trial->leg].amount;
    if (written.mantissa == 0) {
        buffer_printf(refusal(trial, "AMOUNT"), "the amount is zero; it must be more");
        return false;
    }
    char text[AMOUNT_TEXT_MAX];
    int length = (int)decimal_format(written, text);
    if (written.digits > asset->scale) {
        buffer_printf(refusal(trial, "AMOUNT"), "%.*s has %u fraction digits, %s has %u", length, text,
                      written.digits, asset->code, asset->scale);
        return false;
    }
    if (!decimal_to_amount(written, asset->scale, amount)) {
        buffer_printf(refusal(trial, "AMOUNT"),
                      "%.*s has more digits than fit 128 bits in the smallest unit of %s", length, text,
                      asset->code);
        return false;
    }
    return true;
}

static bool try_total(const struct trial *trial, const struct reference_account *account,
                      const struct total *total, const char *which, amount_t amount)
{
    if (account->world || (amount <= AMOUNT_TOTAL_MAX && total->low <= AMOUNT_TOTAL_MAX - amount))
        return true;
    buffer_printf(refusal(trial, "OVERFLOW"),
                  "the %s of %s would add up to more than 2^127 - 1 of the smallest unit of %s", which,
                  account->id, trial->reference->assets[account->asset].code);
    return false;
}

static balance_t balance_of(const struct reference_account *account)
{
    return (balance_t)account->credits.low - (balance_t)account->debits.low;
}

static bool try_overdraft(const struct trial *trial, const struct reference_account *from, amount_t amount)
{
    if (from->unlimited || balance_of(from) - (balance_t)amount >= -(balance_t)from->overdraft)
        return true;
    const struct reference_asset *asset = &trial->reference->assets[from->asset];
    char has[AMOUNT_TEXT_MAX];
    char needs[AMOUNT_TEXT_MAX];
    int has_length = (int)balance_format(balance_of(from) + (balance_t)from->overdraft, asset->scale, has);
    int needs_length = (int)amount_format(amount, asset->scale, needs);
    buffer_printf(refusal(trial, "INSUFFICIENT"), "%s has %.*s %s available, %.*s needed", from->id,
                  has_length, has, asset->code, needs_length, needs);
    return false;
}

static bool try_ceiling(const struct trial *trial, const struct reference_account *to, amount_t amount)
{
    if (!to->has_ceiling || balance_of(to) + (balance_t)amount <= (balance_t)to->ceiling)
        return true;
    const struct reference_asset *asset = &trial->reference->assets[to->asset];
    char room[AMOUNT_TEXT_MAX];
    char needs[AMOUNT_TEXT_MAX];
    int room_length = (int)balance_format((balance_t)to->ceiling - balance_of(to), asset->scale, room);
    int needs_length = (int)amount_format(amount, asset->scale, needs);
    buffer_printf(refusal(trial, "CEILING"), "%s has room for %.*s %s below its ceiling, %.*s would come in",
                  to->id, room_length, room, asset->code, needs_length, needs);
    return false;
}

static bool try_leg(const struct trial *trial)
{
    const struct call_leg *leg = &trial->call->legs[trial->leg];
    struct reference *reference = trial->reference;
    bool into_world = is_bare_world(trial->call, leg->to);
    bool both_world = (into_world && is_world_of(leg->from)) ||
                      (is_bare_world(trial->call, leg->from) && is_world_of(leg->to));
    if (strcmp(leg->from, leg->to) == 0 || both_world) {
        buffer_printf(refusal(trial, "SAMEACCOUNT"), "from and to are both %s",
                      into_world ? leg->from : leg->to);
        return false;
    }

    struct reference_account *from = side_find(trial, leg->from, leg->to);
    struct reference_account *to = side_find(trial, leg->to, leg->from);
    if (from == NULL || to == NULL) {
        bool payer = from == NULL && !is_bare_world(trial->call, leg->from);
        buffer_printf(refusal(trial, "NOACCOUNT"), "%s does not exist", payer ? leg->from : leg->to);
        return false;
    }
    const struct reference_asset *asset = &reference->assets[from->asset];
    if (from->asset != to->asset) {
        buffer_printf(refusal(trial, "ASSET"), "%s holds %s, %s holds %s", leg->from, asset->code, leg->to,
                      reference->assets[to->asset].code);
        return false;
    }
    amount_t amount = 0;
    if (!try_amount(trial, asset, &amount) || !try_total(trial, from, &from->debits, "debits", amount) ||
        !try_total(trial, to, &to->credits, "credits", amount) || !try_overdraft(trial, from, amount) ||
        !try_ceiling(trial, to, amount))
        return false;

    total_add(&from->debits, amount);
    total_add(&to->credits, amount);
    from->last = to->last = reference->last + 1 + trial->leg;
    reference->tried_assets[trial->leg] = from->asset;
    return true;
}

/* Whether two transfers ask for the same: 5.0 is 5.00. */
static bool same_contents(const struct call *a, const struct call *b)
{
    if (a->kind != b->kind || a->leg_count != b->leg_count || strcmp(a->note, b->note) != 0)
        return false;
    for (unsigned i = 0; i < a->leg_count; i++) {
        struct decimal one = decimal_normalize(a->legs[i].amount);
        struct decimal other = decimal_normalize(b->legs[i].amount);
        if (one.mantissa != other.mantissa || one.digits != other.digits ||
            strcmp(a->legs[i].from, b->legs[i].from) != 0 || strcmp(a->legs[i].to, b->legs[i].to) != 0)
            return false;
    }
    return true;
}

bool reference_try(struct reference *reference, const struct call *call, struct buffer *reply)
{
    const struct reference_transfer *before = reference_transfer(reference, call->name);
    if (before != NULL) {
        if (same_contents(&before->call, call))
            buffer_printf(reply, ":%llu", (unsigned long long)before->stamp.number);
        else
            buffer_printf(reply,
                          "-IDREUSED id %s was used before for something else; a new transfer needs a new id",
                          call->name);
        return false;
    }
    memcpy(reference->tried, reference->accounts, sizeof reference->tried);
    struct trial trial = {.reference = reference, .call = call, .reply = reply};
    for (trial.leg = 0; trial.leg < call->leg_count; trial.leg++) {
        if (!try_leg(&trial))
            return false;
    }
    sequence_t number = reference->last + 1;
    buffer_printf(reply, ":%llu", (unsigned long long)number);
    return true;
}
