/* SPDX-License-Identifier: Apache-2.0
 *
 * Written in two passes over the same code: the first counts (out is NULL),
 * the second writes into memory of exactly that size.
 */
#include "session/json/json_text.h"

#include <string.h>

typedef struct writer_t {
    char *out; /* NULL: only count */
    apr_size_t len;
} writer_t;

static void put(writer_t *w, const char *data, apr_size_t len)
{
    if (w->out && len > 0) {
        memcpy(w->out + w->len, data, len);
    }
    w->len += len;
}

static void put_escaped_char(writer_t *w, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = { '\\', 'u', '0', '0', '0', '0' };
    static const char shorthands[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    const char *s;

    for (s = shorthands; *s; s += 2) {
        if ((unsigned char)*s == c) {
            text[1] = s[1];
            put(w, text, 2);
            return;
        }
    }
    text[4] = hex[c >> 4];
    text[5] = hex[c & 15];
    put(w, text, 6);
}

/* The length of the character at the start, RFC 3629 section 4; 0: no UTF-8. */
static apr_size_t measure(const char *data, apr_size_t len)
{
    static const struct {
        unsigned char first, last; /* of the first octet */
        unsigned char low, high;   /* of the second */
        unsigned char octets;
    } forms[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
        { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 }
    };
    const unsigned char *c = (const unsigned char *)data;
    apr_size_t i = 0, at;

    if (*c < 0x80) {
        return 1;
    }
    while (i < sizeof(forms) / sizeof(forms[0])
           && (*c < forms[i].first || *c > forms[i].last)) {
        ++i;
    }
    if (i == sizeof(forms) / sizeof(forms[0]) || forms[i].octets > len
        || c[1] < forms[i].low || c[1] > forms[i].high) {
        return 0;
    }
    for (at = 2; at < forms[i].octets; ++at) {
        if ((c[at] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return forms[i].octets;
}

static void put_string(writer_t *w, shs_octets_t text)
{
    apr_size_t i, len, start = 0;

    put(w, "\"", 1);
    for (i = 0; i < text.len; i += len ? len : 1) {
        unsigned char c = (unsigned char)text.data[i];

        len = measure(text.data + i, text.len - i);
        if (len == 0 || c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
            put(w, text.data + start, i - start);
            if (len == 0) {
                put(w, "\\ufffd", 6);
            }
            else {
                put_escaped_char(w, c);
            }
            start = i + 1;
        }
    }
    put(w, text.data + start, text.len - start);
    put(w, "\"", 1);
}

/* Returns 0 for a structure, whose members the caller has to put. */
static int put_scalar(writer_t *w, const shs_value_t *value)
{
    switch (value->kind) {
    case SHS_KIND_NULL:
        put(w, "null", 4);
        return 1;
    case SHS_KIND_STRING:
        put_string(w, value->text);
        return 1;
    case SHS_KIND_NUMBER:
    case SHS_KIND_BOOL:
        put(w, value->text.data, value->text.len);
        return 1;
    case SHS_KIND_ARRAY:
    case SHS_KIND_OBJECT:
        break;
    }
    return 0;
}

/* Puts [first, end) as the members of an array or object. */
static void put_members(writer_t *w, const shs_value_t *values,
                        apr_size_t first, apr_size_t end, int is_object)
{
    const char *comma = "";
    apr_size_t i;

    put(w, is_object ? "{" : "[", 1);
    for (i = first; i < end; i = values[i].end) {
        if (values[i].known & SHS_KNOWN_IS_OPAQUE) {
            continue;
        }
        put(w, comma, strlen(comma));
        comma = ",";
        if (is_object) {
            put_string(w, values[i].name);
            put(w, ":", 1);
        }
        if (!put_scalar(w, &values[i])) {
            put_members(w, values, i + 1, values[i].end,
                        values[i].kind == SHS_KIND_OBJECT);
        }
    }
    put(w, is_object ? "}" : "]", 1);
}

static void put_value(writer_t *w, const shs_value_t *values,
                      const shs_value_t *value)
{
    if (!put_scalar(w, value)) {
        put_members(w, values, (apr_size_t)(value - values) + 1, value->end,
                    value->kind == SHS_KIND_OBJECT);
    }
}

static shs_octets_t finish(writer_t *w)
{
    shs_octets_t text = { w->out, w->len };

    w->out[w->len] = '\0';
    return text;
}

shs_octets_t shs_json_text_write(const shs_session_t *session,
                                 const shs_value_t *value, apr_pool_t *p)
{
    writer_t w = { NULL, 0 };
    const shs_value_t *values;
    apr_size_t count;

    values = shs_session_values(session, &count);
    put_value(&w, values, value);
    w.out = apr_palloc(p, w.len + 1);
    w.len = 0;
    put_value(&w, values, value);
    return finish(&w);
}

shs_octets_t shs_json_text_write_session(const shs_session_t *session,
                                         apr_pool_t *p)
{
    writer_t w = { NULL, 0 };
    const shs_value_t *values;
    apr_size_t count;

    values = shs_session_values(session, &count);
    put_members(&w, values, 0, count, 1);
    w.out = apr_palloc(p, w.len + 1);
    w.len = 0;
    put_members(&w, values, 0, count, 1);
    return finish(&w);
}

int shs_json_text_get(shs_octets_t *text, const shs_session_t *session,
                      const shs_value_t *value, apr_pool_t *p)
{
    switch (value->kind) {
    case SHS_KIND_NULL:
        return 0;
    case SHS_KIND_STRING:
    case SHS_KIND_NUMBER:
    case SHS_KIND_BOOL:
        *text = value->text;
        return 1;
    case SHS_KIND_ARRAY:
    case SHS_KIND_OBJECT:
        *text = shs_json_text_write(session, value, p);
        return 1;
    }
    return 0;
}
