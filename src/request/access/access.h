/* SPDX-License-Identifier: Apache-2.0
 *
 * access: decides by the session who may access a place. mod_authz_core
 * evaluates the Require lines; access runs around its hooks and those of the
 * authentication modules, and chooses the answer to a request that they refuse:
 *
 *     what made them refuse      the answer
 *     no session that would do   the login page, or 401 (login.h)
 *     what the session contains  403, or the page of SharedSessionForbidden
 *     the store gave no answer   503 with Retry-After; no login page, and the
 *                                cookie stays
 *     something else             theirs
 *
 * Numbered rules:
 *  1. An alternative that needs no session (RequireAny) may let a request in
 *     while the store gives no answer.
 *  2. A decision whose opposite the session might have led to does not count
 *     without an answer of the store: a line behind `not`, and any expression
 *     that is evaluated before the handler runs. The request gets 503, even if
 *     it would have been let in. `SharedSessionFailure decide=none` takes such
 *     a request for one without a session instead.
 *  3. A refusal, and a page that only a session has opened to a person, are
 *     stored by no cache (no-store).
 */
#ifndef SHS_REQUEST_ACCESS_ACCESS_H
#define SHS_REQUEST_ACCESS_ACCESS_H

#include <apr_pools.h>
#include <httpd.h>

/* Registers provider, expressions and filter; once, at start. */
void shs_access_register(apr_pool_t *p);

/* Hooks, in the order of a request's life. Signatures as http_request.h
 * declares them. on_request, for header_parser and check_access, comes after
 * that of flow; on_fixups likewise. The next three come before those of all
 * other modules; on_last_fixup comes after those. */
int shs_access_on_request(request_rec *r);
int shs_access_on_check_access_ex(request_rec *r);
int shs_access_on_check_authn(request_rec *r);
int shs_access_on_check_authz(request_rec *r);
int shs_access_on_fixups(request_rec *r);
int shs_access_on_last_fixup(request_rec *r);
void shs_access_on_insert_filter(request_rec *r);
void shs_access_on_insert_error_filter(request_rec *r);

#endif
