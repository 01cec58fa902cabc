/* slowlog.c: what is kept of requests, the ring of slow ones, and the subcommands of SLOWLOG. */
#include "server/slowlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/arguments.h"
#include "server/clients.h"
#include "server/connection.h"
#include "server/memory.h"
#include "server/server.h"

/* How many arguments an entry shows and how many bytes of each: Redis's own bounds. */
#define SHOWN_ARGS  32
#define SHOWN_BYTES 128

/* Bytes that one connection keeps: beyond them, of a request only its command's name. */
#define KEPT_MAX 262144

/* Entries that GET answers when it is not told how many. */
#define GET_DEFAULT 10

/** The head of a kept request. Its first `shown` arguments follow: the length of each, uint32_t, and its
 * first bytes. */
struct kept_request {
    uint32_t started_us; /* when it was read: microseconds of the monotonic clock, wrapping */
    uint16_t argc;
    uint16_t shown;
    uint32_t size; /* bytes, the head included */
};

/** The head of an entry. Its texts follow, as arguments above: address, name, arguments. */
struct entry {
    uint64_t id;
    uint64_t time; /* seconds since the epoch */
    uint32_t us;   /* what it took */
    uint32_t size; /* bytes, the head and padding included: a multiple of the head's alignment */
    uint32_t argc;
    uint32_t shown;
};

void slowlog_close(struct slowlog *log)
{
    for (uint32_t i = 0; log->entries && i < log->capacity; i++) {
        buffer_free(&log->entries[i]);
    }
    free(log->entries);
    log->entries = NULL;
}

static uint32_t text_shown(size_t length)
{
    return length > SHOWN_BYTES ? SHOWN_BYTES : (uint32_t)length;
}

static char *text_put(char *at, const char *text, size_t length)
{
    uint32_t whole = (uint32_t)length;
    memcpy(at, &whole, sizeof whole);
    memcpy(at + sizeof whole, text, text_shown(length));
    return at + sizeof whole + text_shown(length);
}

/** The text at `at`, whose whole length is `length`; returns where the next one is. */
static const char *text_get(const char *at, struct slice *text, uint32_t *length)
{
    memcpy(length, at, sizeof *length);
    *text = (struct slice){at + sizeof *length, text_shown(*length)};
    return text->text + text->length;
}

/** How many arguments to keep: of HELLO and of what is no command only the name, as a password may follow. */
static uint32_t args_kept(const struct kept *kept, const struct command *command, uint32_t argc)
{
    bool secret = !command || command->id == COMMAND_HELLO;
    if (argc > 1 && (secret || buffer_length(&kept->requests) > KEPT_MAX)) {
        return 1;
    }
    return argc > SHOWN_ARGS ? SHOWN_ARGS - 1 : argc;
}

void slowlog_keep(struct connection *connection, const struct command *command, const struct request *request)
{
    const struct worker *worker = connection->worker;
    if (worker->slowlog.slower_us < 0) {
        return;
    }
    struct kept *kept = &connection->kept;
    struct kept_request head = {.started_us = (uint32_t)worker->now_us, .size = sizeof head};
    if (request) {
        head.argc = (uint16_t)request->argc;
        head.shown = (uint16_t)args_kept(kept, command, request->argc);
    }
    for (uint32_t i = 0; i < head.shown; i++) {
        head.size += (uint32_t)sizeof(uint32_t) + text_shown(request->args[i].length);
    }
    char *at = buffer_reserve(&kept->requests, head.size);
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (uint32_t i = 0; i < head.shown; i++) {
        at = text_put(at, request->args[i].text, request->args[i].length);
    }
    kept->requests.end += head.size;
}

