/* complete.c: see complete.h. */
#include "client/complete.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/syntax.h"

/* Subcommands, which the table has no rows for, each list ended by NULL. */
static const char *const client_words[] = {"GETNAME",  "ID",       "INFO",    "KILL",    "LIST",
                                           "NO-EVICT", "NO-TOUCH", "SETINFO", "SETNAME", NULL};
static const char *const slowlog_words[] = {"GET", "HELP", "LEN", "RESET", NULL};

static void offer(struct completion *completion, const char *text, struct slice typed, bool any_case)
{
    size_t length = strlen(text);
    int (*compare)(const char *, const char *, size_t) = any_case ? strncasecmp : strncmp;
    if (length < typed.length || length > NAMES_LENGTH_MAX || compare(text, typed.text, typed.length) != 0)
        return;
    for (size_t i = 0; i < completion->count; i++) {
        if (strcmp(completion->texts[i], text) == 0)
            return;
    }
    if (completion->count == COMPLETE_MAX) {
        completion->more = true;
        return;
    }
    memcpy(completion->texts[completion->count++], text, length + 1);
}

static void offer_words(struct completion *completion, const char *const *words, struct slice typed)
{
    for (; *words != NULL; words++)
        offer(completion, *words, typed, true);
}

static void offer_commands(struct completion *completion, struct slice typed)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        offer(completion, commands[i].name, typed, true);
}

static void offer_value(struct completion *completion, const struct argument *argument,
                        const struct typed *typed, struct names *names, complete_ask *ask, void *context)
{
    enum names_kind kind;
    switch (argument->kind) {
    case ARGUMENT_ACCOUNT: kind = NAMES_ACCOUNT; break;
    case ARGUMENT_ASSET: kind = NAMES_ASSET; break;
    case ARGUMENT_TRANSFER: kind = NAMES_TRANSFER; break;
    default:
        if (typed->command->id == COMMAND_CLIENT && typed->whole.argc == 1)
            offer_words(completion, client_words, typed->last);
        if (typed->command->id == COMMAND_SLOWLOG && typed->whole.argc == 1)
            offer_words(completion, slowlog_words, typed->last);
        return;
    }
    if (ask != NULL && kind != NAMES_TRANSFER)
        ask(context, names, kind, typed->last);
    for (size_t i = 0; i < names->counts[kind]; i++)
        offer(completion, names->texts[kind][i], typed->last, false);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

void complete_find(struct completion *completion, const struct typed *typed, struct names *names,
                   complete_ask *ask, void *context)
{
    struct syntax syntax;
    completion->count = 0;
    completion->more = false;
    bool help = typed->whole.argc == 1 && typed->command == NULL &&
                typed->whole.args[0].length == strlen("help") &&
                strncasecmp(typed->whole.args[0].text, "help", strlen("help")) == 0;
    if (typed->whole.argc == 0 || help) {
        offer_commands(completion, typed->last);
        offer(completion, "HELP", typed->last, true);
    } else if (typed->command != NULL) {
        syntax_follow(typed->command, typed->whole.args + 1, typed->whole.argc - 1, &syntax, NULL, NULL,
                      NULL);
        for (size_t i = 0; i < syntax.expected_count; i++) {
            const struct syntax_expected *expected = &syntax.expected[i];
            if (expected->token)
                offer(completion, expected->argument->token, typed->last, true);
            else
                offer_value(completion, expected->argument, typed, names, ask, context);
        }
    }
    qsort(completion->texts, completion->count, sizeof completion->texts[0], compare_texts);
}

size_t complete_common(const struct completion *completion)
{
    if (completion->count == 0)
        return 0;
    size_t common = strlen(completion->texts[0]);
    for (size_t i = 1; i < completion->count; i++) {
        size_t same = 0;
        while (same < common && completion->texts[i][same] == completion->texts[0][same])
            same++;
        common = same;
    }
    return common;
}
