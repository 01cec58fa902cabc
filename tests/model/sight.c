/* sight.c: see sight.h. */
#include "tests/model/sight.h"

static void write_total(const char *name, struct total value, unsigned scale, struct buffer *out)
{
    char text[AMOUNT_TEXT_MAX];
    buffer_printf(out, "%s%.*s ", name, (int)total_format(value, scale, text), text);
}

static void write_number(const char *name, uint64_t number, struct buffer *out)
{
    buffer_printf(out, "%s%llu ", name, (unsigned long long)number);
}

void sight_nothing(struct buffer *out)
{
    buffer_printf(out, "nil ");
}

void sight_balance(const struct sight *sight, struct buffer *out)
{
    if (sight == NULL) {
        sight_nothing(out);
        return;
    }
    char text[AMOUNT_TEXT_MAX];
    int length = (int)total_difference_format(sight->credits, sight->debits, sight->scale, text);
    buffer_printf(out, "%.*s ", length, text);
}

/* The balance less what is held, and the overdraft. */
static void write_available(const struct sight *sight, struct buffer *out)
{
    if (sight->unlimited) {
        buffer_printf(out, "available UNLIMITED ");
        return;
    }
    struct total has = sight->credits;
    struct total owes = sight->debits;
    char text[AMOUNT_TEXT_MAX];
    total_add(&has, sight->overdraft);
    total_merge(&owes, sight->held_out);
    buffer_printf(out, "available %.*s ", (int)total_difference_format(has, owes, sight->scale, text), text);
}

void sight_account(const struct sight *sight, struct buffer *out)
{
    sight_balance(sight, out);
    if (sight == NULL)
        return;
    buffer_printf(out, "%s ", sight->asset);
    write_total("debits ", sight->debits, sight->scale, out);
    write_total("credits ", sight->credits, sight->scale, out);
    write_total("held_out ", sight->held_out, sight->scale, out);
    write_total("held_in ", sight->held_in, sight->scale, out);
    write_available(sight, out);
    if (sight->unlimited)
        buffer_printf(out, "unlimited ");
    else
        write_total("overdraft ", (struct total){sight->overdraft, 0}, sight->scale, out);
    if (sight->has_ceiling)
        write_total("ceiling ", (struct total){sight->ceiling, 0}, sight->scale, out);
    write_number("opened ", sight->opened.number, out);
    write_number("at ", sight->opened.time, out);
    write_number("last ", sight->last, out);
    buffer_printf(out, "%s ", sight->state);
}

void sight_listed(sequence_t number, const char *id, size_t length, struct buffer *out)
{
    buffer_printf(out, "%llu:%.*s ", (unsigned long long)number, (int)length, id);
}

void sight_more(bool more, struct buffer *out)
{
    buffer_printf(out, "%s", more ? "and more" : "and no more");
}

void sight_head(enum call_kind kind, struct stamp stamp, struct buffer *out)
{
    static const char *const kinds[] = {
        [CALL_TRANSFER] = "transfer", [CALL_DEPOSIT] = "deposit", [CALL_WITHDRAW] = "withdraw",
        [CALL_SWEEP] = "sweep",       [CALL_HOLD] = "hold",       [CALL_CAPTURE] = "capture",
        [CALL_EXTEND] = "extend",     [CALL_VOID] = "void",       [CALL_REVERSE] = "reverse"};
    buffer_printf(out, "%s ", kinds[kind]);
    write_number("", stamp.number, out);
    write_number("at ", stamp.time, out);
}

void sight_leg(const char *from, size_t from_length, const char *to, size_t to_length, struct buffer *out)
{
    buffer_printf(out, "%.*s>%.*s ", (int)from_length, from, (int)to_length, to);
}

void sight_amount(amount_t amount, const char *asset, unsigned scale, struct buffer *out)
{
    write_total("", (struct total){amount, 0}, scale, out);
    buffer_printf(out, "%s ", asset);
}

void sight_note(const char *note, size_t length, struct buffer *out)
{
    buffer_printf(out, "'%.*s'", (int)length, note);
}

void sight_state(const char *state, struct buffer *out)
{
    buffer_printf(out, " %s", state);
}

void sight_hold(amount_t remaining, unsigned scale, uint64_t deadline, struct buffer *out)
{
    write_total(" remaining ", (struct total){remaining, 0}, scale, out);
    if (deadline == 0)
        buffer_printf(out, "expires never");
    else
        buffer_printf(out, "expires at %llu", (unsigned long long)deadline);
}

void sight_totals_of(enum call_kind kind, sequence_t number, struct buffer *out)
{
    if (kind == CALL_TRIAL)
        write_number("after ", number, out);
}

void sight_totals(enum call_kind kind, const char *asset, unsigned scale, struct total debits,
                  struct total credits, uint64_t accounts, struct buffer *out)
{
    if (kind == CALL_DBSIZE)
        return;
    buffer_printf(out, "%s %u ", asset, scale);
    if (kind == CALL_ASSETS)
        return;
    write_total("debits ", debits, scale, out);
    write_total("credits ", credits, scale, out);
    write_number("accounts ", accounts, out);
}

void sight_count(enum call_kind kind, uint64_t accounts, struct buffer *out)
{
    if (kind == CALL_DBSIZE)
        buffer_printf(out, ":%llu", (unsigned long long)accounts);
}
