/* mix.c: see mix.h. */
#include "client/bench/mix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/bench/compose.h"
#include "client/bench/put.h"
#include "proto/inline.h"

#define HEAD_MAX (1 + DIGITS_MAX + 2 + 2) /* of a word: $ length, and the line ends */

static const struct {
    const char *name;
    enum mix_value value;
} placeholders[] = {
    {"id", MIX_ID},           {"id-again", MIX_ID_AGAIN},
    {"account", MIX_ACCOUNT}, {"account-again", MIX_ACCOUNT_AGAIN},
    {"other", MIX_OTHER},     {"amount", MIX_AMOUNT},
    {"hot", MIX_HOT},         {"number", MIX_NUMBER},
};
#define PLACEHOLDERS (sizeof placeholders / sizeof placeholders[0])

/* Compiling one line. */
struct compiling {
    struct mix *mix;
    struct mix_line *line;
    struct mix_step *step; /* fixed, the last; NULL: none yet */
    char *error;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct compiling *now, const char *format, ...)
{
    va_list arguments;
    int length = snprintf(now->error, MIX_ERROR_MAX, "line %u: ", now->line->number);
    va_start(arguments, format);
    (void)vsnprintf(now->error + length, MIX_ERROR_MAX - (size_t)length, format, arguments);
    va_end(arguments);
    return false;
}

/* How many bytes a value takes; 0: it varies. */
static unsigned value_length(const struct mix *mix, enum mix_value value)
{
    switch (value) {
    case MIX_ID:
    case MIX_ID_AGAIN: return mix->id_length;
    case MIX_ACCOUNT:
    case MIX_ACCOUNT_AGAIN:
    case MIX_OTHER: return mix->account_length;
    case MIX_HOT: return (unsigned)strlen(mix->plan->prefix) + 3;
    case MIX_AMOUNT: return mix->amount_length;
    case MIX_NUMBER:
    case MIX_TEXT: break;
    }
    return 0;
}

/* Finds the next placeholder at or after `at` of a word: *open is its '<', *close behind its '>'. What is in
 * angles is one if it is made of small letters and dashes. False: no more. */
static bool find_placeholder(struct slice word, size_t at, size_t *open, size_t *close)
{
    for (size_t i = at; i < word.length; i++) {
        if (word.text[i] != '<')
            continue;
        size_t end = i + 1;
        while (end < word.length &&
               ((word.text[end] >= 'a' && word.text[end] <= 'z') || word.text[end] == '-'))
            end++;
        if (end > i + 1 && end < word.length && word.text[end] == '>') {
            *open = i;
            *close = end + 1;
            return true;
        }
    }
    return false;
}

/* Notes what a line needs for a value. */
static bool use_value(struct compiling *now, struct slice name, enum mix_value *value)
{
    size_t i = 0;
    while (i < PLACEHOLDERS && !slice_equal(slice_of(placeholders[i].name), name))
        i++;
    if (i == PLACEHOLDERS)
        return fail(
            now,
            "<%.*s> is no placeholder; <id>, <id-again>, <account>, <account-again>, <other>, <amount>, "
            "<hot> and <number> are",
            (int)(name.length < 40 ? name.length : 40), name.text);
    *value = placeholders[i].value;
    struct mix_line *line = now->line;
    if ((*value == MIX_OTHER || *value == MIX_ACCOUNT_AGAIN) && !line->has_accounts)
        return fail(now, "<%s> needs an <account> before it", placeholders[i].name);
    line->has_id |= *value == MIX_ID;
    line->has_accounts |= *value == MIX_ACCOUNT;
    now->mix->uses_accounts |= line->has_accounts;
    now->mix->uses_hot |= *value == MIX_HOT;
    return true;
}

static void add_part(struct compiling *now, struct mix_part part)
{
    buffer_append(&now->mix->parts, &part, sizeof part);
}

static size_t parts_count(const struct mix *mix)
{
    return buffer_length(&mix->parts) / sizeof(struct mix_part);
}

static struct mix_step *last_step(const struct mix *mix)
{
    size_t count = buffer_length(&mix->steps) / sizeof(struct mix_step);
    return (struct mix_step *)(void *)mix->steps.bytes + count - 1;
}

