/* commands.c: finding a row by its name, and writing its syntax for people. The rows are in commands_table.c.
 */
#include "proto/commands.h"

#include <assert.h>
#include <string.h>

/* Compares a name as a client spelled it with one in capitals, as memcmp orders them. */
static int name_compare(struct slice name, const char *capitals)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.text[i];
        if (byte >= 'a' && byte <= 'z')
            byte = (unsigned char)(byte - 'a' + 'A');
        int order = byte - (unsigned char)capitals[i];
        if (order != 0)
            return order;
        if (byte == '\0')
            return 1; /* both ended here, but the client's goes on: a NUL is no end there */
    }
    return capitals[name.length] == '\0' ? 0 : -1;
}

const struct command *command_find(struct slice name)
{
    unsigned low = 0;
    unsigned high = COMMAND_COUNT;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        int order = name_compare(name, commands[middle].name);
        if (order == 0)
            return &commands[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct command *command_find_like(struct slice name, enum command_id likely)
{
    if (likely < COMMAND_COUNT && name_compare(name, commands[likely].name) == 0)
        return &commands[likely];
    return command_find(name);
}

bool command_arity_ok(const struct command *command, uint32_t argc)
{
    if (command->arity >= 0)
        return argc == (uint32_t)command->arity;
    return argc >= (uint32_t)-command->arity;
}

/* Whether the second word is `word`, in any case. */
static bool is_subcommand(const struct slice *words, size_t count, const char *word)
{
    return count > 1 && name_compare(words[1], word) == 0;
}

bool command_repeatable(const struct slice *words, size_t count)
{
    const struct command *command = command_find(words[0]);
    if (command == NULL)
        return false;
    if (command->id == COMMAND_SLOWLOG)
        return is_subcommand(words, count, "GET") || is_subcommand(words, count, "LEN");
    if (command->id == COMMAND_CLIENT)
        return is_subcommand(words, count, "LIST") || is_subcommand(words, count, "INFO");
    bool anonymous = (command->flags & COMMAND_WRITES) != 0 && is_subcommand(words, count, "*");
    return (command->flags & COMMAND_REPEATS) != 0 && !anonymous;
}

/* Where a syntax is written: never past its end, and always with room for the NUL. */
struct sink {
    char *at;
    size_t room;
};

static void sink_put(struct sink *sink, const char *text)
{
    size_t length = strlen(text);
    if (length > sink->room)
        length = sink->room;
    memcpy(sink->at, text, length);
    sink->at += length;
    sink->room -= length;
}

static void argument_put(struct sink *sink, const struct argument *argument);

static void parts_put(struct sink *sink, const struct argument *parts, const char *separator)
{
    for (const struct argument *part = parts; part->name != NULL; part++) {
        if (part != parts)
            sink_put(sink, separator);
        argument_put(sink, part);
    }
}

/* One occurrence of an argument, without what says that it is optional or may be repeated. */
static void argument_put_once(struct sink *sink, const struct argument *argument)
{
    if (argument->token != NULL)
        sink_put(sink, argument->token);
    if (argument->kind == ARGUMENT_WORD)
        return;
    if (argument->token != NULL)
        sink_put(sink, " ");
    switch (argument->kind) {
    case ARGUMENT_ONE_OF:
        /* An optional one has brackets around it already. */
        sink_put(sink, argument->optional ? "" : "<");
        parts_put(sink, argument->parts, " | ");
        sink_put(sink, argument->optional ? "" : ">");
        break;
    case ARGUMENT_BLOCK: parts_put(sink, argument->parts, " "); break;
    default: sink_put(sink, argument->name); break;
    }
}

static void argument_put(struct sink *sink, const struct argument *argument)
{
    bool repeated = argument->multiple && !argument->optional;
    if (argument->optional)
        sink_put(sink, "[");
    argument_put_once(sink, argument);
    if (repeated) {
        sink_put(sink, " [");
        argument_put_once(sink, argument);
    }
    if (argument->multiple)
        sink_put(sink, " ...");
    if (argument->optional || repeated)
        sink_put(sink, "]");
}

void command_syntax(const struct command *command, char *out, size_t size)
{
    assert(size > 0);
    struct sink sink = {out, size - 1};
    sink_put(&sink, command->name);
    if (command->arguments->name != NULL)
        sink_put(&sink, " ");
    parts_put(&sink, command->arguments, " ");
    *sink.at = '\0';
}

void command_argument_syntax(const struct argument *argument, char *out, size_t size)
{
    assert(size > 0);
    struct sink sink = {out, size - 1};
    argument_put(&sink, argument);
    *sink.at = '\0';
}
