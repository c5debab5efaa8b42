/* SPDX-License-Identifier: Apache-2.0
 *
 * control: changes the session as a response from downstream says, in control
 * headers that never reach the client:
 *
 *   X-Session-Set: userId=alice&userNm=Alice+Kim    urlencoded pairs
 *   X-Session-Unset: cart, wish%20list              urlencoded names
 *   X-Session-Action: create | rotate | destroy
 *
 * "create" begins a session with these attributes; an existing session gets
 * them and a new id (a login). "rotate" gives a new id, "destroy" ends the
 * session. Without an action the existing session changes. All of it is done
 * before the response leaves; if it fails, the client gets an error instead.
 *
 *  1. The settings of the place whose handler sent the headers apply. The
 *     headers do not pass an internal redirect (ErrorDocument, a CGI's
 *     Location, Action, X-Sendfile by SCGI): what came before it is carried
 *     out, or logged, before the next request begins. What a failing
 *     ErrorDocument has put into the table that redirects share is that
 *     document's own (request/control/producer.h).
 *  2. Where httpd responds itself in place of the program (CGI's Location to
 *     another host, ProxyErrorOverride, a handler that returns a status), the
 *     order is carried out all the same. But a status of 5xx, or a filter that
 *     fails so that no response leaves, means that the program has failed, and
 *     then only an order to end the session is carried out. The same applies
 *     to an order that comes after the response's headers have left, because no
 *     cookie can leave with it.
 *  3. An order that is not carried out is logged. Orders in parts of a page
 *     (mod_include) or in trailers never are.
 *  4. None of the headers leaves the server, On or Off, unless the output
 *     bypasses httpd's output filters (nph- scripts, tunnels, 1xx responses).
 */
#ifndef SHS_REQUEST_CONTROL_CONTROL_H
#define SHS_REQUEST_CONTROL_CONTROL_H

#include <httpd.h>

/* Registers the output filters; once, at start. */
void shs_control_register(void);

/* Hooks. The first returns DECLINED, or DONE, which ends an internal redirect:
 * the client has got an error page instead. */
int shs_control_on_post_read_request(request_rec *r);
void shs_control_on_insert_filter(request_rec *r);
void shs_control_on_insert_error_filter(request_rec *r);
int shs_control_on_log_transaction(request_rec *r);

#endif
