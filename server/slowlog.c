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

/* A request in RESP of at most so many bytes is kept as it came: one copy. */
#define RAW_MAX 512

/** The head of a kept request. What follows is the request as it came where `raw`, else its first `shown`
 * arguments: the length of each, uint32_t, and its first bytes. */
struct kept_request {
    uint32_t started_us; /* when it was read: microseconds of the monotonic clock, wrapping */
    uint16_t argc;
    uint8_t shown;
    bool raw;
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

/** How many arguments to keep: of AUTH, HELLO and of what is no command only the name, as a password may
 * follow. */
static uint32_t args_kept(const struct kept *kept, const struct command *command, uint32_t argc)
{
    bool secret = !command || command->id == COMMAND_AUTH || command->id == COMMAND_HELLO;
    if (argc > 1 && (secret || buffer_length(&kept->requests) > KEPT_MAX)) {
        return 1;
    }
    return argc > SHOWN_ARGS ? SHOWN_ARGS - 1 : argc;
}

/** Bytes that the first `shown` arguments take, shortened. */
static uint32_t args_size(const struct request *request, uint32_t shown)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < shown; i++) {
        size += (uint32_t)sizeof(uint32_t) + text_shown(request->args[i].length);
    }
    return size;
}

static char *args_put(char *at, const struct request *request, uint32_t shown)
{
    for (uint32_t i = 0; i < shown; i++) {
        at = text_put(at, request->args[i].text, request->args[i].length);
    }
    return at;
}

void slowlog_keep(struct connection *connection, const struct command *command, const struct request *request,
                  struct slice raw)
{
    const struct worker *worker = connection->worker;
    if (worker->slowlog.slower_us < 0) {
        return;
    }
    struct buffer *requests = &connection->kept.requests;
    struct kept_request head = {.started_us = (uint32_t)worker->now_us, .size = sizeof head};
    if (request) {
        head.argc = (uint16_t)request->argc;
        head.shown = (uint8_t)args_kept(&connection->kept, command, request->argc);
        /* An inline request was unescaped in place: it can't be parsed again. */
        head.raw = head.shown == head.argc && raw.length <= RAW_MAX && raw.text[0] == '*';
        head.size += head.raw ? (uint32_t)raw.length : args_size(request, head.shown);
    }
    char *at = buffer_reserve(requests, head.size);
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    if (head.raw) {
        memcpy(at, raw.text, raw.length);
    } else if (request) {
        args_put(at, request, head.shown);
    }
    requests->end += head.size;
}

/** Makes room in the ring for the newest entry, of `size` bytes. */
static struct entry *slowlog_slot(struct slowlog *log, size_t size)
{
    if (!log->entries) {
        log->entries = memory_zeroed(log->capacity, sizeof *log->entries);
    }
    struct buffer *slot = &log->entries[log->added++ % log->capacity];
    slot->start = 0;
    slot->end = 0;
    struct entry *entry = (struct entry *)(void *)buffer_reserve(slot, size);
    slot->end = size;
    *entry = (struct entry){.size = (uint32_t)size};
    return entry;
}

