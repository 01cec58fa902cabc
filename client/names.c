/* names.c: see names.h. */
#include "client/names.h"

#include <string.h>

#include "client/syntax.h"
#include "proto/ident.h"

void names_add(struct names *names, enum names_kind kind, struct slice name)
{
    if (name.length > NAMES_LENGTH_MAX || !ident_valid(name.text, name.length))
        return;
    for (size_t i = 0; i < names->counts[kind]; i++) {
        if (slice_equal(slice_of(names->texts[kind][i]), name))
            return;
    }
    char *text = names->texts[kind][names->next[kind]];
    memcpy(text, name.text, name.length);
    text[name.length] = '\0';
    names->next[kind] = (names->next[kind] + 1) % NAMES_MAX;
    if (names->counts[kind] < NAMES_MAX)
        names->counts[kind]++;
}

static void learn_word(void *context, const struct argument *argument, struct slice word)
{
    struct names *names = (struct names *)context;
    if (argument->kind == ARGUMENT_ACCOUNT)
        names_add(names, NAMES_ACCOUNT, word);
    else if (argument->kind == ARGUMENT_ASSET)
        names_add(names, NAMES_ASSET, word);
    else if (argument->kind == ARGUMENT_TRANSFER)
        names_add(names, NAMES_TRANSFER, word);
}

void names_learn_words(struct names *names, const struct slice *words, size_t count)
{
    struct syntax syntax;
    const struct command *command = command_find(words[0]);
    if (command != NULL)
        syntax_follow(command, words + 1, count - 1, &syntax, NULL, learn_word, names);
}

static void learn_pair(struct names *names, struct slice key, struct slice value)
{
    static const struct {
        const char *key;
        enum names_kind kind;
    } keys[] = {{"account", NAMES_ACCOUNT}, {"from", NAMES_ACCOUNT}, {"to", NAMES_ACCOUNT},
                {"asset", NAMES_ASSET},     {"id", NAMES_TRANSFER},  {"transfer", NAMES_TRANSFER},
                {"hold", NAMES_TRANSFER}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (slice_equal(key, slice_of(keys[i].key)))
            names_add(names, keys[i].kind, value);
    }
}

static void learn_item(struct names *names, struct reading *reading)
{
    struct answer item = reading_next(reading);
    for (size_t i = 0; i < item.count; i++) {
        if (item.kind != ANSWER_MAP) {
            learn_item(names, reading);
            continue;
        }
        struct answer key = reading_next(reading);
        struct reading ahead = *reading;
        struct answer value = reading_next(&ahead);
        if (value.kind == ANSWER_TEXT && key.kind == ANSWER_TEXT)
            learn_pair(names, answer_text(&key), answer_text(&value));
        learn_item(names, reading);
    }
}

void names_learn_reply(struct names *names, const char *bytes, size_t length)
{
    struct reading reading = {bytes, length, 0};
    learn_item(names, &reading);
}
