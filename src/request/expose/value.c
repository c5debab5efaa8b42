/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/value.h"

#include <assert.h>

#include <apr_strings.h>

#include "session/json/json_text.h"

int shs_value_make(shs_text_t *out, const shs_session_t *session,
                   const shs_value_t *value, apr_pool_t *p)
{
    out->known = 0;
    return shs_json_text_get(&out->octets, session, value, p);
}

static int find_attribute(shs_text_t *out, const shs_path_t *path,
                          const shs_session_t *session,
                          shs_path_inside_t *inside, apr_pool_t *p)
{
    const shs_session_t *of;
    const shs_value_t *value = shs_path_find(&of, path, session, inside, p);

    return value && shs_value_get(out, of, value, p);
}

/* A fact about the lookup. */
static int find_fact(shs_octets_t *out, const shs_path_t *path,
                     const shs_lookup_t *lookup, apr_pool_t *p)
{
    int is_found = lookup->outcome == SHS_OUTCOME_FOUND;
    const char *reason;
    char *label;

    switch (shs_path_kind(path)) {
    case SHS_PATH_ID:
        *out = shs_session_id_octets(&lookup->sid);
        return is_found;
    case SHS_PATH_STATUS:
        *out = shs_octets_of(shs_lookup_describe(lookup));
        return 1;
    case SHS_PATH_TTL:
        if (!is_found || lookup->ttl == SHS_TTL_FOREVER) {
            return 0;
        }
        assert(lookup->ttl != SHS_TTL_UNKNOWN);
        *out = shs_octets_of(
            apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(lookup->ttl)));
        return 1;
    case SHS_PATH_LABEL:
        if (!lookup->has_sid) {
            return 0;
        }
        label = apr_palloc(p, SHS_SESSION_ID_LABEL_SIZE);
        shs_session_id_label(label, &lookup->sid);
        *out = shs_octets_of(label);
        return 1;
    case SHS_PATH_REASON:
        reason = shs_lookup_explain(lookup, p);
        if (!reason) {
            return 0;
        }
        *out = shs_octets_of(reason);
        return 1;
    case SHS_PATH_ATTRIBUTE:
    case SHS_PATH_EVERY:
        break;
    }
    return 0;
}

int shs_value_find(shs_text_t *out, const shs_path_t *path,
                   const shs_lookup_t *lookup, shs_path_inside_t *inside,
                   apr_pool_t *p)
{
    if (shs_path_kind(path) == SHS_PATH_ATTRIBUTE) {
        return lookup->outcome == SHS_OUTCOME_FOUND
               && find_attribute(out, path, lookup->session, inside, p);
    }
    out->known = 0;
    return find_fact(&out->octets, path, lookup, p);
}
