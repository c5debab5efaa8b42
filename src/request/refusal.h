/* SPDX-License-Identifier: Apache-2.0
 *
 * refusal: the error page that a client gets instead of a response, when an
 * order of it was not carried out (control.h), or mod_session's session was not
 * saved (mod_session_shared.c). It knows neither chains nor sessions.
 *
 * The page is sent while the program that gave the order is still at work, and
 * not every program ends when its output fails: mod_proxy_http2 passes what it
 * holds already, and then sends an error page of its own; mod_lua goes on to
 * write. So the page is the last thing that leaves for its client request:
 * whatever comes later is discarded, and no ErrorDocument runs for it. Behind a
 * finished response, on a connection that is kept alive, it would be read as
 * the response to the next request (RFC 9112 section 9.3).
 */
#ifndef SHS_REQUEST_REFUSAL_H
#define SHS_REQUEST_REFUSAL_H

#include <httpd.h>

/* Registers the output filter by a name of the calling module's own (borrowed
 * for good); once, at start. */
void shs_refusal_register(const char *name);

/* How long clients are told to wait after a 503, in seconds. */
#define SHS_REFUSAL_RETRY_AFTER_S "5"

/* Sends the error page, or the ErrorDocument, of an HTTP status of 400 or more.
 * r is no subrequest, and need not be the request whose response was refused.
 * When r is itself an ErrorDocument, the status takes the place of that which
 * it was to explain. */
void shs_refusal_answer(request_rec *r, int status);

/* Whether r's client request has got its error page: a request that it is
 * redirected to is not to run. */
int shs_refusal_is_answered(const request_rec *r);

#endif
