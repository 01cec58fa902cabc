/* clients.c: the subcommands of CLIENT. LIST and KILL take a filter to every worker. */
#include "server/clients.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/arguments.h"
#include "server/connection.h"
#include "server/memory.h"
#include "server/server.h"

#define US_PER_SECOND 1000000

static const char list_syntax[] = "CLIENT LIST [TYPE normal] [ID id [id ...]]";
static const char kill_syntax[] =
    "CLIENT KILL address | [ID id] [ADDR address] [LADDR address] [SKIPME yes|no] [USER user] [TYPE type]";

/** Which connections LIST or KILL is about. */
struct filter {
    uint64_t asker; /* the id of the connection that asks */
    uint64_t found; /* connections it matched, at all workers so far */
    bool skip_asker;
    bool nobody;                      /* it can match none: a type or user that no connection here is of */
    bool old;                         /* KILL's old form, with an address alone */
    bool has_ids;                     /* only these, behind the filter: uint64_t each */
    char address[CLIENT_ADDRESS_MAX]; /* empty: any */
    char local[CLIENT_ADDRESS_MAX];
};
static_assert(sizeof(struct filter) % sizeof(uint64_t) == 0, "ids follow it, aligned");

void client_address(const struct connection *connection, bool local, char *out)
{
    struct sockaddr_storage room = {0};
    const struct sockaddr_in *four = (const struct sockaddr_in *)&room;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&room;
    socklen_t length = sizeof room;
    char host[INET6_ADDRSTRLEN] = "?";
    struct sockaddr *any = (struct sockaddr *)&room;
    int failed =
        local ? getsockname(connection->fd, any, &length) : getpeername(connection->fd, any, &length);
    if (failed) {
        snprintf(out, CLIENT_ADDRESS_MAX, "?:0"); /* it has hung up */
    } else if (room.ss_family == AF_INET) {
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        snprintf(out, CLIENT_ADDRESS_MAX, "%s:%u", host, ntohs(four->sin_port));
    } else if (room.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
        snprintf(out, CLIENT_ADDRESS_MAX, "[%s]:%u", host, ntohs(six->sin6_port));
    } else {
        snprintf(out, CLIENT_ADDRESS_MAX, "%.120s:0", connection->worker->server->config.unix_socket);
    }
}

/** Bytes that a connection holds. */
static size_t client_memory(const struct connection *connection)
{
    const struct flights *flights = &connection->flights;
    return sizeof *connection + connection->input.capacity + connection->held.bytes.capacity +
           connection->output.capacity + connection->marks.capacity + connection->kept.requests.capacity +
           flights->asides.capacity + flights->stored.capacity + flights->capacity * sizeof *flights->slots;
}

/** One line about a connection, as Redis's CLIENT LIST has them, and the worker that it is on. */
static void client_describe(const struct connection *connection, struct buffer *out)
{
    const struct session *session = &connection->session;
    const struct worker *worker = connection->worker;
    const struct buffer *input = &connection->input;
    char address[CLIENT_ADDRESS_MAX];
    char local[CLIENT_ADDRESS_MAX];
    char command[32] = "NULL";
    client_address(connection, false, address);
    client_address(connection, true, local);
    if (connection->command < COMMAND_COUNT) {
        snprintf(command, sizeof command, "%s", commands[connection->command].name);
        for (char *letter = command; *letter; letter++) {
            *letter = (char)(*letter >= 'A' && *letter <= 'Z' ? *letter - 'A' + 'a' : *letter);
        }
    }
    bool on_unix = address[0] != '?' && strcmp(address + strlen(address) - 2, ":0") == 0;
    const char *flags = connection->ended ? (on_unix ? "cU" : "c") : on_unix ? "U" : "N";
    buffer_printf(out, "id=%lu addr=%s laddr=%s fd=%d name=%s age=%lu idle=%lu flags=%s db=0", session->id,
                  address, local, connection->fd, session->name,
                  (worker->now_us - session->connected_us) / US_PER_SECOND,
                  (worker->now_us - connection->active_us) / US_PER_SECOND, flags);
    buffer_printf(out, " sub=0 psub=0 ssub=0 multi=-1 qbuf=%zu qbuf-free=%zu obl=%zu oll=0 omem=%zu",
                  buffer_length(input), input->capacity - input->end,
                  buffer_length(&connection->output) + connection->flights.stored_live,
                  connection->output.capacity);
    buffer_printf(out, " tot-mem=%zu events=%s%s cmd=%s user=default redir=-1 resp=%d lib-name=%s lib-ver=%s",
                  client_memory(connection), connection->reading ? "r" : "", connection->writing ? "w" : "",
                  command, session->version, session->library, session->library_version);
    buffer_printf(out, " worker=%u\n", worker->index);
}

