/* accounts.h: the accounts of one shard, found by id, listed in the order of their opening.
 *
 * They lie in chunks that never move, so a pointer to an account is good for as long as the shard lives, and
 * growing the table pauses nobody.
 */
#ifndef BURSAR_LEDGER_ACCOUNTS_H
#define BURSAR_LEDGER_ACCOUNTS_H

#include "ledger/account.h"
#include "ledger/index.h"

#define ACCOUNTS_CHUNK       (POOL_PAGE / sizeof(struct account)) /* accounts in a chunk: one page of the pool */
#define ACCOUNTS_EXTRA_CHUNK 256

/** A zeroed struct accounts is empty. */
struct accounts {
    struct index index;
    struct account **chunks;
    uint32_t chunk_count;
    uint32_t count; /* accounts; their places are 0 to count - 1 */
    struct account_extra **extra_chunks;
    uint32_t extra_chunk_count;
    uint32_t extra_free; /* first of the free extras; 0: none */
};

/** The account at a place below count. */
static inline struct account *accounts_at(const struct accounts *accounts, uint32_t place)
{
    return &accounts->chunks[place / ACCOUNTS_CHUNK][place % ACCOUNTS_CHUNK];
}

/** The extra of an account that has one. */
static inline struct account_extra *accounts_extra(const struct accounts *accounts,
                                                   const struct account *account)
{
    assert(account->extra != 0);
    return &accounts
                ->extra_chunks[account->extra / ACCOUNTS_EXTRA_CHUNK][account->extra % ACCOUNTS_EXTRA_CHUNK];
}

/** The account with this id, NULL when there is none. `hash` is ident_hash of it. */
struct account *accounts_find(const struct accounts *accounts, const char *id, size_t length, uint64_t hash);

/** Adds an account with this id, which must not exist yet, all else zero. */
struct account *accounts_add(struct accounts *accounts, const char *id, size_t length, uint64_t hash);

/** The place of the first account opened after `number`; count when there is none. */
uint32_t accounts_after(const struct accounts *accounts, sequence_t number);

/** The account's extra, made zeroed when it has none. */
struct account_extra *accounts_extra_get(struct accounts *accounts, struct account *account);

/** Drops the account's extra when it says nothing any more: no limits, no stripe, nothing held or open,
 * nobody waiting. */
void accounts_extra_drop(struct accounts *accounts, struct account *account);

/** Prefetches, in two stages, what accounts_find reads for `hash`. */
void accounts_prefetch(const struct accounts *accounts, uint64_t hash, int stage);

/** Releases all memory. */
void accounts_free(struct accounts *accounts);

#endif
