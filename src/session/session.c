/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <string.h>

#include "session/json/json_text.h"

struct shs_session_t {
    shs_value_t *nodes;
    apr_size_t count;
    apr_size_t room;
    apr_time_t expires_at;
    shs_metadata_t metadata;
    int is_untyped;
    apr_pool_t *p;
};

shs_session_t *shs_session_create(apr_size_t expected, apr_pool_t *p)
{
    shs_session_t *session = apr_pcalloc(p, sizeof(*session));

    session->p = p;
    session->room = expected > 0 ? expected : 1;
    session->nodes = apr_palloc(p, session->room * sizeof(shs_value_t));
    return session;
}

static void grow(shs_session_t *session)
{
    shs_value_t *nodes;

    nodes = apr_palloc(session->p, 2 * session->room * sizeof(*nodes));
    memcpy(nodes, session->nodes, session->count * sizeof(*nodes));
    session->nodes = nodes;
    session->room *= 2;
}

apr_size_t shs_session_append(shs_session_t *session, shs_kind_t kind,
                              shs_octets_t name, shs_octets_t text)
{
    shs_value_t *node;

    if (session->count == session->room) {
        grow(session);
    }
    node = &session->nodes[session->count];
    node->kind = kind;
    node->name = name;
    node->text = text;
    node->end = ++session->count;
    return session->count - 1;
}

void shs_session_close(shs_session_t *session, apr_size_t structure)
{
    session->nodes[structure].end = session->count;
}

void shs_session_set_end(shs_session_t *session, apr_size_t node,
                         apr_size_t end)
{
    session->nodes[node].end = end;
}

void shs_session_replace(shs_session_t *session, apr_size_t node,
                         shs_octets_t text)
{
    session->nodes[node].text = text;
}

void shs_session_set_expiry(shs_session_t *session, apr_time_t expires_at)
{
    session->expires_at = expires_at;
}

apr_time_t shs_session_expiry(const shs_session_t *session)
{
    return session->expires_at;
}

void shs_session_set_untyped(shs_session_t *session)
{
    session->is_untyped = 1;
}

int shs_session_is_untyped(const shs_session_t *session)
{
    return session->is_untyped;
}

shs_metadata_t *shs_session_metadata(shs_session_t *session)
{
    return &session->metadata;
}

const shs_metadata_t *shs_session_get_metadata(const shs_session_t *session)
{
    return &session->metadata;
}

const shs_value_t *shs_session_values(const shs_session_t *session,
                                      apr_size_t *count)
{
    *count = session->count;
    return session->nodes;
}

apr_size_t shs_session_count(const shs_session_t *session)
{
    apr_size_t found = 0;
    apr_size_t i;

    for (i = 0; i < session->count; i = session->nodes[i].end) {
        ++found;
    }
    return found;
}

const shs_value_t *shs_session_find(const shs_session_t *session,
                                    apr_size_t from, apr_size_t to,
                                    const char *name, apr_size_t len)
{
    apr_size_t i;

    for (i = from; i < to; i = session->nodes[i].end) {
        const shs_value_t *node = &session->nodes[i];

        if (node->name.len == len && !memcmp(node->name.data, name, len)) {
            return node;
        }
    }
    return NULL;
}

int shs_session_text(shs_octets_t *text, const shs_session_t *session,
                     const shs_value_t *node, apr_pool_t *p)
{
    switch (node->kind) {
    case SHS_KIND_NULL:
        return 0;
    case SHS_KIND_STRING:
    case SHS_KIND_NUMBER:
    case SHS_KIND_BOOL:
        *text = node->text;
        return 1;
    case SHS_KIND_ARRAY:
    case SHS_KIND_OBJECT:
        *text = shs_json_text_write(session->nodes, node, p);
        return 1;
    }
    return 0;
}

shs_octets_t shs_session_json(const shs_session_t *session, apr_pool_t *p)
{
    return shs_json_text_write_all(session->nodes, session->count, p);
}
