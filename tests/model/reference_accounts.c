/* reference_accounts.c: what is done to assets and accounts themselves: ASSET, OPEN, LIMIT, FREEZE, THAW,
 * CLOSE. */
#include "tests/model/reference_state.h"

#include <assert.h>

void reference_define(struct books *books, const struct call *call, struct buffer *reply)
{
    const struct reference_asset *asset = reference_asset(books, call->name);
    if (asset != NULL && asset->scale != call->scale) {
        buffer_printf(reply, "-EXISTS %s is defined with scale %u", asset->code, asset->scale);
        return;
    }
    buffer_printf(reply, "+OK");
    if (asset != NULL && asset->defined)
        return;
    if (asset == NULL)
        reference_asset_add(books, call->name, call->scale);
    reference_asset(books, call->name)->defined = true;
    reference_number(books);
}

/* Turns an option into smallest units; answers why not. */
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
                      "-AMOUNT %s %.*s is more than an account can hold, 2^126 - 1 of the smallest unit "
                      "of %s",
                      option, length, text, asset->code);
        return false;
    }
    return true;
}

static void answer_exists(const struct reference_asset *asset, const struct reference_account *has,
                          struct buffer *reply)
{
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

static void open_again(const struct books *books, const struct reference_account *has,
                       const struct reference_account *wanted, struct buffer *reply)
{
    if (has->closed)
        buffer_printf(reply, "-CLOSED %s is closed, and its id is never used again", has->id);
    else if (has->asset == wanted->asset && has->unlimited == wanted->unlimited &&
             has->has_ceiling == wanted->has_ceiling && has->overdraft == wanted->overdraft &&
             has->ceiling == wanted->ceiling)
        reference_answer(reply, has->opened.number);
    else
        answer_exists(&books->assets[has->asset], has, reply);
}

void reference_open(struct books *books, const struct call *call, struct buffer *reply)
{
    const struct reference_asset *asset = reference_asset(books, call->asset);
    if (asset == NULL) {
        buffer_printf(reply, "-ASSET %s is not an asset; ASSET %s scale defines it", call->asset,
                      call->asset);
        return;
    }
    struct reference_account wanted = {.id = call->name,
                                       .asset = (unsigned)(asset - books->assets),
                                       .unlimited = call->unlimited,
                                       .has_ceiling = call->has_ceiling};
    if (!option_fits(asset, "overdraft", call->overdraft, &wanted.overdraft, reply) ||
        !option_fits(asset, "ceiling", call->ceiling, &wanted.ceiling, reply))
        return;
    const struct reference_account *has = reference_find(books, call->name);
    if (has != NULL) {
        open_again(books, has, &wanted, reply);
        return;
    }
    assert(books->account_count < REFERENCE_ACCOUNTS_MAX);
    wanted.opened = reference_number(books);
    books->accounts[books->account_count++] = wanted;
    reference_answer(reply, wanted.opened.number);
}

/* The account that LIMIT, FREEZE, THAW and CLOSE are about; answers why it can't be changed. */
static struct reference_account *account_to_change(const struct books *books, const char *id,
                                                   struct buffer *reply)
{
    struct reference_account *account = reference_find(books, id);
    if (account == NULL)
        buffer_printf(reply, "-NOACCOUNT %s does not exist", id);
    else if (account->closed)
        buffer_printf(reply, "-CLOSED %s is closed", id);
    else
        return account;
    return NULL;
}

void reference_limit(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_account *account = account_to_change(books, call->name, reply);
    if (account == NULL)
        return;
    const struct reference_asset *asset = &books->assets[account->asset];
    const struct reference_account before = *account;
    if (call->unlimited || call->has_overdraft) {
        account->unlimited = call->unlimited;
        account->overdraft = 0;
    }
    if (call->has_ceiling || call->no_ceiling) {
        account->has_ceiling = call->has_ceiling;
        account->ceiling = 0;
    }
    if ((call->has_overdraft &&
         !option_fits(asset, "overdraft", call->overdraft, &account->overdraft, reply)) ||
        (call->has_ceiling && !option_fits(asset, "ceiling", call->ceiling, &account->ceiling, reply)))
        return;

    const struct total most = {AMOUNT_TOTAL_MAX, 0};
    if (reference_bounded(account) &&
        (reference_less(most, reference_sum(account->debits, account->held_out)) ||
         reference_less(most, reference_sum(account->credits, account->held_in)))) {
        buffer_printf(reply, "-OVERFLOW the totals of %s are above 2^126 - 1; it can only be unlimited",
                      account->id);
        return;
    }
    buffer_printf(reply, "+OK");
    if (account->unlimited != before.unlimited || account->has_ceiling != before.has_ceiling ||
        account->overdraft != before.overdraft || account->ceiling != before.ceiling)
        account->last = reference_number(books).number;
}

/* Answers why an account can't be closed. */
static bool is_empty(const struct books *books, const struct reference_account *account, struct buffer *reply)
{
    const struct reference_asset *asset = &books->assets[account->asset];
    const struct total nothing = {0};
    char one[AMOUNT_TEXT_MAX];
    char other[AMOUNT_TEXT_MAX];
    if (!total_equal(account->credits, account->debits)) {
        int length = (int)total_difference_format(account->credits, account->debits, asset->scale, one);
        buffer_printf(reply, "-NOTEMPTY %s has a balance of %.*s %s; only an empty account can be closed",
                      account->id, length, one, asset->code);
        return false;
    }
    if (!total_equal(account->held_out, nothing) || !total_equal(account->held_in, nothing)) {
        int one_length = (int)total_format(account->held_out, asset->scale, one);
        int other_length = (int)total_format(account->held_in, asset->scale, other);
        buffer_printf(reply, "-NOTEMPTY %s has %.*s %s held out and %.*s %s held in; capture or void first",
                      account->id, one_length, one, asset->code, other_length, other, asset->code);
        return false;
    }
    return true;
}

void reference_set_state(struct books *books, const struct call *call, struct buffer *reply)
{
    struct reference_account *account = reference_find(books, call->name);
    bool close = call->kind == CALL_CLOSE;
    if (close && account != NULL && account->closed) {
        buffer_printf(reply, "+OK");
        return;
    }
    account = account_to_change(books, call->name, reply);
    if (account == NULL || (close && !is_empty(books, account, reply)))
        return;
    bool frozen = account->frozen;
    account->closed = close;
    account->frozen = call->kind == CALL_FREEZE;
    if (account->closed || account->frozen != frozen)
        account->last = reference_number(books).number;
    buffer_printf(reply, "+OK");
}
