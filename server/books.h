/* books.h: what folding needs to know of each account, by the number of its opening: its totals, its newest
 * entry, and how many it has. Kept in memory beside the database, since a lookup there costs more than all
 * else in a fold.
 */
#ifndef BURSAR_SERVER_BOOKS_H
#define BURSAR_SERVER_BOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "ledger/message.h"

enum book_state { BOOK_OPEN, BOOK_FROZEN, BOOK_CLOSED };

/** One account: a cache line. */
struct book {
    amount_t debits; /* the low 128 bits */
    amount_t credits;
    sequence_t number;     /* of its opening */
    sequence_t entry;      /* the newest leg that touched it; 0: none */
    uint64_t entries : 48; /* legs that touched it */
    uint64_t asset : 16;   /* its place among the archive's assets */
    uint32_t extra;        /* its place among the extras + 1; 0: it has none */
    uint8_t state;         /* enum book_state */
    bool unbounded;        /* no limit on its debt and no ceiling: its totals may be of any size */
};

/** What only few accounts have. */
struct book_extra {
    struct total held_out; /* by open holds from it */
    struct total held_in;  /* and to it */
    uint64_t debits_high;  /* multiples of 2^128 */
    uint64_t credits_high;
    sequence_t last; /* the newest number that changed it and is no leg of its; 0: none */
};

/** A zeroed one is empty. */
struct books {
    struct book *rows;         /* owned; in the order of opening */
    struct book_extra *extras; /* owned */
    uint64_t *dirty;           /* owned; a bit for each row: books_touch was called since books_clean */
    uint32_t *slots;           /* owned; open addressing: a row's place + 1, 0: free */
    uint32_t count;
    uint32_t capacity; /* of rows */
    uint32_t extra_count;
    uint32_t extra_capacity;
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

/** The extra of an account, which is made where it has none. Good until the next books_extra. */
struct book_extra *books_extra(struct books *books, struct book *book);

/** What an account has been debited and credited. */
struct total books_debits(const struct books *books, const struct book *book);
struct total books_credits(const struct books *books, const struct book *book);

/** What its open holds hold, from it or to it. */
struct total books_held_out(const struct books *books, const struct book *book);
struct total books_held_in(const struct books *books, const struct book *book);

/** The newest number that changed it; 0: none. */
sequence_t books_last(const struct books *books, const struct book *book);

/** Adds an account, zeroed but for its number, which is greater than all before. */
struct book *books_add(struct books *books, sequence_t number);

/** Releases all memory; the books are empty afterwards. */
void books_free(struct books *books);

#endif
