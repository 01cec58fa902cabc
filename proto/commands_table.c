/* commands_table.c: the rows of the table of commands, and the shape of their arguments. A command is added
 * here, in enum command_id, and where it is executed; help, hints and arity errors follow.
 */
#include "proto/commands.h"

#define END \
    {       \
        0   \
    }
#define ONE(kind_, name_)                         \
    {                                             \
        .name = (name_), .kind = ARGUMENT_##kind_ \
    }
#define MAYBE(kind_, name_)                                         \
    {                                                               \
        .name = (name_), .kind = ARGUMENT_##kind_, .optional = true \
    }
#define WORD(token_, name_)                                       \
    {                                                             \
        .name = (name_), .kind = ARGUMENT_WORD, .token = (token_) \
    }
#define AFTER(token_, kind_, name_)                                  \
    {                                                                \
        .name = (name_), .kind = ARGUMENT_##kind_, .token = (token_) \
    }
#define MAYBE_AFTER(token_, kind_, name_)                                              \
    {                                                                                  \
        .name = (name_), .kind = ARGUMENT_##kind_, .token = (token_), .optional = true \
    }
#define MAYBE_MANY(kind_, name_)                                                      \
    {                                                                                 \
        .name = (name_), .kind = ARGUMENT_##kind_, .optional = true, .multiple = true \
    }
#define MAYBE_ONE_OF(name_, parts_)                                                   \
    {                                                                                 \
        .name = (name_), .kind = ARGUMENT_ONE_OF, .optional = true, .parts = (parts_) \
    }

static const struct argument none[] = {END};

static const struct argument account[] = {ONE(ACCOUNT, "account"), END};

static const struct argument account_or_more[] = {
    {.name = "account", .kind = ARGUMENT_ACCOUNT, .multiple = true},
    END,
};

static const struct argument accounts_page[] = {
    MAYBE(STRING, "cursor"),
    MAYBE_AFTER("MATCH", PATTERN, "pattern"),
    MAYBE_AFTER("COUNT", INTEGER, "n"),
    END,
};

static const struct argument overdraft[] = {
    AFTER("OVERDRAFT", AMOUNT, "amount"),
    WORD("UNLIMITED", "unlimited"),
    END,
};

static const struct argument opening[] = {
    ONE(ACCOUNT, "account"),
    ONE(ASSET, "asset"),
    MAYBE_ONE_OF("overdraft", overdraft),
    MAYBE_AFTER("CEILING", AMOUNT, "amount"),
    END,
};

static const struct argument asset_definition[] = {ONE(ASSET, "code"), ONE(INTEGER, "scale"), END};

static const struct argument leg[] = {
    ONE(ACCOUNT, "from"),
    ONE(ACCOUNT, "to"),
    ONE(AMOUNT, "amount"),
    END,
};

static const struct argument transfer[] = {
    ONE(TRANSFER, "id"),
    {.name = "leg", .kind = ARGUMENT_BLOCK, .multiple = true, .parts = leg},
    MAYBE_AFTER("NOTE", STRING, "text"),
    END,
};

/* DEPOSIT and WITHDRAW: the other side is the asset's @world. */
static const struct argument transfer_with_world[] = {
    ONE(TRANSFER, "id"),
    ONE(ACCOUNT, "account"),
    ONE(AMOUNT, "amount"),
    MAYBE_AFTER("NOTE", STRING, "text"),
    END,
};

static const struct argument transfer_id[] = {ONE(TRANSFER, "id"), END};

static const struct argument client[] = {ONE(STRING, "subcommand"), MAYBE_MANY(STRING, "argument"), END};

static const struct argument info_names[] = {WORD("INFO", "info"), MAYBE_MANY(STRING, "name"), END};

static const struct argument docs_names[] = {WORD("DOCS", "docs"), MAYBE_MANY(STRING, "name"), END};

