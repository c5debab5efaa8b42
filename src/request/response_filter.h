/* SPDX-License-Identifier: Apache-2.0
 *
 * response_filter: the output filter of a response, which acts before the
 * response's headers leave. First it calls control (request/control/control.h),
 * so that the session is written. Then it sets the headers for caches
 * (request/expose/caching.h), which depend on what was written.
 *
 * The filter runs after all others that set headers (mod_headers, mod_expires,
 * backends) and before mod_cache reads them. SetOutputFilter CACHE makes
 * mod_cache read them earlier: there no response of a place that exposes
 * sessions is stored at all.
 */
#ifndef SHS_REQUEST_RESPONSE_FILTER_H
#define SHS_REQUEST_RESPONSE_FILTER_H

#include <httpd.h>
#include <util_filter.h>

/* How much of a page is held before its headers must leave, if a part of it may
 * yet have a session. */
#define SHS_RESPONSE_FILTER_HOLD_MAX 65536

/* Called with the first brigade of a response. `replaced` is, for an error
 * page, the table of the response that it replaced; NULL for any other
 * response. Returns APR_SUCCESS; or, if the client has got another response
 * instead, what the filter is to return. */
typedef apr_status_t (*shs_response_filter_fn)(request_rec *r,
                                               apr_bucket_brigade *brigade,
                                               const apr_table_t *replaced);

/* Registers the output filter; once, at start. */
void shs_response_filter_register(shs_response_filter_fn on_response);

/* On insert_filter: adds the filter, which will call on_response. If a mark()
 * before (by a DirectoryIndex, for example) has added it already, moves it
 * behind the filters that others have added since. */
void shs_response_filter_add(request_rec *r, const apr_table_t *replaced);

/* Marks r's response for caches. May be called at any time before its headers
 * leave, repeatedly, and after hold(). insert_filter must call mark() or
 * hold(): only then mod_cache's marker is in its place. */
void shs_response_filter_mark(request_rec *r, int is_private);

/* The response sets or removes a session cookie: no cache may store it
 * (no-store). Call mark() too. */
void shs_response_filter_forbid(request_rec *r);

/* The same for a response that does not say itself, by Cache-Control, who may
 * store it. */
void shs_response_filter_forbid_by_default(request_rec *r);

/* For a page without a session whose parts may have one (mod_include): its
 * headers wait until the page is complete, or until
 * SHS_RESPONSE_FILTER_HOLD_MAX octets or a flush force them out. A mark() until
 * then still counts. If they are forced out, the page is private if the request
 * has a Cookie header. */
void shs_response_filter_hold(request_rec *r);

#endif
