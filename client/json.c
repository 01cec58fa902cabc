/* json.c: see json.h. */
#include "client/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "proto/answer.h"

struct json {
    struct buffer *out;
    const char *bytes;
    size_t length;
    size_t position;
};

static struct answer next(struct json *json)
{
    struct answer item = {0};
    enum answer_status status = answer_next(json->bytes, json->length, &json->position, &item);
    assert(status == ANSWER_OK);
    return item;
}

/* How many bytes at `text` are one well-formed UTF-8 character, 0 if none is (RFC 3629, section 4). */
static size_t character_length(const unsigned char *text, size_t length)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                 {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
            continue;
        if (length < forms[i].length)
            return 0;
        for (size_t k = 1; k < forms[i].length; k++) {
            unsigned char low = k == 1 ? forms[i].second_low : 0x80;
            unsigned char high = k == 1 ? forms[i].second_high : 0xbf;
            if (text[k] < low || text[k] > high)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

static void json_text(struct buffer *out, const char *text, size_t length)
{
    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t size = character_length(at, length - i);
        if (size == 0)
            buffer_printf(out, "\xef\xbf\xbd");
        else if (*at == '"' || *at == '\\')
            buffer_printf(out, "\\%c", *at);
        else if (*at < 0x20)
            buffer_printf(out, "\\u%04x", *at);
        else
            buffer_append(out, at, size);
        i += size == 0 ? 1 : size;
    }
    buffer_append(out, "\"", 1);
}

static void json_error(struct buffer *out, const struct answer *error)
{
    const char *space = memchr(error->text, ' ', error->length);
    size_t code = space != NULL ? (size_t)(space - error->text) : error->length;
    size_t message = space != NULL ? code + 1 : code;
    buffer_printf(out, "{\"error\":{\"code\":");
    json_text(out, error->text, code);
    buffer_printf(out, ",\"message\":");
    json_text(out, error->text + message, error->length - message);
    buffer_printf(out, "}}");
}

static void json_item(struct json *json);

static void json_map(struct json *json, size_t count)
{
    buffer_printf(json->out, "{");
    for (size_t i = 0; i < count; i++) {
        struct answer key = next(json);
        buffer_printf(json->out, "%s", i > 0 ? "," : "");
        json_text(json->out, key.text, key.length);
        buffer_printf(json->out, ":");
        json_item(json);
    }
    buffer_printf(json->out, "}");
}

static void json_list(struct json *json, size_t count)
{
    buffer_printf(json->out, "[");
    for (size_t i = 0; i < count; i++) {
        buffer_printf(json->out, "%s", i > 0 ? "," : "");
        json_item(json);
    }
    buffer_printf(json->out, "]");
}

static void json_item(struct json *json)
{
    struct answer item = next(json);
    switch (item.kind) {
    case ANSWER_SIMPLE:
    case ANSWER_TEXT:
    case ANSWER_NUMBER: json_text(json->out, item.text, item.length); return;
    case ANSWER_ERROR: json_error(json->out, &item); return;
    case ANSWER_INTEGER: buffer_printf(json->out, "%" PRId64, item.integer); return;
    case ANSWER_NIL: buffer_printf(json->out, "null"); return;
    case ANSWER_BOOLEAN: buffer_printf(json->out, "%s", item.integer != 0 ? "true" : "false"); return;
    case ANSWER_MAP: json_map(json, item.count); return;
    case ANSWER_ARRAY:
    case ANSWER_SET:
    case ANSWER_PUSH: json_list(json, item.count); return;
    }
}

void json_reply(struct buffer *out, const char *bytes, size_t length)
{
    struct json json = {.out = out, .bytes = bytes, .length = length};
    json_item(&json);
    buffer_printf(out, "\n");
}

void json_balances(struct buffer *out, const char *bytes, size_t length, const struct slice *accounts)
{
    struct json json = {.out = out, .bytes = bytes, .length = length};
    struct answer head = next(&json);
    buffer_printf(out, "{");
    for (size_t i = 0; i < head.count; i++) {
        buffer_printf(out, "%s", i > 0 ? "," : "");
        json_text(out, accounts[i].text, accounts[i].length);
        buffer_printf(out, ":");
        json_item(&json);
    }
    buffer_printf(out, "}\n");
}
