/* mix_plan.c: the mix of a plan: from its file, or as its options say. See mix.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/bench/mix.h"

#define READ_SIZE     65536
#define FILE_SIZE_MAX 16777216 /* bytes: 64 lines of 64 words of bulk text and more */

/* The legs of a transfer, or of a hold. */
static void append_legs(const struct plan *plan, struct buffer *text, unsigned legs)
{
    for (unsigned i = 0; i < legs; i++)
        buffer_printf(text, " <account> %s <amount>", plan->hot != PLAN_UNIFORM ? "<hot>" : "<other>");
    buffer_append(text, "\n", 1);
}

void mix_usual(const struct plan *plan, struct buffer *text)
{
    unsigned transfers = 2 * (100 - plan->reads) * (100 - plan->holds);
    unsigned holds = (100 - plan->reads) * plan->holds; /* half of them captured, half voided */
    if (transfers > 0) {
        buffer_printf(text, "%u TRANSFER <id>", transfers);
        append_legs(plan, text, plan->legs);
    }
    if (holds > 0) {
        buffer_printf(text, "%u HOLD <id>", holds);
        append_legs(plan, text, 1);
        buffer_printf(text, "+ CAPTURE <id> <id-again>\n%u HOLD <id>", holds);
        append_legs(plan, text, 1);
        buffer_printf(text, "+ VOID <id> <id-again>\n");
    }
    if (plan->reads > 0)
        buffer_printf(text, "%u BALANCE <account>\n", 200 * plan->reads);
}

static bool read_file(const char *path, struct buffer *text, char *error)
{
    FILE *file = fopen(path, "re");
    size_t length = 0;
    bool well = file != NULL;
    do {
        if (!well)
            break;
        length = fread(buffer_reserve(text, READ_SIZE), 1, READ_SIZE, file);
        text->end += length;
    } while (length > 0 && buffer_length(text) < FILE_SIZE_MAX);
    well = well && ferror(file) == 0;
    if (!well)
        (void)snprintf(error, MIX_ERROR_MAX, "cannot be read: %s", strerror(errno));
    else if (memchr(text->bytes, '\0', buffer_length(text)) != NULL) {
        (void)snprintf(error, MIX_ERROR_MAX, "is no text: it has a NUL");
        well = false;
    }
    if (file != NULL)
        (void)fclose(file);
    return well;
}

bool mix_prepare(struct mix *mix, const struct plan *plan, char *error)
{
    struct buffer text = {0};
    bool well = true;
    *mix = (struct mix){0};
    if (plan->mix_path != NULL)
        well = read_file(plan->mix_path, &text, error);
    else
        mix_usual(plan, &text);
    buffer_append(&text, "", 1);
    well = well && mix_compile(mix, plan, text.bytes + text.start, error);
    buffer_free(&text);
    return well;
}
