/* lister.c: see lister.h. */
#include "client/lister.h"

#include <stdio.h>
#include <time.h>

#include "client/connect.h"

#define PATIENCE_MS 300    /* for all of it: a person waits */
#define PAGE        "1000" /* accounts examined at once: the most there may be */

void lister_init(struct lister *lister, const struct place *place)
{
    *lister = (struct lister){.place = *place, .link = {.fd = -1}};
    if (lister->place.timeout_ms > PATIENCE_MS)
        lister->place.timeout_ms = PATIENCE_MS;
}

void lister_close(struct lister *lister)
{
    link_close(&lister->link);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Asks, and sets the reading to the reply, which is to be consumed: its size; 0 when there is none. */
static size_t ask(struct lister *lister, const struct slice *words, size_t count, struct reading *reading)
{
    struct buffer out = {0};
    struct link *link = &lister->link;
    if (!connect_alive(link)) {
        link_close(link);
        if (!connect_open(link, &lister->place))
            return 0;
    }
    link_format(&out, words, count);
    size_t size = link_send(link, &out) ? link_receive(link) : 0;
    buffer_free(&out);
    if (size == 0)
        link_close(link); /* what comes too late must not be taken for the next answer */
    *reading = (struct reading){link->in.bytes + link->in.start, size, 0};
    return size;
}

static void ask_assets(struct lister *lister, struct names *names)
{
    const struct slice words[] = {slice_of("ASSETS")};
    struct reading reading;
    size_t size = ask(lister, words, 1, &reading);
    if (size == 0)
        return;
    struct answer head = reading_next(&reading);
    for (size_t i = 0; head.kind == ANSWER_MAP && i < head.count; i++) {
        struct answer code = reading_next(&reading);
        reading_skip(&reading);
        char world[NAMES_LENGTH_MAX + 1];
        int length = snprintf(world, sizeof world, "@world/%.*s", (int)code.length, code.text);
        names_add(names, NAMES_ASSET, answer_text(&code));
        names_add(names, NAMES_ACCOUNT, (struct slice){world, (size_t)length});
    }
    buffer_consume(&lister->link.in, size);
}

/* One page of ACCOUNTS. False when there are no more, or no answer. */
static bool ask_page(struct lister *lister, struct names *names, struct slice pattern, char *cursor,
                     size_t room)
{
    const struct slice words[] = {slice_of("ACCOUNTS"), slice_of(cursor), slice_of("MATCH"), pattern,
                                  slice_of("COUNT"),    slice_of(PAGE)};
    struct reading reading;
    size_t size = ask(lister, words, 6, &reading);
    if (size == 0)
        return false;
    struct answer head = reading_next(&reading);
    bool more = head.kind == ANSWER_ARRAY && head.count == 2;
    if (more) {
        struct answer next = reading_next(&reading);
        struct answer page = reading_next(&reading);
        for (size_t i = 0; answer_is_list(&page) && i < page.count; i++) {
            struct answer account = reading_next(&reading);
            names_add(names, NAMES_ACCOUNT, answer_text(&account));
        }
        (void)snprintf(cursor, room, "%.*s", (int)next.length, next.text);
        more = slice_equal(answer_text(&next), slice_of("0")) == false;
    }
    buffer_consume(&lister->link.in, size);
    return more;
}

void lister_ask(void *context, struct names *names, enum names_kind kind, struct slice prefix)
{
    struct lister *lister = (struct lister *)context;
    int64_t deadline = now_ms() + PATIENCE_MS;
    char cursor[32] = "0";
    char pattern[NAMES_LENGTH_MAX + 2];
    ask_assets(lister, names);
    /* No byte of an id means anything in a pattern; what is no id matches nothing. */
    int length = snprintf(pattern, sizeof pattern, "%.*s*", (int)prefix.length, prefix.text);
    if (kind != NAMES_ACCOUNT || length < 0 || (size_t)length >= sizeof pattern)
        return;
    while (ask_page(lister, names, (struct slice){pattern, (size_t)length}, cursor, sizeof cursor) &&
           now_ms() < deadline)
        ;
}
