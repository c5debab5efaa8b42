/* SPDX-License-Identifier: Apache-2.0
 *
 * rival: a cookie of a backend's own that has the name of ours. Browsers keep
 * one of the two (RFC 6265 section 5.3, the last with the same domain and path;
 * else they send both), so a login would be lost by it.
 */
#ifndef SHS_REQUEST_RIVAL_H
#define SHS_REQUEST_RIVAL_H

#include <httpd.h>

/* For the response that answers the client, before its headers leave. When it
 * gives or takes the cookie of a session, every other of that name is taken
 * out. When it does neither, in a place with sessions of our own, a cookie of
 * that name stays. Either is logged, as a warning once a child. */
void shs_rival_settle(request_rec *r);

/* For a response whose orders for the session are not carried out, before an
 * error page takes its place, in a place where sessions are looked up: takes
 * out each cookie that has a name of SharedSessionCookie and is not ours, which
 * the page would go out with (httpd keeps r->err_headers_out). Logged
 * likewise. */
void shs_rival_refuse(request_rec *r);

#endif
