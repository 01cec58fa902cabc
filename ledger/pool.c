/* pool.c: see pool.h. */
#include "ledger/pool.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN  64
#define CHUNK_SIZE ((size_t)256 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_MALLOC 1
#else
#define POOL_IS_MALLOC 0
#endif

struct pool_block {
    struct pool_block *next;
};

static unsigned class_of(size_t size)
{
    unsigned class = 0;
    while (((size_t)BLOCK_MIN << class) < size)
        class ++;
    return class;
}

void *pool_table(size_t alignment, size_t size)
{
    size = (size + alignment - 1) & ~(alignment - 1);
    void *memory = aligned_alloc(alignment, size);
    if (memory == NULL) {
        (void)fprintf(stderr, "out of memory: %zu bytes for the ledger\n", size);
        abort();
    }
    memset(memory, 0, size);
    return memory;
}

static void *carve(struct pool *pool, size_t size)
{
    if (pool->fresh_size < size) {
        struct pool_block *chunk = pool_table(BLOCK_MIN, CHUNK_SIZE);
        chunk->next = pool->chunks;
        pool->chunks = chunk;
        pool->fresh = (char *)chunk + BLOCK_MIN; /* the first block's room links the chunks */
        pool->fresh_size = CHUNK_SIZE - BLOCK_MIN;
    }
    void *block = pool->fresh;
    pool->fresh += size;
    pool->fresh_size -= size;
    return block;
}

void *pool_take(struct pool *pool, size_t size)
{
    unsigned class = class_of(size);
    if (POOL_IS_MALLOC || class >= POOL_CLASSES)
        return pool_table(BLOCK_MIN, size);

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
        free(block);
        return;
    }
    struct pool_block *freed = block;
    freed->next = pool->free[class];
    pool->free[class] = freed;
}

void pool_free(struct pool *pool)
{
    while (pool->chunks != NULL) {
        struct pool_block *chunk = pool->chunks;
        pool->chunks = chunk->next;
        free(chunk);
    }
    *pool = (struct pool){0};
}
