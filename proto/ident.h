/* ident.h: the names of accounts and transfers, and of assets.
 *
 * An id is 1 to 64 bytes of A-Z a-z 0-9 _ . : @ / { } -. Ids that begin with '@' are the server's own.
 * A hash tag, the text between the first '{' and the next '}' when it is not empty, alone picks the shard, as
 * in Redis Cluster: "{shop7}:till" and "{shop7}:safe" live on one shard.
 */
#ifndef BURSAR_PROTO_IDENT_H
#define BURSAR_PROTO_IDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDENT_MAX        64
#define IDENT_SHARDS_MAX 64
#define ASSET_CODE_MAX   12

/** Whether `text` is an id: 1 to IDENT_MAX bytes of the alphabet above. */
bool ident_valid(const char *text, size_t length);

/** Whether `text` is an asset code: 1 to ASSET_CODE_MAX bytes of A-Z a-z 0-9 _ . - . */
bool ident_asset_code_valid(const char *text, size_t length);

/** The hash of a whole id: what tables are indexed by. XXH3, keyed with `seed`. */
uint64_t ident_hash(const char *text, size_t length, uint64_t seed);

/** Which of `shards` (1 to IDENT_SHARDS_MAX) shards an id belongs to. `hash` is ident_hash of the same text
 * and seed; it is used as it is when the id has no hash tag, so the common case costs no second hash. Takes
 * bits 32 to 53 of a hash and leaves the others to tables. */
unsigned ident_shard(const char *text, size_t length, uint64_t hash, uint64_t seed, unsigned shards);

#endif
