/* SPDX-License-Identifier: Apache-2.0
 *
 * caching: a response that was made where sessions are exposed says so to
 * caches (RFC 9111 section 5.2.2.7, RFC 9110 section 12.5.5): it varies with
 * the Cookie header and, when the request offered an id, it is private.
 *
 * The filter runs after whatever else sets headers (mod_headers, mod_expires,
 * backends) and before mod_cache looks at them, unless SetOutputFilter CACHE
 * tells mod_cache to look earlier: there no such response is stored at all.
 */
#ifndef SHS_REQUEST_EXPOSE_CACHING_H
#define SHS_REQUEST_EXPOSE_CACHING_H

#include <httpd.h>

/* What a page that may yet include a part with a session holds back at most
 * before its headers have to leave. */
#define SHS_CACHING_HOLD_MAX 65536

/* Registers the output filter; once, at start. */
void shs_caching_register(void);

/* Whether r's response says already that it varies with the Cookie header. */
int shs_caching_varies(request_rec *r);

/* Marks r's response. May be called at any time before its headers leave, also
 * again, and after watch(); insert_filter has to call it or watch(), as only
 * then mod_cache's marker is in its place. */
void shs_caching_mark(request_rec *r, int is_private);

/* The response gives the client a session, or takes one away: nobody keeps it
 * (no-store). With mark(). */
void shs_caching_forbid(request_rec *r);

/* Puts the filter behind those that others have added meanwhile, if a mark()
 * before insert_filter (of a DirectoryIndex, say) has added it already. */
void shs_caching_move_last(request_rec *r);

/* For a page without a session whose parts may have one (mod_include): its
 * headers wait until it is complete, or until SHS_CACHING_HOLD_MAX octets or a
 * flush force them out; a mark() until then still counts. If they are forced
 * out, the page counts as private when the request has a Cookie header. */
void shs_caching_hold(request_rec *r);

#endif
