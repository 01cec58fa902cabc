/* reference_leg.c: the rules of one leg, read top to bottom from the order of checks in docs/protocol.md. */
#include "tests/model/reference_state.h"

#include <assert.h>
#include <string.h>

struct total reference_plus(struct total sum, amount_t value)
{
    total_add(&sum, value);
    return sum;
}

struct total reference_minus(struct total sum, amount_t value)
{
    assert(sum.high > 0 || sum.low >= value);
    sum.high -= sum.low < value;
    sum.low -= value;
    return sum;
}

struct total reference_sum(struct total a, struct total b)
{
    total_merge(&a, b);
    return a;
}

bool reference_less(struct total a, struct total b)
{
    return a.high != b.high ? a.high < b.high : a.low < b.low;
}

bool reference_bounded(const struct reference_account *account)
{
    return !account->unlimited || account->has_ceiling;
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
    return (call->kind == CALL_DEPOSIT || call->kind == CALL_WITHDRAW) && strcmp(name, "@world") == 0;
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
    struct books *books = trial->books;
    if (!is_bare_world(trial->call, name))
        return reference_find(books, name);
    const struct reference_account *account = reference_find(books, other);
    for (unsigned i = 0; account != NULL && i < books->account_count; i++) {
        if (books->accounts[i].world && books->accounts[i].asset == account->asset)
            return &books->accounts[i];
    }
    return NULL;
}

void reference_find_sides(struct trial *trial)
{
    const struct call_leg *leg = &trial->call->legs[trial->leg];
    trial->from = side_find(trial, leg->from, leg->to);
    trial->to = side_find(trial, leg->to, leg->from);
}

static bool sides_exist(struct trial *trial)
{
    const struct call_leg *leg = &trial->call->legs[trial->leg];
    bool into_world = is_bare_world(trial->call, leg->to);
    bool both_world = (into_world && is_world_of(leg->from)) ||
                      (is_bare_world(trial->call, leg->from) && is_world_of(leg->to));
    if (strcmp(leg->from, leg->to) == 0 || both_world) {
        buffer_printf(refusal(trial, "SAMEACCOUNT"), "from and to are both %s",
                      into_world ? leg->from : leg->to);
        return false;
    }
    reference_find_sides(trial);
    if (trial->from == NULL || trial->to == NULL) {
        bool payer = trial->from == NULL && !is_bare_world(trial->call, leg->from);
        buffer_printf(refusal(trial, "NOACCOUNT"), "%s does not exist", payer ? leg->from : leg->to);
        return false;
    }
    return true;
}

static bool side_not_closed(const struct trial *trial, const struct reference_account *side)
{
    if (side->closed)
        buffer_printf(refusal(trial, "CLOSED"), "%s is closed", side->id);
    return !side->closed;
}

static bool side_not_frozen(const struct trial *trial, const struct reference_account *side)
{
    if (side->frozen)
        buffer_printf(refusal(trial, "FROZEN"), "%s is frozen", side->id);
    return !side->frozen;
}

bool reference_not_frozen(const struct trial *trial)
{
    return side_not_frozen(trial, trial->from) && side_not_frozen(trial, trial->to);
}

bool reference_sides(struct trial *trial)
{
    if (!sides_exist(trial) || !side_not_closed(trial, trial->from) || !side_not_closed(trial, trial->to) ||
        !reference_not_frozen(trial))
        return false;
    if (trial->from->asset == trial->to->asset)
        return true;
    const struct call_leg *leg = &trial->call->legs[trial->leg];
    const struct reference_asset *assets = trial->books->assets;
    buffer_printf(refusal(trial, "ASSET"), "%s holds %s, %s holds %s", leg->from,
                  assets[trial->from->asset].code, leg->to, assets[trial->to->asset].code);
    return false;
}

/* Turns an amount into smallest units; writes the sentence that says why it can't be. */
static bool amount_fits(const struct reference_asset *asset, struct decimal written, const char *sign,
                        amount_t *amount, struct buffer *sentence)
{
    char text[AMOUNT_TEXT_MAX];
    int length = (int)decimal_format(written, text);
    if (written.digits <= asset->scale && decimal_to_amount(written, asset->scale, amount))
        return true;
    if (written.digits > asset->scale)
        buffer_printf(sentence, "%s%.*s has %u fraction digits, %s has %u", sign, length, text,
                      written.digits, asset->code, asset->scale);
    else
        buffer_printf(sentence, "%s%.*s has more digits than fit 128 bits in the smallest unit of %s", sign,
                      length, text, asset->code);
    return false;
}

bool reference_amount(struct trial *trial, struct decimal written)
{
    if (written.mantissa == 0) {
        buffer_printf(refusal(trial, "AMOUNT"), "the amount is zero; it must be more");
        return false;
    }
    struct buffer sentence = {0};
    const struct reference_asset *asset = &trial->books->assets[trial->from->asset];
    bool fits = amount_fits(asset, written, "", &trial->amount, &sentence);
    if (!fits)
        buffer_append(refusal(trial, "AMOUNT"), sentence.bytes, sentence.end);
    buffer_free(&sentence);
    return fits;
}

