/* SPDX-License-Identifier: Apache-2.0 */
#include "session/flat.h"

#include <string.h>

#define MAGIC 0x53485333u /* "SHS3" */

/* The bits of header_t.flags. */
#define IS_UNTYPED  1
#define IS_DISTINCT 2

/* In the byte order of the host, which it never leaves. */
typedef struct header_t {
    apr_uint32_t magic;
    apr_uint32_t count; /* of values */
    apr_int64_t expires_at;
    apr_int64_t created_at;
    apr_int64_t idle;
    apr_uint32_t flags;
    apr_uint32_t lead_len;
} header_t;

typedef struct flat_value_t {
    apr_uint16_t kind;
    apr_uint16_t known;
    apr_uint32_t end;
    apr_uint32_t name_len;
    apr_uint32_t text_len;
} flat_value_t;

static apr_size_t measure(const shs_value_t *values, apr_size_t count,
                          apr_size_t lead_len)
{
    apr_size_t size = sizeof(header_t) + count * sizeof(flat_value_t);
    apr_size_t top = 0;
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        size += values[i].name.len + values[i].text.len + 2;
        if (i == top) {
            size += lead_len;
            top = values[i].end;
        }
    }
    return size;
}

/* A NUL follows each name and text. */
static char *append_octets(char *to, shs_octets_t octets)
{
    if (octets.len > 0) {
        memcpy(to, octets.data, octets.len);
    }
    to[octets.len] = '\0';
    return to + octets.len + 1;
}

static apr_uint32_t get_flags(const shs_session_t *session)
{
    return (shs_session_is_untyped(session) ? IS_UNTYPED : 0)
           | (shs_session_is_distinct(session) ? IS_DISTINCT : 0);
}

static void write_values(flat_value_t *flat, char *at,
                         const shs_value_t *values, apr_size_t count,
                         shs_octets_t lead)
{
    apr_size_t top = 0;
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        flat[i].kind = (apr_uint16_t)values[i].kind;
        flat[i].known =
            (apr_uint16_t)(values[i].known & ~SHS_KNOWN_TEXT_IS_ENDED);
        flat[i].end = (apr_uint32_t)values[i].end;
        flat[i].name_len = (apr_uint32_t)values[i].name.len;
        flat[i].text_len = (apr_uint32_t)values[i].text.len;
        if (i == top && lead.len > 0) {
            memcpy(at, lead.data, lead.len);
            at += lead.len;
        }
        top = i == top ? values[i].end : top;
        at = append_octets(at, values[i].name);
        at = append_octets(at, values[i].text);
    }
}

shs_octets_t shs_flat_encode(const shs_session_t *session, shs_octets_t lead,
                             apr_pool_t *p)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(session);
    shs_octets_t octets;
    const shs_value_t *values;
    flat_value_t *flat;
    header_t *header;
    apr_size_t count;

    values = shs_session_values(session, &count);
    octets.len = measure(values, count, lead.len);
    octets.data = apr_palloc(p, octets.len);
    header = (header_t *)octets.data;
    header->magic = MAGIC;
    header->count = (apr_uint32_t)count;
    header->expires_at = shs_session_expiry(session);
    header->created_at = metadata->created_at;
    header->idle = metadata->idle;
    header->flags = get_flags(session);
    header->lead_len = (apr_uint32_t)lead.len;
    flat = (flat_value_t *)(header + 1);
    write_values(flat, (char *)(flat + count), values, count, lead);
    return octets;
}

/* Takes the next octets, and the NUL after them, from *rest. */
static int take_octets(shs_octets_t *out, shs_octets_t *rest, apr_uint32_t len)
{
    if (len >= rest->len || rest->data[len]) {
        return 0;
    }
    out->data = rest->data;
    out->len = len;
    rest->data += len + (apr_size_t)1;
    rest->len -= len + (apr_size_t)1;
    return 1;
}

/* The ends of the structures around a value. */
typedef struct nesting_t {
    apr_size_t ends[SHS_SESSION_MAX_DEPTH + 1];
    int depth;
} nesting_t;

/* Whether a decoder could have set that end of a value. */
static int is_nested(nesting_t *nesting, const flat_value_t *value,
                     apr_size_t i)
{
    while (nesting->depth > 0 && nesting->ends[nesting->depth] <= i) {
        --nesting->depth;
    }
    if (value->kind < SHS_KIND_ARRAY) {
        return value->end == i + 1;
    }
    if (value->kind > SHS_KIND_OBJECT || value->end <= i
        || value->end > nesting->ends[nesting->depth]) {
        return 0;
    }
    if (value->end > i + 1) {
        if (nesting->depth == SHS_SESSION_MAX_DEPTH) {
            return 0;
        }
        nesting->ends[++nesting->depth] = value->end;
    }
    return 1;
}

static int read_values(shs_value_t *values, const flat_value_t *flat,
                       apr_size_t count, shs_octets_t rest, apr_size_t lead_len)
{
    nesting_t nesting;
    apr_size_t top = 0;
    apr_size_t i;

    nesting.depth = 0;
    nesting.ends[0] = count;
    for (i = 0; i < count; ++i) {
        if (i == top) {
            if (lead_len > rest.len) {
                return 0;
            }
            rest.data += lead_len;
            rest.len -= lead_len;
            top = flat[i].end;
        }
        if (!is_nested(&nesting, &flat[i], i)
            || !take_octets(&values[i].name, &rest, flat[i].name_len)
            || !take_octets(&values[i].text, &rest, flat[i].text_len)) {
            return 0;
        }
        values[i].kind = (shs_kind_t)flat[i].kind;
        values[i].known = flat[i].known | SHS_KNOWN_TEXT_IS_ENDED;
        values[i].end = flat[i].end;
    }
    return rest.len == 0;
}

shs_session_t *shs_flat_decode(shs_octets_t octets, apr_pool_t *p)
{
    const header_t *header = (const header_t *)octets.data;
    const flat_value_t *flat;
    shs_session_t *session;
    shs_value_t *values;
    shs_octets_t rest, lead;

    if (octets.len < sizeof(*header) || header->magic != MAGIC
        || header->count > (octets.len - sizeof(*header)) / sizeof(*flat)) {
        return NULL;
    }
    flat = (const flat_value_t *)(header + 1);
    rest.data = (const char *)(flat + header->count);
    rest.len = octets.len - (apr_size_t)(rest.data - octets.data);
    values = apr_palloc(p, header->count * sizeof(*values));
    if (!read_values(values, flat, header->count, rest, header->lead_len)) {
        return NULL;
    }
    lead.data = rest.data;
    lead.len = header->count > 0 ? header->lead_len : 0;
    session = shs_session_create_of(values, header->count, p);
    shs_session_set_expiry(session, header->expires_at);
    shs_session_metadata(session)->created_at = header->created_at;
    shs_session_metadata(session)->idle = header->idle;
    shs_session_set_lead(session, lead);
    if (header->flags & IS_UNTYPED) {
        shs_session_set_untyped(session);
    }
    if (header->flags & IS_DISTINCT) {
        shs_session_set_distinct(session);
    }
    return session;
}
