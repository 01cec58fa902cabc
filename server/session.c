/* session.c: one function for each command. */
#include "server/session.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/arguments.h"
#include "server/asking.h"
#include "server/clients.h"
#include "server/connection.h"
#include "server/info.h"
#include "server/log.h"
#include "server/server.h"
#include "server/slowlog.h"

static void answer_ping(const struct asking *it)
{
    if (it->argc == 1) {
        reply_simple(it->reply, "PONG");
    } else {
        reply_bulk(it->reply, it->args[1].text, it->args[1].length);
    }
}

/** Whether there is such a user. There are no passwords, so any is the default user's. */
static bool user_known(const struct asking *it, struct slice user)
{
    if (argument_is(user, "default")) {
        return true;
    }
    reply_errorf(it->reply, "WRONGPASS", "there is no user '%.*s'; the only one is default",
                 asking_quote(user), user.text);
    return false;
}

/** A password alone is refused, as Redis does: who sends one believes that others need it. */
static void answer_auth(const struct asking *it)
{
    if (it->argc == 2) {
        reply_errorf(it->reply, "ERR",
                     "AUTH with a password, but there is none: whoever can connect is let in; leave it out");
    } else if (it->argc > 3) {
        argument_unexpected(it->reply, it->args[3], "AUTH [user] password");
    } else if (user_known(it, it->args[1])) {
        reply_simple(it->reply, "OK");
    }
}

/** The options of HELLO from args[2] on. */
static bool hello_options(const struct asking *it, char *name)
{
    uint32_t i = 2;
    while (i < it->argc) {
        if (argument_is(it->args[i], "AUTH") && i + 2 < it->argc) {
            if (!user_known(it, it->args[i + 1])) {
                return false;
            }
            i += 3;
        } else if (argument_is(it->args[i], "SETNAME") && i + 1 < it->argc) {
            if (!client_name(it, it->args[i + 1], name)) {
                return false;
            }
            i += 2;
        } else {
            return argument_unexpected(it->reply, it->args[i],
                                       "HELLO [protover [AUTH username password] [SETNAME clientname]]");
        }
    }
    return true;
}

static void answer_hello(const struct asking *it)
{
    struct session *session = &it->connection->session;
    int version = session->version;
    char name[SESSION_NAME_MAX + 1];
    memcpy(name, session->name, sizeof name);
    if (it->argc > 1) {
        bool two = argument_is(it->args[1], "2");
        if (!two && !argument_is(it->args[1], "3")) {
            reply_errorf(it->reply, "NOPROTO", "protocol version '%.*s' is not spoken here; 2 and 3 are",
                         asking_quote(it->args[1]), it->args[1].text);
            return;
        }
        version = two ? 2 : 3;
        if (!hello_options(it, name)) {
            return;
        }
    }
    memcpy(session->name, name, sizeof name);
    session->version = version;
    it->reply->version = version;
    reply_map(it->reply, 7);
    reply_text(it->reply, "server");
    reply_text(it->reply, "bursar");
    reply_text(it->reply, "version");
    reply_text(it->reply, BURSAR_VERSION);
    reply_text(it->reply, "proto");
    reply_integer(it->reply, version);
    reply_text(it->reply, "id");
    reply_integer(it->reply, (int64_t)session->id);
    reply_text(it->reply, "mode");
    reply_text(it->reply, "standalone");
    reply_text(it->reply, "role");
    reply_text(it->reply, "master");
    reply_text(it->reply, "modules");
    reply_array(it->reply, 0);
}

static void answer_select(const struct asking *it)
{
    if (argument_is(it->args[1], "0")) {
        reply_simple(it->reply, "OK");
    } else {
        reply_errorf(it->reply, "ERR", "DB index is out of range");
    }
}

/** Whether a setting's name matches one of the patterns of CONFIG GET. */
static bool config_wanted(const struct asking *it, const char *name)
{
    for (uint32_t a = 2; a < it->argc; a++) {
        char pattern[CONFIG_TEXT_MAX];
        struct slice argument = it->args[a];
        if (argument.length < sizeof pattern) {
            memcpy(pattern, argument.text, argument.length);
            pattern[argument.length] = '\0';
            if (fnmatch(pattern, name, FNM_NOESCAPE | FNM_CASEFOLD) == 0) {
                return true;
            }
        }
    }
    return false;
}

/** Settings of Redis that its tools ask for by name (redis-benchmark does), with what holds here. They are no
 *  options: patterns with a star show only those. */
