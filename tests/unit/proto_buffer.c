/* proto_buffer.c: a buffer is a queue of bytes, whatever it does with its memory. */
#include "proto/buffer.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/proto_dice.h"

Test(buffer, gives_back_what_was_written_in_order)
{
    enum { STREAM = 4 << 20 };
    struct dice dice = dice_begin();
    char *stream = malloc(STREAM);
    cr_assert_not_null(stream);
    for (size_t i = 0; i < STREAM; i++)
        stream[i] = (char)dice_next(&dice);
    struct buffer buffer = {0};
    size_t written = 0;
    size_t read = 0;
    while (written < STREAM) {
        size_t length = dice_below(&dice, 1U << dice_below(&dice, 17));
        length = length < STREAM - written ? length : STREAM - written;
        if (dice_below(&dice, 2) == 0) {
            buffer_append(&buffer, stream + written, length);
        } else {
            memcpy(buffer_reserve(&buffer, length), stream + written, length);
            buffer.end += length;
        }
        written += length;
        cr_assert_eq(buffer_length(&buffer), written - read, "seed %lu", dice.seed);
        cr_assert_leq(buffer.end, buffer.capacity, "seed %lu", dice.seed);
        if (written > read)
            cr_assert_arr_eq(buffer.bytes + buffer.start, stream + read, written - read, "seed %lu",
                             dice.seed);
        size_t taken =
            dice_below(&dice, 3) == 0 ? written - read : dice_below(&dice, (unsigned)(written - read) + 1);
        buffer_consume(&buffer, taken);
        read += taken;
    }
    buffer_free(&buffer);
    free(stream);
}

Test(buffer, does_not_grow_while_it_is_read_as_fast_as_it_is_written)
{
    struct buffer buffer = {0};
    char chunk[1000] = {0};
    buffer_append(&buffer, chunk, sizeof chunk);
    size_t capacity = buffer.capacity;
    for (int i = 0; i < 10000; i++) {
        buffer_append(&buffer, chunk, sizeof chunk);
        buffer_consume(&buffer, sizeof chunk);
        cr_assert_eq(buffer.capacity, capacity);
    }
    buffer_free(&buffer);
}

Test(buffer, grows_rather_than_move_much_to_gain_little)
{
    struct buffer buffer = {0};
    (void)buffer_reserve(&buffer, 1);
    size_t capacity = buffer.capacity;
    memset(buffer_reserve(&buffer, capacity), 'x', capacity);
    buffer.end += capacity;
    buffer_consume(&buffer, 1);
    buffer_append(&buffer, "y", 1);
    cr_expect_eq(buffer.capacity, 2 * capacity);
    cr_expect_eq(buffer_length(&buffer), capacity);
    buffer_free(&buffer);
}

Test(buffer, keeps_the_last_byte_of_formatted_text_that_just_fits)
{
    for (size_t room = 1; room <= 8; room++) {
        struct buffer buffer = {0};
        (void)buffer_reserve(&buffer, 1);
        size_t before = buffer.capacity - room;
        memset(buffer_reserve(&buffer, before), 'x', before);
        buffer.end += before;
        buffer_printf(&buffer, "%d", 123456);
        cr_expect_eq(buffer_length(&buffer), before + 6);
        cr_expect_arr_eq(buffer.bytes + buffer.start + before, "123456", 6, "%zu bytes of room", room);
        buffer_free(&buffer);
    }
}

Test(buffer, starts_again_at_its_front_when_all_is_read)
{
    struct buffer buffer = {0};
    buffer_append(&buffer, "abc", 3);
    buffer_consume(&buffer, 3);
    cr_expect(buffer.start == 0 && buffer.end == 0);
    buffer_free(&buffer);
}

Test(buffer, takes_formatted_text_of_any_length)
{
    struct buffer buffer = {0};
    char *expected = malloc(3 * 10000 + 1);
    cr_assert_not_null(expected);
    size_t length = 0;
    for (int i = 0; i < 100; i++) {
        buffer_printf(&buffer, "%d %0*d;", i, 1 + i * 3 % 60, i);
        length += (size_t)sprintf(expected + length, "%d %0*d;", i, 1 + i * 3 % 60, i);
    }
    buffer_printf(&buffer, "%010000d", 7);
    length += (size_t)sprintf(expected + length, "%010000d", 7);
    cr_expect_eq(buffer_length(&buffer), length);
    cr_expect_arr_eq(buffer.bytes, expected, length);
    free(expected);
    buffer_free(&buffer);
}

Test(buffer, is_empty_and_usable_after_it_was_freed)
{
    struct buffer buffer = {0};
    buffer_append(&buffer, "abc", 3);
    buffer_free(&buffer);
    cr_expect(buffer.bytes == NULL && buffer.capacity == 0 && buffer_length(&buffer) == 0);
    buffer_append(&buffer, "de", 2);
    cr_expect_eq(buffer_length(&buffer), 2);
    cr_expect_arr_eq(buffer.bytes, "de", 2);
    buffer_free(&buffer);
}

Test(buffer, refuses_to_give_more_than_it_has, .signal = SIGABRT)
{
    struct buffer buffer = {0};
    buffer_append(&buffer, "abc", 3);
    buffer_consume(&buffer, 4);
}
