/* connect.c: see connect.h. */
#include "client/connect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "proto/answer.h"

#define PAUSE_FIRST_MS 20 /* doubled each time */
#define LOSSES_MAX     6  /* connections that end before anything is said: then something else is wrong */
#define PAUSE_MOST_MS  1000

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

static bool starts_with(const struct answer *answer, const char *text)
{
    return answer->length >= strlen(text) && memcmp(answer->text, text, strlen(text)) == 0;
}

/* Asks for RESP3. A server that has only RESP2 refuses, which is no harm; one that is loading, or has no
 * room, refuses everything. */
static bool greet(struct link *link, bool *loading)
{
    const struct slice hello[] = {slice_of("HELLO"), slice_of("3")};
    struct buffer out = {0};
    link_format(&out, hello, 2);
    /* What refuses everybody is said and the connection closed before we ask: read it although sending
     * failed. */
    (void)link_send(link, &out);
    buffer_free(&out);
    size_t size = link_receive(link);
    if (size == 0)
        return false;
    struct answer answer = {0};
    size_t position = 0;
    (void)answer_next(link->in.bytes + link->in.start, size, &position, &answer);
    *loading = answer.kind == ANSWER_ERROR && starts_with(&answer, "LOADING");
    bool full = answer.kind == ANSWER_ERROR && starts_with(&answer, "ERR max number of clients");
    if (*loading || full)
        (void)snprintf(link->error, sizeof link->error, "the server says: %.*s", (int)answer.length,
                       answer.text);
    buffer_consume(&link->in, size);
    return !*loading && !full;
}

/* Tries once, for `wait` milliseconds at most. */
static bool attempt(struct link *link, const struct place *place, int64_t wait, bool *loading)
{
    struct place hasty = *place;
    hasty.timeout_ms = wait < place->timeout_ms ? (int)wait : place->timeout_ms;
    if (hasty.timeout_ms < 1)
        hasty.timeout_ms = 1;
    *loading = false;
    if (!link_open(link, &hasty) || !greet(link, loading)) {
        link_close(link);
        return false;
    }
    link_patience(link, place->timeout_ms);
    return true;
}

/* Waits before the next try. False when there is no time for one. */
static bool retry_pause(struct connect_retry *retry, const struct place *place)
{
    int64_t now = now_ms();
    if (retry->deadline_ms == 0) {
        *retry = (struct connect_retry){now + place->timeout_ms, 0};
        return true;
    }
    int64_t left = retry->deadline_ms - now;
    if (left <= 0 || place_interrupted(place))
        return false;
    pause_ms(retry->pause_ms < left ? retry->pause_ms : left);
    retry->pause_ms = retry->pause_ms == 0 ? PAUSE_FIRST_MS : retry->pause_ms * 2;
    if (retry->pause_ms > PAUSE_MOST_MS)
        retry->pause_ms = PAUSE_MOST_MS;
    return true;
}

bool connect_open(struct link *link, const struct place *place)
{
    struct connect_retry retry = {0};
    bool loading = true;
    int losses = 0;
    *link = (struct link){.place = *place, .fd = -1};
    while ((loading || (link->lost && ++losses < LOSSES_MAX)) && retry_pause(&retry, place)) {
        if (attempt(link, place, retry.deadline_ms - now_ms(), &loading))
            return true;
    }
    return false;
}

bool connect_again(struct link *link, struct connect_retry *retry)
{
    const struct place place = link->place;
    bool loading;
    link_close(link);
    while (retry_pause(retry, &place)) {
        if (attempt(link, &place, retry->deadline_ms - now_ms(), &loading))
            return true;
    }
    return false;
}

bool connect_alive(const struct link *link)
{
    char byte;
    if (link->fd < 0)
        return false;
    ssize_t got = recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}
