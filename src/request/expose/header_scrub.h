/* SPDX-License-Identifier: Apache-2.0
 *
 * header_scrub: no client can forge session headers. Every header that a
 * directive of the server sets is removed from every incoming request on its
 * first hook, whether the module is On there or not. So is every control
 * header: it would become a response's where mod_headers echoes request
 * headers. The same is done with the trailers (RFC 9110 section 6.5) after a
 * body: a backend that is reached by HTTP/2 gets them, and may take them for
 * headers.
 */
#ifndef SHS_REQUEST_EXPOSE_HEADER_SCRUB_H
#define SHS_REQUEST_EXPOSE_HEADER_SCRUB_H

#include <httpd.h>

/* On the first hook of a request: removes the own headers and the control
 * headers from r->headers_in. Also removes the own headers' names from its
 * Connection header, with which a client could make a proxy drop them. Adds the
 * filter below, because a denied request never reaches its hook. */
void shs_header_scrub_apply(request_rec *r);

/* Registers the filter that does the same with r->trailers_in, and with the
 * headers that MergeTrailers makes; once, at start. */
void shs_header_scrub_register(void);

/* Hook, of error pages too: adds the filter to a request that may have a body,
 * unless it has the filter. httpd drops the filter when a request becomes
 * another one (an internal redirect, MultiViews). Also scrubs the trailers that
 * were read meanwhile, and the headers that MergeTrailers made of them. A
 * header that the module has set stays. */
void shs_header_scrub_on_insert_filter(request_rec *r);

/* Hooks: the same before other modules read the body at fixups; and before the
 * request is logged, without the filter. They return DECLINED. */
int shs_header_scrub_on_fixups(request_rec *r);
int shs_header_scrub_on_log_transaction(request_rec *r);

#endif
