/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie_conflict: a cookie of a backend's own that has the name of ours. Browsers keep
 * one of the two (RFC 6265 section 5.3, the last with the same domain and path;
 * else they send both), so a login would be lost by it.
 */
#ifndef SHS_REQUEST_ENTRY_COOKIE_CONFLICT_H
#define SHS_REQUEST_ENTRY_COOKIE_CONFLICT_H

#include <httpd.h>

/* For the response that answers the client, before its headers leave. When it
 * gives or takes the cookie of a session, every other of that name is taken
 * out. When it does neither, in a place with sessions of our own, a cookie of
 * that name stays. Either is logged, as a warning once a child. */
void shs_cookie_conflict_resolve(request_rec *r);

#endif
