/* proto.c: how long it takes to read a TRANSFER from the bytes of a connection, and to write its answer.
 *
 *     bench_proto [REQUESTS]
 *
 * Reading is what a worker does before the ledger's part begins: the request is cut into its arguments, the
 * command found, the ids and the amount checked, and the ids hashed.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/amount.h"
#include "proto/commands.h"
#include "proto/ident.h"
#include "proto/reply.h"
#include "tests/bench/bench.h"

#define SEED  7
#define BATCH 1000 /* requests in the buffer: as much as one read brings, so that it stays in the cache */

static void write_requests(struct buffer *out)
{
    for (unsigned i = 0; i < BATCH; i++) {
        char text[256];
        int length =
            snprintf(text, sizeof text,
                     "*5\r\n$8\r\nTRANSFER\r\n$36\r\na1b2c3d4-0000-4000-8000-%012" PRIu64
                     "\r\n$15\r\nbench:%09" PRIu64 "\r\n$15\r\nbench:%09" PRIu64 "\r\n$5\r\n12.34\r\n",
                     dice() % 1000000000000, dice() % 1000000000, dice() % 1000000000);
        buffer_append(out, text, (size_t)length);
    }
}

/* Returns something that depends on all that was read, so that none of it is left out. */
static uint64_t read_request(const struct request *request)
{
    const struct command *command = command_find_like(request->args[0], COMMAND_TRANSFER);
    uint64_t sum = command->id;
    for (unsigned i = 1; i <= 3; i++) {
        struct slice id = request->args[i];
        expect(ident_valid(id.text, id.length), "an id is one");
        sum += ident_hash(id.text, id.length, SEED);
    }
    struct decimal amount;
    expect(decimal_parse(request->args[4].text, request->args[4].length, &amount) == DECIMAL_OK,
           "an amount is one");
    return sum + (uint64_t)amount.mantissa;
}

int main(int argc, char **argv)
{
    static struct request request;
    struct resp_result result;
    struct buffer in = {0};
    struct buffer out = {0};
    uint64_t requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    uint64_t sum = 0;
    expect(requests >= BATCH, "usage: bench_proto [REQUESTS], at least 1000");
    write_requests(&in);

    double start = clock_s(CLOCK_MONOTONIC);
    for (uint64_t done = 0; done < requests; done += BATCH) {
        for (size_t at = 0; at < in.end; at += result.size) {
            resp_parse(in.bytes + at, in.end - at, &request, &result);
            expect(result.status == RESP_REQUEST, "a request is one");
            sum += read_request(&request);
        }
    }
    double read = clock_s(CLOCK_MONOTONIC);
    for (uint64_t done = 0; done < requests; done += BATCH) {
        struct reply reply = {&out, 2};
        for (uint64_t i = 0; i < BATCH; i++)
            reply_integer(&reply, (int64_t)(1000000 + done + i));
        sum += out.end;
        out.end = 0;
    }
    double written = clock_s(CLOCK_MONOTONIC);
    printf("read a TRANSFER of %zu bytes: %.0f ns; write its answer: %.1f ns (%" PRIx64 ")\n", in.end / BATCH,
           (read - start) / (double)requests * 1e9, (written - read) / (double)requests * 1e9, sum);
    buffer_free(&in);
    buffer_free(&out);
    return 0;
}
