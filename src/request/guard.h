/* SPDX-License-Identifier: Apache-2.0
 *
 * guard: no client names its own session. Every header that some directive of
 * the server sets is removed from every incoming request, on its first hook,
 * whether the module is on there or not.
 */
#ifndef SHS_REQUEST_GUARD_H
#define SHS_REQUEST_GUARD_H

#include <httpd.h>

/* Removes the claimed headers from r->headers_in, and their names from its
 * Connection header, by which a client could make a proxy drop ours. */
void shs_guard_scrub(request_rec *r);

#endif
