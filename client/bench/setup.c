/* setup.c: see setup.h. */
#include "client/bench/setup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "client/bench/load.h"

#define GROUP       500 /* accounts opened, then given money: a deposit right behind its OPEN would wait for it */
#define WINDOW      2000 /* accounts in flight: enough to keep the server busy, little enough for any buffer */
#define DEPOSIT     1000000 /* units of the asset for each account: more than a run takes from one */
#define HOT_CEILING "1000000000000000" /* units of the asset: more than any run moves */
#define PROGRESS_NS UINT64_C(1000000000)

static bool fail(struct link *link, const char *what, const char *detail, size_t length)
{
    (void)snprintf(link->error, sizeof link->error, "%s%.*s", what, (int)length, detail);
    return false;
}

static void format_open(const struct plan *plan, uint64_t number, struct buffer *out)
{
    char name[IDENT_MAX];
    const struct slice open[] = {
        slice_of("OPEN"), {name, plan_account(plan, number, name)}, slice_of(plan->asset)};
    link_format(out, open, 3);
}

static void format_open_hot(const struct plan *plan, struct buffer *out)
{
    char name[IDENT_MAX];
    bool limited = plan->hot == PLAN_LIMITED;
    const struct slice open[] = {slice_of("OPEN"),
                                 {name, plan_hot_account(plan, name)},
                                 slice_of(plan->asset),
                                 slice_of(limited ? "CEILING" : "UNLIMITED"),
                                 slice_of(HOT_CEILING)};
    link_format(out, open, limited ? 5 : 4);
}

static void format_deposit(const struct plan *plan, uint64_t number, struct buffer *out)
{
    char name[IDENT_MAX];
    char id[IDENT_MAX];
    char amount[24];
    struct slice account = {name, plan_account(plan, number, name)};
    (void)snprintf(id, sizeof id, "fund-%lx-%lu", (unsigned long)plan->nonce, (unsigned long)number);
    (void)snprintf(amount, sizeof amount, "%d", DEPOSIT);
    const struct slice deposit[] = {slice_of("DEPOSIT"), slice_of(id), account, slice_of(amount)};
    link_format(out, deposit, 4);
}

/* Writes the requests of the accounts from `first` on, a group or fewer. Returns the account after them. */
static uint64_t format_group(const struct plan *plan, uint64_t first, struct buffer *out)
{
    uint64_t end = first + GROUP < plan->accounts ? first + GROUP : plan->accounts;
    for (uint64_t number = first; number < end; number++)
        format_open(plan, number, out);
    for (uint64_t number = first; number < end; number++)
        format_deposit(plan, number, out);
    return end;
}

/* Takes the replies that are whole. False on the first error, which would spoil the run. */
static bool take_replies(struct link *link, uint64_t *replies)
{
    size_t size;
    while (link_whole(link, &size)) {
        if (size == 0)
            return true;
        const char *reply = link->in.bytes + link->in.start;
        if (*reply == '-')
            return fail(link, "setting up was refused: ", reply + 1, size - 3);
        buffer_consume(&link->in, size);
        ++*replies;
    }
    return false;
}

static bool send_some(struct link *link, struct buffer *out)
{
    ssize_t sent = send(link->fd, out->bytes + out->start, buffer_length(out), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        buffer_consume(out, (size_t)sent);
    return sent >= 0 || errno == EAGAIN || errno == EINTR ||
           fail(link, "lost the connection: ", strerror(errno), strlen(strerror(errno)));
}

bool setup_accounts(struct link *link, const struct plan *plan)
{
    struct buffer out = {0};
    uint64_t begun = 0;
    uint64_t replies = 0;
    uint64_t reported = load_clock();
    uint64_t more = plan->hot != PLAN_UNIFORM;
    bool well = true;
    if (more > 0)
        format_open_hot(plan, &out);
    while (well && replies < 2 * plan->accounts + more) {
        while (begun < plan->accounts && begun - replies / 2 < WINDOW)
            begun = format_group(plan, begun, &out);
        struct pollfd wait = {.fd = link->fd, .events = POLLIN};
        if (buffer_length(&out) > 0)
            wait.events |= POLLOUT;
        if (poll(&wait, 1, plan->place.timeout_ms) == 0)
            well = fail(link, "no answer in time", "", 0);
        if (well && (wait.revents & POLLOUT) != 0)
            well = send_some(link, &out);
        if (well && (wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            well = link_read(link) && take_replies(link, &replies);
        if (load_clock() - reported > PROGRESS_NS) {
            reported = load_clock();
            (void)fprintf(stderr, "setting up: %lu of %lu accounts\n", (unsigned long)(replies / 2),
                          (unsigned long)plan->accounts);
        }
    }
    buffer_free(&out);
    return well;
}
