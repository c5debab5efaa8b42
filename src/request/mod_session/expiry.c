/* SPDX-License-Identifier: Apache-2.0 */
#include "request/mod_session/expiry.h"

#include <apr_strings.h>

int shs_expiry_is_due(const session_rec *session, apr_time_t stored)
{
    return session->maxage > 0 && session->expiry > stored;
}

void shs_expiry_set(apr_table_t *set, const session_rec *session,
                    apr_time_t stored)
{
    if (session->expiry != 0 && session->expiry != stored) {
        apr_table_setn(
            set, SHS_EXPIRY_ATTRIBUTE,
            apr_psprintf(session->pool, "%" APR_TIME_T_FMT,
                         session->expiry
                             + apr_time_from_sec(session->maxage) / 6));
    }
}
