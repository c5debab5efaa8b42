/* SPDX-License-Identifier: Apache-2.0
 *
 * authz: the authorization provider behind `Require shared-session`
 * (mod_auth.h, AUTHZ_PROVIDER_GROUP). It reports to mod_authz_core, and notes
 * in the request context why a requirement failed (client_request.h,
 * shs_access_t), so that access can choose the answer.
 *
 *     the session            the result
 *     meets the requirement  AUTHZ_GRANTED
 *     does not meet it       AUTHZ_DENIED: another login would not help
 *     none, absent or        AUTHZ_DENIED_NO_USER: a login may help
 *     malformed
 *     unavailable            AUTHZ_DENIED_NO_USER; but AUTHZ_GENERAL_ERROR
 *                            where a failure may let the request in: behind
 *                            `not`, in <RequireNone>, and in an alias
 *
 * If the place has a SharedSessionUser and the session names no user, a login
 * may help too: AUTHZ_DENIED_NO_USER instead of AUTHZ_DENIED; with AuthType
 * SharedSession also instead of AUTHZ_GRANTED. Not behind `not`.
 */
#ifndef SHS_REQUEST_ACCESS_AUTHZ_H
#define SHS_REQUEST_ACCESS_AUTHZ_H

#include <apr_pools.h>

/* Registers the provider; once, at start. */
void shs_authz_register(apr_pool_t *p);

#endif
