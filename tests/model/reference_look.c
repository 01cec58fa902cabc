/* reference_look.c: what the commands that only look see. */
#include <string.h>

#include "tests/model/reference_state.h"
#include "tests/model/sight.h"

static struct sight account_sight(const struct reference *reference, const struct reference_account *account)
{
    const struct reference_asset *asset = &reference->assets[account->asset];
    return (struct sight){.asset = asset->code,
                          .scale = asset->scale,
                          .unlimited = account->unlimited,
                          .has_ceiling = account->has_ceiling,
                          .overdraft = account->overdraft,
                          .ceiling = account->ceiling,
                          .debits = account->debits,
                          .credits = account->credits,
                          .opened = account->opened,
                          .last = account->last};
}

static void look_balances(struct reference *reference, const struct call *call, struct buffer *reply)
{
    for (unsigned i = 0; i < call->account_count; i++) {
        const struct reference_account *account =
            reference_find(reference->accounts, reference->account_count, call->accounts[i]);
        struct sight sight = {0};
        if (account != NULL)
            sight = account_sight(reference, account);
        sight_balance(account != NULL ? &sight : NULL, reply);
    }
}

static void look_account(struct reference *reference, const struct call *call, struct buffer *reply)
{
    const struct reference_account *account =
        reference_find(reference->accounts, reference->account_count, call->name);
    struct sight sight = {0};
    if (account != NULL)
        sight = account_sight(reference, account);
    sight_account(account != NULL ? &sight : NULL, reply);
}

/* Accounts are in the array in the order of their opening, with the @worlds between them. */
static void look_accounts(const struct reference *reference, const struct call *call, struct buffer *reply)
{
    unsigned found = 0;
    bool more = false;
    for (unsigned i = 0; i < reference->account_count && !more; i++) {
        const struct reference_account *account = &reference->accounts[i];
        if (account->world || account->opened.number <= call->after)
            continue;
        more = found == call->count;
        if (!more)
            sight_listed(account->opened.number, account->id, strlen(account->id), reply);
        found++;
    }
    sight_more(more, reply);
}

static void look_transfer(const struct reference *reference, const struct call *call, struct buffer *reply)
{
    const struct reference_transfer *transfer = reference_transfer(reference, call->name);
    if (transfer == NULL) {
        sight_nothing(reply);
        return;
    }
    const struct call *made = &transfer->call;
    sight_transfer(made->kind, transfer->stamp, reply);
    for (unsigned i = 0; i < made->leg_count; i++) {
        const struct reference_asset *asset = &reference->assets[transfer->assets[i]];
        amount_t amount = 0;
        (void)decimal_to_amount(made->legs[i].amount, asset->scale, &amount);
        sight_leg(made->legs[i].from, strlen(made->legs[i].from), made->legs[i].to, strlen(made->legs[i].to),
                  reply);
        sight_amount(amount, asset->code, asset->scale, reply);
    }
    sight_note(made->note, strlen(made->note), reply);
}

/* TRIAL, ASSETS and DBSIZE: add everything up, asset by asset. */
static void look_totals(const struct reference *reference, const struct call *call, struct buffer *reply)
{
    uint64_t all = 0;
    sight_totals_of(call->kind, reference->last, reply);
    for (unsigned place = 0; place < reference->asset_count; place++) {
        struct total debits = {0};
        struct total credits = {0};
        uint64_t accounts = 0;
        for (unsigned i = 0; i < reference->account_count; i++) {
            const struct reference_account *account = &reference->accounts[i];
            if (account->asset != place)
                continue;
            total_merge(&debits, account->debits);
            total_merge(&credits, account->credits);
            accounts += account->world ? 0 : 1;
        }
        all += accounts;
        const struct reference_asset *asset = &reference->assets[place];
        if (accounts > 0 || asset->defined)
            sight_totals(call->kind, asset->code, asset->scale, debits, credits, accounts, reply);
    }
    sight_count(call->kind, all, reply);
}

void reference_look(struct reference *reference, const struct call *call, struct buffer *reply)
{
    switch (call->kind) {
    case CALL_BALANCES: look_balances(reference, call, reply); return;
    case CALL_ACCOUNT: look_account(reference, call, reply); return;
    case CALL_ACCOUNTS: look_accounts(reference, call, reply); return;
    case CALL_LOOKUP: look_transfer(reference, call, reply); return;
    case CALL_TRIAL:
    case CALL_ASSETS:
    case CALL_DBSIZE: look_totals(reference, call, reply); return;
    case CALL_ASSET:
    case CALL_OPEN:
    case CALL_TRANSFER:
    case CALL_DEPOSIT:
    case CALL_WITHDRAW: return;
    }
}
