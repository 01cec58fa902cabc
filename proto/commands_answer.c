/* commands_answer.c: what COMMAND answers, in the shapes of Redis 7, which client libraries and redis-cli
 * read when they connect: entries of ten elements for COMMAND and COMMAND INFO, maps with arguments for
 * COMMAND DOCS. Shapes: https://redis.io/docs/latest/commands/command/ and
 * https://redis.io/docs/latest/commands/command-docs/
 */
#include <string.h>
#include <strings.h>

#include "proto/commands.h"

/* The first version of this server that had the commands: all of them so far. */
#define SINCE "0.1.0"

/* No name of a command is longer. */
#define NAME_MAX_LENGTH 31

/* How much of an unknown subcommand an error quotes, in bytes. */
#define WORD_QUOTED_MAX 64

/* What Redis calls our flags, and the category of its access lists that they belong to. */
struct flag_words {
    unsigned flag;
    const char *words[3]; /* NULL after the last */
    const char *categories[2];
};

static const struct flag_words flag_words[] = {
    {COMMAND_WRITES, {"write", "denyoom", NULL}, {"@write", NULL}},
    {COMMAND_READS, {"readonly", NULL, NULL}, {"@read", NULL}},
    {COMMAND_ADMIN, {"admin", "loading", "stale"}, {"@admin", "@dangerous"}},
    {COMMAND_SESSION, {"fast", "loading", "stale"}, {"@fast", "@connection"}},
};

#define FLAG_WORDS (sizeof flag_words / sizeof *flag_words)

static void name_reply(struct reply *reply, const struct command *command)
{
    char lower[NAME_MAX_LENGTH];
    size_t length = 0;
    for (; command->name[length] != '\0' && length < sizeof lower; length++) {
        char letter = command->name[length];
        lower[length] = (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    }
    reply_bulk(reply, lower, length);
}

/* A set of simple strings: those of `words` up to the first NULL. */
static void words_reply(struct reply *reply, const char *const *words, size_t most)
{
    size_t count = 0;
    while (count < most && words[count] != NULL)
        count++;
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++)
        reply_simple(reply, words[i]);
}

static const struct flag_words *command_flag_words(const struct command *command)
{
    size_t i = 0;
    while (i + 1 < FLAG_WORDS && (command->flags & flag_words[i].flag) == 0)
        i++;
    return &flag_words[i];
}

/* Where the accounts are among the arguments, as Redis tells where keys are: the position of the first and of
 * the last, -1 for the end of the request, and the step. All zero when they can't be told by position. */
static void keys_reply(struct reply *reply, const struct command *command)
{
    int first = 0;
    int last = 0;
    for (const struct argument *at = command->arguments; at->name != NULL; at++) {
        if (at->optional || at->kind == ARGUMENT_BLOCK || at->kind == ARGUMENT_ONE_OF)
            break;
        if (at->kind != ARGUMENT_ACCOUNT)
            continue;
        first = 1 + (int)(at - command->arguments);
        last = at->multiple ? -1 : first;
        break;
    }
    reply_integer(reply, first);
    reply_integer(reply, last);
    reply_integer(reply, first > 0 ? 1 : 0);
}

/* One entry of COMMAND and COMMAND INFO. */
static void entry_reply(struct reply *reply, const struct command *command)
{
    const struct flag_words *words = command_flag_words(command);
    reply_array(reply, 10);
    name_reply(reply, command);
    reply_integer(reply, command->arity);
    words_reply(reply, words->words, sizeof words->words / sizeof *words->words);
    keys_reply(reply, command);
    words_reply(reply, words->categories, sizeof words->categories / sizeof *words->categories);
    reply_array(reply, 0); /* tips, for cluster proxies */
    reply_array(reply, 0); /* key specifications */
    reply_array(reply, 0); /* subcommands */
}

static const char *argument_type(enum argument_kind kind)
{
    switch (kind) {
    case ARGUMENT_INTEGER: return "integer";
    case ARGUMENT_ACCOUNT: return "key";
    case ARGUMENT_PATTERN: return "pattern";
    case ARGUMENT_WORD: return "pure-token";
    case ARGUMENT_ONE_OF: return "oneof";
    case ARGUMENT_BLOCK: return "block";
    case ARGUMENT_STRING:
    case ARGUMENT_AMOUNT:
    case ARGUMENT_TRANSFER:
    case ARGUMENT_ASSET: break;
    }
    return "string";
}

static void arguments_reply(struct reply *reply, const struct argument *arguments);

