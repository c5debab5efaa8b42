/* SPDX-License-Identifier: Apache-2.0
 *
 * resource: SetHandler shared-session: the session as a JSON object, for any
 * language that speaks HTTP (RFC 9110).
 *
 *   GET     200 with the attributes; 404 if there is no session
 *   POST    a JSON object: creates a session with it (201), or gives an
 *           existing one a new id and adds it (200): a login
 *   PATCH   a JSON merge patch (RFC 7396): 200 with the attributes
 *   DELETE  ends the session: 204
 *
 * Errors are application/problem+json (RFC 9457). A browser can send a request
 * that changes the session only from a page of the same origin: JSON needs a
 * preflight, which the server does not grant, and Sec-Fetch-Site and Origin are
 * checked too.
 */
#ifndef SHS_REQUEST_ENTRY_RESOURCE_H
#define SHS_REQUEST_ENTRY_RESOURCE_H

#include <httpd.h>

/* The longest request body, in octets. */
#define SHS_RESOURCE_MAX_BODY 65536

/* The handler hook: DECLINED unless r->handler is the module's. */
int shs_resource_serve(request_rec *r);

#endif