/** Whether an address is the one wanted; empty: any is. */
static bool address_matches(const struct connection *connection, bool local, const char *wanted)
{
    char address[CLIENT_ADDRESS_MAX];
    if (wanted[0] == '\0') {
        return true;
    }
    client_address(connection, local, address);
    return strcmp(address, wanted) == 0;
}

static bool filter_has_id(const struct errand *errand, uint64_t id)
{
    const uint64_t *ids = (const uint64_t *)(const void *)(errand->asked.bytes + sizeof(struct filter));
    size_t count = (buffer_length(&errand->asked) - sizeof(struct filter)) / sizeof *ids;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

static struct filter *errand_filter(const struct errand *errand)
{
    return (struct filter *)(void *)errand->asked.bytes;
}

/** Whether an errand is about this connection. One that was told goodbye is gone for all but the socket. */
static bool errand_concerns(const struct errand *errand, const struct connection *connection)
{
    const struct filter *filter = errand_filter(errand);
    uint64_t id = connection->session.id;
    return connection->fd >= 0 && !connection->broken && connection->linger_until_us == 0 &&
           !filter->nobody && !(filter->skip_asker && id == filter->asker) &&
           (!filter->has_ids || filter_has_id(errand, id)) &&
           address_matches(connection, false, filter->address) &&
           address_matches(connection, true, filter->local);
}

static void list_look(struct worker *worker, struct errand *errand)
{
    for (uint32_t i = 0; i < worker->roster.count; i++) {
        if (errand_concerns(errand, worker->roster.slots[i])) {
            client_describe(worker->roster.slots[i], &errand->found);
            errand_filter(errand)->found++;
        }
    }
}

/** Orders two lines by the ids that they begin with. */
static int line_compare(const void *left, const void *right)
{
    const struct slice *a = left;
    const struct slice *b = right;
    uint64_t id_a = strtoull(a->text + sizeof "id=" - 1, NULL, 10);
    uint64_t id_b = strtoull(b->text + sizeof "id=" - 1, NULL, 10);
    return (id_a > id_b) - (id_a < id_b);
}

/** All lines in the order in which their clients came, whichever worker each is on. */
static void list_answer(struct errand *errand, struct reply *reply)
{
    size_t count = errand_filter(errand)->found;
    struct slice *lines = memory_zeroed(count + 1, sizeof *lines);
    struct buffer text = {0};
    for (size_t i = 0; i < count; i++) {
        const char *line = errand->found.bytes + errand->found.start;
        const char *end = memchr(line, '\n', buffer_length(&errand->found));
        lines[i] = (struct slice){line, (size_t)(end - line) + 1};
        buffer_consume(&errand->found, lines[i].length);
    }
    qsort(lines, count, sizeof *lines, line_compare);
    for (size_t i = 0; i < count; i++) {
        buffer_append(&text, lines[i].text, lines[i].length);
    }
    reply_verbatim(reply, text.bytes, buffer_length(&text));
    buffer_free(&text);
    free(lines);
}

/** The asker itself still gets its answer. Others get no more: what they asked is done all the same. */
static void kill_look(struct worker *worker, struct errand *errand)
{
    struct filter *filter = errand_filter(errand);
    for (uint32_t i = 0; i < worker->roster.count; i++) {
        struct connection *connection = worker->roster.slots[i];
        if (errand_concerns(errand, connection)) {
            bool asker = connection->session.id == filter->asker;
            connection->ended = true;
            connection->broken = !asker;
            connection_touch(connection);
            filter->found++;
        }
    }
}

static void kill_answer(struct errand *errand, struct reply *reply)
{
    const struct filter *filter = errand_filter(errand);
    if (!filter->old) {
        reply_integer(reply, (int64_t)filter->found);
    } else if (filter->found > 0) {
        reply_simple(reply, "OK");
    } else {
        reply_errorf(reply, "ERR", "No such client");
    }
}

static const struct errand_kind list_errand = {list_look, list_answer};
static const struct errand_kind kill_errand = {kill_look, kill_answer};

/** An errand with a filter that matches everybody. */
static struct errand *filter_errand(const struct asking *it, const struct errand_kind *kind)
{
    struct errand *errand = errand_new(kind);
    struct filter filter = {.asker = it->connection->session.id};
    buffer_append(&errand->asked, &filter, sizeof filter);
    return errand;
}

static bool filter_add_id(const struct asking *it, struct errand *errand, struct slice argument)
{
    uint64_t id = 0;
    if (!argument_integer(it->reply, argument, "client id", 1, INT64_MAX, &id)) {
        return false;
    }
    errand_filter(errand)->has_ids = true;
    buffer_append(&errand->asked, &id, sizeof id);
    return true;
}

/** Connections here are all of one type; the others of Redis are known and match nobody. */
static bool filter_type(const struct asking *it, struct filter *filter, struct slice type)
{
    static const char *const others[] = {"master", "replica", "slave", "pubsub"};
    if (argument_is(type, "normal")) {
        return true;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (argument_is(type, others[i])) {
            filter->nobody = true;
            return true;
        }
    }
    reply_errorf(it->reply, "ERR", "unknown client type '%.*s'; it must be normal, master, replica or pubsub",
                 asking_quote(type), type.text);
    return false;
}

static bool filter_address(const struct asking *it, char *address, struct slice argument)
{
    if (argument.length == 0 || argument.length >= CLIENT_ADDRESS_MAX) {
        reply_errorf(it->reply, "ERR", "'%.*s' is not an address; it must be as CLIENT LIST shows it",
                     asking_quote(argument), argument.text);
        return false;
    }
    memcpy(address, argument.text, argument.length);
    address[argument.length] = '\0';
    return true;
}

static bool filter_skip(const struct asking *it, struct filter *filter, struct slice argument)
{
    filter->skip_asker = argument_is(argument, "yes");
    if (filter->skip_asker || argument_is(argument, "no")) {
        return true;
    }
    reply_errorf(it->reply, "ERR", "SKIPME is '%.*s'; it must be yes or no", asking_quote(argument),
                 argument.text);
    return false;
}

static bool filter_user(const struct asking *it, struct slice user)
{
    if (argument_is(user, "default")) {
        return true;
    }
    reply_errorf(it->reply, "ERR", "no such user '%.*s'; the only one is default", asking_quote(user),
                 user.text);
    return false;
}

static bool list_options(const struct asking *it, struct errand *errand)
{
    uint32_t i = 2;
    if (i + 1 < it->argc && argument_is(it->args[i], "TYPE")) {
        if (!filter_type(it, errand_filter(errand), it->args[i + 1])) {
            return false;
        }
        i += 2;
    }
    if (i + 1 < it->argc && argument_is(it->args[i], "ID")) {
        for (i++; i < it->argc; i++) {
            if (!filter_add_id(it, errand, it->args[i])) {
                return false;
            }
        }
    }
    return i == it->argc || argument_unexpected(it->reply, it->args[i], list_syntax);
}

static bool kill_option(const struct asking *it, struct errand *errand, struct slice word, struct slice value)
{
    struct filter *filter = errand_filter(errand);
    if (argument_is(word, "ID")) {
        return filter_add_id(it, errand, value);
    }
    if (argument_is(word, "ADDR")) {
        return filter_address(it, filter->address, value);
    }
    if (argument_is(word, "LADDR")) {
        return filter_address(it, filter->local, value);
    }
    if (argument_is(word, "SKIPME")) {
        return filter_skip(it, filter, value);
    }
    if (argument_is(word, "USER")) {
        return filter_user(it, value);
    }
    if (argument_is(word, "TYPE")) {
        return filter_type(it, filter, value);
    }
    return argument_unexpected(it->reply, word, kill_syntax);
}

static bool kill_options(const struct asking *it, struct errand *errand)
{
    if (it->argc == 3) {
        errand_filter(errand)->old = true;
        return filter_address(it, errand_filter(errand)->address, it->args[2]);
    }
    errand_filter(errand)->skip_asker = true;
    for (uint32_t i = 2; i < it->argc; i += 2) {
        if (i + 1 == it->argc) {
            return argument_unexpected(it->reply, it->args[i], kill_syntax);
        }
        if (!kill_option(it, errand, it->args[i], it->args[i + 1])) {
            return false;
        }
    }
    return it->argc > 2 || asking_arity(it, 3);
}

/** The errand of LIST or KILL; NULL when its options are wrong, which is answered. */
static struct errand *client_errand(const struct asking *it, const struct errand_kind *kind)
{
    struct errand *errand = filter_errand(it, kind);
    if (kind == &list_errand ? list_options(it, errand) : kill_options(it, errand)) {
        return errand;
    }
    errand_free(errand);
    return NULL;
}

bool client_name(const struct asking *it, struct slice name, char *out)
{
    bool good = name.length <= SESSION_NAME_MAX;
    for (size_t i = 0; good && i < name.length; i++) {
        good = name.text[i] > ' ' && name.text[i] <= '~';
    }
    if (!good) {
        reply_errorf(it->reply, "ERR",
                     "'%.*s' is not a name; a name is at most %d bytes of printable ASCII without spaces",
                     asking_quote(name), name.text, SESSION_NAME_MAX);
        return false;
    }
    memcpy(out, name.text, name.length);
    out[name.length] = '\0';
    return true;
}

static void answer_getname(const struct asking *it)
{
    const struct session *session = &it->connection->session;
    if (session->name[0] == '\0') {
        reply_nil(it->reply);
    } else {
        reply_text(it->reply, session->name);
    }
}

static void answer_info(const struct asking *it)
{
    struct buffer line = {0};
    client_describe(it->connection, &line);
    reply_verbatim(it->reply, line.bytes, buffer_length(&line));
    buffer_free(&line);
}

static void answer_setinfo(const struct asking *it)
{
    struct session *session = &it->connection->session;
    char *out = NULL;
    if (argument_is(it->args[2], "LIB-NAME")) {
        out = session->library;
    } else if (argument_is(it->args[2], "LIB-VER")) {
        out = session->library_version;
    } else {
        reply_errorf(it->reply, "ERR", "unrecognized option '%.*s'; it must be LIB-NAME or LIB-VER",
                     asking_quote(it->args[2]), it->args[2].text);
        return;
    }
    if (client_name(it, it->args[3], out)) {
        reply_simple(it->reply, "OK");
    }
}

/** NO-EVICT and NO-TOUCH: nothing is ever evicted here, so either is as it is asked to be. */
static void answer_switch(const struct asking *it)
{
    if (argument_is(it->args[2], "on") || argument_is(it->args[2], "off")) {
        reply_simple(it->reply, "OK");
    } else {
        argument_unexpected(it->reply, it->args[2], "CLIENT NO-EVICT|NO-TOUCH on|off");
    }
}

struct errand *client_answer(const struct asking *it)
{
    struct session *session = &it->connection->session;
    struct slice sub = it->args[1];
    if (argument_is(sub, "LIST")) {
        return client_errand(it, &list_errand);
    }
    if (argument_is(sub, "KILL")) {
        return client_errand(it, &kill_errand);
    }
    if (argument_is(sub, "ID")) {
        if (asking_arity(it, 2)) {
            reply_integer(it->reply, (int64_t)session->id);
        }
    } else if (argument_is(sub, "INFO")) {
        if (asking_arity(it, 2)) {
            answer_info(it);
        }
    } else if (argument_is(sub, "GETNAME")) {
        if (asking_arity(it, 2)) {
            answer_getname(it);
        }
    } else if (argument_is(sub, "SETNAME")) {
        if (asking_arity(it, 3) && client_name(it, it->args[2], session->name)) {
            reply_simple(it->reply, "OK");
        }
    } else if (argument_is(sub, "SETINFO")) {
        if (asking_arity(it, 4)) {
            answer_setinfo(it);
        }
    } else if (argument_is(sub, "NO-EVICT") || argument_is(sub, "NO-TOUCH")) {
        if (asking_arity(it, 3)) {
            answer_switch(it);
        }
    } else {
        asking_unknown(it, "ID, INFO, GETNAME, SETNAME, SETINFO, LIST, KILL, NO-EVICT and NO-TOUCH");
    }
    return NULL;
}