/** Logs the oldest kept request of a connection, which took `us`. */
static void slowlog_add(struct connection *connection, const struct kept_request *head, uint32_t us)
{
    struct slowlog *log = &connection->worker->slowlog;
    const char *name = connection->session.name;
    const struct buffer *requests = &connection->kept.requests;
    size_t args_size = head->size - sizeof *head;
    char address[CLIENT_ADDRESS_MAX];
    if (!log->entries) {
        log->entries = memory_zeroed(log->capacity, sizeof *log->entries);
    }
    client_address(connection, false, address);
    size_t size = sizeof(struct entry) + 2 * sizeof(uint32_t) + text_shown(strlen(address)) +
                  text_shown(strlen(name)) + args_size;
    size = (size + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
    struct buffer *slot = &log->entries[log->added++ % log->capacity];
    buffer_consume(slot, buffer_length(slot));
    slot->start = 0;
    slot->end = 0;
    char *at = buffer_reserve(slot, size);
    struct entry *entry = (struct entry *)(void *)at;
    *entry = (struct entry){.id = atomic_fetch_add(&connection->worker->server->slow_ids, 1),
                            .time = (uint64_t)time(NULL),
                            .us = us,
                            .size = (uint32_t)size,
                            .argc = head->argc,
                            .shown = head->shown};
    at = text_put(at + sizeof *entry, address, strlen(address));
    at = text_put(at, name, strlen(name));
    memcpy(at, requests->bytes + requests->start + sizeof *head, args_size);
    slot->end = size;
}

void slowlog_release(struct connection *connection, uint32_t answered)
{
    struct kept *kept = &connection->kept;
    const struct worker *worker = connection->worker;
    int64_t slower_us = worker->slowlog.slower_us;
    if (slower_us < 0) {
        return;
    }
    for (; kept->left != answered; kept->left++) {
        struct kept_request head;
        memcpy(&head, kept->requests.bytes + kept->requests.start, sizeof head);
        uint32_t us = (uint32_t)worker->now_us - head.started_us;
        if (us >= slower_us && head.argc > 0) {
            slowlog_add(connection, &head, us);
        }
        buffer_consume(&kept->requests, head.size);
    }
}

static uint64_t slowlog_count(const struct slowlog *log)
{
    return log->added < log->capacity ? log->added : log->capacity;
}

/** The number that a visit of GET asks for, or that a visit of LEN has counted. */
static uint64_t *visit_number(const struct visit *visit)
{
    return (uint64_t *)(void *)visit->asked.bytes;
}

static struct visit *visit_with(const struct visit_kind *kind, uint64_t number)
{
    struct visit *visit = visit_new(kind);
    buffer_append(&visit->asked, &number, sizeof number);
    return visit;
}

static void get_look(struct worker *worker, struct visit *visit)
{
    const struct slowlog *log = &worker->slowlog;
    uint64_t count = slowlog_count(log);
    count = count < *visit_number(visit) ? count : *visit_number(visit);
    for (uint64_t i = log->added - count; i < log->added; i++) {
        const struct buffer *entry = &log->entries[i % log->capacity];
        buffer_append(&visit->found, entry->bytes, entry->end);
    }
}

static int entry_compare_newest_first(const void *left, const void *right)
{
    const struct entry *const *a = left;
    const struct entry *const *b = right;
    return ((*a)->id < (*b)->id) - ((*a)->id > (*b)->id);
}

static void reply_shown(struct reply *reply, struct slice text, uint32_t length)
{
    if (length > text.length) {
        reply_textf(reply, "%.*s... (%zu more bytes)", (int)text.length, text.text, length - text.length);
    } else {
        reply_bulk(reply, text.text, text.length);
    }
}

static void entry_answer(const struct entry *entry, struct reply *reply)
{
    struct slice address;
    struct slice name;
    struct slice text;
    uint32_t length = 0;
    bool more = entry->argc > entry->shown;
    const char *at = text_get((const char *)(entry + 1), &address, &length);
    at = text_get(at, &name, &length);
    reply_array(reply, 6);
    reply_integer(reply, (int64_t)entry->id);
    reply_integer(reply, (int64_t)entry->time);
    reply_integer(reply, entry->us);
    reply_array(reply, entry->shown + more);
    for (uint32_t i = 0; i < entry->shown; i++) {
        at = text_get(at, &text, &length);
        reply_shown(reply, text, length);
    }
    if (more) {
        reply_textf(reply, "... (%u more arguments)", entry->argc - entry->shown);
    }
    reply_bulk(reply, address.text, address.length);
    reply_bulk(reply, name.text, name.length);
}

static void get_answer(struct visit *visit, struct reply *reply)
{
    const char *at = visit->found.bytes;
    const char *end = at + buffer_length(&visit->found);
    const struct entry **entries =
        memory_zeroed(buffer_length(&visit->found) / sizeof(struct entry) + 1, sizeof(struct entry *));
    size_t count = 0;
    while (at < end) {
        entries[count] = (const struct entry *)(const void *)at;
        at += entries[count++]->size;
    }
    qsort(entries, count, sizeof *entries, entry_compare_newest_first);
    count = count < *visit_number(visit) ? count : *visit_number(visit);
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++) {
        entry_answer(entries[i], reply);
    }
    free(entries);
}

