/* fuzz_resp.c: any bytes, parsed request after request, then once more a few bytes at a time: both must find
 * the same requests and come to the same end, and arguments must lie within the bytes.
 */
#include "proto/resp.h"
#include "tests/fuzz/fuzz.h"

static void request_check(const struct request *request, const char *bytes, size_t size)
{
    check(request->argc <= RESP_ARGS_MAX);
    for (uint32_t i = 0; i < request->argc; i++) {
        const struct slice *argument = &request->args[i];
        check(argument->length <= size && argument->text >= bytes &&
              argument->text <= bytes + size - argument->length);
    }
}

/* Parses one request as its hints ask for bytes. */
static struct resp_result parse_by_hints(const uint8_t *data, size_t size, struct request *request)
{
    struct resp_result result = {.status = RESP_MORE, .size = 0};
    while (result.status == RESP_MORE && result.size <= size) {
        size_t given = result.size;
        char *copy = copy_of(data, given);
        resp_parse(copy, given, request, &result);
        check(result.status != RESP_MORE || result.size > given);
        free(copy);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct request request;
    size_t at = 0;
    for (;;) {
        struct resp_result whole;
        char *copy = copy_of(data + at, size - at);
        resp_parse(copy, size - at, &request, &whole);
        uint32_t argc = request.argc;
        if (whole.status == RESP_REQUEST)
            request_check(&request, copy, whole.size);
        free(copy);
        struct resp_result cut = parse_by_hints(data + at, size - at, &request);
        check(cut.status == whole.status);
        if (whole.status == RESP_ERROR)
            check(strcmp(cut.error, whole.error) == 0);
        if (whole.status != RESP_REQUEST)
            return 0;
        check(cut.size == whole.size && request.argc == argc && whole.size > 0 && whole.size <= size - at);
        at += whole.size;
    }
}
