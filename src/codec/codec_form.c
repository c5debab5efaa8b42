/* SPDX-License-Identifier: Apache-2.0
 *
 * A string of urlencoded pairs, "userId=alice&userNm=Alice+Kim": what httpd's
 * mod_session encodes. Source: mod_session.c, session_identity_encode() and
 * _decode(): "expiry" is not an attribute but the time, in microseconds since
 * the epoch, after which the session is over.
 */
#include "codec/codec.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "session/octets.h"

static int is_expiry(shs_octets_t name)
{
    return name.len == sizeof("expiry") - 1
           && !memcmp(name.data, "expiry", name.len);
}

/* Returns 0 when it is no number that a time could be. */
static int parse_expiry(apr_time_t *at, shs_octets_t text)
{
    apr_size_t i;

    if (text.len == 0 || text.len > 18) {
        return 0;
    }
    *at = 0;
    for (i = 0; i < text.len; ++i) {
        if (!apr_isdigit(text.data[i])) {
            return 0;
        }
        *at = *at * 10 + (text.data[i] - '0');
    }
    return 1;
}

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

/* A name given again replaces its earlier value, as mod_session's table does.
 * `seen` leads from a name to its node's index plus one. */
static void put(shs_session_t *session, apr_hash_t *seen, shs_octets_t name,
                shs_octets_t value)
{
    apr_ssize_t len = (apr_ssize_t)name.len;
    apr_uintptr_t index = (apr_uintptr_t)apr_hash_get(seen, name.data, len);

    if (index > 0) {
        shs_session_replace(session, index - 1, value);
        return;
    }
    index = shs_session_append(session, SHS_KIND_STRING, name, value) + 1;
    apr_hash_set(seen, name.data, len, (void *)index);
}

static const char *decode_pair(shs_session_t *session, apr_hash_t *seen,
                               char **scratch, const char *pair, apr_size_t len)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals ? (apr_size_t)(equals - pair) : len;
    shs_octets_t name, value = { "", 0 };
    apr_time_t expires_at;

    if (name_len == 0) {
        return "urlencoded pairs, but one has no name";
    }
    if (!unescape(&name, scratch, pair, name_len)
        || (equals
            && !unescape(&value, scratch, equals + 1, len - name_len - 1))) {
        return "urlencoded pairs, but a '%' is not followed by two"
               " hexadecimal digits";
    }
    if (!is_expiry(name)) {
        put(session, seen, name, value);
        return NULL;
    }
    if (!parse_expiry(&expires_at, value)) {
        return "urlencoded pairs, but 'expiry' is no time";
    }
    shs_session_set_expiry(session, expires_at);
    return NULL;
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          apr_pool_t *p)
{
    const char *at = record->string.data;
    const char *end = at + record->string.len;
    shs_session_t *session = shs_session_create(16, p);
    apr_hash_t *seen = apr_hash_make(p);
    /* Decoding never lengthens, but each name and value gets a NUL, and "a"
     * and "a&" are one octet or two for two NULs. */
    char *scratch = apr_palloc(p, 2 * record->string.len + 2);

    while (at < end) {
        const char *stop = memchr(at, '&', (apr_size_t)(end - at));
        apr_size_t len = (apr_size_t)((stop ? stop : end) - at);
        const char *error;

        error = len ? decode_pair(session, seen, &scratch, at, len) : NULL;
        if (error) {
            return error;
        }
        at += len + 1;
    }
    *out = session;
    return NULL;
}

const shs_codec_t shs_codec_form = { "form", SHS_SHAPE_STRING, decode };
