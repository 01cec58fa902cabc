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
#define MAYBE_WORD(token_, name_)                                                   \
    {                                                                               \
        .name = (name_), .kind = ARGUMENT_WORD, .token = (token_), .optional = true \
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
#define ONE_OF(name_, parts_)                                       \
    {                                                               \
        .name = (name_), .kind = ARGUMENT_ONE_OF, .parts = (parts_) \
    }
#define MAYBE_ONE_OF(name_, parts_)                                                   \
    {                                                                                 \
        .name = (name_), .kind = ARGUMENT_ONE_OF, .optional = true, .parts = (parts_) \
    }

static const struct argument none[] = {END};

static const struct argument account[] = {ONE(ACCOUNT, "account"), END};

static const struct argument account_at[] = {
    ONE(ACCOUNT, "account"),
    MAYBE_AFTER("AT", STRING, "number|time"),
    END,
};

static const struct argument account_history[] = {
    ONE(ACCOUNT, "account"),
    MAYBE_AFTER("FROM", STRING, "number|time"),
    MAYBE_AFTER("TO", STRING, "number|time"),
    {.name = "rev", .kind = ARGUMENT_WORD, .token = "REV", .optional = true},
    MAYBE_AFTER("COUNT", INTEGER, "n"),
    END,
};

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

static const struct argument ceiling[] = {
    AFTER("CEILING", AMOUNT, "amount"),
    WORD("NOCEILING", "noceiling"),
    END,
};

static const struct argument limits[] = {
    ONE(ACCOUNT, "account"),
    MAYBE_ONE_OF("overdraft", overdraft),
    MAYBE_ONE_OF("ceiling", ceiling),
    END,
};

static const struct argument asset_definition[] = {ONE(ASSET, "code"), ONE(INTEGER, "scale"), END};

static const struct argument leg[] = {
    ONE(ACCOUNT, "from"),
    ONE(ACCOUNT, "to"),
    ONE(AMOUNT, "amount"),
    END,
};

static const struct argument relation[] = {WORD("GE", "ge"), WORD("LE", "le"), WORD("EQ", "eq"), END};

static const struct argument condition[] = {
    ONE(ACCOUNT, "account"),
    ONE_OF("relation", relation),
    ONE(AMOUNT, "amount"),
    END,
};

static const struct argument transfer[] = {
    ONE(TRANSFER, "id"),
    {.name = "leg", .kind = ARGUMENT_BLOCK, .multiple = true, .parts = leg},
    {.name = "condition",
     .kind = ARGUMENT_BLOCK,
     .token = "IF",
     .optional = true,
     .multiple = true,
     .parts = condition},
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

static const struct argument sweep[] = {
    ONE(TRANSFER, "id"), ONE(ACCOUNT, "from"), ONE(ACCOUNT, "to"), MAYBE_AFTER("MAX", AMOUNT, "amount"), END,
};

static const struct argument hold[] = {
    ONE(TRANSFER, "id"),
    ONE(ACCOUNT, "from"),
    ONE(ACCOUNT, "to"),
    ONE(AMOUNT, "amount"),
    MAYBE_AFTER("TTL", INTEGER, "seconds"),
    MAYBE_AFTER("NOTE", STRING, "text"),
    END,
};

static const struct argument capture[] = {
    ONE(TRANSFER, "id"), ONE(TRANSFER, "hold"), MAYBE(AMOUNT, "amount"), MAYBE_WORD("KEEP", "keep"), END,
};

static const struct argument extension[] = {
    ONE(TRANSFER, "id"),
    ONE(TRANSFER, "hold"),
    ONE(INTEGER, "seconds"),
    END,
};

static const struct argument release[] = {ONE(TRANSFER, "id"), ONE(TRANSFER, "hold"), END};

static const struct argument reversal[] = {ONE(TRANSFER, "id"), ONE(TRANSFER, "transfer"), END};

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

static const struct argument login[] = {MAYBE(STRING, "user"), ONE(STRING, "password"), END};

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

static const struct argument feed[] = {
    AFTER("FROM", INTEGER, "seq"),
    MAYBE_AFTER("COUNT", INTEGER, "n"),
    MAYBE_AFTER("BLOCK", INTEGER, "milliseconds"),
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
    {COMMAND_ACCOUNT, "ACCOUNT", 2, COMMAND_READS | COMMAND_REPEATS, "accounts",
     "Tells everything about an account", "O(1)", "a map of its asset, balance, limits and state", account},
    {COMMAND_ACCOUNTS, "ACCOUNTS", -1, COMMAND_READS | COMMAND_REPEATS, "accounts",
     "Lists the ids of accounts, a page at a time", "O(N) with N the accounts looked at for a page",
     "the next cursor, 0 after the last page, and the ids", accounts_page},
    {COMMAND_ASSET, "ASSET", 3, COMMAND_WRITES | COMMAND_REPEATS, "assets",
     "Defines an asset by its code and the number of its fraction digits", "O(1)", "OK", asset_definition},
    {COMMAND_ASSETS, "ASSETS", 1, COMMAND_READS | COMMAND_REPEATS, "assets",
     "Lists the assets that are defined or in use", "O(N) with N the assets", "a map of codes and scales",
     none},
    {COMMAND_AUTH, "AUTH", -2, COMMAND_SESSION | COMMAND_REPEATS, "connection",
     "Says who asks: the user default, who has no password", "O(1)", "OK", login},
    {COMMAND_BALANCE, "BALANCE", -2, COMMAND_READS | COMMAND_REPEATS, "accounts",
     "Tells the balance of an account, now, or as it was after a number or at a time", "O(1)",
     "credits less debits, with the digits of the asset", account_at},
    {COMMAND_BALANCES, "BALANCES", -2, COMMAND_READS | COMMAND_REPEATS, "accounts",
     "Tells the balances of several accounts, all at one moment", "O(N) with N the accounts named",
     "an array of balances, nil for an account that does not exist", account_or_more},
    {COMMAND_CAPTURE, "CAPTURE", -3, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Moves what is held, in full or less; the rest is released, or with KEEP stays held", "O(1)",
     "the sequence number, the same again for the same id", capture},
    {COMMAND_CLIENT, "CLIENT", -2, COMMAND_SESSION, "connection",
     "Asks about connections, names this one, closes others: GETNAME, SETNAME, SETINFO, ID, INFO, LIST, "
     "KILL, NO-EVICT, NO-TOUCH",
     "O(1), O(N) with N the connections for LIST and KILL", "depends on the subcommand", client},
    {COMMAND_CLOSE, "CLOSE", 2, COMMAND_WRITES | COMMAND_REPEATS, "accounts",
     "Closes an account that has a zero balance and nothing held, for ever", "O(1)", "OK", account},
    {COMMAND_COMMAND, "COMMAND", -1, COMMAND_SESSION | COMMAND_REPEATS, "server",
     "Describes the commands of this server", "O(N) with N the commands described",
     "an array or a map of commands", command},
    {COMMAND_CONFIG, "CONFIG", 3, COMMAND_ADMIN | COMMAND_REPEATS, "server",
     "Tells the settings whose names match a pattern", "O(N) with N the settings",
     "a map of settings and values", config},
    {COMMAND_DBSIZE, "DBSIZE", 1, COMMAND_READS | COMMAND_REPEATS, "ledger", "Counts the accounts", "O(1)",
     "the number of accounts", none},
    {COMMAND_DEPOSIT, "DEPOSIT", -4, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Moves money into an account from the world outside", "O(1)",
     "the sequence number, the same again for the same id", transfer_with_world},
    {COMMAND_DISCARD, "DISCARD", 1, COMMAND_SESSION | COMMAND_REPEATS, "transactions",
     "Forgets the commands queued since MULTI", "O(1)", "OK", none},
    {COMMAND_ECHO, "ECHO", 2, COMMAND_SESSION | COMMAND_REPEATS, "connection", "Answers what it is told",
     "O(1)", "the message", echo},
    {COMMAND_EXEC, "EXEC", 1, COMMAND_WRITES, "transactions",
     "Executes the commands queued since MULTI, all or none of them", "O(N) with N their legs",
     "an array of what each of them answers", none},
    {COMMAND_EXTEND, "EXTEND", 4, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Gives a hold a new time to live, from now", "O(1)",
     "the sequence number, the same again for the same id", extension},
    {COMMAND_FEED, "FEED", -3, COMMAND_READS | COMMAND_REPEATS, "ledger",
     "Tells what was committed and is durable, from a number on, and waits for it if asked to",
     "O(N) with N the records told", "an array of records, each a map; nil when there is none yet", feed},
    {COMMAND_FREEZE, "FREEZE", 2, COMMAND_WRITES, "accounts",
     "Freezes an account: no transfer, hold or capture touches it until it is thawed", "O(1)", "OK", account},
    {COMMAND_HELLO, "HELLO", -1, COMMAND_SESSION | COMMAND_REPEATS, "connection",
     "Chooses the version of the protocol and tells about the server", "O(1)",
     "a map that describes the server", hello},
    {COMMAND_HISTORY, "HISTORY", -2, COMMAND_READS | COMMAND_REPEATS, "accounts",
     "Tells an account's entries, between two numbers or times, oldest first or newest first",
     "O(N) with N the entries told, and those not in the snapshot yet",
     "an array of entries, each with its number, time, transfer, other account, amount and balance",
     account_history},
    {COMMAND_HOLD, "HOLD", -5, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Reserves money for a later capture, until it is captured or voided or its time to live is over", "O(1)",
     "the sequence number, the same again for the same id", hold},
    {COMMAND_INFO, "INFO", -1, COMMAND_ADMIN | COMMAND_REPEATS, "server", "Tells how the server is doing",
     "O(1)", "lines of name:value, in sections", info},
    {COMMAND_LASTSAVE, "LASTSAVE", 1, COMMAND_ADMIN | COMMAND_REPEATS, "server",
     "Tells when the last snapshot was taken", "O(1)", "seconds since the epoch", none},
    {COMMAND_LIMIT, "LIMIT", -2, COMMAND_WRITES, "accounts",
     "Changes how far an account's balance may go, down or up", "O(1)", "OK", limits},
    {COMMAND_LOOKUP, "LOOKUP", 2, COMMAND_READS | COMMAND_REPEATS, "transfers",
     "Tells what became of a transfer", "O(1)",
     "a map of the transfer, nil for an id that is unknown or forgotten", transfer_id},
    {COMMAND_MULTI, "MULTI", 1, COMMAND_SESSION | COMMAND_REPEATS, "transactions",
     "Begins a transaction: what follows is queued until EXEC", "O(1)", "OK", none},
    {COMMAND_OPEN, "OPEN", -3, COMMAND_WRITES | COMMAND_REPEATS, "accounts", "Opens an account in an asset",
     "O(1)", "the sequence number of the opening, the same again for the same options", opening},
    {COMMAND_PING, "PING", -1, COMMAND_SESSION | COMMAND_REPEATS, "connection",
     "Asks whether the server is there", "O(1)", "PONG, or the message", ping},
    {COMMAND_QUIT, "QUIT", 1, COMMAND_SESSION | COMMAND_REPEATS, "connection",
     "Closes this connection after its last reply", "O(1)", "OK", none},
    {COMMAND_RESET, "RESET", 1, COMMAND_SESSION | COMMAND_REPEATS, "connection",
     "Sets this connection back to what it was when it was opened", "O(1)", "RESET", none},
    {COMMAND_REVERSE, "REVERSE", 3, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Moves the money of a transfer back, once", "O(N) with N the legs",
     "the sequence number of the first leg, the same again for the same id", reversal},
    {COMMAND_SAVE, "SAVE", 1, COMMAND_READS | COMMAND_REPEATS, "server",
     "Takes a snapshot now, of everything that happened before",
     "O(N) with N the transfers since the last one", "OK, once it is on the disk", none},
    {COMMAND_SELECT, "SELECT", 2, COMMAND_SESSION | COMMAND_REPEATS, "connection",
     "Selects a database, of which there is one: 0", "O(1)", "OK", select},
    {COMMAND_SHUTDOWN, "SHUTDOWN", -1, COMMAND_ADMIN, "server",
     "Stops the server when all that was acknowledged is kept",
     "O(N) with N the transfers since the last snapshot", "nothing: the connection closes", shutdown},
    {COMMAND_SLOWLOG, "SLOWLOG", -2, COMMAND_ADMIN, "server", "Tells the requests that took long",
     "O(N) with N the entries", "depends on the subcommand", slowlog},
    {COMMAND_SWEEP, "SWEEP", -4, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Moves all that an account has available, up to a maximum", "O(1)",
     "the sequence number, the same again for the same id", sweep},
    {COMMAND_THAW, "THAW", 2, COMMAND_WRITES, "accounts", "Thaws a frozen account", "O(1)", "OK", account},
    {COMMAND_TIME, "TIME", 1, COMMAND_SESSION | COMMAND_REPEATS, "server", "Tells the server's time", "O(1)",
     "an array of seconds since the epoch and microseconds", none},
    {COMMAND_TRANSFER, "TRANSFER", -5, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Moves money between accounts, in one leg or in several that happen all or not at all",
     "O(N) with N the legs", "the sequence number of the first leg, the same again for the same id",
     transfer},
    {COMMAND_TRIAL, "TRIAL", 1, COMMAND_READS | COMMAND_REPEATS, "ledger",
     "Adds up every asset's debits and credits, which are always equal", "O(N) with N the accounts",
     "per asset the sums, the number of accounts, and the sequence number they hold for", none},
    {COMMAND_UNWATCH, "UNWATCH", 1, COMMAND_SESSION | COMMAND_REPEATS, "transactions",
     "Does nothing: there is no WATCH to take back", "O(1)", "OK", none},
    {COMMAND_VOID, "VOID", 3, COMMAND_WRITES | COMMAND_REPEATS, "transfers", "Releases what is held", "O(1)",
     "the sequence number, the same again for the same id", release},
    {COMMAND_WATCH, "WATCH", -2, COMMAND_SESSION | COMMAND_REPEATS, "transactions",
     "Refuses, and names what does its work here: conditions of TRANSFER", "O(1)", "an error",
     account_or_more},
    {COMMAND_WITHDRAW, "WITHDRAW", -4, COMMAND_WRITES | COMMAND_REPEATS, "transfers",
     "Moves money out of an account to the world outside", "O(1)",
     "the sequence number, the same again for the same id", transfer_with_world},
};