static bool total_fits(const struct trial *trial, const struct reference_account *account, struct total total,
                       const char *which)
{
    const struct total most = {AMOUNT_TOTAL_MAX, 0};
    if (!reference_bounded(account) || !reference_less(most, reference_plus(total, trial->amount)))
        return true;
    buffer_printf(refusal(trial, "OVERFLOW"),
                  "the %s of %s would add up to more than 2^126 - 1 of the smallest unit of %s", which,
                  account->id, trial->books->assets[account->asset].code);
    return false;
}

bool reference_totals(const struct trial *trial)
{
    const struct reference_account *from = trial->from;
    const struct reference_account *to = trial->to;
    return total_fits(trial, from, reference_sum(from->debits, from->held_out), "debits") &&
           total_fits(trial, to, reference_sum(to->credits, to->held_in), "credits");
}

static bool relation_holds(enum call_relation relation, struct total has, struct total needed)
{
    if (relation == CALL_AT_LEAST)
        return !reference_less(has, needed);
    if (relation == CALL_AT_MOST)
        return !reference_less(needed, has);
    return total_equal(has, needed);
}

static bool condition_holds(const struct books *books, const struct call_condition *condition,
                            struct buffer *reply)
{
    static const char *const words[] = {"at least", "at most", "exactly"};
    const struct reference_account *account = reference_find(books, condition->account);
    if (account == NULL) {
        buffer_printf(reply, "-NOACCOUNT %s does not exist", condition->account);
        return false;
    }
    const struct reference_asset *asset = &books->assets[account->asset];
    struct buffer sentence = {0};
    amount_t amount = 0;
    bool fits = amount_fits(asset, condition->amount, condition->negative ? "-" : "", &amount, &sentence);
    if (!fits)
        buffer_printf(reply, "-AMOUNT %.*s", (int)sentence.end, sentence.bytes);
    buffer_free(&sentence);
    if (!fits)
        return false;

    /* The balance is credits less debits: both sides without a difference, as nothing here is negative. */
    struct total has = reference_plus(account->credits, condition->negative ? amount : 0);
    struct total needed = reference_plus(account->debits, condition->negative ? 0 : amount);
    if (relation_holds(condition->relation, has, needed))
        return true;
    char balance[AMOUNT_TEXT_MAX];
    char text[AMOUNT_TEXT_MAX];
    int balance_length =
        (int)total_difference_format(account->credits, account->debits, asset->scale, balance);
    int length = (int)amount_format(amount, asset->scale, text);
    buffer_printf(reply, "-CONDITION %s has %.*s %s, needed is %s %s%.*s", account->id, balance_length,
                  balance, asset->code, words[condition->relation],
                  condition->negative && amount > 0 ? "-" : "", length, text);
    return false;
}

/* Of the whole command: looked at in its first leg, before which nothing has moved. */
bool reference_conditions(const struct trial *trial)
{
    for (unsigned i = 0; trial->leg == 0 && i < trial->call->condition_count; i++) {
        if (!condition_holds(trial->books, &trial->call->conditions[i], trial->reply))
            return false;
    }
    return true;
}

bool reference_overdraft(const struct trial *trial)
{
    const struct reference_account *from = trial->from;
    struct total has = reference_plus(from->credits, from->overdraft);
    struct total owes = reference_sum(from->debits, from->held_out);
    if (from->unlimited || !reference_less(has, reference_plus(owes, trial->amount)))
        return true;
    const struct reference_asset *asset = &trial->books->assets[from->asset];
    char available[AMOUNT_TEXT_MAX];
    char needs[AMOUNT_TEXT_MAX];
    int length = (int)total_difference_format(has, owes, asset->scale, available);
    int needs_length = (int)amount_format(trial->amount, asset->scale, needs);
    buffer_printf(refusal(trial, "INSUFFICIENT"), "%s has %.*s %s available, %.*s needed", from->id, length,
                  available, asset->code, needs_length, needs);
    return false;
}

bool reference_ceiling(const struct trial *trial)
{
    const struct reference_account *to = trial->to;
    struct total most = reference_plus(to->debits, to->ceiling);
    struct total has = reference_sum(to->credits, to->held_in);
    if (!to->has_ceiling || !reference_less(most, reference_plus(has, trial->amount)))
        return true;
    const struct reference_asset *asset = &trial->books->assets[to->asset];
    char room[AMOUNT_TEXT_MAX];
    char needs[AMOUNT_TEXT_MAX];
    int length = (int)total_difference_format(most, has, asset->scale, room);
    int needs_length = (int)amount_format(trial->amount, asset->scale, needs);
    buffer_printf(refusal(trial, "CEILING"), "%s has room for %.*s %s below its ceiling, %.*s would come in",
                  to->id, length, room, asset->code, needs_length, needs);
    return false;
}

bool reference_leg(struct trial *trial)
{
    return reference_sides(trial) && reference_amount(trial, trial->call->legs[trial->leg].amount) &&
           reference_totals(trial) && reference_conditions(trial) && reference_overdraft(trial) &&
           reference_ceiling(trial);
}

struct stamp reference_post(const struct trial *trial)
{
    struct stamp stamp = reference_number(trial->books);
    total_add(&trial->from->debits, trial->amount);
    total_add(&trial->to->credits, trial->amount);
    trial->from->last = trial->to->last = stamp.number;
    return stamp;
}
