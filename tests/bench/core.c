/* core.c: how long one transfer takes in the ledger alone: one shard, in process, commit record included.
 *
 *     bench_core [ACCOUNTS [TRANSFERS]]
 *
 * Transfers of one leg between random accounts go through in batches, as a worker runs them: prefetched,
 * stepped, sealed. Composing the messages is timed apart, since a server does that while it parses.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/compose.h"
#include "ledger/shard.h"

#define BATCH 256

struct bench {
    struct shard *shard;
    struct sender sender;
    struct outbox outbox;
    struct buffer run;
    sequence_t next;
    uint64_t dice;
    double longest; /* seconds that a batch took, at most */
};

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* xorshift64 (G. Marsaglia, "Xorshift RNGs", 2003): cheap beside what is measured. */
static uint64_t roll(struct bench *bench, uint64_t below)
{
    bench->dice ^= bench->dice << 13;
    bench->dice ^= bench->dice >> 7;
    bench->dice ^= bench->dice << 17;
    return bench->dice % below;
}

/* A 36-byte id, the length of a UUID. */
static struct slice make_id(char *out, const char *kind, uint64_t number)
{
    memcpy(out, kind, 8);
    memcpy(out + 8, "-0000-4000-8000-", 16);
    for (unsigned i = 36; i-- > 24; number /= 10)
        out[i] = (char)('0' + number % 10);
    return (struct slice){out, 36};
}

/* Runs and seals what lies in bench->run, and drops what comes of it. */
static void run_batch(struct bench *bench)
{
    struct message *messages[BATCH];
    unsigned count = 0;
    for (size_t at = bench->run.start; at < bench->run.end; at += messages[count++]->size)
        messages[count] = (struct message *)(void *)(bench->run.bytes + at);
    for (unsigned i = 0; i < count; i++)
        shard_prefetch(bench->shard, messages[i], 0);
    for (unsigned i = 0; i < count; i++) {
        if (i % 16 == 0) {
            for (unsigned k = i; k < count && k < i + 16; k++)
                shard_prefetch(bench->shard, messages[k], 1);
        }
        shard_step(bench->shard, messages[i], &bench->outbox);
    }
    uint64_t used = shard_numbers_used(bench->shard);
    shard_seal(bench->shard, &bench->outbox, (struct stamp){bench->next, bench->next});
    bench->next += used;
    bench->run.end = 0;
    bench->outbox.records.end = 0;
    bench->outbox.to[0].end = 0;
}

static void run_timed(struct bench *bench)
{
    double start = now_s();
    run_batch(bench);
    double took = now_s() - start;
    bench->longest = took > bench->longest ? took : bench->longest;
}

static void open_accounts(struct bench *bench, uint64_t accounts)
{
    char id[IDENT_MAX];
    char account[IDENT_MAX];
    const struct slice none = {"", 0};
    for (uint64_t i = 0; i < accounts; i++) {
        struct slice name = make_id(account, "a1b2c3d4", i);
        compose_open(&bench->run, &bench->sender, name, (struct slice){"USD", 3});
        compose_world_transfer(&bench->run, &bench->sender, TRANSFER_DEPOSIT, make_id(id, "deposit0", i),
                               name, (struct decimal){1000000, 0}, none);
        if (i % (BATCH / 2) == BATCH / 2 - 1 || i == accounts - 1)
            run_timed(bench);
    }
}

static void compose_batch(struct bench *bench, uint64_t first, unsigned count, uint64_t accounts)
{
    for (unsigned i = 0; i < count; i++) {
        char id[IDENT_MAX];
        char from[IDENT_MAX];
        char to[IDENT_MAX];
        uint64_t payer = roll(bench, accounts);
        uint64_t payee = (payer + 1 + roll(bench, accounts - 1)) % accounts;
        const struct leg_text leg = {.from = make_id(from, "a1b2c3d4", payer),
                                     .to = make_id(to, "a1b2c3d4", payee),
                                     .amount = {1 + roll(bench, 100), 2}};
        compose_transfer(&bench->run, &bench->sender, make_id(id, "transfer", first + i), 1, &leg,
                         (struct slice){"", 0});
    }
}

int main(int argc, char **argv)
{
    uint64_t accounts = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t transfers = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000000;
    if (accounts < 2 || transfers < 1) {
        (void)fprintf(stderr, "usage: bench_core [ACCOUNTS [TRANSFERS]], at least 2 and 1\n");
        return 2;
    }
    struct bench bench = {.sender = {.seed = 7, .shards = 1}, .next = 1, .dice = 88172645463325252};
    bench.shard = shard_create(&(struct shard_config){.count = 1, .seed = 7});

    double start = now_s();
    open_accounts(&bench, accounts);
    double opened = now_s();
    double composing = 0;
    for (uint64_t done = 0; done < transfers; done += BATCH) {
        double before = now_s();
        compose_batch(&bench, done, transfers - done < BATCH ? (unsigned)(transfers - done) : BATCH,
                      accounts);
        composing += now_s() - before;
        run_timed(&bench);
    }
    double total = now_s() - opened;
    printf("%" PRIu64
           " accounts: open and deposit %.0f ns, transfer %.0f ns (names and composing %.0f ns more)\n",
           accounts, (opened - start) / (double)accounts * 1e9, (total - composing) / (double)transfers * 1e9,
           composing / (double)transfers * 1e9);
    printf("the longest batch of %d took %.2f ms\n", BATCH, bench.longest * 1e3);
    shard_free(bench.shard);
    buffer_free(&bench.run);
    buffer_free(&bench.outbox.records);
    buffer_free(&bench.outbox.to[0]);
    return 0;
}