static const struct argument command_questions[] = {
    WORD("COUNT", "count"),
    WORD("LIST", "list"),
    {.name = "info-names", .kind = ARGUMENT_BLOCK, .parts = info_names},
    {.name = "docs-names", .kind = ARGUMENT_BLOCK, .parts = docs_names},
    END,
};

static const struct argument command[] = {MAYBE_ONE_OF("question", command_questions), END};

static const struct argument config[] = {WORD("GET", "get"), ONE(PATTERN, "pattern"), END};

static const struct argument echo[] = {ONE(STRING, "message"), END};

static const struct argument credentials[] = {ONE(STRING, "user"), ONE(STRING, "password"), END};

static const struct argument greeting[] = {
    ONE(INTEGER, "protover"),
    {.name = "credentials", .kind = ARGUMENT_BLOCK, .token = "AUTH", .optional = true, .parts = credentials},
    MAYBE_AFTER("SETNAME", STRING, "name"),
    END,
};

static const struct argument hello[] = {
    {.name = "greeting", .kind = ARGUMENT_BLOCK, .optional = true, .parts = greeting},
    END,
};

static const struct argument info[] = {MAYBE_MANY(STRING, "section"), END};

static const struct argument ping[] = {MAYBE(STRING, "message"), END};

static const struct argument select[] = {ONE(INTEGER, "index"), END};

static const struct argument snapshot_choice[] = {WORD("NOSAVE", "nosave"), WORD("SAVE", "save"), END};

static const struct argument shutdown[] = {MAYBE_ONE_OF("snapshot", snapshot_choice), END};

static const struct argument slowlog_get[] = {WORD("GET", "get"), MAYBE(INTEGER, "count"), END};

static const struct argument slowlog_questions[] = {
    {.name = "get", .kind = ARGUMENT_BLOCK, .parts = slowlog_get},
    WORD("LEN", "len"),
    WORD("RESET", "reset"),
    WORD("HELP", "help"),
    END,
};

static const struct argument slowlog[] = {
    {.name = "question", .kind = ARGUMENT_ONE_OF, .parts = slowlog_questions},
    END,
};

