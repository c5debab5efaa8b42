/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/id_pattern.h"

#include <apr_lib.h>

#define MOST_ROUTE 64

static int is_token(char c)
{
    return apr_isalnum(c) || c == '-' || c == '_';
}

static int is_uuid(char c)
{
    return apr_isxdigit(c) || c == '-';
}

static int is_hex(char c)
{
    return apr_isxdigit(c);
}

/* The number of octets at the beginning that are of that class. */
static apr_size_t measure(shs_octets_t text, int (*is_allowed)(char c))
{
    apr_size_t len = 0;

    while (len < text.len && is_allowed(text.data[len])) {
        ++len;
    }
    return len;
}

static int is_hex_route(shs_octets_t id)
{
    apr_size_t len = measure(id, is_hex);
    shs_octets_t route = { id.data + len, id.len - len };

    if (route.len == 0 || len == 0) {
        return len > 0;
    }
    if (*route.data != '.' || route.len == 1 || route.len - 1 > MOST_ROUTE) {
        return 0;
    }
    ++route.data;
    --route.len;
    return measure(route, is_token) == route.len;
}

static int is_of_class(shs_octets_t id, shs_id_class_t characters)
{
    switch (characters) {
    case SHS_ID_ANY:
        return 1;
    case SHS_ID_TOKEN:
        return measure(id, is_token) == id.len;
    case SHS_ID_HEX:
        return measure(id, is_hex) == id.len;
    case SHS_ID_UUID:
        return measure(id, is_uuid) == id.len;
    case SHS_ID_HEX_ROUTE:
        return is_hex_route(id);
    }
    return 0;
}

const char *shs_id_pattern_parse(shs_session_id_t *out,
                                 const shs_id_pattern_t *pattern,
                                 shs_octets_t value, char route,
                                 unsigned char extras)
{
    apr_size_t len = pattern->prefix ? strlen(pattern->prefix) : 0;
    const char *refusal;
    shs_octets_t id;

    if (value.len < len
        || (len > 0 && memcmp(value.data, pattern->prefix, len) != 0)) {
        return "the value does not begin with the prefix of the ids";
    }
    value.data += len;
    value.len -= len;
    refusal = shs_session_id_parse(out, value, route, extras);
    if (refusal) {
        return refusal;
    }
    id = shs_session_id_octets(out);
    if (id.len < pattern->min || (pattern->max && id.len > pattern->max)) {
        return "the value has not the length of the framework's ids";
    }
    return is_of_class(id, pattern->characters)
               ? NULL
               : "the value has a character that the framework's ids do not"
                 " have";
}
