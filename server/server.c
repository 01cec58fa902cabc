/* server.c: starting, waiting, stopping. */
#include "server/server.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "server/directory.h"
#include "server/log.h"
#include "server/memory.h"
#include "server/recovery.h"

/* How long a stopping server waits for clients to read their answers. */
#define DRAIN_US 5000000

/* File descriptors besides the clients': listeners, each worker's pipe, eventfd and epoll, and spare ones. */
#define FDS_BASE       64
#define FDS_PER_WORKER 4

/* SIGTERM and SIGINT stop this one; set while server_run runs. */
static _Atomic(struct server *) signalled;

static void server_on_signal(int number)
{
    (void)number;
    struct server *server = atomic_load(&signalled);
    if (server) {
        server_request_stop(server);
    }
}

/** Lets the process have as many file descriptors as its clients need, as far as the system allows. Where it
 * does not, fewer clients are let in: else they could take those that the journal and the snapshot need. */
static void server_raise_limits(struct config *config)
{
    int64_t own = FDS_BASE + FDS_PER_WORKER * config->workers;
    rlim_t wanted = (rlim_t)(config->max_clients + own);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    struct rlimit raised = {wanted < limit.rlim_max ? wanted : limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
        limit = raised;
    }
    if (limit.rlim_cur < wanted) {
        int64_t room = (int64_t)limit.rlim_cur - own;
        room = room > 1 ? room : 1;
        log_write(LOG_WARN,
                  "max-clients is %ld, but the system allows this process only %lu open files: at most %ld "
                  "clients are let in",
                  (long)config->max_clients, (unsigned long)limit.rlim_cur, (long)room);
        config->max_clients = room;
    }
}

static void server_name_run(struct server *server)
{
    unsigned char bytes[SERVER_RUN_ID / 2];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
        log_write(LOG_ERROR, "the system gives no random bytes: %s", strerror(errno));
        abort();
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(server->run_id + 2 * i, 3, "%02x", bytes[i]);
    }
}

static struct server *server_new(const struct config *config)
{
    struct server *server = memory_zeroed(1, sizeof *server);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    server->config = *config;
    server->started_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    server->stopfd = eventfd(0, EFD_CLOEXEC);
    server->lock = -1;
    sequence_init(&server->sequence, (struct stamp){0});
    if (server->stopfd < 0 || getrandom(&server->seed, sizeof server->seed, 0) != sizeof server->seed) {
        log_write(LOG_ERROR, "the system gives no eventfd or no random bytes: %s", strerror(errno));
        abort();
    }
    server_name_run(server);
    return server;
}

/** Opens the log, the inboxes of archiver and services, and the workers with their empty shards; no thread
 * runs yet. */
static void server_open_workers(struct server *server)
{
    const struct config *config = &server->config;
    unsigned count = (unsigned)config->workers;
    bool good = commitlog_open(&server->log, (enum durability)config->durability, count, 1 + SERVICE_COUNT,
                               (uint64_t)config->sync_interval * 1000) &&
                archiver_open(&server->archiver, server);
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        good = good && service_open(&server->services[i], server, (enum service_index)i);
    }
    server->workers = memory_zeroed(count, sizeof *server->workers);
    atomic_store(&server->undrained, count);
    for (unsigned i = 0; i < count; i++) {
        good = good && worker_open(&server->workers[i], server, i);
    }
    if (!good) {
        log_write(LOG_ERROR, "can't open %u workers: %s", count, strerror(errno));
        abort();
    }
}

static void server_close_workers(struct server *server)
{
    for (unsigned i = 0; i < (unsigned)server->config.workers; i++) {
        worker_close(&server->workers[i]);
    }
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        service_close(&server->services[i]);
    }
    archiver_close(&server->archiver);
    commitlog_close(&server->log);
    free(server->workers);
}

static void server_free(struct server *server)
{
    if (server->lock >= 0) {
        close(server->lock);
    }
    close(server->stopfd);
    free(server);
}

/** Fills the shards with what the directory holds, and starts the log and the archiver behind it. */
static bool server_recover(struct server *server, char *error)
{
    const struct config *config = &server->config;
    uint64_t segment_size = (uint64_t)config->segment_size * 1024;
    struct recovered recovered;
    struct shard *shards[SHARDS_MAX];
    for (unsigned i = 0; i < (unsigned)config->workers; i++) {
        shards[i] = server->workers[i].shard;
    }
    if (!recovery_create(config->dir, segment_size, error) ||
        !recovery_run(config->dir, false, shards, (unsigned)config->workers, server->seed, 0, &recovered,
                      error)) {
        return false;
    }
    server->archiver.archive = recovered.archive;
    struct stamp last = recovered.place.last;
    sequence_init(&server->sequence, last);
    log_write(LOG_INFO,
              "recovered: %lu accounts and %lu transfers from the snapshot, the journal to number %lu",
              recovered.accounts, recovered.transfers, last.number);
    if (recovered.torn) {
        log_write(LOG_WARN,
                  "a batch after number %lu was unfinished when the last run ended; it is cut off, and "
                  "nobody was told of it",
                  last.number);
    }
    if (!journal_acquire(&server->log.journal, config->dir, archive_ledger(recovered.archive),
                         &recovered.place, segment_size, error)) {
        return false;
    }
    if (!commitlog_start(&server->log, last.number)) {
        snprintf(error, SERVER_ERROR_MAX, "can't start the journal's thread: %s", strerror(errno));
        return false;
    }
    return archiver_start(&server->archiver, error);
}

