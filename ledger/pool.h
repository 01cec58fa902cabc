/* pool.h: memory for what lives between a prepare and its decision, without malloc on the path of a transfer.
 *
 * Blocks of power-of-two sizes, kept on a free list for each size and carved from large chunks that go back
 * only when the pool does. Blocks too large for that, which only reads of the whole ledger need, come from
 * malloc. In builds with AddressSanitizer every block does, so that it sees each use after release.
 */
#ifndef BURSAR_LEDGER_POOL_H
#define BURSAR_LEDGER_POOL_H

#include <stddef.h>

#define POOL_CLASSES 15 /* 64 bytes to 1 MiB */

/** What pool_page returns: large, so that few calls are needed for a large ledger. */
#define POOL_PAGE ((size_t)2 << 20)

struct pool_block;
struct pool_large;

/** A zeroed struct pool is an empty one. */
struct pool {
    struct pool_block *free[POOL_CLASSES]; /* by size: 64 << class */
    struct pool_block *pages;              /* all that was carved, for pool_free */
    struct pool_large *large;              /* blocks from malloc, too */
    char *fresh;                           /* the uncarved rest of the newest page */
    size_t fresh_size;
};

/** A block of at least `size` bytes, aligned to 64, not initialised. Ends the process when there is no
 * memory. */
void *pool_take(struct pool *pool, size_t size);

/** Gives back a block that pool_take returned for the same `size`. */
void pool_give(struct pool *pool, void *block, size_t size);

/** Releases all memory. Blocks still taken are invalid afterwards. */
void pool_free(struct pool *pool);

/** One POOL_PAGE of zeroed memory, straight from the system, which gives it as it is first touched: a page
 * that is half used costs half. pool_page_free releases it. */
void *pool_page(void);
/** The same, from one huge page of the processor's where the system has one to give. For what is read at
 * random: it takes one entry of the processor's table of pages, not 512. All of it is given at the first
 * touch. */
void *pool_page_huge(void);
void pool_page_free(void *page);

/** Memory of `size` bytes aligned to `alignment`, zeroed, for tables that grow; free() releases it. Ends the
 *  process with a message when there is none. */
void *pool_table(size_t alignment, size_t size);

#endif
