/* typed.c: see typed.h. */
#include "client/typed.h"

#include <string.h>
#include <strings.h>

#include "client/syntax.h"
#include "proto/inline.h"

/* Where the last word begins: after the last blank that no quote holds. */
static size_t last_begins(const char *line, size_t length)
{
    char quote = '\0';
    size_t begins = 0;
    for (size_t i = 0; i < length; i++) {
        if (quote != '\0' && line[i] == '\\' && i + 1 < length)
            i++;
        else if (quote != '\0' && line[i] == quote)
            quote = '\0';
        else if (quote != '\0')
            continue;
        else if (line[i] == '"' || line[i] == '\'')
            quote = line[i];
        else if (line[i] == ' ' || line[i] == '\t')
            begins = i + 1;
    }
    return begins;
}

bool typed_split(struct typed *typed, const char *line, size_t length)
{
    if (length > sizeof typed->text)
        return false;
    memcpy(typed->text, line, length);
    size_t begins = last_begins(line, length);
    typed->last = (struct slice){typed->text + begins, length - begins};
    typed->command = NULL;
    if (inline_split(typed->text, begins, &typed->whole) != INLINE_OK)
        return false;
    if (typed->whole.argc > 0)
        typed->command = command_find(typed->whole.args[0]);
    return true;
}

/* The command whose name the text begins, if it is the only one, or is the whole name. */
static const struct command *begun(struct slice text)
{
    const struct command *found = text.length > 0 ? command_find(text) : NULL;
    if (found != NULL || text.length == 0)
        return found;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strncasecmp(commands[i].name, text.text, text.length) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = &commands[i];
    }
    return found;
}

void typed_hint(const struct typed *typed, struct buffer *hint)
{
    struct syntax syntax;
    if (typed->command != NULL) {
        syntax_follow(typed->command, typed->whole.args + 1, typed->whole.argc - 1, &syntax, hint, NULL,
                      NULL);
        return;
    }
    const struct command *command = typed->whole.argc == 0 ? begun(typed->last) : NULL;
    if (command == NULL)
        return;
    if (strlen(command->name) != typed->last.length)
        buffer_printf(hint, "%s", command->name);
    syntax_follow(command, NULL, 0, &syntax, hint, NULL, NULL);
}
