/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/value.h"

#include <apr_strings.h>

int shs_value_find(shs_octets_t *out, const shs_path_t *path,
                   const shs_lookup_t *lookup, shs_path_inside_t *inside,
                   apr_pool_t *p)
{
    int is_found = lookup->outcome == SHS_OUTCOME_FOUND;
    const char *reason;
    char *label;

    switch (shs_path_kind(path)) {
    case SHS_PATH_ATTRIBUTE:
        return is_found && shs_path_text(out, path, lookup->session, inside, p);
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
    case SHS_PATH_EVERY:
        break;
    }
    return 0;
}
