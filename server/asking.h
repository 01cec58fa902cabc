/* asking.h: a command that is answered without the ledger, and what all of those say about their subcommands.
 */
#ifndef BURSAR_SERVER_ASKING_H
#define BURSAR_SERVER_ASKING_H

#include <stdbool.h>

#include "proto/commands.h"
#include "proto/reply.h"
#include "proto/resp.h"

/** How much of an argument an error quotes. */
#define ASKING_QUOTE_MAX 80

struct connection;

/** One command being answered. */
struct asking {
    struct connection *connection;
    const struct command *command;
    const struct slice *args; /* the request's, its name first */
    uint32_t argc;
    struct reply *reply;
};

/** How many bytes of an argument an error quotes. */
static inline int asking_quote(struct slice argument)
{
    return argument.length > ASKING_QUOTE_MAX ? ASKING_QUOTE_MAX : (int)argument.length;
}

/** Answers that subcommand args[1] is none of those `known`, a list in words. */
static inline void asking_unknown(const struct asking *it, const char *known)
{
    reply_errorf(it->reply, "ERR", "unknown subcommand '%.*s' of %s; it has %s", asking_quote(it->args[1]),
                 it->args[1].text, it->command->name, known);
}

/** Whether the subcommand args[1] came with `argc` arguments in all; else answers an error. */
static inline bool asking_arity(const struct asking *it, uint32_t argc)
{
    if (it->argc == argc) {
        return true;
    }
    reply_errorf(it->reply, "ERR", "wrong number of arguments for '%s %.*s'", it->command->name,
                 asking_quote(it->args[1]), it->args[1].text);
    return false;
}

#endif
