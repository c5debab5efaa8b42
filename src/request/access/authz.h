/* SPDX-License-Identifier: Apache-2.0
 *
 * authz: the authorization provider behind `Require shared-session`
 * (mod_auth.h, AUTHZ_PROVIDER_GROUP). It reports to mod_authz_core, and notes
 * in the request context why a requirement failed (client_request.h,
 * shs_access_t), so that access can choose the answer.
 *
 *     the session            the result
 *     meets it               AUTHZ_GRANTED
 *     does not meet it       AUTHZ_DENIED: another login of the same session
 *                            would not help
 *     none, absent or        AUTHZ_DENIED_NO_USER: a login may help
 *     malformed; or it does
 *     not meet it, and names
 *     no user, though the
 *     place has a
 *     SharedSessionUser
 *     has no user, where     the same, but behind `not`
 *     AuthType SharedSession
 *     and SharedSessionUser
 *     want one
 *     unavailable            the same; but AUTHZ_GENERAL_ERROR behind `not` and
 *                            in <RequireNone>, where a failure would let the
 *                            request in
 */
#ifndef SHS_REQUEST_ACCESS_AUTHZ_H
#define SHS_REQUEST_ACCESS_AUTHZ_H

#include <apr_pools.h>

/* Registers the provider; once, at start. */
void shs_authz_register(apr_pool_t *p);

#endif
