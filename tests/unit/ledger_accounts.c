/* ledger_accounts.c: accounts are found by id, listed by number, and have an extra only while it says
 * something. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/accounts.h"

#define SEED 3

static struct accounts accounts;

static struct account *add(const char *id, sequence_t number)
{
    struct account *account = accounts_add(&accounts, id, strlen(id), ident_hash(id, strlen(id), SEED));
    account->opened.number = number;
    return account;
}

static struct account *find(const char *id)
{
    return accounts_find(&accounts, id, strlen(id), ident_hash(id, strlen(id), SEED));
}

Test(accounts, are_found_where_they_were_put_however_many_there_are)
{
    char id[IDENT_MAX];
    struct account *first = add("first", 1);
    for (unsigned i = 0; i < 3 * ACCOUNTS_CHUNK; i++) {
        (void)snprintf(id, sizeof id, "account-%u", i);
        cr_assert_null(find(id));
        add(id, i + 2);
    }
    for (unsigned i = 0; i < 3 * ACCOUNTS_CHUNK; i++) {
        (void)snprintf(id, sizeof id, "account-%u", i);
        struct account *account = find(id);
        cr_assert_not_null(account);
        cr_assert_eq(account->opened.number, i + 2);
    }
    cr_assert_eq(find("first"), first, "an account never moves");
    accounts_free(&accounts);
}

Test(accounts, are_told_apart_by_every_byte_and_the_length)
{
    add("ab", 1);
    add("abc", 2);
    cr_assert_eq(find("ab")->opened.number, 1);
    cr_assert_eq(find("abc")->opened.number, 2);
    cr_assert_null(find("a"));
    cr_assert_null(find("abd"));
    accounts_free(&accounts);
}

Test(accounts, are_listed_from_the_first_opened_after_a_number)
{
    add("x", 10);
    add("y", 20);
    add("z", 30);
    const sequence_t after[] = {0, 9, 10, 19, 20, 30, 99};
    const uint32_t place[] = {0, 0, 1, 1, 2, 3, 3};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        cr_assert_eq(accounts_after(&accounts, after[i]), place[i]);
    accounts_free(&accounts);
}

Test(accounts, lose_their_extra_when_it_says_nothing_any_more)
{
    struct account *account = add("x", 1);
    cr_assert_eq(account->extra, 0);
    struct account_extra *extra = accounts_extra_get(&accounts, account);
    cr_assert_eq(extra->contention.account, account);
    extra->contention.readers = 1;
    accounts_extra_drop(&accounts, account);
    cr_assert_neq(account->extra, 0, "a reader holds it");
    extra->contention.readers = 0;
    extra->overdraft = 5;
    accounts_extra_drop(&accounts, account);
    cr_assert_neq(account->extra, 0, "it has a limit");
    extra->overdraft = 0;
    accounts_extra_drop(&accounts, account);
    cr_assert_eq(account->extra, 0);
    struct account *other = add("y", 2);
    cr_assert_eq(accounts_extra_get(&accounts, other), extra, "what was dropped is used again");
    accounts_free(&accounts);
}
