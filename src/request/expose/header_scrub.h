/* SPDX-License-Identifier: Apache-2.0
 *
 * header_scrub: no client names its own session. Every header that some directive of
 * the server sets is removed from every incoming request, on its first hook,
 * whether the module is on there or not; and so is every control header, which
 * would become one of the response where mod_headers echoes requests.
 */
#ifndef SHS_REQUEST_EXPOSE_HEADER_SCRUB_H
#define SHS_REQUEST_EXPOSE_HEADER_SCRUB_H

#include <httpd.h>

/* Removes the claimed headers and the control headers from r->headers_in, and
 * the names of the claimed ones from its Connection header, by which a client
 * could make a proxy drop ours. */
void shs_header_scrub_apply(request_rec *r);

#endif
