/* SPDX-License-Identifier: Apache-2.0
 *
 * given: the Set-Cookies (RFC 6265 section 4.1) that a client request has given
 * its client for the session: one a name, on whatever page it gets in the end.
 */
#ifndef SHS_REQUEST_GIVEN_H
#define SHS_REQUEST_GIVEN_H

#include <httpd.h>

/* Gives a cookie (copied), in place of one of that name that the chain of r,
 * which has a visit, gave before; nobody keeps the page. */
void shs_given_set(request_rec *r, const char *cookie);

/* Before an error page takes the place of r's response: what the chain gave is
 * in r->err_headers_out again, if it was lost. httpd throws that table away
 * when one of its own filters fails a response (a range that is not there). */
void shs_given_restore(request_rec *r);

/* Once the chain has given a cookie on behalf of an error document that has
 * failed: r's page has it too, in the table that both share, or, after
 * DirectoryIndex or MultiViews gave that document one of its own, in r's; and
 * is kept by no cache. */
void shs_given_inherit(request_rec *r);

#endif
