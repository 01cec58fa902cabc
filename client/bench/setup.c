/* setup.c: see setup.h. */
#include "client/bench/setup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "client/bench/load.h"
#include "proto/answer.h"

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
