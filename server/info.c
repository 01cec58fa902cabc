/* info.c: one function for each section. */
#include "server/info.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "server/arguments.h"
#include "server/server.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/** The sum of one counter over all workers; `offset` is its place in struct counters. */
static uint64_t counter_sum(const struct server *server, size_t offset)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < server->config.workers; i++) {
        const char *counters = (const char *)&server->workers[i].counters;
        sum += counter_read((const counter_t *)(const void *)(counters + offset));
    }
    return sum;
}

#define SUM(server, field) counter_sum(server, offsetof(struct counters, field))

static void write_server(const struct server *server, struct buffer *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t up = (uint64_t)now.tv_sec - server->started_ns / NS_PER_SECOND;
    buffer_printf(out, "bursar_version:%s\r\nprocess_id:%d\r\ntcp_port:%u\r\n", BURSAR_VERSION, (int)getpid(),
                  server_port(server));
    buffer_printf(out, "uptime_in_seconds:%lu\r\nworkers:%ld\r\nmultiplexing_api:epoll\r\narch_bits:%zu\r\n",
                  up, (long)server->config.workers, sizeof(void *) * 8);
    buffer_printf(out, "role:master\r\nconfig_file:%s\r\n", server->config.config);
}

static void write_clients(const struct server *server, struct buffer *out)
{
    buffer_printf(out, "connected_clients:%lu\r\nmaxclients:%ld\r\n", SUM(server, connections),
                  (long)server->config.max_clients);
}

/** Resident pages of this process, in bytes; 0 where the system does not tell. */
static uint64_t memory_resident(void)
{
    unsigned long pages = 0;
    char line[128];
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        const char *second = fgets(line, sizeof line, file) ? strchr(line, ' ') : NULL;
        pages = second ? strtoul(second, NULL, 10) : 0;
        fclose(file);
    }
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void write_memory(const struct server *server, struct buffer *out)
{
    (void)server;
    struct mallinfo2 heap = mallinfo2();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    buffer_printf(out,
                  "used_memory:%zu\r\nused_memory_rss:%lu\r\nused_memory_peak_rss:%ld\r\nmaxmemory:0\r\n",
                  heap.uordblks + heap.hblkhd, memory_resident(), usage.ru_maxrss * 1024);
}

static void write_persistence(const struct server *server, struct buffer *out)
{
    static const char *const modes[] = {"sync", "async", "none"};
    const struct log_counters *log = &server->log.counters;
    const struct archiver_counters *snapshot = &server->archiver.counters;
    uint64_t newest = sequence_newest(&server->sequence);
    buffer_printf(out, "loading:0\r\ndurability:%s\r\n", modes[server->config.durability]);
    if (server->config.durability == DURABILITY_NONE) {
        return;
    }
    uint64_t durable = commitlog_durable(&server->log);
    uint64_t syncs = counter_read(&log->syncs);
    uint64_t batches = counter_read(&log->batches);
    uint64_t bytes = counter_read(&log->bytes);
    buffer_printf(out, "newest_number:%lu\r\ndurable_number:%lu\r\n", newest, durable);
    buffer_printf(out, "journal_batches:%lu\r\njournal_bytes_written:%lu\r\njournal_batch_bytes_mean:%lu\r\n",
                  batches, bytes, batches ? bytes / batches : 0);
    buffer_printf(out, "journal_segments:%lu\r\n", counter_read(&snapshot->segments));
    buffer_printf(out, "journal_size:%lu\r\nfdatasyncs:%lu\r\nfdatasync_us_mean:%lu\r\n",
                  counter_read(&snapshot->bytes), syncs, syncs ? counter_read(&log->sync_us) / syncs : 0);
    buffer_printf(out, "fdatasync_us_last:%lu\r\nfdatasync_us_max:%lu\r\n", counter_read(&log->sync_us_last),
                  counter_read(&log->sync_us_max));
    uint64_t number = counter_read(&snapshot->number);
    buffer_printf(out, "snapshot_number:%lu\r\nsnapshot_lag:%lu\r\nsnapshots:%lu\r\nsnapshot_last_us:%lu\r\n",
                  number, durable > number ? durable - number : 0, counter_read(&snapshot->taken),
                  counter_read(&snapshot->last_us));
}

