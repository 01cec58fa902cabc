/* memory.h: allocation that can't fail: out of memory ends the process with a message, since a ledger that
 * can't finish what it began must not go on. Growing runs of bytes are proto/buffer.h's.
 */
#ifndef BURSAR_SERVER_MEMORY_H
#define BURSAR_SERVER_MEMORY_H

#include <stddef.h>

/** `count` zeroed objects of `size` bytes, aligned to a cache line. The caller frees them with free(). */
void *memory_zeroed(size_t count, size_t size);

#endif
