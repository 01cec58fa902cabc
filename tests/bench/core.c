/* core.c: how long one transfer takes in the ledger alone, in process, commit record included.
 *
 *     bench_core [ACCOUNTS [TRANSFERS [same|cross]]]
 *
 * Transfers of one leg between random accounts go through in batches, as a worker runs them: prefetched,
 * stepped, sealed. "same": one shard (the default). "cross": two shards in one thread, and each transfer is
 * from an account of the one to an account of the other. Composing the messages is timed apart, since a
 * server does that while it parses.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ledger/compose.h"
#include "ledger/shard.h"
#include "tests/bench/bench.h"

#define BATCH       256
#define SHARDS      2 /* at most */
#define SEED        7
#define ID_LENGTH   36 /* the length of a UUID */
#define AMOUNT_MOST 100

struct bench {
    struct shard *shards[SHARDS];
    unsigned count;
    struct sender sender;
    struct outbox outbox[SHARDS];
    struct buffer draft;        /* composed */
    struct buffer run[SHARDS];  /* to be run by each shard */
    uint64_t *accounts[SHARDS]; /* the accounts of each shard, by number */
    uint64_t account_count[SHARDS];
    sequence_t next;
    double longest; /* seconds that a batch took, at most */
};

static double now_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

/* Eight letters, then a number with zeros before it. */
static struct slice make_id(char *out, const char *kind, uint64_t number)
{
    static const char middle[] = "-0000-4000-8000-";
    for (unsigned i = 0; i < 8; i++)
        out[i] = kind[i];
    for (unsigned i = 8; i < 24; i++)
        out[i] = middle[i - 8];
    for (unsigned i = ID_LENGTH; i-- > 24; number /= 10)
        out[i] = (char)('0' + number % 10);
    return (struct slice){out, ID_LENGTH};
}

static struct message *message_at(const struct buffer *buffer, size_t at)
{
    return (struct message *)(void *)(buffer->bytes + at);
}

/* Runs and seals what waits for one shard, and hands on to the others what follows. */
static void run_shard(struct bench *bench, unsigned index)
{
    struct shard *shard = bench->shards[index];
    struct outbox *outbox = &bench->outbox[index];
    struct buffer *run = &bench->run[index];
    struct message *messages[2 * BATCH];
    unsigned count = 0;
    for (size_t at = run->start; at < run->end; at += messages[count++]->size)
        messages[count] = message_at(run, at);
    for (unsigned i = 0; i < count; i++)
        shard_prefetch(shard, messages[i], 0);
    for (unsigned i = 0; i < count; i++) {
        if (i % 16 == 0) {
            for (unsigned k = i; k < count && k < i + 16; k++)
                shard_prefetch(shard, messages[k], 1);
        }
        shard_step(shard, messages[i], outbox);
    }
    uint64_t used = shard_numbers_used(shard);
    shard_seal(shard, outbox, (struct stamp){bench->next, bench->next});
    bench->next += used;
    run->end = 0;
    outbox->records.end = 0;
    for (unsigned to = 0; to < bench->count; to++) {
        struct buffer *out = &outbox->to[to];
        for (size_t at = out->start; at < out->end; at += message_at(out, at)->size) {
            const struct message *message = message_at(out, at);
            if (message->kind != MESSAGE_OUTCOME)
                buffer_append(&bench->run[to], message, message->size);
        }
        out->end = 0;
    }
}

/* Lets everything that was composed, and what follows from it, happen. */
static void run_batch(struct bench *bench)
{
    double start = now_s();
    for (size_t at = 0; at < bench->draft.end; at += message_at(&bench->draft, at)->size) {
        const struct message *message = message_at(&bench->draft, at);
        const struct route *route = (const struct route *)(const void *)(message + 1);
        buffer_append(&bench->run[members_first(route->members)], message, message->size);
    }
    bench->draft.end = 0;
    for (unsigned i = 0; i < bench->count; i++)
        run_shard(bench, i);
    for (unsigned i = 0; i < bench->count; i++) {
        if (bench->run[i].end > 0)
            run_shard(bench, i);
    }
    double took = now_s() - start;
    bench->longest = took > bench->longest ? took : bench->longest;
}

static void open_accounts(struct bench *bench, uint64_t accounts)
{
    char account[IDENT_MAX];
    for (unsigned i = 0; i < bench->count; i++)
        bench->accounts[i] = calloc(accounts, sizeof(uint64_t));
    for (uint64_t i = 0; i < accounts; i++) {
        struct slice name = make_id(account, "a1b2c3d4", i);
        unsigned shard = compose_open(&bench->draft, &bench->sender, name, slice_of("USD"))->account.shard;
        bench->accounts[shard][bench->account_count[shard]++] = i;
        if (i % BATCH == BATCH - 1 || i == accounts - 1)
            run_batch(bench);
    }
}

