/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "unit.h"

static shs_reply_t *parse(const char *text)
{
    const shs_resp_limits_t limits = { 1048576, 32768 };
    shs_resp_t *resp = shs_resp_create();
    shs_reply_t *reply = NULL;

    ck_assert_ptr_nonnull(resp);
    shs_resp_begin(resp, limits, p);
    ck_assert_int_eq(shs_resp_feed(resp, text, strlen(text)), SHS_RESP_MORE);
    ck_assert_msg(shs_resp_next(&reply, resp) == SHS_RESP_REPLY, "%s", text);
    ck_assert_msg(shs_resp_is_drained(resp), "%s", text);
    shs_resp_destroy(resp);
    return reply;
}

/* After its opening bracket. */
static void open_array(shs_reply_t *reply, const char *at)
{
    apr_size_t most = strlen(at);

    reply->kind = SHS_REPLY_ARRAY;
    reply->elements = apr_pcalloc(p, (most + 1) * sizeof(reply));
}

/* Moves the elements to memory of their exact size. */
static void close_array(shs_reply_t *reply)
{
    shs_octets_t exact =
        unit_exact((const char *)reply->elements, reply->count * sizeof(reply));

    reply->elements = (shs_reply_t **)(void *)exact.data;
}

/* One value; returns what follows it. */
static const char *read_scalar(shs_reply_t *reply, const char *at)
{
    char *end;

    if (*at == '\'') {
        const char *close = strchr(at + 1, '\'');

        ck_assert_msg(close != NULL, "%s", at);
        reply->kind = SHS_REPLY_STRING;
        reply->text = unit_exact(at + 1, (apr_size_t)(close - at - 1));
        return close + 1;
    }
    if (*at == '_') {
        reply->kind = SHS_REPLY_NIL;
        return at + 1;
    }
    reply->kind = SHS_REPLY_INTEGER;
    reply->integer = apr_strtoi64(at, &end, 10);
    ck_assert_msg(end != at, "neither a value nor a bracket: %s", at);
    return end;
}

/* A stack instead of recursion, as deep as the arrays that resp accepts. */
static shs_reply_t *read_notation(const char *at)
{
    shs_reply_t top = { SHS_REPLY_ARRAY, { NULL, 0 }, 0, NULL, 0 };
    shs_reply_t *stack[9] = { &top };
    int depth = 0;

    open_array(&top, at);
    while (*at) {
        shs_reply_t *reply;

        if (*at == ' ') {
            ++at;
            continue;
        }
        if (*at == ']') {
            ck_assert_msg(depth > 0, "too many brackets: %s", at);
            close_array(stack[depth--]);
            ++at;
            continue;
        }
        reply = apr_pcalloc(p, sizeof(*reply));
        stack[depth]->elements[stack[depth]->count++] = reply;
        if (*at == '[') {
            open_array(reply, ++at);
            ck_assert_int_lt(depth, 8);
            stack[++depth] = reply;
            continue;
        }
        at = read_scalar(reply, at);
    }
    ck_assert_msg(depth == 0 && top.count == 1, "not one value");
    return top.elements[0];
}

shs_reply_t *wire_reply(const char *text)
{
    return strchr("*$:+-", *text) ? parse(text) : read_notation(text);
}
