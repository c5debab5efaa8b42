/* SPDX-License-Identifier: Apache-2.0
 *
 * value: what an ATTRIBUTE of a directive (session/json/path.h) is in a
 * request: an attribute of its session, or a fact about the lookup. It knows
 * neither rules nor targets.
 */
#ifndef SHS_REQUEST_EXPOSE_VALUE_H
#define SHS_REQUEST_EXPOSE_VALUE_H

#include <apr_pools.h>

#include "request/lookup/lookup.h"
#include "session/json/path.h"

/* The present value. Returns 0 if it has none, and for SHS_PATH_EVERY. *out is
 * borrowed from the lookup, or from p. `inside` caches the parsed structures of
 * the lookup's session between calls. */
int shs_value_find(shs_text_t *out, const shs_path_t *path,
                   const shs_lookup_t *lookup, shs_path_inside_t *inside,
                   apr_pool_t *p);

/* The text of a value that shs_value_get() does not borrow. */
int shs_value_make(shs_text_t *out, const shs_session_t *session,
                   const shs_value_t *value, apr_pool_t *p);

/* A value of a session as text. Returns 0 for null, which has none. Borrowed
 * from the session, or from p. */
static inline int shs_value_get(shs_text_t *out, const shs_session_t *session,
                                const shs_value_t *value, apr_pool_t *p)
{
    if (value->kind >= SHS_KIND_NULL) {
        return shs_value_make(out, session, value, p);
    }
    out->octets = value->text;
    out->known = value->known;
    return 1;
}

#endif
