/* SPDX-License-Identifier: Apache-2.0 */
#include "session/flat.h"

#include <string.h>

#define MAGIC 0x53485332u /* "SHS2" */

/* In the byte order of the host, which it never leaves. */
typedef struct header_t {
    apr_uint32_t magic;
    apr_uint32_t count; /* of values */
    apr_int64_t expires_at;
    apr_int64_t created_at;
    apr_int64_t idle;
    apr_int64_t is_untyped;
} header_t;

typedef struct flat_value_t {
    apr_uint32_t kind;
    apr_uint32_t end;
    apr_uint32_t name_at; /* from the beginning of the octets */
    apr_uint32_t name_len;
    apr_uint32_t text_at;
    apr_uint32_t text_len;
} flat_value_t;

static apr_size_t measure(const shs_value_t *values, apr_size_t count)
{
    apr_size_t size = sizeof(header_t) + count * sizeof(flat_value_t);
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        size += values[i].name.len + values[i].text.len + 2;
    }
    return size;
}

/* A NUL follows each, as it follows every text of a session. */
static void append_octets(char *base, apr_size_t *at, apr_uint32_t *out_at,
                          apr_uint32_t *out_len, shs_octets_t octets)
{
    *out_at = (apr_uint32_t)*at;
    *out_len = (apr_uint32_t)octets.len;
    if (octets.len > 0) {
        memcpy(base + *at, octets.data, octets.len);
    }
    base[*at + octets.len] = '\0';
    *at += octets.len + 1;
}

shs_octets_t shs_flat_encode(const shs_session_t *session, apr_pool_t *p)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(session);
    shs_octets_t octets;
    const shs_value_t *values;
    apr_size_t count, at, i;
    flat_value_t *flat;
    header_t *header;
    char *base;

    values = shs_session_values(session, &count);
    octets.len = measure(values, count);
    base = apr_palloc(p, octets.len);
    octets.data = base;
    header = (header_t *)base;
    header->magic = MAGIC;
    header->count = (apr_uint32_t)count;
    header->expires_at = shs_session_expiry(session);
    header->created_at = metadata->created_at;
    header->idle = metadata->idle;
    header->is_untyped = shs_session_is_untyped(session);
    flat = (flat_value_t *)(base + sizeof(*header));
    at = sizeof(*header) + count * sizeof(*flat);
    for (i = 0; i < count; ++i) {
        flat[i].kind = (apr_uint32_t)values[i].kind;
        flat[i].end = (apr_uint32_t)values[i].end;
        append_octets(base, &at, &flat[i].name_at, &flat[i].name_len,
                      values[i].name);
        append_octets(base, &at, &flat[i].text_at, &flat[i].text_len,
                      values[i].text);
    }
    return octets;
}

static int read_octets(shs_octets_t *out, shs_octets_t whole, apr_uint32_t at,
                       apr_uint32_t len)
{
    if (at >= whole.len || len >= whole.len - at || whole.data[at + len]) {
        return 0;
    }
    out->data = whole.data + at;
    out->len = len;
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
    int is_structure =
        value->kind == SHS_KIND_ARRAY || value->kind == SHS_KIND_OBJECT;

    while (nesting->depth > 0 && nesting->ends[nesting->depth] <= i) {
        --nesting->depth;
    }
    if (value->kind > SHS_KIND_OBJECT || value->end <= i
        || value->end > nesting->ends[nesting->depth]
        || (!is_structure && value->end != i + 1)) {
        return 0;
    }
    if (is_structure && value->end > i + 1) {
        if (nesting->depth == SHS_SESSION_MAX_DEPTH) {
            return 0;
        }
        nesting->ends[++nesting->depth] = value->end;
    }
    return 1;
}

shs_session_t *shs_flat_decode(shs_octets_t octets, apr_pool_t *p)
{
    const header_t *header = (const header_t *)octets.data;
    const flat_value_t *flat;
    shs_session_t *session;
    nesting_t nesting;
    apr_size_t i;

    if (octets.len < sizeof(*header) || header->magic != MAGIC
        || header->count > (octets.len - sizeof(*header)) / sizeof(*flat)) {
        return NULL;
    }
    session = shs_session_create(header->count, p);
    shs_session_set_expiry(session, header->expires_at);
    shs_session_metadata(session)->created_at = header->created_at;
    shs_session_metadata(session)->idle = header->idle;
    if (header->is_untyped) {
        shs_session_set_untyped(session);
    }
    flat = (const flat_value_t *)(octets.data + sizeof(*header));
    nesting.depth = 0;
    nesting.ends[0] = header->count;
    for (i = 0; i < header->count; ++i) {
        shs_octets_t name, text;

        if (!is_nested(&nesting, &flat[i], i)
            || !read_octets(&name, octets, flat[i].name_at, flat[i].name_len)
            || !read_octets(&text, octets, flat[i].text_at, flat[i].text_len)) {
            return NULL;
        }
        shs_session_append(session, (shs_kind_t)flat[i].kind, name, text);
        shs_session_set_end(session, i, flat[i].end);
    }
    return session;
}
