/* SPDX-License-Identifier: Apache-2.0 */
#include "session/urlencoded.h"

#include <string.h>

#include <apr_lib.h>

#include "base/octets.h"

/* Decodes data[0..len) into scratch, which advances past it. */
static int unescape(shs_octets_t *out, char **scratch, const char *data,
                    apr_size_t len)
{
    out->data = *scratch;
    if (shs_octets_unescape(*scratch, &out->len, data, len, 1)) {
        return 0;
    }
    *scratch += out->len;
    *(*scratch)++ = '\0';
    return 1;
}

static const char *read_pair(shs_urlencoded_fn take, void *baton,
                             char **scratch, const char *pair, apr_size_t len)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals ? (apr_size_t)(equals - pair) : len;
    shs_octets_t name, value = { "", 0 };

    if (name_len == 0) {
        return "urlencoded pairs, but one has no name";
    }
    if (!unescape(&name, scratch, pair, name_len)
        || (equals
            && !unescape(&value, scratch, equals + 1, len - name_len - 1))) {
        return "urlencoded pairs, but a '%' is not followed by two"
               " hexadecimal digits";
    }
    return take(baton, name, value);
}

const char *shs_urlencoded_decode(shs_octets_t text, shs_urlencoded_fn take,
                                  void *baton, apr_pool_t *p)
{
    const char *at = text.data;
    const char *end = at + text.len;
    /* Decoding never lengthens, but each name and value gets a NUL, and "a"
     * and "a&" are one octet or two for two NULs. */
    char *scratch = apr_palloc(p, 2 * text.len + 2);

    while (at < end) {
        const char *stop = memchr(at, '&', (apr_size_t)(end - at));
        apr_size_t len = (apr_size_t)((stop ? stop : end) - at);
        const char *error =
            len ? read_pair(take, baton, &scratch, at, len) : NULL;

        if (error) {
            return error;
        }
        at += len + 1;
    }
    return NULL;
}

static char *escape(char *to, shs_octets_t octets)
{
    static const char hex[] = "0123456789ABCDEF";
    apr_size_t i;

    for (i = 0; i < octets.len; ++i) {
        unsigned char c = (unsigned char)octets.data[i];

        if (c < 0x80 && (apr_isalnum(c) || strchr("-._*", c)) && c != '\0') {
            *to++ = (char)c;
        }
        else if (c == ' ') {
            *to++ = '+';
        }
        else {
            *to++ = '%';
            *to++ = hex[c >> 4];
            *to++ = hex[c & 15];
        }
    }
    return to;
}

shs_octets_t shs_urlencoded_encode(const shs_record_field_t *pairs,
                                   apr_size_t count, apr_pool_t *p)
{
    shs_octets_t text;
    apr_size_t room = 1;
    apr_size_t i;
    char *whole, *to;

    for (i = 0; i < count; ++i) {
        room += 3 * (pairs[i].name.len + pairs[i].value.len) + 2;
    }
    whole = to = apr_palloc(p, room);
    for (i = 0; i < count; ++i) {
        if (!pairs[i].value.data) {
            continue;
        }
        if (to > whole) {
            *to++ = '&';
        }
        to = escape(to, pairs[i].name);
        *to++ = '=';
        to = escape(to, pairs[i].value);
    }
    *to = '\0';
    text.data = whole;
    text.len = (apr_size_t)(to - whole);
    return text;
}
