/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <string.h>

struct shs_session_t {
    shs_value_t *values;
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
    session->values = apr_palloc(p, session->room * sizeof(shs_value_t));
    return session;
}

static void grow(shs_session_t *session)
{
    shs_value_t *values;

    values = apr_palloc(session->p, 2 * session->room * sizeof(*values));
    memcpy(values, session->values, session->count * sizeof(*values));
    session->values = values;
    session->room *= 2;
}

apr_size_t shs_session_append(shs_session_t *session, shs_kind_t kind,
                              shs_octets_t name, shs_octets_t text)
{
    shs_value_t *value;

    if (session->count == session->room) {
        grow(session);
    }
    value = &session->values[session->count];
    value->kind = kind;
    value->name = name;
    value->text = text;
    value->end = ++session->count;
    return session->count - 1;
}

void shs_session_close(shs_session_t *session, apr_size_t structure)
{
    session->values[structure].end = session->count;
}

void shs_session_set_end(shs_session_t *session, apr_size_t value,
                         apr_size_t end)
{
    session->values[value].end = end;
}

void shs_session_replace(shs_session_t *session, apr_size_t value,
                         shs_octets_t text)
{
    session->values[value].text = text;
}

void shs_session_set_expiry(shs_session_t *session, apr_time_t expires_at)
{
    session->expires_at = expires_at;
}

apr_time_t shs_session_expiry(const shs_session_t *session)
{
    return session->expires_at;
}

int shs_session_is_over(const shs_session_t *session,
                        apr_interval_time_t absolute, apr_time_t now)
{
    apr_time_t created_at = session->metadata.created_at;

    return (session->expires_at != 0 && session->expires_at <= now)
           || (created_at != 0 && created_at + absolute <= now);
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
    return session->values;
}

apr_size_t shs_session_count(const shs_session_t *session)
{
    apr_size_t found = 0;
    apr_size_t i;

    for (i = 0; i < session->count; i = session->values[i].end) {
        ++found;
    }
    return found;
}

const shs_value_t *shs_session_find(const shs_session_t *session,
                                    apr_size_t from, apr_size_t to,
                                    const char *name, apr_size_t len)
{
    apr_size_t i;

    for (i = from; i < to; i = session->values[i].end) {
        const shs_value_t *value = &session->values[i];

        if (value->name.len == len && !memcmp(value->name.data, name, len)) {
            return value;
        }
    }
    return NULL;
}