static void argument_reply(struct reply *reply, const struct argument *argument)
{
    const char *flags[4] = {NULL};
    size_t flag_count = 0;
    if (argument->optional)
        flags[flag_count++] = "optional";
    if (argument->multiple)
        flags[flag_count++] = "multiple";
    if (argument->multiple && argument->token != NULL)
        flags[flag_count++] = "multiple_token"; /* each time with its keyword */
    size_t pairs = 3;
    pairs += argument->token != NULL;
    pairs += flags[0] != NULL;
    pairs += argument->parts != NULL;
    reply_map(reply, pairs);
    reply_text(reply, "name");
    reply_text(reply, argument->name);
    reply_text(reply, "type");
    reply_text(reply, argument_type(argument->kind));
    reply_text(reply, "display_text");
    reply_text(reply, argument->name);
    if (argument->token != NULL) {
        reply_text(reply, "token");
        reply_text(reply, argument->token);
    }
    if (flags[0] != NULL) {
        reply_text(reply, "flags");
        words_reply(reply, flags, flag_count);
    }
    if (argument->parts != NULL) {
        reply_text(reply, "arguments");
        arguments_reply(reply, argument->parts);
    }
}

static void arguments_reply(struct reply *reply, const struct argument *arguments)
{
    size_t count = 0;
    while (arguments[count].name != NULL)
        count++;
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++)
        argument_reply(reply, &arguments[i]);
}

/* One pair of COMMAND DOCS: the name, and a map of what there is to say. */
static void docs_reply(struct reply *reply, const struct command *command)
{
    name_reply(reply, command);
    reply_map(reply, 5);
    reply_text(reply, "summary");
    reply_text(reply, command->summary);
    reply_text(reply, "since");
    reply_text(reply, SINCE);
    reply_text(reply, "group");
    reply_text(reply, command->group);
    reply_text(reply, "complexity");
    reply_text(reply, command->complexity);
    reply_text(reply, "arguments");
    arguments_reply(reply, command->arguments);
}

static void list_answer(struct reply *reply)
{
    reply_array(reply, COMMAND_COUNT);
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        name_reply(reply, &commands[i]);
}

/* COMMAND and COMMAND INFO: all commands, or those named, nil for an unknown one. */
static void info_answer(struct reply *reply, const struct slice *names, uint32_t count)
{
    reply_array(reply, count > 0 ? count : COMMAND_COUNT);
    for (unsigned i = 0; count == 0 && i < COMMAND_COUNT; i++)
        entry_reply(reply, &commands[i]);
    for (uint32_t i = 0; i < count; i++) {
        const struct command *command = command_find(names[i]);
        if (command != NULL)
            entry_reply(reply, command);
        else
            reply_nil(reply);
    }
}

/* COMMAND DOCS: all commands, or those named; unknown ones are left out. */
static void docs_answer(struct reply *reply, const struct slice *names, uint32_t count)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < count; i++)
        known += command_find(names[i]) != NULL;
    reply_map(reply, count > 0 ? known : COMMAND_COUNT);
    for (unsigned i = 0; count == 0 && i < COMMAND_COUNT; i++)
        docs_reply(reply, &commands[i]);
    for (uint32_t i = 0; i < count; i++) {
        const struct command *command = command_find(names[i]);
        if (command != NULL)
            docs_reply(reply, command);
    }
}

static bool slice_is(struct slice slice, const char *word)
{
    return slice.length == strlen(word) && strncasecmp(slice.text, word, slice.length) == 0;
}

void command_answer(struct reply *reply, const struct request *request)
{
    if (request->argc <= 1) {
        info_answer(reply, NULL, 0);
        return;
    }
    struct slice word = request->args[1];
    const struct slice *names = request->args + 2;
    uint32_t count = request->argc - 2;
    if (slice_is(word, "INFO"))
        info_answer(reply, names, count);
    else if (slice_is(word, "DOCS"))
        docs_answer(reply, names, count);
    else if (slice_is(word, "COUNT") && count == 0)
        reply_integer(reply, COMMAND_COUNT);
    else if (slice_is(word, "LIST") && count == 0)
        list_answer(reply);
    else if (slice_is(word, "COUNT") || slice_is(word, "LIST"))
        reply_errorf(reply, "ERR", "COMMAND %.*s takes no arguments, %u given", (int)word.length, word.text,
                     count);
    else
        reply_errorf(reply, "ERR",
                     "COMMAND has no subcommand '%.*s': there are COUNT, LIST, INFO [name ...] and "
                     "DOCS [name ...]",
                     (int)(word.length < WORD_QUOTED_MAX ? word.length : WORD_QUOTED_MAX), word.text);
}
