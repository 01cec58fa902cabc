/* fuzz_inline.c: any line, cut into arguments. They lie in the line one after another; a line without quotes
 * is cut at its blanks and nowhere else; and the arguments, each quoted with every byte escaped, are cut into
 * the same.
 */
#include "proto/inline.h"
#include "tests/fuzz/fuzz.h"

/* The arguments lie in the line, in their order, none over another. */
static void places_check(const struct request *request, const char *line, size_t length)
{
    const char *free_from = line;
    check(request->argc <= RESP_ARGS_MAX);
    for (uint32_t i = 0; i < request->argc; i++) {
        const struct slice *argument = &request->args[i];
        check(argument->text >= free_from && argument->text + argument->length <= line + length);
        free_from = argument->text + argument->length;
    }
}

static int blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Without quotes, what is not blank is an argument as it stands. */
static void words_check(const struct request *request, enum inline_status status, const uint8_t *data,
                        size_t size)
{
    size_t at = 0;
    uint32_t count = 0;
    for (;;) {
        while (at < size && blank(data[at]))
            at++;
        if (at == size)
            break;
        size_t begun = at;
        while (at < size && !blank(data[at]))
            at++;
        if (count == RESP_ARGS_MAX) {
            check(status == INLINE_TOO_MANY_ARGS);
            return;
        }
        const struct slice *argument = &request->args[count++];
        check(argument->length == at - begun && memcmp(argument->text, data + begun, at - begun) == 0);
    }
    check(status == INLINE_OK && request->argc == count);
}

/* Quotes every argument, each of its bytes as \xHH, and cuts that. */
static void quoted_check(const struct request *request, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    static struct request again;
    char *line = malloc(4 * size + 3 * (size_t)request->argc + 1);
    size_t length = 0;
    check(line != NULL);
    for (uint32_t i = 0; i < request->argc; i++) {
        line[length++] = '"';
        for (size_t k = 0; k < request->args[i].length; k++) {
            uint8_t byte = (uint8_t)request->args[i].text[k];
            const char escape[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            memcpy(line + length, escape, sizeof escape);
            length += sizeof escape;
        }
        line[length++] = '"';
        line[length++] = ' ';
    }
    check(inline_split(line, length, &again) == INLINE_OK && again.argc == request->argc);
    for (uint32_t i = 0; i < request->argc; i++) {
        check(again.args[i].length == request->args[i].length);
        check(memcmp(again.args[i].text, request->args[i].text, again.args[i].length) == 0);
    }
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct request request;
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t length = end != NULL ? (size_t)(end - data) : size;
    char *line = copy_of(data, length);
    enum inline_status status = inline_split(line, length, &request);
    places_check(&request, line, length);
    check(status != INLINE_TOO_MANY_ARGS || request.argc == RESP_ARGS_MAX);
    if (length > 0 && memchr(data, '"', length) == NULL && memchr(data, '\'', length) == NULL)
        words_check(&request, status, data, length);
    if (status == INLINE_OK)
        quoted_check(&request, length);
    free(line);
    return 0;
}
