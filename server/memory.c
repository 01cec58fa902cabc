/* memory.c: allocate, or say so and end. */
#include "server/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/log.h"

#define CACHE_LINE 64

void *memory_zeroed(size_t count, size_t size)
{
    assert(count < SIZE_MAX / 2 / (size + 1));
    size_t bytes = (count * size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    void *memory = aligned_alloc(CACHE_LINE, bytes);
    if (!memory) {
        log_write(LOG_ERROR, "out of memory: %zu bytes could not be allocated", bytes);
        abort();
    }
    return memset(memory, 0, bytes);
}