static bool config_of_redis(const struct asking *it, const struct config *config)
{
    bool kept = config->durability != DURABILITY_NONE;
    if (it->argc != 3) {
        return false;
    }
    bool save = argument_is(it->args[2], "save");
    if (!save && !argument_is(it->args[2], "appendonly")) {
        return false;
    }
    reply_map(it->reply, 1);
    reply_text(it->reply, save ? "save" : "appendonly");
    if (!save) {
        reply_text(it->reply, kept ? "yes" : "no");
    } else if (kept) {
        reply_textf(it->reply, "%ld 1", (long)config->snapshot_interval);
    } else {
        reply_text(it->reply, "");
    }
    return true;
}

static void answer_config(const struct asking *it)
{
    const struct config *config = &it->connection->worker->server->config;
    if (!argument_is(it->args[1], "GET")) {
        asking_unknown(it, "GET; options are set at the start, see bursard --help");
        return;
    }
    if (it->argc < 3) {
        asking_arity(it, 3);
        return;
    }
    if (config_of_redis(it, config)) {
        return;
    }
    size_t count = 0;
    for (size_t i = 0; i < config_count(); i++) {
        count += config_wanted(it, config_name(i));
    }
    reply_map(it->reply, count);
    for (size_t i = 0; i < config_count(); i++) {
        if (config_wanted(it, config_name(i))) {
            char value[CONFIG_TEXT_MAX];
            config_value(config, i, value);
            reply_text(it->reply, config_name(i));
            reply_text(it->reply, value);
        }
    }
}

static void answer_info(const struct asking *it)
{
    struct buffer text = {0};
    info_write(it->connection->worker->server, it->args + 1, it->argc - 1, &text);
    reply_verbatim(it->reply, text.bytes, buffer_length(&text));
    buffer_free(&text);
}

static void answer_time(const struct asking *it)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    reply_array(it->reply, 2);
    reply_textf(it->reply, "%ld", (long)now.tv_sec);
    reply_textf(it->reply, "%ld", now.tv_nsec / 1000);
}

static void answer_lastsave(const struct asking *it)
{
    const struct archiver *archiver = &it->connection->worker->server->archiver;
    reply_integer(it->reply, (int64_t)counter_read(&archiver->counters.time));
}

static void answer_reset(const struct asking *it)
{
    struct session *session = &it->connection->session;
    session->version = 2;
    session->name[0] = '\0';
    multi_reset(&it->connection->multi);
    it->reply->version = 2;
    reply_simple(it->reply, "RESET");
}

/** As with Redis, a server that stops says so by closing the connection. */
static void answer_shutdown(const struct asking *it)
{
    bool plain = it->argc == 1 ||
                 (it->argc == 2 && (argument_is(it->args[1], "SAVE") || argument_is(it->args[1], "NOSAVE")));
    if (!plain) {
        argument_unexpected(it->reply, it->args[it->argc - 1], "SHUTDOWN [NOSAVE | SAVE]");
        return;
    }
    log_write(LOG_INFO, "client %lu asks for a shutdown", it->connection->session.id);
    server_request_stop(it->connection->worker->server);
    it->connection->ended = true;
}

struct errand *session_answer(struct connection *connection, const struct command *command,
                              const struct request *request, struct reply *reply)
{
    struct asking it = {connection, command, request->args, request->argc, reply};
    switch (command->id) {
    case COMMAND_PING: answer_ping(&it); return NULL;
    case COMMAND_AUTH: answer_auth(&it); return NULL;
    case COMMAND_ECHO: reply_bulk(reply, it.args[1].text, it.args[1].length); return NULL;
    case COMMAND_HELLO: answer_hello(&it); return NULL;
    case COMMAND_SELECT: answer_select(&it); return NULL;
    case COMMAND_CLIENT: return client_answer(&it);
    case COMMAND_COMMAND: command_answer(reply, request); return NULL;
    case COMMAND_CONFIG: answer_config(&it); return NULL;
    case COMMAND_INFO: answer_info(&it); return NULL;
    case COMMAND_LASTSAVE: answer_lastsave(&it); return NULL;
    case COMMAND_SLOWLOG: return slowlog_answer(&it);
    case COMMAND_TIME: answer_time(&it); return NULL;
    case COMMAND_RESET: answer_reset(&it); return NULL;
    case COMMAND_MULTI:
    case COMMAND_EXEC:
    case COMMAND_DISCARD:
    case COMMAND_WATCH:
    case COMMAND_UNWATCH: multi_answer(&connection->multi, command, reply); return NULL;
    case COMMAND_SHUTDOWN: answer_shutdown(&it); return NULL;
    case COMMAND_QUIT:
        reply_simple(reply, "OK");
        connection->ended = true;
        return NULL;
    default: break;
    }
    assert(false && "a command without the ledger is answered here");
    return NULL;
}
