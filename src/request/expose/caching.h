/* SPDX-License-Identifier: Apache-2.0
 *
 * caching: the headers that tell caches about a response of a place that
 * exposes sessions (RFC 9111 section 5.2.2.7, RFC 9110 section 12.5.5). The
 * response varies with the Cookie header and, if the request offered an id, it
 * is private.
 */
#ifndef SHS_REQUEST_EXPOSE_CACHING_H
#define SHS_REQUEST_EXPOSE_CACHING_H

#include <httpd.h>

/* Whether r's response already says that it varies with the Cookie header. */
int shs_caching_varies(request_rec *r);

/* Whether r's response says itself, by Cache-Control, who may store it. */
int shs_caching_is_stated(const request_rec *r);

/* Sets the headers of r's response. is_forbidden: the response sets or removes
 * a session cookie, so no cache may store it (no-store). */
void shs_caching_set_headers(request_rec *r, int is_private, int is_forbidden);

/* Keeps the response out of mod_cache, even if that is configured to ignore
 * headers. */
void shs_caching_keep_out(request_rec *r);

#endif
