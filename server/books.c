/* books.c: see books.h. */
#include "server/books.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/memory.h"

#define ROWS_MIN   1024
#define EXTRAS_MIN 64

static_assert(sizeof(struct book) == 64, "a cache line");

/* Numbers often follow one another: the golden ratio's multiples spread them evenly (Knuth, TAOCP 3, 6.4). */
static uint32_t slot_home(const struct books *books, sequence_t number)
{
    return (uint32_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 32) & books->slot_mask;
}

/** The slot of `number`, or the free one where it belongs. */
static uint32_t *slot_find(const struct books *books, sequence_t number)
{
    uint32_t at = slot_home(books, number);
    while (books->slots[at] != 0 && books->rows[books->slots[at] - 1].number != number) {
        at = (at + 1) & books->slot_mask;
    }
    return &books->slots[at];
}

struct book *books_find(const struct books *books, sequence_t number)
{
    if (books->count == 0) {
        return NULL;
    }
    uint32_t slot = *slot_find(books, number);
    return slot != 0 ? &books->rows[slot - 1] : NULL;
}

void books_prefetch(const struct books *books, sequence_t number, int stage)
{
    if (books->count == 0) {
        return;
    }
    const uint32_t *slot = &books->slots[slot_home(books, number)];
    if (stage == 0) {
        __builtin_prefetch(slot);
    } else if (*slot != 0) {
        __builtin_prefetch(&books->rows[*slot - 1], 1);
    }
}

void books_reserve(struct books *books, uint32_t count)
{
    struct books old = *books;
    assert(count <= UINT32_MAX / 4);
    if (count <= old.capacity) {
        return;
    }
    books->capacity = old.capacity == 0 ? ROWS_MIN : old.capacity * 2;
    while (books->capacity < count) {
        books->capacity *= 2;
    }
    books->rows = memory_zeroed(books->capacity, sizeof *books->rows);
    if (old.count > 0) {
        memcpy(books->rows, old.rows, old.count * sizeof *books->rows);
    }
    books->dirty = memory_zeroed(books->capacity / 64, sizeof *books->dirty);
    if (old.count > 0) {
        memcpy(books->dirty, old.dirty, old.capacity / 8);
    }
    books->slot_mask = books->capacity * 2 - 1;
    books->slots = memory_zeroed((size_t)books->slot_mask + 1, sizeof *books->slots);
    for (uint32_t place = 0; place < books->count; place++) {
        *slot_find(books, books->rows[place].number) = place + 1;
    }
    free(old.rows);
    free(old.dirty);
    free(old.slots);
}

struct book *books_clean(struct books *books, uint32_t *from)
{
    for (uint32_t word = *from / 64; word < books->capacity / 64; word++) {
        uint64_t bits = books->dirty[word];
        if (bits != 0) {
            books->dirty[word] = bits & (bits - 1);
            *from = word * 64;
            return &books->rows[*from + (unsigned)__builtin_ctzll(bits)];
        }
    }
    return NULL;
}

struct book *books_add(struct books *books, sequence_t number)
{
    assert(number != 0 && (books->count == 0 || books->rows[books->count - 1].number < number));
    books_reserve(books, books->count + 1);
    *slot_find(books, number) = books->count + 1;
    struct book *book = &books->rows[books->count++];
    book->number = number;
    return book;
}

struct book_extra *books_extra(struct books *books, struct book *book)
{
    if (book->extra != 0) {
        return &books->extras[book->extra - 1];
    }
    if (books->extra_count == books->extra_capacity) {
        uint32_t capacity = books->extra_capacity == 0 ? EXTRAS_MIN : books->extra_capacity * 2;
        struct book_extra *extras = memory_zeroed(capacity, sizeof *extras);
        if (books->extra_count > 0) {
            memcpy(extras, books->extras, books->extra_count * sizeof *extras);
        }
        free(books->extras);
        books->extras = extras;
        books->extra_capacity = capacity;
    }
    book->extra = ++books->extra_count;
    return &books->extras[book->extra - 1];
}

/** The extra of an account, or one that is all zero. */
static const struct book_extra *extra_of(const struct books *books, const struct book *book)
{
    static const struct book_extra none;
    return book->extra != 0 ? &books->extras[book->extra - 1] : &none;
}

struct total books_debits(const struct books *books, const struct book *book)
{
    return (struct total){book->debits, extra_of(books, book)->debits_high};
}

struct total books_credits(const struct books *books, const struct book *book)
{
    return (struct total){book->credits, extra_of(books, book)->credits_high};
}

struct total books_held_out(const struct books *books, const struct book *book)
{
    return extra_of(books, book)->held_out;
}

struct total books_held_in(const struct books *books, const struct book *book)
{
    return extra_of(books, book)->held_in;
}

sequence_t books_last(const struct books *books, const struct book *book)
{
    sequence_t last = extra_of(books, book)->last;
    return last > book->entry ? last : book->entry;
}

void books_free(struct books *books)
{
    free(books->rows);
    free(books->extras);
    free(books->dirty);
    free(books->slots);
    *books = (struct books){0};
}