/** What LEN and GET tell of: each worker keeps as many as all together may show. */
static void len_look(struct worker *worker, struct visit *visit)
{
    uint64_t count = *visit_number(visit) + slowlog_count(&worker->slowlog);
    *visit_number(visit) = count < worker->slowlog.capacity ? count : worker->slowlog.capacity;
}

static void len_answer(struct visit *visit, struct reply *reply)
{
    reply_integer(reply, (int64_t)*visit_number(visit));
}

static void reset_look(struct worker *worker, struct visit *visit)
{
    (void)visit;
    slowlog_close(&worker->slowlog);
    worker->slowlog.added = 0;
}

static void reset_answer(struct visit *visit, struct reply *reply)
{
    (void)visit;
    reply_simple(reply, "OK");
}

static const struct visit_kind get_visit = {get_look, get_answer};
static const struct visit_kind len_visit = {len_look, len_answer};
static const struct visit_kind reset_visit = {reset_look, reset_answer};

static struct visit *answer_get(const struct asking *it)
{
    uint64_t most = it->connection->worker->slowlog.capacity;
    uint64_t count = GET_DEFAULT;
    if (it->argc > 3) {
        asking_arity(it, 3);
        return NULL;
    }
    if (it->argc == 3 && argument_is(it->args[2], "-1")) {
        count = most;
    } else if (it->argc == 3 &&
               !argument_integer(it->reply, it->args[2], "count (-1 asks for all)", 0, INT64_MAX, &count)) {
        return NULL;
    }
    return visit_with(&get_visit, count < most ? count : most);
}

static void answer_help(const struct asking *it)
{
    static const char *const lines[] = {
        "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "GET [<count>]",
        "    The newest <count> entries (10 by default, -1 for all): id, time, microseconds, arguments,",
        "    client address, client name.",
        "LEN",
        "    The number of entries.",
        "RESET",
        "    Forgets all entries.",
        "HELP",
        "    Prints this help.",
    };
    size_t count = sizeof lines / sizeof lines[0];
    reply_array(it->reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_simple(it->reply, lines[i]);
    }
}

struct visit *slowlog_answer(const struct asking *it)
{
    struct slice sub = it->args[1];
    if (argument_is(sub, "GET")) {
        return answer_get(it);
    }
    if (argument_is(sub, "LEN")) {
        return asking_arity(it, 2) ? visit_with(&len_visit, 0) : NULL;
    }
    if (argument_is(sub, "RESET")) {
        return asking_arity(it, 2) ? visit_new(&reset_visit) : NULL;
    }
    if (argument_is(sub, "HELP")) {
        if (asking_arity(it, 2)) {
            answer_help(it);
        }
        return NULL;
    }
    asking_unknown(it, "GET, LEN, RESET and HELP");
    return NULL;
}
