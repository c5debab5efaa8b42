/* SPDX-License-Identifier: Apache-2.0
 *
 * scope: for which request, in which store and by which settings a session is
 * looked up or written. Made once per operation, on the stack, and passed down
 * unchanged.
 */
#ifndef SHS_REQUEST_LOOKUP_SCOPE_H
#define SHS_REQUEST_LOOKUP_SCOPE_H

#include <httpd.h>

#include "config/settings.h"
#include "session/lifetime.h"
#include "store/store.h"

typedef struct shs_scope_t {
    request_rec *r;     /* as the client sent it, not a subrequest or redirect;
                         * results are from its pool */
    shs_store_t *store; /* NULL: none is configured */
    const shs_settings_t *settings;
} shs_scope_t;

/* What the scope's settings say of lifetimes. */
shs_lifetime_t shs_scope_lifetime(const shs_scope_t *scope);

/* Whether a lookup in this scope needs the session's time to live: for the
 * near-cache, whose entry must not outlive the key; for touches; or to expose
 * it. The store is not NULL. */
int shs_scope_needs_ttl(const shs_scope_t *scope);

/* A query for a key in the scope's store, with the limits of its settings. */
shs_query_t shs_scope_make_query(const shs_scope_t *scope, shs_octets_t key,
                                 apr_time_t deadline);

#endif
