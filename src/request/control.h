/* SPDX-License-Identifier: Apache-2.0
 *
 * control: what a response from downstream says is to become of the session, in
 * headers that never reach the client:
 *
 *   X-Session-Set: userId=alice&userNm=Alice+Kim    urlencoded pairs
 *   X-Session-Unset: cart, wish%20list              urlencoded names
 *   X-Session-Action: create | rotate | destroy
 *
 * "create" begins a session with what is set; where the request has one, that
 * one goes on under a new id (a login). "rotate" gives a new id, "destroy" ends
 * the session. Without an action the session that there is changes. It is done
 * before the response leaves; if that fails, the client gets an error instead.
 *
 *  1. The settings that count are those of the place whose handler has sent the
 *     headers. They do not pass the border of an internal redirect
 *     (ErrorDocument, a CGI's Location, Action, X-Sendfile by SCGI): what came
 *     before it is carried out, or logged, before the next request begins.
 *     What an ErrorDocument that fails has put into the table that redirects
 *     share is its own (request/producer.h).
 *  2. Where httpd answers itself in place of the program (CGI's Location to
 *     another host, ProxyErrorOverride, a handler that returns a status) it is
 *     carried out all the same; but with a status of 5xx, or where a filter
 *     fails and nothing leaves, the program has failed, and then nothing but
 *     an end of the session is. What comes after the headers of the answer
 *     have left counts as little, as no cookie leaves with it.
 *  3. What is not carried out is logged. Nothing is of what comes with parts of
 *     a page (mod_include) or as trailers.
 *  4. None of the headers leaves, On or Off; only what bypasses httpd's output
 *     filters (nph- scripts, tunnels, 1xx answers) does.
 */
#ifndef SHS_REQUEST_CONTROL_H
#define SHS_REQUEST_CONTROL_H

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