/** Logs a kept request at `kept`, which took `us`. */
static void slowlog_add(struct connection *connection, char *kept, uint32_t us)
{
    struct worker *worker = connection->worker;
    struct request *request = &worker->request; /* none is being read now */
    const char *name = connection->session.name;
    char address[CLIENT_ADDRESS_MAX];
    struct kept_request head;
    memcpy(&head, kept, sizeof head);
    size_t args = head.size - sizeof head;
    if (head.raw) {
        struct resp_result result;
        resp_parse(kept + sizeof head, head.size - sizeof head, request, &result);
        assert(result.status == RESP_REQUEST);
        args = args_size(request, head.shown);
    }
    client_address(connection, false, address);
    size_t size = sizeof(struct entry) + 2 * sizeof(uint32_t) + text_shown(strlen(address)) +
                  text_shown(strlen(name)) + args;
    size = (size + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
    struct entry *entry = slowlog_slot(&worker->slowlog, size);
    entry->id = atomic_fetch_add(&worker->server->slow_ids, 1);
    entry->time = (uint64_t)time(NULL);
    entry->us = us;
    entry->argc = head.argc;
    entry->shown = head.shown;
    char *at = text_put((char *)(entry + 1), address, strlen(address));
    at = text_put(at, name, strlen(name));
    if (head.raw) {
        args_put(at, request, head.shown);
    } else {
        memcpy(at, kept + sizeof head, args);
    }
}

void slowlog_release(struct connection *connection, uint32_t answered)
{
    struct kept *kept = &connection->kept;
    const struct worker *worker = connection->worker;
    int64_t slower_us = worker->slowlog.slower_us;
    if (slower_us < 0) {
        return;
    }
    size_t size = 0;
    for (; kept->left != answered; kept->left++) {
        char *at = kept->requests.bytes + kept->requests.start + size;
        struct kept_request head;
        memcpy(&head, at, sizeof head);
        uint32_t us = (uint32_t)worker->now_us - head.started_us;
        if (us >= slower_us && head.argc > 0) {
            slowlog_add(connection, at, us);
        }
        size += head.size;
    }
    buffer_consume(&kept->requests, size);
}

static uint64_t slowlog_count(const struct slowlog *log)
{
    return log->added < log->capacity ? log->added : log->capacity;
}

/** The number that an errand of GET asks for, or that an errand of LEN has counted. */
static uint64_t *errand_number(const struct errand *errand)
{
    return (uint64_t *)(void *)errand->asked.bytes;
}

static struct errand *errand_with(const struct errand_kind *kind, uint64_t number)
{
    struct errand *errand = errand_new(kind);
    buffer_append(&errand->asked, &number, sizeof number);
    return errand;
}

static void get_look(struct worker *worker, struct errand *errand)
{
    const struct slowlog *log = &worker->slowlog;
    uint64_t count = slowlog_count(log);
    count = count < *errand_number(errand) ? count : *errand_number(errand);
    for (uint64_t i = log->added - count; i < log->added; i++) {
        const struct buffer *entry = &log->entries[i % log->capacity];
        buffer_append(&errand->found, entry->bytes, entry->end);
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

static void get_answer(struct errand *errand, struct reply *reply)
{
    const char *at = errand->found.bytes;
    const char *end = at + buffer_length(&errand->found);
    size_t entry_pointer = sizeof(const struct entry *);
    const struct entry **entries =
        memory_zeroed(buffer_length(&errand->found) / sizeof(struct entry) + 1, entry_pointer);
    size_t count = 0;
    while (at < end) {
        entries[count] = (const struct entry *)(const void *)at;
        at += entries[count++]->size;
    }
    qsort(entries, count, entry_pointer, entry_compare_newest_first);
    count = count < *errand_number(errand) ? count : *errand_number(errand);
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++) {
        entry_answer(entries[i], reply);
    }
    free(entries);
}

/** What LEN and GET tell of: each worker keeps as many as all together may show. */
static void len_look(struct worker *worker, struct errand *errand)
{
    uint64_t count = *errand_number(errand) + slowlog_count(&worker->slowlog);
    *errand_number(errand) = count < worker->slowlog.capacity ? count : worker->slowlog.capacity;
}

static void len_answer(struct errand *errand, struct reply *reply)
{
    reply_integer(reply, (int64_t)*errand_number(errand));
}

static void reset_look(struct worker *worker, struct errand *errand)
{
    (void)errand;
    slowlog_close(&worker->slowlog);
    worker->slowlog.added = 0;
}

static void reset_answer(struct errand *errand, struct reply *reply)
{
    (void)errand;
    reply_simple(reply, "OK");
}

static const struct errand_kind get_errand = {get_look, get_answer};
static const struct errand_kind len_errand = {len_look, len_answer};
static const struct errand_kind reset_errand = {reset_look, reset_answer};

static struct errand *answer_get(const struct asking *it)
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
    return errand_with(&get_errand, count < most ? count : most);
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

struct errand *slowlog_answer(const struct asking *it)
{
    struct slice sub = it->args[1];
    if (argument_is(sub, "GET")) {
        return answer_get(it);
    }
    if (argument_is(sub, "LEN")) {
        return asking_arity(it, 2) ? errand_with(&len_errand, 0) : NULL;
    }
    if (argument_is(sub, "RESET")) {
        return asking_arity(it, 2) ? errand_new(&reset_errand) : NULL;
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
