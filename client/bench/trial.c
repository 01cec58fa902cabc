/* trial.c: what is checked when a run is over. See setup.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/setup.h"
#include "proto/answer.h"

static bool fail(struct link *link, const char *what, const char *detail, size_t length)
{
    (void)snprintf(link->error, sizeof link->error, "%s%.*s", what, (int)length, detail);
    return false;
}

static bool text_is(const struct answer *item, const char *text)
{
    return item->text != NULL && item->length == strlen(text) && memcmp(item->text, text, item->length) == 0;
}

/* Reads one asset's row of a trial balance: a map. */
static void read_row(const char *bytes, size_t length, size_t *position, struct answer *asset,
                     struct answer *debits, struct answer *credits)
{
    struct answer head;
    struct answer key;
    struct answer value;
    (void)answer_next(bytes, length, position, &head);
    for (size_t i = 0; i < head.count; i++) {
        (void)answer_next(bytes, length, position, &key);
        (void)answer_next(bytes, length, position, &value);
        if (text_is(&key, "asset"))
            *asset = value;
        else if (text_is(&key, "debits"))
            *debits = value;
        else if (text_is(&key, "credits"))
            *credits = value;
    }
}

static bool check_row(struct link *link, const struct answer *debits, const struct answer *credits)
{
    if (debits->length != credits->length || memcmp(debits->text, credits->text, debits->length) != 0)
        return fail(link, "the ledger is out of balance: debits and credits differ: ", debits->text,
                    debits->length);
    (void)fprintf(stderr, "trial balance: debits %.*s, credits %.*s\n", (int)debits->length, debits->text,
                  (int)credits->length, credits->text);
    return true;
}

bool setup_trial(struct link *link, const struct plan *plan)
{
    const struct slice trial[] = {slice_of("TRIAL")};
    struct buffer out = {0};
    link_format(&out, trial, 1);
    size_t size = link_send(link, &out) ? link_receive(link) : 0;
    buffer_free(&out);
    if (size == 0)
        return false;
    const char *bytes = link->in.bytes + link->in.start;
    size_t position = 0;
    struct answer item = {0};
    buffer_consume(&link->in, size); /* the bytes stay where they are until more is read */
    (void)answer_next(bytes, size, &position, &item);
    if (item.kind != ANSWER_MAP)
        return fail(link, "no trial balance: ", bytes, size);
    for (size_t pairs = item.count; pairs > 0; pairs--) {
        struct answer value;
        (void)answer_next(bytes, size, &position, &item);
        (void)answer_next(bytes, size, &position, &value);
        for (size_t row = 0; value.kind == ANSWER_ARRAY && row < value.count; row++) {
            struct answer asset = {.text = ""};
            struct answer debits = {.text = ""};
            struct answer credits = {.text = ""};
            read_row(bytes, size, &position, &asset, &debits, &credits);
            if (text_is(&asset, plan->asset))
                return check_row(link, &debits, &credits);
        }
    }
    return fail(link, "the trial balance has no row for ", plan->asset, strlen(plan->asset));
}

bool setup_open_holds(struct link *link)
{
    static const char field[] = "open_holds:";
    const struct slice info[] = {slice_of("INFO"), slice_of("shards")};
    struct buffer out = {0};
    link_format(&out, info, 2);
    size_t size = link_send(link, &out) ? link_receive(link) : 0;
    buffer_free(&out);
    if (size == 0)
        return false;
    const char *bytes = link->in.bytes + link->in.start;
    const char *found = memmem(bytes, size, field, sizeof field - 1);
    buffer_consume(&link->in, size); /* the bytes stay where they are until more is read */
    if (found == NULL)
        return fail(link, "INFO tells no open_holds", "", 0);
    uint64_t holds = strtoull(found + sizeof field - 1, NULL, 10); /* a line end follows */
    (void)fprintf(stderr, holds > 0 ? "open holds: %lu\n" : "open holds: none\n", (unsigned long)holds);
    return true;
}
