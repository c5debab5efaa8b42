/* SPDX-License-Identifier: Apache-2.0
 *
 * caching: tells caches about a response of a place that exposes sessions (RFC
 * 9111 section 5.2.2.7, RFC 9110 section 12.5.5). The response varies with the
 * Cookie header and, if the request offered an id, it is private.
 *
 * The filter runs after all others that set headers (mod_headers, mod_expires,
 * backends) and before mod_cache reads them. SetOutputFilter CACHE makes
 * mod_cache read them earlier: there no such response is stored at all.
 */
#ifndef SHS_REQUEST_EXPOSE_CACHING_H
#define SHS_REQUEST_EXPOSE_CACHING_H

#include <httpd.h>

/* How much of a page is held before its headers must leave, if a part of it may
 * yet have a session. */
#define SHS_CACHING_HOLD_MAX 65536

/* Registers the output filter; once, at start. */
void shs_caching_register(void);

/* Whether r's response already says that it varies with the Cookie header. */
int shs_caching_varies(request_rec *r);

/* Marks r's response. May be called at any time before its headers leave,
 * repeatedly, and after hold(). insert_filter must call mark() or hold(): only
 * then mod_cache's marker is in its place. */
void shs_caching_mark(request_rec *r, int is_private);

/* The response sets or removes a session cookie: no cache may store it
 * (no-store). Call mark() too. */
void shs_caching_forbid(request_rec *r);

/* Moves the filter behind the filters that others have added since, if a mark()
 * before insert_filter (by a DirectoryIndex, for example) has added it
 * already. */
void shs_caching_move_last(request_rec *r);

/* For a page without a session whose parts may have one (mod_include): its
 * headers wait until the page is complete, or until SHS_CACHING_HOLD_MAX octets
 * or a flush force them out. A mark() until then still counts. If they are
 * forced out, the page is private if the request has a Cookie header. */
void shs_caching_hold(request_rec *r);

#endif
