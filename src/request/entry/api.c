/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions here have the names of mod_shared_session.h, because optional
 * functions are registered by name.
 */
#include "request/entry/api.h"

#include <string.h>

#include <apr_strings.h>

#include "../mod_shared_session.h"
#include "base/octets.h"
#include "request/session_ops.h"
#include "session/json/json_text.h"

static shared_session_status_e status_of(const shs_lookup_t *lookup)
{
    switch (lookup->outcome) {
    case SHS_OUTCOME_FOUND:
        return lookup->is_stale ? SHARED_SESSION_STALE : SHARED_SESSION_FOUND;
    case SHS_OUTCOME_NONE:
        return SHARED_SESSION_NONE;
    case SHS_OUTCOME_ABSENT:
        return SHARED_SESSION_ABSENT;
    case SHS_OUTCOME_MALFORMED:
        return SHARED_SESSION_MALFORMED;
    case SHS_OUTCOME_UNAVAILABLE:
        break;
    }
    return SHARED_SESSION_UNAVAILABLE;
}

static shared_session_status_e shared_session_find(request_rec *r)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);

    return lookup ? status_of(lookup) : SHARED_SESSION_OFF;
}

static shared_session_status_e shared_session_confirm(request_rec *r)
{
    const shs_lookup_t *lookup = shs_session_ops_confirm(r);

    return lookup                    ? status_of(lookup)
           : shs_session_ops_find(r) ? SHARED_SESSION_UNAVAILABLE
                                     : SHARED_SESSION_OFF;
}

static const char *shared_session_status_word(request_rec *r)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);

    return lookup ? shs_lookup_describe(lookup) : "off";
}

/* The session that was found, or NULL. */
static const shs_session_t *session_of(request_rec *r)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);

    return lookup ? lookup->session : NULL;
}

static const char *shared_session_get(request_rec *r, const char *name,
                                      apr_size_t *len)
{
    const shs_session_t *session = session_of(r);
    const shs_value_t *attribute;
    shs_octets_t text;
    apr_size_t count;

    if (!session) {
        return NULL;
    }
    shs_session_values(session, &count);
    attribute = shs_session_find(session, 0, count, name, strlen(name));
    if (!attribute || !shs_json_text_get(&text, session, attribute, r->pool)) {
        return NULL;
    }
    if (len) {
        *len = text.len;
    }
    return apr_pstrmemdup(r->pool, text.data, text.len);
}

static void shared_session_iterate(request_rec *r, shared_session_each_fn each,
                                   void *baton)
{
    const shs_session_t *session = session_of(r);
    const shs_value_t *values;
    apr_size_t count, i;

    if (!session) {
        return;
    }
    values = shs_session_values(session, &count);
    for (i = 0; i < count; i = values[i].end) {
        shs_octets_t name = values[i].name;
        shs_octets_t text;

        if (shs_json_text_get(&text, session, &values[i], r->pool)
            && !each(baton, apr_pstrmemdup(r->pool, name.data, name.len),
                     apr_pstrmemdup(r->pool, text.data, text.len), text.len)) {
            return;
        }
    }
}

static shared_session_result_e read_written(request_rec *r,
                                            const shs_written_t *written)
{
    switch (written->status) {
    case SHS_WROTE_DONE:
        shs_session_ops_update_exposure(r);
        return SHARED_SESSION_DONE;
    case SHS_WROTE_GONE:
        return SHARED_SESSION_GONE;
    case SHS_WROTE_ROTATED:
        return SHARED_SESSION_ROTATED;
    case SHS_WROTE_CONFLICT:
        return SHARED_SESSION_CONFLICT;
    case SHS_WROTE_INVALID:
        return SHARED_SESSION_INVALID;
    case SHS_WROTE_TOO_LARGE:
        return SHARED_SESSION_TOO_LARGE;
    case SHS_WROTE_MALFORMED:
        return SHARED_SESSION_UNREADABLE;
    case SHS_WROTE_FORBIDDEN:
        return SHARED_SESSION_FORBIDDEN;
    case SHS_WROTE_FOREIGN:
        return SHARED_SESSION_FOREIGN;
    case SHS_WROTE_LATE:
        return SHARED_SESSION_LATE;
    case SHS_WROTE_UNAVAILABLE:
        break;
    }
    return SHARED_SESSION_NO_ANSWER;
}

