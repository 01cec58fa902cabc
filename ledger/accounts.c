/* accounts.c: see accounts.h. */
#include "ledger/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/pool.h"

struct account *accounts_find(const struct accounts *accounts, const char *id, size_t length, uint64_t hash)
{
    struct index_walk walk = index_search(&accounts->index, hash);
    for (uint32_t place; (place = index_next(&walk)) != INDEX_NONE;) {
        struct account *account = accounts_at(accounts, place);
        if (account->id_length == length && memcmp(account->id, id, length) == 0)
            return account;
    }
    return NULL;
}

/* Makes room for one more pointer in a list of chunks and fills it. Lists double, so that they move rarely.
 */
static void *chunk_list_grow(void *list, uint32_t count, void *chunk)
{
    if ((count & (count - 1)) == 0) {
        void **grown = pool_table(64, (count == 0 ? 1 : (size_t)count * 2) * sizeof(void *));
        if (count > 0)
            memcpy(grown, list, count * sizeof(void *));
        free(list);
        list = grown;
    }
    ((void **)list)[count] = chunk;
    return list;
}

struct account *accounts_add(struct accounts *accounts, const char *id, size_t length, uint64_t hash)
{
    assert(length <= IDENT_MAX && accounts->count < INDEX_NONE);
    if (accounts->count == accounts->chunk_count * ACCOUNTS_CHUNK) {
        accounts->chunks =
            chunk_list_grow((void *)accounts->chunks, accounts->chunk_count++, pool_page_huge());
    }
    uint32_t place = accounts->count++;
    struct account *account = accounts_at(accounts, place);
    account->id_length = (uint8_t)length;
    memcpy(account->id, id, length);
    index_insert(&accounts->index, hash, place);
    return account;
}

uint32_t accounts_after(const struct accounts *accounts, sequence_t number)
{
    uint32_t low = 0;
    uint32_t high = accounts->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (accounts_at(accounts, middle)->opened.number <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds a chunk of extras to the free list. Extra 0 stays unused: it means "none". */
static void extras_grow(struct accounts *accounts)
{
    uint32_t first = accounts->extra_chunk_count * ACCOUNTS_EXTRA_CHUNK;
    struct account_extra *chunk = pool_table(64, ACCOUNTS_EXTRA_CHUNK * sizeof(struct account_extra));
    accounts->extra_chunks =
        chunk_list_grow((void *)accounts->extra_chunks, accounts->extra_chunk_count++, chunk);
    for (uint32_t i = ACCOUNTS_EXTRA_CHUNK; i-- > 0;) {
        if (first + i == 0)
            continue;
        chunk[i].next_free = accounts->extra_free;
        accounts->extra_free = first + i;
    }
}

struct account_extra *accounts_extra_get(struct accounts *accounts, struct account *account)
{
    if (account->extra != 0)
        return accounts_extra(accounts, account);
    if (accounts->extra_free == 0)
        extras_grow(accounts);
    account->extra = accounts->extra_free;
    struct account_extra *extra = accounts_extra(accounts, account);
    accounts->extra_free = extra->next_free;
    *extra = (struct account_extra){.contention = {.account = account}};
    return extra;
}

void accounts_extra_drop(struct accounts *accounts, struct account *account)
{
    if (account->extra == 0)
        return;
    struct account_extra *extra = accounts_extra(accounts, account);
    const struct contention *contention = &extra->contention;
    if (contention->writers > 0 || contention->readers > 0 || contention->line.first != NULL ||
        extra->overdraft != 0 || (account->flags & ACCOUNT_HAS_CEILING) != 0 || extra->held_out != 0 ||
        extra->held_in != 0 || extra->stripe != NULL)
        return;
    extra->next_free = accounts->extra_free;
    accounts->extra_free = account->extra;
    account->extra = 0;
}

void accounts_prefetch(const struct accounts *accounts, uint64_t hash, int stage)
{
    if (stage == 0) {
        index_prefetch(&accounts->index, hash);
        return;
    }
    struct index_walk walk = index_search(&accounts->index, hash);
    uint32_t place = index_next(&walk);
    if (place == INDEX_NONE)
        return;
    const char *account = (const char *)accounts_at(accounts, place);
    __builtin_prefetch(account, 1);
    __builtin_prefetch(account + 64);
}

void accounts_free(struct accounts *accounts)
{
    for (uint32_t i = 0; i < accounts->chunk_count; i++)
        pool_page_free(accounts->chunks[i]);
    for (uint32_t i = 0; i < accounts->extra_chunk_count; i++)
        free(accounts->extra_chunks[i]);
    free((void *)accounts->chunks);
    free((void *)accounts->extra_chunks);
    index_free(&accounts->index);
    memset(accounts, 0, sizeof *accounts);
}
