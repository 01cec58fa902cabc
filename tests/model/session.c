/* session.c: see session.h. */
#include "tests/model/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/reference.h"

void session_run(const struct session_line *lines, size_t count)
{
    struct words words = {0};
    struct reference *reference = reference_create();
    struct buffer reply = {0};
    struct call *parts = calloc(LEGS_MAX, sizeof *parts);
    cr_assert_not_null(parts);
    for (size_t i = 0; i < count; i++) {
        struct call call = call_read(&words, lines[i].command, parts);
        struct buffer written = {0};
        call_write(&call, &written);
        reference_call(reference, &call, &reply);
        cr_expect(strcmp(reply.bytes, lines[i].reply) == 0, "%zu: %s\n  read as %.*s\n  %s\n  not\n  %s", i,
                  lines[i].command, (int)written.end, written.bytes, reply.bytes, lines[i].reply);
        buffer_free(&written);
    }
    free(parts);
    buffer_free(&reply);
    reference_free(reference);
    words_free(&words);
}
