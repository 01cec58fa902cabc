/* render_read.c: what readers are told of accounts. */
#include "server/render_values.h"

static struct slice view_name(const struct read_message *read, const struct view *view)
{
    return (struct slice){message_text(read, view->account.offset), view->account.length};
}

static void reply_no_account(struct reply *reply, struct slice name)
{
    reply_errorf(reply, "NOACCOUNT", "%.*s does not exist", (int)name.length, name.text);
}

static void reply_view_balance(struct reply *reply, const struct view *view)
{
    value_difference(reply, view->credits, view->debits, view->asset.scale);
}

static void reply_view_available(struct reply *reply, const struct view *view)
{
    if (view->unlimited) {
        reply_text(reply, "UNLIMITED");
        return;
    }
    struct total plus = view->credits;
    struct total minus = view->debits;
    total_add(&plus, view->overdraft);
    total_merge(&minus, view->held_out);
    value_difference(reply, plus, minus, view->asset.scale);
}

static void reply_view_limits(struct reply *reply, const struct view *view)
{
    reply_text(reply, "overdraft");
    if (view->unlimited) {
        reply_text(reply, "UNLIMITED");
    } else {
        reply_amount(reply, view->overdraft, view->asset.scale);
    }
    reply_text(reply, "ceiling");
    if (view->has_ceiling) {
        reply_amount(reply, view->ceiling, view->asset.scale);
    } else {
        reply_nil(reply);
    }
}

static void reply_view(struct reply *reply, const struct read_message *read, const struct view *view)
{
    static const char *const states[] = {
        [ACCOUNT_OPEN] = "open", [ACCOUNT_FROZEN] = "frozen", [ACCOUNT_CLOSED] = "closed"};
    struct slice name = view_name(read, view);
    unsigned scale = view->asset.scale;
    reply_map(reply, 13);
    reply_text(reply, "account");
    reply_bulk(reply, name.text, name.length);
    reply_text(reply, "asset");
    reply_bulk(reply, view->asset.code, view->asset.length);
    reply_text(reply, "balance");
    reply_view_balance(reply, view);
    reply_text(reply, "available");
    reply_view_available(reply, view);
    reply_text(reply, "debits");
    value_total(reply, view->debits, scale);
    reply_text(reply, "credits");
    value_total(reply, view->credits, scale);
    reply_text(reply, "held_out");
    value_total(reply, view->held_out, scale);
    reply_text(reply, "held_in");
    value_total(reply, view->held_in, scale);
    reply_view_limits(reply, view);
    reply_text(reply, "state");
    reply_text(reply, states[view->state]);
    reply_text(reply, "opened_at");
    value_time(reply, view->opened.time);
    reply_text(reply, "last_seq");
    reply_integer(reply, (int64_t)view->last);
}

void render_read(struct reply *reply, enum command_id command, const struct read_message *read)
{
    if (command == COMMAND_BALANCES) {
        reply_array(reply, read->view_count);
        for (uint32_t i = 0; i < read->view_count; i++) {
            if (read->views[i].exists) {
                reply_view_balance(reply, &read->views[i]);
            } else {
                reply_nil(reply);
            }
        }
        return;
    }
    const struct view *view = &read->views[0];
    if (!view->exists) {
        reply_no_account(reply, view_name(read, view));
    } else if (command == COMMAND_BALANCE) {
        reply_view_balance(reply, view);
    } else {
        reply_view(reply, read, view);
    }
}
