/* reference_look.c: what the commands that only look see. */
#include <string.h>

#include "tests/model/reference_state.h"
#include "tests/model/sight.h"

static struct sight account_sight(const struct books *books, const struct reference_account *account)
{
    const struct reference_asset *asset = &books->assets[account->asset];
    return (struct sight){.state = account->closed   ? "closed"
                                   : account->frozen ? "frozen"
                                                     : "open",
                          .asset = asset->code,
                          .scale = asset->scale,
                          .unlimited = account->unlimited,
                          .has_ceiling = account->has_ceiling,
                          .overdraft = account->overdraft,
                          .ceiling = account->ceiling,
                          .debits = account->debits,
                          .credits = account->credits,
                          .held_out = account->held_out,
                          .held_in = account->held_in,
                          .opened = account->opened,
                          .last = account->last};
}

static void look_balances(const struct books *books, const struct call *call, struct buffer *reply)
{
    for (unsigned i = 0; i < call->account_count; i++) {
        const struct reference_account *account = reference_find(books, call->accounts[i]);
        struct sight sight = {0};
        if (account != NULL)
            sight = account_sight(books, account);
        sight_balance(account != NULL ? &sight : NULL, reply);
    }
}

static void look_account(const struct books *books, const struct call *call, struct buffer *reply)
{
    const struct reference_account *account = reference_find(books, call->name);
    struct sight sight = {0};
    if (account != NULL)
        sight = account_sight(books, account);
    sight_account(account != NULL ? &sight : NULL, reply);
}

/* Accounts are in the array in the order of their opening, with the @worlds between them. */
static void look_accounts(const struct books *books, const struct call *call, struct buffer *reply)
{
    unsigned found = 0;
    bool more = false;
    for (unsigned i = 0; i < books->account_count && !more; i++) {
        const struct reference_account *account = &books->accounts[i];
        if (account->world || account->opened.number <= call->after)
            continue;
        more = found == call->count;
        if (!more)
            sight_listed(account->opened.number, account->id, strlen(account->id), reply);
        found++;
    }
    sight_more(more, reply);
}

static void look_deed(const struct books *books, const struct call *call, struct buffer *reply)
{
    static const char *const states[] = {"posted", "reversed", "held", "captured",
                                         "voided", "expired",  "done"};
    const struct reference_deed *deed = reference_deed(books, call->name);
    if (deed == NULL) {
        sight_nothing(reply);
        return;
    }
    const struct call *made = deed->call;
    unsigned scale = 0;
    sight_head(made->kind, deed->stamp, reply);
    for (unsigned i = 0; i < made->leg_count; i++) {
        const struct call_leg *leg = &made->legs[i];
        struct trial sides = {.books = (struct books *)(uintptr_t)books, .call = made, .leg = i};
        reference_find_sides(&sides);
        const struct reference_asset *asset = &books->assets[sides.from->asset];
        amount_t amount = 0;
        scale = asset->scale;
        (void)decimal_to_amount(leg->amount, scale, &amount);
        sight_leg(leg->from, strlen(leg->from), leg->to, strlen(leg->to), reply);
        sight_amount(amount, asset->code, scale, reply);
    }
    const char *note = made->note != NULL ? made->note : "";
    sight_note(note, strlen(note), reply);
    sight_state(states[deed->state], reply);
    if (made->kind == CALL_HOLD)
        sight_hold(deed->remaining, scale, deed->deadline, reply);
}

/* TRIAL, ASSETS and DBSIZE: add everything up, asset by asset. */
static void look_totals(const struct books *books, const struct call *call, struct buffer *reply)
{
    uint64_t all = 0;
    sight_totals_of(call->kind, books->last, reply);
    for (unsigned place = 0; place < books->asset_count; place++) {
        struct total debits = {0};
        struct total credits = {0};
        uint64_t accounts = 0;
        for (unsigned i = 0; i < books->account_count; i++) {
            const struct reference_account *account = &books->accounts[i];
            if (account->asset != place)
                continue;
            total_merge(&debits, account->debits);
            total_merge(&credits, account->credits);
            accounts += account->world ? 0 : 1;
        }
        all += accounts;
        const struct reference_asset *asset = &books->assets[place];
        if (accounts > 0 || asset->defined)
            sight_totals(call->kind, asset->code, asset->scale, debits, credits, accounts, reply);
    }
    sight_count(call->kind, all, reply);
}

void reference_look(const struct books *books, const struct call *call, struct buffer *reply)
{
    if (call->kind == CALL_BALANCES)
        look_balances(books, call, reply);
    else if (call->kind == CALL_ACCOUNT)
        look_account(books, call, reply);
    else if (call->kind == CALL_ACCOUNTS)
        look_accounts(books, call, reply);
    else if (call->kind == CALL_LOOKUP)
        look_deed(books, call, reply);
    else
        look_totals(books, call, reply);
}
