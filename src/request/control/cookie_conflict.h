/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie_conflict: a backend's own cookie that has the session cookie's name.
 * Browsers keep one of the two (RFC 6265 section 5.3: the last one with the
 * same domain and path; otherwise they send both), so a login would be lost.
 */
#ifndef SHS_REQUEST_CONTROL_COOKIE_CONFLICT_H
#define SHS_REQUEST_CONTROL_COOKIE_CONFLICT_H

#include <httpd.h>

/* For the response to the client, before its headers leave. If the response
 * sets or removes a session cookie, every other cookie of that name is removed.
 * If it does neither, in a place with the module's own sessions, a cookie of
 * that name stays. Both cases are logged, as a warning once per child. */
void shs_cookie_conflict_resolve(request_rec *r);

/* For a response whose order for the session is not carried out, before an
 * error page replaces it, in a place where sessions are looked up. Removes each
 * cookie that has a name of SharedSessionCookie and is not the module's own:
 * the page would go out with it, because httpd keeps r->err_headers_out. Logged
 * likewise. */
void shs_cookie_conflict_remove_all(request_rec *r);

#endif
