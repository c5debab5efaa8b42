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
 */
#ifndef SHS_REQUEST_CONTROL_H
#define SHS_REQUEST_CONTROL_H

#include <httpd.h>

/* Registers the output filter; once, at start. */
void shs_control_register(void);

/* Hooks. */
void shs_control_on_insert_filter(request_rec *r);
void shs_control_on_insert_error_filter(request_rec *r);

#endif
