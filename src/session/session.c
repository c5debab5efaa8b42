/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <assert.h>
#include <string.h>

struct shs_session_t {
    shs_value_t *values;
    apr_size_t count;
    apr_size_t room;
    apr_time_t expires_at;
    shs_metadata_t metadata;
    int is_untyped;
    int is_distinct;
    shs_octets_t lead;
    const char *opaque;
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

shs_session_t *shs_session_create_of(shs_value_t *values, apr_size_t count,
                                     apr_pool_t *p)
{
    shs_session_t *session = apr_pcalloc(p, sizeof(*session));

    session->p = p;
    session->values = values;
    session->count = session->room = count;
    return session;
}

static void grow(shs_session_t *session)
{
    shs_value_t *values;

    session->room = 2 * session->room + 1;
    values = apr_palloc(session->p, session->room * sizeof(*values));
    if (session->count > 0) {
        memcpy(values, session->values, session->count * sizeof(*values));
    }
    session->values = values;
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
    value->known = 0;
    value->name = name;
    value->text = text;
    value->end = ++session->count;
    return session->count - 1;
}

void shs_session_close(shs_session_t *session, apr_size_t structure)
{
    session->values[structure].end = session->count;
}

apr_size_t shs_session_copy(shs_session_t *session, shs_octets_t name,
                            const shs_session_t *from, apr_size_t value)
{
    apr_size_t first = session->count;
    apr_size_t count = from->values[value].end - value;
    apr_size_t i;

    while (session->room - session->count < count) {
        grow(session);
    }
    memcpy(&session->values[first], &from->values[value],
           count * sizeof(shs_value_t));
    for (i = first; i < first + count; ++i) {
        session->values[i].end = session->values[i].end - value + first;
    }
    session->values[first].name = name;
    session->values[first].known &= ~(unsigned)SHS_KNOWN_NAME_IS_PLAIN;
    session->count += count;
    return first;
}

void shs_session_replace(shs_session_t *session, apr_size_t value,
                         shs_octets_t text)
{
    session->values[value].text = text;
    session->values[value].known &= SHS_KNOWN_NAME_IS_PLAIN;
}

void shs_session_truncate(shs_session_t *session, apr_size_t count)
{
    assert(count <= session->count);
    session->count = count;
}

void shs_session_append_opaque(shs_session_t *session, shs_octets_t name,
                               const char *reason)
{
    static const shs_octets_t nothing = { "", 0 };
    apr_size_t index =
        shs_session_append(session, SHS_KIND_NULL, name, nothing);

    session->values[index].known = SHS_KNOWN_IS_OPAQUE;
    if (!session->opaque) {
        session->opaque = reason;
    }
}

const char *shs_session_opaque(const shs_session_t *session)
{
    return session->opaque;
}

void shs_session_set_expiry(shs_session_t *session, apr_time_t expires_at)
{
    session->expires_at = expires_at;
}

apr_time_t shs_session_expiry(const shs_session_t *session)
{
    return session->expires_at;
}

apr_time_t shs_session_end(const shs_session_t *session,
                           apr_interval_time_t absolute)
{
    apr_time_t end = session->expires_at;

    if (session->metadata.created_at != 0) {
        apr_time_t latest = session->metadata.created_at + absolute;

        end = end != 0 && end < latest ? end : latest;
    }
    return end;
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

static unsigned find_known(const shs_value_t *value)
{
    unsigned known = value->known & SHS_KNOWN_IS_OPAQUE;

    if (!shs_octets_have_control(value->name)) {
        known |= SHS_KNOWN_NAME_IS_PLAIN;
    }
    if (!shs_octets_need_percent(value->text)) {
        known |= SHS_KNOWN_TEXT_IS_PLAIN | SHS_KNOWN_TEXT_IS_VISIBLE;
    }
    else if (!shs_octets_have_control(value->text)) {
        known |= SHS_KNOWN_TEXT_IS_PLAIN;
    }
    return known;
}

/* So that the comparison of each with each stays cheap. */
#define MOST_COMPARED 32

static int has_twin(const shs_session_t *session, const shs_value_t *value,
                    apr_size_t end)
{
    apr_size_t i;

    for (i = 0; i < end; i = session->values[i].end) {
        const shs_octets_t *name = &session->values[i].name;

        if (name->len == value->name.len
            && !strncasecmp(name->data, value->name.data, name->len)) {
            return 1;
        }
    }
    return 0;
}

static int has_twins(const shs_session_t *session)
{
    apr_size_t i;

    for (i = 0; i < session->count; i = session->values[i].end) {
        if (has_twin(session, &session->values[i], i)) {
            return 1;
        }
    }
    return 0;
}

void shs_session_learn(shs_session_t *session)
{
    apr_size_t i;

    for (i = 0; i < session->count; ++i) {
        session->values[i].known = find_known(&session->values[i]);
    }
    session->is_distinct =
        shs_session_count(session) <= MOST_COMPARED && !has_twins(session);
}

void shs_session_set_distinct(shs_session_t *session)
{
    session->is_distinct = 1;
}

int shs_session_is_distinct(const shs_session_t *session)
{
    return session->is_distinct;
}

void shs_session_set_lead(shs_session_t *session, shs_octets_t lead)
{
    session->lead = lead;
}

shs_octets_t shs_session_lead(const shs_session_t *session)
{
    return session->lead;
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