static struct mix_step *add_step(struct compiling *now, bool varies)
{
    struct mix *mix = now->mix;
    const struct mix_step step = {
        .text = buffer_length(&mix->text), .part = parts_count(mix), .varies = varies};
    buffer_append(&mix->steps, &step, sizeof step);
    now->line->steps++;
    return last_step(mix);
}

/* Appends fixed bytes to the line's last step. */
static void add_text(struct compiling *now, const char *text, size_t length)
{
    if (now->line->steps == 0 || last_step(now->mix)->varies)
        (void)add_step(now, false);
    buffer_append(&now->mix->text, text, length);
    last_step(now->mix)->length += length;
    now->line->room += length;
}

/* Cuts a word at its placeholders, and calls for each piece of text with the value behind it. Sums up the
 * length; *varies if that is not fixed. */
static bool measure_word(struct compiling *now, struct slice word, size_t *length, bool *varies)
{
    size_t at = 0;
    size_t open;
    size_t close;
    *length = 0;
    *varies = false;
    while (find_placeholder(word, at, &open, &close)) {
        enum mix_value value = MIX_TEXT;
        if (!use_value(now, (struct slice){word.text + open + 1, close - open - 2}, &value))
            return false;
        unsigned fixed = value_length(now->mix, value);
        *varies |= fixed == 0;
        *length += open - at + (fixed > 0 ? fixed : DIGITS_MAX);
        at = close;
    }
    *length += word.length - at;
    return true;
}

static enum mix_value value_named(struct slice name)
{
    size_t i = 0;
    while (!slice_equal(slice_of(placeholders[i].name), name))
        i++;
    return placeholders[i].value;
}

/* A word of fixed length: its head, and its values left blank to be patched. */
static void add_fixed(struct compiling *now, struct slice word, size_t length)
{
    static const char blank[256];
    char head[HEAD_MAX];
    int size = snprintf(head, sizeof head, "$%zu\r\n", length);
    add_text(now, head, (size_t)size);
    size_t at = 0;
    size_t open;
    size_t close;
    while (find_placeholder(word, at, &open, &close)) {
        enum mix_value value = value_named((struct slice){word.text + open + 1, close - open - 2});
        add_text(now, word.text + at, open - at);
        add_part(now, (struct mix_part){.at = last_step(now->mix)->length, .value = value});
        last_step(now->mix)->parts++;
        add_text(now, blank, value_length(now->mix, value));
        at = close;
    }
    add_text(now, word.text + at, word.length - at);
    add_text(now, "\r\n", 2);
}

/* A word whose length varies: a step of its own. */
static void add_varying(struct compiling *now, struct slice word, size_t length)
{
    struct mix *mix = now->mix;
    (void)add_step(now, true);
    size_t at = 0;
    for (bool more = true; more;) {
        size_t open = word.length;
        size_t close = word.length;
        enum mix_value value = MIX_TEXT;
        more = find_placeholder(word, at, &open, &close);
        if (more)
            value = value_named((struct slice){word.text + open + 1, close - open - 2});
        add_part(now, (struct mix_part){buffer_length(&mix->text), open - at, value});
        buffer_append(&mix->text, word.text + at, open - at);
        last_step(mix)->parts++;
        at = close;
    }
    now->line->room += length + 2 * (size_t)HEAD_MAX;
}

/* Reads the weight: a number, or "+". */
static bool take_weight(struct compiling *now, struct slice word)
{
    struct mix *mix = now->mix;
    uint64_t weight = 0;
    now->line->follows = slice_equal(word, slice_of("+"));
    if (now->line->follows && mix->count == 0)
        return fail(now, "'+' has no line before it to follow");
    for (size_t i = 0; i < word.length && weight <= MIX_WEIGHT_MAX && !now->line->follows; i++) {
        if (word.text[i] < '0' || word.text[i] > '9')
            weight = MIX_WEIGHT_MAX;
        weight = weight * 10 + (uint64_t)(word.text[i] - '0');
    }
    if (!now->line->follows && (weight < 1 || weight > MIX_WEIGHT_MAX))
        return fail(now, "weight %.*s is neither a whole number from 1 to %d nor '+'",
                    (int)(word.length < 40 ? word.length : 40), word.text, MIX_WEIGHT_MAX);
    mix->weight += weight;
    now->line->weight_end = mix->weight;
    return true;
}

