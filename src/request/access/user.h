/* SPDX-License-Identifier: Apache-2.0
 *
 * user: makes the user that the session names (SharedSessionUser) the user of
 * the request: r->user, which %u, REMOTE_USER, Require user and others read.
 *
 *  1. A user that another module has set in the same request stays.
 *  2. In a place with another AuthType, only that AuthType's login counts for
 *     Require valid-user and the like: the session's user is set after the
 *     authentication, if that has set none. It is not set after a
 *     DirectoryIndex to such a place: that has a user of its own, which httpd
 *     forgets.
 *  3. Everywhere else the session's user is set before the access checks.
 */
#ifndef SHS_REQUEST_ACCESS_USER_H
#define SHS_REQUEST_ACCESS_USER_H

#include <httpd.h>

#include "request/client_request.h"

/* The AuthType of the module; and r->ap_auth_type, for AUTH_TYPE. */
#define SHS_USER_AUTH_TYPE "SharedSession"

/* The longest name of a user. */
#define SHS_USER_MAX 1024

/* How the access to a place is decided. */
typedef enum shs_user_auth_t {
    SHS_USER_AUTH_NONE,  /* no AuthType */
    SHS_USER_AUTH_OURS,  /* AuthType SharedSession */
    SHS_USER_AUTH_OTHERS /* another one */
} shs_user_auth_t;

shs_user_auth_t shs_user_auth_of(const request_rec *r);

/* When the user is set. */
typedef enum shs_user_phase_t {
    SHS_USER_BEFORE_AUTH,
    SHS_USER_AFTER_AUTH,    /* rule 2 */
    SHS_USER_AFTER_REDIRECT /* DirectoryIndex or MultiViews may have given r
                             * other settings */
} shs_user_phase_t;

/* Sets the user of r, or removes one that was set by other settings. r has a
 * context. */
void shs_user_apply(request_rec *r, shs_user_phase_t phase);

#endif