static void fund_accounts(struct bench *bench, uint64_t accounts)
{
    char id[IDENT_MAX];
    char account[IDENT_MAX];
    for (uint64_t i = 0; i < accounts; i++) {
        compose_world_transfer(&bench->draft, &bench->sender, TRANSFER_DEPOSIT, make_id(id, "deposit0", i),
                               make_id(account, "a1b2c3d4", i), (struct decimal){1000000, 0},
                               (struct slice){"", 0});
        if (i % BATCH == BATCH - 1 || i == accounts - 1)
            run_batch(bench);
    }
}

/* Memory of this process that is really there, bytes: the second number of its statm, in pages. */
static double resident(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/statm", "r");
    expect(file != NULL && fgets(line, sizeof line, file) != NULL, "can't read /proc/self/statm");
    (void)fclose(file);
    return strtod(strchr(line, ' ') + 1, NULL) * (double)sysconf(_SC_PAGESIZE);
}

/* A random account of a shard, and another. Of one shard all are numbered through, which saves the look. */
static uint64_t pick(struct bench *bench, unsigned shard)
{
    if (bench->count == 1)
        return dice() % bench->account_count[0];
    return bench->accounts[shard][dice() % bench->account_count[shard]];
}

static uint64_t pick_other(struct bench *bench, unsigned shard, uint64_t than)
{
    uint64_t other = than;
    while (other == than)
        other = pick(bench, shard);
    return other;
}

static void compose_batch(struct bench *bench, uint64_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char id[IDENT_MAX];
        char from[IDENT_MAX];
        char to[IDENT_MAX];
        uint64_t payer = pick(bench, 0);
        const struct leg_text leg = {.from = make_id(from, "a1b2c3d4", payer),
                                     .to =
                                         make_id(to, "a1b2c3d4", pick_other(bench, bench->count - 1, payer)),
                                     .amount = {1 + dice() % AMOUNT_MOST, 2}};
        compose_transfer(&bench->draft, &bench->sender, make_id(id, "transfer", first + i), 1, &leg,
                         (struct slice){"", 0});
    }
}

static void bench_free(struct bench *bench)
{
    for (unsigned i = 0; i < bench->count; i++) {
        shard_free(bench->shards[i]);
        free(bench->accounts[i]);
        buffer_free(&bench->run[i]);
        buffer_free(&bench->outbox[i].records);
        for (unsigned to = 0; to < bench->count; to++)
            buffer_free(&bench->outbox[i].to[to]);
    }
    buffer_free(&bench->draft);
}

int main(int argc, char **argv)
{
    uint64_t accounts = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t transfers = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000000;
    bool cross = argc > 3 && strcmp(argv[3], "cross") == 0;
    if (accounts < 100 || transfers < 1 || (argc > 3 && !cross && strcmp(argv[3], "same") != 0)) {
        (void)fprintf(stderr, "usage: bench_core [ACCOUNTS [TRANSFERS [same|cross]]], at least 100 and 1\n");
        return 2;
    }
    struct bench bench = {.count = cross ? 2 : 1, .next = 1};
    bench.sender = (struct sender){.seed = SEED, .shards = bench.count};
    for (unsigned i = 0; i < bench.count; i++)
        bench.shards[i] =
            shard_create(&(struct shard_config){.index = i, .count = bench.count, .seed = SEED});

    double start = now_s();
    double before_opening = resident();
    open_accounts(&bench, accounts);
    double opened = now_s();
    double account_bytes = (resident() - before_opening) / (double)accounts - sizeof(uint64_t);
    printf("%" PRIu64 " accounts of ids of %d bytes: open %.0f ns, %.0f bytes an account\n", accounts,
           ID_LENGTH, (opened - start) / (double)accounts * 1e9, account_bytes);
    fund_accounts(&bench, accounts);

    double funded = now_s();
    double before_transfers = resident();
    double composing = 0;
    for (uint64_t done = 0; done < transfers; done += BATCH) {
        double before = now_s();
        compose_batch(&bench, done, transfers - done < BATCH ? (unsigned)(transfers - done) : BATCH);
        composing += now_s() - before;
        run_batch(&bench);
    }
    double total = now_s() - funded;
    printf("%" PRIu64 " %s-shard transfers: %.0f ns each (naming and composing %.0f ns more), %.0f bytes a "
           "remembered id\nthe longest batch of %d took %.2f ms\n",
           transfers, cross ? "cross" : "same", (total - composing) / (double)transfers * 1e9,
           composing / (double)transfers * 1e9, (resident() - before_transfers) / (double)transfers, BATCH,
           bench.longest * 1e3);
    bench_free(&bench);
    return 0;
}
