/* pool.c: see pool.h. */
#include "ledger/pool.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK_MIN 64

/* A free block of so many bytes or more keeps its addresses only, its memory goes back to the system: it
 * comes from an index that has grown, and what needs so large a block next may need a larger one. */
#define BLOCK_KEPT_MAX 32768
#define SYSTEM_PAGE    4096 /* or more; where it is, the calls below fail, which does no harm */

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_MALLOC 1
#else
#define POOL_IS_MALLOC 0
#endif

struct pool_block {
    struct pool_block *next;
};

/* Precedes a block that comes from malloc. */
struct pool_large {
    struct pool_large *next;
    struct pool_large **link; /* what points to it */
};
static_assert(sizeof(struct pool_large) <= BLOCK_MIN, "it fits before the block");

static unsigned class_of(size_t size)
{
    unsigned class = 0;
    while (((size_t)BLOCK_MIN << class) < size)
        class ++;
    return class;
}

static void *or_abort(void *memory, size_t size)
{
    if (memory == NULL || memory == MAP_FAILED) {
        (void)fprintf(stderr, "out of memory: %zu bytes for the ledger\n", size);
        abort();
    }
    return memory;
}

void *pool_table(size_t alignment, size_t size)
{
    size = (size + alignment - 1) & ~(alignment - 1);
    return memset(or_abort(aligned_alloc(alignment, size), size), 0, size);
}

void *pool_page(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    return or_abort(mmap(NULL, POOL_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0), POOL_PAGE);
}

void *pool_page_huge(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *map = or_abort(mmap(NULL, 2 * POOL_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0), POOL_PAGE);
    size_t before = -(uintptr_t)map % POOL_PAGE;
    if (before > 0)
        munmap(map, before);
    munmap(map + before + POOL_PAGE, POOL_PAGE - before);
    (void)madvise(map + before, POOL_PAGE, MADV_HUGEPAGE); /* where it can't be had, small ones do as well */
    return map + before;
}

void pool_page_free(void *page)
{
    munmap(page, POOL_PAGE);
}

static void *carve(struct pool *pool, size_t size)
{
    if (pool->fresh_size < size) {
        struct pool_block *page = pool_page();
        page->next = pool->pages;
        pool->pages = page;
        pool->fresh = (char *)page + BLOCK_MIN; /* the first block's room links the pages */
        pool->fresh_size = POOL_PAGE - BLOCK_MIN;
    }
    void *block = pool->fresh;
    pool->fresh += size;
    pool->fresh_size -= size;
    return block;
}

/* A block of its own from malloc, linked to the others by what precedes it, so that pool_free finds it. */
static void *large_take(struct pool *pool, size_t size)
{
    struct pool_large *large = pool_table(BLOCK_MIN, BLOCK_MIN + size);
    large->next = pool->large;
    large->link = &pool->large;
    if (large->next != NULL)
        large->next->link = &large->next;
    pool->large = large;
    return (char *)large + BLOCK_MIN;
}

static void large_give(void *block)
{
    struct pool_large *large = (struct pool_large *)(void *)((char *)block - BLOCK_MIN);
    *large->link = large->next;
    if (large->next != NULL)
        large->next->link = large->link;
    free(large);
}

void *pool_take(struct pool *pool, size_t size)
{
    unsigned class = class_of(size);
    if (POOL_IS_MALLOC || class >= POOL_CLASSES)
        return large_take(pool, size);

    struct pool_block *block = pool->free[class];
    if (block == NULL)
        return carve(pool, (size_t)BLOCK_MIN << class);
    pool->free[class] = block->next;
    return block;
}

void pool_give(struct pool *pool, void *block, size_t size)
{
    unsigned class = class_of(size);
    if (POOL_IS_MALLOC || class >= POOL_CLASSES) {
        large_give(block);
        return;
    }
    if (size >= BLOCK_KEPT_MAX) {
        uintptr_t begin =
            ((uintptr_t)block + sizeof(struct pool_block) + SYSTEM_PAGE - 1) & -(uintptr_t)SYSTEM_PAGE;
        uintptr_t end = ((uintptr_t)block + size) & -(uintptr_t)SYSTEM_PAGE;
        (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    struct pool_block *freed = block;
    freed->next = pool->free[class];
    pool->free[class] = freed;
}

void pool_free(struct pool *pool)
{
    for (struct pool_large *large = pool->large, *next; large != NULL; large = next) {
        next = large->next;
        free(large);
    }
    while (pool->pages != NULL) {
        struct pool_block *page = pool->pages;
        pool->pages = page->next;
        pool_page_free(page);
    }
    *pool = (struct pool){0};
}