const struct command commands[COMMAND_COUNT] = {
    {COMMAND_ACCOUNT, "ACCOUNT", 2, COMMAND_READS, "accounts", "Tells everything about an account", "O(1)",
     "a map of its asset, balance, limits and state", account},
    {COMMAND_ACCOUNTS, "ACCOUNTS", -1, COMMAND_READS, "accounts",
     "Lists the ids of accounts, a page at a time", "O(N) with N the accounts looked at for a page",
     "the next cursor, 0 after the last page, and the ids", accounts_page},
    {COMMAND_ASSET, "ASSET", 3, COMMAND_WRITES, "assets",
     "Defines an asset by its code and the number of its fraction digits", "O(1)", "OK", asset_definition},
    {COMMAND_ASSETS, "ASSETS", 1, COMMAND_READS, "assets", "Lists the assets that are defined or in use",
     "O(N) with N the assets", "a map of codes and scales", none},
    {COMMAND_BALANCE, "BALANCE", 2, COMMAND_READS, "accounts", "Tells the balance of an account", "O(1)",
     "credits less debits, with the digits of the asset", account},
    {COMMAND_BALANCES, "BALANCES", -2, COMMAND_READS, "accounts",
     "Tells the balances of several accounts, all at one moment", "O(N) with N the accounts named",
     "an array of balances, nil for an account that does not exist", account_or_more},
    {COMMAND_CLIENT, "CLIENT", -2, COMMAND_SESSION, "connection",
     "Asks about connections, names this one, closes others: GETNAME, SETNAME, SETINFO, ID, INFO, LIST, "
     "KILL, "
     "NO-EVICT, NO-TOUCH",
     "O(1), O(N) with N the connections for LIST and KILL", "depends on the subcommand", client},
    {COMMAND_COMMAND, "COMMAND", -1, COMMAND_SESSION, "server", "Describes the commands of this server",
     "O(N) with N the commands described", "an array or a map of commands", command},
    {COMMAND_CONFIG, "CONFIG", 3, COMMAND_ADMIN, "server", "Tells the settings whose names match a pattern",
     "O(N) with N the settings", "a map of settings and values", config},
    {COMMAND_DBSIZE, "DBSIZE", 1, COMMAND_READS, "ledger", "Counts the accounts", "O(1)",
     "the number of accounts", none},
    {COMMAND_DEPOSIT, "DEPOSIT", -4, COMMAND_WRITES, "transfers",
     "Moves money into an account from the world outside", "O(1)",
     "the sequence number, the same again for the same id", transfer_with_world},
    {COMMAND_ECHO, "ECHO", 2, COMMAND_SESSION, "connection", "Answers what it is told", "O(1)", "the message",
     echo},
    {COMMAND_HELLO, "HELLO", -1, COMMAND_SESSION, "connection",
     "Chooses the version of the protocol and tells about the server", "O(1)",
     "a map that describes the server", hello},
    {COMMAND_INFO, "INFO", -1, COMMAND_ADMIN, "server", "Tells how the server is doing", "O(1)",
     "lines of name:value, in sections", info},
    {COMMAND_LASTSAVE, "LASTSAVE", 1, COMMAND_ADMIN, "server", "Tells when the last snapshot was taken",
     "O(1)", "seconds since the epoch", none},
    {COMMAND_LOOKUP, "LOOKUP", 2, COMMAND_READS, "transfers", "Tells what became of a transfer", "O(1)",
     "a map of the transfer, nil for an id that is unknown or forgotten", transfer_id},
    {COMMAND_OPEN, "OPEN", -3, COMMAND_WRITES, "accounts", "Opens an account in an asset", "O(1)",
     "the sequence number of the opening, the same again for the same options", opening},
    {COMMAND_PING, "PING", -1, COMMAND_SESSION, "connection", "Asks whether the server is there", "O(1)",
     "PONG, or the message", ping},
    {COMMAND_QUIT, "QUIT", 1, COMMAND_SESSION, "connection", "Closes this connection after its last reply",
     "O(1)", "OK", none},
    {COMMAND_RESET, "RESET", 1, COMMAND_SESSION, "connection",
     "Sets this connection back to what it was when it was opened", "O(1)", "RESET", none},
    {COMMAND_SAVE, "SAVE", 1, COMMAND_READS, "server",
     "Takes a snapshot now, of everything that happened before",
     "O(N) with N the transfers since the last one", "OK, once it is on the disk", none},
    {COMMAND_SELECT, "SELECT", 2, COMMAND_SESSION, "connection",
     "Selects a database, of which there is one: 0", "O(1)", "OK", select},
    {COMMAND_SHUTDOWN, "SHUTDOWN", -1, COMMAND_ADMIN, "server",
     "Stops the server when all that was acknowledged is kept",
     "O(N) with N the transfers since the last snapshot", "nothing: the connection closes", shutdown},
    {COMMAND_SLOWLOG, "SLOWLOG", -2, COMMAND_ADMIN, "server", "Tells the requests that took long",
     "O(N) with N the entries", "depends on the subcommand", slowlog},
    {COMMAND_TIME, "TIME", 1, COMMAND_SESSION, "server", "Tells the server's time", "O(1)",
     "an array of seconds since the epoch and microseconds", none},
    {COMMAND_TRANSFER, "TRANSFER", -5, COMMAND_WRITES, "transfers",
     "Moves money between accounts, in one leg or in several that happen all or not at all",
     "O(N) with N the legs", "the sequence number of the first leg, the same again for the same id",
     transfer},
    {COMMAND_TRIAL, "TRIAL", 1, COMMAND_READS, "ledger",
     "Adds up every asset's debits and credits, which are always equal", "O(N) with N the accounts",
     "per asset the sums, the number of accounts, and the sequence number they hold for", none},
    {COMMAND_WITHDRAW, "WITHDRAW", -4, COMMAND_WRITES, "transfers",
     "Moves money out of an account to the world outside", "O(1)",
     "the sequence number, the same again for the same id", transfer_with_world},
};
