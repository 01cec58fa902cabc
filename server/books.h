/* books.h: what folding needs to know of each account, by the number of its opening: its totals and its
 * newest entry. Kept in memory beside the database, since a lookup there costs more than all else in a fold.
 */
#ifndef BURSAR_SERVER_BOOKS_H
#define BURSAR_SERVER_BOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "ledger/message.h"

/** One account. */
struct book {
    amount_t debits;
    amount_t credits;
    sequence_t number; /* of its opening */
    sequence_t entry;  /* the newest leg that touched it; 0: none */
    uint16_t asset;    /* its place among the archive's assets */
};

/** A zeroed one is empty. */
struct books {
    struct book *rows; /* owned; in the order of opening */
    uint64_t *dirty;   /* owned; a bit for each row: books_touch was called since books_clean */
    uint32_t *slots;   /* owned; open addressing: a row's place + 1, 0: free */
    uint32_t count;
    uint32_t capacity;  /* of rows */
    uint32_t slot_mask; /* slots - 1, a power of two less one; at most half are used */
};

/** The account that was opened with `number`; NULL: none was. Good until the next books_add. */
struct book *books_find(const struct books *books, sequence_t number);

/** Asks the processor for what books_find(number) reads: stage 0, the slot; stage 1, later, the row. */
void books_prefetch(const struct books *books, sequence_t number, int stage);

/** Makes room for `count` accounts in all, so that adding them moves nothing. */
void books_reserve(struct books *books, uint32_t count);

/** Marks a row as changed. */
static inline void books_touch(struct books *books, const struct book *book)
{
    size_t place = (size_t)(book - books->rows);
    books->dirty[place / 64] |= UINT64_C(1) << place % 64;
}

/** The first changed row, which counts as unchanged from now on; NULL: there is none. `*from` makes the next
 * call quick: 0 at first, then left alone. */
struct book *books_clean(struct books *books, uint32_t *from);

/** Adds an account, zeroed but for its number, which is greater than all before. */
struct book *books_add(struct books *books, sequence_t number);

/** Releases all memory; the books are empty afterwards. */
void books_free(struct books *books);

#endif
