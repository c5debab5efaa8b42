/* SPDX-License-Identifier: Apache-2.0
 *
 * refusal: the error page that a client gets instead of a response when an
 * order of the response was not carried out (control.h), or when mod_session's
 * session was not saved (mod_session_shared.c). It knows neither client
 * requests nor sessions.
 *
 * The page is sent while the program that gave the order is still running, and
 * not every program stops when its output fails: mod_proxy_http2 passes on what
 * it has already received, and then sends an error page of its own; mod_lua
 * continues to write. So the page is the last output of its client request: all
 * later output is discarded, and no ErrorDocument runs for it. After a complete
 * response on a kept-alive connection, it would be read as the response to the
 * next request (RFC 9112 section 9.3).
 */
#ifndef SHS_REQUEST_CONTROL_REFUSAL_H
#define SHS_REQUEST_CONTROL_REFUSAL_H

#include <httpd.h>

/* Registers the output filter under a name of the calling module's own
 * (borrowed forever); once, at start. */
void shs_refusal_register(const char *name);

/* Sends the error page, or the ErrorDocument, of an HTTP status of 400 or more.
 * r is not a subrequest, and need not be the request whose response was
 * refused. If r is itself an ErrorDocument, the status replaces
 * the one that r was to explain. */
void shs_refusal_send(request_rec *r, int status);

/* Whether the client request of r has got its error page: a request that it is
 * redirected to must not run. */
int shs_refusal_is_sent(const request_rec *r);

#endif
