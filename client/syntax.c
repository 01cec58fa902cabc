/* syntax.c: see syntax.h. A greedy walk over the arguments: each word goes to the first argument that may
 * take it. When the words are used up, the arguments that are still met are what comes next: up to the first
 * that must be there.
 */
#include "client/syntax.h"

#include <string.h>
#include <strings.h>

#define ARGUMENT_MAX 512 /* bytes of one argument's syntax */
#define OPTIONAL_MAX 8   /* optional arguments in a row: no command has more */

struct walk {
    const struct slice *words;
    size_t count;
    size_t at;
    bool settled; /* what must come next is known: what is optional after it can't */
    struct syntax *syntax;
    struct buffer *rest;
    syntax_word *word;
    void *context;
};

static bool is_over(const struct walk *walk)
{
    return walk->at == walk->count;
}

static bool is_token(const struct walk *walk, const struct argument *argument)
{
    struct slice word = walk->words[walk->at];
    return argument->token != NULL && strlen(argument->token) == word.length &&
           strncasecmp(argument->token, word.text, word.length) == 0;
}

static void put(struct walk *walk, const char *text)
{
    if (walk->rest == NULL)
        return;
    if (buffer_length(walk->rest) > 0)
        buffer_append(walk->rest, " ", 1);
    buffer_append(walk->rest, text, strlen(text));
}

static void expect(struct walk *walk, const struct argument *argument)
{
    if (walk->settled)
        return;
    if (argument->token == NULL && argument->kind == ARGUMENT_ONE_OF) {
        for (const struct argument *part = argument->parts; part->name != NULL; part++)
            expect(walk, part);
    } else if (argument->token == NULL && argument->kind == ARGUMENT_BLOCK)
        expect(walk, argument->parts);
    else if (walk->syntax->expected_count < SYNTAX_EXPECTED_MAX)
        walk->syntax->expected[walk->syntax->expected_count++] =
            (struct syntax_expected){argument, argument->token != NULL};
}

/* An argument of which no word was typed. */
static void meet(struct walk *walk, const struct argument *argument)
{
    char text[ARGUMENT_MAX];
    command_argument_syntax(argument, text, sizeof text);
    put(walk, text);
    expect(walk, argument);
    walk->settled |= !argument->optional;
}

static void walk_arguments(struct walk *walk, const struct argument *arguments);
static void walk_once(struct walk *walk, const struct argument *argument);

/* Whether the next word may begin the argument, by its keyword or for want of one. */
static bool may_begin(const struct walk *walk, const struct argument *argument)
{
    if (argument->token != NULL)
        return is_token(walk, argument);
    if (argument->kind == ARGUMENT_BLOCK)
        return may_begin(walk, argument->parts);
    if (argument->kind != ARGUMENT_ONE_OF)
        return true;
    for (const struct argument *part = argument->parts; part->name != NULL; part++) {
        if (may_begin(walk, part))
            return true;
    }
    return false;
}

/* What follows the keyword, if there is one: the value that must be there. */
static void walk_value(struct walk *walk, const struct argument *argument)
{
    switch (argument->kind) {
    case ARGUMENT_WORD: return;
    case ARGUMENT_BLOCK: walk_arguments(walk, argument->parts); return;
    case ARGUMENT_ONE_OF:
        for (const struct argument *part = argument->parts; part->name != NULL; part++) {
            if (may_begin(walk, part)) {
                walk_once(walk, part);
                return;
            }
        }
        walk->syntax->wrong = true;
        return;
    default:
        if (!is_over(walk)) {
            struct slice word = walk->words[walk->at++];
            if (walk->word != NULL)
                walk->word(walk->context, argument, word);
            return;
        }
        put(walk, argument->name);
        if (!walk->settled && walk->syntax->expected_count < SYNTAX_EXPECTED_MAX)
            walk->syntax->expected[walk->syntax->expected_count++] =
                (struct syntax_expected){argument, false};
        walk->settled = true;
    }
}

/* One occurrence of an argument, of which there is a word. */
static void walk_once(struct walk *walk, const struct argument *argument)
{
    if (argument->token != NULL) {
        if (!is_token(walk, argument)) {
            walk->syntax->wrong = true;
            return;
        }
        walk->at++;
    }
    walk_value(walk, argument);
}

/* "[leg ...]", after a leg. */
static void meet_again(struct walk *walk, const struct argument *argument)
{
    struct argument again = *argument;
    char text[ARGUMENT_MAX];
    again.optional = true;
    command_argument_syntax(&again, text, sizeof text);
    put(walk, text);
    expect(walk, argument);
}

/* A run of optional arguments, which may come in any order. Returns what follows them. */
static const struct argument *walk_optional(struct walk *walk, const struct argument *arguments)
{
    bool used[OPTIONAL_MAX] = {false};
    size_t count = 0;
    bool found = true;
    while (count < OPTIONAL_MAX && arguments[count].name != NULL && arguments[count].optional)
        count++;
    while (found && !is_over(walk) && !walk->syntax->wrong) {
        found = false;
        for (int keyword = 1; keyword >= 0 && !found;
             keyword--) { /* keywords go before what takes any word */
            for (size_t i = 0; i < count && !found; i++) {
                const struct argument *argument = &arguments[i];
                bool plain = argument->token == NULL && argument->kind < ARGUMENT_WORD;
                if (used[i] || plain == (keyword != 0) || !may_begin(walk, argument))
                    continue;
                found = true;
                used[i] = !argument->multiple;
                walk_once(walk, argument);
            }
        }
    }
    for (size_t i = 0; i < count && is_over(walk); i++) {
        if (!used[i])
            meet(walk, &arguments[i]);
    }
    return arguments + count;
}

/* Whether the next word is the keyword of one of the optional arguments that follow. */
static bool is_keyword_of(const struct walk *walk, const struct argument *arguments)
{
    for (; arguments->name != NULL && arguments->optional; arguments++) {
        if (is_token(walk, arguments) ||
            (arguments->token == NULL && arguments->kind == ARGUMENT_ONE_OF && may_begin(walk, arguments)))
            return true;
    }
    return false;
}

static void walk_arguments(struct walk *walk, const struct argument *arguments)
{
    const struct argument *argument = arguments;
    while (argument->name != NULL && !walk->syntax->wrong) {
        if (is_over(walk)) {
            meet(walk, argument++);
            continue;
        }
        if (argument->optional) {
            argument = walk_optional(walk, argument);
            continue;
        }
        walk_once(walk, argument);
        while (argument->multiple && !is_over(walk) && !walk->syntax->wrong &&
               !is_keyword_of(walk, argument + 1))
            walk_once(walk, argument);
        if (argument->multiple && is_over(walk))
            meet_again(walk, argument);
        argument++;
    }
}

void syntax_follow(const struct command *command, const struct slice *words, size_t count,
                   struct syntax *syntax, struct buffer *rest, syntax_word *word, void *context)
{
    struct walk walk = {
        .words = words, .count = count, .syntax = syntax, .rest = rest, .word = word, .context = context};
    *syntax = (struct syntax){.wrong = false};
    walk_arguments(&walk, command->arguments);
    syntax->wrong |= !is_over(&walk);
    if (syntax->wrong)
        syntax->expected_count = 0;
    if (syntax->wrong && rest != NULL)
        buffer_consume(rest, buffer_length(rest));
}
