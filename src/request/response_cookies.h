/* SPDX-License-Identifier: Apache-2.0
 *
 * response_cookies: the Set-Cookies (RFC 6265 section 4.1) that the module adds
 * for the session to the response of a client request: one per name, on
 * whatever page the client gets in the end.
 */
#ifndef SHS_REQUEST_RESPONSE_COOKIES_H
#define SHS_REQUEST_RESPONSE_COOKIES_H

#include <httpd.h>

/* Adds a Set-Cookie (copied), in place of one of that name that the client
 * request of r added before. The response may then not be cached. r has a
 * context. */
void shs_response_cookies_set(request_rec *r, const char *cookie);

/* Call it before an error page replaces r's response: what the client request
 * added is in r->err_headers_out again, if it was lost. httpd discards that
 * table when one of its own filters fails a response (a range that cannot be
 * satisfied). */
void shs_response_cookies_restore(request_rec *r);

/* Call it after the client request may have added a cookie for an error
 * document that failed. r's page has the cookie too: the two share the table;
 * or, if DirectoryIndex or MultiViews gave the document a table of its own,
 * this adds the cookie to r's. It also keeps the page out of caches. */
void shs_response_cookies_inherit(request_rec *r);

#endif