/** Takes the directory and recovers what is in it; nothing where nothing is kept. */
static bool server_load(struct server *server, char *error)
{
    const char *dir = server->config.dir;
    if (server->config.durability == DURABILITY_NONE) {
        if (directory_has(dir, "ledger.db")) {
            log_write(LOG_WARN, "'%s' has a ledger, which durability none neither reads nor changes", dir);
        }
        return true;
    }
    if (!directory_make(dir, error) || (server->lock = directory_lock(dir, error)) < 0) {
        return false;
    }
    return server_recover(server, error);
}

static void server_start_services(struct server *server)
{
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        if (!service_start(&server->services[i])) {
            log_write(LOG_ERROR, "can't start service %u: %s", i, strerror(errno));
            abort();
        }
    }
}

static void server_start_workers(struct server *server)
{
    atomic_store(&server->phase, SERVER_RUNNING);
    for (unsigned i = 0; i < (unsigned)server->config.workers; i++) {
        if (!worker_start(&server->workers[i])) {
            /* Some threads may run already, and nothing was served yet: there is nothing to save. */
            log_write(LOG_ERROR, "can't start worker %u: %s", i, strerror(errno));
            abort();
        }
    }
}

struct server *server_start(const struct config *config, char *error)
{
    signal(SIGPIPE, SIG_IGN);
    struct server *server = server_new(config);
    server_raise_limits(&server->config);
    if (!acceptor_open(&server->acceptor, server, error)) {
        server_free(server);
        return NULL;
    }
    server_open_workers(server);
    if (config->durability == DURABILITY_NONE) {
        atomic_store(&server->phase, SERVER_RUNNING); /* there is nothing to load */
    }
    if (!acceptor_start(&server->acceptor)) {
        log_write(LOG_ERROR, "can't start the acceptor's thread: %s", strerror(errno));
        abort();
    }
    if (!server_load(server, error)) {
        acceptor_stop(&server->acceptor);
        acceptor_close(&server->acceptor);
        commitlog_stop(&server->log);
        server_close_workers(server);
        server_free(server);
        return NULL;
    }
    if (config->durability != DURABILITY_NONE) {
        server_start_services(server);
    }
    server_start_workers(server);
    return server;
}

uint16_t server_port(const struct server *server)
{
    return server->acceptor.port;
}

void server_request_stop(struct server *server)
{
    eventfd_write(server->stopfd, 1);
}

void server_wait(struct server *server)
{
    eventfd_t asked = 0;
    while (eventfd_read(server->stopfd, &asked) != 0 && errno == EINTR) {
        /* a signal came in between: its handler asks for the stop */
    }
}

void server_stop(struct server *server)
{
    unsigned count = (unsigned)server->config.workers;
    struct timespec now;
    acceptor_stop(&server->acceptor);
    clock_gettime(CLOCK_MONOTONIC, &now);
    atomic_store(&server->drain_until_us,
                 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 + DRAIN_US);
    atomic_store(&server->phase, SERVER_DRAINING);
    for (unsigned i = 0; i < count; i++) {
        inbox_wake(&server->workers[i].inbox);
    }
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        inbox_wake(&server->services[i].inbox); /* what is blocked ends */
    }
    for (unsigned i = 0; i < count; i++) {
        worker_join(&server->workers[i]);
    }
    for (unsigned i = 0; i < SERVICE_COUNT; i++) {
        service_stop(&server->services[i]);
    }
    commitlog_stop(&server->log);
    archiver_stop(&server->archiver);
    server_close_workers(server);
    acceptor_close(&server->acceptor);
    server_free(server);
}

/** Makes the directory and works in it, so that relative paths begin there. */
static bool server_enter(struct config *config, char *error)
{
    if (!directory_make(config->dir, error)) {
        return false;
    }
    char path[PATH_MAX];
    if (chdir(config->dir) != 0 || !getcwd(path, sizeof path) || strlen(path) >= sizeof config->dir) {
        snprintf(error, SERVER_ERROR_MAX, "can't work in directory '%.1000s': %s", config->dir,
                 strerror(errno));
        return false;
    }
    memcpy(config->dir, path, strlen(path) + 1);
    return true;
}

static void server_announce(const struct server *server)
{
    static const char *const promises[] = {
        "sync: an answer means that it is on the disk",
        "async: a crash of the machine may lose the last milliseconds of what was answered",
        "none: nothing is kept, all is lost when the server ends"};
    const struct config *config = &server->config;
    log_write(LOG_INFO, "bursard %s serves on %s port %u with %ld workers", BURSAR_VERSION, config->bind,
              server_port(server), (long)config->workers);
    if (config->unix_socket[0] != '\0') {
        log_write(LOG_INFO, "and on %s", config->unix_socket);
    }
    log_write(config->durability == DURABILITY_SYNC ? LOG_INFO : LOG_WARN, "durability %s",
              promises[config->durability]);
}

int server_run(const struct config *config)
{
    char error[SERVER_ERROR_MAX];
    log_set_level((enum log_level)config->log_level);
    struct config own = *config;
    struct sigaction action = {.sa_handler = server_on_signal};
    sigset_t stops;
    sigset_t before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    /* Whoever can connect may ask for a stop: until there is a server to be told, a signal waits. The threads
     * that start meanwhile never hear of any. */
    pthread_sigmask(SIG_BLOCK, &stops, &before);
    struct server *server = server_enter(&own, error) ? server_start(&own, error) : NULL;
    if (!server) {
        log_write(LOG_ERROR, "%s", error);
        return EXIT_FAILURE;
    }
    atomic_store(&signalled, server);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    server_announce(server);
    server_wait(server);
    log_write(LOG_INFO, "stopping: answers in flight are finished first");
    atomic_store(&signalled, NULL);
    server_stop(server);
    log_write(LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}
