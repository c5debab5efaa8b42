/* SPDX-License-Identifier: Apache-2.0
 *
 * guard: no client names its own session. Every header that some directive of
 * the server sets is removed from every incoming request, on its first hook,
 * whether the module is on there or not; and so is every control header, which
 * would become one of the response where mod_headers echoes requests. The same
 * holds of the trailers (RFC 9110 section 6.5) that follow a body: a backend
 * that is asked by HTTP/2 gets them, and may take them for headers.
 */
#ifndef SHS_REQUEST_GUARD_H
#define SHS_REQUEST_GUARD_H

#include <httpd.h>

/* On the first hook of a request: removes the claimed headers and the control
 * headers from r->headers_in, and the names of the claimed ones from its
 * Connection header, by which a client could make a proxy drop ours. The
 * trailers are treated likewise when they come. */
void shs_guard_enter(request_rec *r);

/* Registers the filter that does so with r->trailers_in, and with what
 * MergeTrailers makes of r->headers_in; once, at start. */
void shs_guard_register(void);

/* Hook, also for error pages: adds that filter where the request may have a
 * body, unless it is there. httpd drops it when a request becomes another one
 * (an internal redirect, MultiViews). What came of trailers meanwhile is
 * treated likewise: a header that this module has exposed stays. */
void shs_guard_renew(request_rec *r);

/* Hooks: the same before other modules read the body at fixups, and without the
 * filter before the request is logged. Return DECLINED. */
int shs_guard_on_fixups(request_rec *r);
int shs_guard_on_log_transaction(request_rec *r);

#endif
