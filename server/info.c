/* info.c: one function for each section. */
#include "server/info.h"

#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "server/arguments.h"
#include "server/server.h"

#define NS_PER_SECOND   UINT64_C(1000000000)
#define SECONDS_PER_DAY 86400

#define SUM(server, field) rates_total(server, offsetof(struct counters, field))

/* The Redis whose protocol and commands about the server are followed: clients look here for what they may
 * expect. */
#define REDIS_VERSION "7.2.0"

#define HUMAN_MAX 32

/** A size as people read it, "1.50M", to `out` of HUMAN_MAX bytes. The remainder is shown, not reckoned with.
 */
static const char *bytes_human(uint64_t bytes, char *out)
{
    static const char units[] = "BKMGTP";
    unsigned unit = 0;
    uint64_t scale = 1;
    while (bytes / scale >= 1024 && units[unit + 1] != '\0') {
        scale *= 1024;
        unit++;
    }
    if (unit == 0) {
        snprintf(out, HUMAN_MAX, "%luB", bytes);
    } else {
        snprintf(out, HUMAN_MAX, "%lu.%02lu%c", bytes / scale, bytes % scale * 100 / scale, units[unit]);
    }
    return out;
}

/** "name:bytes" and "name_human:1.50M". */
static void write_bytes(struct buffer *out, const char *name, uint64_t bytes)
{
    char human[HUMAN_MAX];
    buffer_printf(out, "%s:%lu\r\n%s_human:%s\r\n", name, bytes, name, bytes_human(bytes, human));
}

