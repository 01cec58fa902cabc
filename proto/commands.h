/* commands.h: every command the server knows, as rows of one table. Dispatch, arity errors, COMMAND, COMMAND
 * DOCS and the client's help all come from it, so that they can't disagree.
 */
#ifndef BURSAR_PROTO_COMMANDS_H
#define BURSAR_PROTO_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/reply.h"
#include "proto/resp.h"

enum command_id {
    COMMAND_ACCOUNT,
    COMMAND_ACCOUNTS,
    COMMAND_ASSET,
    COMMAND_ASSETS,
    COMMAND_AUTH,
    COMMAND_BALANCE,
    COMMAND_BALANCES,
    COMMAND_CAPTURE,
    COMMAND_CLIENT,
    COMMAND_CLOSE,
    COMMAND_COMMAND,
    COMMAND_CONFIG,
    COMMAND_DBSIZE,
    COMMAND_DEPOSIT,
    COMMAND_DISCARD,
    COMMAND_ECHO,
    COMMAND_EXEC,
    COMMAND_EXTEND,
    COMMAND_FEED,
    COMMAND_FREEZE,
    COMMAND_HELLO,
    COMMAND_HISTORY,
    COMMAND_HOLD,
    COMMAND_INFO,
    COMMAND_LASTSAVE,
    COMMAND_LIMIT,
    COMMAND_LOOKUP,
    COMMAND_MULTI,
    COMMAND_OPEN,
    COMMAND_PING,
    COMMAND_QUIT,
    COMMAND_RESET,
    COMMAND_REVERSE,
    COMMAND_SAVE,
    COMMAND_SELECT,
    COMMAND_SHUTDOWN,
    COMMAND_SLOWLOG,
    COMMAND_SWEEP,
    COMMAND_THAW,
    COMMAND_TIME,
    COMMAND_TRANSFER,
    COMMAND_TRIAL,
    COMMAND_UNWATCH,
    COMMAND_VOID,
    COMMAND_WATCH,
    COMMAND_WITHDRAW,
    COMMAND_COUNT
};

/** What a command does to the ledger, as COMMAND reports it. */
enum command_flag {
    COMMAND_WRITES = 1,  /* may change accounts, assets or ids */
    COMMAND_READS = 2,   /* reads the ledger, changes nothing */
    COMMAND_ADMIN = 4,   /* about the server, for operators */
    COMMAND_SESSION = 8, /* about this connection only; answered without the ledger */
    COMMAND_REPEATS = 16 /* done twice it is done once: it reads, or its id or its meaning makes it so */
};

/** What one argument is. */
enum argument_kind {
    ARGUMENT_STRING,
    ARGUMENT_INTEGER,
    ARGUMENT_AMOUNT, /* a decimal number of the asset */
    ARGUMENT_ACCOUNT,
    ARGUMENT_TRANSFER, /* the id of a transfer */
    ARGUMENT_ASSET,
    ARGUMENT_PATTERN,
    ARGUMENT_WORD,   /* a keyword alone: its token */
    ARGUMENT_ONE_OF, /* exactly one of its parts */
    ARGUMENT_BLOCK   /* all of its parts, in order */
};

struct argument {
    const char *name;             /* as help shows it: "account" */
    const char *token;            /* the keyword before it, "OVERDRAFT", or NULL */
    const struct argument *parts; /* of ONE_OF and BLOCK: ends with a NULL name; else NULL */
    enum argument_kind kind;
    bool optional;
    bool multiple; /* may be repeated */
};

struct command {
    enum command_id id;
    const char *name;                 /* in capitals */
    int arity;                        /* as Redis counts: the command's name included; -n means n or more */
    unsigned flags;                   /* enum command_flag */
    const char *group;                /* "accounts", "transfers", "transactions", "assets", "ledger", ... */
    const char *summary;              /* one sentence without a full stop */
    const char *complexity;           /* how the work grows, "O(1)" */
    const char *reply;                /* what it answers, in a few words */
    const struct argument *arguments; /* ends with a NULL name */
};

/** The rows, COMMAND_COUNT of them, in order of their names; commands[i].id == i. */
extern const struct command commands[COMMAND_COUNT];

/** The row of a name, in any case of ASCII letters; NULL when there is none. */
const struct command *command_find(struct slice name);

/** The same. Looks at one row first, `likely` (COMMAND_COUNT: at none): a client mostly repeats itself. */
const struct command *command_find_like(struct slice name, enum command_id likely);

/** Whether a request, of `count` words at least 1, may be sent again when its answer got lost: done twice it
 * does what it does once, whatever others did in between. Not so with `*` for an id. Of a command of a
 * transaction: when it is sent again with all of it. False for an unknown command. */
bool command_repeatable(const struct slice *words, size_t count);

/** Whether `argc` (the name counted) fits the row's arity. */
bool command_arity_ok(const struct command *command, uint32_t argc);

/** Writes the syntax for people, "OPEN account asset [OVERDRAFT amount | UNLIMITED] [CEILING amount]", to
 * `out`, NUL-terminated, cut to `size`. */
void command_syntax(const struct command *command, char *out, size_t size);

/** Writes one argument as it stands in its command's syntax, "[CEILING amount]", likewise. */
void command_argument_syntax(const struct argument *argument, char *out, size_t size);

/** Answers COMMAND and its subcommands COUNT, LIST, INFO [name ...], DOCS [name ...], in the shapes Redis 7
 * gives them. `request` is the whole COMMAND request; an unknown subcommand answers an error that lists those
 * known. */
void command_answer(struct reply *reply, const struct request *request);

#endif