/* Finds the kind of a line: its command, of a script the start of its name, too. */
static void name_kind(struct mix *mix, struct mix_line *line, const struct request *request)
{
    char *label = mix->labels[mix->kinds];
    const struct slice *words = request->args;
    bool script =
        request->argc > 2 && words[1].length <= 10 &&
        (strncasecmp(words[1].text, "EVALSHA", 7) == 0 || strncasecmp(words[1].text, "FCALL", 5) == 0);
    (void)snprintf(label, MIX_LABEL_MAX, "%.*s%s%.*s", words[1].length < 20 ? (int)words[1].length : 20,
                   words[1].text, script ? " " : "",
                   script ? (int)(words[2].length < 12 ? words[2].length : 12) : 0,
                   script ? words[2].text : "");
    for (char *at = label; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            *at = '?'; /* it is printed as JSON, too */
    }
    line->kind = 0;
    while (strcasecmp(mix->labels[line->kind], label) != 0)
        line->kind++;
    if (line->kind == mix->kinds)
        mix->kinds++;
}

static bool compile_line(struct compiling *now, char *text, size_t length)
{
    static struct request request; /* options are read by one thread */
    struct mix *mix = now->mix;
    switch (inline_split(text, length, &request)) {
    case INLINE_OK: break;
    case INLINE_UNBALANCED: return fail(now, "unbalanced quotes in word %u", request.argc + 1);
    case INLINE_TOO_MANY_ARGS: return fail(now, "more than %d words", RESP_ARGS_MAX);
    }
    if (request.argc == 0)
        return true;
    if (mix->count == MIX_LINES_MAX)
        return fail(now, "a mix has at most %d lines", MIX_LINES_MAX);
    if (!take_weight(now, request.args[0]))
        return false;
    if (request.argc == 1 || request.args[1].length == 0)
        return fail(now, "a command is missing behind the weight");
    now->line->step = buffer_length(&mix->steps) / sizeof(struct mix_step);
    name_kind(mix, now->line, &request);
    char head[HEAD_MAX];
    add_text(now, head, (size_t)snprintf(head, sizeof head, "*%u\r\n", request.argc - 1));
    for (unsigned i = 1; i < request.argc; i++) {
        size_t size;
        bool varies;
        if (!measure_word(now, request.args[i], &size, &varies))
            return false;
        if (varies)
            add_varying(now, request.args[i], size);
        else
            add_fixed(now, request.args[i], size);
    }
    mix->count++;
    return true;
}

bool mix_compile(struct mix *mix, const struct plan *plan, char *text, char *error)
{
    char name[IDENT_MAX];
    *mix = (struct mix){.plan = plan, .account_length = plan_account(plan, 0, name)};
    bool tagged = plan->same_shard_share != PLAN_ANY_SHARD;
    mix->id_length = COMPOSE_ID_LENGTH + (tagged ? PLAN_TAG_SIZE : 0);
    if (digits_count(plan->amount_low) == digits_count(plan->amount_high))
        mix->amount_length = digits_count(plan->amount_low);
    pick_prepare(&mix->pick, plan);
    unsigned number = 0;
    for (char *at = text; *at != '\0';) {
        char *end = strchrnul(at, '\n');
        char *next = *end == '\0' ? end : end + 1;
        struct compiling now = {.mix = mix, .error = error};
        struct mix_line spare; /* for the words of an error, when there are too many */
        now.line = mix->count < MIX_LINES_MAX ? &mix->lines[mix->count] : &spare;
        *now.line = (struct mix_line){.number = ++number};
        char *first = at + strspn(at, " \t\r");
        if (first < end && *first != '#' && !compile_line(&now, at, (size_t)(end - at)))
            return false;
        at = next;
    }
    if (mix->count == 0)
        (void)snprintf(error, MIX_ERROR_MAX, "there is no line with a command");
    return mix->count > 0;
}

void mix_free(struct mix *mix)
{
    buffer_free(&mix->text);
    buffer_free(&mix->parts);
    buffer_free(&mix->steps);
}