static void write_server(const struct server *server, struct buffer *out)
{
    struct timespec now;
    struct utsname system;
    clock_gettime(CLOCK_REALTIME, &now);
    uname(&system);
    uint64_t up = (uint64_t)now.tv_sec - server->started_ns / NS_PER_SECOND;
    buffer_printf(out, "redis_version:%s\r\nredis_mode:standalone\r\nbursar_version:%s\r\n", REDIS_VERSION,
                  BURSAR_VERSION);
    buffer_printf(out, "os:%s %s %s\r\narch_bits:%zu\r\nmultiplexing_api:epoll\r\nprocess_id:%d\r\n",
                  system.sysname, system.release, system.machine, sizeof(void *) * 8, (int)getpid());
    buffer_printf(out, "run_id:%s\r\ntcp_port:%u\r\nserver_time_usec:%lu\r\n", server->run_id,
                  server_port(server), (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    buffer_printf(out, "uptime_in_seconds:%lu\r\nuptime_in_days:%lu\r\nworkers:%ld\r\nconfig_file:%s\r\n", up,
                  up / SECONDS_PER_DAY, (long)server->config.workers, server->config.config);
}

static void write_clients(const struct server *server, struct buffer *out)
{
    buffer_printf(out, "connected_clients:%lu\r\nmaxclients:%ld\r\nblocked_clients:0\r\n",
                  SUM(server, connections), (long)server->config.max_clients);
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
    uint64_t used = heap.uordblks + heap.hblkhd;
    uint64_t resident = memory_resident();
    uint64_t most = (uint64_t)usage.ru_maxrss * 1024;
    most = most > resident ? most : resident; /* the system brings it up to date now and then */
    uint64_t permille = used > 0 ? resident * 1000 / used : 0;
    write_bytes(out, "used_memory", used);
    write_bytes(out, "used_memory_rss", resident);
    write_bytes(out, "used_memory_peak", most > used ? most : used);
    buffer_printf(out, "used_memory_peak_rss:%lu\r\n", most);
    write_bytes(out, "total_system_memory",
                (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    write_bytes(out, "maxmemory", 0);
    buffer_printf(out, "maxmemory_policy:noeviction\r\nmem_fragmentation_ratio:%lu.%02lu\r\n",
                  permille / 1000, permille % 1000 / 10);
    buffer_printf(out, "mem_allocator:libc\r\n");
}

/** What the journal and the snapshot do, where there are any. */
static void write_storage(const struct server *server, struct buffer *out)
{
    const struct log_counters *log = &server->log.counters;
    const struct archiver_counters *snapshot = &server->archiver.counters;
    uint64_t newest = sequence_newest(&server->sequence);
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

/** In Redis's words the snapshot is the RDB file and the journal the AOF. A write of either that fails ends
 * the process, so that whoever is answered hears of none. */
static void write_persistence(const struct server *server, struct buffer *out)
{
    static const char *const modes[] = {"sync", "async", "none"};
    const struct archiver_counters *snapshot = &server->archiver.counters;
    bool kept = server->config.durability != DURABILITY_NONE;
    uint64_t newest = sequence_newest(&server->sequence);
    uint64_t number = counter_read(&snapshot->number);
    buffer_printf(out, "loading:0\r\nasync_loading:0\r\ndurability:%s\r\n", modes[server->config.durability]);
    buffer_printf(out, "rdb_changes_since_last_save:%lu\r\nrdb_bgsave_in_progress:0\r\n",
                  newest > number ? newest - number : 0);
    buffer_printf(out, "rdb_last_save_time:%lu\r\nrdb_last_bgsave_status:ok\r\n",
                  counter_read(&snapshot->time));
    buffer_printf(out, "aof_enabled:%d\r\naof_rewrite_in_progress:0\r\naof_last_write_status:ok\r\n", kept);
    if (kept) {
        write_storage(server, out);
    }
}

/** Bytes in a second, as Redis tells them: KiB with two fraction digits. */
static void write_kbps(struct buffer *out, const char *name, uint64_t bytes)
{
    buffer_printf(out, "%s:%lu.%02lu\r\n", name, bytes / 1024, bytes % 1024 * 100 / 1024);
}

static void write_stats(const struct server *server, struct buffer *out)
{
    const struct rates *rates = &server->rates;
    buffer_printf(out, "total_connections_received:%lu\r\ntotal_commands_processed:%lu\r\n",
                  SUM(server, connections_received), SUM(server, requests));
    buffer_printf(out, "instantaneous_ops_per_sec:%lu\r\ntotal_net_input_bytes:%lu\r\n",
                  counter_read(&rates->commands), SUM(server, bytes_in));
    buffer_printf(out, "total_net_output_bytes:%lu\r\n", SUM(server, bytes_out));
    write_kbps(out, "instantaneous_input_kbps", counter_read(&rates->bytes_in));
    write_kbps(out, "instantaneous_output_kbps", counter_read(&rates->bytes_out));
    buffer_printf(out, "rejected_connections:%lu\r\nexpired_keys:0\r\nevicted_keys:0\r\n",
                  atomic_load(&server->refused));
    buffer_printf(out, "malformed_commands:%lu\r\nturns:%lu\r\nbatches_between_workers:%lu\r\n",
                  SUM(server, errors), SUM(server, turns), SUM(server, batches_sent));
    buffer_printf(out, "committed_records:%lu\r\nrejected_commands:%lu\r\nslow_requests:%lu\r\n",
                  SUM(server, commits), SUM(server, rejections), atomic_load(&server->slow_ids));
}

static void write_replication(const struct server *server, struct buffer *out)
{
    (void)server;
    buffer_printf(out, "role:master\r\nconnected_slaves:0\r\n");
}

static void write_cpu(const struct server *server, struct buffer *out)
{
    (void)server;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    buffer_printf(out, "used_cpu_sys:%ld.%06ld\r\nused_cpu_user:%ld.%06ld\r\n", (long)usage.ru_stime.tv_sec,
                  (long)usage.ru_stime.tv_usec, (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
}

static void write_cluster(const struct server *server, struct buffer *out)
{
    (void)server;
    buffer_printf(out, "cluster_enabled:0\r\n");
}

/** Accounts are what a Redis has keys for. As there, an empty database has no line. */
static void write_keyspace(const struct server *server, struct buffer *out)
{
    uint64_t accounts = SUM(server, accounts);
    if (accounts > 0) {
        buffer_printf(out, "db0:keys=%lu,expires=0,avg_ttl=0\r\n", accounts);
    }
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
            rates_total(server, offsetof(struct counters, latency) + bucket * sizeof(counter_t));
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
    {"server", "Server", write_server},
    {"clients", "Clients", write_clients},
    {"memory", "Memory", write_memory},
    {"persistence", "Persistence", write_persistence},
    {"stats", "Stats", write_stats},
    {"replication", "Replication", write_replication},
    {"cpu", "CPU", write_cpu},
    {"cluster", "Cluster", write_cluster},
    {"shards", "Shards", write_shards},
    {"latency", "Latency", write_latency},
    {"keyspace", "Keyspace", write_keyspace},
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
