/* info.h: what INFO tells: the server's state and its counters, as "key:value" lines in sections. */
#ifndef BURSAR_SERVER_INFO_H
#define BURSAR_SERVER_INFO_H

#include "proto/buffer.h"
#include "proto/resp.h"

struct server;

/** Appends the sections that `names` (count of them) ask for, in any case: all of them when count is 0 or one
 * is "all", "default" or "everything". Unknown names add nothing. Any thread. */
void info_write(const struct server *server, const struct slice *names, uint32_t count, struct buffer *out);

#endif