static int add_pair(void *change, const char *name, const char *value)
{
    shs_change_set(change, name, value);
    return 1;
}

static void add_unset(shs_change_t *change, const char *name)
{
    shs_octets_t nothing = { "", 0 };

    shs_change_add(change, SHS_CHANGE_UNSET, shs_octets_of(name), nothing);
}

static shared_session_result_e apply(request_rec *r, const shs_change_t *change)
{
    shs_written_t written;

    if (shs_change_check(change)) {
        return SHARED_SESSION_INVALID;
    }
    written = shs_session_ops_change(r, change);
    return read_written(r, &written);
}

static shared_session_result_e shared_session_begin(
    request_rec *r, const apr_table_t *attributes)
{
    shs_change_t *change = shs_change_create(r->pool);
    shs_written_t written;

    if (attributes) {
        apr_table_do(add_pair, change, attributes, NULL);
    }
    if (shs_change_check(change)) {
        return SHARED_SESSION_INVALID;
    }
    written = shs_session_ops_begin(r, change);
    return read_written(r, &written);
}

static shared_session_result_e shared_session_set(request_rec *r,
                                                  const char *name,
                                                  const char *value,
                                                  apr_size_t len)
{
    shs_change_t *change = shs_change_create(r->pool);
    shs_octets_t octets = { value, len };

    shs_change_add(change, SHS_CHANGE_TEXT, shs_octets_of(name), octets);
    return apply(r, change);
}

static shared_session_result_e shared_session_unset(request_rec *r,
                                                    const char *name)
{
    shs_change_t *change = shs_change_create(r->pool);

    add_unset(change, name);
    return apply(r, change);
}

static shared_session_result_e shared_session_change(
    request_rec *r, const apr_table_t *set, const apr_array_header_t *unset)
{
    shs_change_t *change = shs_change_create(r->pool);
    int i;

    if (set) {
        apr_table_do(add_pair, change, set, NULL);
    }
    for (i = 0; unset && i < unset->nelts; ++i) {
        add_unset(change, APR_ARRAY_IDX(unset, i, const char *));
    }
    return apply(r, change);
}

static int shared_session_is_late(request_rec *r)
{
    return shs_session_ops_is_late(r);
}

static shared_session_result_e shared_session_rotate(request_rec *r)
{
    shs_written_t written = shs_session_ops_rotate(r, NULL);

    return read_written(r, &written);
}

static shared_session_result_e shared_session_destroy(request_rec *r)
{
    shs_written_t written = shs_session_ops_end(r);

    return read_written(r, &written);
}

static shared_session_result_e shared_session_expire(request_rec *r)
{
    shs_written_t written = shs_session_ops_expire(r);

    return read_written(r, &written);
}

void shs_api_register(void)
{
    APR_REGISTER_OPTIONAL_FN(shared_session_find);
    APR_REGISTER_OPTIONAL_FN(shared_session_confirm);
    APR_REGISTER_OPTIONAL_FN(shared_session_status_word);
    APR_REGISTER_OPTIONAL_FN(shared_session_get);
    APR_REGISTER_OPTIONAL_FN(shared_session_iterate);
    APR_REGISTER_OPTIONAL_FN(shared_session_begin);
    APR_REGISTER_OPTIONAL_FN(shared_session_set);
    APR_REGISTER_OPTIONAL_FN(shared_session_unset);
    APR_REGISTER_OPTIONAL_FN(shared_session_change);
    APR_REGISTER_OPTIONAL_FN(shared_session_is_late);
    APR_REGISTER_OPTIONAL_FN(shared_session_rotate);
    APR_REGISTER_OPTIONAL_FN(shared_session_destroy);
    APR_REGISTER_OPTIONAL_FN(shared_session_expire);
}