static void write_stats(const struct server *server, struct buffer *out)
{
    buffer_printf(out, "total_connections_received:%lu\r\ntotal_commands_processed:%lu\r\n",
                  SUM(server, connections_received), SUM(server, requests));
    buffer_printf(out, "total_net_input_bytes:%lu\r\ntotal_net_output_bytes:%lu\r\n", SUM(server, bytes_in),
                  SUM(server, bytes_out));
    buffer_printf(out, "malformed_commands:%lu\r\nturns:%lu\r\nbatches_between_workers:%lu\r\n",
                  SUM(server, errors), SUM(server, turns), SUM(server, batches_sent));
    buffer_printf(out, "committed_records:%lu\r\nrejected_commands:%lu\r\n", SUM(server, commits),
                  SUM(server, rejections));
}

static void write_shards(const struct server *server, struct buffer *out)
{
    buffer_printf(out, "accounts:%lu\r\nopen_holds:%lu\r\n", SUM(server, accounts), SUM(server, holds));
    buffer_printf(out, "remembered_ids:%lu\r\nids_forgotten_early:%lu\r\n", SUM(server, remembered),
                  SUM(server, forgotten_early));
    for (int64_t i = 0; i < server->config.workers; i++) {
        const struct counters *counters = &server->workers[i].counters;
        buffer_printf(out, "shard%ld:accounts=%lu,holds=%lu,remembered=%lu,prepared=%lu,parked=%lu", (long)i,
                      counter_read(&counters->accounts), counter_read(&counters->holds),
                      counter_read(&counters->remembered), counter_read(&counters->prepared),
                      counter_read(&counters->parked));
        buffer_printf(out, ",messages=%lu,records=%lu,rejections=%lu,connections=%lu\r\n",
                      counter_read(&counters->steps), counter_read(&counters->commits),
                      counter_read(&counters->rejections), counter_read(&counters->connections));
    }
}

/** The upper bound, in microseconds, of the bucket below which `permille` of all measured requests lie. */
static uint64_t latency_permille(const uint64_t *buckets, uint64_t total, uint64_t permille)
{
    uint64_t below = 0;
    for (unsigned bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        below += buckets[bucket];
        if (below * 1000 >= total * permille && total > 0) {
            return UINT64_C(1) << bucket;
        }
    }
    return 0;
}

static void write_latency(const struct server *server, struct buffer *out)
{
    uint64_t buckets[LATENCY_BUCKETS];
    uint64_t total = 0;
    for (unsigned bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        buckets[bucket] =
            counter_sum(server, offsetof(struct counters, latency) + bucket * sizeof(counter_t));
        total += buckets[bucket];
    }
    buffer_printf(out, "requests_measured:%lu\r\nlatency_below_us_p50:%lu\r\n", total,
                  latency_permille(buckets, total, 500));
    buffer_printf(out, "latency_below_us_p99:%lu\r\nlatency_below_us_p999:%lu\r\n",
                  latency_permille(buckets, total, 990), latency_permille(buckets, total, 999));
}

struct section {
    const char *name;
    const char *title;
    void (*write)(const struct server *, struct buffer *);
};

static const struct section sections[] = {
    {"server", "Server", write_server},    {"clients", "Clients", write_clients},
    {"memory", "Memory", write_memory},    {"persistence", "Persistence", write_persistence},
    {"stats", "Stats", write_stats},       {"shards", "Shards", write_shards},
    {"latency", "Latency", write_latency},
};

static bool section_wanted(const struct section *section, const struct slice *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (argument_is(names[i], section->name) || argument_is(names[i], "all") ||
            argument_is(names[i], "default") || argument_is(names[i], "everything")) {
            return true;
        }
    }
    return count == 0;
}

void info_write(const struct server *server, const struct slice *names, uint32_t count, struct buffer *out)
{
    bool first = true;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (section_wanted(&sections[i], names, count)) {
            buffer_printf(out, "%s# %s\r\n", first ? "" : "\r\n", sections[i].title);
            sections[i].write(server, out);
            first = false;
        }
    }
}
