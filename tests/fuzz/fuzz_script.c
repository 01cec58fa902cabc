/* fuzz_script.c: any bytes as a script of commands (tests/model/script.h), one after another: the ledger, on
 * 1 to 4 shards and over restarts from its own records, answers what the plain reference answers, to the
 * byte.
 *
 * The first byte says how many shards there are, and whether they restart; the second is a seed.
 */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "tests/model/cluster.h"
#include "tests/model/reference.h"
#include "tests/model/script.h"

#define SHARDS_MOST   4
#define RESTARTS      128 /* in the first byte: a restart after every so many calls */
#define RESTART_EVERY 16

/* The whole script as a person would type it, and how it was answered. */
static void difference_tell(const struct script *script, size_t place, const char *heard,
                            const char *expected)
{
    struct buffer text = {0};
    for (size_t i = 0; i <= place; i++) {
        call_write(&script->calls[i], &text);
        buffer_append(&text, "\n", 1);
    }
    (void)fprintf(stderr, "%.*sis answered\n  %s\nand the reference says\n  %s\n", (int)buffer_length(&text),
                  text.bytes + text.start, heard, expected);
    buffer_free(&text);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct script script;
    struct buffer expected = {0};
    unsigned shards = 1 + data[0] % SHARDS_MOST;
    script_make_given(&script, data[1], data + 2, size - 2);
    struct reference *reference = reference_create();
    struct cluster *cluster =
        cluster_create(&(struct cluster_config){.shards = shards, .seed = data[0] / 4U % 32, .batch_max = 1});
    for (size_t i = 0; i < script.count; i++) {
        if ((data[0] & RESTARTS) != 0 && i % RESTART_EVERY == RESTART_EVERY - 1)
            cluster_restart(cluster, shards = 1 + shards % SHARDS_MOST);
        reference_call(reference, &script.calls[i], &expected);
        const char *heard = cluster_call(cluster, &script.calls[i]);
        if (strcmp(heard, expected.bytes) != 0)
            difference_tell(&script, i, heard, expected.bytes);
    }
    cluster_free(cluster);
    reference_free(reference);
    buffer_free(&expected);
    script_free(&script);
    return 0;
}
